"""Written schedules for three nodes of a store, one step after the other."""

from collections.abc import Iterable

from dslab.errors import DslabError
from dslab.node import Node
from dslab.run.steps import Step, parsed
from dslab.sim import Cluster
from dslab.sim.steps import perform_all, world_of

__all__ = ["BESIDE", "FAULTS", "PATIENCE", "cluster_of", "perform", "told"]

#: How long a client waits for an answer, in milliseconds.
PATIENCE = 600
#: What a schedule may say: CAP is about links and crashes, not about nodes that lie or disks that
#: forget.
WORDS = "write", "read", "partition", "heal", "wait", "crash", "restart"
#: What brings a fault, or ends one. Without these steps a schedule has none.
FAULTS = "partition", "heal", "crash", "restart"
#: What these words may have besides: nothing that would make a client impatient, or a disk forget.
OPTIONS = ("to", "value", "groups", "duration", "node")
#: How long the waits of a schedule may be in all, in milliseconds.
WAITING = 60_000


NAMES = "n1", "n2", "n3"
BESIDE = dict(zip(NAMES, ("c1", "c2", "c3")))


def cluster_of(node_class: type[Node], seed: int = 0, **more) -> Cluster:
    """Three nodes, with a client for each; `more` as for a Cluster."""
    strict = issubclass(node_class, Node)
    return Cluster(node_class, NAMES, seed=seed, clients=3, strict=strict, **more)


def perform(node_class: type[Node], steps: Iterable[tuple | dict], title: str = "") -> Cluster:
    """Run a written schedule (`dslab.run.steps`) on three nodes, one step after the other. A client
    stands beside each node and asks no other.

    ("write", "n1", 5), ("read", "n2"), ("partition", "n1", "n2 n3"), ("heal",), ("wait", 100),
    ("crash", "n1"), ("restart", "n1").

    Raises DslabError for a step that says more, and for waits of more than a minute.
    """
    steps = list(steps)
    told(steps)
    cluster = cluster_of(node_class, delay=(2, 4), title=title)
    return perform_all(cluster, steps, only=WORDS, key="x", timeout=PATIENCE)


def told(steps: Iterable[tuple | dict]) -> list[Step]:
    """The steps of a schedule, each as its word and options. Raises DslabError as `perform`."""
    world, found = world_of(NAMES, BESIDE.values(), Node, only=WORDS), []
    for given in steps:
        step = parsed(given, world)
        more = [name for name in step.options if name not in OPTIONS]
        if more:
            takes = ", ".join(name for name in step.options if name in OPTIONS)
            raise DslabError(
                f"{given!r:.80} is no step here: `{step.word}` takes {takes}, and no more."
            )
        found.append(step)
    waits = sum(step.options["duration"] for step in found if step.word == "wait")
    if waits > WAITING:
        raise DslabError(f"this schedule waits {waits:,} ms: at most {WAITING:,} ms do.")
    return found
