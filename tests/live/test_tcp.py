"""Raft over TCP: killed and started again it stays linearizable, and a node survives whatever is
sent to it.
"""

import asyncio
import errno
import json
import os
from contextlib import asynccontextmanager

import pytest

from dslab.check import linearizable
from dslab.errors import DslabError
from dslab.live.client import Calls, Client
from dslab.live.disk import Disk
from dslab.live.frames import LONGEST_REQUEST, Address, cluster_of, frame, read_frame
from dslab.live.process import free_ports
from dslab.live.tcp import WAITING, Server, _Link
from dslab.node import Reply, Request
from dslab.protocols.echo import Echo
from dslab.protocols.raft import Raft, Vote
from dslab.wire import decode, names
from tests.live.clusters import TcpCluster, Work, write_kill_all_and_read
from tests.live.mutants import Falls


def test_raft_is_linearizable_while_its_nodes_are_killed():
    async def run():
        work, calls = Work(seed=1), Calls()
        with TcpCluster("raft") as cluster:
            clients = [
                asyncio.create_task(work.over_tcp(cluster.cluster, calls, name))
                for name in ("a", "b", "c")
            ]
            await work.more(30, cluster.check)
            for victims in ("leader", "follower", "leader", "follower", "all"):
                leader = work.leader or "n1"
                names = {
                    "leader": [leader],
                    "follower": [name for name in cluster.names if name != leader][:1],
                    "all": cluster.names,
                }[victims]
                cluster.kill(*names)
                if victims != "all":
                    await work.more(12, cluster.check)  # Two of three go on.
                for name in names:
                    cluster.start(name)
                await work.more(12, cluster.check)
            work.stopped = True
            await asyncio.gather(*clients)
        return work, calls.history

    work, history = asyncio.run(run())
    assert linearizable(history, "kv")
    outcomes = [op.outcome for op in history.operations]
    assert (
        outcomes.count("ok") >= 138
        and sum(op.f == "read" and op.result is not None for op in history.operations) >= 20
    )


@pytest.mark.parametrize(
    "protocol, lost", [("raft", False), ("tests.live.mutants:ForgetsItsLog", True)]
)
def test_an_acknowledged_write_outlives_all_its_servers_if_the_log_is_durable(protocol, lost):
    read, history = asyncio.run(write_kill_all_and_read(protocol))
    assert read == (None if lost else 1)
    assert bool(linearizable(history, "kv")) is not lost


CONFUSED = "dslab.chapters.raft_log.mutants:AnswersWhatItNeverDid"


@pytest.mark.parametrize("protocol, right", [("raft", True), (CONFUSED, False)])
def test_each_of_several_open_calls_that_is_acknowledged_is_done_once(protocol, right):
    """One client on one connection, with five calls open whose ids fall."""

    async def run():
        calls, done, ids = Calls(), [], 0
        with TcpCluster(protocol) as cluster:
            async with Client(cluster.cluster, calls) as client:

                async def append(id):
                    word = f"<{id}>"
                    if (await client.call("append", "x", word, id=id))[0] == "ok":
                        done.append(word)

                while len(done) < 40:
                    cluster.check()
                    ids += 10
                    await asyncio.gather(
                        *(append(ids - n) for n in range(4)), client.call("read", "x", id=ids - 4)
                    )
                while (answer := await client.call("read", "x"))[0] != "ok":
                    cluster.check()
        return done, answer[1], calls.history

    done, text, history = asyncio.run(run())
    assert all(text.count(word) == 1 for word in done) is right
    assert bool(linearizable(history, "kv")) is right
    assert len({op.process for op in history.operations}) >= 5


