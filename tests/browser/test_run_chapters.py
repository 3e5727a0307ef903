"""Every code cell of every chapter, run in the page by Python in the browser: the same bytes as
CPython's.
"""

import ast
import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from tests.browser.chapter import Chapter
from tests.browser.conftest import ROOT, guarded, visit
from tests.learn import programs
from tests.learn.test_counting import DIFFER, LINES

CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = [
    *CHAPTERS,
    *sorted((ROOT / "book").glob("*.ipynb")),
]  # The sandbox and the gallery run too.

SOLUTIONS = sorted((ROOT / "solutions").glob("[!_]*.py"))
GRADED = """
from dslab.learn import check
print(check("{}", answer))
"""
#: Code that never ends, in the ways that budgets end it.
ENDLESS = (
    """
from dslab.node import Node

class Loops(Node):
    def on_Request(self, client, m):
        while True: pass

class Swallows(Node):
    def on_Request(self, client, m):
        while True:
            try:
                m.nothing
            except Exception:
                pass

class Descends(Node):
    def on_Request(self, client, m):
        self.on_Request(client, m)

answer = Loops
"""
    + GRADED.format("at-most-once")
    + """
for kind in (Swallows, Descends):
    print(check("at-most-once", kind))
"""
)

#: Pythons differ in which lines of a loop they count (3.14 passes over a bare `try:`), and so in
#: the line at which a budget ends.
END_OF_BUDGET = re.compile(r"line \d+(?=\))")

#: Counts the lines of tests/learn/programs.py, in both ways.
COUNTS = """
from dslab.learn.counting import monitored, traced

def lines(way, program):
    seen = []
    with way(lambda file: file == "programs", lambda: None, lambda: seen.append(1)):
        program()
    return len(seen)

({name: lines(monitored, programs[name]) for name in names}, {name: lines(traced, programs[name]) for name in names})
"""

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


@pytest.mark.timeout(
    900
)  # Chapter 12 computes for half a minute on a machine that has nothing else to do.
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_cell_prints_in_the_browser_what_it_prints_elsewhere(open_page, path):
    chapter = Chapter(open_page(f"/book/{path.parent.name}/{path.stem}.html")).go_live()
    chapter.run_all(patience=800_000)
    published = [
        cell
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    ran = {cell["id"]: cell for cell in chapter.download()["cells"] if cell["cell_type"] == "code"}
    recorded, so_far = [], ""
    for cell in published:
        mine, so_far = ran[cell["id"]], so_far + "".join(cell["source"])
        why = mine["metadata"].pop("dslab", {}).get("recorded")
        if why:
            recorded.append(cell["id"])
            assert any(reason in why and word in so_far for reason, word in REASONS.items()), (
                f"{cell['id']}: {why}"
            )
            number = published.index(cell) + 1
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


def printed(code):
    """What code prints in this Python."""
    stream = io.StringIO()
    with redirect_stdout(stream):
        exec(compile(code, "<cell>", "exec"), {"__name__": "__main__"})
    return stream.getvalue().rstrip("\n")


@pytest.fixture(scope="module")
def session(browser, base):
    context = guarded(browser, base)
    yield Chapter(visit(context, f"{base}/book/notebooks/{CHAPTERS[0].stem}.html")).go_live()
    context.close()


@pytest.mark.parametrize(
    "code",
    [
        *(
            path.read_text(encoding="utf-8") + GRADED.format(path.stem.replace("_", "-"))
            for path in SOLUTIONS
        ),
        ENDLESS,
    ],
    ids=[*(path.stem for path in SOLUTIONS), "endless"],
)
def test_a_submission_gets_the_same_report_in_the_browser(session, code):
    assert END_OF_BUDGET.sub("line …", session.run(2, code)) == END_OF_BUDGET.sub(
        "line …", printed(code)
    )


def test_lines_are_counted_in_the_browser_as_elsewhere(session):
    code = Path(programs.__file__).read_text(encoding="utf-8")
    shown = session.run(
        2,
        f"programs = {{}}\nexec(compile({code!r}, 'programs', 'exec'), programs)\nnames = "
        f"{[*LINES, *DIFFER]!r}\n{COUNTS}",
    )
    monitored, traced = ast.literal_eval(shown)
    assert monitored == traced and monitored.items() >= LINES.items()


def test_in_the_browser_not_even_code_that_catches_everything_escapes(session):
    swallows = (
        "            try:\n                m.nothing\n           "
        " except BaseException:\n    "
        "            pass\n"
    )
    shown = session.run(
        2,
        "from dslab.learn import check\nfrom dslab.node import Node\nclass "
        "Escapes(Node):\n    def on_Request(self, client, m):\n        while True:\n"
        f"{swallows}print(check('at-most-once', Escapes))",
    )
    assert "Your code did not come to an end: one call ran more than 100,000 lines" in shown
