"""What an exercise is made of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dslab.node import Node
from dslab.run.trace import Trace

__all__ = ["Broken", "Exercise", "Property", "Told", "finished_base", "is_node"]

#: Where finished protocols and the book's mutants of them are.
FINISHED = "dslab.protocols.", "dslab.chapters."


class Told:
    """A run in words, for what has no trace of nodes to play."""

    def __init__(self, sentences: Iterable[str]):
        self._sentences = tuple(sentences)

    def sentences(self) -> list[str]:
        """What happened, in order; in the end what is broken."""
        return list(self._sentences)

    def __repr__(self):
        return "\n".join(f"{n}. {each}" for n, each in enumerate(self._sentences, 1))


class Broken(Exception):
    """A property doesn't hold, and this is how it shows.

    sentence        what happened, in words.
    expected, got   what should have been seen, and what was.
    trace           the smallest run, where there is one.
    told            that run in words, where it has no trace.
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
        told: Iterable[str] = (),
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
        self.told = tuple(told)
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
    """A graded exercise.

    name        what `check` is called with: the name of its file, with hyphens.
    kind        CODE, HUNT, PREDICT, TUNE or SPEC.
    stars       how hard it is, 1 to 3.
    accepts     (submission) → what is wrong with its type, in a sentence, or None.
    mutants     wrong submissions by name; each says as `breaks` which property must tell it.
    replay      (submission, steps) → the run of a schedule that a report has printed: a trace, or
                its words.
    thoroughly  (submission, schedules) → the rules that are broken in so many random schedules, for
                an exercise that looks at random ones.
    """

    name: str
    title: str
    kind: str
    stars: int
    properties: tuple[Property, ...]
    accepts: Callable[[Any], str | None] = lambda submission: None
    mutants: Mapping[str, Any] = field(default_factory=dict)
    replay: Callable[[Any, list[tuple]], Trace | Told] | None = None
    thoroughly: Callable[[Any, int], Mapping[str, Broken]] | None = None

    @property
    def points(self) -> int:
        """What a full answer earns."""
        return sum(prop.points for prop in self.properties)


def is_node(submission: Any) -> str | None:
    """For `Exercise.accepts`: a Node class of the reader's own, in this process or another."""
    if not isinstance(submission, type) or not getattr(
        submission, "is_node", issubclass(submission, Node)
    ):
        return f"This exercise takes a class, a subclass of Node, but got {submission!r:.80}."
    if finished := getattr(submission, "finished", "") or finished_base(submission):
        return (
            f"{submission.__name__} is a subclass of {finished}, which is finished: what it "
            "inherits earns nothing. Write the handlers in a subclass of Node."
        )
    return None


def finished_base(submission: type) -> str:
    """The class of this package that a reader's own class has its handlers from; "" where there is
    none. The book's mutants are not a reader's.
    """
    if submission.__module__.startswith("dslab."):
        return ""
    finished = (
        base.__name__
        for base in submission.__mro__
        if issubclass(base, Node) and base.__module__.startswith(FINISHED)
    )
    return next(finished, "")
