"""Sleep sets: fewer steps, and not one state, violation, goal or deadlock less."""

from random import Random

import pytest

from dslab.chapters.raft_election.mutants import MUTANTS
from dslab.errors import DslabError
from dslab.explore.clients import caller
from dslab.explore.nodes import Nodes
from dslab.explore.search import Search, explore
from dslab.explore.sleep_sets import SleepSetSearch
from dslab.explore.specs import TwoPhase
from dslab.node import Message, Node, Reply, Timer
from dslab.protocols.raft import Raft
from tests.explore.paxos_register import paxos_register
from tests.explore.test_explore import elections

NAMES = ("a", "b", "c")


class Note(Message):
    number: int


class Alarm(Timer):
    pass


def machine(seed: int) -> type[Node]:
    """A Node class whose handlers look up in random tables what to become, to send and to set."""
    random = Random(f"machine {seed}")
    table = {
        (kind, state, number): (
            random.randrange(4),
            [
                (random.randrange(3), random.randrange(3))
                for _ in range(random.choice((0, 0, 0, 1, 2)))
            ],
            random.random() < 0.3,
        )
        for kind in ("note", "alarm", "start")
        for state in range(4)
        for number in range(3)
    }

    class Machine(Node):
        state: int = 0
        steps: int = 0
        durable = "state", "steps"

        def on_start(self):
            self.go("start", NAMES.index(self.id))

        def on_Note(self, sender, m):
            self.go("note", m.number)

        def on_Alarm(self):
            self.go("alarm", self.state % 3)

        def go(self, kind, number):
            self.state, letters, alarm = table[kind, self.state, number]
            self.steps += 1
            if self.steps < 4:  # Or it would go on for ever.
                for to, what in letters:
                    self.send(NAMES[to], Note(what))
                if alarm:
                    self.set_timer(Alarm(), 1)

    return Machine


def world(seed: int, invariants=()) -> Nodes:
    random = Random(f"world {seed}")
    bounds = {
        "crashes": random.choice((0, 0, 1)),
        "losses": random.choice((0, 0, 1)),
        "duplicates": random.choice((0, 0, 1)),
        "ordered": random.random() < 0.3,
        "fires": random.choice((None, 1, {"Alarm": 2})),
    }
    return Nodes(dict.fromkeys(NAMES, machine(seed)), invariants=invariants, **bounds)


def rule(seed: int):
    """A random thing that must not be: two nodes in given states, one having taken more steps."""
    random = Random(f"rule {seed}")
    one, other = random.sample(NAMES, 2)
    these = random.randrange(4), random.randrange(4)

    def never(view):
        a, b = view[one], view[other]
        return a is None or b is None or (a.state, b.state) != these or a.steps <= b.steps

    return never


def states(kind, system, budget):
    search = kind(system, budget, False, None)
    search.run(True, None)
    return search


def test_no_state_is_lost_in_random_systems():
    saved = whole = 0
    for seed in range(100):
        plain, reduced = (states(kind, world(seed), 3000) for kind in (Search, SleepSetSearch))
        if plain.complete:
            assert {repr(_named(plain, state)) for state in plain.parents} == {
                repr(_named(reduced, state)) for state in reduced.parents
            }, seed
            assert [bool(count) for count in plain.taken] == [
                bool(count) for count in reduced.taken
            ]
            saved, whole = saved + plain.generated - reduced.generated, whole + plain.generated
    assert whole > 20_000 and saved > whole / 5


def _named(search, state):
    """A state by what is in it: numbers are given in the order in which things are met."""
    states = search.system.states
    return (
        [states.locals[number].key for number in state.nodes],
        sorted(repr(states.envelopes[number]) for number in state.mail),
        state[-2:],
    )


def test_no_violation_is_hidden_in_random_systems():
    seen = {True: 0, False: 0}
    for seed in range(150):
        plain, reduced = (
            explore(world(seed, [rule(seed)]), budget=3000, reduce=reduce)
            for reduce in (False, True)
        )
        if plain.holds is not None:
            assert (plain.holds, plain.rule, plain.depth) == (
                reduced.holds,
                reduced.rule,
                reduced.depth,
            ), seed
            seen[plain.holds] += 1
            dead = [
                explore(world(seed), budget=3000, deadlock=True, reduce=reduce).holds
                for reduce in (False, True)
            ]
            assert dead[0] == dead[1]
    assert min(seen.values()) > 20, f"too one-sided to test anything: {seen}"


@pytest.mark.parametrize("kind", [Raft, *MUTANTS.values()], ids=lambda kind: kind.__name__)
def test_the_verdict_on_each_known_bug_is_the_same(kind):
    plain, reduced = (
        explore(elections(kind), reduce=reduce, budget=15_000) for reduce in (False, True)
    )
    assert (plain.holds, plain.rule, plain.depth) == (reduced.holds, reduced.rule, reduced.depth)
    assert plain.holds is None or not plain.holds or plain.states == reduced.states


def test_what_it_saves_in_known_systems():
    counts = [
        (explore(make()), explore(make(), reduce=True)) for make in (elections, paxos_register)
    ]
    assert [(plain.states, reduced.states) for plain, reduced in counts] == [
        (9_076, 9_076),
        (16_668, 16_668),
    ]
    assert [(plain.transitions, reduced.transitions) for plain, reduced in counts] == [
        (21_651, 12_204),
        (32_970, 16_764),
    ]


def test_which_of_two_clients_was_first_is_not_reduced():
    class Echo(Node):
        def on_Request(self, client, m):
            self.send(client, Reply(m.id, m.value))

    def both(reduce):
        seen = set()
        calls = {
            f"c{n}": caller((f"s{n}", "write", None, n), (f"s{n}", "write", None, n))
            for n in (1, 2)
        }
        explore(
            Nodes(
                {"s1": Echo, "s2": Echo, **calls},
                invariants=[lambda view: seen.add(view.seen) is None],
            ),
            reduce=reduce,
        )
        return seen

    assert both(True) == both(False) and len(both(True)) > 5


def test_where_it_can_t_be_used_is_said():
    for system, sentence in [
        (TwoPhase(3), "TwoPhase doesn't say which of its actions are independent"),
        (elections(symmetric=("n1", "n2", "n3")), "symmetry gives a state's steps other names"),
        (elections(within=lambda view: True), "`within` looks at all nodes"),
    ]:
        with pytest.raises(DslabError, match=sentence):
            explore(system, reduce=True)
    with pytest.raises(DslabError, match='leave out order="depth"'):
        explore(elections(), reduce=True, order="depth")
