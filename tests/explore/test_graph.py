"""The states of an exploration with all their steps."""

import pytest

from dslab.explore.graph import MOST
from dslab.explore.nodes import Nodes
from dslab.explore.search import explore
from dslab.explore.spec import Spec, action, invariant
from dslab.explore.specs import DieHard, Missionaries, Paxos, Peterson, TwoPhase
from dslab.node import Message, Node, Timer


class Ping(Message):
    round: int


class Again(Timer):
    """Time to ping once more."""


class Pinger(Node):
    """Pings its peers, twice at most."""

    round: int = 0
    heard: int = 0
    durable = ("round",)

    def on_start(self):
        self.set_timer(Again(), 10)

    def on_Again(self):
        if self.round < 2:
            self.round += 1
            self.broadcast(Ping(self.round))
            self.set_timer(Again(), 10)

    def on_Ping(self, sender, m):
        self.heard = max(self.heard, m.round)


def pingers(**more):
    return Nodes({"n1": Pinger, "n2": Pinger}, **({"fires": {"Again": 2}} | more))


def by_hand(spec):
    """The steps of a specification, looked for in the simplest way."""
    seen, todo, steps = set(), list(spec.initial()), set()
    while todo:
        state = todo.pop()
        if state in seen:
            continue
        seen.add(state)
        for name, take in spec.actions:
            for new in take(state):
                todo.append(new)
                if new != state:
                    steps.add((state, new, name))
    return seen, steps


@pytest.mark.parametrize("spec", [Peterson(), Paxos(2, 2, 1), TwoPhase(3), DieHard(None)], ids=repr)
def test_every_state_and_every_step_is_there(spec):
    graph = explore(spec, graph=True).graph
    states, steps = by_hand(spec)
    assert set(graph.states) == states and len(graph.states) == graph.total == len(states)
    assert {
        (graph.states[one], graph.states[other], label) for one, other, label in graph.edges
    } == steps
    assert graph.complete and graph.pruned == {} and graph.path == [] and graph.rule == ""


def test_nothing_is_kept_where_no_graph_is_asked_for():
    assert explore(Peterson()).graph is None


def test_the_counterexample_is_a_path_of_steps():
    graph = explore(Missionaries(3), graph=True).graph
    steps = {(one, other) for one, other, _ in graph.edges}
    assert (
        len(graph.path) == 12
        and graph.path[0] in graph.initial
        and set(zip(graph.path, graph.path[1:])) <= steps
    )
    assert graph.rule == "SomebodyIsEast" and graph.describe(graph.path[-1])["east"] == frozenset()
    # The search ended there: what comes after its last layer was not looked at.
    assert set(graph.pruned) == {"budget"}


def test_goals_deadlocks_and_depths():
    class Countdown(Spec):
        variables = ("left",)

        def initial(self):
            yield (3,)

        @action
        def Down(self, left):
            if left:
                yield (left - 1,)

        @invariant
        def NotNegative(self, left):
            return left >= 0

    graph = explore(Countdown(), graph=True).graph
    assert graph.depth == [0, 1, 2, 3] and [
        graph.describe(number) for number in graph.deadlocks
    ] == [{"left": 0}]
    peterson = explore(Peterson(), graph=True).graph
    assert (
        all(
            peterson.describe(number)["at"][0] == "critical"
            for number in peterson.goals["FirstGetsIn"]
        )
        and peterson.deadlocks == []
    )


def test_a_budget_leaves_stubs():
    graph = explore(Paxos(2, 2, 1), budget=50, graph=True).graph
    known = set(graph.states)
    assert 50 <= len(known) < 145 and not graph.complete
    for number, count in graph.pruned["budget"].items():
        after = [new for _, take in graph.system.actions for new in take(graph.states[number])]
        assert sum(new not in known for new in after) == count > 0


def test_a_large_graph_keeps_the_first_states_and_the_counterexample():
    graph = explore(TwoPhase(5), graph=True).graph
    assert len(graph.states) == MOST and graph.total == 8_832 and set(graph.pruned) == {"picture"}

    class TooLate(TwoPhase):
        @invariant
        def NeverAllCommit(self, rm, tm, prepared, messages):
            return rm != ("committed",) * self.managers

    found = explore(TooLate(5), graph=True)
    assert (
        len(found.graph.states) == MOST
        and found.graph.states[found.graph.path[-1]][0] == ("committed",) * 5
    )
    assert len(found.graph.path) == len(found.trace.steps())


def test_bounds_of_nodes_leave_stubs_and_the_system_as_it_was():
    system = pingers()
    found = explore(system, graph=True)
    graph = found.graph
    assert set(graph.pruned) == {"bounds"} and not graph.complete and graph.deadlocks == []
    assert found.complete is False and system.cut is True
    assert "n1's Again runs out" in {
        label for *_, label in graph.edges
    } and "deliver Ping n1→n2" in {label for *_, label in graph.edges}
    assert graph.describe(0) == {
        "n1": {"round": 0, "heard": 0},
        "n2": {"round": 0, "heard": 0},
        "messages": (),
    }
    crashing = explore(pingers(crashes=1), graph=True).graph
    assert {"n2 crashes", "n2 restarts"} <= {label for *_, label in crashing.edges} and "down" in [
        crashing.describe(n)["n2"] for n in range(len(crashing.states))
    ]


def test_symmetry_folds_states_and_says_so():
    whole, folded = (
        explore(pingers(), graph=True).graph,
        explore(pingers(symmetric=("n1", "n2")), graph=True).graph,
    )
    assert (
        len(folded.states) < len(whole.states)
        and "symmetry" in folded.pruned
        and "symmetry" not in whole.pruned
    )


def test_valence_is_what_can_be_decided_from_a_state():
    paxos = Paxos(2, 2, 1)
    graph = explore(paxos, graph=True).graph
    found = graph.valence(lambda ballot, voted, messages: paxos.chosen(messages))
    after = {
        number: {other for one, other, _ in graph.edges if one == number}
        for number in range(len(graph.states))
    }
    for number, values in enumerate(found):
        reached, todo = set(), [number]
        while todo:
            here = todo.pop()
            if here not in reached:
                reached.add(here)
                todo += after[here]
        assert set(values) == {
            value for each in reached for value in paxos.chosen(graph.states[each][2])
        }
    assert found[0] == (0, 1) and {values for values in found} == {(0,), (1,), (0, 1)}
    # A step never leads to a value that could not be decided before it.
    assert all(set(found[other]) <= set(found[one]) for one, other, _ in graph.edges)


def test_valence_of_nodes_and_of_single_values():
    graph = explore(pingers(), graph=True).graph
    heard = graph.valence(lambda view: view["n1"].heard or None)
    assert heard[0] == (1, 2)
    for number, values in enumerate(heard):
        if graph.describe(number)["n1"]["heard"] == 2:
            assert values == (2,)  # What was heard is never forgotten.


def test_it_says_what_it_is():
    assert repr(explore(Paxos(2, 2, 1), graph=True).graph) == "145 states and 240 steps of Paxos"
