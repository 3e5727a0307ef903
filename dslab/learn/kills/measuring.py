"""The measure of one exercise's grader."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dslab.learn.exercise import Exercise
from dslab.learn.finding import exercise_named
from dslab.learn.kills.deriving import Change, derive
from dslab.learn.kills.record import recorded
from dslab.learn.kills.trials import Trial, costs_of, each_apart
from dslab.learn.kills.variants import answers_file, variants

__all__ = ["Measured", "measure"]


@dataclass(frozen=True)
class Measured:
    """What became of an exercise's mutants.

    trials  one of each mutant that was tried, in the order of the answers' text.
    known   the changes that are recorded as equivalent.
    stale   of these, those that are no longer made, or were tried and killed.
    """

    exercise: Exercise
    trials: tuple[Trial, ...]
    known: frozenset[Change]
    stale: tuple[Change, ...] = ()

    @property
    def killed(self) -> list[Trial]:
        """Those that the grader tells."""
        return [trial for trial in self.trials if not trial.survives]

    @property
    def equivalent(self) -> list[Trial]:
        """Those that survive, and may."""
        return [t for t in self.trials if t.survives and t.mutant.change in self.known]

    @property
    def open(self) -> list[Trial]:
        """Those that survive, and nobody knows why they may."""
        return [t for t in self.trials if t.survives and t.mutant.change not in self.known]

    @property
    def done(self) -> bool:
        """Whether each mutant is killed or known to be right, and the record is no longer."""
        return not self.open and not self.stale

    def as_json(self) -> dict:
        """Counts, what is open, and what is stale, as JSON data."""
        return {
            "exercise": self.exercise.name,
            "derived": len(self.trials),
            "killed": len(self.killed),
            "equivalent": len(self.equivalent),
            "open": [
                {
                    "answer": mutant.variant.label,
                    "operator": mutant.operator,
                    "line": mutant.line,
                    **mutant.change._asdict(),
                }
                for mutant, _ in self.open
            ],
            "stale": [change._asdict() for change in self.stale],
        }

    def __str__(self):
        lines = [f"{mutant}\n    {mutant.change!r}" for mutant, _ in self.open]
        for change in self.stale:
            lines.append(f"the record is stale, no such mutant survives: {change!r}")
        return "\n".join(
            [
                *lines,
                f"{self.exercise.name}: {len(self.trials)} mutants, {len(self.killed)} killed, "
                f"{len(self.equivalent)} as right as the answer, {len(self.open)} open",
            ]
        )


def measure(
    name: str,
    *,
    answers: Path | None = None,
    sample: int | None = None,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[Iterable[Trial], int], Iterable[Trial]] = lambda trials, count: trials,
) -> Measured:
    """Grade the mutants of an exercise's right answers.

    answers   the file of the right answers, where it is not the repository's own.
    sample    how many mutants to try, drawn from `seed`; all by default.
    jobs      how many processes at a time.
    progress  (trials as they end, how many there will be) → the same trials, shown in between.

    Raises DslabError where there is no such exercise, no such file, or an answer is wrong.
    """
    exercise = exercise_named(name)
    path = answers or answers_file(name)
    known = recorded(path)
    right = variants(path)
    mutants = list(derive(right))
    chosen = mutants
    if sample is not None and sample < len(mutants):
        drawn = Random(f"{seed} {name}").sample(range(len(mutants)), sample)
        chosen = [mutants[number] for number in sorted(drawn)]
    costs = costs_of(exercise, right[0].build())
    number = {id(mutant): place for place, mutant in enumerate(chosen)}
    trials = sorted(
        progress(each_apart(exercise, chosen, costs, jobs), len(chosen)),
        key=lambda trial: number[id(trial.mutant)],
    )
    survivors = {trial.mutant.change for trial in trials if trial.survives}
    tried = {mutant.change for mutant in chosen}
    made = {mutant.change for mutant in mutants}
    stale = [
        change
        for change in known
        if change not in made or change in tried and change not in survivors
    ]
    return Measured(exercise, tuple(trials), frozenset(known), tuple(stale))
