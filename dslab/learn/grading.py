"""Exercises, and the report that a reader gets.

An exercise has properties, each worth points. A property's `test(submission)` returns nothing where
it holds, and raises `Broken` where it doesn't. Whatever else the submission does (raise, loop,
exit, be of the wrong type) becomes a line of the report: `check` never raises.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from html import escape
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from dslab.errors import DslabError
from dslab.learn.limits import in_words, limited
from dslab.node import Node
from dslab.run.trace import Trace
from dslab.verdict import Verdict, looked_at

__all__ = [
    "Broken",
    "Exercise",
    "Property",
    "Report",
    "Result",
    "check",
    "grade",
    "is_node",
    "kept",
    "known_exercises",
    "register",
    "replay",
    "replays",
]


class Broken(Exception):
    """A property doesn't hold, and this is how it shows.

    sentence        what happened, in words.
    expected, got   what should have been seen, and what was.
    trace           the smallest run, where there is one.
    steps           the schedule that makes this run again.
    looked_at       what was counted until then, by name.
    """

    def __init__(
        self,
        sentence: str,
        *,
        expected: str = "",
        got: str = "",
        trace: Trace | None = None,
        steps=(),
        looked_at=None,
    ):
        super().__init__(sentence)
        self.sentence, self.expected, self.got, self.trace, self.steps = (
            sentence,
            expected,
            got,
            trace,
            tuple(steps),
        )
        self.looked_at = looked_at or {}


@dataclass(frozen=True)
class Property:
    """One thing that a submission must do. `test(submission)` raises Broken; what it returns, a
    dict, is counted.
    """

    id: str
    sentence: str
    points: int
    hint: str
    test: Callable[[Any], dict | None]


@dataclass(frozen=True)
class Exercise:
    """A graded exercise. `name` is what `check` is called with; `kind` is CODE, HUNT, PREDICT, TUNE
    or SPEC.
    """

    name: str
    title: str
    kind: str
    stars: int
    properties: tuple[Property, ...]
    accepts: Callable[[Any], str | None] = lambda submission: (
        None
    )  # What is wrong with its type, in a sentence.

    @property
    def points(self) -> int:
        return sum(prop.points for prop in self.properties)


@dataclass(frozen=True)
class Result:
    """How one property came out. `verdict` is in the shape of every answer in this package."""

    property: Property
    verdict: Verdict
    points: int
    expected: str = ""
    got: str = ""


@dataclass(frozen=True)
class Report:
    """What `check` answers. It shows itself in a notebook, and prints in a terminal."""

    exercise: Exercise
    results: tuple[Result, ...]
    looked_at: dict[str, int] = field(default_factory=dict)

    @property
    def score(self) -> int:
        return sum(result.points for result in self.results)

    @property
    def done(self) -> bool:
        return 0 < self.exercise.points == self.score

    @property
    def trace(self) -> Trace | None:
        """The smallest run of the first property that doesn't hold."""
        return next(
            (result.verdict.trace for result in self.results if result.verdict.trace is not None),
            None,
        )

    def as_json(self) -> dict:
        return {
            "exercise": self.exercise.name,
            "score": self.score,
            "of": self.exercise.points,
            "looked_at": self.looked_at,
            "properties": [
                {
                    "id": result.property.id,
                    "points": result.points,
                    "of": result.property.points,
                    **result.verdict.as_json(),
                    "expected": result.expected,
                    "got": result.got,
                }
                for result in self.results
            ],
        }

    def __repr__(self):
        if not self.exercise.properties:  # There is no such exercise, and the title says so.
            return self.exercise.title
        lines = [f"{self.exercise.title}: {self.score} of {self.exercise.points} points"]
        shown = set()
        for result in self.results:
            sign = "✓" if result.verdict.holds else "✗"
            lines.append(
                f"  {sign} {result.points}/{result.property.points} {result.property.id}: "
                f"{result.property.sentence}"
            )
            verdict = result.verdict
            if verdict.holds or (verdict.sentence, verdict.reasons) in shown:
                continue
            shown.add((verdict.sentence, verdict.reasons))
            lines.append(f"      {verdict.sentence}")
            lines += [
                f"      {name}: {text}"
                for name, text in (("expected", result.expected), ("got", result.got))
                if text
            ]
            lines += [f"        {reason}" for reason in _last(verdict.reasons)]
            if verdict.replay:
                lines.append(f"      replay: {verdict.replay}")
            lines.append(f"      hint: {result.property.hint}")
        if self.looked_at:
            lines.append("  looked at " + looked_at(self.looked_at))
        return "\n".join(lines)

    def _repr_html_(self):
        if not self.exercise.properties:
            return f"<p>{escape(self.exercise.title)}</p>"
        rows, details, shown = [], [], set()
        for result in self.results:
            verdict = result.verdict
            rows.append(
                f"<tr><td>{'✓ holds' if verdict.holds else '✗ broken'}</td><td>{result.points}/{result.property.points}</td>"
                f'<th scope="row">{escape(result.property.sentence)}</th></tr>'
            )
            if not verdict.holds and (verdict.sentence, verdict.reasons) not in shown:
                shown.add((verdict.sentence, verdict.reasons))
                details.append(_details(result))
        looked = looked_at(self.looked_at)
        return (
            f'<div class="dslab-report"><p><strong>{escape(self.exercise.title)}: '
            f"{self.score} of {self.exercise.points} points"
            "</strong></p><table "
            f'class="dslab-table"><tbody>{"".join(rows)}</tbody></table>{"".join(details)}'
            + (f"<p>Looked at {looked}.</p>" if looked else "")
            + "</div>"
        )


