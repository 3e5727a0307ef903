"""03.1b The same register, always available: each node answers, cut off or not."""

from dslab.chapters.cap.load import SEEDS, loaded, serves
from dslab.chapters.cap.steps import PATIENCE, perform
from dslab.learn.exercise import Broken, Exercise, Property, is_node

__all__ = ["exercise"]


def answers_always(node_class):
    counted = {"calls during a partition": 0}
    for seed in SEEDS:
        cluster = loaded(node_class, seed)
        for op in cluster.history.operations:
            if op.start < 1500 - PATIENCE and op.outcome != "ok":
                raise Broken(
                    f"“{op}” is not served, although its node runs.",
                    expected="an answer from every node that runs",
                    got={"fail": "a refusal", "info": "no answer"}[op.outcome],
                    trace=cluster.trace,
                )
            counted["calls during a partition"] += 300 <= op.start < 1000
    if counted["calls during a partition"] < 50:
        raise Broken("Hardly any call was served.", expected="a store that serves", got="silence")
    return counted


def converges(node_class):
    cluster = perform(
        node_class,
        [
            ("partition", "n1", "n2 n3"),
            ("write", "n1", 1),
            ("write", "n2", 2),
            ("write", "n3", 3),
            ("heal",),
            ("wait", 1000),
            ("read", "n1"),
            ("read", "n2"),
            ("read", "n3"),
        ],
    )
    values = [op.result for op in cluster.history.operations[-3:]]
    if len(set(values)) > 1 or values[0] not in (1, 2, 3):
        raise Broken(
            "A second after the partition the nodes don't agree on a value that was written.",
            expected="the same value, one of 1, 2, 3",
            got=", ".join(map(str, values)),
            trace=cluster.trace,
        )


exercise = Exercise(
    "cap-ap",
    "03.1b The same register, always available",
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
            "answers",
            "Every node that runs serves every call, cut off or not.",
            2,
            "Ask nobody before you answer.",
            answers_always,
        ),
        Property(
            "converges",
            "After the partition all nodes come to hold the same written value.",
            2,
            "Spread what you have, again and again, and let all nodes choose the "
            "same winner: compare (counter, node).",
            converges,
        ),
    ),
    is_node,
)
