"""`check` in a notebook: everything ends, in a sentence, and the notebook goes on."""

import os
import signal
import subprocess
import sys
from time import sleep

import pytest

from dslab.learn import apart, check, guarding
from dslab.learn.exercise import Broken, Exercise, Property
from dslab.learn.finding import exercise_named
from dslab.learn.grading import grade, in_a_copy
from tests.learn.hostile import COUNTS, ENDED, cashier
from tests.learn.test_same_report import in_a_notebook
from tests.processes import await_gone, linux, marked

pytestmark = linux


@pytest.fixture
def little(monkeypatch):
    monkeypatch.setattr(guarding, "COMPUTING", 1)
    monkeypatch.setattr(apart, "GRACE", 0.1)
    monkeypatch.setattr(guarding, "ASLEEP", 3)
    monkeypatch.setattr(guarding, "BETWEEN", 0.05)


@pytest.mark.parametrize("body", COUNTS)
def test_what_is_counted_ends_in_a_notebook(body):
    assert COUNTS[body] in repr(in_a_notebook(cashier(body)))


@pytest.mark.parametrize("body", ENDED)
def test_what_nothing_counts_ends_too(body, little):
    report = in_a_notebook(cashier(body))
    assert report.score == 0 and ENDED[body] in repr(report) and ".." not in repr(report)
    assert len(report.results) == 5 and report._repr_html_()
    json = report.as_json()
    assert json["properties"][4]["sentence"] == json["properties"][0]["sentence"]


def exercise(*tests):
    properties = [
        Property(f"p{number}", f"Property {number}.", 2, "A hint.", test)
        for number, test in enumerate(tests)
    ]
    return Exercise("made-up", "Made up", "CODE", 1, tuple(properties))


def holds(_):
    return {"runs": 3}


def test_what_was_looked_at_before_the_end_counts(little):
    report = in_a_copy(exercise(holds, lambda _: os._exit(1), holds), None)
    assert (report.score, report.looked_at) == (2, {"runs": 3})
    assert [result.points for result in report.results] == [2, 0, 0]


def test_what_is_started_ends_with_the_grading(monkeypatch):
    def starts(_):
        environment = os.environ | {"DSLAB_TEST": marker}
        subprocess.Popen(["sleep", "1000"], start_new_session=True, env=environment)
        away = "setsid sh -c 'sleep 1000 & sleep 1000 &'"
        subprocess.run(["sh", "-c", away], check=True, env=environment)
        while len(marked(marker)) < 3:
            sleep(0.01)

    marker = f"started by {os.getpid()}"
    assert in_a_copy(exercise(starts), None).done
    await_gone(*marked(marker))


def test_the_notebook_stays_as_it_was():
    kept = []

    def changes(_):
        kept.append(1)
        sys.setrecursionlimit(50_000)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    before = sys.getrecursionlimit(), signal.getsignal(signal.SIGINT), sys.gettrace()
    assert in_a_copy(exercise(changes), None).done and kept == []
    assert before == (sys.getrecursionlimit(), signal.getsignal(signal.SIGINT), sys.gettrace())


def test_what_is_printed_is_printed_up_to_a_limit(capfd):
    def prints(_):
        print("hello")
        for _ in range(1000):
            print("x" * 1000)

    assert in_a_copy(exercise(prints), None).done
    out = capfd.readouterr().out
    assert out.startswith("hello\nxxx") and apart.PRINTED < len(out) < apart.PRINTED + 100
    assert out.endswith("left out.\n")


def test_a_copy_says_what_grading_here_says():
    def fails(_):
        raise Broken("<It> broke.", expected="this", got="that", looked_at={"runs": 4})

    made_up = exercise(holds, fails, holds)
    assert repr(in_a_copy(made_up, None)) == repr(grade(made_up, None))
    assert in_a_copy(made_up, None).as_json() == grade(made_up, None).as_json()


def test_a_check_within_a_check_comes_to_its_end():
    def asks(_):
        assert check("read-a-trace", {}).score == 0

    assert in_a_copy(exercise(asks), None).done


class Odd:
    def __getattribute__(self, name):
        raise SystemExit

    __class__ = property(lambda self: 1 / 0)

    def __repr__(self):
        raise BaseException

    def __eq__(self, other):
        os._exit(1)

    __hash__ = None


class Odder(Exception):
    def __str__(self):
        raise self

    __notes__ = property(lambda self: 1 / 0)


ODD = {"object": Odd(), "class": Odd, "in a dict": {"1": Odd()}, "error": Odder()}


@pytest.mark.parametrize("grader", [grade, in_a_copy])
@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("name", ["read-a-trace", "at-most-once", "event-store", "double-spend"])
def test_the_oddest_answers_are_told_in_a_sentence(name, what, grader):
    report = grader(exercise_named(name), ODD[what])
    assert not report.done and repr(report) and report._repr_html_() and report.as_json()
