"""What every exercise must keep: nothing earns nothing, right answers earn everything, here and
from a shell, and each planted bug is told under the property that it breaks.
"""

import subprocess
import sys

import pytest

from dslab.learn import replay
from dslab.learn.finding import exercise_named
from dslab.learn.grading import grade
from dslab.learn.kills import derive, measure
from dslab.learn.kills.record import recorded
from dslab.learn.kills.variants import answers_file, variants
from dslab.learn.mutants import breaks_of
from dslab.learn.shell.notebooks import check_notebook
from dslab.protocols import raft
from tests.learn.material import EXERCISES, ROOT, each_exercise, solution, unfinished
from tests.learn.notebooks import notebook

#: What somebody hands over who has not begun.
NOTHING = None, ..., {}, [], (), "", 7, object, lambda: None
#: Random schedules for an answer; one that is wrong is found in the first few.
THOROUGHLY = 500
#: How many derived mutants are tried, where it isn't a dozen: one that survives costs a grading.
MUTANTS = {"at-most-once": 4, "cap-ap": 4, "cap-cp": 4, "raft-election": 2}
#: Whose graders have survivors that nobody has looked at yet.
UNMEASURED = {"cap-ap", "cap-cp", "event-store", "raft-election"}


@each_exercise()
def test_an_exercise_is_whole(name):
    exercise = EXERCISES[name]
    assert name == exercise.name and exercise.points > 0 and 1 <= exercise.stars <= 3
    assert exercise.kind in ("CODE", "HUNT", "PREDICT", "TUNE", "SPEC")
    ids = [prop.id for prop in exercise.properties]
    assert len(set(ids)) == len(ids)
    assert all(prop.points > 0 and prop.hint and prop.sentence for prop in exercise.properties)
    assert {breaks_of(bug) for bug in exercise.mutants.values()} <= set(ids)


@each_exercise()
def test_nothing_earns_nothing(name):
    exercise = EXERCISES[name]
    for nothing in NOTHING:
        report = grade(exercise, nothing)
        assert report.score == 0 and not report.done, report
        assert repr(report) == repr(grade(exercise, nothing)) and report._repr_html_()


@each_exercise()
def test_what_the_book_gives_is_no_answer(name):
    exercise = EXERCISES[name]
    report = grade(exercise, unfinished(name))
    # A setting that is given for a start may be good for something.
    assert not report.done and (report.score == 0 or exercise.kind == "TUNE"), report


@each_exercise()
def test_right_answers_earn_everything(name):
    exercise, answers = EXERCISES[name], solution(name)
    for answer in (answers.answer, *answers.others.values()):
        report = grade(exercise, answer)
        assert report.done, report


@each_exercise(*(name for name in EXERCISES if EXERCISES[name].thoroughly))
def test_a_right_answer_breaks_nothing_in_many_schedules(name):
    assert EXERCISES[name].thoroughly(solution(name).answer, THOROUGHLY) == {}


@each_exercise()
def test_the_answer_earns_everything_from_a_shell(name, tmp_path):
    check = f'from dslab.learn import check\ncheck("{name}", answer)'
    path = notebook(tmp_path / "answer.ipynb", solution(name).source, check)
    [report] = check_notebook(path)
    assert report.done, report


@each_exercise(*(name for name in EXERCISES if EXERCISES[name].mutants))
def test_each_bug_is_told_under_the_property_that_it_breaks(name):
    exercise = EXERCISES[name]
    for bug_name, bug in exercise.mutants.items():
        [result] = grade(exercise, bug, only=[breaks_of(bug)]).results
        verdict = result.verdict
        assert not verdict.holds and verdict.sentence, bug_name
        if exercise.replay is None:
            continue
        parts = {part.__name__: part for part in bug} if isinstance(bug, tuple) else {bug_name: bug}
        call = f"({', '.join(parts)})" if isinstance(bug, tuple) else bug_name
        assert verdict.replay.startswith(f'replay("{name}", {call}, ['), verdict.replay
        again = eval(verdict.replay, {"replay": replay} | vars(raft) | parts)
        assert verdict.sentence.rstrip(".") in again.sentences()[-1]
        assert tuple(again.sentences()) == verdict.reasons


@each_exercise(*(name for name in EXERCISES if name not in UNMEASURED))
def test_mutants_of_the_answers_are_killed_or_known_to_be_right(name):
    """A sample; `dslab kills NAME` tries them all."""
    measured = measure(name, sample=MUTANTS.get(name, 12), seed=1)
    assert measured.done, str(measured)


@each_exercise(*(name for name in EXERCISES if recorded(answers_file(name)).known))
def test_what_is_recorded_of_mutants_is_shown(name):
    """The first of each group, for what shows it is the group's."""
    known = recorded(answers_file(name)).known
    made = {mutant.change: mutant for mutant in derive(variants(answers_file(name)))}
    assert known.keys() <= made.keys()
    for group in dict.fromkeys(known.values()):
        mutant = made[group.changes[0]]
        assert group.shown(mutant.variant.build(), mutant.build()) is None, mutant


def test_names_are_found_by_files_and_nothing_is_imported_for_it():
    script = """
import sys
import dslab.sim.cluster
def never(*_, **__): raise AssertionError("something was simulated")
dslab.sim.cluster.Cluster.run = never
from dslab.learn import check, known_exercises
names = list(known_exercises())
chapters = [name for name in sys.modules if name.startswith("dslab.chapters.")]
check("at-most-once", None)
print(names, chapters, sorted(name for name in sys.modules if name.startswith("dslab.chapters.")))
for exercise in known_exercises().values(): assert exercise.properties
"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    imported = ["dslab.chapters.start", "dslab.chapters.start.at_most_once"]
    assert run.stdout.strip() == f"{list(EXERCISES)} [] {imported}"


def test_two_exercises_never_share_a_name():
    files = [
        path
        for path in (ROOT / "dslab" / "chapters").rglob("*.py")
        if "\nexercise = " in path.read_text(encoding="utf-8")
    ]
    assert len(files) == len(EXERCISES)


@pytest.mark.parametrize("name", ["mutants", "claims", "../start/at-most-once", "at_most_once", ""])
def test_what_is_no_exercise_is_none(name):
    with pytest.raises(ValueError, match="there is no exercise"):
        exercise_named(name)
