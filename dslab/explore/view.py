"""What a rule sees of a state of Node classes, and of a run that is performed step by step."""

from collections.abc import Callable, Iterator
from typing import Any

from dslab.errors import DslabError
from dslab.explore.client_views import Seen
from dslab.explore.clients import Caller
from dslab.explore.states import State, States
from dslab.message import PASSING
from dslab.node import Node, Reply, Request

__all__ = ["StepperView", "View", "judge", "rule_name"]


class View:
    """What a rule sees of a state: `view["n1"]` is the node, or None while it is down. Iterating
    gives the nodes that are up.

    Rules that look at nodes alone are asked once for each combination of them.
    """

    __slots__ = ("_states", "_state", "looked_beyond")

    def __init__(self, states: States, state: State):
        self._states, self._state = states, state
        self.looked_beyond = False  # Whether it was asked for more than nodes.

    def __getitem__(self, name: str) -> Node | None:
        return self._states.node(self._states.local(self._state, name))

    def disk(self, name: str) -> dict[str, Any]:
        """The durable fields of a node, whether it is up or down."""
        return self._states.durable(self._states.local(self._state, name))

    @property
    def names(self) -> list[str]:
        """All nodes but the clients, up or down."""
        return list(self._states.servers)

    def __iter__(self) -> Iterator[Node]:
        for name in self._states.servers:
            if (node := self[name]) is not None:
                yield node

    @property
    def messages(self) -> list[tuple[str, str, Any]]:
        """(sender, receiver, message) of all that is on its way."""
        self.looked_beyond = True
        return [self._states.envelopes[number] for number in self._state.mail]

    @property
    def seen(self) -> Seen:
        """What the clients have seen."""
        self.looked_beyond = True
        return self._state.seen


class StepperView:
    """The same of a `dslab.explore.schedule.Stepper`, so that a rule of the explorer can be asked
    of any run that is performed there.
    """

    def __init__(self, stepper):
        self._stepper = stepper

    def __getitem__(self, name: str) -> Node | None:
        if name not in self._stepper.nodes:
            raise DslabError(
                f"there is no node {name!r} here: there are {', '.join(self._stepper.names)}."
            )
        return self._stepper.nodes[name]

    def disk(self, name: str) -> dict[str, Any]:
        """The durable fields of a node, whether it is up or down."""
        node = self[name]
        return self._stepper.disks[name] if node is None else node.disk()

    @property
    def names(self) -> list[str]:
        """All nodes but the clients, up or down."""
        return [name for name in self._stepper.names if not self._is_client(name)]

    def _is_client(self, name: str | None) -> bool:
        return issubclass(self._stepper.classes.get(name, Node), Caller)

    def __iter__(self) -> Iterator[Node]:
        return (node for name in self.names if (node := self._stepper.nodes[name]) is not None)

    @property
    def messages(self) -> list[tuple[str, str, Any]]:
        """(sender, receiver, message) of all that is on its way."""
        return [
            (*link, message)
            for link, waiting in sorted(self._stepper.pending.items())
            for _, message in waiting
        ]

    @property
    def seen(self) -> Seen:
        """What the clients have seen."""
        seen, records = Seen(), self._stepper.trace.records
        doubted = set()  # Calls that a client has given up, for a copy may be done.
        for _, kind, place, _, ref, data, _ in records:
            if not self._is_client(place):
                continue
            if kind == "send" and isinstance(data, Request):
                seen = seen.after((("call", place, data.id, data.f, data.key, data.value),))
            elif kind == "deliver" and isinstance(reply := records[ref][5], Reply):
                if self._stepper.copies and reply.error in PASSING:
                    doubted.add((place, reply.id))
                if (place, reply.id) in doubted:
                    continue
                seen = seen.after((("reply", place, reply.id, reply.value, reply.error),))
        return seen


def rule_name(rule: Callable) -> str:
    """A rule's name: its function's, or its class's."""
    return getattr(rule, "__name__", type(rule).__name__)


def judge(rule: Callable[[View], bool], states: States) -> Callable[[State], bool]:
    """`rule` as a function of states. Where it has looked at nodes alone, its answer is kept for
    all states with these nodes.
    """
    known: dict[tuple[int, ...], bool] = {}

    def judged(state: State) -> bool:
        if state.nodes in known:
            return known[state.nodes]
        view = View(states, state)
        try:
            answer = bool(rule(view))
        except Exception as error:
            down = [name for name in states.order if view[name] is None]
            are = "is" if len(down) == 1 else "are"
            hint = f"; {' and '.join(down)} {are} down, and None in the view" if down else ""
            error.add_note(f"while {rule_name(rule)} looked at a state{hint}")
            raise
        if not view.looked_beyond:
            known[state.nodes] = answer
        return answer

    return judged
