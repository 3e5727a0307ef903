"""Availability per node: one register answers where a majority is, the other everywhere."""

import pytest

from dslab.check.availability import asked, available
from dslab.errors import DslabError
from dslab.protocols.quorum_register import AvailableRegister, QuorumRegister
from dslab.run.trace import Trace
from dslab.sim import Cluster


def cut_off(kind, **more):
    """One client at a node that is cut off from the others, one at the majority."""
    cluster = Cluster(kind, 3, seed=1, clients=2, **more)
    cluster.partition("n1", "n2 n3")
    for _ in range(3):
        for client, node in (("c1", "n1"), ("c2", "n2")):
            cluster.run(until=cluster.client(client).write("x", 1, to=node, timeout=100))
    return cluster


def test_a_majority_is_enough_for_the_consistent_one_and_it_is_not_total():
    cluster = cut_off(QuorumRegister)
    assert (
        available(cluster, "majority")
        and not available(cluster, "total")
        and not available(cluster, "sticky")
    )
    verdict = available(cluster)
    assert verdict.sentence.startswith("n1 was up and did not answer the write that c1 sent at ")
    assert verdict.reasons == (
        "n1 had to answer 3 calls, and answered 0.",
        "n2 had to answer 3 calls, and answered 3.",
    )


def test_the_available_one_answers_everywhere():
    cluster = cut_off(AvailableRegister)
    assert all(available(cluster, kind) for kind in ("total", "sticky", "majority"))


def test_a_node_that_is_down_or_out_of_reach_owes_nothing():
    cluster = Cluster(QuorumRegister, 3, seed=1, clients=2)
    cluster.crash("n1")
    cluster.run(until=cluster.client("c1").read("x", to="n1", timeout=50))
    cluster.cut("c2", "n2")
    cluster.run(until=cluster.client("c2").read("x", to="n2", timeout=50))
    assert [call.up for call in asked(cluster.trace)] == [False, False]
    assert available(cluster).holds is None


def test_who_changes_nodes_is_not_sticky():
    cluster = Cluster(QuorumRegister, 3, seed=1, clients=1)
    for node in ("n1", "n1", "n2", "n1"):
        cluster.run(until=cluster.client().read("x", to=node))
    assert [call.stayed for call in asked(cluster.trace)] == [True, True, False, False]


def test_bad_input_is_told():
    with pytest.raises(DslabError, match="no kind of availability"):
        available(Trace(["n1"]), "high")
    with pytest.raises(DslabError, match="takes a Trace or what has one"):
        available(7)
