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


@pytest.fixture
def protocols(tmp_path, monkeypatch):
    """The package with files of a reader's beside its own, by name and content."""
    import dslab.protocols as package

    def added(**files):
        for name, content in files.items():
            (tmp_path / f"{name}.py").write_bytes(content)
        package._declared.cache_clear()

    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    yield added
    package._declared.cache_clear()
    for name in [name for name in sys.modules if name.startswith("dslab.protocols.mine")]:
        del sys.modules[name]


NODE = b"from dslab.node import Node\nclass Mine(Node):\n    name = '%b'\n"


def test_two_of_one_name_are_told_with_their_files_and_stop_no_other(protocols):
    protocols(mine=NODE % b"echo", mine2=NODE % b"mine")
    with pytest.raises(DslabError) as caught:
        protocol("echo")
    assert str(caught.value) == (
        "the protocol 'echo' is declared in dslab/protocols/echo.py and dslab/protocols/mine.py: "
        "give one of them another name."
    )
    assert protocol("raft") is Raft and protocol("mine").name == "mine"
    assert protocol_names().count("echo") == 1


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"def (", "dslab/protocols/mine.py is passed over: SyntaxError in line 1"),
        (b"x = 1\n" + b"(" * 500, "dslab/protocols/mine.py is passed over: "),
        (b"\xff\xfe = 1", "dslab/protocols/mine.py is passed over: "),
        (b"x = '\0'", "dslab/protocols/mine.py is passed over: "),
    ],
)
def test_a_file_that_is_no_python_stops_no_other_and_is_told(content, sentence, protocols):
    protocols(mine=content)
    assert protocol("raft") is Raft and "raft" in protocol_names()
    with pytest.raises(DslabError, match="there is no protocol 'mine': choose .*" + sentence):
        protocol("mine")


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"1 / 0\n" + NODE % b"mine", "mine.py can't be imported: ZeroDivisionError in line 1"),
        (b"import nowhere\n" + NODE % b"mine", "can't be imported: ModuleNotFoundError in line 1"),
        (b"raise SystemExit(3)\n" + NODE % b"mine", "can't be imported: SystemExit in line 1"),
        (b'class Mine:\n    name = "mine"\n', "Mine in dslab/protocols/mine.py is no node class"),
    ],
)
def test_a_file_that_declares_a_name_and_gives_no_node_class_is_told(content, sentence, protocols):
    protocols(mine=content)
    assert protocol("raft") is Raft
    with pytest.raises(DslabError, match=sentence):
        protocol("mine")


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
