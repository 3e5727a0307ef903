"""Known bugs of Raft and Paxos, and which instrument kills which: the explorer, the simulator, or a
directed schedule.
"""

import pytest

from dslab.chapters.paxos.mutants import AnswersAgain
from dslab.learn.mutants.measure import (
    BOUNDS,
    EXPLORED,
    MUTANTS,
    NEITHER,
    SIMULATED,
    explored,
    simulated,
)
from dslab.protocols.paxos import Paxos
from dslab.protocols.raft import Raft

ALL = MUTANTS["Raft"] | MUTANTS["Paxos"]


def test_every_mutant_has_its_killer_or_a_reason():
    assert [
        name for name in ALL if (name in EXPLORED) + (name in SIMULATED) + (name in NEITHER) != 1
    ] == []
    assert (len(MUTANTS["Raft"]), len(MUTANTS["Paxos"])) == (37, 10)


@pytest.mark.parametrize("name", EXPLORED)
def test_the_explorer_kills(name):
    bounds, rule = EXPLORED[name]
    found = explored(ALL[name], bounds)
    assert found.holds is False and found.rule == rule


@pytest.mark.parametrize("name", SIMULATED)
def test_the_simulator_kills(name):
    assert simulated(ALL[name]) == SIMULATED[name]


def test_what_is_left_to_directed_schedules_is_killed_there():
    """That the election exercise kills each by this rule is shown in
    tests/learn/test_raft_election.py.
    """
    assert all(ALL[name].breaks == rule for name, (rule, _) in NEITHER.items() if rule)


def test_a_reused_number_can_t_show_where_the_proposer_accepts_too():
    assert explored(ALL["ReusesNumber"], "proposer again").holds is not False


@pytest.mark.parametrize("bounds", BOUNDS)
def test_no_bounds_alarm_on_the_correct_class(bounds):
    for kind in (Paxos, AnswersAgain) if bounds.startswith(("propose", "two propose")) else (Raft,):
        assert explored(kind, bounds).holds is not False


def test_the_simulator_alarms_on_no_correct_class():
    assert [simulated(kind) for kind in (Raft, Paxos, AnswersAgain)] == [None, None, None]
