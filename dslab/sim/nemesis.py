"""Nemeses: named ways to make trouble, each a script for `Cluster.script`.

    cluster.script(swizzle(hold=300))
    cluster.script(isolate_leader())

Each draws from a stream of chance of its own, so that the same seed without it keeps its timers and
delays, and each ends with all links up and all nodes running. Times are in milliseconds.

| nemesis        | what it does                           | after                                  |
|----------------|----------------------------------------|----------------------------------------|
| majority_ring  | every node reaches a majority, and no  | Jepsen                                 |
|                | two the same one                       |                                        |
| bridge         | two halves that reach each other       | Jepsen                                 |
|                | through one node only                  |                                        |
| flapping       | one node's links go down and up, again |                                        |
|                | and again                              |                                        |
| swizzle        | nodes are cut off one by one, and come | FoundationDB, “Simulation and Testing” |
|                | back in another order                  |                                        |
| isolate_leader | whoever leads is cut off, and then the |                                        |
|                | next                                   |                                        |
| crash_storm    | nodes crash and restart at random,     |                                        |
|                | never all at once                      |                                        |
"""

from collections.abc import Callable
from random import Random

from dslab.errors import DslabError
from dslab.node import Node
from dslab.sim.faults import between
from dslab.values import majority

__all__ = [
    "NEMESES",
    "bridge",
    "crash_storm",
    "flapping",
    "isolate_leader",
    "majority_ring",
    "swizzle",
]


def _ready(name: str, hold: float, times: int = 1):
    if hold <= 0 or times < 1:
        raise DslabError(
            f"{name}(hold={hold!r}, times={times!r}): hold the fault for more than 0 ms, "
            "once or more."
        )


def _chance(cluster, name: str) -> Random:
    return Random(f"{cluster.seed}/nemesis {name}")


def _only(cluster, pairs) -> None:
    """These links are down, and no others."""
    if cluster.network.down:
        cluster.heal()
    for sender, receiver in sorted(pairs):
        cluster.cut([sender], [receiver])


def majority_ring(*, after: float = 100, hold: float = 500):
    """Each node keeps its links to the nearest on a ring, a majority with itself."""
    _ready("majority_ring", hold)

    def script(cluster):
        yield cluster.after(after)
        ring = list(cluster.names)
        _chance(cluster, "majority ring").shuffle(ring)
        count, need = len(ring), majority(ring)
        kept = set()
        for place, name in enumerate(ring):
            # A majority with itself: half of the others on either side, the odd one behind.
            near = [
                ring[(place + step) % count] for step in range(-((need - 1) // 2), need // 2 + 1)
            ]
            kept |= between([name], near)
        _only(cluster, {(a, b) for a in ring for b in ring if a != b and (a, b) not in kept})
        yield cluster.after(hold)
        cluster.heal()

    return script


def bridge(*, after: float = 100, hold: float = 500):
    """One node reaches all, the halves beside it don't reach each other."""
    _ready("bridge", hold)

    def script(cluster):
        yield cluster.after(after)
        names = list(cluster.names)
        _chance(cluster, "bridge").shuffle(names)
        _, *others = names
        half = len(others) // 2
        _only(cluster, between(others[:half], others[half:]))
        yield cluster.after(hold)
        cluster.heal()

    return script


def flapping(*, after: float = 100, hold: float = 40, times: int = 8):
    """One node is cut off and reached again, `times` times."""
    _ready("flapping", hold, times)

    def script(cluster):
        yield cluster.after(after)
        name = _chance(cluster, "flapping").choice(cluster.names)
        for _ in range(times):
            cluster.isolate(name)
            yield cluster.after(hold)
            cluster.heal()
            yield cluster.after(hold)

    return script


def swizzle(*, after: float = 100, hold: float = 300):
    """Some nodes lose all their links one by one, and get them back in another order."""
    _ready("swizzle", hold)

    def script(cluster):
        yield cluster.after(after)
        chance, off = _chance(cluster, "swizzle"), []
        chosen = chance.sample(cluster.names, chance.randint(1, len(cluster.names)))

        def links():
            return {
                pair
                for name in off
                for pair in between([name], [other for other in cluster.names if other != name])
            }

        for name in chosen:
            off.append(name)
            _only(cluster, links())
            yield cluster.after(chance.uniform(0, hold / len(chosen)))
        chance.shuffle(off)
        while off:
            yield cluster.after(chance.uniform(0, hold / len(chosen)))
            off.pop()
            _only(cluster, links())

    return script


def isolate_leader(
    leads: Callable | None = None, *, after: float = 300, hold: float = 500, times: int = 3
):
    """Cuts off the node for which `leads` is true, and after the next election that one. Waits
    where nobody leads.

    Where `leads` isn't given, the protocol says who leads.
    """
    _ready("isolate_leader", hold, times)

    def script(cluster):
        if leads is None and cluster.node_class.leads is Node.leads:
            raise DslabError(
                "isolate_leader needs a protocol with a leader, and "
                f"{cluster.node_class.__name__} names none: "
                "give it a method `leads`."
            )
        yield cluster.after(after)
        for _ in range(times):
            leaders = [
                name
                for name, node in cluster.nodes.items()
                if node is not None and (leads(node) if leads else node.leads())
            ]
            if leaders:
                cluster.isolate(leaders[-1])
            yield cluster.after(hold)
            if leaders:
                cluster.heal()
            yield cluster.after(hold / 2)

    return script


def crash_storm(*, after: float = 100, hold: float = 60, times: int = 10):
    """`times` crashes, each of a node that stays down for about `hold`; one node is always up."""
    _ready("crash_storm", hold, times)

    def script(cluster):
        yield cluster.after(after)
        chance = _chance(cluster, "crash storm")
        for _ in range(times):
            up = [name for name, node in cluster.nodes.items() if node is not None]
            if len(up) > 1:
                cluster.crash(chance.choice(up))
            yield cluster.after(chance.uniform(0.5, 1) * hold)
            down = [name for name, node in cluster.nodes.items() if node is None]
            if down and (chance.random() < 0.6 or len(down) > len(cluster.names) // 2):
                cluster.restart(chance.choice(down))
        for name, node in cluster.nodes.items():
            if node is None:
                cluster.restart(name)

    return script


NEMESES = {
    function.__name__: function
    for function in (majority_ring, bridge, flapping, swizzle, isolate_leader, crash_storm)
}
