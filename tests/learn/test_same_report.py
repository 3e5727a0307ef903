"""The same submission gets the same report in a notebook and from a shell, byte for byte."""

import ast
import json
from decimal import Decimal
from pathlib import Path

import pytest

from dslab.errors import DslabError
from dslab.learn import Exercise, Property, Report
from dslab.learn.report import Result
from dslab.learn.shell.notebooks import check_notebook
from dslab.run.trace import Trace
from dslab.verdict import Verdict
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
    assert as_text(there) == as_text(here)


def as_text(report: Report) -> str:
    """A report as it leaves by `--json`: of JSON alone, without Python's NaN."""
    return json.dumps(report.as_json(), allow_nan=False)


def test_what_has_no_json_form_is_text_in_a_report():
    class Odd:
        def __repr__(self):
            return "odd"

    class Hostile:
        def __repr__(self):
            raise RuntimeError("no repr")

    state = {"a": Decimal("1.10"), "b": float("nan"), "c": Odd(), "d": (1, Hostile(), {2: Odd()})}
    trace = Trace(["n1"])
    trace.records.append((0, "start", "n1", None, None, None, state))
    broken = Property("odd", "It is even.", 1, "Look.", lambda submission: None)
    verdict = Verdict(False, "odd", "It is odd.", trace=trace)
    data = json.loads(as_text(Report(even := exercise(broken), (Result(broken, verdict, 0),))))
    assert data["exercise"] == even.name
    values = data["properties"][0]["trace"]["values"]
    assert values[:3] == ["1.10", "nan", "odd"]
    assert "RuntimeError" in values[3][1] and values[3][2] == {"2": "odd"}
    with pytest.raises(DslabError, match="can't be part of a state"):
        trace.as_json()


def exercise(*properties) -> Exercise:
    return Exercise("even", "Even", "CODE", 1, properties)


def test_some_of_them_are_right_and_some_are_wrong():
    scores = {path.stem: in_a_notebook(path.read_text(encoding="utf-8")) for path in SUBMISSIONS}
    assert {name for name, report in scores.items() if report.done} == {
        "map_with_numbers",
        "account_of_decimals",
        "account_that_is_read_only",
        "store_with_a_lock",
    }
    assert sum(0 < report.score < report.exercise.points for report in scores.values()) >= 5
