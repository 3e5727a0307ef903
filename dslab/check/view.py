"""What a rule sees of a state of Node classes."""

from typing import Any

from dslab.check.callers import Caller
from dslab.check.seen import Seen
from dslab.node import Node
from dslab.values import renamed

__all__ = ["Local", "View"]


class View:
    """What a rule sees of a state: `view["n1"]` is the node, or None while it is down. Iterating gives the nodes that are up.

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
        return {field: value for field, value in zip(local.names, local.values) if field in self._system.classes[name].durable}

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
        return Local(place, self.names, renamed(self.values, names), renamed(self.timers, names), self.up)
