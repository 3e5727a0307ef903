"""Scenarios that several tests run: each makes a cluster and lets it live."""

from dslab.protocols.primary_backup import NaiveFailover
from dslab.protocols.quorum_register import QuorumRegister
from dslab.protocols.raft import Raft
from dslab.sim import Cluster


def election(strict=True):
    """Three servers elect a leader."""
    return Cluster(Raft, 3, seed=1, clients=0, strict=strict).run(260)


def leader_crash(strict=True):
    """A leader crashes after a write, another is elected, the first comes back."""
    cluster = Cluster(Raft, 3, seed=2, clients=1, strict=strict)
    cluster.run(until=cluster.client().write("x", 1)).run(60)
    leader = next(name for name, node in cluster.nodes.items() if node.role == "leader")
    cluster.crash(leader)
    cluster.run(400).restart(leader)
    return cluster.run(150)


def two_leaders(strict=True):
    """Five servers, cut into two and three; the old leader's entry is overwritten afterwards."""
    cluster = Cluster(Raft, 5, seed=7, clients=2, strict=strict)
    cluster.run(until=cluster.client("c1").write("x", 1))
    cluster.partition("n1 n2 c1", "n3 n4 n5 c2")
    cluster.run(400)
    lost = cluster.client("c1").write("x", 2, to="n1", timeout=150)
    cluster.run(until=cluster.client("c2").write("x", 3)).run(until=lost)
    cluster.heal()
    return cluster.run(120)


def write_back(strict=True):
    """A read that finds a write in flight stores it at a majority before it answers."""
    cluster = Cluster(QuorumRegister, 3, seed=3, clients=2, delay=(2, 4), strict=strict)
    cluster.cut("n1", "n2 n3")
    write = cluster.client("c1").write("x", 1, to="n1", timeout=400)
    cluster.run(30).heal()
    cluster.run(until=cluster.client("c2").read("x", to="n2")).run(until=write)
    return cluster


def split_brain(strict=True):
    """Failover by suspicion alone makes two primaries."""
    cluster = Cluster(NaiveFailover, 3, seed=4, clients=2, delay=(1, 2), strict=strict)
    cluster.run(until=cluster.client("c1").write("x", 1, to="n1")).run(20)
    cluster.partition("n1 c1", "n2 n3 c2")
    return cluster.run(330)


def everything(strict=True):
    """Every fault that there is, and clients who give up."""
    cluster = Cluster(
        Raft,
        5,
        seed=11,
        clients=3,
        loss=0.05,
        duplicate=0.05,
        reorder=0.05,
        corrupt=0.02,
        checksums=False,
        strict=strict,
    )

    def client(name):
        me, number = cluster.client(name), 0
        while True:
            number += 1
            yield (
                me.write("x", f"{name}-{number}", timeout=200)
                if number % 2
                else me.read("x", timeout=200)
            )
            yield cluster.after(30)

    def faults(cluster):
        yield cluster.after(300)
        cluster.crash("n2", lost=1, torn=True)
        cluster.cut("n1", "n3 n4")
        cluster.clock("n3", ahead=50, rate=1.5)
        yield cluster.after(200)
        cluster.restart("n2")
        cluster.pause("n3")
        cluster.slow("n4", "n5", (40, 80))
        yield cluster.after(200)
        cluster.resume("n3")
        cluster.heal()
        cluster.byzantine("n5", "replay")
        cluster.crash_during("n4", sends=1)
        cluster.isolate("n1")
        yield cluster.after(200)
        cluster.heal()

    for name in ("c1", "c2", "c3"):
        cluster.script(lambda _, name=name: client(name))
    return cluster.script(faults).run(1200)


SCENARIOS = {
    each.__name__: each for each in (election, leader_crash, two_leaders, write_back, split_brain)
}
