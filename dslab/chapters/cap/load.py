"""Clients that read and write at random, with a partition, and what a register must do without."""

from dslab.chapters.cap.steps import PATIENCE, cluster_of
from dslab.learn.exercise import Broken
from dslab.node import Node
from dslab.sim import Cluster

__all__ = ["SEEDS", "loaded", "serves"]

SEEDS = range(8)


def loaded(node_class: type[Node], seed: int, *, partition: bool = True) -> Cluster:
    """Three clients read and write at random, each at its node, with a partition in the middle."""
    cluster = cluster_of(node_class, seed, title=f"{node_class.__name__} under load, seed {seed}")
    numbers = iter(range(1, 10_000))

    def life(number):
        def script(cluster):
            me = cluster.client(f"c{number}")
            while True:
                yield cluster.after(10 + cluster.chance.random() * 40)
                if cluster.chance.random() < 0.5:
                    yield me.write("x", next(numbers), to=f"n{number}", timeout=PATIENCE)
                else:
                    yield me.read("x", to=f"n{number}", timeout=PATIENCE)

        return script

    def faults(cluster):
        yield cluster.after(300)
        alone = cluster.choose(cluster.names)
        cluster.partition(alone, [name for name in cluster.names if name != alone])
        yield cluster.after(700)
        cluster.heal()

    for number in (1, 2, 3):
        cluster.script(life(number))
    if partition:
        cluster.script(faults)
    return cluster.run(1500)


def serves(node_class: type[Node]) -> None:
    """Raises Broken unless every call is served where there is no fault."""
    cluster = loaded(node_class, 0, partition=False)
    done = [op for op in cluster.history.operations if op.outcome == "ok"]
    asked = [op for op in cluster.history.operations if op.start < 900]
    if len(done) < len(asked) or len(asked) < 20:
        bad = next((op for op in asked if op.outcome != "ok"), None)
        raise Broken(
            f"With no fault at all, “{bad}” is not served."
            if bad
            else "Hardly any call comes to an end.",
            expected="every call is answered",
            got=f"{len(done)} of {len(cluster.history.operations)}",
            trace=cluster.trace,
        )
