"""Runs of explicit steps: what each does, and that any part of a schedule is a schedule."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dslab.errors import DslabError
from dslab.explore.schedule import Stepper, random_steps
from dslab.explore.spelling import step_named
from dslab.node import Message, Node, Timer
from dslab.protocols.raft import Raft


class Ping(Message):
    number: int


class Tick(Timer):
    pass


class Counter(Node):
    """Sends a numbered Ping to everybody at each Tick, and remembers on disk what it heard."""

    sent: int = 0
    heard: tuple = ()
    durable = ("heard",)

    def on_start(self):
        self.set_timer(Tick(), 10)

    def on_Tick(self):
        self.sent += 1
        self.broadcast(Ping(self.sent))
        self.set_timer(Tick(), 10)

    def on_Ping(self, sender, m):
        self.heard += (m.number,)


def stage(*steps, node_class=Counter):
    it = Stepper(node_class, ("a", "b")).start()
    return it, [it.perform(step) for step in steps]


TICK = ("fire", "a", "Tick")


def test_messages_of_a_link_come_in_their_order():
    it, done = stage(
        TICK, TICK, ("deliver", "a", "b"), ("deliver", "a", "b"), ("deliver", "a", "b")
    )
    assert it.nodes["b"].heard == (1, 2)
    assert done == [True, True, True, True, False], (
        "there is no third message, so that step does nothing"
    )
    assert it.steps == [TICK, TICK, ("deliver", "a", "b"), ("deliver", "a", "b")]


def test_a_lost_message_is_gone_and_a_repeated_one_comes_again():
    it, _ = stage(
        TICK, TICK, ("drop", "a", "b"), ("deliver", "a", "b", "Ping"), ("again", "a", "b", "Ping")
    )
    assert it.nodes["b"].heard == (2, 2)
    assert it.trace.count("lose") == 1 and it.trace.count("deliver", "Ping") == 2


def test_a_crash_keeps_the_durable_fields_alone_and_forgets_timers():
    it, done = stage(
        TICK,
        ("deliver", "a", "b"),
        ("fire", "b", "Tick"),
        ("crash", "b"),
        ("fire", "b", "Tick"),
        ("crash", "b"),
        ("restart", "b"),
        ("restart", "b"),
    )
    assert done == [True, True, True, True, False, False, True, False]
    assert (it.nodes["b"].heard, it.nodes["b"].sent) == ((1,), 0)
    assert "Tick" in it.timers["b"], "on_start has set it again"


def test_a_message_waits_for_a_node_that_is_down():
    it, done = stage(
        TICK, ("crash", "b"), ("deliver", "a", "b"), ("restart", "b"), ("deliver", "a", "b")
    )
    assert done[2] is False and it.nodes["b"].heard == (1,)


def test_forged_messages_arrive():
    it, _ = stage(("forge", "a", "b", Ping(99)))
    assert it.nodes["b"].heard == (99,)


def test_settling_delivers_until_nothing_is_on_its_way():
    it, _ = stage(TICK, ("fire", "b", "Tick"), TICK)
    for step in it.settling():
        it.perform(step)
    assert (it.nodes["a"].heard, it.nodes["b"].heard) == ((1,), (1, 2))


@pytest.mark.parametrize(
    "step, sentence",
    [
        (("jump", "a"), "('jump', 'a') is no step: write one of fire, deliver,"),
        (("fire", "a"), "('fire', 'a') is no step"),
        ((), "() is no step"),
        (("crash", "x"), "('crash', 'x') is no step: there is no node 'x' in this cluster: it"),
        (("deliver", "a", "x"), "there is no node 'x' in this cluster: it has a, b."),
        (("crahs", "a"), "('crahs', 'a') is no step: write crash, or another of fire, deliver,"),
        (("pause", "a"), "('pause', 'a') is no step: write"),
        (("crash", "a", "b"), "`crash` takes node, and no more"),
        ({"fire": {"node": "a"}}, "`fire` needs 'timer': it takes node, timer."),
        ("crash", "'crash' is no step: write one of"),
        (["crash", "a"], "['crash', 'a'] is no step"),
        *[
            (("crash", name), f"there is no node {name!r} in this cluster: it has a, b.")
            for name in ("a ", " a", "a,", "a\n")
        ],
        *[
            (step, "node is ['a'], but the name of one node belongs there.")
            for step in (("crash", ["a"]), {"crash": ["a"]}, {"crash": {"node": ["a"]}})
        ],
        (("crash", ("a",)), "node is ('a',), but the name of one node belongs there."),
        (("deliver", "a", "b", [1]), "kind is [1], but a message, or the name of its class,"),
        (("drop", "a", "b", {"a": 1}), "kind is {'a': 1}, but a message, or the name of its"),
        (("deliver", "a", "b", 5), "kind is 5, but a message, or the name of its class, belongs"),
        (("again", "a", "b", Ping(1)), "kind is Ping(number=1), but the name of a message's class"),
        (("forge", "a", "b", "Ping"), "message is 'Ping', but a message belongs there."),
        (("deliver", "a", "b", "Pong"), "no node here handles a message 'Pong': they handle Ping."),
        (("deliver", "a", "b", "Pong(1)"), "no node here handles a message 'Pong(1)': they"),
        (("fire", "a", "Tock"), "no node here handles a timer 'Tock': they handle Tick."),
        (("restart", "a", True), "`restart` takes node, and no more."),
    ],
)
def test_what_is_no_step_is_named(step, sentence):
    with pytest.raises(DslabError) as error:
        stage(step)
    assert sentence in str(error.value)


def test_a_handler_that_raises_is_the_last_step_of_the_trace():
    class Bad(Counter):
        def on_Ping(self, sender, m):
            raise KeyError("x")

    it, _ = stage(TICK, node_class=Bad)
    with pytest.raises(KeyError) as error:
        it.perform(("deliver", "a", "b"))
    assert error.value.__notes__ == ["while b handled Ping(number=1)"]
    assert it.trace.sentences()[-1] == "2.0 ms: b receives Ping(number=1) from a."


def test_a_flood_of_messages_is_refused():
    class Flood(Counter):
        def on_Tick(self):
            for _ in range(1001):
                self.broadcast(Ping(0))

    it, _ = stage(node_class=Flood)
    with pytest.raises(DslabError, match="a sends 1,001 messages in one step"):
        it.perform(TICK)


def test_every_kind_of_step_has_words():
    said = [
        step_named(step)
        for step in (
            TICK,
            ("deliver", "a", "b"),
            ("deliver", "a", "b", "Ping"),
            ("again", "a", "b", "Ping"),
            ("drop", "a", "b"),
            ("crash", "a"),
            ("restart", "a"),
            ("forge", "a", "b", Ping(1)),
        )
    ]
    assert said[:3] == [
        "a's Tick runs out",
        "b gets the next message from a",
        "b gets the next Ping from a",
    ]
    assert len(set(said)) == len(said)


def taken(seed, length=60):
    it = Stepper(Raft, ("n1", "n2", "n3")).start()
    steps = []
    for step in random_steps(it, Random(seed), length):
        steps.append(step)
        it.perform(step)
    return it, steps


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sets(st.integers(0, 59)))
def test_any_part_of_a_schedule_is_a_schedule_and_makes_the_same_run_each_time(seed, left_out):
    _, steps = taken(seed)
    part = [step for number, step in enumerate(steps) if number not in left_out]
    runs = []
    for schedule in (part, part):
        it = Stepper(Raft, ("n1", "n2", "n3")).start()
        for step in schedule:
            it.perform(step)
        runs.append(it)
    assert runs[0].trace.dumps() == runs[1].trace.dumps()
    again = Stepper(Raft, ("n1", "n2", "n3")).start()
    assert all(again.perform(step) for step in runs[0].steps), (
        "the steps that were possible are possible again"
    )
    assert {name: node and vars(node) for name, node in again.nodes.items()} == {
        name: node and vars(node) for name, node in runs[0].nodes.items()
    }


def test_random_schedules_have_every_kind_of_step_and_elect_leaders():
    kinds, elected = set(), 0
    for seed in range(20):
        it, steps = taken(seed)
        kinds |= {step[0] for step in steps}
        elected += it.trace.count("send", "AppendEntries") > 0
    assert kinds == {"fire", "deliver", "again", "drop", "crash", "restart"}
    assert elected > 10


@pytest.mark.parametrize(
    "table, words",
    [
        ({"deliver": ["a", "b"]}, ("deliver", "a", "b")),
        ({"deliver": ["a", "b", "Ping"]}, ("deliver", "a", "b", "Ping")),
        ({"drop": ("a", "b")}, ("drop", "a", "b")),
        ({"duplicate": ["a", "b", "Ping"]}, ("duplicate", "a", "b", "Ping")),
    ],
)
def test_a_message_of_a_table_is_named_by_its_link_alone(table, words):
    it, done = stage(TICK, table)
    assert done == [True, True] and it.steps == [TICK, words]


@pytest.mark.parametrize("step", [{"deliver": ["a"]}, {"duplicate": ["a", "b"]}, {"drop": "a"}])
def test_half_a_link_names_no_message(step):
    with pytest.raises(DslabError, match="but it takes a table with from, to, kind."):
        stage(TICK, step)


def test_a_message_may_be_named_by_its_text():
    it, done = stage(TICK, TICK, ("deliver", "a", "b", "Ping(number=2)"))
    assert it.nodes["b"].heard == (2,)
    assert it.perform(("deliver", "a", "b", "Ping(number=2)")) is False


def test_a_step_that_raises_is_not_among_those_that_are_done():
    class Deaf(Message):
        pass

    it, _ = stage(TICK)
    with pytest.raises(Exception, match="on_Deaf"):
        it.perform(("forge", "a", "b", Deaf()))
    assert it.steps == [TICK]
    again = Stepper(Counter, ("a", "b")).start()
    assert all(again.perform(step) for step in it.steps)
