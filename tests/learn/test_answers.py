"""PREDICT and HUNT: an answer counts however it is spelled, and a break only beside its control."""

from collections import defaultdict
from decimal import Decimal
from enum import Enum, IntEnum

import pytest

from dslab.chapters.raft_election.mutants import MUTANTS
from dslab.learn import Broken, check
from dslab.learn.answers import Sight, Target, hunt, predict
from dslab.learn.grading import grade
from dslab.protocols.raft import Vote
from tests.learn.material import solution

QUIZ = predict(
    "quiz-of-a-test",
    "A quiz",
    1,
    [
        ("1", "Is it so?", "true", "It is so, since run 1 shows it."),
        ("2", "How many?", 3, "There are three."),
        ("b3", "Who has it?", "n1 n3", "Two have it."),
        ("4", "Which came first? (first/second/unknown)", "unknown", "Nobody knows."),
    ],
)


class Said(Enum):
    YES = "Yes"
    N2 = 2
    TRUE = True


class Count(IntEnum):
    THREE = 3


class Odd:
    """What may not be looked at."""

    def __repr__(self):
        raise ValueError("no repr")

    def __eq__(self, other):
        raise ValueError("no ==")

    def __hash__(self):
        raise ValueError("no hash")


class Numpy:
    """As numpy's numbers are."""

    def __init__(self, value):
        self.value = value

    def item(self):
        return self.value


@pytest.mark.parametrize(
    "id, answer",
    [
        *(
            ("1", yes)
            for yes in (True, "true", " Yes ", "YES.", "'yes'", "`True`", b"yes", "ｙｅｓ")
        ),
        *(("1", yes) for yes in (Said.YES, Said.TRUE, ["yes"], ("yes",), {"yes"}, Numpy(True))),
        *(("2", three) for three in (3, "3", 3.0, "3.0", " 3", Decimal("3.00"), [3], Numpy(3))),
        *(("b3", both) for both in ("n1 n3", "n1, n3", ["n1", "n3"], ("n1", "n3"), {"n3", "n1"})),
        *(("4", no) for no in ("unknown", "“unknown”", "Unknown\n")),
    ],
)
def test_a_prediction_counts_however_it_is_spelled(id, answer):
    assert grade(QUIZ, {id: answer}).score == 1
    assert grade(QUIZ, {id.upper(): answer}).score == 1


@pytest.mark.parametrize(
    "id, answer, sentence",
    [
        ("1", "false", "It is so, since run 1 shows it."),
        ("1", False, "It is so"),
        ("1", 1, "It is so"),
        ("2", True, "There are three."),
        ("2", Said.N2, "There are three."),
        ("b3", ["n3", "n1"], "Two have it."),
        ("4", "first", "Nobody knows."),
        ("4", "frist", "“frist” is no answer here: write one of first, second, unknown."),
        ("4", Odd(), "An Odd is no answer here: write one of first, second, unknown."),
        ("1", Odd(), 'An Odd is no answer here: write a text or a number, such as "n1".'),
        ("1", lambda: "yes", "A function or a class is no answer here"),
        ("1", ["yes", ["yes"]], "A list in a list is no answer here"),
        ("1", {"1": "yes"}, "A dict is no answer here"),
        ("1", b"\xff", "Bytes that are no text are no answer here"),
        pytest.param(
            "1", "yes\n" * 1_000_000, "A text of 4,000,000 characters is no answer", id="long"
        ),
        ("1", ["yes"] * 1_000, "A list of 1,000 items is no answer here"),
        ("2", float("nan"), "A number that is not finite, or too long, is no answer here"),
        ("2", 10**300, "A number that is not finite, or too long, is no answer here"),
        ("2", Numpy([3]), "A Numpy is no answer here"),
        *(("1", blank, "There is no answer yet.") for blank in (None, ..., "", " ", [], {})),
    ],
)
def test_a_prediction_that_misses_is_told_in_a_sentence(id, answer, sentence):
    report = grade(QUIZ, {id: answer})
    [told] = [each.verdict.sentence for each in report.results if each.property.id == id]
    assert report.score == 0 and told.startswith(sentence) and "\n" not in told
    assert len(repr(report)) < 3000 and report._repr_html_()


