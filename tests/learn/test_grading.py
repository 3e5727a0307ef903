"""`check` and its report: it never raises, it shows itself, and unknown names are one sentence."""

import sys

import pytest

from dslab.chapters.raft_election.mutants import MUTANTS
from dslab.chapters.raft_election.rules import RULES, Elections
from dslab.chapters.raft_election.schedules import set_up
from dslab.errors import DslabError
from dslab.learn import Broken, Exercise, Property, check, replay
from dslab.learn.finding import exercise_named
from dslab.learn.grading import grade
from dslab.learn.schedules import ScheduleSearch
from dslab.node import Node, Reply
from dslab.protocols.raft import Raft


def test_a_name_that_is_near_is_offered():
    report = check("raft-elction", None)
    assert repr(report).startswith(
        "there is no exercise 'raft-elction': did you mean raft-election"
    ) and "points" not in repr(report)
    assert report._repr_html_().startswith("<p>there is no exercise")
    assert not report.done, "nothing was asked, so nothing is done"
    assert "raft-two-leaders" in repr(check("zzz", None))
    assert not check(["a list"], None).done
    with pytest.raises(DslabError, match="there is no exercise 'raft'"):
        replay("raft", None, [])


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """A chapter beside the book's, with files of a reader's."""
    from dslab import chapters

    (tmp_path / "mine").mkdir()
    monkeypatch.setattr(chapters, "__path__", [*chapters.__path__, str(tmp_path)])
    yield tmp_path / "mine"
    for name in [name for name in sys.modules if name.startswith("dslab.chapters.mine")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "file, content, sentence",
    [
        ("boom", b"1 / 0", "dslab/chapters/mine/boom.py has none: it assigns no `exercise`"),
        ("boom", b"\xff", "dslab/chapters/mine/boom.py has none: it assigns no `exercise`"),
        (
            "boom",
            b"1 / 0\nexercise = 1",
            "mine/boom.py can't be imported: ZeroDivisionError in line",
        ),
        ("boom", b"exercise = (", "mine/boom.py can't be imported: SyntaxError in line 1"),
        ("boom", b"exercise = 5", "mine/boom.py assigns 5 to `exercise`: make it an Exercise"),
        (
            "read_a_trace",
            b"exercise = 5",
            "'read-a-trace' is in dslab/chapters/mine/read_a_trace.py and dslab/chapters/start/",
        ),
    ],
)
def test_an_exercise_s_file_that_gives_none_is_told(file, content, sentence, chapter):
    (chapter / f"{file}.py").write_bytes(content)
    assert sentence in repr(check(file.replace("_", "-"), None))
    assert exercise_named("raft-election").name == "raft-election"


def exercise(*tests, accepts=lambda _: None):
    return Exercise(
        "made-up",
        "Made up",
        "CODE",
        1,
        tuple(
            Property(f"p{number}", f"Property {number}.", 2, "A hint.", test)
            for number, test in enumerate(tests)
        ),
        accepts,
    )


def holds(_):
    return {"runs": 3}


def fails(_):
    raise Broken("<It> broke.", expected="this", got="that", looked_at={"runs": 4})


class Own(BaseException):
    pass


def explodes(_):
    raise Own("boom")


def test_points_are_counted_by_property():
    report = grade(exercise(holds, fails, holds), None)
    assert (report.score, report.exercise.points, report.looked_at) == (4, 6, {"runs": 10})
    assert (
        repr(report)
        == """Made up: 4 of 6 points
  ✓ 2/2 p0: Property 0.
  ✗ 0/2 p1: Property 1.
      <It> broke.
      expected: this
      got: that
      hint: A hint.
  ✓ 2/2 p2: Property 2.
  looked at 10 runs"""
    )


def test_the_page_escapes_what_it_shows():
    page = grade(exercise(fails), None)._repr_html_()
    assert "&lt;It&gt; broke." in page and "<It>" not in page
    assert "<details><summary>A hint</summary>" in page


@pytest.mark.parametrize(
    "error", [Own("boom"), SystemExit(3), RecursionError(), GeneratorExit(), MemoryError()]
)
def test_whatever_a_submission_raises_becomes_a_line(error):
    def test(_):
        raise error

    report = grade(exercise(test, holds), None)
    assert report.score == 2 and "Your code" in repr(report)


def test_a_submission_whose_repr_raises_is_of_the_wrong_type():
    class Odd:
        def __repr__(self):
            raise ValueError("no repr")

    report = check("raft-election", Odd())
    assert report.score == 0 and "no repr" in repr(report)


class Unspeakable:
    def __repr__(self):
        raise ValueError("no repr")


def test_a_run_that_can_t_be_told_is_told_all_the_same():
    class Cashier(Node):
        total: object = Unspeakable()

        def on_Request(self, client, m):
            self.total = Unspeakable()
            self.send(client, Reply(m.id, 0))

    report = check("at-most-once", Cashier)
    assert report.score == 0 and repr(report) and report._repr_html_()


def test_properties_can_be_asked_for_alone():
    whole = exercise(holds, fails, holds)
    report = grade(whole, None, only=["p1", "p2"])
    assert [result.property.id for result in report.results] == ["p1", "p2"]
    assert report.looked_at == {"runs": 7} and not report.done


def test_a_search_that_failed_once_is_not_at_its_end():
    def starts(seed):
        raise OSError("no starts")

    search = ScheduleSearch(set_up, Elections, RULES, "elections won", [], starts)
    survey = search.survey(MUTANTS["VotesTwice"])
    for _ in range(2):
        with pytest.raises(OSError, match="no starts"):
            survey.until("one-vote")


class Finished(Raft):
    """What a reader hands over who writes `class MyRaft(Raft): pass`."""


class Further(Finished):
    def on_ElectionTimeout(self):
        super().on_ElectionTimeout()


@pytest.mark.parametrize("kind", [Finished, Further])
def test_a_finished_protocol_earns_nothing_by_another_name(kind):
    report = check("raft-election", kind)
    assert report.score == 0
    assert "is a subclass of Raft, which is finished: what it inherits earns nothing." in repr(
        report
    )
    assert check("raft-election", MUTANTS["VotesTwice"]).score > 0, "the book's own are graded"
