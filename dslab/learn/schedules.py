"""The search for the smallest run in which a submission breaks a rule.

Directed schedules come first, then random ones: faults at random alone seldom reach the states
where protocols go wrong. A run that breaks a rule is shrunk until it needs each of its steps.
Nothing here knows a protocol.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import chain
from random import Random
from typing import NamedTuple

from dslab.check.shrink import shrink
from dslab.errors import DslabError
from dslab.explore.schedule import Occurrence, Stepper, random_steps
from dslab.learn.exercise import Broken, Property
from dslab.learn.grading import kept
from dslab.learn.limits import Lost, in_words, limited
from dslab.run.trace import Trace

__all__ = ["Breach", "Run", "ScheduleSearch", "Script", "Survey", "Watcher"]

FAULTS = ("crash", "drop", "again")


class Breach(Exception):
    """A rule is broken at this step."""

    def __init__(self, rule: str, sentence: str, expected: str = "", got: str = ""):
        super().__init__(sentence)
        self.rule, self.sentence, self.expected, self.got = rule, sentence, expected, got


class Watcher:
    """Base of what looks on: `look(occurrence)` is called after every handler, and calls `breach`
    where a rule is broken.

    A rule counts as broken only where no other was before, so that a report names causes. `purpose`
    is the exception: what the other rules are there for is judged in every run.

    progress  what a run must reach to mean anything, counted.
    breaches  the first breach of each rule. The run goes on, unless it is the rule `stop_at`.
    """

    purpose: tuple[str, ...] = ()
    progress = 0

    def __init__(self, stepper: Stepper, stop_at: str | None = None):
        self.stepper, self.stop_at = stepper, stop_at
        self.breaches: dict[str, Breach] = {}
        self._earned: int | None = None
        stepper.watch = self.look

    @property
    def earned(self) -> int:
        """The progress before the first breach."""
        return self.progress if self._earned is None else self._earned

    def look(self, event: Occurrence) -> None:
        """Look at what a handler did. To be written by each watcher."""
        raise NotImplementedError

    def breach(self, rule: str, sentence: str, expected: str = "", got: str = "") -> None:
        """Note that `rule` is broken here. Raises Breach where the run is to end at it."""
        if rule in self.breaches or (self.breaches and rule not in self.purpose):
            return
        self._earned = self.earned
        self.breaches[rule] = Breach(rule, sentence, expected, got)
        self.stepper.say(sentence)
        if rule == self.stop_at:
            raise self.breaches[rule]


class Script(NamedTuple):
    """A directed schedule: its start, as `ScheduleSearch.set_up` takes it, and its steps.

    Besides those of `dslab.explore.schedule`, ("settle",) delivers all messages, oldest first.
    """

    start: tuple
    steps: tuple


class Run(NamedTuple):
    """One run.

    `stepper` is None where the submission failed before it had nodes; `lost` is whether its process
    is gone.
    """

    steps: list[tuple]
    stepper: Stepper | None
    breaches: dict[str, Breach]
    lost: bool
    progress: int
    progress_after_fault: int


class Survey:
    """What a search has found so far. It goes on only as far as it is asked to.

    broken   for each rule that was broken, its smallest run.
    counted  what was looked at.
    """

    def __init__(
        self, search: "ScheduleSearch", submission, schedules: int | None, trusted: bool = False
    ):
        self.broken: dict[str, Broken] = {}
        goal = search.goal
        self.counted = {"schedules": 0, "steps": 0, goal: 0, f"{goal} after a fault": 0}
        self._failed: BaseException | None = None
        self._looking = self._look(search, submission, schedules or search.schedules, trusted)

    def until(self, rule: str) -> "Survey":
        """Look on until `rule` is broken, or to the end."""
        while rule not in self.broken and self._one_more():
            pass
        return self

    def to_the_end(self) -> "Survey":
        """Look at all schedules that there are to look at."""
        while self._one_more():
            pass
        return self

    def _one_more(self) -> bool:
        """Look at one more schedule.

        Who has failed once fails again, and doesn't seem to be at its end.
        """
        if self._failed:
            raise self._failed
        try:
            return next(self._looking, None) is not None
        except BaseException as error:
            self._failed = error
            raise

    def _look(self, search, submission, schedules, trusted) -> Iterator[Run]:
        """All directed schedules and so many random ones, one by one."""
        random = ((search.starts(seed), seed) for seed in range(schedules))
        for start, steps in chain(search.directed, random):
            run = search.run(submission, start, steps, trusted=trusted)
            counts = 1, len(run.steps), run.progress, run.progress_after_fault
            for what, count in zip(self.counted, counts):
                self.counted[what] += count
            for rule in [rule for rule in run.breaches if rule not in self.broken]:
                self.broken[rule] = search.smallest(submission, start, run, rule)
            yield run
            if run.lost:
                return


class ScheduleSearch:
    """Which schedules to look at, and for what.

    set_up    (submission, start) → Stepper. `start` is a tuple of words, the first one always the
              same: it begins a printed schedule.
    watcher   the class of those who look on.
    rules     id → sentence, for each rule that a watcher may find broken, and "runs" for a handler
              that raises.
    goal      what the watcher's `progress` counts, in words: "elections won".
    directed  schedules to try first.
    starts    number → the start of a random schedule.
    """

    def __init__(
        self,
        set_up: Callable,
        watcher: type[Watcher],
        rules: dict[str, str],
        goal: str,
        directed: Iterable[Script],
        starts: Callable[[int], tuple],
        *,
        schedules: int = 150,
        length: int = 80,
    ):
        self.set_up, self.watcher, self.rules, self.goal = set_up, watcher, rules, goal
        self.directed, self.starts = tuple(directed), starts
        self.schedules, self.length = schedules, length
        self.expectations: dict[str, Callable] = {}

    def run(
        self,
        submission,
        start: tuple,
        steps: Iterable[tuple] | int,
        *,
        stop_at: str | None = None,
        expect: Callable | None = None,
        trusted: bool = False,
    ) -> Run:
        """Run given steps, or random ones from a seed.

        stop_at  the rule at whose breach the run ends.
        expect   what must be so at the end: (stepper, watcher) → None, or (what is wrong, expected,
                 got).
        trusted  whether neither limits nor the node contract are watched.
        """
        stepper = watcher = before = error = None
        taken, breaches = [], {}
        try:
            with nullcontext() if trusted else limited():
                stepper = self.set_up(submission, start)
                stepper.strict = stepper.strict and not trusted
                watcher = self.watcher(stepper, stop_at)
                stepper.start()
                for step in (
                    random_steps(stepper, Random(f"schedule {steps}"), self.length)
                    if isinstance(steps, int)
                    else _each(stepper, steps)
                ):
                    taken.append(step)
                    if before is None and step[0] in FAULTS:
                        before = watcher.earned
                    stepper.perform(step)
                wrong = expect(stepper, watcher) if expect else None
                if wrong:
                    breaches["expected"] = Breach("expected", *wrong)
        except Breach:
            pass
        except KeyboardInterrupt:
            raise
        except BaseException as caught:
            error = caught
            breaches["runs"] = Breach("runs", in_words(error), "a handler that returns", "none")
        if stepper and breaches:
            stepper.say(next(iter(breaches.values())).sentence)
        won = watcher.earned if watcher else 0
        return Run(
            taken,
            stepper,
            (watcher.breaches if watcher else {}) | breaches,
            isinstance(error, Lost),
            won,
            0 if before is None else won - before,
        )

    def survey(self, submission, schedules: int | None = None) -> Survey:
        """A look at all directed schedules and so many random ones, which has not begun yet."""
        return Survey(self, submission, schedules)

    def thoroughly(self, submission, schedules: int) -> dict[str, Broken]:
        """The rules that a submission breaks in so many random schedules, each with its smallest
        run. It must have been graded before: what is unlimited here, and not held to the node
        contract, takes half the time.
        """
        return Survey(self, submission, schedules, trusted=True).to_the_end().broken

    def smallest(self, submission, start: tuple, run: Run, rule: str) -> Broken:
        """The shortest part of a run's schedule that breaks `rule`."""

        def fails(part):
            return rule in self.run(submission, start, part, stop_at=rule).breaches

        if run.stepper is not None and not run.lost:
            run = self.run(submission, start, shrink(run.steps, fails), stop_at=rule)
        return self.told(run, rule, self.rules[rule], [start, *(run.steps if run.stepper else ())])

    def told(self, run: Run, rule: str, title: str, steps: list[tuple]) -> Broken:
        """A run that broke a rule, as a report tells it; `steps` make it again."""
        breach = run.breaches[rule]
        if run.stepper is None:
            return Broken(breach.sentence, expected=breach.expected, got=breach.got)
        run.stepper.trace.title = title.split(" (")[0].rstrip(".")
        return Broken(
            breach.sentence,
            expected=breach.expected,
            got=breach.got,
            trace=run.stepper.trace,
            steps=steps,
        )

    def replay(self, submission, steps: list[tuple], default: tuple) -> Trace:
        """The run of a printed schedule again, as a trace.

        It says which rules it breaks, where it breaks them.

        A last step ("expect", id) asks for what the property of that id expects.
        """
        start, steps = (
            (steps[0], steps[1:]) if steps and steps[0][:1] == default[:1] else (default, steps)
        )
        expect = (
            self.expectations.get(steps[-1][1]) if steps and steps[-1][:1] == ("expect",) else None
        )
        run = self.run(submission, start, steps[:-1] if expect else steps, expect=expect)
        if run.stepper is None:
            raise DslabError(run.breaches["runs"].sentence)
        run.stepper.trace.title = f"{submission.__name__}: a written schedule"
        return run.stepper.trace

    # Properties for an exercise.

    def rule(self, id: str, points: int, hint: str) -> Property:
        """The property that `id` is never broken.

        It earns nothing where no run came as far as `goal`.
        """

        def test(submission):
            survey = kept(self.survey, submission).until(id)
            # Once is enough in a report. The dict goes on counting, should another rule look on.
            looked_at = survey.counted if id == next(iter(self.rules)) else {}
            if id in survey.broken:
                survey.broken[id].looked_at = looked_at
                raise survey.broken[id]
            if not survey.counted[self.goal]:
                others = " or ".join(other for other in self.rules if other in survey.broken)
                raise Broken(
                    f"In {survey.counted['schedules']} runs there were no {self.goal}, so "
                    "this rule was never put to the test."
                    + (
                        f" What follows a breach of {others} doesn't count: mend that first."
                        if others
                        else ""
                    ),
                    expected=self.goal,
                    got="none",
                    looked_at=looked_at,
                )
            return looked_at

        return Property(id, self.rules[id], points, hint, test)

    def expects(
        self, id: str, sentence: str, points: int, hint: str, script: Script, expect: Callable
    ) -> Property:
        """The property that something holds after a directed schedule; `expect` as in `run`."""
        self.expectations[id] = expect

        def test(submission):
            run = self.run(submission, script.start, script.steps, expect=expect)
            for rule in ("expected", "runs"):
                if rule in run.breaches:
                    raise self.told(
                        run, rule, sentence, [script.start, *script.steps, ("expect", id)]
                    )

        return Property(id, sentence, points, hint, test)


def _each(stepper: Stepper, steps: Iterable[tuple]) -> Iterator[tuple]:
    """The steps, with the deliveries that ("settle",) stands for."""
    for step in steps:
        if step == ("settle",):
            yield from stepper.settling()
        else:
            yield step
