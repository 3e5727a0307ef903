"""The steps of a scenario file: those of `dslab.run.steps`, each `at` its moment."""

from typing import Any

from dslab.errors import DslabError
from dslab.node import Node
from dslab.run.options import LONGEST
from dslab.run.steps import Step, World, parsed
from dslab.sim.steps import world_of

__all__ = ["file_world", "timed"]


def file_world(nodes: int, clients: int, protocol: type[Node]) -> World:
    """What a file's steps may speak of: n1, n2, … and c1, c2, …; `at` stands for waiting."""
    names = (
        [f"{letter}{number}" for number in range(1, many + 1)]
        for letter, many in zip("nc", (nodes, clients))
    )
    return world_of(*names, protocol, without=("wait",))


def timed(step: Any, world: World) -> tuple[float, Step]:
    """(when, in ms; the step). Raises DslabError for what is none, or has no moment."""
    if not isinstance(step, dict):
        raise DslabError(
            f'this is {step!r:.80}, but a step is a table such as {{ at = 300, crash = "n1" }}.'
        )
    at = step.get("at")
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not 0 <= at <= LONGEST:
        raise DslabError(
            f"`at` says when, in milliseconds from 0 to {LONGEST:,}, but it is {at!r:.60}."
        )
    return at, parsed({word: value for word, value in step.items() if word != "at"}, world)
