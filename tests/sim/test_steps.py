"""The language of steps in the simulator: two spellings of one step, and several open calls."""

import pytest

from dslab.errors import DslabError
from dslab.explore.schedule import CALLS, Stepper
from dslab.learn.calling import Calling
from dslab.learn.scenes import Scene
from dslab.protocols.quorum_register import QuorumRegister
from dslab.protocols.raft import Raft
from dslab.run.steps import CLOCK, OLDER, SCHEDULE, WORDS, Step, World, parsed
from dslab.scenario import Scenario
from dslab.sim import Cluster
from dslab.sim.steps import ACTS, perform, perform_all, world_of
from tests.sim.worlds import Desk

NAMES = ("n1", "n2", "n3")
WORLD = world_of(NAMES, ("c1",), Raft)

SPELLINGS = [
    (("crash", "n1"), {"crash": "n1"}, {"node": "n1"}),
    (("crash", "n1", 2, True), {"crash": {"lost": 2, "torn": True, "node": "n1"}}, None),
    (("cut", "n1", "n2 n3"), {"cut": ["n1", "n2 n3"]}, {"from": "n1", "to": "n2 n3"}),
    (("cut", ("n1", "n2"), "n3, c1"), {"cut": [["n1", "n2"], "n3 c1"]}, None),
    (("crash", " n1,n2"), {"crash": ["n1", "n2"]}, {"node": "n1 n2"}),
    (("partition", ["n1"], "n2, n3"), {"partition": ["n1 ", "n2 n3"]}, {"groups": ["n1", "n2 n3"]}),
    (("slow", "n1", "n2", [9, 12]), {"slow": {"from": "n1", "to": "n2", "delay": (9, 12)}}, None),
    (("partition", "n1", "n2 n3"), {"partition": ["n1", "n2 n3"]}, {"groups": ["n1", "n2 n3"]}),
    (("heal",), {"heal": True}, {}),
    (("drop", 12), {"drop": 12}, {"message": 12}),
    (("lose", 12), {"drop": {"message": 12}}, None),
    (("drop", "n1", "n2", "Vote"), {"drop": {"to": "n2", "from": "n1", "kind": "Vote"}}, None),
    (("delay", 12, 5), {"delay": {"message": 12, "by": 5}}, None),
    (("delay", "n1", "c1", 5), {"delay": {"from": "n1", "to": "c1", "by": 5}}, None),
    (("fire", "n1", "Heartbeat"), {"fire": ["n1", "Heartbeat"]}, None),
    (("write", "n1", 5), {"write": ["n1", 5]}, {"to": "n1", "value": 5}),
    (("read", "n2"), {"read": "n2"}, {"to": "n2"}),
    (("nemesis", "swizzle"), {"nemesis": "swizzle"}, {"name": "swizzle"}),
]


@pytest.mark.parametrize("words, table, options", SPELLINGS, ids=lambda value: str(value)[:30])
def test_a_tuple_and_a_table_are_two_spellings_of_one_step(words, table, options):
    step = parsed(words, WORLD)
    assert step == parsed(table, WORLD) and options in (None, step.options)


def test_each_kind_of_run_has_an_act_for_each_of_its_words():
    assert set(ACTS) == {name for name, word in WORDS.items() if CLOCK in word.forms}
    assert set(OLDER) == {"lose", "double"} and not set(OLDER) & set(WORDS)
    for word in World(NAMES, (), SCHEDULE).words:
        assert callable(getattr(Calling, "_" + word)) and callable(getattr(Scene, "_" + word))
        assert word in CALLS or callable(getattr(Stepper, "_" + word))


@pytest.mark.parametrize("kind", [CLOCK, SCHEDULE])
def test_what_is_needed_stands_before_what_may_be_left_out(kind):
    for word in WORDS.values():
        for form in word.forms.get(kind, ()):
            assert list(form.needed) == list(form.kinds)[: len(form.needed)], word.name


@pytest.mark.parametrize(
    "step, sentence",
    [
        (("crahs", "n1"), "('crahs', 'n1') is no step: write crash, or another of fire, deliver, "),
        (("again", "n1", "n2", "Vote"), "is no step: write one of"),
        (("crash",), "('crash',) is no step: `crash` needs 'node': it takes node, lost?, torn?."),
        (("crash", "n9"), "there is no node 'n9' in this cluster: it has n1, n2, n3."),
        (("heal", "n1"), "`heal` takes nothing."),
        (("heal", True), "`heal` takes nothing."),
        (("clock", "n1 ", 5), "there is no node 'n1 ' in this cluster: it has n1, n2, n3."),
        (("bridge", ["n1"]), "`bridge`: node is ['n1'], but the name of one node belongs there."),
        (("read", "n1 n2"), "`read`: to is 'n1 n2', but the name of one node belongs there."),
        (
            ("fire", "n1 ", "Heartbeat"),
            "there is no node 'n1 ' in this cluster: it has n1, n2, n3.",
        ),
        (
            {"deliver": {"from": ["n1"], "to": ["n2"]}},
            "from is ['n1'], but the name of one node or client belongs there.",
        ),
        (("disturb", 1.5), "`disturb`: loss is 1.5, but a share from 0 to 1 belongs there."),
        (("disturb", 0, True), "`disturb`: duplicate is True, but a number belongs there."),
        (("partition", "n1"), "a partition needs two groups or more"),
        (("partition", 5, "n1"), "groups is [5, 'n1'], but the name of a node or client"),
        (("fire", "n1", "Alarm"), "Raft has no timer 'Alarm': it has ElectionTimeout, Heartbeat."),
        (("drop", "Vote"), "`drop`: message is 'Vote', but a whole number from 0 to 1,000,000,000"),
        (("slow", "n1", "n2", (9, 1)), "is no delay"),
        (
            ("wait", -1),
            "`wait`: duration is -1, but a number from 0 to 1,000,000,000 belongs there.",
        ),
        (["crash", "n1"], "['crash', 'n1'] is no step: write one of"),
        ((), "() is no step: write one of"),
        (("crash", object), "node is <class 'object'>, but the name of a node"),
    ],
)
def test_what_is_no_step_gets_one_sentence(step, sentence):
    with pytest.raises(DslabError) as error:
        parsed(step, WORLD)
    assert sentence in str(error.value) and "\n" not in str(error.value)


