"""Unique ids without a word between the nodes: a node's own name, and how many ids
it has given out.

The workload "unique-ids" of Maelstrom (Jepsen,
https://github.com/jepsen-io/maelstrom, doc/workloads.md). It must go on in every
partition, so nobody may be asked: names are the one thing that is different
already. The number is durable. Were it not, a node that restarts would give out its
first ids once more; a clock or a random number in its place (RFC 9562, UUID
versions 1 and 4) trades that write for an assumption.
"""

from dslab.node import Node, Reply

__all__ = ["UniqueIds"]


class UniqueIds(Node):
    """One server."""

    name = "unique-ids"

    given: int = 0
    durable = ("given",)

    def on_Request(self, client, m):
        """generate an id."""
        if m.f != "generate":
            self.send(client, Reply(m.id, error="not-supported"))
            return
        self.given += 1
        self.send(client, Reply(m.id, f"{self.id}-{self.given}"))
