"""Echo: the smallest server there is. It shows the form of a node, and that a
harness reaches it.

The workload "echo" of Maelstrom (Jepsen, https://github.com/jepsen-io/maelstrom,
doc/workloads.md).
"""

from dslab.node import Node, Reply

__all__ = ["Echo"]


class Echo(Node):
    """One server: it answers with what it is asked."""

    name = "echo"

    def on_Request(self, client, m):
        """echo a value."""
        if m.f == "echo":
            self.send(client, Reply(m.id, m.value))
        else:
            self.send(client, Reply(m.id, error="not-supported"))
