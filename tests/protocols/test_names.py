"""Protocols are found by themselves: by the name that their class declares."""

import subprocess
import sys
from pathlib import Path

import pytest

from dslab.errors import DslabError
from dslab.explore import Nodes, explore
from dslab.node import Node
from dslab.protocols import protocol, protocol_names
from dslab.protocols.paxos import Paxos
from dslab.protocols.primary_backup import AsyncPrimaryBackup, NaiveFailover, PrimaryBackup
from dslab.protocols.raft import Raft
from dslab.scenario.rules import first_broken
from dslab.sim import Cluster

ROOT = Path(__file__).parents[2]


def test_every_name_gives_the_class_that_declares_it():
    assert {"raft", "paxos", "echo", "async-primary-backup", "g-counter"} <= set(protocol_names())
    for name in protocol_names():
        kind = protocol(name)
        assert issubclass(kind, Node) and vars(kind)["name"] == name
        assert kind.__module__.startswith("dslab.protocols.")


def test_a_file_may_hold_several():
    found = [protocol(name) for name in ("primary-backup", "async-primary-backup")]
    assert found == [PrimaryBackup, AsyncPrimaryBackup]
    assert protocol("naive-failover") is NaiveFailover


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("rafft", "there is no protocol 'rafft': did you mean raft? There are async-primary-"),
        ("Paxos", "there is no protocol 'Paxos': did you mean paxos? There are "),
        ("", "there is no protocol '': choose async-primary-backup, "),
        (3, "there is no protocol 3: choose "),
        ("failure_detector", "there is no protocol 'failure_detector': choose "),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(name, sentence):
    with pytest.raises(DslabError) as caught:
        protocol(name)
    assert str(caught.value).startswith(sentence)


def test_a_name_brings_its_own_module_and_no_other():
    script = (
        "import sys; from dslab.protocols import protocol, protocol_names; protocol_names(); "
        "mine = lambda: sorted(m for m in sys.modules if m.startswith('dslab.protocols.')); "
        "print(mine()); protocol('g-set'); print(mine())"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == ["[]", "['dslab.protocols.g_set']"]


def test_two_of_one_name_are_told(tmp_path, monkeypatch):
    import dslab.protocols as protocols

    for file in ("one", "two"):
        (tmp_path / f"{file}.py").write_text('class Same:\n    name = "same"\n')
    monkeypatch.setattr(protocols, "__path__", [str(tmp_path)])
    protocols._declared.cache_clear()
    try:
        with pytest.raises(DslabError, match="two.Same and one.Same are both called 'same'"):
            protocol_names()
    finally:
        protocols._declared.cache_clear()


class WinsAlone(Raft):
    """A bug: every candidate counts itself elected."""

    def count_votes(self):
        self.votes = frozenset(self.servers())
        super().count_votes()


def test_rules_stand_with_the_protocol_and_are_inherited():
    assert [rule.__name__ for rule in Paxos.rules] == ["agreement"]
    assert WinsAlone.rules is Raft.rules and all(rule.__doc__ for rule in Raft.rules)


def test_rules_are_asked_of_the_explorer_and_of_a_recorded_run_alike():
    nodes = dict.fromkeys(("n1", "n2", "n3"), WinsAlone)
    fires = {"ElectionTimeout": 2, "Heartbeat": 0}
    assert explore(Nodes(nodes, fires=fires, invariants=WinsAlone.rules)).rule == "election_safety"
    cluster = Cluster(WinsAlone, 3, seed=1, delay=(400, 400)).run(2000)
    assert first_broken(cluster.trace, WinsAlone) == "election_safety"
    assert first_broken(Cluster(Raft, 3, seed=1).run(2000).trace, Raft) is None
