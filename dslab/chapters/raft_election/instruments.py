"""How the explorer and the simulator get Raft, and in what bounds its elections go wrong.

A kill by the explorer is a shortest run, or, where the bounded space is too large, one met on
random walks. A kill by the simulator is a rule broken at some moment of a seeded run, a history
that is not linearizable, or no progress once the faults have stopped.
"""

from itertools import count

from dslab.check import linearizable
from dslab.explore import Nodes, walk
from dslab.explore.clients import caller
from dslab.learn.mutants import Bounds
from dslab.machine import Command
from dslab.node import Node
from dslab.protocols.raft import Entry, Raft
from dslab.scenario.rules import first_broken
from dslab.sim import Cluster

__all__ = ["BOUNDS", "CORRECT", "ONE_ELECTION", "THREE", "disks", "servers", "simulated"]

CORRECT = (Raft,)
THREE = "n1", "n2", "n3"


# The explorer.


def entries(*terms: int) -> tuple[Entry, ...]:
    return tuple(
        Entry(term, Command("c", 10 * term + index, "write", "x", (term, index)))
        for index, term in enumerate(terms, 1)
    )


def disks(n1=(), n2=(), n3=(), committed=None) -> dict:
    """Disks whose logs have entries of these terms; `committed` is (node, index) for one that knows
    what is committed.
    """
    last = max((1, *n1, *n2, *n3))
    kept = {
        name: {"log": entries(*terms), "current_term": last}
        for name, terms in zip(THREE, (n1, n2, n3))
    }
    if committed:
        kept[committed[0]] |= {"commit_index": committed[1], "last_applied": committed[1]}
    return kept


def servers(words: str, writes: int = 0, **bounds) -> Bounds:
    """Three servers, and so many clients that each write once; `bounds` as for Nodes."""
    clients = {
        f"c{number}": caller(("n1", "write", "x", number)) for number in range(1, writes + 1)
    }
    return Bounds(
        words,
        lambda kind: Nodes(dict.fromkeys(THREE, kind) | clients, invariants=kind.rules, **bounds),
        options={"budget": 40_000},
    )


ONE_ELECTION = {"ElectionTimeout": 1, "Heartbeat": 0}

BOUNDS = {
    "elections": servers("two election timeouts", fires={"ElectionTimeout": 2, "Heartbeat": 0}),
    "crash": servers(
        "two election timeouts, a crash", fires={"ElectionTimeout": 2, "Heartbeat": 0}, crashes=1
    ),
    "four walked": Bounds(
        "four election timeouts, random walks",
        lambda kind: Nodes(
            dict.fromkeys(THREE, kind),
            invariants=kind.rules,
            fires={"ElectionTimeout": 4, "Heartbeat": 0},
        ),
        walk,
        {"walks": 500, "length": 60, "seed": 1},
    ),
    "five walked": Bounds(
        "five nodes, two election timeouts, two repeated messages, random walks",
        lambda kind: Nodes(
            dict.fromkeys((*THREE, "n4", "n5"), kind),
            invariants=kind.rules,
            fires={"ElectionTimeout": 2, "Heartbeat": 0},
            duplicates=2,
        ),
        walk,
        {"walks": 500, "length": 60, "seed": 1},
    ),
    "lacks": servers(
        "one election; n1 lacks what n2 and n3 have committed",
        fires=ONE_ELECTION,
        disks=disks(n2=(1,), n3=(1,), committed=("n2", 1)),
    ),
    "longer": servers(
        "one election; n1's log is longer, its last term older",
        fires=ONE_ELECTION,
        disks=disks((1, 1), (2,), (2,), committed=("n2", 1)),
    ),
    "shorter": servers(
        "one election; n1's log is shorter, of the same last term",
        fires=ONE_ELECTION,
        disks=disks((1,), (1, 1), (1, 1), committed=("n2", 2)),
    ),
}


# The simulator.


def storm(kind: type[Node], seed: int) -> Cluster:
    """Five servers, three clients, and faults drawn from the seed for a second and a half.

    c2 and c3 have two calls open. c3's ids don't rise: 2 1 4 3 6 5.
    """
    cluster = Cluster(
        kind, 5, seed=seed, clients=3, outstanding=2, loss=0.03, duplicate=0.03, strict=False
    )

    def client(name, numbers):
        me = cluster.client(name)
        while cluster.now < 1500:
            number = next(numbers)
            yield (
                me.read("x", timeout=300, id=number)
                if cluster.chance.random() < 0.5
                else me.write("x", f"{name}-{number}", timeout=300, id=number)
            )
            yield cluster.after(5 + cluster.chance.random() * 30)

    def faults(cluster):
        while True:
            yield cluster.after(60 + cluster.chance.random() * 150)
            if cluster.now >= 1500:
                return
            up = [name for name in cluster.names if cluster[name] is not None]
            down = [name for name in cluster.names if cluster[name] is None]
            what = cluster.choose(("crash", "restart", "isolate", "cut", "heal", "heal"))
            if what == "crash" and len(up) > 3:
                cluster.crash(cluster.choose(up))
            elif what == "restart" and down:
                cluster.restart(cluster.choose(down))
            elif what == "isolate":
                cluster.isolate(cluster.choose(cluster.names))
            elif what == "cut":
                cluster.cut(cluster.choose(cluster.names), cluster.choose(cluster.names))
            else:
                cluster.heal()

    for name, numbers, calls in (
        ("c1", count(1), 1),
        ("c2", count(1), 2),
        ("c3", (number + 1 if number % 2 else number - 1 for number in count(1)), 2),
    ):
        for _ in range(calls):
            cluster.script(lambda _, name=name, numbers=numbers: client(name, numbers))
    return cluster.script(faults).run(1500)


def calm(cluster: Cluster) -> str | None:
    """End all faults, and say what is wrong a while later: nobody leads, nothing is committed
    everywhere, or elections go on.
    """
    cluster.heal()
    for name in cluster.names:
        if cluster[name] is None:
            cluster.restart(name)
    cluster.run(1500)
    for attempt in range(5):  # The network still loses a message now and then.
        cluster.run(until=cluster.client("c1").write("x", f"calm {attempt}", timeout=600))
    cluster.run(300)
    nodes = [cluster[name] for name in cluster.names]
    term = max(node.current_term for node in nodes)
    cluster.run(1500)
    if (
        sum(cluster[name].role == "leader" for name in cluster.names) != 1
        or max(cluster[name].current_term for name in cluster.names) > term
    ):
        return "elections go on although no fault does"
    if not any(
        str(op.value).startswith("calm") and op.outcome == "ok" for op in cluster.history.operations
    ):
        return "no write succeeds although no fault goes on"
    if (
        len({(cluster[name].commit_index, cluster[name].machine.store) for name in cluster.names})
        > 1
    ):
        return "servers differ although no fault goes on"
    return None


def simulated(kind: type[Node], seed: int) -> str | None:
    """What goes wrong in a storm and in the calm after it."""
    cluster = storm(kind, seed)
    if broken := first_broken(cluster.trace, kind):
        return broken
    if linearizable(cluster.history, "kv", explain=False).holds is False:
        return "not linearizable"
    return calm(cluster)
