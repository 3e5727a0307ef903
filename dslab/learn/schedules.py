"""The search for the smallest run in which a submission breaks a rule.

Directed schedules come first, then all orders of steps within bounds, then random schedules: faults
at random alone seldom reach the states where protocols go wrong. A run that breaks a rule is shrunk
until it needs each of its steps. Nothing here knows a protocol.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import chain
from random import Random
from typing import NamedTuple

from dslab.check.shrink import shrink
from dslab.errors import DslabError
from dslab.explore.schedule import Stepper, random_steps
from dslab.learn.exercise import Broken, Property
from dslab.learn.exploring import Space, explored
from dslab.learn.grading import kept
from dslab.learn.limits import Lost, in_words, limited_throughout, passed_on
from dslab.learn.remembered import remembered
from dslab.learn.watching import Breach, Watcher
from dslab.run.trace import Trace

__all__ = ["Run", "ScheduleSearch", "Script", "Survey", "look_on"]

FAULTS = ("crash", "drop", "again")


class Script(NamedTuple):
    """A directed schedule: its start, as `ScheduleSearch.set_up` takes it, and its steps.

    Besides those of `dslab.explore.schedule` there are some that stand for several, as many as a
    submission needs. A run that is told has those in their place.

    | step                      | what happens                                                     |
    |---------------------------|------------------------------------------------------------------|
    | ("settle", *nodes)        | all messages arrive, oldest first, and those that come of them;  |
    |                           | those between these nodes, where some are named                  |
    | ("until", node, kind)     | the same until the node has sent a message of this class         |
    | ("insist", node, timer)   | the timer runs out, up to three times until the node sends       |
    |                           | something                                                        |
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
        if search.spaces and not trusted:
            self.counted["states"] = 0
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
        """All directed schedules, all spaces and so many random schedules, one by one."""
        random = ((search.starts(seed), seed) for seed in range(schedules))
        spaces = () if trusted else search.spaces
        for start, steps, *bounds in chain(search.directed, spaces, random):
            if bounds:
                runs = search.explored(submission, Space(start, steps, *bounds), self.counted)
            else:
                runs = [search.run(submission, start, steps, trusted=trusted)]
                counts = 1, len(runs[0].steps), runs[0].progress, runs[0].progress_after_fault
                for what, count in zip(self.counted, counts):
                    self.counted[what] += count
            for run in runs:
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
    spaces    what to look at whole, then.
    starts    number → the start of a random schedule.
    control   a right submission: what is expected at a schedule's end counts only where it does.
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
        spaces: Iterable[Space] = (),
        schedules: int = 150,
        length: int = 80,
        control: type | None = None,
    ):
        self.set_up, self.watcher, self.rules, self.goal = set_up, watcher, rules, goal
        self.directed, self.spaces, self.starts = tuple(directed), tuple(spaces), starts
        self.schedules, self.length = schedules, length
        self.control = control and remembered(control, trusted=True)
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
            with nullcontext() if trusted else limited_throughout():
                stepper = self.made(submission, start, trusted)
                watcher = look_on(stepper, self.watcher(stepper.names, stop_at))
                stepper.start()
                for step in (
                    random_steps(stepper, Random(f"schedule {steps}"), self.length)
                    if isinstance(steps, int)
                    else _each(stepper, steps)
                ):
                    step = stepper.short(step)
                    taken.append(step)
                    if before is None and step[0] in FAULTS:
                        before = watcher.earned
                    stepper.perform(step)
                if not any(stepper.pending.values()):
                    _rest(stepper, watcher)
                wrong = expect(stepper, watcher) if expect else None
                if wrong:
                    breaches["expected"] = Breach("expected", *wrong)
        except Breach:
            pass
        except BaseException as caught:
            error = passed_on(caught)
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

    def made(self, submission, start: tuple, trusted: bool = False) -> Stepper:
        """Nodes whose handlers are called once for each state and message, not started yet."""
        stepper = self.set_up(remembered(submission, trusted), start)
        stepper.strict = False  # Each call was, or will be.
        return stepper

    def explored(self, submission, space: Space, counted: dict) -> Iterator[Run]:
        """A run for each rule that is broken in a space; "states" are `counted`."""
        stepper = self.made(submission, space.start)
        try:
            with limited_throughout():
                found = explored(stepper, self.watcher(stepper.names), space, counted)
                for rule, steps in found:
                    run = self.run(submission, space.start, steps)
                    assert rule in run.breaches, (rule, steps)
                    yield run
        except BaseException as error:
            passed_on(error)
            # One of the steps that were possible then is it.
            steps, last = getattr(error, "steps", ()), self.made(submission, space.start).start()
            for step in steps:
                last.perform(step)
            for step in last.possible():
                run = self.run(submission, space.start, [*steps, step])
                if "runs" in run.breaches:
                    yield run
                    return
            raise

    def survey(self, submission, schedules: int | None = None) -> Survey:
        """A look at all directed schedules and so many random ones, which has not begun yet."""
        return Survey(self, remembered(submission), schedules)

    def thoroughly(self, submission, schedules: int) -> dict[str, Broken]:
        """The rules that a submission breaks in so many random schedules, each with its smallest
        run. It must have been graded before: what is unlimited here, and not held to the node
        contract, takes half the time.
        """
        known = remembered(submission, trusted=True)
        return Survey(self, known, schedules, trusted=True).to_the_end().broken

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
            survey = kept(self.survey, kept(remembered, submission)).until(id)
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
        self, id: str, sentence: str, points: int, hint: str, *checks: tuple[Script, Callable]
    ) -> Property:
        """The property that something holds after directed schedules: each with what is expected
        after it, as in `run`.
        """
        ids = [id if number == 1 else f"{id}-{number}" for number in range(1, len(checks) + 1)]
        self.expectations |= {each: expect for each, (_, expect) in zip(ids, checks)}

        def test(submission):
            known = kept(remembered, submission)
            for id, (script, expect) in zip(ids, checks):
                run = self.run(known, script.start, script.steps, expect=expect)
                for rule in ("expected", "runs"):
                    if rule in run.breaches:
                        raise self._least(known, script.start, run, rule, sentence, id)

        return Property(id, sentence, points, hint, test)

    def _least(self, submission, start, run: Run, rule: str, sentence: str, id: str) -> Broken:
        """The shortest part of a schedule after which what is expected is so for the control, and
        for the submission is not.
        """
        expect = self.expectations[id]

        def fails(part):
            return rule in self.run(submission, start, part, expect=expect).breaches and not (
                self.control and self.run(self.control, start, part, expect=expect).breaches
            )

        if run.stepper is not None and not run.lost and fails(run.steps):
            run = self.run(submission, start, shrink(run.steps, fails), expect=expect)
        return self.told(run, rule, sentence, [start, *run.steps, ("expect", id)])


