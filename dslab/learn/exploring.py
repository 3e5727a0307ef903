"""A submission under all orders of deliveries, timers, crashes and losses, within bounds.

An exercise of Node classes names `spaces` in its `ScheduleSearch` (`dslab.learn.schedules`):

    Space(("logs", ("n1",), ("n2",), ("n3",)), {"fires": 2, "crashes": 1})

The start is one that the search's `set_up` takes, so that nodes, disks and clients are those of
its schedules; the bounds are those of `dslab.explore.Nodes`. Clients are nodes as well: a `set_up`
may give `Stepper` a mapping from names to classes, among them those that
`dslab.explore.clients.caller` makes, with several calls open, and `peers` without them.

What holds is the search's watcher's to say, as in any schedule. It looks at each step of each
order (`look`), and at nodes between which nothing is on its way (`rest`: here they should have
converged). For rules of what clients have seen, keep a `Seen`:

    def look(self, event):
        self.seen = self.seen.after(seen_by_client(event))
        if not self.seen.linearizable(Register):
            self.breach(…)

A rule that is broken becomes a schedule, of as few steps as there are in that space, and then goes
the way of all schedules: it shrinks, is told, and replays. The handlers are called once for each
local state and message (`dslab.learn.remembered`), by the grader here or in a process of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dslab.explore import Nodes
from dslab.explore.handlers import seen_by
from dslab.explore.schedule import Occurrence, Stepper
from dslab.learn.watching import History, Watcher
from dslab.node import Node

__all__ = ["Space", "explored", "seen_by_client"]


class Space(NamedTuple):
    """What may happen from a start.

    bounds  `fires`, `crashes`, `losses`, `duplicates`, `ordered`, `within` of Nodes.
    budget  at most so many states; breadth first, so what needs fewest steps is among them.
    """

    start: tuple
    bounds: Mapping[str, Any]
    budget: int = 5000


def explored(stepper: Stepper, watcher: Watcher, space: Space, counted: dict) -> Iterator[tuple]:
    """(rule, steps) for each rule that is broken in a space, breadth first.

    The steps are a schedule of the stepper, which is not moved. `counted` counts "states".

    Where a handler raises, so does this: the error's `steps` are those that may do it.
    """
    system = Nodes(
        {name: stepper.classes[name] for name in stepper.names},
        disks=stepper.given,
        strict=False,  # What is remembered has kept the contract.
        history=(History(watcher), _note),
        **space.bounds,
    )
    parents: dict[Any, Any] = {}
    told: set[str] = set()
    rests = type(watcher).rest is not Watcher.rest

    def found(state) -> Iterator[tuple]:
        parts = [state.seen]
        if rests and not state.mail:
            parts.append(state.seen.rested(_fields(system, state)))
        for rule in [rule for part in parts for rule in part.watcher.breaches]:
            if rule not in told:
                told.add(rule)
                yield rule, system.steps(_path(parents, state))

    level = []
    for state in system.initial():
        parents[state] = None
        level.append(state)
        yield from found(state)
    while level:
        following = []
        for state in level:
            for _, action in system.actions:
                try:
                    for new in action(state):
                        if new in parents:
                            continue
                        parents[new] = state
                        if new.seen.watcher.breaches or rests and not new.mail:
                            yield from found(new)
                        if not new.seen.watcher.breaches or told.isdisjoint(watcher.purpose):
                            following.append(new)
                except Exception as error:
                    error.steps = system.steps(_path(parents, state))
                    raise
            counted["states"] += 1
            if len(parents) >= space.budget:
                return
        level = following


def seen_by_client(event: Occurrence, copies: bool = False) -> tuple[tuple, ...]:
    """What a client learned in a step of its own and what it asked next, for `Seen.after`.

    copies  whether requests may be there twice: then a refusal that passes tells nothing.
    """
    return seen_by(event.node, (event.message,), event, copies)


def _fields(system: Nodes, state) -> dict[str, dict | None]:
    """The fields of each node in a state, None for one that is down."""
    locals = {name: system.states.local(state, name) for name in system.states.order}
    return {name: local.fields if local.up else None for name, local in locals.items()}


def _path(parents: dict, state) -> list:
    path = []
    while state is not None:
        path.append(state)
        state = parents[state]
    return path[::-1]


def _note(step: str, args: tuple, node: Node) -> tuple[Occurrence]:
    sender, message = (None, *args)[-2:] if args else (None, None)
    outbox, timers = list(node.outbox), dict(node.timers)
    return (Occurrence(node.id, step, sender, message, outbox, timers, dict(vars(node))),)
