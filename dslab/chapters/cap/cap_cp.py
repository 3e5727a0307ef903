"""03.1a A register that stays consistent: it refuses rather than answer what may be old."""

from dslab.chapters.cap.load import SEEDS, loaded, serves
from dslab.chapters.cap.steps import perform
from dslab.check import linearizable
from dslab.learn.exercise import Broken, Exercise, Property, is_node

__all__ = ["exercise"]


def agrees(node_class):
    counted = {"runs": 0, "calls": 0, "served": 0}
    for seed in SEEDS:
        cluster = loaded(node_class, seed)
        history = cluster.history
        verdict = linearizable(history)
        if not verdict:
            raise Broken(
                verdict.sentence,
                expected="one order that a single register would have answered",
                got="; ".join(str(op) for op in verdict.history.operations),
                trace=cluster.trace,
            )
        counted["runs"] += 1
        counted["calls"] += len(history)
        counted["served"] += sum(op.outcome == "ok" for op in history.operations)
    if counted["served"] < 50:
        raise Broken(
            f"Only {counted['served']} calls were ever served, so nothing was put to the test.",
            expected="a store that serves",
            got="silence",
        )
    return counted


def refuses(node_class):
    cluster = perform(
        node_class,
        [
            ("write", "n1", 1),
            ("wait", 100),
            ("partition", "n3", "n1 n2"),
            ("write", "n1", 2),
            ("read", "n3"),
        ],
    )
    last = cluster.history.operations[-1]
    if last.outcome == "ok" and last.result == 1 and cluster.history.operations[1].outcome == "ok":
        raise Broken(
            "n3 is cut off, n1 has acknowledged a newer write, and n3 still serves the old value.",
            expected="no answer, or a refusal",
            got=str(last),
            trace=cluster.trace,
        )
    serves(node_class)


def keeps(node_class):
    cluster = perform(
        node_class,
        [
            ("write", "n1", 7),
            ("wait", 200),
            *[("crash", name) for name in ("n1", "n2", "n3")],
            *[("restart", name) for name in ("n1", "n2", "n3")],
            ("wait", 400),
            ("read", "n1"),
        ],
    )
    first, last = cluster.history.operations
    if first.outcome != "ok" or last.outcome != "ok" or last.result != 7:
        raise Broken(
            "After all three nodes crashed and came back, the acknowledged write is not read.",
            expected="7",
            got=str(last),
            trace=cluster.trace,
        )


exercise = Exercise(
    "cap-cp",
    "03.1a A register that stays consistent",
    "CODE",
    2,
    (
        Property(
            "serves",
            "Without faults every call is served.",
            1,
            "Answer every Request with one Reply of the same id.",
            serves,
        ),
        Property(
            "agrees",
            "Under partitions every history is linearizable.",
            3,
            "A read must learn of every write that was acknowledged: let both meet "
            "in a majority. And let a reader write back what it found.",
            agrees,
        ),
        Property(
            "refuses",
            "A node that is cut off doesn't serve what may be old.",
            1,
            "Whom must n3 ask before it may answer?",
            refuses,
        ),
        Property(
            "keeps",
            "Acknowledged writes survive a crash of all nodes.",
            1,
            "Name the fields in `durable`.",
            keeps,
        ),
    ),
    is_node,
)