def test_a_number_is_as_good_a_name_as_its_text():
    assert grade(QUIZ, {1: "true", 2: 3, Count.THREE: 3}).score == 2
    assert "There are 2 answers for 1: leave one of them." in repr(grade(QUIZ, {"1": 1, 1: 2}))
    assert grade(QUIZ, {"1": "", 1: "yes"}).score == 1
    told = repr(grade(QUIZ, {"q1": "yes", lambda: 0: "yes"}))
    assert "There is no answer yet. q1 is none of 1, 2, b3, 4." in told


def test_the_right_answer_itself_is_not_told():
    told = repr(grade(QUIZ, {"2": 77}))
    assert "expected: another answer" in told and "got: 77" in told


@pytest.mark.parametrize("answers", [["true"], Odd(), len, object(), "yes", {"yes"}, 5])
def test_predictions_and_schedules_come_in_a_dict(answers):
    for exercise, what in ((QUIZ, "takes a dict of answers"), (HUNT, "takes a dict of schedules")):
        told = repr(grade(exercise, answers))
        assert what in told and "0x" not in told and "raised" not in told


def test_any_mapping_is_a_dict():
    assert grade(QUIZ, defaultdict(str, {"2": 3})).score == 1


# HUNT.


def looking_for(fault):
    """Adds up what is written: an odd sum is a break, and with the fault a crash is one too."""

    def run(steps):
        words = [word for word, *_ in steps]
        broken = {}
        if sum(step[2] for step in steps if step[0] == "write") % 2:
            broken["odd"] = "The sum is odd."
        if fault and "crash" in words:
            broken["gone"] = "The sum is gone."
        return Sight(broken, Broken("The sum is even.", expected="another", got="even"))

    return run


HUNT = hunt(
    "hunt-of-a-test",
    "A hunt",
    1,
    [Target("Gone", "Lose it.", 2, "Crash.", looking_for(True), looking_for(False), "in peace")],
)
CRASH, WRITE = ("crash", "n1"), ("write", "n1", 1)


def test_a_hunt_pays_for_a_hit_and_once_more_for_a_short_one():
    assert grade(HUNT, {"Gone": [CRASH]}).score == 2
    assert grade(HUNT, {"Gone": [CRASH, WRITE, WRITE]}).score == 1
    assert "expected: at most 2 steps" in repr(grade(HUNT, {"Gone": [CRASH, WRITE, WRITE]}))
    assert "The sum is even." in repr(grade(HUNT, {"Gone": [WRITE, WRITE]}))
    assert "There is no schedule yet." in repr(grade(HUNT, {"Gone": []}))
    assert grade(HUNT, {"Gone": [CRASH] * 1001}).score == 0


def test_what_breaks_in_the_control_too_breaks_nothing():
    report = grade(HUNT, {"Gone": [WRITE]})
    assert report.score == 0 and (
        "The sum is odd. The same steps in peace do that too, so this breaks nothing."
        in repr(report)
    )
    assert grade(HUNT, {"Gone": [WRITE, CRASH]}).score == 2, "one of the two breaks is the fault's"


@pytest.mark.parametrize(
    "schedule",
    [
        [CRASH],
        (CRASH,),
        CRASH,
        list(CRASH),
        [list(CRASH)],
        "('crash', 'n1')",
        "[('crash', 'n1')]",
        '["crash", "n1"]',
        ["('crash', 'n1')"],
        [CRASH, "('write', 'n1', 2)"],
    ],
)
def test_a_schedule_is_understood_however_it_is_wrapped(schedule):
    assert grade(HUNT, {"Gone": schedule}).score == 2


