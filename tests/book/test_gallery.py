"""The gallery shows every widget, each from the file that feeds it."""

import ast

import nbformat
import pytest

from dslab.show.player import VIEWS
from scripts.gallery import ORDER, PAGE, PARTS, parts


def test_every_file_is_in_the_gallery_and_the_page_holds_what_the_files_say():
    assert sorted(ORDER) == sorted(path.stem for path in PARTS.glob("*.py"))
    cells = {cell.id: cell for cell in nbformat.read(PAGE, as_version=4).cells}
    for name, words, code in parts():
        cell = cells[f"gallery-{name.replace('_', '-')}"]
        assert cell.source == code, (
            f"run `make notebooks`: the gallery's {name} is not that of its file"
        )
        assert cell.outputs and words.startswith("**")


@pytest.mark.parametrize("name, words, code", parts(), ids=ORDER)
def test_a_widget_is_fed_by_a_few_lines(name, words, code):
    lines = [
        line
        for line in code.splitlines()
        if line.strip() and not line.startswith(("import ", "from "))
    ]
    assert len(lines) <= 10, f"{name} takes {len(lines)} lines"
    assert len(words.split()) >= 15 and ast.parse(code).body


def test_every_view_of_a_run_is_shown():
    shown = " ".join(code for _, _, code in parts())
    assert not [view for view in VIEWS if f'"{view}"' not in shown]
