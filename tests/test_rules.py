"""A protocol's own rules, asked of every state of a simulator's run."""

import pytest

from dslab.errors import DslabError
from dslab.node import Message
from dslab.protocols.raft import Raft
from dslab.scenario import Scenario
from dslab.scenario.rules import RunView, judge_rule, rules_of
from dslab.sim import Cluster


def one_leader_a_term(view):
    terms = [node.current_term for node in view if node.role == "leader"]
    return len(terms) == len(set(terms))


def votes_are_kept(view):
    """What a node says of its vote stands on its disk."""
    return all(view.disk(node.id)["voted_for"] == node.voted_for for node in view)


class VotesTwice(Raft):
    """It grants every vote that it is asked for in its term."""

    rules = (one_leader_a_term, votes_are_kept)

    def on_RequestVote(self, candidate, m):
        if m.term == self.current_term:
            self.voted_for = None
        super().on_RequestVote(candidate, m)


def run(kind, seed):
    return Cluster(kind, 5, seed=seed, delay=(1, 120)).run(1500)


def test_a_rule_is_asked_of_every_state_and_broken_with_its_step():
    broken = [
        verdict
        for seed in range(8)
        if not (verdict := judge_rule(run(VotesTwice, seed).trace, VotesTwice, one_leader_a_term))
    ]
    assert broken and all("one_leader_a_term is broken" in each.sentence for each in broken)
    for verdict in broken:
        assert "role candidate → leader" in verdict.reasons[0]
        assert verdict.rule == "one_leader_a_term" and verdict.trace is not None
    for seed in range(8):
        for rule in (one_leader_a_term, votes_are_kept):
            assert judge_rule(run(Raft, seed).trace, Raft, rule).holds is True


def test_nobody_promises_anything_of_a_liar_and_who_is_down_is_not_there():
    seen = []

    def note(view):
        seen.append({node.id for node in view})
        return True

    cluster = Cluster(Raft, 3, seed=1).run(300)
    cluster.byzantine("n1", "silent")
    cluster.crash("n2")
    cluster.run(200)
    judge_rule(cluster.trace, Raft, note)
    assert seen[0] == {"n1"} and {"n1", "n2", "n3"} in seen and seen[-1] == {"n3"}


def test_messages_on_their_way_are_seen():
    cluster = Cluster(Raft, 3, seed=1, delay=(20, 20))
    cluster.fire("n1", "ElectionTimeout")
    cluster.run(1)
    view = RunView(cluster.trace, Raft)
    for number, event in enumerate(cluster.trace.events):
        view.after(number, event)
    asked = {(one, other, type(message).__name__) for one, other, message in view.messages}
    assert asked == {("n1", "n2", "RequestVote"), ("n1", "n3", "RequestVote")}
    assert all(isinstance(message, Message) for _, _, message in view.messages)


def test_a_file_names_them_beside_the_checks(monkeypatch):
    monkeypatch.setattr("dslab.scenario.file.protocol", lambda name: VotesTwice)
    data = {"protocol": "raft", "nodes": 5, "duration": 1500, "delay": [1, 120]}
    data["check"] = ["linearizable", "one_leader_a_term"]
    found = [Scenario(data | {"seed": seed}).run().verdicts for seed in range(8)]
    assert {verdict.rule for verdicts in found for verdict in verdicts} == set(data["check"])
    assert {verdicts[1].holds for verdicts in found} == {True, False}
    assert set(rules_of(VotesTwice)) == {"one_leader_a_term", "votes_are_kept"}
    with pytest.raises(DslabError, match="there is no check 'two_leaders': choose linearizable, "):
        Scenario(data | {"check": ["two_leaders"]})
