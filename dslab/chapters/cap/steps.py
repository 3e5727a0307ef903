"""Written schedules for three nodes of a store, one step after the other."""

from collections.abc import Iterable

from dslab.errors import DslabError
from dslab.node import Node
from dslab.sim import Cluster

__all__ = ["PATIENCE", "cluster_of", "perform"]

#: How long a client waits for an answer, in milliseconds.
PATIENCE = 600
STEPS = ("write", "read", "partition", "heal", "wait", "crash", "restart")


def cluster_of(node_class: type[Node], seed: int = 0, **more) -> Cluster:
    """Three nodes, with a client for each; `more` as for a Cluster."""
    return Cluster(node_class, 3, seed=seed, clients=3, strict=issubclass(node_class, Node), **more)


def perform(node_class: type[Node], steps: Iterable[tuple], title: str = "") -> Cluster:
    """Run a written schedule on three nodes, one step after the other. A client stands beside each
    node and asks no other.

    ("write", "n1", 5), ("read", "n2"), ("partition", "n1", "n2 n3"), ("heal",), ("wait", 100),
    ("crash", "n1"), ("restart", "n1").
    """
    cluster = cluster_of(node_class, delay=(2, 4), title=title)
    for step in steps:
        verb, *rest = step
        match verb, len(rest):
            case ("write", 2) | ("read", 1):
                cluster.node_named(rest[0])
                client = cluster.client("c" + rest[0][1:])
                call = (
                    client.write("x", rest[1], to=rest[0], timeout=PATIENCE)
                    if verb == "write"
                    else client.read("x", to=rest[0], timeout=PATIENCE)
                )
                cluster.run(until=call).run(1)
            case ("partition", _) | ("crash", 1) | ("restart", 1):
                getattr(cluster, verb)(*rest)
            case ("heal", 0):
                cluster.heal()
            case ("wait", 1):
                cluster.run(rest[0])
            case _:
                raise DslabError(
                    f"{step!r} is no step: write one of {', '.join(STEPS)}, such as "
                    '("write", "n1", 5).'
                )
    return cluster
