"""`serve`, `call` and `stdio` from a shell: what they say, and their exit codes."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dslab.cli.program import run
from dslab.live.process import free_ports
from tests.live.clusters import TcpCluster

HERE = "n1=127.0.0.1:7001"


def said(capsys, *arguments):
    """The exit code and the one line of error."""
    code = run(list(map(str, arguments)))
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1 and captured.out == ""
    return code, captured.err


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (
            ("serve", "zab", "--id", "n1", "--cluster", HERE),
            "there is no protocol 'zab': choose async-primary-backup, available-register",
        ),
        (
            ("serve", "nowhere:Node", "--id", "n1", "--cluster", HERE),
            "nowhere can't be imported: ModuleNotFoundError (No module named 'nowhere')",
        ),
        (
            ("serve", "json:JSONDecoder", "--id", "n1", "--cluster", HERE),
            "json has no node class 'JSONDecoder'.",
        ),
        (
            ("serve", "raft", "--id", "n2", "--cluster", HERE),
            "--id n2: there is no such node in the cluster, which has n1.",
        ),
        (
            ("serve", "raft", "--id", "n1", "--cluster", "n1"),
            "--cluster: 'n1' is no node: write NAME=HOST:PORT",
        ),
        (
            ("serve", "raft", "--id", "n1", "--cluster", HERE + ",n2=10.1.2.3:7002"),
            "n2 at 10.1.2.3:7002 is not on this machine's loopback address",
        ),
        (("serve", "raft", "--id", "n1", "--cluster", "n1=0.0.0.0:7001"), "say --beyond-loopback"),
        (("serve", "raft", "--cluster", HERE), "missing option '--id'"),
        (
            ("call", "read", "x", "--cluster", HERE, "--to", "n3"),
            "there is no node 'n3' in the cluster: it has n1.",
        ),
        (
            ("call", "read", "x", "--cluster", HERE, "--timeout", "0"),
            "'0' is no number from 0.001 to 86,400",
        ),
        (("stdio", "zab"), "there is no protocol 'zab'"),
        (
            ("serve", "raft", "--id", "../x", "--cluster", "../x=127.0.0.1:7001"),
            "'../x' is no name for a node",
        ),
        (("stdio", "..nowhere:Node"), "'..nowhere:Node' is no node class: write MODULE:CLASS."),
    ],
)
def test_bad_input_is_one_sentence(arguments, sentence, capsys):
    code, err = said(capsys, *arguments)
    assert code == 2 and err.startswith("dslab: ") and sentence in err


def test_the_script_finds_a_node_class_beside_it(tmp_path):
    """A script's own folder is where Python looks first, not the current one."""
    (tmp_path / "mine.py").write_text("raise SystemExit(1)")
    script = Path(sys.executable).with_name("dslab")
    found = subprocess.run(
        [script, "stdio", "mine:Node"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (
        found.returncode == 2 and "mine can't be imported: SystemExit in line 1 (1)" in found.stderr
    )


def serve(folder, protocol="raft", name="n1", port=None):
    cluster = ",".join(
        f"{each}=127.0.0.1:{number}"
        for each, number in zip(("n1", "n2"), [port or free_ports(1)[0], 1])
    )
    return "serve", protocol, "--id", name, "--cluster", cluster, "--data", folder


def test_a_taken_port_is_told(tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, err = said(capsys, *serve(tmp_path / "n1", port=port))
    assert code == 2 and f"127.0.0.1:{port} can't be listened on (Address already in use)" in err


def test_a_folder_of_another_node_or_protocol_and_a_damaged_one_are_told(tmp_path, capsys):
    from dslab.live.disk import Disk
    from dslab.protocols.raft import Raft

    Disk(tmp_path, Raft, "n2").close()
    assert "belongs to node n2 of Raft, not to n1 of Raft" in said(capsys, *serve(tmp_path))[1]
    assert (
        "belongs to node n2 of Raft, not to n2 of Echo"
        in said(capsys, *serve(tmp_path, "echo", "n2"))[1]
    )
    state = tmp_path / "state.json"
    state.write_bytes(state.read_bytes()[:-3])
    code, err = said(capsys, *serve(tmp_path, "raft", "n2"))
    assert code == 2 and "state.json is damaged: its checksum is not that of its content" in err


def test_a_cluster_is_asked_from_a_shell(capsys):
    with TcpCluster("raft") as cluster:
        places = ",".join(f"{name}={address}" for name, address in cluster.cluster.items())

        def call(*words):
            """What the command answers.

            A leader may change at any moment, so each of these may be said again.
            """
            while True:
                cluster.check()
                code = run(["call", "--cluster", places, *words])
                out, err = capsys.readouterr()
                if "no answer" not in err and "no node is the leader" not in err:
                    return code, out.strip() or err.strip().removeprefix("dslab: ")

        assert call("write", "x", '{"a": [1, null]}') == (0, "null")
        code, out = call("read", "x")
        assert code == 0 and json.loads(out) == {"a": [1, None]}
        assert call("write", "x", "word") == (0, "null") and call("read", "x") == (0, '"word"')
        no = "refused: another value than the expected one stands there. Nothing was done."
        assert call("cas", "x", "5", "6") == (1, no)
        data = {"outcome": "fail", "code": "precondition-failed", "error": no}
        assert json.loads(call("cas", "x", "5", "6", "--json")[1]) == data
        assert call("cas", "x", "word", "word") == (0, "null")
        assert call("write", "x", "-5") == (0, "null") and call("read", "x") == (0, "-5")
        assert call("dance") == (
            2,
            "refused: this protocol has no operation 'dance'. Nothing was done.",
        )
        assert "this protocol has no operation 'raed': did you mean read?" in call("raed", "x")[1]
        assert json.loads(call("dance", "--json")[1])["code"] == "not-supported"
        assert json.loads(call("read", "x", "--json")[1]) == {"outcome": "ok", "value": -5}
        cluster.kill(*cluster.names)
        assert call("--timeout", "0.5", "read", "x") == (
            2,
            "refused: no node can be reached within 0.5 s: start one with `dslab serve`, or look "
            "at the addresses in --cluster. Nothing was done.",
        )


def test_no_answer_says_that_nobody_knows(capsys, monkeypatch):
    heard = threading.Event()

    def hear():
        connection, _ = silent.accept()
        with connection:
            got = b""
            while b"write" not in got:
                got += connection.recv(1000) or pytest.fail("the client went away")
            heard.set()
            connection.recv(1)  # Until the client has given up.

    async def out_of_time(answer, _):
        """The time runs out when the question has arrived, and not before."""
        asking = asyncio.ensure_future(answer)
        await asyncio.get_running_loop().run_in_executor(None, heard.wait)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        raise TimeoutError

    monkeypatch.setattr("dslab.live.client.asyncio.wait_for", out_of_time)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        peer = threading.Thread(target=hear)
        peer.start()
        code, err = said(
            capsys, "call", "write", "x", 1, "--cluster", f"n1=127.0.0.1:{silent.getsockname()[1]}"
        )
        peer.join()
    assert (code, err) == (2, "dslab: no answer (timeout): nobody knows whether it was done.\n")
