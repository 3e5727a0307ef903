"""How Paxos is put to the explorer and to the simulator, and the bounds in which it goes wrong."""

from dslab.chapters.paxos.mutants import AnswersAgain
from dslab.explore import Nodes, explore, walk
from dslab.explore.clients import caller
from dslab.learn.mutants import Bounds
from dslab.node import Node, Request
from dslab.protocols.paxos import Paxos
from dslab.scenario.rules import first_broken
from dslab.sim import Cluster

__all__ = ["BOUNDS", "CORRECT", "simulated"]

CORRECT = Paxos, AnswersAgain
THREE = "n1", "n2", "n3"
TWO = ("n1", "A"), ("n2", "B")


def proposers(words: str, *values: tuple[str, str], look=walk, **bounds) -> Bounds:
    """Three nodes, and for each of `values` (node, value) a client that has it proposed there."""
    clients = {
        f"c{number}": caller((to, "propose", None, value))
        for number, (to, value) in enumerate(values, 1)
    }
    return Bounds(
        words,
        lambda kind: Nodes(
            dict.fromkeys(THREE, kind) | clients, invariants=Paxos.rules, fires=0, **bounds
        ),
        look,
        {"walks": 4000, "length": 60, "seed": 1} if look is walk else {"budget": 40_000},
    )


BOUNDS = {
    "two proposers": proposers("two proposers", *TWO, look=explore),
    "proposers walked": proposers("two proposers, random walks", *TWO),
    "proposers crash": proposers("two proposers, a crash, random walks", *TWO, crashes=1),
    "proposers repeat": proposers(
        "two proposers, two repeated messages, random walks", *TWO, duplicates=2
    ),
    "proposer again": proposers(
        "one node that proposes twice, a crash", ("n1", "A"), ("n1", "B"), look=explore, crashes=1
    ),
}


def simulated(kind: type[Node], seed: int) -> str | None:
    """Two proposers of Paxos at once, on a network that takes the same time for each message."""
    cluster = Cluster(kind, 3, seed=seed, clients=2, delay=(5, 5), strict=False)
    for client, (to, value) in zip(cluster.clients, TWO):
        cluster.post(client, to, Request(1, "propose", None, value))
    cluster.run(1000)
    if broken := first_broken(cluster.trace, kind):
        return broken
    return (
        None
        if all(cluster[name].chosen for name in cluster.names)
        else "nothing is chosen although no fault goes on"
    )
