"""One Byzantine node: what each behaviour says, and what an honest cluster then does wrong."""

from pathlib import Path

import pytest

from dslab.errors import DslabError
from dslab.node import Message, Node, Timer
from dslab.protocols.raft import Raft
from dslab.scenario import Scenario
from dslab.sim import Cluster
from dslab.sim.byzantine import BEHAVIOURS

SCENARIOS = Path(__file__).parents[2] / "scenarios"


class Claim(Message):
    term: int
    value: object
    granted: bool
    entries: tuple = ()


class Again(Timer):
    pass


class Speaker(Node):
    """n1 tells everybody the same, again and again."""

    round: int = 0
    heard: tuple = ()
    durable = ("round",)

    def on_start(self):
        if self.id == "n1":
            self.set_timer(Again(), 10)

    def on_Again(self):
        self.round += 1
        self.broadcast(Claim(self.round, "v", False))
        self.set_timer(Again(), 10)

    def on_Claim(self, sender, m):
        self.heard += ((m.term, m.value, m.granted),)


def told(behaviour, rounds=6, fooled=("n3",), seed=0):
    """What n2 and n3 hear of a lying n1."""
    cluster = Cluster(Speaker, 3, clients=0, delay=1, seed=seed)
    cluster.byzantine("n1", behaviour, fooled)
    cluster.run(10 * rounds + 5)
    return cluster["n2"].heard, cluster["n3"].heard, cluster


HONEST = tuple((number, "v", False) for number in range(1, 7))


def test_equivocate_tells_those_whom_it_fools_another_value():
    one, other, _ = told("equivocate")
    assert one == HONEST and other == tuple((number, "not v", False) for number in range(1, 7))


def test_vote_twice_says_yes():
    assert told("vote_twice")[0] == tuple((number, "v", True) for number in range(1, 7))


def test_inflate_term_claims_the_next_one():
    assert told("inflate_term")[1] == tuple((number + 1, "v", False) for number in range(1, 7))


def test_replay_says_old_things_again():
    one, _, _ = told("replay")
    assert sorted(one) == sorted(HONEST + ((1, "v", False), (2, "v", False)))


def test_silent_leaves_some_without_a_word():
    one, other, _ = told("silent")
    assert one == HONEST and other == ()


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_lies_are_counted_and_come_from_the_seed(behaviour):
    one, _, cluster = told(behaviour, fooled=None)
    assert (
        cluster["n1"].lies > 0
        and cluster["n1"].fooled <= {"n2", "n3"}
        and len(cluster["n1"].fooled) == 1
    )
    assert told(behaviour, fooled=None)[2].trace.dumps() == cluster.trace.dumps()
    assert {tuple(told(behaviour, 1, None, seed)[2]["n1"].fooled) for seed in range(20)} == {
        ("n2",),
        ("n3",),
    }


def test_a_liar_that_restarts_is_a_liar_still():
    cluster = told("vote_twice")[2]
    cluster.crash("n1")
    cluster.restart("n1")
    assert cluster["n1"].round == 6 and cluster["n1"].lies == 0
    assert cluster.run(25)["n2"].heard[-1] == (8, "v", True)


def agreement_broken(cluster, honest):
    """The places of the log that two honest servers have both applied, with different commands."""
    logs = [
        cluster[name].log[: cluster[name].last_applied]
        for name in honest
        if cluster[name] is not None
    ]
    return [index for index in range(min(map(len, logs))) if len({log[index] for log in logs}) > 1]


def test_raft_is_no_protocol_for_liars_two_leaders_of_one_term():
    outcome = Scenario.read(SCENARIOS / "byzantine.toml").run()
    cluster = outcome.cluster
    leaders = [(name, cluster[name].current_term) for name in ("n1", "n2") if cluster[name].leads()]
    assert leaders == [("n1", 1), ("n2", 1)]
    assert outcome.holds is False and agreement_broken(cluster, ("n1", "n2")) == [0]


def test_raft_is_no_protocol_for_liars_two_values_in_one_entry():
    cluster = Scenario.read(SCENARIOS / "equivocation.toml").run().cluster
    assert agreement_broken(cluster, ("n2", "n4")) == [0]
    assert cluster["n2"].log[0].term == cluster["n4"].log[0].term == 1


@pytest.mark.parametrize("name", ["byzantine", "equivocation"])
def test_without_the_liar_the_same_schedule_breaks_nothing(name):
    scenario = Scenario.read(SCENARIOS / f"{name}.toml")
    honest = Scenario(
        scenario.data
        | {"step": [step for step in scenario.data["step"] if "byzantine" not in step]}
    )
    outcome = honest.run()
    assert outcome.holds is True and not agreement_broken(
        outcome.cluster, outcome.cluster.names[:2]
    )


def test_bad_input_is_told():
    cluster = Cluster(Raft, 3)
    for wrong, sentence in [
        (
            lambda: cluster.byzantine("n1", "charm"),
            "there is no Byzantine behaviour 'charm': choose equivocate",
        ),
        (lambda: cluster.byzantine("n9", "silent"), "there is no node 'n9'"),
        (lambda: cluster.byzantine("n1", "silent", "n9"), "there is no 'n9'"),
    ]:
        with pytest.raises(DslabError, match=sentence):
            wrong()
    cluster.byzantine("n1", "silent")
    with pytest.raises(DslabError, match="n1 is Byzantine already"):
        cluster.byzantine("n1", "replay")
