"""Which of C and A a run has lost, and the adversary who looks for such a run.

A fault has broken what the same schedule without its faults keeps: a store that refuses a call in
peace too refuses it for a reason of its own.
"""

from collections.abc import Iterator
from itertools import permutations

from dslab.chapters.cap.steps import BESIDE, FAULTS, perform, told
from dslab.check import linearizable
from dslab.node import Node
from dslab.sim import Cluster
from dslab.verdict import Verdict

__all__ = ["adversary", "lost", "without_faults"]

#: How long the adversary leaves a store in peace, in ms: some must elect a leader first.
PEACE = 500
CALLS = [
    *(("write", name, value) for value, name in enumerate(BESIDE, 1)),
    *(("read", name) for name in BESIDE),
]


def lost(cluster: Cluster, steps: list[tuple | dict]) -> dict[tuple, str]:
    """What the run of a schedule has lost, a sentence for each: ("A", number of the call) for a
    call that is not served although its node runs, ("C",) for a history that is not linearizable.
    """
    found, down, calls = {}, set(), iter(enumerate(cluster.history.operations))
    for step in told(steps):
        if step.word in ("crash", "restart"):
            names = step.options["node"].split()
            down = down.union(names) if step.word == "crash" else down.difference(names)
        elif step.word in ("read", "write"):
            number, op = next(calls)
            node = step.options["to"]
            if op.outcome != "ok" and node not in down:
                found["A", number] = (
                    f"{BESIDE[node]}'s {op.f} at {node} is "
                    f"{'refused' if op.outcome == 'fail' else 'never answered'}, although "
                    f"{node} runs."
                )
    verdict = linearizable(cluster.history)
    if verdict.holds is False:
        found["C",] = verdict.sentence
    return found


def without_faults(steps: list[tuple | dict]) -> list[tuple | dict]:
    """The same schedule in peace."""
    words = [step.word for step in told(steps)]
    return [step for step, word in zip(steps, words) if word not in FAULTS]


def adversary(node_class: type[Node]) -> Verdict:
    """Look for the shortest schedule that costs a store its consistency or its availability: leave
    it in peace for a moment, cut one node off, write here, read there, longer and longer. What the
    same calls cost without the cut doesn't count.
    """
    tried = 0
    for steps in _schedules():
        cluster = perform(node_class, steps, f"{node_class.__name__} against the adversary")
        tried += 1
        found = lost(cluster, steps)
        if found:
            peace = without_faults(steps)
            found = {
                what: sentence
                for what, sentence in found.items()
                if what not in lost(perform(node_class, peace), peace)
            }
        if found:
            what, sentence = next(iter(found.items()))
            word = {"C": "not consistent", "A": "not available"}[what[0]]
            return Verdict(
                False,
                "CA",
                f"{node_class.__name__} is {word}. {sentence}",
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


def _schedules() -> Iterator[list[tuple]]:
    for length in (1, 2, 3):
        for alone in BESIDE:
            others = " ".join(name for name in BESIDE if name != alone)
            for calls in permutations(CALLS, length):
                yield [("wait", PEACE), ("partition", alone, others), *calls]
