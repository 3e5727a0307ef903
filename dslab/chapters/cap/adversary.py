"""Which of C and A a run has lost, and the adversary who looks for such a run."""

from itertools import permutations

from dslab.chapters.cap.steps import perform
from dslab.check import linearizable
from dslab.node import Node
from dslab.sim import Cluster
from dslab.verdict import Verdict

__all__ = ["adversary", "judgement"]


def judgement(cluster: Cluster) -> tuple[str, str] | None:
    """Which of C and A a run breaks, and how: ("C", sentence), ("A", sentence), or None."""
    verdict = linearizable(cluster.history)
    if verdict.holds is False:
        return "C", verdict.sentence
    for op in cluster.history.operations:
        if op.outcome != "ok":
            return "A", f"“{op}”: a node that runs got a call and did not serve it."
    return None


def adversary(node_class: type[Node]) -> Verdict:
    """Look for the shortest schedule that costs a store its consistency or its availability: cut
    one node off, write here, read there, longer and longer.
    """
    tried = 0
    for length in (1, 2, 3):
        for alone in ("n1", "n2", "n3"):
            others = " ".join(name for name in ("n1", "n2", "n3") if name != alone)
            for calls in permutations(
                [
                    ("write", "n1", 1),
                    ("write", "n3", 2),
                    ("read", "n1"),
                    ("read", "n2"),
                    ("read", "n3"),
                ],
                length,
            ):
                steps = [("partition", alone, others), *calls]
                cluster = perform(node_class, steps, f"{node_class.__name__} against the adversary")
                tried += 1
                found = judgement(cluster)
                if found:
                    word = {"C": "not consistent", "A": "not available"}[found[0]]
                    return Verdict(
                        False,
                        "CA",
                        f"{node_class.__name__} is {word}. {found[1]}",
                        tuple(map(repr, steps)),
                        trace=cluster.trace,
                        explored={"schedules": tried},
                    )
    return Verdict(
        None,
        "CA",
        "None of these schedules broke it. Gilbert and Lynch say that one does: let the "
        "adversary try longer ones.",
        explored={"schedules": tried},
    )
