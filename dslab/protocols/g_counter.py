"""G-Counter: a counter that only grows, as one number for each server.

Shapiro, Preguiça, Baquero and Zawirski, "A Comprehensive Study of Convergent and
Commutative Replicated Data Types", INRIA RR-7506, 2011, specification 6: each
server increments its own entry alone, the value is the sum, and `merge` takes the
larger of two entries. A single number would not do: nobody could tell two
increments of one from one that was heard twice. The workload is Maelstrom's
"g-counter" (Jepsen, https://github.com/jepsen-io/maelstrom, doc/workloads.md).
"""

from dslab.node import Message, Node, Reply, Timer
from dslab.values import Map

__all__ = ["GCounter", "Gossip", "Merge"]


class Merge(Message):
    """The sender's state: for each server what was added there, as it knows."""

    counts: Map


class Gossip(Timer):
    """Time to send the state."""


class GCounter(Node):
    """One server: it answers at once, whomever it can reach."""

    name = "g-counter"

    gossip = 100  # Milliseconds.

    counts: Map = Map()
    durable = ("counts",)

    def on_start(self):
        """Begin to gossip."""
        self.set_timer(Gossip(), self.gossip)

    def on_Request(self, client, m):
        """add a whole number, 0 or more, or read the sum."""
        match m.f:
            case "add" if isinstance(m.value, int) and m.value >= 0:
                self.counts |= {self.id: self.counts.get(self.id, 0) + m.value}
                self.send(client, Reply(m.id))
            case "add":
                self.send(client, Reply(m.id, error="malformed-request"))
            case "read":
                self.send(client, Reply(m.id, sum(self.counts.values())))
            case _:
                self.send(client, Reply(m.id, error="not-supported"))

    def on_Gossip(self):
        """Send the state to all."""
        self.broadcast(Merge(self.counts))
        self.set_timer(Gossip(), self.gossip)

    def on_Merge(self, peer, m):
        """Take the larger of each two entries."""
        self.counts |= {
            server: max(count, self.counts.get(server, 0))
            for server, count in m.counts.items()
        }
