"""G-Set: a set that only grows, so that copies can be merged in any order, any
number of times.

Shapiro, Preguiça, Baquero and Zawirski, "A Comprehensive Study of Convergent and
Commutative Replicated Data Types", INRIA RR-7506, 2011, specification 11: the state
is a set, `add` puts an element in, and `merge` is the union. Each server sends its
whole state to the others from time to time; the workload is Maelstrom's "g-set"
(Jepsen, https://github.com/jepsen-io/maelstrom, doc/workloads.md).
"""

from typing import Any

from dslab.node import Message, Node, Reply, Timer
from dslab.values import canonical

__all__ = ["GSet", "Gossip", "Merge"]


class Merge(Message):
    """The sender's state."""

    elements: frozenset[Any]


class Gossip(Timer):
    """Time to send the state."""


class GSet(Node):
    """One server: it answers at once, whomever it can reach."""

    name = "g-set"

    gossip = 100  # Milliseconds.

    elements: frozenset[Any] = frozenset()
    durable = ("elements",)

    def on_start(self):
        """Begin to gossip."""
        self.set_timer(Gossip(), self.gossip)

    def on_Request(self, client, m):
        """add an element, or read all."""
        match m.f:
            case "add":
                self.elements |= {m.value}
                self.send(client, Reply(m.id))
            case "read":
                self.send(
                    client, Reply(m.id, tuple(sorted(self.elements, key=canonical)))
                )
            case _:
                self.send(client, Reply(m.id, error="not-supported"))

    def on_Gossip(self):
        """Send the state to all."""
        self.broadcast(Merge(self.elements))
        self.set_timer(Gossip(), self.gossip)

    def on_Merge(self, peer, m):
        """Take the union."""
        self.elements |= m.elements
