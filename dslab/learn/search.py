"""The search for the smallest run in which a submission breaks a rule.

Directed schedules come first, then random ones: faults at random alone seldom reach the states where protocols go wrong. A run
that breaks a rule is shrunk until it needs each of its steps. Nothing here knows a protocol.
"""

from random import Random
from typing import Any, Callable, Iterable, Iterator, NamedTuple

from dslab.check.schedule import Stage, random_steps
from dslab.check.shrink import shrink
from dslab.learn.grading import Broken, Property, kept
from dslab.learn.guard import Lost, in_words, limited

__all__ = ["Breach", "Run", "Script", "Search", "Survey"]

FAULTS = ("crash", "lose", "again")


class Breach(Exception):
    """A watcher raises this at the step that breaks a rule."""

    def __init__(self, rule: str, sentence: str, expected: str = "", got: str = ""):
        super().__init__(sentence)
        self.rule, self.sentence, self.expected, self.got = rule, sentence, expected, got


class Script(NamedTuple):
    """A directed schedule: what a run starts from, as `Search.set_up` takes it, and its steps.

    Besides those of `dslab.check.schedule`, ("settle",) delivers all messages, oldest first.
    """

    start: tuple
    steps: tuple


class Run(NamedTuple):
    """One run. `stage` is None where the submission failed before it had nodes, `lost` whether its process is gone."""

    steps: list[tuple]
    stage: Stage | None
    watcher: Any
    breach: Breach | None
    lost: bool
    won_before: int | None  # The watcher's progress at the first fault, None where there was none.


class Survey(NamedTuple):
    """For each rule that was broken its smallest run, and what was looked at."""

    broken: dict[str, Broken]
    counted: dict[str, int]


class Search:
    """Where to look, and for what.

    set_up    (submission, start) → (Stage, watcher). The watcher is called with each Occurrence and counts in `progress` what
              a run must reach to mean anything; while `judges` is true it raises Breach. `start` is a tuple of words, the first
              one always the same: it begins a printed schedule.
    rules     id → sentence, for each rule that a watcher may find broken, and "runs" for a handler that raises.
    goal      what `progress` counts, in words: "elections won".
    directed  schedules to try first.
    starts    number → the start of a random schedule.
    """

    def __init__(self, set_up: Callable, rules: dict[str, str], goal: str, directed: Iterable[Script],
                 starts: Callable[[int], tuple], *, schedules: int = 150, length: int = 80):
        self.set_up, self.rules, self.goal = set_up, rules, goal
        self.directed, self.starts = tuple(directed), starts
        self.schedules, self.length = schedules, length

    def run(self, submission, start: tuple, steps: Iterable[tuple] | int, expect: Callable | None = None) -> Run:
        """Run given steps, or random ones from a seed, until a rule is broken.

        expect  if it is given, only the end counts: (stage, watcher) → None, or (what is wrong, expected, got).
        """
        stage = watcher = breach = won_before = None
        taken, lost = [], False
        try:
            with limited():
                stage, watcher = self.set_up(submission, start)
                watcher.judges = expect is None
                stage.start()
                for step in random_steps(stage, Random(f"schedule {steps}"), self.length) if isinstance(steps, int) else _each(stage, steps):
                    taken.append(step)
                    if step[0] in FAULTS and won_before is None:
                        won_before = watcher.progress
                    stage.perform(step)
                wrong = expect(stage, watcher) if expect else None
                breach = Breach("expected", *wrong) if wrong else None
        except Breach as found:
            breach = found
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            breach, lost = Breach("runs", in_words(error), "a handler that returns", "none"), isinstance(error, Lost)
        return Run(taken, stage, watcher, breach, lost, won_before)

    def survey(self, submission, schedules: int | None = None) -> Survey:
        """Look at all directed schedules and so many random ones."""
        found, counted = {}, {"schedules": 0, "steps": 0, self.goal: 0, f"{self.goal} after a fault": 0}
        for start, steps in [*self.directed, *((self.starts(seed), seed) for seed in range(schedules or self.schedules))]:
            run = self.run(submission, start, steps)
            won = run.watcher.progress if run.watcher else 0
            counted["schedules"] += 1
            counted["steps"] += len(run.steps)
            counted[self.goal] += won
            counted[f"{self.goal} after a fault"] += 0 if run.won_before is None else won - run.won_before
            if run.breach and run.breach.rule not in found:
                found[run.breach.rule] = self.smallest(submission, start, run)
            if run.lost:
                break
        return Survey(found, counted)

    def smallest(self, submission, start: tuple, run: Run) -> Broken:
        """The shortest part of a run's schedule that breaks the same rule."""
        rule = run.breach.rule

        def fails(part):
            breach = self.run(submission, start, part).breach
            return breach is not None and breach.rule == rule

        if run.stage is not None and not run.lost:
            run = self.run(submission, start, shrink(run.steps, fails))
        return self.told(start, run, self.rules[rule])

    def told(self, start: tuple, run: Run, title: str) -> Broken:
        """A run that broke a rule, as a report tells it."""
        if run.stage is None:
            return Broken(run.breach.sentence, expected=run.breach.expected, got=run.breach.got)
        run.stage.trace.title = title.split(" (")[0].rstrip(".")
        run.stage.say(run.breach.sentence)
        return Broken(run.breach.sentence, expected=run.breach.expected, got=run.breach.got, trace=run.stage.trace,
                      steps=[start, *run.stage.steps])

    def replay(self, submission, steps: list[tuple], default: tuple):
        """The run of a printed schedule again, as a trace: it ends with the sentence of the rule that it breaks, if any."""
        start, steps = (steps[0], steps[1:]) if steps and steps[0][:1] == default[:1] else (default, steps)
        run = self.run(submission, start, steps)
        if run.stage is None:
            raise run.breach
        run.stage.trace.title = f"{submission.__name__}: a written schedule"
        if run.breach:
            run.stage.say(run.breach.sentence)
        return run.stage.trace

    # Properties for an exercise.

    def rule(self, id: str, points: int, hint: str) -> Property:
        """The property that `id` is never broken. It earns nothing where no run came as far as `goal`."""
        def test(submission):
            survey = kept(self.survey, submission)
            if id in survey.broken:
                raise survey.broken[id]
            if not survey.counted[self.goal]:
                others = " or ".join(other for other in self.rules if other in survey.broken)
                raise Broken(f"Not one of {survey.counted['schedules']} runs came to {self.goal}, so this rule was never put to the test."
                             + (f" First mend what breaks {others}." if others else ""), expected=self.goal, got="none")
            return survey.counted if id == next(iter(self.rules)) else None
        return Property(id, self.rules[id], points, hint, test)

    def expects(self, id: str, sentence: str, points: int, hint: str, script: Script, expect: Callable) -> Property:
        """The property that something holds after a directed schedule; `expect` as in `run`."""
        def test(submission):
            run = self.run(submission, script.start, script.steps, expect)
            if run.breach:
                raise self.told(script.start, run, sentence)
        return Property(id, sentence, points, hint, test)


def _each(stage: Stage, steps: Iterable[tuple]) -> Iterator[tuple]:
    """The steps, with the deliveries that ("settle",) stands for."""
    for step in steps:
        if step == ("settle",):
            yield from stage.settling()
        else:
            yield step