def test_calls_on_one_connection_are_answered_in_any_order_or_all_end_with_it():
    """A node that answers once two have asked, the later first, and then goes away."""

    async def node(reader, writer):
        await read_frame(reader)
        one, other, lost = [decode(await read_frame(reader), names(Request)) for _ in range(3)]
        writer.write(frame(Reply(99)) + frame(Reply(other.id, "b")) + frame(Reply(one.id, "a")))
        writer.close()

    async def run():
        server = await asyncio.start_server(node, "127.0.0.1", 0)
        cluster = {"n1": Address(*server.sockets[0].getsockname()[:2])}
        async with Client(cluster) as client:
            answers = await asyncio.gather(*(client.call("read", key) for key in "xyz"))
        server.close()
        return answers, client.calls.history

    answers, history = asyncio.run(run())
    assert answers == [("ok", "a"), ("ok", "b"), ("info", "n1 went away")]
    ended = [(op.process, op.outcome) for op in history.operations]
    assert ended == [(0, "ok"), (1, "ok"), (2, "info")]


def test_a_call_that_takes_too_long_leaves_the_connection_to_the_others():
    """It gives up when half of its answer is there; the other half comes before theirs."""

    async def node(reader, writer):
        await read_frame(reader)
        late, soon = [decode(await read_frame(reader), names(Request)) for _ in range(2)]
        answer = frame(Reply(late.id, late.key))
        writer.write(answer[:9])
        again = decode(await read_frame(reader), names(Request))
        writer.write(answer[9:])
        for each in (soon, again):
            writer.write(frame(Reply(each.id, each.key)))
        writer.close()

    async def run():
        server = await asyncio.start_server(node, "127.0.0.1", 0)
        cluster = {"n1": Address(*server.sockets[0].getsockname()[:2])}
        async with Client(cluster) as client:
            late = asyncio.create_task(client.call("read", "late", timeout=0.05))
            soon = asyncio.create_task(client.call("read", "soon", timeout=60))
            return await late, await client.call("read", "again", timeout=60), await soon

    late, again, soon = asyncio.run(run())
    assert (late, again, soon) == (("info", "timeout"), ("ok", "again"), ("ok", "soon"))


@pytest.mark.parametrize("id", [7, "8", True, 1.0])
def test_an_id_is_a_whole_number_that_the_client_has_not_used(id):
    async def run():
        async with Client({"n1": Address("127.0.0.1", free_ports(1)[0])}) as client:
            await client.call("read", timeout=0.05, id=7)
            with pytest.raises(DslabError, match="give a whole number that no other request"):
                await client.call("read", timeout=0.05, id=id)
            return len(client.calls.history)

    assert asyncio.run(run()) == 1


@asynccontextmanager
async def alone(node_class, folder):
    """A server in this process that is a cluster of its own."""
    cluster = {"n1": Address("127.0.0.1", free_ports(1)[0])}
    running = asyncio.create_task(Server(node_class, "n1", cluster, folder).run())
    while not running.done():
        try:
            _, writer = await asyncio.open_connection(*cluster["n1"])
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.01)
    try:
        yield cluster
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def served(cluster):
    async with Client(cluster) as client:
        return await client.call("write", "x", 1)


CLIENT, PEER = {"dslab": 1, "client": "c1"}, {"dslab": 1, "node": "n2", "protocol": "Raft"}
RAW = lambda data: len(data).to_bytes(4, "big") + data  # noqa: E731


