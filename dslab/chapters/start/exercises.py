"""Chapter 00: charge a customer at most once; read a trace; find your place."""

from dslab.learn.answers import predict
from dslab.learn.grading import Broken, Exercise, Property, is_node, register
from dslab.node import Node
from dslab.protocols.raft import Raft
from dslab.sim import Cluster

__all__ = ["reading_run", "shop"]


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


register(
    Exercise(
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
)


def reading_run() -> Cluster:
    """The run of exercise 00.2."""
    cluster = Cluster(Raft, 3, seed=23, clients=1, title="Read me: three nodes, one crash, one cut")
    me = cluster.client("c1")

    def leader():
        return max(
            (node for node in cluster.nodes.values() if node is not None and node.role == "leader"),
            key=lambda node: node.current_term,
        ).id

    def story(cluster):
        yield me.write("x", 1)
        first = leader()
        cluster.crash(first)
        yield cluster.after(500)
        yield me.write("x", 2, to=leader())
        cluster.restart(first)
        cluster.isolate(leader())
        yield me.write("x", 3, to=leader(), timeout=120)
        yield cluster.after(500)
        cluster.heal()
        yield cluster.after(300)
        yield me.read("x", to=leader())

    return cluster.script(story).run(2200)


def _answers():
    run = reading_run()
    operations, events = run.history.operations, run.trace.events
    return {
        "1": next(event.place for event in events if event.kind == "crash"),
        "2": next(
            name for name, node in run.nodes.items() if node is not None and node.role == "leader"
        ),
        "3": {"ok": "acknowledged", "fail": "refused", "info": "unknown"}[operations[2].outcome],
        "4": str(operations[3].result),
        "5": _holder(run, events),
        "6": str(max(node.current_term for node in run.nodes.values() if node is not None)),
    }


def _holder(run, events):
    heal = next(number for number, event in enumerate(events) if event.kind == "heal")
    holders = [
        name
        for name in run.names
        if any(entry.command.value == 3 for entry in run.trace.state(name, heal)["log"])
    ]
    return " ".join(holders)


_WHY = {
    "1": "Look for the cross on a lane, and the hatching after it.",
    "2": "Go to the end (the End key), and read the row `role`.",
    "3": "The bar on c1's lane has a dotted border and a question mark: nobody knows.",
    "4": "The last bar on c1's lane says what the read returned.",
    "5": "Go to where the orange span ends, and compare the rows `log`.",
    "6": "Go to the end, and read the row `current_term`.",
}
_QUESTIONS = {
    "1": "Which node crashes?",
    "2": "Which node leads at the end?",
    "3": "What became of the write of 3: acknowledged, refused or unknown?",
    "4": "What does the last read return?",
    "5": "Just before the links are up again, which node alone has the write of 3 in its log?",
    "6": "Which is the highest term at the end?",
}

predict(
    "read-a-trace",
    "00.2 Read a trace",
    1,
    [(id, _QUESTIONS[id], answer, _WHY[id]) for id, answer in _answers().items()],
)

predict(
    "diagnostic",
    "00.0 Where do you stand?",
    1,
    [
        (
            "A1",
            "A server doesn't answer. Can you tell that it crashed? (yes/no)",
            "no",
            "Slow, dead, cut off and lost reply look the same: the table of four causes shows it.",
        ),
        (
            "A2",
            "Two events happen on two machines, at 12:00:00.010 and 12:00:00.020 by "
            "their clocks. Which came first? (first/second/unknown)",
            "unknown",
            "Clocks of two machines differ, by more than 10 ms if nobody watches them.",
        ),
        (
            "B1",
            "A primary acknowledges a write before its backup has it, and its disk is "
            "lost. Is the write lost? (yes/no)",
            "yes",
            "Asynchronous replication keeps no promise that only one disk knows.",
        ),
        (
            "B2",
            "You shard by range of date. Which shard gets today's writes? (all/one)",
            "one",
            "The shard of the last range gets them all: the table of shards shows it.",
        ),
        (
            "C1",
            "TCP delivers your request and the connection then breaks. Was the request "
            "executed? (yes/no/unknown)",
            "unknown",
            "TCP says nothing of what the application did: the lost reply of this chapter.",
        ),
        (
            "C2",
            "Can a network fail in one direction only? (yes/no)",
            "yes",
            "A firewall rule or a faulty transceiver does it; `cluster.cut(a, b)` does it here.",
        ),
        (
            "D1",
            "Two generals may exchange as many messengers as they like, and each may be "
            "lost. Can they be sure to attack together? (yes/no)",
            "no",
            "Whatever the number, the loss of the last one leaves its sender unsure: the "
            "table of generals.",
        ),
        (
            "D2",
            "An algorithm does the same in two runs that a node can't tell apart. Is "
            "that a law or a habit? (law/habit)",
            "law",
            "A node can only act on what it has seen. Every impossibility in this book "
            "rests on that.",
        ),
    ],
)
