"""Written schedules for three nodes of a store, one step after the other."""

from collections.abc import Iterable

from dslab.node import Node
from dslab.sim import Cluster
from dslab.sim.steps import perform_all

__all__ = ["PATIENCE", "cluster_of", "perform"]

#: How long a client waits for an answer, in milliseconds.
PATIENCE = 600
#: What a schedule may say: CAP is about links and crashes, not about nodes that lie or disks that
#: forget.
WORDS = "write", "read", "partition", "heal", "wait", "crash", "restart"


def cluster_of(node_class: type[Node], seed: int = 0, **more) -> Cluster:
    """Three nodes, with a client for each; `more` as for a Cluster."""
    return Cluster(node_class, 3, seed=seed, clients=3, strict=issubclass(node_class, Node), **more)


def perform(node_class: type[Node], steps: Iterable[tuple | dict], title: str = "") -> Cluster:
    """Run a written schedule (`dslab.run.steps`) on three nodes, one step after the other. A client
    stands beside each node and asks no other.

    ("write", "n1", 5), ("read", "n2"), ("partition", "n1", "n2 n3"), ("heal",), ("wait", 100),
    ("crash", "n1"), ("restart", "n1").
    """
    cluster = cluster_of(node_class, delay=(2, 4), title=title)
    return perform_all(cluster, steps, only=WORDS, key="x", timeout=PATIENCE)