#: A run that could not be made shorter is told from here on; the player has all of it.
LAST = 12


def _last(reasons: tuple[str, ...]) -> list[str]:
    left_out = len(reasons) - LAST
    told = [f"{number}. {reason}" for number, reason in enumerate(reasons, 1)][-LAST:]
    return (
        [f"({left_out} step{'s' * (left_out > 1)} before these)"] if left_out > 0 else []
    ) + told


def _details(result: Result) -> str:
    from dslab.show import play  # Here, since a report in a terminal needs no pictures.

    verdict = result.verdict
    parts = [
        "<p><strong>✗ "
        f"{escape(result.property.sentence)}</strong></p><p>{escape(verdict.sentence)}</p>"
    ]
    if result.expected or result.got:
        parts.append(
            f"<p><em>Expected:</em> {escape(result.expected)}<br><em>Got:</em> "
            f"{escape(result.got)}</p>"
        )
    if verdict.trace is not None and verdict.trace.records:
        try:
            parts.append(play(verdict.trace, at=verdict.trace.records[-1][0] / 1000)._repr_html_())
        except DslabError as error:  # A field may hold what no picture has a form for.
            parts.append(f"<p>{escape(str(error))}</p>")
    if verdict.reasons:
        parts.append(
            '<details><summary>The run in words</summary><ul style="list-style: none; padding: 0">'
            + "".join(f"<li>{escape(reason)}</li>" for reason in _last(verdict.reasons))
            + "</ul></details>"
        )
    if verdict.replay:
        parts.append(f"<p>The same run again: <code>{escape(verdict.replay)}</code></p>")
    parts.append(
        f"<details><summary>A hint</summary><p>{escape(result.property.hint)}</p></details>"
    )
    return "".join(parts)


def is_node(submission: Any) -> str | None:
    """For `Exercise.accepts`: the submission must be a Node class, in this process or in one of its
    own.
    """
    if isinstance(submission, type) and getattr(
        submission, "is_node", issubclass(submission, Node)
    ):
        return None
    return f"This exercise takes a class, a subclass of Node, but got {submission!r:.80}."


_exercises: dict[str, Exercise] = {}


def register(exercise: Exercise) -> Exercise:
    """Make an exercise known to `check`."""
    _exercises[exercise.name] = exercise
    return exercise


def known_exercises() -> dict[str, Exercise]:
    """All exercises, by name."""
    import dslab.chapters

    for module in walk_packages(dslab.chapters.__path__, "dslab.chapters."):
        import_module(module.name)

    return dict(sorted(_exercises.items()))


def exercise_named(name: str) -> Exercise:
    known = known_exercises()
    if not isinstance(name, str) or name not in known:
        near = get_close_matches(str(name), known, n=3, cutoff=0.4)
        raise DslabError(
            f"there is no exercise {name!r}: "
            + (f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}.")
        )
    return known[name]


def check(name: str, submission: Any) -> Report:
    """Grade `submission` for the exercise `name`. Never raises, so that an unfinished notebook
    still runs.
    """
    try:
        exercise = exercise_named(name)
    except DslabError as error:
        exercise = Exercise(str(name), str(error), "CODE", 0, ())
    return grade(exercise, submission)


def grade(exercise: Exercise, submission: Any) -> Report:
    """The report on a submission. Budgets count lines and events, so the same submission gets the
    same report anywhere.
    """
    _kept.clear()  # A class may have been changed in place since it was graded last.
    wrong = _wrong_type(exercise, submission)
    results, looked_at = [], {}
    for prop in exercise.properties:
        broken, counted = (Broken(wrong), None) if wrong else _try(prop, submission)
        for what, count in (counted or {}).items():
            looked_at[what] = looked_at.get(what, 0) + count
        if broken is None:
            results.append(Result(prop, Verdict(True, prop.id, prop.sentence), prop.points))
            continue
        reasons = tuple(broken.trace.sentences()) if broken.trace is not None else ()
        call = (
            f'replay("{exercise.name}", {getattr(submission, "__name__", "…")}, '
            f"{list(broken.steps)!r})"
            if broken.steps
            else ""
        )
        results.append(
            Result(
                prop,
                Verdict(False, prop.id, broken.sentence, reasons, trace=broken.trace, replay=call),
                0,
                broken.expected,
                broken.got,
            )
        )
    return Report(exercise, tuple(results), looked_at)


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
        _kept[key] = (
            submission,
            function(submission),
        )  # Holds the submission, so that no other gets its id.
    return _kept[key][1]


_replays: dict[str, Callable] = {}


def replays(name: str):
    """Decorator: how `replay` runs a schedule again for exercise `name`."""

    def keep(function):
        _replays[name] = function
        return function

    return keep


def replay(name: str, submission: Any, steps) -> Trace:
    """The run of `steps` again, as a trace to play."""
    exercise_named(name)
    if name not in _replays:
        raise DslabError(f"exercise {name!r} has no runs to replay.")
    return _replays[name](submission, [tuple(step) for step in steps])