@pytest.mark.parametrize(
    "sent, sentence",
    [
        (RAW(b"not json"), "somebody: this is no JSON"),
        (RAW(b"[" * 100_000), "somebody: the data is nested too deeply."),
        (RAW(b'{"a": NaN}'), "this is no JSON (NaN is no number)"),
        (
            frame(CLIENT)
            + RAW(b'{"$": "message.Request", "id": 1, "f": "write", "key": "x", "value": 1e999}'),
            "client c1: this is no JSON (1e999 is no number)",
        ),
        (RAW(b"[1]"), "a frame holds a JSON object, and this one doesn't."),
        (
            b"GET / HTTP/1.1\r\n\r\n",
            "a frame of 1,195,725,856 bytes is too long: 1,048,576 is the most.",
        ),
        (b"\0\0\1\0{}", "the connection ended in the middle of a frame."),
        (frame({"dslab": 2}), "the first frame must say"),
        (frame({"dslab": 1, "client": "n1"}), "'n1' is no peer of n1, and no name for a client."),
        (frame({"dslab": 1, "client": ["c"]}), "is no peer of n1, and no name for a client."),
        (frame(PEER), "'n2' is no peer of n1"),
        (
            frame(CLIENT) + frame(Vote(1, True)),
            "client c1: 'raft.Vote' with the fields term, granted is nothing that is known here.",
        ),
        (frame(CLIENT) + frame({"id": 1}), "a client sends Requests"),
        (
            frame(CLIENT) + frame(Request("1", "read")),
            "a client sends Requests, whose id is a number",
        ),
        (
            frame(CLIENT)
            + RAW(
                json.dumps(
                    {
                        "$": "message.Request",
                        "id": 1,
                        "f": "write",
                        "key": "x",
                        "value": eval("[" * 60 + "]" * 60),
                    }
                ).encode()
            ),
            "client c1: the data is nested too deeply.",
        ),
        (
            frame(CLIENT) + (LONGEST_REQUEST + 1).to_bytes(4, "big"),
            "a frame of 1,048,577 bytes is too long",
        ),
        (
            frame(CLIENT) + frame(Request(1, "fall")),
            "client c1: Falls.on_Request of n1 raised RuntimeError: I fell",
        ),
    ],
)
def test_what_is_no_message_ends_its_connection_and_nothing_else(sent, sentence, tmp_path, capsys):
    async def run():
        async with alone(Falls, tmp_path / "n1") as cluster:
            reader, writer = await asyncio.open_connection(*cluster["n1"])
            writer.write(sent)
            writer.write_eof()
            answer = await reader.read()  # Until the server ends it.
            return answer, await served(cluster)

    answer, after = asyncio.run(run())
    assert after == ("ok", None)
    assert b"refused" in answer
    said = [
        line for line in capsys.readouterr().err.splitlines() if "closes the connection" in line
    ]
    assert len(said) == 1 and sentence in said[0]


def test_a_step_that_raised_left_nothing(tmp_path):
    async def run():
        async with alone(Falls, tmp_path / "n1") as cluster:
            await served(cluster)
            async with Client(cluster) as client:
                with pytest.raises(
                    DslabError, match="n1 refuses: Falls.on_Request of n1 raised RuntimeError"
                ):
                    await client.call("fall")
                return await client.call("read", "x"), client.calls.history

    answer, history = asyncio.run(run())
    assert answer == ("ok", 1)
    assert [op.outcome for op in history.operations] == ["info", "ok"]
    assert "half done" not in (tmp_path / "n1" / "state.json").read_text()


def test_a_peer_of_another_protocol_is_refused(tmp_path, capsys):
    async def run():
        ports = free_ports(2)
        cluster = {name: Address("127.0.0.1", port) for name, port in zip(("n1", "n2"), ports)}
        tasks = [
            asyncio.create_task(Server(kind, name, cluster, tmp_path / name).run())
            for kind, name in ((Raft, "n1"), (Echo, "n2"))
        ]
        said = ""
        while "speaks" not in said:
            await asyncio.sleep(0.02)
            said += capsys.readouterr().err
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return said

    assert (
        "n2 closes the connection of somebody: n1 speaks Raft, and n2 speaks Echo."
        in asyncio.run(run())
    )


