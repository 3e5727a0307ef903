"""The report that a reader gets, in a terminal and on a page."""

import re
from dataclasses import dataclass, field
from html import escape
from typing import Any

from dslab.learn.exercise import Exercise, Property
from dslab.learn.limits import in_words, limited, passed_on
from dslab.learn.lines import numbered
from dslab.run.trace import Trace
from dslab.values import counted
from dslab.verdict import Verdict

__all__ = ["ADDRESS", "Report", "Result", "told"]


#: What Python gives to a thing that has no text of its own: another one each time.
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def told(value: Any) -> str:
    """The repr of what a submission holds, which may do anything."""
    try:
        with limited():
            return ADDRESS.sub("", repr(value))
    except BaseException as error:
        return in_words(passed_on(error))


@dataclass(frozen=True)
class Result:
    """How one property came out. `verdict` is in the shape of every answer in this package."""

    property: Property
    verdict: Verdict
    points: int
    expected: str = ""
    got: str = ""

    def as_data(self) -> dict:
        """The result as JSON data, without its property."""
        return {
            "verdict": self.verdict.as_json(told),
            "points": self.points,
            "expected": self.expected,
            "got": self.got,
        }

    @classmethod
    def of(cls, prop: Property, data: dict) -> "Result":
        """The result that `as_data` made data of."""
        said = data["verdict"]
        verdict = Verdict(
            said["holds"],
            said["rule"],
            said["sentence"],
            tuple(said["reasons"]),
            trace=Trace.from_json(said["trace"]) if "trace" in said else None,
            replay=said["replay"],
        )
        return cls(prop, verdict, data["points"], data["expected"], data["got"])


@dataclass(frozen=True)
class Report:
    """What `check` answers. It shows itself in a notebook, and prints in a terminal.

    notes  what else went wrong, such as the errors of a notebook's cells before the answer.
    """

    exercise: Exercise
    results: tuple[Result, ...]
    looked_at: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> int:
        """The points that were earned."""
        return sum(result.points for result in self.results)

    @property
    def done(self) -> bool:
        """Whether everything was earned, of something that there is to earn."""
        return 0 < self.exercise.points == self.score

    @property
    def trace(self) -> Trace | None:
        """The smallest run of the first property that doesn't hold."""
        return next(
            (result.verdict.trace for result in self.results if result.verdict.trace is not None),
            None,
        )

    def as_json(self) -> dict:
        """The report as JSON data: exercise, score, of, looked_at, notes, and its properties.

        What has no JSON form is shown as text: in `expected`, `got` and a run, a Decimal is "1.10",
        and what a node may not hold, such as a function, is its repr.
        """
        return {
            "exercise": self.exercise.name,
            "score": self.score,
            "of": self.exercise.points,
            "looked_at": self.looked_at,
            "notes": list(self.notes),
            "properties": [
                {
                    "id": result.property.id,
                    "points": result.points,
                    "of": result.property.points,
                    **result.verdict.as_json(told),
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
            lines += [f"        {line}" for line in numbered(verdict.trace, verdict.reasons)]
            if verdict.replay:
                lines.append(f"      replay: {verdict.replay}")
            lines.append(f"      hint: {result.property.hint}")
        if self.looked_at:
            lines.append("  looked at " + counted(self.looked_at))
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self):
        if not self.exercise.properties:
            return f"<p>{escape(self.exercise.title)}</p>"
        rows, details, shown = [], [], set()
        for result in self.results:
            verdict = result.verdict
            rows.append(
                f"<tr><td>{'✓ holds' if verdict.holds else '✗ broken'}</td>"
                f"<td>{result.points}/{result.property.points}</td>"
                f'<th scope="row">{escape(result.property.sentence)}</th></tr>'
            )
            if not verdict.holds and (verdict.sentence, verdict.reasons) not in shown:
                shown.add((verdict.sentence, verdict.reasons))
                details.append(_details(result))
        looked = counted(self.looked_at)
        return (
            f'<div class="dslab-report"><p><strong>{escape(self.exercise.title)}: '
            f"{self.score} of {self.exercise.points} points"
            "</strong></p><table "
            f'class="dslab-table"><tbody>{"".join(rows)}</tbody></table>{"".join(details)}'
            + (f"<p>Looked at {looked}.</p>" if looked else "")
            + "".join(f"<p><em>Note:</em> {escape(note)}</p>" for note in self.notes)
            + "</div>"
        )


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
            with limited():
                picture = play(verdict.trace, at=verdict.trace.records[-1][0] / 1000)
                parts.append(picture._repr_html_())
        except Exception as error:  # A field may hold what has no form, and whose repr raises.
            parts.append(f"<p>{escape(in_words(error))}</p>")
    if verdict.reasons:
        parts.append(
            '<details><summary>The run in words</summary><ul style="list-style: none; padding: 0">'
            + "".join(
                f"<li>{escape(line)}</li>" for line in numbered(verdict.trace, verdict.reasons)
            )
            + "</ul></details>"
        )
    if verdict.replay:
        parts.append(f"<p>The same run again: <code>{escape(verdict.replay)}</code></p>")
    parts.append(
        f"<details><summary>A hint</summary><p>{escape(result.property.hint)}</p></details>"
    )
    return "".join(parts)
