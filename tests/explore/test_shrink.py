"""Shrinking: what is left fails, is part of what was given, and can't lose any single step."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslab.check.shrink import shrink
from dslab.errors import DslabError
from dslab.explore.clients import caller
from dslab.explore.nodes import Nodes
from dslab.explore.schedule import Stepper, steps_of
from dslab.explore.search import explore, walk
from dslab.explore.shrinking import shrink_run, shrunk
from dslab.explore.view import View
from dslab.protocols.raft import Raft
from dslab.sim import Cluster


@given(
    st.lists(st.integers(0, 9), max_size=60), st.lists(st.integers(0, 9), min_size=1, max_size=5)
)
def test_what_is_left_is_minimal_and_in_order(steps, needed):
    def fails(part):
        rest = iter(part)
        # `needed` is a subsequence of it.
        return all(any(step == want for step in rest) for want in needed)

    if fails(steps):
        assert shrink(steps, fails) == needed


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40))
def test_no_single_step_can_be_left_out(steps):
    def fails(part):
        return sum(part) >= sum(steps) / 2

    kept = shrink(steps, fails)
    assert fails(kept)
    assert (
        not any(fails(kept[:place] + kept[place + 1 :]) for place in range(len(kept)))
        or sum(steps) == 0
    )


def test_nothing_is_left_where_nothing_is_needed():
    assert shrink([1, 2, 3], lambda part: True) == []


def test_a_hundred_steps_cost_few_runs():
    asked = []

    def fails(part):
        asked.append(part)
        return {17, 83} <= set(part)

    assert shrink(list(range(100)), fails) == [17, 83]
    assert len(asked) < 60


# Whole runs.

NAMES = ("n1", "n2", "n3", "n4", "n5")


class ForgetsItsVote(Raft):
    durable = ("current_term", "log")


def two_leaders(stepper):
    terms = [
        node.current_term
        for node in stepper.nodes.values()
        if node is not None and node.role == "leader"
    ]
    return len(terms) > len(set(terms))


def stormy(seed):
    """Five servers with loss and repetitions; one after the other crashes and comes back."""
    cluster = Cluster(
        ForgetsItsVote, 5, seed=seed, clients=1, loss=0.1, duplicate=0.1, delay=(1, 120)
    )
    cluster.client().write("x", 1)
    for moment in range(30):
        cluster.run(90)
        name = NAMES[moment % 5]
        cluster.crash(name)
        cluster.restart(name)
    return cluster


def test_a_simulator_s_run_is_a_schedule_with_the_same_states():
    cluster = stormy(1)
    stepper = Stepper(ForgetsItsVote, NAMES, clients=["c1"]).start()
    assert all(stepper.perform(step) for step in steps_of(cluster.trace))
    assert {name: vars(node) for name, node in stepper.nodes.items()} == {
        name: vars(node) for name, node in cluster.nodes.items()
    }


def test_a_simulator_s_failing_run_shrinks_to_a_run_that_needs_each_of_its_steps():
    def make():
        return Stepper(ForgetsItsVote, NAMES, clients=["c1"])

    found = []
    for seed in range(24, 30):
        steps = steps_of(stormy(seed).trace)
        stepper = make().start()
        if any(stepper.perform(step) and two_leaders(stepper) for step in steps):
            found.append((len(steps), shrink_run(make, steps, two_leaders)))
    assert found
    for before, small in found:
        assert two_leaders(small) and len(small.steps) < before / 4
        # One server votes twice, and that is all that it takes.
        assert sum(step[0] == "crash" for step in small.steps) == 1
        assert not any(step[0] == "forge" for step in small.steps)
        for place in range(len(small.steps)):
            stepper = make().start()
            assert not any(
                stepper.perform(step) and two_leaders(stepper)
                for step in small.steps[:place] + small.steps[place + 1 :]
            )


@pytest.mark.parametrize(
    "disturbed",
    [
        lambda cluster: cluster.byzantine("n5", "vote_twice"),
        lambda cluster: cluster.byzantine("n5", "replay"),
        lambda cluster: cluster.disturb(corrupt=0.2, duplicate=0.2, checksums=False),
    ],
)
def test_lies_and_flipped_bits_are_in_the_schedule(disturbed):
    cluster = Cluster(Raft, 5, seed=3, clients=1, delay=(1, 60))
    disturbed(cluster)
    cluster.client().write("x", 1)
    cluster.run(1500)
    stepper = Stepper(Raft, NAMES, clients=["c1"]).start()
    for step in steps_of(cluster.trace):
        stepper.perform(step)
    honest = [name for name, kind in cluster.classes.items() if kind is Raft]
    assert {name: stepper.nodes[name] and vars(stepper.nodes[name]) for name in honest} == {
        name: cluster.nodes[name] and vars(cluster.nodes[name]) for name in honest
    }


def test_a_run_that_breaks_nothing_is_told():
    with pytest.raises(DslabError, match="breaks no rule"):
        shrink_run(lambda: Stepper(Raft, NAMES), [], two_leaders)


def test_an_explorer_s_path_is_a_schedule():
    system = Nodes(
        dict.fromkeys(NAMES[:3], ForgetsItsVote),
        fires={"ElectionTimeout": 2, "Heartbeat": 0},
        crashes=1,
        invariants=[
            lambda view: (
                len(terms := [node.current_term for node in view if node.role == "leader"])
                == len(set(terms))
            )
        ],
    )
    found = explore(system)
    assert shrunk(system, found).steps == found.steps
    small = shrink_run(
        lambda: Stepper(ForgetsItsVote, NAMES[:3]), steps_of(found.trace), two_leaders
    )
    assert len(small.steps) == found.depth - 1  # Breadth first, it was as small as any.


def small_elections(kind, **bounds):
    def one_leader_a_term(view):
        terms = [node.current_term for node in view if node.role == "leader"]
        return len(terms) == len(set(terms))

    return Nodes(
        dict.fromkeys(NAMES[:3], kind),
        fires={"ElectionTimeout": 3, "Heartbeat": 2},
        invariants=[one_leader_a_term],
        **bounds,
    )


def test_a_random_walk_s_violation_shrinks_to_a_run_that_needs_each_of_its_steps():
    system = small_elections(ForgetsItsVote, crashes=2)
    found = walk(system, walks=400, length=80, seed=11)
    small = shrunk(system, found)
    assert (found.holds, small.holds, small.rule) == (False, False, "one_leader_a_term")
    assert (
        len(small.steps) < len(found.steps)
        and small.sentence == f"After {len(small.steps)} steps one_leader_a_term is broken."
    )
    assert small.trace.records == system.replay(small.steps).records
    [rule] = system.rules.values()
    for place in range(len(small.steps)):
        stepper = system.stepper().start()
        assert not any(
            stepper.perform(step) and not rule(stepper.view)
            for step in small.steps[:place] + small.steps[place + 1 :]
        )


def test_what_breaks_no_rule_is_not_made_small():
    system = small_elections(Raft)
    with pytest.raises(
        DslabError,
        match="takes an answer of explore or walk that breaks an invariant of these nodes, but "
        "this is 'budget': undecided",
    ):
        shrunk(system, walk(system, walks=3, length=5))


def test_a_rule_sees_the_same_in_the_explorer_and_on_a_stage():
    """All that a view tells, along random walks with crashes and clients."""
    told = []

    def note(view):
        told.append(
            (
                list(view.names),
                {name: view[name] and vars(view[name]) for name in view.names},
                {name: view.disk(name) for name in view.names},
                [node.id for node in view],
                sorted(map(repr, view.messages)),
                view.seen,
            )
        )
        return True

    calls = ("n1", "write", "x", 1), ("n1", "read", "x")
    system = Nodes(
        dict.fromkeys(NAMES[:3], Raft)
        | {"c1": caller(*calls), "c2": caller(*calls, ("n2", "read", "x"), outstanding=2)},
        fires={"ElectionTimeout": 2, "Heartbeat": 3},
        crashes=1,
        duplicates=1,
    )
    lengths = []
    for seed in range(10):
        path, chance = list(system.initial()), Random(f"stage {seed}")
        while len(path) < 40 and (
            options := [new for _, action in system.actions for new in action(path[-1])]
        ):
            path.append(chance.choice(options))
        stepper = system.stepper().start()
        for state, step in zip(path, [None, *system.steps(path)]):
            assert step is None or stepper.perform(step)
            told.clear()
            note(View(system.states, state))
            note(stepper.view)
            assert told[0] == told[1]
        ops = told[0][-1].ops
        lengths.append(sum(len(theirs) for (client, _), theirs in ops if client == "c1"))
    assert max(lengths) == 2  # In some run a client got as far as its second call.
