"""Make a run that breaks a rule small: with few nodes, then few faults, then few steps."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from dslab.check.shrink import shrink
from dslab.errors import DslabError
from dslab.explore.nodes import Nodes
from dslab.explore.schedule import Stepper
from dslab.explore.search import Exploration, broken_after

__all__ = ["shrink_run", "shrunk"]

FAULTS = ("crash", "restart", "drop", "duplicate", "again", "forge")


def shrink_run(
    make: Callable[[], Stepper], steps: Sequence[tuple], broken: Callable[[Stepper], bool]
) -> Stepper:
    """The smallest part of a schedule that still breaks a rule: with few nodes, then few faults,
    then few steps.

    make    gives a new Stepper, not started yet.
    steps   of `dslab.explore.schedule`: an explorer's path, a grader's schedule, or `steps_of` a
            simulator's run.
    broken  whether the rule is broken; asked after each step, and the run ends where it is. A rule
            of the explorer is asked as `lambda stepper: not rule(stepper.view)`.

    Returns the stepper after the smallest run: its `steps` make it again, and its `trace` plays.
    Raises DslabError where the rule isn't broken by `steps` themselves.
    """

    def run(part) -> tuple[Stepper, bool]:
        stepper = make().start()
        if broken(stepper):
            return stepper, True
        for step in part:
            if stepper.perform(step) and broken(stepper):
                return stepper, True
        return stepper, False

    stepper, fails = run(steps)
    if not fails:
        raise DslabError("this schedule breaks no rule, so there is nothing to make smaller.")
    kept = list(stepper.steps)
    for name in stepper.names:
        without = [step for step in kept if name not in step[1:3]]
        if run(without)[1]:
            kept = without
    places = [place for place, step in enumerate(kept) if step[0] in FAULTS]

    def with_faults(chosen):
        left_out = set(places) - set(chosen)
        return [step for place, step in enumerate(kept) if place not in left_out]

    if places:
        kept = with_faults(shrink(places, lambda chosen: run(with_faults(chosen))[1]))
    stepper, _ = run(shrink(kept, lambda part: run(part)[1]))
    return stepper


def shrunk(system: Nodes, found: Exploration) -> Exploration:
    """What `explore` or `walk` found of Nodes, with the smallest run that breaks the same rule.
    Raises DslabError where it found nothing.
    """
    if not isinstance(system, Nodes):
        raise DslabError(
            f"shrunk() makes runs of Nodes smaller, but this is a {type(system).__name__}."
        )
    if found.holds is not False or found.rule not in system.rules:
        raise DslabError(
            "shrunk() takes an answer of explore or walk that breaks an invariant of "
            f"these nodes, but this is {found.rule!r}: {found.word}."
        )
    rule = system.rules[found.rule]
    stepper = shrink_run(system.stepper, found.steps, lambda stepper: not rule(stepper.view))
    trace = system.replay(stepper.steps)
    return replace(
        found,
        sentence=broken_after(len(stepper.steps), found.rule),
        reasons=tuple(trace.sentences()),
        trace=trace,
        steps=tuple(stepper.steps),
        replay="",
    )