def look_on(stepper: Stepper, watcher: Watcher) -> Watcher:
    """Have a watcher look at each step; the trace says what it says."""

    def look(event):
        try:
            watcher.look(event)
        finally:
            _say(stepper, watcher)

    stepper.watch = look
    return watcher


def _rest(stepper: Stepper, watcher: Watcher) -> None:
    try:
        watcher.rest({name: node and dict(vars(node)) for name, node in stepper.nodes.items()})
    finally:
        _say(stepper, watcher)


def _say(stepper: Stepper, watcher: Watcher) -> None:
    while watcher.said:
        stepper.say(watcher.said.pop(0))


def _each(stepper: Stepper, steps: Iterable[tuple]) -> Iterator[tuple]:
    """The steps, each in turn to be performed before the next is asked for, and those that a word
    of `Script` stands for.
    """
    for step in steps:
        begun = len(stepper.trace.records)
        match step:
            case ("settle", *names):
                yield from stepper.settling(names)
            case ("until", node, kind):
                for delivery in stepper.settling():
                    yield delivery
                    if _has_sent(stepper, node, begun, kind):
                        break
            case ("insist", node, timer):
                for _ in range(3):
                    yield "fire", node, timer
                    if _has_sent(stepper, node, begun):
                        break
            case _:
                yield step


def _has_sent(stepper: Stepper, node: str, since: int, kind: str = "") -> bool:
    return any(
        record[1:3] == ("send", node) and (not kind or type(record[5]).__name__ == kind)
        for record in stepper.trace.records[since:]
    )
