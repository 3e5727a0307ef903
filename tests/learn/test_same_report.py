"""The same submission gets the same report in a notebook and from a shell, byte for byte."""

import ast
from pathlib import Path

import pytest

from dslab.learn import Report
from dslab.learn.shell.notebooks import check_notebook
from tests.learn.notebooks import notebook

SUBMISSIONS = sorted((Path(__file__).parent / "submissions").glob("*.py"))


def in_a_notebook(source: str) -> Report:
    """What the last line of a cell shows."""
    *before, last = ast.parse(source).body
    space = {"__name__": "__main__"}
    exec(compile(ast.Module(before, []), "<cell 1>", "exec"), space)
    return eval(compile(ast.Expression(last.value), "<cell 1>", "eval"), space)


@pytest.mark.parametrize("path", SUBMISSIONS, ids=lambda path: path.stem)
def test_a_shell_and_a_notebook_say_the_same(path, tmp_path):
    source = path.read_text(encoding="utf-8")
    here = in_a_notebook(source)
    [there] = check_notebook(notebook(tmp_path / "nb.ipynb", source))
    assert repr(there) == repr(here)
    assert there._repr_html_() == here._repr_html_()


def test_some_of_them_are_right_and_some_are_wrong():
    scores = {path.stem: in_a_notebook(path.read_text(encoding="utf-8")) for path in SUBMISSIONS}
    assert {name for name, report in scores.items() if report.done} == {
        "map_with_numbers",
        "account_of_decimals",
    }
    assert sum(0 < report.score < report.exercise.points for report in scores.values()) >= 5
