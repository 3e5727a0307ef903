# Money in Decimals, and an order charged again after a crash.
from decimal import Decimal

from dslab.learn import check
from dslab.node import Node, Reply


class Cashier(Node):
    total: Decimal = Decimal("0.00")
    charged: frozenset = frozenset()
    durable = ("total",)

    def on_Request(self, client, m):
        if m.f == "charge" and m.key not in self.charged:
            self.charged |= {m.key}
            self.total += Decimal(m.value)
        self.send(client, Reply(m.id, self.total))


check("at-most-once", Cashier)
