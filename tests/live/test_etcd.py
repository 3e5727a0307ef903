"""The lab on a real etcd, links that are cut, and the recorded run in its place."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from time import sleep

import pytest

from dslab.check import linearizable
from dslab.errors import DslabError
from dslab.live import ServerMissing, cap_lab, lab
from dslab.live import etcd as etcd_module
from dslab.live.etcd import EtcdCluster, NoAnswer
from dslab.live.process import Servers, free_ports
from dslab.run.trace import Trace
from tests.processes import await_gone, gone, linux
from tests.suite.patience import PATIENCE

etcd = pytest.mark.skipif(
    shutil.which("etcd") is None,
    reason="etcd is not installed: run `sudo apt-get install etcd-server`",
)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def patient():
    """A busy machine's etcd may take minutes to elect somebody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(etcd_module, "TRIES", int(PATIENCE / 1000 / etcd_module.PAUSE))
        yield


@pytest.fixture(scope="module")
def cluster():
    with EtcdCluster(3, patience=10) as cluster:
        yield cluster


@etcd
def test_the_lab_on_a_real_etcd_sees_what_was_recorded(monkeypatch):
    monkeypatch.setenv("DSLAB_LAB", "live")
    live = cap_lab()
    monkeypatch.setenv("DSLAB_LAB", "recorded")
    recorded = cap_lab()
    assert live.origin.startswith("a real etcd 3.") and recorded.origin.startswith(
        "a recorded run of etcd 3."
    )
    assert live.steps == recorded.steps
    assert linearizable(live.history("linearizable"))
    verdict = linearizable(live.history("serializable"))
    assert not verdict and "read balance → 100” is stale" in verdict.sentence


@pytest.fixture
def whole(cluster):
    """The cluster, all links up, with members that serve."""
    cluster.heal()
    cluster.wait(
        lambda: all(cluster.status(name).leader for name in cluster.names), "elected no leader"
    )
    for name in cluster.names:
        cluster.wait(lambda: cluster.get(name, "x") or True, "did not come together")
    return cluster


def _has_leader_among(cluster, others):
    """Until the members `others` agree on one of them, and serve."""
    cluster.wait(
        lambda: all(cluster.status(name).leader in others for name in others), "elected no leader"
    )
    cluster.wait(lambda: cluster.get(others[0], "x") or True, "did not serve")


@etcd
def test_a_member_that_is_cut_off_answers_only_from_its_own_copy(whole):
    whole.put("n1", "x", "1")
    whole.wait(lambda: whole.get("n2", "x", serializable=True) == "1", "did not replicate")
    whole.isolate("n2")
    _has_leader_among(whole, ["n1", "n3"])
    whole.put("n1", "x", "2")
    with pytest.raises(NoAnswer):
        whole.get("n2", "x", patience=1)
    assert whole.get("n2", "x", serializable=True) == "1"
    whole.heal()
    whole.wait(lambda: whole.get("n2", "x") == "2", "did not catch up")


@etcd
def test_a_leader_that_sends_to_nobody_is_replaced_and_still_hears(whole):
    old = whole.status("n1").leader
    others = [name for name in whole.names if name != old]
    whole.cut((old, other) for other in others)
    _has_leader_among(whole, others)
    whole.put(others[0], "x", "one-way")
    # The other direction is up: the old leader hears of its successor.
    whole.wait(lambda: whole.status(old).leader in others, "told the old leader nothing")


@etcd
def test_a_leader_that_hears_nobody_steps_down_and_can_answer_nothing(whole):
    old = whole.status("n1").leader
    others = [name for name in whole.names if name != old]
    whole.cut((other, old) for other in others)
    # Its heartbeats still arrive, but it can't know: without a majority's replies it gives up
    # leading.
    _has_leader_among(whole, others)
    whole.put(others[0], "x", "heard by two")
    with pytest.raises(NoAnswer):
        whole.get(old, "x", patience=1)
    assert whole.get(old, "x", serializable=True) != "heard by two"


