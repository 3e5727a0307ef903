"""Planted bugs, and what each says of itself: what it breaks, and which instrument kills it.

    class VotesTwice(Raft):
        "Votes for whoever asks, however often in a term."

        breaks = "one-vote"
        killed_by = Explorer("elections", "election_safety")

`breaks` is the property of an exercise that tells the bug, or an invariant where no exercise asks
for it yet. `killed_by` is an Explorer, a Simulator or a Schedule, or Nothing with the reason why;
what only an exercise can judge needs none.

Mutants stand in a chapter's module `mutants`, as `MUTANTS`. What the instruments mean for its
protocol stands beside it, in the module `instruments`:

    BOUNDS                 bounded systems by name, for the explorer
    simulated(kind, seed)  what goes wrong in a seeded run of the simulator, or None
    CORRECT                classes that no instrument may raise an alarm on

    python -m dslab.learn.mutants

prints what kills each of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from dslab.explore import Nodes, explore
from dslab.learn.finding import chapters_with
from dslab.node import Node
from dslab.verdict import Verdict

__all__ = [
    "Bounds",
    "Explorer",
    "Mutant",
    "Nothing",
    "Schedule",
    "Simulator",
    "breaks",
    "breaks_of",
    "every_mutant",
    "instruments_of",
    "planted_in",
    "table",
]

#: How many runs of the simulator look for a bug.
SEEDS = 25


class Bounds(NamedTuple):
    """A bounded system around a Node class.

    words    what it is, in words.
    system   makes it of a Node class.
    look     `explore` or `walk` of `dslab.explore`, called with the system and `options`.
    """

    words: str
    system: Callable[[type[Node]], Nodes]
    look: Callable = explore
    options: dict = {}

    def verdict(self, kind: type[Node]) -> Verdict:
        """What the explorer says of a Node class within these bounds."""
        return self.look(self.system(kind), **self.options)


@dataclass(frozen=True)
class Explorer:
    """Killed by the explorer within the chapter's BOUNDS of this name: the invariant `rule` is
    broken, or the one that the mutant `breaks`.
    """

    bounds: str
    rule: str = ""

    def found(self, mutant: type[Node]) -> str | None:
        """The rule that the explorer finds broken, or None."""
        verdict = instruments_of(mutant).BOUNDS[self.bounds].verdict(mutant)
        return verdict.rule if verdict.holds is False else None

    def expected(self, mutant: type[Node]) -> str | None:
        """What `found` answers of a mutant that is killed as it says."""
        return self.rule or mutant.breaks

    def words(self, mutant: type[Node]) -> str:
        """A line of the table, as it comes out now."""
        bounds = instruments_of(mutant).BOUNDS[self.bounds]
        verdict = bounds.verdict(mutant)
        if verdict.holds is not False:
            return "explorer: nothing"
        return f"explorer: {verdict.rule} in {verdict.states:,} states ({bounds.words})"


@dataclass(frozen=True)
class Simulator:
    """Killed by the simulator: one of the seeded runs ends with these words."""

    ends: str

    def found(self, mutant: type[Node]) -> str | None:
        """What goes wrong in the first of the runs in which something does."""
        simulated = instruments_of(mutant).simulated
        return next(filter(None, (simulated(mutant, seed) for seed in range(SEEDS))), None)

    def expected(self, mutant: type[Node]) -> str | None:
        """What `found` answers of a mutant that is killed as it says."""
        return self.ends

    def words(self, mutant: type[Node]) -> str:
        """A line of the table, as it comes out now."""
        return f"simulator: {self.found(mutant) or 'nothing'}"


@dataclass(frozen=True)
class Schedule:
    """Killed by an exercise's directed schedule alone, and why by nothing else."""

    why: str

    def words(self, mutant) -> str:
        """A line of the table."""
        return f"directed schedule: {breaks_of(mutant)} ({self.why})"


@dataclass(frozen=True)
class Nothing:
    """Killed by nothing, and why; `tried` are the BOUNDS in which the explorer finds nothing."""

    why: str
    tried: str

    def found(self, mutant: type[Node]) -> str | None:
        """The rule that the explorer finds broken, or None."""
        return Explorer(self.tried).found(mutant)

    def expected(self, mutant: type[Node]) -> str | None:
        """What `found` answers of a mutant that is killed as it says."""
        return None

    def words(self, mutant) -> str:
        """A line of the table."""
        return f"not reachable ({self.why})"


class Mutant(NamedTuple):
    """A planted bug: the chapter that it belongs to, its name, and the submission."""

    chapter: str
    name: str
    submission: Any

    @property
    def killed_by(self):
        """The instrument that kills it; None where its exercise alone does."""
        return getattr(self.submission, "killed_by", None)


def breaks(property: str):
    """Decorator: this function is a bug that `property` must tell."""

    def says(function):
        function.breaks = property
        return function

    return says


def breaks_of(submission: Any) -> str:
    """The property that a planted bug must be told under. Of a tuple of functions, one says so."""
    parts = submission if isinstance(submission, tuple) else (submission,)
    return next(part.breaks for part in parts if hasattr(part, "breaks"))


def planted_in(space: dict, base: type) -> dict[str, type]:
    """The subclasses of `base` in a module's globals that say what they break, by name."""
    return {
        name: kind
        for name, kind in space.items()
        if isinstance(kind, type) and issubclass(kind, base) and "breaks" in vars(kind)
    }


def every_mutant() -> Iterator[Mutant]:
    """The mutants of protocols, from the chapters' modules `mutants`.

    What only an exercise judges stands in the exercise's file, and is not among them.
    """
    for chapter, module in chapters_with("mutants").items():
        for name, submission in import_module(module).MUTANTS.items():
            yield Mutant(chapter, name, submission)


def instruments_of(mutant: type) -> Any:
    """The module `instruments` of a mutant's chapter."""
    return import_module(mutant.__module__.rpartition(".")[0] + ".instruments")


def table() -> str:
    """All mutants: what kills each, in one line. Takes about half a minute."""
    return "\n".join(
        f"{mutant.chapter:13} {mutant.name:34} "
        + (
            mutant.killed_by.words(mutant.submission)
            if mutant.killed_by
            else f"exercise: {breaks_of(mutant.submission)}"
        )
        for mutant in every_mutant()
    )
