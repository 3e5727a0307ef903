"""00.1 Charge at most once: a reference answer."""

from dslab.node import Node, Reply
from dslab.values import Map


class MyCashier(Node):
    total: int = 0
    charged: frozenset = frozenset()
    durable = "total", "charged"

    def on_Request(self, client, m):
        if m.f == "charge" and m.key not in self.charged:
            self.charged |= {m.key}
            self.total += m.value
        self.send(client, Reply(m.id, self.total))


answer = MyCashier


class Ledger(Node):
    """Remembers what each order cost, and adds up when it is asked."""

    orders: Map = Map()
    durable = ("orders",)

    def on_Request(self, client, m):
        if m.f == "charge":
            self.orders = Map({m.key: m.value}) | self.orders
        self.send(client, Reply(m.id, sum(self.orders.values())))


others = {"a ledger": Ledger}
