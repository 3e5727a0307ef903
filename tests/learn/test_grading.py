"""`check` and its report: it never raises, it shows itself, and unknown names are one sentence."""

import pytest

from dslab.chapters.raft_election.mutants import MUTANTS
from dslab.errors import DslabError
from dslab.learn import Broken, Exercise, Property, check, known_exercises, replay
from dslab.learn.answers import hunt, predict
from dslab.learn.grading import grade
from solutions.raft_election import answers


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


def test_every_exercise_is_whole():
    found = known_exercises()
    assert {"raft-election", "raft-two-leaders"} <= found.keys()
    for name, each in found.items():
        assert name == each.name and each.points > 0 and 1 <= each.stars <= 3, name
        assert each.kind in ("CODE", "HUNT", "PREDICT", "TUNE", "SPEC"), name
        ids = [prop.id for prop in each.properties]
        assert len(set(ids)) == len(ids), name
        for prop in each.properties:
            assert prop.points > 0 and prop.hint and prop.sentence, (name, prop.id)


@pytest.mark.parametrize("name", known_exercises())
@pytest.mark.parametrize("nothing", [None, ..., {}, [], (), "", 7, object, lambda: None])
def test_nothing_earns_nothing(name, nothing):
    report = check(name, nothing)
    assert report.score == 0, report
    assert repr(report) == repr(check(name, nothing)) and report._repr_html_()


# PREDICT and HUNT.

QUIZ = predict(
    "quiz-of-a-test",
    "A quiz",
    1,
    [
        ("1", "Is it so?", "true", "It is so, since run 1 shows it."),
        ("2", "How many?", 3, "There are three."),
    ],
)


def test_a_prediction_is_compared_with_the_key():
    assert check("quiz-of-a-test", {"1": " True ", "2": 3}).done
    assert check("quiz-of-a-test", {1: "TRUE", 2: 3}).done, "a number is as good as its text"
    report = check("quiz-of-a-test", {"1": "false", "2": ...})
    assert report.score == 0
    assert "It is so, since run 1 shows it." in repr(report) and "There is no answer yet." in repr(
        report
    )
    assert "expected: another answer" in repr(report), "the right answer itself is not told"
    assert "takes a dict of answers" in repr(check("quiz-of-a-test", ["true"]))


def even(schedule):
    if sum(schedule) % 2:
        raise Broken("The sum is odd.")


HUNT = hunt("hunt-of-a-test", "A hunt", 1, [("Odd", "Make it even.", 2, "Two odd ones.", even)])


def test_a_hunt_pays_for_a_hit_and_once_more_for_a_short_one():
    assert check("hunt-of-a-test", {"Odd": [1, 1]}).score == 2
    assert check("hunt-of-a-test", {"Odd": [1, 1, 2]}).score == 1
    assert "expected: at most 2 steps" in repr(check("hunt-of-a-test", {"Odd": [1, 1, 2]}))
    assert check("hunt-of-a-test", {"Odd": [1, 2]}).score == 0
    assert check("hunt-of-a-test", {"Odd": []}).score == 0
    assert "takes a dict of schedules" in repr(check("hunt-of-a-test", [1]))


def test_two_leaders_are_hunted_in_five_mutants():
    assert check("raft-two-leaders", answers["raft-two-leaders"]).done
    for name, schedule in answers["raft-two-leaders"].items():
        assert MUTANTS[name].breaks
        for place in range(len(schedule)):
            shorter = schedule[:place] + schedule[place + 1 :]
            assert check("raft-two-leaders", {name: shorter}).score == 0, (
                f"{name} goes without {schedule[place]}"
            )


@pytest.mark.parametrize(
    "schedule, sentence",
    [
        ([("fire", "n1", "ElectionTimeout")], "No term had two leaders in this run."),
        ([("jump",)], "('jump',) is no step: write one of fire,"),
        ([("fire", "n9", "ElectionTimeout")], "there is no node 'n9' in this cluster: it has n1, n2, n3"),
        (["fire"], "is no step"),
        ([5], "Your code raised TypeError"),
    ],
)
def test_a_schedule_that_misses_says_what_happened(schedule, sentence):
    assert sentence in repr(check("raft-two-leaders", {"VotesTwice": schedule}))


def test_a_forged_message_wins_no_hunt():
    from dslab.protocols.raft import Vote

    forged = [
        ("fire", "n1", "ElectionTimeout"),
        ("fire", "n2", "ElectionTimeout"),
        ("forge", "n3", "n1", Vote(1, True)),
        ("forge", "n3", "n2", Vote(1, True)),
    ]
    report = check("raft-two-leaders", {"VotesTwice": forged})
    assert report.score == 0 and "A forged message is no step of this hunt." in repr(report)
