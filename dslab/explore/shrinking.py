"""Make a run that breaks a rule small: with few nodes, then few faults, then few steps."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from dslab.check.shrink import shrink
from dslab.errors import DslabError
from dslab.explore.nodes import Nodes
from dslab.explore.schedule import Stage
from dslab.explore.search import Exploration, broken_after

__all__ = ["shrink_run", "shrunk"]

FAULTS = ("crash", "restart", "lose", "double", "again", "forge")


def shrink_run(
    make: Callable[[], Stage], steps: Sequence[tuple], broken: Callable[[Stage], bool]
) -> Stage:
    """The smallest part of a schedule that still breaks a rule: with few nodes, then few faults,
    then few steps.

    make    gives a new Stage, not started yet.
    steps   of `dslab.explore.schedule`: an explorer's path, a grader's schedule, or `steps_of` a
            simulator's run.
    broken  whether the rule is broken; asked after each step, and the run ends where it is. A rule
            of the explorer is asked as `lambda stage: not rule(stage.view)`.

    Returns the stage after the smallest run: its `steps` make it again, and its `trace` plays.
    Raises DslabError where the rule isn't broken by `steps` themselves.
    """

    def run(part) -> tuple[Stage, bool]:
        stage = make().start()
        if broken(stage):
            return stage, True
        for step in part:
            if stage.perform(step) and broken(stage):
                return stage, True
        return stage, False

    stage, fails = run(steps)
    if not fails:
        raise DslabError("this schedule breaks no rule, so there is nothing to make smaller.")
    kept = list(stage.steps)
    for name in stage.names:
        without = [step for step in kept if name not in step[1:3]]
        if run(without)[1]:
            kept = without
    places = [place for place, step in enumerate(kept) if step[0] in FAULTS]

    def with_faults(chosen):
        left_out = set(places) - set(chosen)
        return [step for place, step in enumerate(kept) if place not in left_out]

    if places:
        kept = with_faults(shrink(places, lambda chosen: run(with_faults(chosen))[1]))
    stage, _ = run(shrink(kept, lambda part: run(part)[1]))
    return stage


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
    stage = shrink_run(system.stage, found.steps, lambda stage: not rule(stage.view))
    trace = system.replay(stage.steps)
    return replace(
        found,
        sentence=broken_after(len(stage.steps), found.rule),
        reasons=tuple(trace.sentences()),
        trace=trace,
        steps=tuple(stage.steps),
        replay="",
    )
