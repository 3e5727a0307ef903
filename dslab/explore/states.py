"""The states of Nodes, made of small numbers: for what a node is, and for what is on its way.

What a number stands for is kept once, so that a state of the whole is a few numbers to hash and to
compare, and what a node does in one of its states is worked out once.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.explore.client_views import Seen
from dslab.explore.clients import Caller
from dslab.node import Message, Node, Timer
from dslab.values import exact, renamed

__all__ = ["Local", "State", "States", "Used", "state_of"]


class Used(NamedTuple):
    """What a run has used up of its bounds: the classes of the timers that ran out, sorted and each
    as often as it did, and how many crashes, losses and duplicates there were.
    """

    fires: tuple[str, ...] = ()
    crashes: int = 0
    losses: int = 0
    duplicates: int = 0


class State(NamedTuple):
    """A state of the whole.

    nodes  the number of each node's local state, in the order of the nodes.
    mail   the numbers of the envelopes on their way, sorted; where links are ordered, by link and
           then in order of sending.
    used   what is used up of the bounds.
    seen   what the clients have seen.
    """

    nodes: tuple[int, ...]
    mail: tuple[int, ...]
    used: Used
    seen: Seen


#: A State from a tuple of its four parts: for every step of an exploration one is made, and this
#: is several times as fast as State(…).
state_of = partial(tuple.__new__, State)


class Local:
    """A node's fields and pending timers; while it is down, its durable fields."""

    __slots__ = ("place", "fields", "timers", "up", "node")

    def __init__(self, place: int, fields: Mapping[str, Any], timers: tuple[Timer, ...], up: bool):
        self.place, self.fields, self.timers, self.up = place, dict(fields), timers, up
        self.node: Node | None = None  # Made when somebody looks.

    @property
    def key(self) -> tuple:
        """The same for two that don't differ, and can be hashed."""
        return (self.place, tuple(self.fields), tuple(self.fields.values()), self.timers, self.up)

    def renamed(self, names: Mapping[str, str], place: int) -> "Local":
        """With other names of nodes, as the node at `place`."""
        fields = {field: renamed(value, names) for field, value in self.fields.items()}
        return Local(place, fields, renamed(self.timers, names), self.up)


class States:
    """The nodes by name and place, and what the numbers in their states stand for.

    classes  the nodes' classes, by name.
    ordered  whether messages of one link arrive in order.
    """

    def __init__(self, classes: Mapping[str, type[Node]], ordered: bool = False):
        self.classes, self.order = dict(classes), tuple(classes)
        self.place = {name: place for place, name in enumerate(self.order)}
        self.clients = tuple(name for name, kind in classes.items() if issubclass(kind, Caller))
        self.servers = tuple(name for name in self.order if name not in self.clients)
        self._ordered = ordered
        self._numbers: dict[Any, int] = {}
        self.locals: list[Local] = []
        self._envelopes: dict[Any, int] = {}
        self.envelopes: list[tuple[str, str, Message]] = []  # (sender, receiver, message).
        self.receivers: list[int | None] = []  # The place of each envelope's receiver.

    def demand(self, name: str) -> None:
        """Raise DslabError unless there is a node of this name."""
        if name not in self.classes:
            raise DslabError(f"there is no node {name!r} here: there are {', '.join(self.order)}.")

    def made(self, name: str, disk: dict[str, Any] | None = None) -> Node:
        """A node that has not started: a new one, or one that comes back with this disk."""
        kind, peers = self.classes[name], [peer for peer in self.servers if peer != name]
        return kind(name, peers) if disk is None else kind.recover(name, peers, disk)

    def number(self, local: Local) -> int:
        """The number of a node's local state."""
        number = self._numbers.setdefault(exact(local.key), len(self.locals))
        if number == len(self.locals):
            self.locals.append(local)
        return number

    def envelope(self, sender: str, receiver: str, message: Message) -> int:
        """The number of a message on its way."""
        envelope = sender, receiver, message
        number = self._envelopes.setdefault(exact(envelope), len(self.envelopes))
        if number == len(self.envelopes):
            self.envelopes.append(envelope)
            self.receivers.append(self.place.get(receiver))
        return number

    def in_order(self, mail: Iterable[int]) -> tuple[int, ...]:
        """The envelopes on their way, in the one order in which a state holds them."""
        return tuple(sorted(mail, key=self._link) if self._ordered else sorted(mail))

    def _link(self, number: int) -> tuple[str, str]:
        return self.envelopes[number][:2]

    def local(self, state: State, name: str) -> Local:
        """What the node of this name is in a state. Raises DslabError where there is none."""
        self.demand(name)
        return self.locals[state.nodes[self.place[name]]]

    def node(self, local: Local) -> Node | None:
        """The node in this local state, to be looked at and not to be changed; None if down."""
        if local.up and local.node is None:
            local.node = self.made(self.order[local.place])
            vars(local.node).update(local.fields)
        return local.node

    def durable(self, local: Local) -> dict[str, Any]:
        """What is on the disk of a node in this local state."""
        kept = self.classes[self.order[local.place]].durable
        return {field: value for field, value in local.fields.items() if field in kept}

    def renaming(self, names: Mapping[str, str]) -> Callable[[State], State]:
        """A function that gives a state with other names of nodes: `names` maps each that changes
        to its new one. It keeps what it has renamed, by number.
        """
        numbers: dict[int, int] = {}
        envelopes: dict[int, int] = {}
        places = [self.place[names.get(name, name)] for name in self.order]

        def rename(state: State) -> State:
            nodes = list(state.nodes)
            for number, there in zip(state.nodes, places):
                if number not in numbers:
                    numbers[number] = self.number(self.locals[number].renamed(names, there))
                nodes[there] = numbers[number]
            for number in state.mail:
                if number not in envelopes:
                    envelopes[number] = self.envelope(*renamed(self.envelopes[number], names))
            mail = self.in_order(envelopes[number] for number in state.mail)
            return state_of((tuple(nodes), mail, state.used, state.seen.renamed(names)))

        return rename
