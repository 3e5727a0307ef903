"""Every code cell of every chapter, run in the page by Python in the browser: the same bytes as CPython's."""

import json

import pytest

from tests.browser.chapter import Chapter
from tests.browser.conftest import ROOT

CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))

#: A cell with one of these is run, and may print something else: nbval leaves it out for the same reason. (Which of its two
#: runs a lab shows, a real or a recorded one, depends on the machine.)
ELSEWHERE_OTHERWISE = {"nbval-ignore-output"}
#: Why a cell may keep its recorded output: what a page says of it, and a word that the cell, or one before it, must then use.
REASONS = {"A page can't start other processes": "subprocess.", "A page can't open network connections": "socket", "Matplotlib can't be had in a page": "plt.",
           "A page's Python has one thread": "thread"}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_cell_prints_in_the_browser_what_it_prints_elsewhere(open_page, path):
    chapter = Chapter(open_page(f"/book/notebooks/{path.stem}.html")).go_live()
    chapter.run_all(patience=280_000)
    published = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    ran = {cell["id"]: cell for cell in chapter.download()["cells"] if cell["cell_type"] == "code"}
    recorded, so_far = [], ""
    for cell in published:
        mine, so_far = ran[cell["id"]], so_far + "".join(cell["source"])
        why = mine["metadata"].pop("dslab", {}).get("recorded")
        if why:
            recorded.append(cell["id"])
            assert any(reason in why and word in so_far for reason, word in REASONS.items()), f"{cell['id']}: {why}"
        if not ELSEWHERE_OTHERWISE & set(cell["metadata"].get("tags", ())):
            assert mine == cell
    parts = [f"{len(published) - len(recorded)} ran here"] + [f"{len(recorded)} recorded"] * bool(recorded)
    assert chapter.status.inner_text() == f"Python is ready. Of {len(published)} cells: {', '.join(parts)}."
    assert len(recorded) <= len(published) / 5, "a chapter that the browser can't run"
    assert chapter.page.trouble == []