def test_a_server_whose_disk_fails_ends_without_a_word_to_its_client(tmp_path, monkeypatch):
    async def run():
        cluster = {"n1": Address("127.0.0.1", free_ports(1)[0])}
        running = asyncio.create_task(Server(Raft, "n1", cluster, tmp_path).run())
        async with Client(cluster) as client:
            assert await client.call("write", "x", 1) == ("ok", None)
            monkeypatch.setattr(
                os,
                "fsync",
                lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")),
            )
            outcome = await client.call("write", "x", 2)
        with pytest.raises(
            DslabError, match="state.json can't be written: No space left on device"
        ):
            await running
        return outcome[0]

    assert asyncio.run(run()) == "info"
    monkeypatch.undo()
    Disk(tmp_path, Raft, "n1").close()  # What it holds is whole, and the lock is gone.


HELLO = {"dslab": 1, "node": "n1", "protocol": "Raft"}


async def until(there):
    while not there():
        await asyncio.sleep(0.01)


def test_a_link_to_nobody_holds_little_and_speaks_when_somebody_comes():
    async def run():
        address, got = Address("127.0.0.1", free_ports(1)[0]), []

        async def peer(reader, writer):
            while (data := await read_frame(reader)) is not None:
                got.append(data)
            writer.close()

        link = _Link("n2", address, HELLO)
        for number in range(10 * WAITING):
            link.send(Vote(number, True))
        assert len(link._waiting) == WAITING and link._waiting[-1].term == 10 * WAITING - 1
        await until(lambda: not link._waiting)  # Nobody was there: forgotten.
        for _ in range(2):  # It comes, goes, and comes again.
            del got[:]
            server = await asyncio.start_server(peer, *address)
            while not any(data.get("$") == "raft.Vote" for data in got):
                link.send(Vote(1, True))
                await asyncio.sleep(0.01)
            assert got[0] == HELLO
            server.close()
            link.task.cancel()
            await asyncio.gather(link.task, return_exceptions=True)
            link = _Link("n2", address, HELLO)
        link.task.cancel()

    asyncio.run(run())


def test_a_link_to_a_peer_that_does_not_read_holds_no_more_than_its_queue():
    async def run():
        async def deaf(reader, writer):
            reader._transport.pause_reading()
            await asyncio.sleep(60)

        server = await asyncio.start_server(deaf, "127.0.0.1", 0)
        link = _Link("n2", Address(*server.sockets[0].getsockname()[:2]), HELLO)
        text = "x" * 100_000
        for _ in range(20 * WAITING):
            link.send(Request(1, "write", "x", text))
            await asyncio.sleep(0)
        assert len(link._waiting) == WAITING
        link.task.cancel()
        await asyncio.gather(link.task, return_exceptions=True)
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run(run())


def test_nobody_there_is_a_refusal_and_no_doubt():
    async def run():
        async with Client({"n1": Address("127.0.0.1", free_ports(1)[0])}) as client:
            return await client.call("write", "x", 1, timeout=0.2)

    assert asyncio.run(run()) == ("fail", "no node can be reached")


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("n1", "'n1' is no node: write NAME=HOST:PORT"),
        ("n1=host", "is no node"),
        ("n1=:7001", "is no node"),
        ("=127.0.0.1:7001", "is no node"),
        ("n1=127.0.0.1:0", "is no node"),
        ("n1=127.0.0.1:70000", "is no node"),
        ("n1=127.0.0.1:7001,", "'' is no node"),
        ("n1=127.0.0.1:7001,n1=127.0.0.1:7002", "'n1=127.0.0.1:7002' comes twice"),
        ("n1=127.0.0.1:7001,n2=127.0.0.1:7001", "comes twice"),
    ],
)
def test_a_cluster_that_is_none_is_told(text, sentence):
    with pytest.raises(DslabError, match=sentence):
        cluster_of(text)


def test_addresses():
    cluster = cluster_of(
        "n1=127.0.0.1:7001, n2=[::1]:7002,n3=localhost:7003,n4=10.0.0.1:7004,n5=example.org:7005"
    )
    assert [str(address) for address in cluster.values()][:2] == ["127.0.0.1:7001", "[::1]:7002"]
    assert [address.loopback for address in cluster.values()] == [True, True, True, False, False]
