"""Chapter 00: reference answers."""

from dslab.node import Node, Reply


class MyCashier(Node):
    total: int = 0
    charged: frozenset = frozenset()
    durable = "total", "charged"

    def on_Request(self, client, m):
        if m.f == "charge" and m.key not in self.charged:
            self.charged |= {m.key}
            self.total += m.value
        self.send(client, Reply(m.id, self.total))


answers = {
    "at-most-once": MyCashier,
    "read-a-trace": {"1": "n3", "2": "n2", "3": "unknown", "4": "2", "5": "n1", "6": "4"},
    "diagnostic": {
        "A1": "no",
        "A2": "unknown",
        "B1": "yes",
        "B2": "one",
        "C1": "unknown",
        "C2": "yes",
        "D1": "no",
        "D2": "law",
    },
}
