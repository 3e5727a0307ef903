"""Make a failing run small: leave out whatever it doesn't need.

Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 28(2), 2002: first in large pieces, then one
by one. What is left is minimal: without any one of its steps it no longer fails.
"""

from dataclasses import replace
from typing import Callable, Sequence

from dslab.check.explore import Exploration, broken_after
from dslab.check.nodes import Nodes
from dslab.check.schedule import Stage
from dslab.errors import DslabError

__all__ = ["shrink", "shrink_run", "shrunk"]

FAULTS = ("crash", "restart", "lose", "double", "again", "forge")


def shrink(steps: Sequence, fails: Callable[[list], bool]) -> list:
    """A part of `steps`, in their order, for which `fails` is true and that can't lose any single step.

    `fails` must be true of `steps` themselves, and must give the same answer each time.
    """
    kept, size = list(steps), max(len(steps) // 2, 1)
    while True:
        place, removed = 0, False
        while place < len(kept):
            rest = kept[:place] + kept[place + size:]
            if fails(rest):
                kept, removed = rest, True
            else:
                place += size
        if size == 1 and not removed:
            return kept
        size = max(size // 2, 1)


def shrink_run(make: Callable[[], Stage], steps: Sequence[tuple], broken: Callable[[Stage], bool]) -> Stage:
    """The smallest part of a schedule that still breaks a rule: with few nodes, then few faults, then few steps.

    make    gives a new Stage, not started yet.
    steps   of `dslab.check.schedule`: an explorer's path, a grader's schedule, or `steps_of` a simulator's run.
    broken  whether the rule is broken; asked after each step, and the run ends where it is. A rule of the explorer is asked as
            `lambda stage: not rule(stage.view)`.

    Returns the stage after the smallest run: its `steps` make it again, and its `trace` plays. Raises DslabError where the rule
    isn't broken by `steps` themselves.
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
    """What `explore` or `walk` found of Nodes, with the smallest run that breaks the same rule. Raises DslabError where it found nothing."""
    if not isinstance(system, Nodes):
        raise DslabError(f"shrunk() makes runs of Nodes smaller, but this is a {type(system).__name__}.")
    if found.holds is not False or found.rule not in system.rules:
        raise DslabError(f"shrunk() takes an answer of explore or walk that breaks an invariant of these nodes, but this is {found.rule!r}: {found.word}.")
    rule = system.rules[found.rule]
    stage = shrink_run(system.stage, found.steps, lambda stage: not rule(stage.view))
    trace = system.replay(stage.steps)
    return replace(found, sentence=broken_after(len(stage.steps), found.rule), reasons=tuple(trace.sentences()), trace=trace,
                   steps=tuple(stage.steps), replay="")
