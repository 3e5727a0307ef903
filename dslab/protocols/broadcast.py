"""Broadcast by rumours that are repeated until they are acknowledged, along the
links of a topology.

Demers et al., "Epidemic Algorithms for Replicated Database Maintenance", PODC 1987:
who hears something new tells their neighbours. There a rumour is dropped after a
while, and anti-entropy finds what was missed; here a neighbour stays on the list
until it has answered, so that a partition only delays. The workload is Maelstrom's
"broadcast" (Jepsen, https://github.com/jepsen-io/maelstrom, doc/workloads.md): each
node answers with the messages that it has seen.
"""

from typing import Any

from dslab.node import Message, Node, Reply, Timer
from dslab.values import Map, canonical

__all__ = ["Broadcast", "Heard", "Repeat", "Rumour"]


class Rumour(Message):
    """Messages that the sender has not yet heard this neighbour acknowledge."""

    messages: tuple[Any, ...]


class Heard(Message):
    """The answer to a rumour: the sender has these messages now."""

    messages: tuple[Any, ...]


class Repeat(Timer):
    """Time to tell again what is not acknowledged."""


class Broadcast(Node):
    """One server. Without a `topology` everybody is everybody's neighbour."""

    name = "broadcast"

    repeat = 100  # Milliseconds.

    # A message is acknowledged to its client, so it outlives a crash, and so does
    # who has yet to hear it.
    seen: frozenset[Any] = frozenset()
    neighbours: tuple[str, ...] | None = None
    untold: Map = Map()  # neighbour → the messages that it has not acknowledged
    durable = "seen", "neighbours", "untold"

    def on_start(self):
        """After a crash too: tell neighbours what they have not acknowledged."""
        if self.neighbours is None:
            self.neighbours = self.peers
        self.tell_all()

    def on_Request(self, client, m):
        """broadcast a message, read all, or set the topology: name → neighbours."""
        match m.f:
            case "broadcast":
                self.learn((m.value,), None)
                self.send(client, Reply(m.id))
            case "read":
                self.send(client, Reply(m.id, in_order(self.seen)))
            case "topology":
                self.neighbours = tuple(
                    name for name in m.value.get(self.id, ()) if name in self.peers
                )
                self.untold = Map({name: self.seen for name in self.neighbours})
                self.tell_all()
                self.send(client, Reply(m.id))
            case _:
                self.send(client, Reply(m.id, error="not-supported"))

    def on_Rumour(self, neighbour, m):
        """Keep and pass on what is new, and acknowledge all."""
        self.learn(m.messages, neighbour)
        self.send(neighbour, Heard(m.messages))

    def on_Heard(self, neighbour, m):
        """The neighbour has these messages."""
        if neighbour in self.untold:
            self.untold |= {
                neighbour: self.untold[neighbour] - frozenset(m.messages)
            }

    def on_Repeat(self):
        """Tell again what is not acknowledged."""
        self.tell_all()

    def learn(self, messages, teller):
        """Keep what is new, and tell every neighbour but the one who told it."""
        new = frozenset(messages) - self.seen
        if new:
            self.seen |= new
            self.untold |= {
                name: self.untold.get(name, frozenset()) | new
                for name in self.neighbours
                if name != teller
            }
            self.tell_all(new)

    def tell_all(self, which=None):
        """Tell each neighbour what it has not acknowledged, or `which` of it."""
        for name, messages in self.untold.items():
            if rumour := in_order(messages if which is None else messages & which):
                self.send(name, Rumour(rumour))
        if any(self.untold.values()):
            self.set_timer(Repeat(), self.repeat)


def in_order(messages) -> tuple:
    """A set as a tuple whose order is the same everywhere."""
    return tuple(sorted(messages, key=canonical))
