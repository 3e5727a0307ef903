"""Every code cell of every chapter, run in the page by Python in the browser: the same bytes as
CPython's. And in the same page the chapter's reference answers: the same reports.
"""

import json

import pytest

from tests.browser.chapter import Chapter
from tests.browser.conftest import ROOT, guarded, visit
from tests.browser.submissions import graded, printed
from tests.suite.chapters import NOTEBOOKS
from tests.suite.patience import LONG_PATIENCE

#: The sandbox and the gallery run too.
PAGES = [*NOTEBOOKS.values(), *sorted((ROOT / "book").glob("*.ipynb"))]
SOLUTIONS = sorted((ROOT / "solutions").glob("[!_]*.py"))

#: A cell with one of these is run, and may print something else: nbval leaves it out for the same
#: reason. (Which of its two runs a lab shows, a real or a recorded one, depends on the machine.)
ELSEWHERE_OTHERWISE = {"nbval-ignore-output"}
#: Why a cell may keep its recorded output: what a page says of it, and a word that the cell, or one
#: before it, must then use.
REASONS = {
    "A page can't start other processes": "subprocess.",
    "A page can't open network connections": "socket",
    "Matplotlib can't be had in a page": "plt.",
    "A page's Python has one thread": "thread",
}


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def name_of(solution) -> str:
    """The exercise that a file of solutions/ answers."""
    return solution.stem.replace("_", "-")


def asked_at(path, solution) -> int | None:
    """The number of the cell that asks for this answer, or None where the page doesn't."""
    call = f'check("{name_of(solution)}"'
    for number, cell in enumerate(code_cells(path), 1):
        if call in "".join(cell["source"]):
            return number
    return None


ASKED = [(path, each) for path in PAGES for each in SOLUTIONS if asked_at(path, each)]


@pytest.fixture(scope="module", params=PAGES, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture(scope="module")
def chapter(browser, base, path):
    """The page with its Python, for all that is asked of it."""
    context = guarded(browser, base)
    address = f"{base}/book/{path.parent.name}/{path.stem}.html"
    yield Chapter(visit(context, address)).go_live()
    context.close()


def test_every_cell_prints_in_the_browser_what_it_prints_elsewhere(chapter, path):
    chapter.run_all(patience=LONG_PATIENCE)
    published = code_cells(path)
    ran = {cell["id"]: cell for cell in chapter.download()["cells"] if cell["cell_type"] == "code"}
    recorded, so_far = [], ""
    for number, cell in enumerate(published, 1):
        mine, so_far = ran[cell["id"]], so_far + "".join(cell["source"])
        why = mine["metadata"].pop("dslab", {}).get("recorded")
        if why:
            recorded.append(cell["id"])
            assert any(reason in why and word in so_far for reason, word in REASONS.items()), (
                f"{cell['id']}: {why}"
            )
            assert chapter.note(number).inner_text() == f"Cell {number} · recorded: {why}"
            assert bool(chapter.cell(number).locator(".cell_output > *").count()) == bool(
                cell["outputs"]
            )
        if not ELSEWHERE_OTHERWISE & set(cell["metadata"].get("tags", ())):
            assert mine == cell
    parts = [f"{len(published) - len(recorded)} ran here"] + [f"{len(recorded)} recorded"] * bool(
        recorded
    )
    assert (
        chapter.status.inner_text()
        == f"Python is ready. Of {len(published)} cells: {', '.join(parts)}."
    )
    assert len(recorded) <= len(published) / 5, "a chapter that the browser can't run"
    assert chapter.page.trouble == []


@pytest.mark.parametrize(
    "path, solution", ASKED, ids=lambda path: path.stem, indirect=["path"], scope="module"
)
def test_an_answer_gets_the_same_report_in_the_browser(chapter, path, solution):
    code = solution.read_text(encoding="utf-8") + graded(name_of(solution))
    assert chapter.run(asked_at(path, solution), code) == printed(code)


def test_every_answer_is_asked_for_in_one_chapter():
    assert sorted(solution for _, solution in ASKED) == SOLUTIONS
