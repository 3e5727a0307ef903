"""Grading from a shell: a submission's tricks cost its author points, and nobody else anything."""

import json
import subprocess
import sys
from html import escape

import pytest

from dslab.learn.shell.notebooks import check_notebook
from tests.learn.material import ROOT, solution
from tests.learn.notebooks import notebook

#: The cheapest exercise that takes a Node: what happens to it happens to all.
SOLUTION = solution("at-most-once").source
CHECK = 'from dslab.learn import check\ncheck("at-most-once", MyCashier)'
TITLE = "00.1 Charge at most once"


def grade(path, *more) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "dslab", "check-notebook", "--trust", str(path), *more],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def handler(body: str) -> str:
    """The solution with another first line in its handler."""
    signature = "    def on_Request(self, client, m):\n"
    return SOLUTION.replace(signature, f"{signature}        {body}\n", 1)


def test_the_solution_earns_everything_from_the_shell_too(tmp_path):
    run = grade(
        notebook(
            tmp_path / "nb.ipynb", "%matplotlib inline\nprint('hello' * 100_000)", SOLUTION, CHECK
        )
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert f"{TITLE}: 6 of 6 points" in run.stdout and "hello" not in run.stdout


@pytest.mark.parametrize(
    "body, sentence",
    [
        ("while True: pass", "one call ran more than 100,000 lines"),
        ("import os; os._exit(0)", "it ended its own process"),
        ("[0] * 10**12", "MemoryError"),
        ("raise SystemExit", "SystemExit"),
        ("self.charged = [m.key]", "leaves something mutable in 'charged'"),
        ("1 / 0", "ZeroDivisionError: division by zero (on_Request, line"),
    ],
)
def test_tricks_cost_points_and_are_told(tmp_path, body, sentence):
    run = grade(notebook(tmp_path / "nb.ipynb", handler(body), CHECK))
    assert (run.returncode, run.stderr) == (1, "")
    assert sentence in run.stdout
    assert "6 of 6" not in run.stdout


@pytest.mark.parametrize(
    "trick",
    [
        "import dslab.learn.report as r; r.Report.score = property(lambda self: 6)",
        "import dslab.chapters.start.at_most_once as e; e.totals = lambda *a: None",
        "import dslab.sim; dslab.sim.Cluster.run = lambda *a, **k: None",
        "import dslab.learn.shell.wire as w; w.Wire.decode = lambda *a, **k: None",
        "import dslab.learn.grading as g; g._try = lambda *a: (None, {})",
        "import dslab.node; dslab.node.rehearse = lambda *a: None",
    ],
)
def test_a_patched_grader_grades_nothing(tmp_path, trick):
    stub = "from dslab.node import Node\nclass MyCashier(Node):\n    total: int = 0"
    run = grade(notebook(tmp_path / "nb.ipynb", trick, stub, CHECK))
    assert run.returncode == 1 and f"{TITLE}: 0 of 6 points" in run.stdout


def test_an_error_before_the_exercise_is_named(tmp_path):
    run = grade(notebook(tmp_path / "nb.ipynb", "import os; os._exit(3)", CHECK))
    assert run.returncode == 1 and "its process ended with code 3" in run.stdout


def test_json_for_machines(tmp_path):
    run = grade(notebook(tmp_path / "nb.ipynb", SOLUTION, CHECK), "--json")
    (report,) = json.loads(run.stdout)
    assert (report["score"], report["of"]) == (6, 6) and len(report["properties"]) == 5


def test_a_folder_of_tricks_leaves_the_next_submission_alone(tmp_path):
    bad, good = (
        notebook(
            tmp_path / "bad.ipynb", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", CHECK
        ),
        notebook(tmp_path / "good.ipynb", SOLUTION, CHECK),
    )
    assert [grade(path).returncode for path in (bad, good)] == [1, 0]


@pytest.mark.parametrize(
    "content, sentence",
    [
        (None, "can't be read: No such file or directory"),
        ("not json", "is no notebook: it is not JSON"),
        ("[]", "is no notebook: it has no cells"),
        ('{"cells": 3}', "is no notebook: it has no cells"),
        ('{"cells": [3]}', "is no notebook: cell 1 is 3, and not an object"),
        ('{"cells": [{}, {}]}', 'is no notebook: cell 1 has no "cell_type"'),
        ('{"cells": [{"cell_type": "code"}]}', 'is no notebook: cell 1 has no "source"'),
        (
            '{"cells": [{"cell_type": "markdown"}, {"cell_type": "code", "source": 7}]}',
            'is no notebook: cell 2 has 7 for its "source": a text, or a list of texts, belongs',
        ),
        (
            '{"cells": [{"cell_type": "code", "source": ["a", 7]}]}',
            "has ['a', 7] for its \"source\"",
        ),
        ('{"cells": []}', 'has no exercise: no cell calls check("name", your_answer)'),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "nb.ipynb"
    if content is not None:
        path.write_text(content)
    run = grade(path)
    assert run.returncode == 2 and sentence in run.stderr and run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "cell, sentence",
    [
        ("1/0", "cell 1 raised ZeroDivisionError: division by zero"),
        ("def (", "cell 1 raised SyntaxError: invalid syntax (<cell 1>, line 1)"),
        ("import sys; sys.exit(0)", "cell 1 raised SystemExit: 0"),
        ("input()", "cell 1 raised EOFError"),
    ],
)
def test_a_cell_that_fails_is_told_beside_what_was_handed_over(cell, sentence, tmp_path):
    check = "from dslab.learn import check\ncheck('read-a-trace', {})"
    path = notebook(tmp_path / "nb.ipynb", cell, check, "later()")
    [report] = check_notebook(path)
    assert len(report.notes) == 1 and report.notes[0].startswith(sentence)
    assert report.as_json()["notes"] == list(report.notes)
    assert f"note: {sentence}" in repr(report)
    assert escape(sentence) in report._repr_html_()


def test_what_fails_after_the_answer_or_beside_a_full_one_is_no_note(tmp_path):
    path = notebook(tmp_path / "nb.ipynb", "1/0", SOLUTION, CHECK)
    assert [report.notes for report in check_notebook(path)] == [()]
    many = notebook(tmp_path / "many.ipynb", *["1/0"] * 5, CHECK.replace("MyCashier", "None"))
    [report] = check_notebook(many)
    assert len(report.notes) == 4 and report.notes[-1] == "2 more cells before the answer raised"


def test_an_exercise_that_is_not_there_is_named(tmp_path):
    path = notebook(tmp_path / "nb.ipynb", SOLUTION, CHECK)
    run = grade(path, "--exercise", "raft-two-leaders")
    assert (
        run.returncode == 2
        and "has no exercise 'raft-two-leaders': it has at-most-once" in run.stderr
    )
    run = grade(path, "--exercise", "raft-elction")
    assert run.returncode == 2 and "did you mean raft-election" in run.stderr
