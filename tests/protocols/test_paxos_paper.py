"""Paxos for one value, rule by rule: Lamport, "Paxos Made Simple", 2001.

Each test drives one bare node and looks at what it sends, sets and holds.
"""

import pytest

from dslab.explore import Nodes, caller, explore
from dslab.node import Reply, Request
from dslab.protocols.paxos import (
    Accept,
    Accepted,
    Paxos,
    Prepare,
    Promise,
    Proposal,
    Refused,
    Retry,
    agreement,
)
from dslab.sim import Cluster

NAMES = ("n1", "n2", "n3", "n4", "n5")
A, B = Proposal((1, "n2"), "A"), Proposal((2, "n3"), "B")


def server(name="n1", **fields):
    node = Paxos(name, [other for other in NAMES if other != name])
    node.start()
    for field, value in fields.items():
        setattr(node, field, value)
    return node


def told(node, sender, message):
    """What the node sends after a message."""
    node.receive(sender, message)
    outbox, node.outbox = node.outbox, []
    return outbox


def proposer(value="A"):
    """n1 after a client's request."""
    node = server()
    sent = told(node, "c1", Request(1, "propose", None, value))
    assert sent == [(name, Prepare((1, "n1"))) for name in NAMES[1:]]
    return node


# Acceptors.


def test_p1a_an_acceptor_answers_a_higher_prepare_with_a_promise():
    """Section 2.2, phase 1 (b): it promises to accept nothing lower, and tells the highest proposal
    that it has accepted.
    """
    node = server(promised=(1, "n2"), accepted=A)
    assert told(node, "n3", Prepare((2, "n3"))) == [("n3", Promise((2, "n3"), A))]
    assert node.promised == (2, "n3")


@pytest.mark.parametrize("number", [(1, "n2"), (2, "n3")])
def test_a_prepare_that_is_not_higher_is_refused(number):
    """Section 2.2, phase 1 (b), and the optimisation of 2.3: the proposer is told."""
    node = server(promised=(2, "n3"))
    assert told(node, "n2", Prepare(number)) == [("n2", Refused(number, (2, "n3")))]


@pytest.mark.parametrize(
    "promised, accepts",
    [((0, ""), True), ((1, "n2"), True), ((1, "n3"), False), ((2, "n1"), False)],
)
def test_an_acceptor_accepts_unless_it_has_promised_higher(promised, accepts):
    """Section 2.2, phase 2 (b)."""
    node = server(promised=promised)
    sent = told(node, "n2", Accept(A))
    assert sent == (
        [(name, Accepted(A)) for name in NAMES[1:]]
        if accepts
        else [("n2", Refused(A.number, promised))]
    )
    assert node.accepted == (A if accepts else None)


def test_accepting_is_a_promise():
    """Section 2.2: what was accepted under a number stands against every lower one."""
    node = server()
    told(node, "n3", Accept(B))
    assert (
        told(node, "n2", Accept(A)) == [("n2", Refused(A.number, B.number))] and node.accepted == B
    )


def test_an_acceptor_remembers_across_a_crash_and_a_proposer_its_round():
    """Section 2.5: stable storage holds what it must remember; no number is used twice."""
    node = proposer()
    told(node, "n3", Accept(B))
    again = Paxos.recover("n1", node.peers, node.disk())
    assert (again.promised, again.accepted, again.round, again.chosen, again.number) == (
        B.number,
        B,
        1,
        None,
        None,
    )


# Proposers.


def test_numbers_of_different_proposers_differ_and_grow():
    """Section 2.5: disjoint sets of numbers, each higher than what the proposer has seen."""
    assert server("n1").next_number() != server("n2").next_number()
    node = server(promised=(7, "n3"))
    assert node.next_number() == (8, "n1") and node.next_number() == (9, "n1")


def test_with_promises_of_a_majority_and_nothing_reported_any_value_goes():
    """Section 2.2, phase 2 (a)."""
    node = proposer()
    assert told(node, "n2", Promise((1, "n1"), None)) == []
    mine = Proposal((1, "n1"), "A")
    assert [
        sent for sent in told(node, "n3", Promise((1, "n1"), None)) if isinstance(sent[1], Accept)
    ] == [(name, Accept(mine)) for name in NAMES[1:]]


def test_the_value_is_that_of_the_highest_reported_proposal():
    """Section 2.1, P2c, and 2.2, phase 2 (a)."""
    node = proposer("mine")
    node.number = node.promised = (9, "n1")
    told(node, "n2", Promise((9, "n1"), B))
    sent = told(node, "n3", Promise((9, "n1"), A))
    assert ("n2", Accept(Proposal((9, "n1"), "B"))) in sent


def test_one_acceptor_counts_once_and_old_promises_not_at_all():
    node = proposer()
    for _ in range(3):
        assert told(node, "n2", Promise((1, "n1"), None)) == []
    assert told(node, "n3", Promise((0, "n1"), None)) == []


def test_a_refused_proposal_is_abandoned_and_tried_again_later_with_a_higher_number():
    """Section 2.3 (abandon) and 2.4 (progress)."""
    node = proposer()
    assert told(node, "n2", Refused((1, "n1"), (5, "n4"))) == [] and node.number is None
    assert told(node, "n2", Promise((1, "n1"), None)) == []
    assert node.timers[Retry][1:] == Paxos.retry and Paxos.retry[0] < Paxos.retry[1]
    node.fire(Retry())
    assert node.outbox[0] == ("n2", Prepare((6, "n1")))


# Learners.


def test_a_value_is_chosen_when_a_majority_has_accepted_one_proposal():
    """Section 2.3; acceptances of different proposals don't add up."""
    node = server()
    for sender, proposal in [("n2", A), ("n3", A), ("n3", B), ("n2", A), ("n4", B)]:
        told(node, sender, Accepted(proposal))
        assert node.chosen is None
    told(node, "n5", Accepted(A))
    assert node.chosen == "A"


def test_a_client_is_told_what_was_chosen_be_it_another_s_value():
    node = proposer("mine")
    told(node, "n2", Accepted(A)), told(node, "n3", Accepted(A))
    assert told(node, "n4", Accepted(A)) == [("c1", Reply(1, "A"))]
    assert told(node, "c2", Request(1, "propose", None, "late")) == [("c2", Reply(1, "A"))]
    assert told(node, "c2", Request(2, "read")) == [("c2", Reply(2, error="not-supported"))]


# All together.


def three(*calls, **bounds):
    return Nodes(
        dict.fromkeys(NAMES[:3], Paxos) | {f"c{n}": caller(call) for n, call in enumerate(calls)},
        invariants=[agreement],
        fires=0,
        **bounds,
    )


def test_exact_counts():
    for bounds, states in [({}, 933), ({"crashes": 1}, 11_849)]:
        found = explore(three(("n1", "propose", None, "A"), **bounds))
        assert found.holds and found.states == states


def test_duelling_proposers_come_to_an_end():
    """Section 2.4: the two try at the same moment, on a network that favours neither."""
    for seed in range(20):
        cluster = Cluster(Paxos, 3, seed=seed, clients=2, delay=(5, 5))
        for client, name in zip(cluster.clients, NAMES):
            cluster.post(client, name, Request(1, "propose", None, client))
        cluster.run(2000)
        assert (
            len({cluster[name].chosen for name in cluster.names}) == 1
            and cluster["n1"].chosen is not None
        )
