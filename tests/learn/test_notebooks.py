"""Grading from a shell: a submission's tricks cost its author points, and nobody else anything."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOLUTION = (ROOT / "solutions" / "raft_election.py").read_text().split("answers = ")[0]
CHECK = 'from dslab.learn import check\ncheck("raft-election", MyRaft)'


def notebook(path: Path, *cells: str) -> Path:
    path.write_text(
        json.dumps(
            {
                "nbformat": 4,
                "nbformat_minor": 5,
                "metadata": {},
                "cells": [
                    {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# Chapter"]},
                    *(
                        {
                            "cell_type": "code",
                            "id": f"c{n}",
                            "metadata": {},
                            "execution_count": None,
                            "outputs": [],
                            "source": cell.splitlines(True),
                        }
                        for n, cell in enumerate(cells)
                    ),
                ],
            }
        )
    )
    return path


def grade(path, *more) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "dslab", "check-notebook", str(path), *more],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def handler(body: str) -> str:
    """The solution with another first line in on_RequestVote."""
    return SOLUTION.replace(
        "    def on_RequestVote(self, candidate, m):\n",
        f"    def on_RequestVote(self, candidate, m):\n        {body}\n",
    )


def test_the_solution_earns_everything_from_the_shell_too(tmp_path):
    run = grade(
        notebook(
            tmp_path / "nb.ipynb", "%matplotlib inline\nprint('hello' * 100_000)", SOLUTION, CHECK
        )
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "12.1 Raft, leader election: 23 of 23 points" in run.stdout and "hello" not in run.stdout


@pytest.mark.parametrize(
    "source",
    [
        SOLUTION.replace('"voted_for", "log"', '"log"'),
        handler("1 // (2 - m.term)"),
        handler("while m.term: pass"),
    ],
)
def test_the_shell_and_the_notebook_say_the_same(tmp_path, source):
    from dslab.learn import check

    space = {"__name__": "__main__"}
    exec(compile(source, "<cell>", "exec"), space)
    run = grade(notebook(tmp_path / "nb.ipynb", source, CHECK))
    assert run.returncode == 1
    assert run.stdout.rstrip("\n") == repr(check("raft-election", space["MyRaft"]))


@pytest.mark.parametrize(
    "body, sentence",
    [
        ("while True: pass", "one call ran more than 100,000 lines"),
        ("import os; os._exit(0)", "it ended its own process"),
        ("[0] * 10**12", "MemoryError"),
        ("raise SystemExit", "SystemExit"),
        ("self.votes = []", "leaves something mutable in 'votes'"),
        ("1 / 0", "ZeroDivisionError: division by zero (on_RequestVote, line"),
    ],
)
def test_tricks_cost_points_and_are_told(tmp_path, body, sentence):
    run = grade(notebook(tmp_path / "nb.ipynb", handler(body), CHECK))
    assert (run.returncode, run.stderr) == (1, "")
    assert sentence in run.stdout
    assert "23 of 23" not in run.stdout


@pytest.mark.parametrize(
    "trick",
    [
        "import dslab.learn.grading as g; g.Report.score = property(lambda self: 23)",
        "import dslab.chapters.raft_election.election as e; e.ELECTIONS.survey = lambda "
        "s: ({}, {'elections won': 1}); e.Elections.look = lambda *a: None",
        "import dslab.sim; dslab.sim.Cluster.run = lambda *a, **k: None",
        "import dslab.learn.shell.wire as w; w.decode = lambda *a, **k: None",
        "import dslab.explore.schedule as s; s.Stepper.perform = lambda *a: True",
        "import dslab.node; dslab.node.rehearse = lambda *a: None",
    ],
)
def test_a_patched_grader_grades_nothing(tmp_path, trick):
    stub = "from dslab.node import Node\nclass MyRaft(Node):\n    log: tuple = ()"
    run = grade(notebook(tmp_path / "nb.ipynb", trick, stub, CHECK))
    assert run.returncode == 1 and "12.1 Raft, leader election: 0 of 23 points" in run.stdout


def test_an_error_before_the_exercise_is_named(tmp_path):
    run = grade(notebook(tmp_path / "nb.ipynb", "import os; os._exit(3)", CHECK))
    assert run.returncode == 1 and "its process ended with code 3" in run.stdout


def test_json_for_machines(tmp_path):
    run = grade(notebook(tmp_path / "nb.ipynb", SOLUTION, CHECK), "--json")
    (report,) = json.loads(run.stdout)
    assert (report["score"], report["of"]) == (23, 23) and len(report["properties"]) == 17


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
        ('{"cells": []}', 'has no exercise: no cell calls check("name", your_answer)'),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "nb.ipynb"
    if content is not None:
        path.write_text(content)
    run = grade(path)
    assert run.returncode == 2 and sentence in run.stderr and run.stderr.count("\n") == 1


def test_an_exercise_that_is_not_there_is_named(tmp_path):
    path = notebook(tmp_path / "nb.ipynb", SOLUTION, CHECK)
    run = grade(path, "--exercise", "raft-two-leaders")
    assert (
        run.returncode == 2
        and "has no exercise 'raft-two-leaders': it has raft-election" in run.stderr
    )
    run = grade(path, "--exercise", "raft-elction")
    assert run.returncode == 2 and "did you mean raft-election" in run.stderr


@pytest.mark.parametrize("topic", sorted(path.stem for path in (ROOT / "solutions").glob("*.py")))
def test_every_solution_earns_everything_from_the_shell(tmp_path, topic):
    source = (ROOT / "solutions" / f"{topic}.py").read_text()
    cells = [
        source,
        "from dslab.learn import check\nfor name, answer in answers.items():\n    "
        "check(name, answer)",
    ]
    run = grade(notebook(tmp_path / "nb.ipynb", *cells), "--json")
    reports = json.loads(run.stdout)
    assert reports and run.returncode == 0, [
        (report["exercise"], report["score"], report["of"]) for report in reports
    ]
