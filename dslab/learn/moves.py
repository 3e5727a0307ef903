"""A submission whose clients call, under all sequences of moves within bounds.

A move is some steps of `dslab.learn.calling` at once: "n1 asks n3, and hears the answer". Single
deliveries have so many orders that a search ends before the third call, and what quorums get wrong
needs few moves.

    Plan("two writes, two reads", ("n1", "n2", "n3"), moves, ("agrees",), depth=5, budget=3000)
"""

from collections.abc import Callable, Generator, Iterable
from typing import Any, NamedTuple

from dslab.learn.scenes import Scene

__all__ = ["Move", "Plan", "Rule", "explored"]

Move = Callable[[Scene], Any]


class Rule(NamedTuple):
    """What must hold of a scene.

    id, sentence, points, hint   of its property.
    broken   (scene) → None, or a function that tells what is wrong: (sentence, expected, got).
    in_the_end  whether it is asked at the end of a schedule, by the step ("expect", id): `broken`
             then first does to the scene what must happen before, such as that all arrives.
    fault    words of steps, such as ("crash", "restart"). A break counts only where there is one,
             and the same steps without them break nothing.
    """

    id: str
    sentence: str
    points: int
    hint: str
    broken: Callable[[Scene], Callable[[], tuple[str, str, str]] | None]
    in_the_end: bool = False
    fault: tuple[str, ...] = ()


class Plan(NamedTuple):
    """What may happen, and which rules are asked.

    names   the nodes.
    moves   (scene) → the moves that are possible.
    rules   ids of rules; what one of them finds broken is not gone on from.
    depth   how many moves there may be in a row.
    budget  at most so many scenes; breadth first, so what needs fewest moves is among them.
    """

    names: tuple[str, ...]
    moves: Callable[[Scene], Iterable[Move]]
    rules: tuple[str, ...]
    depth: int
    budget: int


def explored(scene: Scene, plan: Plan, rules: dict[str, Rule], counted: dict) -> Generator:
    """(rule's id, steps) for each break of a rule, breadth first, until it is sent that one counts.
    `counted` counts "scenes" and "calls served".

    Where a handler raises, so does this; the error's `steps` lead to it.
    """
    asked = [rules[id] for id in plan.rules]
    told: set[str] = set()
    known, level = {scene.key}, [scene]
    for _ in range(plan.depth):
        following = []
        for here in level:
            for move in plan.moves(here):
                there = here.copy()
                _careful(move, there)
                key = there.key
                if key in known:
                    continue
                known.add(key)
                counted["scenes"] += 1
                counted["calls served"] += _served(there) - _served(here)
                fine = True
                for rule in asked:
                    if rule.id not in told and (found := _broken(rule, there)):
                        fine = False
                        if (yield rule.id, found):
                            told.add(rule.id)
                if fine:
                    following.append(there)
                if len(known) >= plan.budget:
                    return
        level = following


def _served(scene: Scene) -> int:
    return sum(answer.reply.error is None for answer in scene.answers)


def _careful(move: Move, scene: Scene) -> None:
    try:
        move(scene)
    except BaseException as error:
        error.steps = list(scene.steps)
        raise


def _broken(rule: Rule, scene: Scene) -> list[tuple] | None:
    """The steps that break a rule, if it is broken here, and that may count."""
    if rule.fault and not any(step[0] in rule.fault for step in scene.steps):
        return None
    if not rule.in_the_end:
        return list(scene.steps) if rule.broken(scene) else None
    end = scene.copy()
    wrong = []
    _careful(lambda end: wrong.append(rule.broken(end)), end)
    return [*scene.steps, ("expect", rule.id)] if wrong[0] else None
