"""The one shape of every answer: of a checker, a grader and an explorer alike."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dslab.values import counted

__all__ = ["Verdict"]


@dataclass(frozen=True)
class Verdict:
    """Whether a rule holds, and if it doesn't, the smallest run that shows it.

    holds     True, False, or None where the budget ran out before an answer.
    rule      a short id, such as "linearizable" or "election-safety".
    sentence  one sentence in words: the rule that holds, or how it was broken.
    reasons   further sentences, in the order of time: the run in plain words.
    history   the smallest bad core, a `dslab.run.history.History`, where the rule is about what
              clients saw.
    trace     the smallest run, a `dslab.run.trace.Trace`, where there is one; the player shows it.
    replay    the Python expression that makes the same run again.
    explored  what was looked at, by name: {"schedules": 2000, "events": 81234, "commits": 512}.
    faults    what each injected fault changed, one sentence each: a pass under faults that crossed
              no message says so here.
    """

    holds: bool | None
    rule: str
    sentence: str
    reasons: tuple[str, ...] = ()
    history: Any = None
    trace: Any = None
    replay: str = ""
    explored: dict[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def __bool__(self):
        return self.holds is True

    @property
    def word(self) -> str:
        """The verdict in a word: "holds", "violated" or "undecided"."""
        return {True: "holds", False: "violated", None: "undecided"}[self.holds]

    def __repr__(self):
        sign = {True: "✓", False: "✗", None: "?"}[self.holds]
        lines = [f"{sign} {self.rule}: {self.word}. {self.sentence}"]
        lines += [f"  {number}. {reason}" for number, reason in enumerate(self.reasons, 1)]
        lines += [f"  fault: {fault}" for fault in self.faults]
        if self.explored:
            lines.append("  looked at " + counted(self.explored))
        if self.replay:
            lines.append(f"  replay: {self.replay}")
        return "\n".join(lines)

    def as_json(self, other: Callable[[Any], Any] | None = None) -> dict:
        """The verdict as JSON data, its history and trace included; `other` gives JSON data for
        values in the trace that have no form, which raise DslabError otherwise.
        """
        data = {
            "holds": self.holds,
            "rule": self.rule,
            "sentence": self.sentence,
            "reasons": list(self.reasons),
            "explored": dict(self.explored),
            "faults": list(self.faults),
            "replay": self.replay,
        }
        if self.history is not None:
            data["history"] = [event.as_json() for event in self.history.events]
        if self.trace is not None:
            data["trace"] = self.trace.as_json(other)
        return data
