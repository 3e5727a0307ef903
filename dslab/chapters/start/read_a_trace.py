"""00.2 Read a trace: the answers are what the run shows."""

from functools import cache

from dslab.learn.answers import predict
from dslab.protocols.raft import Raft
from dslab.sim import Cluster

__all__ = ["exercise", "reading_run"]


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


@cache
def answers() -> dict[str, str]:
    """The right answers, once a reader has given some: importing runs nothing."""
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

exercise = predict(
    "read-a-trace",
    "00.2 Read a trace",
    1,
    [(id, question, lambda id=id: answers()[id], _WHY[id]) for id, question in _QUESTIONS.items()],
)