def test_steps_one_after_the_other():
    cluster = perform_all(
        Cluster(QuorumRegister, 3, clients=3, seed=2, delay=(2, 4)),
        [
            ("write", "n1", 5),
            {"read": "n2"},
            ("partition", "n1", "n2 n3"),
            ("read", "n1"),
            ("heal",),
            ("wait", 100),
            ("read", "n1"),
        ],
        key="x",
        timeout=200,
    )
    assert [str(op) for op in cluster.history.operations] == [
        "c1 write x 5",
        "c2 read x → 5",
        "c1 read x (outcome unknown)",
        "c1 read x → 5",
    ]


class TestMessagesByLinkAndClass:
    def cluster(self):
        cluster = Cluster(Raft, 3, seed=1, delay=(20, 20))
        perform(cluster, ("fire", "n1", "ElectionTimeout"))
        return cluster.run(1)

    def test_the_oldest_of_a_class_is_meant(self):
        cluster = self.cluster()
        perform(cluster, ("drop", "n1", "n2", "RequestVote"))
        perform(cluster, {"deliver": {"from": "n1", "to": "n3"}})
        assert cluster["n3"].voted_for == "n1" and cluster["n2"].voted_for is None
        assert cluster.run(50).trace.count("lose", "RequestVote") == 1

    def test_a_copy_is_one_more(self):
        cluster = self.cluster()
        perform(cluster, ("duplicate", "n1", "n2", "RequestVote"))
        perform(cluster, ("delay", "n1", "n2", 500))
        cluster.run(300)
        assert cluster.trace.count("deliver", "RequestVote") == 1
        assert cluster.run(300).trace.count("deliver", "RequestVote") == 3

    def test_where_there_is_none_it_is_told(self):
        with pytest.raises(DslabError, match="no Vote from n2 to n1 is under way at 1.0 ms"):
            perform(self.cluster(), ("drop", "n2", "n1", "Vote"))


def test_a_client_of_a_file_has_three_calls_open():
    scenario = Scenario(
        {
            "protocol": "quorum-register",
            "duration": 500,
            "outstanding": 3,
            "check": ["linearizable"],
            "step": [
                {"at": 0, "slow": {"from": "n1 n2 n3", "to": "c1", "delay": [50, 90]}},
                *({"at": 10, "write": {"to": name, "key": "x", "value": name}} for name in NAMES),
            ],
        }
    )
    outcome = scenario.run()
    operations = outcome.history.operations
    assert outcome.holds and [op.process for op in operations] == [0, 1, 2]
    assert [op.outcome for op in operations] == ["ok"] * 3
    assert {op.start for op in operations} == {10.0} and min(op.end for op in operations) > 60


def test_a_workload_keeps_as_many_calls_open_as_it_may():
    data = {
        "protocol": "quorum-register",
        "duration": 600,
        "clients": 2,
        "workload": ["x"],
        "delay": [30, 60],
        "check": ["linearizable"],
    }
    at_once = []
    for outstanding in (1, 4):
        outcome = Scenario(data | {"outstanding": outstanding}).run()
        counts, most = 0, 0
        for event in outcome.history.events:
            counts += 1 if event.type == "invoke" else -1
            most = max(most, counts)
        written = [op.value for op in outcome.history.operations if op.f == "write"]
        assert outcome.holds and len(set(written)) == len(written)
        at_once.append(most)
    assert at_once[0] == 2 and at_once[1] > 5
    assert Scenario(data | {"outstanding": 1}).run().trace.records == (
        Scenario(data).run().trace.records
    )


def test_a_step_is_a_word_and_its_options():
    assert parsed(("heal",), WORLD) == Step("heal", {})
    cluster = Cluster(Desk, 3)
    answer = perform(cluster, ("call", "c1", "write", None, 7), to="n2")
    cluster.run(until=answer)
    assert answer.value == ("ok", None) and cluster["n2"].keep == 7


@pytest.mark.parametrize("run", [Cluster, Stepper])
@pytest.mark.parametrize("name", ["n 1", "n1,", "", 5])
def test_a_node_has_a_name_that_a_step_can_tell_from_others(run, name):
    with pytest.raises(DslabError, match="is no name for a node"):
        run(Desk, ["n1", name])
