"""Grading: a submission is put to each property of an exercise.

A property's `test(submission)` returns where it holds, and raises `Broken` where it doesn't.
Whatever else the submission does (raise, loop, exit, be of the wrong type) becomes a line of the
report: `check` never raises.
"""

from collections.abc import Callable, Iterable
from typing import Any

from dslab.errors import DslabError
from dslab.explore.spelling import expression
from dslab.learn.exercise import Broken, Exercise, Property
from dslab.learn.finding import exercise_named
from dslab.learn.limits import in_words, limited
from dslab.learn.report import Report, Result
from dslab.run.trace import Trace
from dslab.verdict import Verdict

__all__ = ["check", "grade", "kept", "replay"]


def check(name: str, submission: Any) -> Report:
    """Grade `submission` for the exercise `name`.

    Never raises, so that an unfinished notebook still runs.
    """
    try:
        exercise = exercise_named(name)
    except DslabError as error:
        exercise = Exercise(str(name), str(error), "CODE", 0, ())
    return grade(exercise, submission)


def replay(name: str, submission: Any, steps) -> Trace:
    """The run of `steps` again, as a trace to play. Raises DslabError where there is no such
    exercise, or no runs of it.
    """
    exercise = exercise_named(name)
    if exercise.replay is None:
        raise DslabError(f"exercise {name!r} has no runs to replay.")
    return exercise.replay(submission, [tuple(step) for step in steps])


def grade(exercise: Exercise, submission: Any, only: Iterable[str] | None = None) -> Report:
    """The report on a submission. Budgets count lines and events, so the same submission gets the
    same report anywhere.

    only  ids of the properties to look at, where not all are asked for.
    """
    _kept.clear()  # A class may have been changed in place since it was graded last.
    wrong = _wrong_type(exercise, submission)
    results, counts = [], []
    for prop in exercise.properties:
        if only is None or prop.id in only:
            broken, counted = (Broken(wrong), {}) if wrong else _try(prop, submission)
            results.append(_result(exercise, prop, submission, broken))
            counts.append(counted or {})
    # Summed in the end, since a search that several properties share may count on.
    looked_at: dict[str, int] = {}
    for what, count in (item for counted in counts for item in counted.items()):
        looked_at[what] = looked_at.get(what, 0) + count
    return Report(exercise, tuple(results), looked_at)


def _result(exercise: Exercise, prop: Property, submission, broken: Broken | None) -> Result:
    if broken is None:
        return Result(prop, Verdict(True, prop.id, prop.sentence), prop.points)
    reasons = _sentences(broken.trace)
    call = ""
    if broken.steps:
        name = getattr(submission, "__name__", "…")
        spelled = expression(broken.steps)
        call = spelled and f'replay("{exercise.name}", {name}, {spelled})'
    verdict = Verdict(False, prop.id, broken.sentence, reasons, trace=broken.trace, replay=call)
    return Result(prop, verdict, 0, broken.expected, broken.got)


def _sentences(trace: Trace | None) -> tuple[str, ...]:
    """A run in words; where a value in it can't be told, why."""
    try:
        with limited():
            return tuple(trace.sentences()) if trace is not None else ()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # The repr of what a submission holds may do anything.
        return (in_words(error),)


def _wrong_type(exercise: Exercise, submission: Any) -> str | None:
    try:
        with limited():
            return exercise.accepts(submission)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # Its repr may raise, for one.
        return in_words(error)


def _try(prop: Property, submission) -> tuple[Broken | None, dict | None]:
    try:
        with limited():
            return None, prop.test(submission)
    except Broken as broken:
        return broken, broken.looked_at
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit among them: a submission may do anything.
        return Broken(in_words(error)), {}


_kept: dict[tuple, tuple] = {}


def kept(function: Callable, submission: Any) -> Any:
    """`function(submission)`, worked out once for all properties of one grading."""
    key = function, id(submission)
    if key not in _kept:
        # Holds the submission, so that no other gets its id.
        _kept[key] = submission, function(submission)
    return _kept[key][1]
