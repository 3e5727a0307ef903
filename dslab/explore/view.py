"""What a rule sees of a state of Node classes."""

from typing import Any

from dslab.errors import DslabError
from dslab.explore.callers import Caller
from dslab.explore.client_views import Seen
from dslab.node import Node, Request
from dslab.values import renamed

__all__ = ["Local", "StageView", "View"]


class View:
    """What a rule sees of a state: `view["n1"]` is the node, or None while it is down. Iterating
    gives the nodes that are up.

    Rules that look at nodes alone are asked once for each combination of them.
    """

    __slots__ = ("_system", "_state", "looked_beyond")

    def __init__(self, system, state):
        self._system, self._state, self.looked_beyond = system, state, False

    def __getitem__(self, name: str) -> Node | None:
        self._system._known(name)
        return self._system._locals[self._state[self._system.place[name]]].node(self._system)

    def disk(self, name: str) -> dict[str, Any]:
        """The durable fields of a node, whether it is up or down."""
        self._system._known(name)
        local = self._system._locals[self._state[self._system.place[name]]]
        return {
            field: value
            for field, value in zip(local.names, local.values)
            if field in self._system.classes[name].durable
        }

    @property
    def names(self) -> list[str]:
        """All nodes but the callers, up or down."""
        return [name for name in self._system.order if name not in self._system.callers]

    def __iter__(self):
        for number in self._state[:-3]:
            local = self._system._locals[number]
            if local.up and not isinstance(node := local.node(self._system), Caller):
                yield node

    @property
    def messages(self) -> list[tuple[str, str, Any]]:
        """(sender, receiver, message) of all that is on its way."""
        self.looked_beyond = True
        return [self._system._mail[number] for number in self._state[-3]]

    @property
    def seen(self) -> Seen:
        """What the callers have seen."""
        self.looked_beyond = True
        return self._state[-1]


class StageView:
    """The same of a `dslab.explore.schedule.Stage`, so that a rule of the explorer can be asked of
    any run that is performed there.
    """

    def __init__(self, stage):
        self._stage = stage

    def __getitem__(self, name: str) -> Node | None:
        if name not in self._stage.nodes:
            raise DslabError(
                f"there is no node {name!r} here: there are {', '.join(self._stage.names)}."
            )
        return self._stage.nodes[name]

    def disk(self, name: str) -> dict[str, Any]:
        node = self[name]
        return self._stage.disks[name] if node is None else node.disk()

    @property
    def names(self) -> list[str]:
        return [
            name for name in self._stage.names if not issubclass(self._stage.classes[name], Caller)
        ]

    def __iter__(self):
        return (node for name in self.names if (node := self._stage.nodes[name]) is not None)

    @property
    def messages(self) -> list[tuple[str, str, Any]]:
        return [
            (*link, message)
            for link, waiting in sorted(self._stage.pending.items())
            for _, message in waiting
        ]

    @property
    def seen(self) -> Seen:
        seen, answered, records = Seen(), {}, self._stage.trace.records
        for _, kind, place, _, ref, data, state in records:
            if place is None or not issubclass(self._stage.classes.get(place, Node), Caller):
                continue
            if kind == "send" and isinstance(data, Request):
                seen = seen.after((("call", place, data.f, data.key, data.value),))
            elif kind == "deliver" and state["answered"] > answered.get(
                place, 0
            ):  # An old answer tells it nothing.
                answered[place], reply = state["answered"], records[ref][5]
                seen = seen.after((("reply", place, reply.value, reply.error),))
        return seen


class Local:
    """A node's fields and pending timers; while it is down, its durable fields."""

    __slots__ = ("place", "names", "values", "timers", "up", "key", "_node")

    def __init__(self, place, names, values, timers, up):
        self.place, self.names, self.values, self.timers, self.up = place, names, values, timers, up
        self.key = place, names, values, timers, up
        self._node = None

    def node(self, system) -> Node | None:
        """The node in this state, to be looked at and not to be changed."""
        if self.up and self._node is None:
            self._node = system._make(system.order[self.place], None)
            vars(self._node).update(zip(self.names, self.values))
        return self._node

    def renamed(self, names, place) -> "Local":
        return Local(
            place, self.names, renamed(self.values, names), renamed(self.timers, names), self.up
        )
