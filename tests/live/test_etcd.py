"""The lab on a real etcd, links that are cut, and the recorded run in its place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dslab.check import linearizable
from dslab.errors import DslabError
from dslab.live import ServerMissing, cap_lab, lab
from dslab.live.etcd import EtcdCluster, NoAnswer
from dslab.live.process import free_ports

etcd = pytest.mark.skipif(shutil.which("etcd") is None, reason="etcd is not installed: run `sudo apt-get install etcd-server`")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster():
    with EtcdCluster(3) as cluster:
        yield cluster


@etcd
def test_the_lab_on_a_real_etcd_sees_what_was_recorded(monkeypatch):
    monkeypatch.setenv("DSLAB_LAB", "live")
    live = cap_lab()
    monkeypatch.setenv("DSLAB_LAB", "recorded")
    recorded = cap_lab()
    assert live.origin.startswith("a real etcd 3.") and recorded.origin.startswith("a recorded run of etcd 3.")
    assert live.steps == recorded.steps
    assert linearizable(live.history("linearizable"))
    verdict = linearizable(live.history("serializable"))
    assert not verdict and "read balance → 100” is stale" in verdict.sentence


def _reset(cluster):
    cluster.heal()
    for name in cluster.names:
        if not cluster.children[name].running:
            cluster.start(name)
    cluster.wait(lambda: all(cluster.get(name, "x") or True for name in cluster.names), "did not come together")


@etcd
def test_a_member_that_is_cut_off_answers_only_from_its_own_copy(cluster):
    _reset(cluster)
    cluster.put("n1", "x", "1")
    cluster.wait(lambda: cluster.get("n2", "x", serializable=True) == "1", "did not replicate")
    cluster.isolate("n2")
    cluster.wait(lambda: cluster.leader("n1") not in (None, "n2") and cluster.get("n1", "x"), "elected no leader")
    cluster.put("n1", "x", "2")
    with pytest.raises(NoAnswer):
        cluster.get("n2", "x")
    assert cluster.get("n2", "x", serializable=True) == "1"
    cluster.heal()
    cluster.wait(lambda: cluster.get("n2", "x") == "2", "did not catch up")


@etcd
def test_a_leader_that_sends_to_nobody_is_replaced_and_still_hears(cluster):
    _reset(cluster)
    old = cluster.leader("n1")
    others = [name for name in cluster.names if name != old]
    cluster.cut((old, other) for other in others)
    cluster.wait(lambda: cluster.leader(others[0]) in others, "elected no new leader")
    cluster.put(others[0], "x", "one-way")
    # The other direction is up: the old leader hears of its successor.
    cluster.wait(lambda: cluster.leader(old) in others, "told the old leader nothing")


@etcd
def test_kill_9_of_the_leader_loses_no_acknowledged_write(cluster):
    _reset(cluster)
    for number in range(20):
        cluster.put("n1", f"k{number}", str(number))
    leader = cluster.leader("n1")
    cluster.children.pop(leader).kill()
    survivor = next(name for name in cluster.names if name != leader)
    cluster.wait(lambda: cluster.leader(survivor) not in (None, leader) and cluster.get(survivor, "k0"), "elected no leader")
    assert [cluster.get(survivor, f"k{number}") for number in range(20)] == [str(number) for number in range(20)]
    cluster.start(leader)


@etcd
def test_unknown_members_are_named(cluster):
    with pytest.raises(DslabError, match="there is no member 'n9' in this cluster: it has n1, n2, n3"):
        cluster.get("n9", "x")


@etcd
def test_members_die_with_their_parent():
    script = ("import sys\nfrom dslab.live.etcd import EtcdCluster\ncluster = EtcdCluster(1)\n"
              "print(cluster.children['n1'].process.pid, flush=True)\nsys.stdin.readline()")
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    os.kill(child, 0)
    parent.kill()
    parent.wait()
    for _ in range(10_000):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
    pytest.fail("the member outlived its parent")


def test_the_recorded_run_is_played_where_etcd_is_missing(monkeypatch):
    monkeypatch.delenv("DSLAB_LAB", raising=False)
    monkeypatch.setenv("PATH", "")
    found = cap_lab()
    assert found.origin.endswith("since etcd is not installed here")
    assert "bob at n3   │ serializable read            │ 100" in repr(found)
    monkeypatch.setenv("DSLAB_LAB", "live")
    with pytest.raises(ServerMissing, match="etcd is not installed here: run `sudo apt-get install etcd-server`"):
        cap_lab()


def test_bad_settings_and_a_damaged_recording_are_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("DSLAB_LAB", "maybe")
    with pytest.raises(DslabError, match="DSLAB_LAB is 'maybe': set it to live or recorded"):
        cap_lab()
    monkeypatch.setenv("DSLAB_LAB", "recorded")
    (tmp_path / "cap.json").write_text('{"steps": [')
    monkeypatch.setattr(lab, "RECORDING", tmp_path / "cap.json")
    with pytest.raises(DslabError, match="the recorded run cap.json is missing or damaged"):
        cap_lab()
    with pytest.raises(DslabError, match="'eventual' is no kind of read"):
        lab.CapLab((), "").history("eventual")


def test_free_ports_are_free_and_different():
    assert len(set(free_ports(50))) == 50


def test_the_trace_of_the_lab_plays(monkeypatch):
    monkeypatch.setenv("DSLAB_LAB", "recorded")
    sentences = cap_lab().trace.sentences()
    assert "alice calls write balance at n1 100" in sentences[0]
    assert any("gives up waiting for its read: no answer" in sentence for sentence in sentences)