@etcd
def test_a_delayed_member_serves_old_values_without_any_cut(whole):
    leader = whole.status("n1").leader
    # A leader knows of every write first.
    late = next(name for name in whole.names if name != leader)
    whole.delay(((name, late) for name in whole.names if name != late), 0.2)
    stale = 0
    for number in range(20):
        whole.put(leader, "late", str(number))
        stale += whole.get(late, "late", serializable=True) != str(number)
    assert stale
    assert whole.get(late, "late") == "19"


@etcd
def test_kill_9_of_the_leader_loses_no_acknowledged_write(whole):
    for number in range(20):
        whole.put("n1", f"k{number}", str(number))
    leader = whole.status("n1").leader
    whole.kill(leader)
    survivors = [name for name in whole.names if name != leader]
    _has_leader_among(whole, survivors)
    written = [str(number) for number in range(20)]
    assert [whole.get(survivors[0], f"k{number}") for number in range(20)] == written
    with pytest.raises(NoAnswer):
        whole.get(leader, "k0")
    whole.start(leader)
    whole.wait(lambda: whole.get(leader, "k0") == "0", "did not take the old leader back")
    assert [whole.get(leader, f"k{number}") for number in range(20)] == written


@etcd
def test_compare_and_set_writes_only_over_the_expected_value(whole):
    whole.put("n1", "c", "1")
    assert whole.cas("n2", "c", "1", "2") is True
    assert whole.cas("n3", "c", "1", "3") is False
    assert whole.get("n1", "c") == "2"
    assert whole.get("n1", "nobody wrote this") is None


@etcd
def test_members_agree_on_leader_and_term(whole):
    found = [whole.status(name) for name in whole.names]
    assert [status.member for status in found] == ["n1", "n2", "n3"]
    assert len({(status.leader, status.term) for status in found}) == 1 and found[0].term > 0


@etcd
def test_what_can_never_work_is_one_sentence_and_no_unknown_outcome(whole):
    unknown = "there is no member 'n9' in this cluster: it has n1, n2, n3"
    for wrong in (
        lambda: whole.get("n9", "x"),
        lambda: whole.isolate("n9"),
        lambda: whole.cut([("n1", "n9")]),
        lambda: whole.delay([("n9", "n1")], 1),
        lambda: whole.kill("n9"),
        lambda: whole.start("n9"),
    ):
        with pytest.raises(DslabError, match=unknown):
            wrong()
    with pytest.raises(DslabError, match="n1 refused kv/put: etcdserver: key is not provided"):
        whole.put("n1", "", "1")


