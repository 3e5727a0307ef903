"""Each planted bug is killed by the instrument that it names, and no instrument raises an alarm on
a class without one.
"""

import pytest

from dslab.chapters.raft_log.mutants import AnswersWhatItNeverDid
from dslab.learn import known_exercises
from dslab.learn.finding import chapters_with
from dslab.learn.mutants import Schedule, Simulator, breaks_of, every_mutant, instruments_of

MUTANTS = list(every_mutant())
MEASURED = [mutant for mutant in MUTANTS if hasattr(mutant.killed_by, "found")]
INSTRUMENTS = {
    chapter: instruments_of(next(each.submission for each in MUTANTS if each.chapter == chapter))
    for chapter in chapters_with("instruments")
}


def of_chapter(chapter, *values, id):
    return pytest.param(*values, id=f"{chapter}-{id}", marks=pytest.mark.chapter(chapter))


@pytest.mark.parametrize(
    "mutant", [of_chapter(mutant.chapter, mutant, id=mutant.name) for mutant in MEASURED]
)
def test_a_bug_is_killed_as_it_says(mutant):
    found = mutant.killed_by.found(mutant.submission)
    assert found == mutant.killed_by.expected(mutant.submission)


def test_what_no_instrument_measures_an_exercise_tells():
    """That it does is shown in tests/learn/test_every_exercise.py."""
    exercises = known_exercises().values()
    told = [bug for exercise in exercises for bug in exercise.mutants.values()]
    left = [each for each in MUTANTS if each not in MEASURED]
    assert all(each.killed_by is None or isinstance(each.killed_by, Schedule) for each in left)
    assert [each.name for each in left if each.submission not in told] == []


@pytest.mark.parametrize(
    "mutant", [each for each in MUTANTS if each.killed_by], ids=lambda m: m.name
)
def test_a_bug_is_a_class_of_its_own_that_says_what_it_does(mutant):
    kind = mutant.submission
    assert {"breaks", "killed_by"} <= vars(kind).keys() and kind.__doc__ and breaks_of(kind)


@pytest.mark.chapter("raft_log")
def test_the_storm_too_finds_what_is_acknowledged_and_never_done():
    """Its clients have several calls open. The explorer's kill, which is declared, is a shortest
    run: two requests overtake each other, are committed and answered, and a read is answered.
    """
    explorer = AnswersWhatItNeverDid.killed_by
    bounds = instruments_of(AnswersWhatItNeverDid).BOUNDS[explorer.bounds]
    assert "After 9 steps" in str(bounds.verdict(AnswersWhatItNeverDid))
    killed = Simulator("not linearizable")
    assert killed.found(AnswersWhatItNeverDid) == killed.expected(AnswersWhatItNeverDid)


@pytest.mark.parametrize(
    "bounds, kind",
    [
        of_chapter(chapter, bounds, kind, id=f"{name}-{kind.__name__}")
        for chapter, instruments in INSTRUMENTS.items()
        for name, bounds in instruments.BOUNDS.items()
        for kind in instruments.CORRECT
    ],
)
def test_no_bounds_alarm_on_a_correct_class(bounds, kind):
    assert bounds.verdict(kind).holds is not False


@pytest.mark.parametrize(
    "instruments, kind",
    [
        of_chapter(chapter, instruments, kind, id=kind.__name__)
        for chapter, instruments in {
            each.simulated: (chapter, each) for chapter, each in INSTRUMENTS.items()
        }.values()
        for kind in instruments.CORRECT
    ],
)
def test_the_simulator_alarms_on_no_correct_class(instruments, kind):
    assert [instruments.simulated(kind, seed) for seed in range(25)] == [None] * 25
