"""The process that holds a submission: its limits, and what happens when it goes beyond them."""

import os
from pathlib import Path
from tempfile import gettempdir
from time import sleep

import pytest

from dslab.learn import guarding
from dslab.learn.limits import Lost, Raised
from dslab.learn.shell import remote
from dslab.learn.shell.notebooks import check_notebook
from dslab.learn.shell.remote import Submission
from tests.learn.notebooks import notebook
from tests.learn.test_shell import CHECK, SOLUTION, handler
from tests.processes import await_gone, linux, marked

SPEND = """check("double-spend", {"no-version-check": [
    ("read", "alice"), ("read", "bob"), ("append", "alice", 60), ("append", "bob", 60)]})"""


#: Writes to whatever is open, the pipe to the grader among it.
WRITES = """for each in range(3, 20):
        try: __import__('os').write(each, {})
        except OSError: pass"""


def handed_over(*cells) -> tuple[Submission, dict, dict]:
    submission = Submission(Path(gettempdir()))
    return submission, *submission.run(list(cells))


@pytest.fixture
def little(monkeypatch):
    monkeypatch.setattr(guarding, "COMPUTING", 1)
    monkeypatch.setattr(guarding, "ASLEEP", 3)
    monkeypatch.setattr(guarding, "BETWEEN", 0.05)


@pytest.mark.parametrize(
    "body, why",
    [
        ("import itertools; sum(itertools.count())", "it computed for more than 1 seconds"),
        ("import time; time.sleep(10_000)", "it waits for what never comes"),
        ("return 10 ** 10 ** 10", "it computed for more than 1 seconds"),
        (WRITES.format("b'no json' + bytes([10])"), "answered what is no answer"),
        (WRITES.format("b'x' * 9_000_000"), "answered what is no answer"),
        (WRITES.format("""b'{"value": 1}' + bytes([10])"""), "answered what is no answer"),
        (
            WRITES.format("""b'{"number": "1", "answer": {"value": 1}}' + bytes([10])"""),
            "answered what is no answer",
        ),
    ],
)
def test_what_no_budget_counts_has_a_limit_too(little, body, why):
    submission, found, errors = handed_over(
        f"from dslab.learn import check\ndef f():\n    {body}\ncheck('x', f)"
    )
    with submission, pytest.raises(Lost) as lost:
        found["x"]()
    assert why in str(lost.value) and submission.lost
    with pytest.raises(Lost):
        found["x"]()


def test_an_exercise_that_ends_the_process_costs_that_exercise_alone(tmp_path):
    source = handler("__import__('os')._exit(0)")
    first, second = check_notebook(notebook(tmp_path / "nb.ipynb", source, CHECK, SPEND))
    assert first.score == 0 and "it ended its own process" in repr(first)
    assert second.done, second


def test_a_cell_that_ends_the_process_costs_what_comes_after_it(tmp_path):
    first, second = check_notebook(
        notebook(
            tmp_path / "nb.ipynb",
            SOLUTION,
            CHECK,
            "import os; os._exit(1)",
            'check("double-spend", {})',
        )
    )
    assert first.done
    assert (
        'The notebook never came to check("double-spend", …): cell 3: Your code '
        "stopped answering: its process ended with code 1." in repr(second)
    )


@pytest.mark.parametrize(
    "cells, why",
    [
        (
            ["class MyCashier(Node:", CHECK],
            "cell 2 raised NameError: name 'MyCashier' is not defined; before it, cell 1 "
            "raised SyntaxError: ",
        ),
        (["if False:\n    check('at-most-once', None)"], "cell 1 was given nothing of yours"),
        (
            [
                "from dslab.learn import check\nfrom dslab.protocols.raft import "
                "Raft\ncheck('at-most-once', Raft)"
            ],
            "cell 1 was given nothing of yours",
        ),
        (
            ["from dslab.learn import check\nwhile True: pass\ncheck('at-most-once', 1)"],
            "cell 1 raised BudgetExceeded: one call ran more than 5,000,000 lines",
        ),
    ],
)
def test_why_a_notebook_never_came_to_its_exercise(tmp_path, cells, why):
    (report,) = check_notebook(notebook(tmp_path / "nb.ipynb", *cells))
    assert report.score == 0 and why in repr(report), report


@linux
@pytest.mark.parametrize("own", [True, False])
def test_what_a_submission_starts_ends_with_it(own, monkeypatch):
    """With process numbers of its own, and without."""
    if not own:
        monkeypatch.setattr(remote, "NUMBERS", "shared")
    marker = f"started by {os.getpid()} {own}"
    submission, found, errors = handed_over(
        "import os, subprocess\nfrom dslab.learn import check\n"
        f"environment = os.environ | {{'DSLAB_TEST': {marker!r}}}\n"
        "away = 'setsid sh -c \"sleep 1000 & sleep 1000 &\"'\n"
        "def f():\n    subprocess.run(['sh', '-c', away], env=environment)\n"
        "    return subprocess.Popen(['sleep', '1000'], env=environment).pid\ncheck('x', f)"
    )
    with submission:
        assert found["x"]() and not errors
        while len(marked(marker)) < 3:
            sleep(0.01)
    await_gone(*marked(marker))


def test_the_last_check_counts_and_comments_do_not():
    submission, found, errors = handed_over(
        "from dslab.learn import check",
        "# check('no', 1)",
        "check('x', 1)\ncheck('x', 2)",
        "check('x', 3)\n1 / 0",
    )
    with submission:
        assert found == {"x": 3} and errors == {4: "ZeroDivisionError: division by zero"}


def test_what_json_has_no_form_for_is_told_by_its_repr():
    submission, found, errors = handed_over(
        "from dslab.learn import check\ncheck('x', {'a': object})"
    )
    with submission:
        assert repr(found["x"]) == "{'a': <class 'object'>}" and not errors


def test_an_error_says_where_in_the_submission_it_happened():
    submission, found, errors = handed_over(
        "from dslab.learn import check\ndef f(x):\n    return 1 // x\ncheck('x', f)"
    )
    with submission:
        assert found["x"](1) == 1
        with pytest.raises(Raised) as raised:
            found["x"](0)
    assert (raised.value.kind, raised.value.place) == ("ZeroDivisionError", "f, line 3")
