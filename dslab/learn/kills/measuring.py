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

__all__ = ["Measured", "measure", "told"]


@dataclass(frozen=True)
class Measured:
    """What became of an exercise's mutants.

    trials  one of each mutant that was tried, in the order of the answers' text.
    stale   what is recorded of mutants that are no longer made, or that were tried and killed.
    """

    exercise: Exercise
    trials: tuple[Trial, ...]
    stale: tuple[Change, ...] = ()

    @property
    def killed(self) -> list[Trial]:
        """Those that the grader tells."""
        return [trial for trial in self.trials if not trial.survives]

    @property
    def equivalent(self) -> list[Trial]:
        """Those that survive, and may."""
        return [trial for trial in self.trials if trial.survives and not trial.amiss]

    @property
    def open(self) -> list[Trial]:
        """Those that survive, and nothing shows that they may."""
        return [trial for trial in self.trials if trial.survives and trial.amiss]

    @property
    def wronged(self) -> list[Trial]:
        """Those that are right, and that the grader tells."""
        return [trial for trial in self.trials if not trial.survives and trial.amiss]

    @property
    def done(self) -> bool:
        """Whether each mutant is killed or shown to be right, and the record says nothing else."""
        return not (self.open or self.stale or self.wronged)

    def as_json(self) -> dict:
        """Counts, and what is open, stale or wronged, as JSON data."""
        return {
            "exercise": self.exercise.name,
            "derived": len(self.trials),
            "killed": len(self.killed),
            "equivalent": len(self.equivalent),
            "open": [_as_json(trial) for trial in self.open],
            "wronged": [_as_json(trial) for trial in self.wronged],
            "stale": [change._asdict() for change in self.stale],
        }

    @property
    def summary(self) -> str:
        """The counts, and what is stale."""
        counts = (
            f"{len(self.trials)} mutants, {len(self.killed)} killed, "
            f"{len(self.equivalent)} as right as the answer, {len(self.open)} open"
            + (f", {len(self.wronged)} right ones told" if self.wronged else "")
        )
        stale = [f"stale: no mutant survives by {change!r}" for change in self.stale]
        return "\n".join([*stale, f"{self.exercise.name}: {counts}"])

    def __str__(self):
        amiss = (told(trial) for trial in self.trials if trial.amiss)
        return "\n".join([*amiss, self.summary])


def told(trial: Trial) -> str:
    """A mutant that should fare otherwise, in words, and as a record has it."""
    why = f"it differs: {trial.differs}" if trial.differs else ""
    if not trial.survives:
        why = f"it is right, and breaks {trial.told!r}"
    return "\n    ".join(filter(None, [str(trial.mutant), repr(trial.mutant.change), why]))


def _as_json(trial: Trial) -> dict:
    mutant = trial.mutant
    where = {"answer": mutant.variant.label, "operator": mutant.operator, "line": mutant.line}
    said = {"differs": trial.differs, "told": trial.told}
    return where | mutant.change._asdict() | {name: text for name, text in said.items() if text}


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
    record = recorded(path)
    right = variants(path)
    mutants = list(derive(right))
    chosen = mutants
    if sample is not None and sample < len(mutants):
        drawn = Random(f"{seed} {name}").sample(range(len(mutants)), sample)
        chosen = [mutants[number] for number in sorted(drawn)]
    costs = costs_of(exercise, right[0].build())
    trials = tuple(progress(each_apart(exercise, chosen, record, costs, jobs), len(chosen)))
    made = {mutant.change for mutant in mutants}
    killed = {trial.mutant.change for trial in trials if not trial.survives}
    stale = tuple(change for change in record.known if change not in made or change in killed)
    return Measured(exercise, trials, stale)