@etcd
def test_a_port_that_somebody_took_is_left_to_them(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answers = [[taken.getsockname()[1], *free_ports(1)]]
        monkeypatch.setattr(
            etcd_module, "free_ports", lambda count: answers.pop() if answers else free_ports(count)
        )
        with EtcdCluster(1) as cluster:
            assert cluster.status("n1").leader == "n1" and not answers


@etcd
def test_a_member_that_ends_by_itself_is_told_with_its_last_words(monkeypatch):
    with EtcdCluster(1) as cluster:
        cluster.kill("n1")
        (cluster.servers.folder / "n1" / "member" / "snap" / "db").write_bytes(b"no database")
        cluster.start("n1")
        with pytest.raises(DslabError, match="^n1 ended with code 2: panic: cannot open database"):
            cluster.wait(lambda: cluster.get("n1", "x") or True, "did not start")
        folder = cluster.servers.folder
    assert not folder.exists()


@etcd
def test_a_cluster_that_never_gets_there_says_so_with_its_logs(whole, monkeypatch):
    monkeypatch.setattr(etcd_module, "TRIES", 2)
    with pytest.raises(
        DslabError, match="the etcd cluster grew no wings, asked 2 times; .*n1: .*n2: .*n3: "
    ):
        whole.wait(lambda: False, "grew no wings")


@etcd
def test_settings_for_other_programs_do_not_reach_the_cluster(monkeypatch):
    monkeypatch.setenv("ETCD_NAME", "somebody-else")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with EtcdCluster(1) as cluster:
        assert cluster.status("n1").member == "n1"


@etcd
@linux
def test_members_and_their_data_go_when_their_parent_is_killed():
    script = (
        "import sys\nfrom dslab.live.etcd import EtcdCluster\ncluster = EtcdCluster(3)\n"
        "print(*(child.process.pid for child in cluster.servers._children), "
        "cluster.servers.folder, flush=True)\n"
        "sys.stdin.readline()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    *members, folder = parent.stdout.readline().split()
    assert len(members) == 3 and not any(map(gone, members)) and Path(folder).exists()
    parent.kill()
    parent.communicate()
    await_gone(*members)
    while Path(folder).exists():
        sleep(0.01)


def test_servers_close_whatever_they_started_and_may_be_closed_twice():
    servers = Servers("test")
    child = servers.start(
        "sleeper", [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(1000)"]
    )
    assert child.running and servers.folder.exists()
    servers.close()
    servers.close()
    assert not child.running and not servers.folder.exists()


def test_the_recorded_run_is_played_where_etcd_is_missing(monkeypatch):
    monkeypatch.delenv("DSLAB_LAB", raising=False)
    monkeypatch.setenv("PATH", "")
    found = cap_lab()
    assert found.origin.endswith("since etcd is not installed here")
    assert "bob at n3   │ serializable read            │ 100" in repr(found)
    monkeypatch.setenv("DSLAB_LAB", "live")
    with pytest.raises(
        ServerMissing, match="etcd is not installed here: run `sudo apt-get install etcd-server`"
    ):
        cap_lab()


def test_the_recorded_run_is_played_where_the_clients_package_is_missing(monkeypatch):
    monkeypatch.delenv("DSLAB_LAB", raising=False)
    monkeypatch.setitem(sys.modules, "requests", None)  # As if it were not installed.
    monkeypatch.delitem(sys.modules, "dslab.live.etcd")
    assert cap_lab().origin.endswith("since the package requests is not installed here")
    monkeypatch.setenv("DSLAB_LAB", "live")
    with pytest.raises(
        ServerMissing,
        match="the package requests is not installed here: run `pip install requests`",
    ):
        cap_lab()


def test_a_program_that_is_not_etcd_is_named(monkeypatch, tmp_path):
    (tmp_path / "etcd").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "etcd").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(DslabError, match="etcd does not tell its version as etcd does"):
        EtcdCluster(1)


def test_the_gateway_has_its_address_by_version():
    assert [
        etcd_module._gateway(version)
        for version in ("3.2.32", "3.3.25", "3.4.23", "3.5.1", "3.6.0")
    ] == ["v3alpha", "v3beta", "v3", "v3", "v3"]


def test_recording_again_without_etcd_is_one_sentence(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "dslab.live.record_labs"],
        cwd=ROOT,
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stderr.startswith(
        "dslab: etcd is not installed here: run `sudo"
    )
    assert done.stderr.count("\n") == 1


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


def test_free_ports_are_free_and_different_and_not_of_those_that_calls_come_from():
    assert len(set(free_ports(50))) == 50
    with (
        socket.create_server(("127.0.0.1", 0)) as calls,
        socket.create_connection(calls.getsockname()) as call,
    ):
        assert max(free_ports(50)) < min(calls.getsockname()[1], call.getsockname()[1])


def test_the_trace_of_the_lab_plays_and_holds_the_same_history(monkeypatch):
    monkeypatch.setenv("DSLAB_LAB", "recorded")
    trace = cap_lab().trace
    sentences = trace.sentences()
    assert sentences[0] == "0.0 ms: Times number the lab's steps."
    assert sentences[1] == "10.0 ms: alice at n1 calls write balance 100."
    assert "68.0 ms: bob at n3 gives up waiting for its write: no answer." in sentences
    assert "30.0 ms: the links n1→n3, n2→n3, n3→n1, n3→n2 go down." in sentences
    assert Trace.from_json(json.loads(trace.dumps())).dumps() == trace.dumps()
    assert not linearizable(trace.history())  # All calls, the serializable read among them.
