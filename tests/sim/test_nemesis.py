"""Nemeses make the trouble that they are named for, the same with the same seed, and leave
everything as it was.
"""

import pytest

from dslab.check import linearizable
from dslab.check.mattered import mattered
from dslab.errors import DslabError
from dslab.protocols.raft import Raft
from dslab.sim import Cluster
from dslab.sim.nemesis import (
    NEMESES,
    bridge,
    crash_storm,
    flapping,
    isolate_leader,
    majority_ring,
    swizzle,
)
from dslab.values import majority


def leads(node):
    return node.role == "leader"


SCRIPTS = {
    "majority_ring": majority_ring(),
    "bridge": bridge(),
    "flapping": flapping(),
    "swizzle": swizzle(),
    "isolate_leader": isolate_leader(leads),
    "crash_storm": crash_storm(),
}


def run(name, seed=1, nodes=5):
    cluster = Cluster(Raft, nodes, seed=seed, clients=1, strict=False)
    number = [0]

    def client(world):
        while True:
            number[0] += 1
            yield world.client().write("x", number[0], timeout=400)
            yield world.client().read("x", timeout=400)

    return cluster.script(client).script(SCRIPTS[name]).run(3000)


def test_all_of_them_are_tried():
    assert set(SCRIPTS) == set(NEMESES)


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("seed", range(2))
def test_raft_survives_it_and_goes_on_when_it_is_over(name, seed):
    cluster = run(name, seed)
    assert not cluster.network.down and all(node is not None for node in cluster.nodes.values())
    assert linearizable(cluster, "kv")
    last = max(event.time for event in cluster.trace.events if event.kind in ("heal", "restart"))
    assert any(event.kind == "ok" and event.time > last for event in cluster.trace.events)
    assert run(name, seed).trace.dumps() == cluster.trace.dumps()


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_matters_under_some_seed(name):
    """Not under each: between Raft's followers no message passes that could meet a cut."""
    told = [sentence for seed in range(4) for sentence in mattered(run(name, seed).trace)]
    assert any(
        "tested nothing" not in sentence and "no message" not in sentence for sentence in told
    ), told


@pytest.mark.parametrize("nodes", [3, 4, 5, 7])
def test_on_a_majority_ring_everybody_reaches_a_majority_and_no_two_the_same(nodes):
    cluster = Cluster(Raft, nodes, seed=2, clients=0).script(majority_ring()).run(300)
    seen = [
        frozenset(
            b
            for b in cluster.names
            if (a, b) not in cluster.network.down and (b, a) not in cluster.network.down
        )
        for a in cluster.names
    ]
    assert all(len(each) >= majority(nodes) for each in seen)
    if nodes > 3:
        assert len(set(seen)) == nodes


def test_a_bridge_joins_two_halves_that_are_apart():
    cluster = Cluster(Raft, 5, seed=3, clients=0).script(bridge()).run(300)
    reached = {
        a: {b for b in cluster.names if (a, b) not in cluster.network.down} for a in cluster.names
    }
    assert sorted(map(len, reached.values())) == [3, 3, 3, 3, 5]


def test_a_cut_that_no_message_meets_is_named():
    cluster = Cluster(Raft, 3, seed=1, clients=1)
    cluster.cut("c1", "n1")
    cluster.run(100).heal()
    cluster.crash("n2")
    cluster.run(1).restart("n2")
    cluster.pause("n3")
    cluster.run(1).resume("n3")
    assert mattered(cluster.trace) == (
        "The cut from 0 to 100 ms crossed no message, so it tested nothing.",
        "n2 was down from 100 to 101 ms: no message came while it was down.",
        "n3 was paused from 101 to 102 ms: nothing waited for it.",
    )


def test_bad_input_is_told():
    with pytest.raises(DslabError, match="swizzle\\(hold=0, times=1\\)"):
        swizzle(hold=0)
    with pytest.raises(DslabError, match="flapping\\(hold=40, times=0\\)"):
        flapping(times=0)
