"""Grading: a submission is put to each property of an exercise.

A property's `test(submission)` returns where it holds, and raises `Broken` where it doesn't.
Whatever else the submission does (raise, loop, exit, be of the wrong type) becomes a line of the
report: `check` never raises.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from dslab.errors import DslabError
from dslab.explore.spelling import expression
from dslab.learn import apart
from dslab.learn.exercise import Broken, Exercise, Property, Told
from dslab.learn.finding import exercise_named
from dslab.learn.limits import in_words, limited, passed_on
from dslab.learn.report import ADDRESS, Report, Result, told
from dslab.run.trace import Trace
from dslab.verdict import Verdict

__all__ = ["check", "grade", "kept", "replay"]


def check(name: str, submission: Any) -> Report:
    """Grade `submission` for the exercise `name`.

    Never raises, so that an unfinished notebook still runs.
    """
    name = name if type(name) is str else told(name)
    try:
        exercise = exercise_named(name)
    except DslabError as error:
        exercise = Exercise(name, str(error), "CODE", 0, ())
    return (in_a_copy if apart.possible() else grade)(exercise, submission)


def replay(name: str, submission: Any, steps) -> Trace | Told:
    """The run of `steps` again, as a trace to play, or in words. Raises DslabError where there is
    no such exercise, or no runs of it.
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
    return [Report(exercise, ()), *reports(exercise, submission, only)][-1]


def reports(
    exercise: Exercise, submission: Any, only: Iterable[str] | None = None
) -> Iterator[Report]:
    """The report as it grows, once for each property; as `grade` gives it in the end."""
    _kept.clear()  # A class may have been changed in place since it was graded last.
    wrong = _wrong_type(exercise, submission)
    results, counts = [], []
    for prop in exercise.properties:
        if only is None or prop.id in only:
            broken, counted = (Broken(wrong), {}) if wrong else _try(prop, submission)
            results.append(result_of(exercise, prop, submission, broken))
            counts.append(counted or {})
            # Summed again, since a search that several properties share may count on.
            looked_at: dict[str, int] = {}
            for what, count in (item for counted in counts for item in counted.items()):
                looked_at[what] = looked_at.get(what, 0) + count
            yield Report(exercise, tuple(results), looked_at)


def in_a_copy(exercise: Exercise, submission: Any) -> Report:
    """`grade` in a copy of this process, which ends what counts no lines: dslab.learn.apart."""

    def work():
        for report in reports(exercise, submission):
            yield report.results[-1].as_data(), report.looked_at

    found, why = apart.run(work)
    results = [Result.of(prop, data) for prop, (data, _) in zip(exercise.properties, found)]
    return cut_short(Report(exercise, tuple(results), found[-1][1] if found else {}), why)


def cut_short(report: Report, why: str) -> Report:
    """A report whose submission didn't come to an end: the properties after its results were never
    looked at, and `why` is told of each.
    """
    exercise = report.exercise
    left = [
        result_of(exercise, prop, None, Broken(why))
        for prop in exercise.properties[len(report.results) :]
    ]
    return replace(report, results=(*report.results, *left))


def result_of(exercise: Exercise, prop: Property, submission, broken: Broken | None) -> Result:
    if broken is None:
        return Result(prop, Verdict(True, prop.id, prop.sentence), prop.points)
    trace, reasons = _settled(broken.trace)
    call = ""
    if broken.steps:
        name = _name(submission)
        spelled = expression(broken.steps)
        call = spelled and f'replay("{exercise.name}", {name}, {spelled})'
    reasons = tuple(map(_anywhere, broken.told or reasons))
    sentence, *texts = map(_anywhere, (broken.sentence, broken.expected, broken.got))
    verdict = Verdict(False, prop.id, sentence, reasons, trace=trace, replay=call)
    return Result(prop, verdict, 0, *texts)


def _anywhere(text: str) -> str:
    """A text without the addresses that Python gives to what has no text of its own."""
    return ADDRESS.sub("", text)


def _name(submission: Any) -> str:
    """How a reader writes this submission."""
    try:
        with limited():
            if isinstance(submission, tuple):
                return f"({', '.join(map(_name, submission))})"
            return str(getattr(submission, "__name__", "…"))
    except BaseException as error:
        passed_on(error)
        return "…"


def _settled(trace: Trace | None) -> tuple[Trace | None, tuple[str, ...]]:
    """A run as data and in words; where a value in it can't be told, why.

    A report holds nothing of a submission's, whose repr may do anything at any time.
    """
    if trace is None:
        return None, ()
    try:
        with limited():
            reasons = tuple(trace.sentences())
    except BaseException as error:
        reasons = (in_words(passed_on(error)),)
    try:
        with limited():
            # As a text: what is an int to JSON may be of a class of the submission's.
            text = json.dumps(trace.as_json(told))
            return Trace.from_json(json.loads(ADDRESS.sub("", text))), reasons
    except BaseException as error:
        passed_on(error)
        return None, reasons


def _wrong_type(exercise: Exercise, submission: Any) -> str | None:
    try:
        with limited():
            return exercise.accepts(submission)
    except BaseException as error:  # Its repr may raise, for one.
        return in_words(passed_on(error))


def _try(prop: Property, submission) -> tuple[Broken | None, dict | None]:
    try:
        with limited():
            return None, prop.test(submission)
    except Broken as broken:
        return broken, broken.looked_at
    except BaseException as error:  # SystemExit among them: a submission may do anything.
        return Broken(in_words(passed_on(error))), {}


_kept: dict[tuple, tuple] = {}


def kept(function: Callable, submission: Any) -> Any:
    """`function(submission)`, worked out once for all properties of one grading."""
    key = function, id(submission)
    if key not in _kept:
        # Holds the submission, so that no other gets its id.
        _kept[key] = submission, function(submission)
    return _kept[key][1]