@pytest.mark.parametrize(
    "schedule, sentence",
    [
        ("crash n1", "'crash n1' is a text, and no step: write a list of steps, such as [("),
        (["crash n1"], "'crash n1' is a text, and no step"),
        (["('crash', n1)"], "\"('crash', n1)\" is a text, and no step"),
        ([CRASH, 5], "A number is no step: write a list of steps"),
        ([[CRASH]], "A list in a list is no step"),
        (5, "A number is no schedule: write a list of steps"),
        ({CRASH}, "A set is no schedule"),
        (iter([CRASH]), "A list_iterator is no schedule"),
        (Odd(), "An Odd is no schedule"),
        ([Odd()], "An Odd is no step"),
        pytest.param("crash\n" * 1_000_000, "is a text, and no step", id="long"),
        pytest.param("(" * 15_000, "is a text, and no step", id="deep"),
    ],
)
def test_what_is_no_schedule_is_told_in_a_sentence(schedule, sentence):
    report = grade(HUNT, {"Gone": schedule})
    told = report.results[0].verdict.sentence
    assert report.score == 0 and sentence in told and "\n" not in told and len(told) < 200


# The book's hunts.

CUT = ("partition", "n1", "n2 n3")


def test_two_leaders_are_hunted_in_five_mutants():
    for name, schedule in solution("raft-two-leaders").answer.items():
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
        (
            [("fire", "n9", "ElectionTimeout")],
            "there is no node 'n9' in this cluster: it has n1, n2, n3",
        ),
        (["fire"], "('fire',) is no step: `fire` needs 'node'"),
        ([("fire", Odd(), "Heartbeat")], "Your code raised ValueError: no repr"),
        ([5], "A number is no step"),
    ],
)
def test_a_schedule_that_misses_says_what_happened(schedule, sentence):
    assert sentence in repr(check("raft-two-leaders", {"VotesTwice": schedule}))


def test_a_forged_message_wins_no_hunt():
    forged = [
        ("fire", "n1", "ElectionTimeout"),
        ("fire", "n2", "ElectionTimeout"),
        ("forge", "n3", "n1", Vote(1, True)),
        ("forge", "n3", "n2", Vote(1, True)),
    ]
    report = check("raft-two-leaders", {"VotesTwice": forged})
    assert report.score == 0 and " is no step here" in report.results[0].verdict.sentence


def test_a_word_that_is_mistyped_is_told_those_of_the_hunt():
    report = check("raft-two-leaders", {"VotesTwice": [("forget", "n3", "n1")]})
    assert "drop" in (sentence := report.results[0].verdict.sentence) and "forge," not in sentence


@pytest.mark.parametrize(
    "schedule, sentence",
    [
        # No call at a node that runs.
        ([("crash", "n1"), ("write", "n1", 1)], "every call at a node that runs was served"),
        ([CUT, ("crash", "n1"), ("write", "n1", 1)], "every call at a node that runs was served"),
        ([{"crash": "n1 n2"}, {"write": ["n1", 1]}], "every call at a node that runs was served"),
        # A backup refuses in peace too.
        ([("write", "n2", 1)], "c2's write at n2 is refused, although n2 runs. The same steps "),
        ([CUT, ("write", "n2", 1)], "The same steps without the fault do that too"),
        ([("crash", "n3"), ("read", "n2")], "The same steps without the fault do that too"),
        # What the chapter is not about.
        ([("byzantine", "n1", "silent")], "is no step: write one of crash, restart, partition, he"),
        ([("crash", "n1", 3)], "('crash', 'n1', 3) is no step here: `crash` takes node, and no"),
        ([("read", "n1", "x", "c1", 0.1)], "`read` takes to, and no more"),
        ([("read", "n1", "y")], "`read` takes to, and no more"),
        ([CUT, ("wait", 1e9), ("write", "n1", 1)], "waits 1,000,000,000.0 ms: at most 60,000"),
        ([("wait", 40_000), ("wait", 40_000)], "waits 80,000 ms: at most 60,000"),
    ],
)
def test_a_ca_store_is_broken_by_a_fault_alone(schedule, sentence):
    report = check("cap-ca", {"WaitsForAll": schedule})
    told = report.results[4].verdict.sentence
    assert report.score == 0 and sentence in told, told


def test_a_crash_elsewhere_leaves_a_running_node_unserved():
    assert check("cap-ca", {"WaitsForAll": [("crash", "n2"), ("write", "n1", 1)]}).score == 2
    needless = [CUT, ("write", "n2", 1), ("write", "n1", 1)]
    assert check("cap-ca", {"WaitsForAll": needless}).score == 1, "the cut costs the second write"
