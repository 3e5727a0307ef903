"""00.1 Charge a customer at most once."""

from dslab.learn.exercise import Broken, Exercise, Property, is_node
from dslab.node import Node
from dslab.sim import Cluster

__all__ = ["exercise"]


def shop(node_class, title="A shop that charges") -> Cluster:
    """One cashier and two customers."""
    return Cluster(
        node_class, 1, seed=1, clients=2, strict=issubclass(node_class, Node), title=title
    )


def charge(cluster, order, amount, client="c1", **where):
    call = cluster.client(client).call("charge", order, amount, timeout=200, **where)
    cluster.run(until=call)
    return call.value


def total(cluster, client="c1"):
    call = cluster.client(client).call("read", timeout=200)
    cluster.run(until=call)
    outcome, value = call.value
    if outcome != "ok":
        raise Broken(
            "A read of the total is not answered.",
            expected="Reply(m.id, total)",
            got="silence",
            trace=cluster.trace,
        )
    return value


def expect(cluster, sentence, expected):
    got = total(cluster)
    if got != expected:
        raise Broken(
            sentence,
            expected=f"a total of {expected}",
            got=f"a total of {got}",
            trace=cluster.trace,
        )


def charges(node_class):
    once(node_class)  # What is given charges already: there are no points for leaving it as it is.
    cluster = shop(node_class)
    for order, amount in (("order-1", 30), ("order-2", 12)):
        if charge(cluster, order, amount)[0] != "ok":
            raise Broken(
                f"{order} is charged, and the cashier doesn't answer.",
                expected="Reply(m.id, …)",
                got="silence",
                trace=cluster.trace,
            )
    expect(cluster, "Two orders of 30 and 12 were charged.", 42)


def once(node_class):
    cluster = shop(node_class)
    cluster.cut("n1", "c1")  # The request arrives, the reply is lost.
    charge(cluster, "order-1", 30)
    cluster.heal()
    if charge(cluster, "order-1", 30)[0] != "ok":
        raise Broken(
            "The customer asks again for order-1 and gets no answer.",
            expected="the answer that was lost",
            got="silence",
            trace=cluster.trace,
        )
    expect(cluster, "The reply to order-1 was lost, and the customer asked again.", 30)


def twice_by_network(node_class):
    cluster = shop(node_class)
    cluster.network.disturb(duplicate=1.0)
    charge(cluster, "order-1", 30)
    cluster.run(50)
    cluster.network.disturb()
    expect(cluster, "The network delivered the request for order-1 twice.", 30)


def apart(node_class):
    once(node_class)
    cluster = shop(node_class)
    charge(cluster, "order-1", 30, "c1")
    charge(cluster, "order-2", 30, "c1")
    charge(cluster, "order-3", 30, "c2")
    expect(cluster, "Three different orders, each of 30.", 90)


def after_crash(node_class):
    cluster = shop(node_class)
    cluster.cut("n1", "c1")
    charge(cluster, "order-1", 30)
    cluster.heal()
    cluster.crash("n1")
    cluster.restart("n1")
    charge(cluster, "order-1", 30)
    expect(cluster, "The cashier crashed after order-1, came back, and was asked again.", 30)


exercise = Exercise(
    "at-most-once",
    "00.1 Charge at most once",
    "CODE",
    1,
    (
        Property(
            "charges",
            "Orders are charged and answered, and the total is right.",
            1,
            'm.f is "charge" (with m.key the order, m.value the amount) or "read".',
            charges,
        ),
        Property(
            "once",
            "An order that is asked for again is charged once, and answered.",
            2,
            "Remember which orders you have charged: a frozenset.",
            once,
        ),
        Property(
            "duplicates",
            "A request that arrives twice is charged once.",
            1,
            "The same memory serves.",
            twice_by_network,
        ),
        Property(
            "apart",
            "Different orders are charged, each of them.",
            1,
            "Compare the order, not the amount.",
            apart,
        ),
        Property(
            "crash",
            "After a crash it still knows what it has charged.",
            1,
            "Both the total and the memory belong in `durable`.",
            after_crash,
        ),
    ),
    is_node,
)
