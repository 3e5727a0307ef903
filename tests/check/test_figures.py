"""What a run cost and gave, in numbers."""

import pytest

from dslab.check import bounded_staleness, figures
from dslab.errors import DslabError
from dslab.protocols.quorum_register import AvailableRegister, QuorumRegister
from dslab.run import History
from dslab.sim import Cluster


def visited(kind, delay, cut=False):
    """Two clients, each at a node of its own; the second reads what the first writes."""
    cluster = Cluster(kind, 3, seed=1, clients=2, delay=delay)
    if cut:
        cluster.partition("n1 c1", "n2 n3 c2")

    def story(cluster):
        for turn in range(5):
            yield cluster.client("c1").write("x", turn, to="n1", timeout=400)
            yield cluster.client("c2").read("x", to="n2", timeout=400)

    return cluster.script(story).run(6000)


def test_times_are_round_trips():
    # To the node and back, and where a majority is asked, two more round trips, of which the slower
    # link counts.
    local, majority = (
        figures(visited(AvailableRegister, (10, 10))),
        figures(visited(QuorumRegister, (10, 10))),
    )
    assert (local["read"], local["write"]) == (20, 20) and (
        majority["read"],
        majority["write"],
    ) == (60, 60)
    assert local["answered"] == majority["answered"] == 100


def test_messages_are_those_between_nodes_for_each_call():
    run = visited(QuorumRegister, (10, 10))
    # Two phases, two other replicas, there and back.
    assert figures(run)["messages"] == 8.0


def test_a_cut_costs_answers_or_freshness():
    quorum, local = (
        figures(visited(QuorumRegister, (1, 5), cut=True)),
        figures(visited(AvailableRegister, (1, 5), cut=True)),
    )
    assert (quorum["answered"], quorum["write"], quorum["stale"]) == (50, None, 0)
    assert (local["answered"], local["stale"]) == (100, 100)
    assert (
        bounded_staleness(visited(AvailableRegister, (1, 5), cut=True), versions=0).holds is False
    )


def test_a_share_of_all_calls():
    run = visited(QuorumRegister, (1, 30))
    assert (
        figures(run, share=0.9)["read"] >= figures(run)["read"] >= figures(run, share=0.1)["read"]
    )


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: figures(Cluster(QuorumRegister, 3)), "no client has called anything"),
        (lambda: figures(3), "this is a int"),
        (lambda: figures(History([])), "needs a run with a trace"),
        (lambda: figures(visited(QuorumRegister, (1, 2)), share=99), "between 0 and 1"),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(DslabError, match=sentence):
        call()
