"""Nodes behind the Maelstrom protocol: messages word for word, clusters under cuts and kills."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from dslab.check import linearizable
from dslab.cli.clusters import node_class
from dslab.errors import DslabError
from dslab.live.maelstrom import CODES, ERRORS
from dslab.live.router import Router
from dslab.live.stdio import StdioNode
from tests.live.clusters import Work

ROOT = Path(__file__).parents[2]
TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))
CONFUSED = "dslab.chapters.raft_log.mutants:AnswersWhatItNeverDid"
INIT = {"type": "init", "msg_id": 1, "node_id": "n1", "node_ids": ["n1"]}


def line(body, src="c1"):
    return json.dumps({"src": src, "dest": "n1", "body": body}).encode() + b"\n"


def bodies(written):
    return [json.loads(each)["body"] for each in written]


def program(protocol):
    return [sys.executable, "-m", "dslab", "stdio", protocol]


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_every_message_is_answered_word_for_word(path):
    lines = [text for text in path.read_text().splitlines() if text[0] in "<>"]

    async def run():
        written, said = [], []
        node = StdioNode(node_class(path.stem), written.append)
        node.take(line(INIT))
        assert bodies(written) == [{"type": "init_ok", "in_reply_to": 1}]
        while path.stem == "raft" and node.host.node.role != "leader":
            await asyncio.sleep(0.01)
        for text in lines:
            if text[0] == ">":
                assert not written[1 + len(said) :], "an answer that the transcript lacks"
                node.take(line(json.loads(text[2:])))
            else:
                said.append(text)
        node.host.stop()
        assert all(
            json.loads(each)["src"] == "n1" and json.loads(each)["dest"] == "c1" for each in written
        )
        return bodies(written[1:])

    assert asyncio.run(run()) == [json.loads(text[2:]) for text in lines if text[0] == "<"]


def test_a_node_that_waits_for_init_or_for_a_leader_says_so():
    async def run():
        written = []
        node = StdioNode(node_class("raft"), written.append)
        node.take(line({"type": "read", "msg_id": 1, "key": 1}))
        node.take(line({"type": "init", "msg_id": 2, "node_id": "n1", "node_ids": ["n2"]}))
        node.take(line(INIT | {"node_ids": ["n1", "n2"], "msg_id": 3}))
        node.take(line({"type": "read", "msg_id": 4, "key": 1}))
        node.host.stop()
        return [(body.get("code"), body["in_reply_to"]) for body in bodies(written)]

    assert asyncio.run(run()) == [(11, 1), (12, 2), (None, 3), (11, 4)]


@pytest.mark.parametrize("name", ["../n1", "/n1", "a/b", ".."])
def test_a_node_s_name_leads_nowhere_but_into_its_data_folder(name, tmp_path):
    async def run():
        written = []
        StdioNode(node_class("echo"), written.append, tmp_path / "data").take(
            line(INIT | {"node_id": name, "node_ids": [name]})
        )
        return bodies(written)[0]["code"]

    assert asyncio.run(run()) == 12 and list(tmp_path.iterdir()) == []


def test_a_follower_forwards_once_and_brings_the_answer_back():
    """n2 follows n1, and another node and a client ask it."""
    write = {"$": "message.Request", "id": 9, "f": "write", "key": 1, "value": 2}
    refusal = {"$": "message.Reply", "id": 9, "value": None, "error": "not-leader", "leader": "n1"}
    done = {"$": "message.Reply", "id": 9, "value": None, "error": None, "leader": None}

    async def run(*lines):
        written = []
        node = StdioNode(node_class("raft"), written.append)
        node.take(line(INIT | {"node_id": "n2", "node_ids": ["n1", "n2", "n3"]}))
        node.take(
            line(
                {
                    "type": "AppendEntries",
                    "message": {
                        "$": "raft.AppendEntries",
                        "term": 1,
                        "prev_log_index": 0,
                        "prev_log_term": 0,
                        "entries": [],
                        "leader_commit": 0,
                    },
                },
                "n1",
            )
        )
        del written[:]
        for each in lines:
            node.take(each)
        node.host.stop()
        return [(message["dest"], message["body"]) for message in map(json.loads, written)]

    asked = line({"type": "write", "msg_id": 9, "key": 1, "value": 2}, "c7")
    forward = "n1", {"type": "forward", "message": write, "client": "c7"}
    answer = lambda reply: line({"type": "forwarded", "message": reply, "client": "c7"}, "n1")  # noqa: E731
    assert asyncio.run(run(asked)) == [forward]
    assert asyncio.run(run(asked, answer(done), answer(done))) == [
        forward,
        ("c7", {"type": "write_ok", "in_reply_to": 9}),
    ]
    assert asyncio.run(run(asked, answer(refusal))) == [
        forward,
        ("c7", {"type": "error", "in_reply_to": 9, "code": 11, "text": "not-leader"}),
    ]
    assert asyncio.run(run(line({"type": "forward", "message": write, "client": "c7"}, "n3"))) == [
        ("n3", {"type": "forwarded", "message": refusal, "client": "c7"})
    ]


@pytest.mark.parametrize(
    "sent, sentence",
    [
        (b"nonsense\n", "a line is passed over: this is no JSON"),
        (b"[]\n", "a line is passed over: a message is"),
        (b'{"src": "c1", "body": {}}\n', "a message is"),
        (b'{"src": 1, "body": {"type": "read"}}\n', "a message is"),
        (
            line({"type": "Vote", "message": {"$": "raft.Vote", "term": 1}}, "n2"),
            "a message from n2 is passed over: 'raft.Vote' with the fields term is nothing",
        ),
        (
            line(
                {"type": "Vote", "message": {"$": "raft.Vote", "term": "x", "granted": True}}, "n2"
            ),
            "a message from n2 is passed over: Raft.on_Vote of n1 raised TypeError",
        ),
        (line({"type": "forward", "message": 3, "client": "c1"}, "n2"), "this is no Request"),
        (
            line(
                {
                    "type": "forwarded",
                    "message": {
                        "$": "message.Reply",
                        "id": 1,
                        "value": 1,
                        "error": None,
                        "leader": None,
                    },
                },
                "n2",
            ),
            "has no name",
        ),
        (line({"type": "read", "key": 1}), "c1 sends a 'read' without a msg_id"),
    ],
)
def test_a_line_that_is_no_message_is_told_and_passed_over(sent, sentence, capsys):
    async def run():
        written = []
        node = StdioNode(node_class("raft"), written.append)
        node.take(line(INIT | {"node_ids": ["n1", "n2"]}))
        node.take(sent)
        node.take(line({"type": "echo", "msg_id": 5, "echo": 1}))
        node.host.stop()
        return bodies(written)

    assert asyncio.run(run())[1:] == [{"type": "echo_ok", "in_reply_to": 5, "echo": 1}]
    err = capsys.readouterr().err
    assert sentence in err and err.count("\n") == 1


def test_a_request_that_a_handler_falls_over_is_an_indefinite_error():
    async def run():
        written = []
        node = StdioNode(node_class("broadcast"), written.append)
        node.take(line(INIT))
        node.host.node.__class__ = type(
            "Broken", (type(node.host.node),), {"on_Request": lambda self, client, m: 1 / 0}
        )
        node.take(line({"type": "read", "msg_id": 2}))
        node.host.stop()
        return bodies(written)[-1]

    answer = asyncio.run(run())
    assert (
        answer == {"type": "error", "in_reply_to": 2, "code": 13, "text": "crash"}
        and not ERRORS[13].definite
    )


def test_a_node_s_own_errors_become_definite_ones():
    assert all(ERRORS[code].definite for code in CODES.values())
    assert sorted(ERRORS) == [0, 1, 10, 11, 12, 13, 14, 20, 21, 22, 30]


def test_a_program_answers_on_its_output_alone_and_ends_with_its_input(tmp_path):
    run = subprocess.run(
        [*program("unique-ids"), "--data", str(tmp_path)],
        input=line(INIT) + line({"type": "generate", "msg_id": 2}),
        capture_output=True,
        cwd=ROOT,
    )
    assert (run.returncode, run.stderr) == (0, b"") and bodies(run.stdout.splitlines())[1][
        "id"
    ] == "n1-1"
    again = subprocess.run(
        [*program("unique-ids"), "--data", str(tmp_path)],
        input=line(INIT) + line({"type": "generate", "msg_id": 2}),
        capture_output=True,
        cwd=ROOT,
    )
    assert bodies(again.stdout.splitlines())[1]["id"] == "n1-2"
    (tmp_path / "n1" / "state.json").write_text("torn")
    broken = subprocess.run(
        [*program("unique-ids"), "--data", str(tmp_path)],
        input=line(INIT),
        capture_output=True,
        cwd=ROOT,
    )
    assert (
        broken.returncode == 2
        and broken.stdout == b""
        and b"is damaged" in broken.stderr
        and broken.stderr.count(b"\n") == 1
    )


def test_a_node_that_can_t_go_on_ends_although_its_input_stays_open(tmp_path):
    (tmp_path / "n1").mkdir()
    (tmp_path / "n1" / "state.json").write_text("torn")
    with subprocess.Popen(
        [*program("unique-ids"), "--data", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as node:
        node.stdin.write(line(INIT))
        node.stdin.flush()
        said = node.stderr.read()
        assert node.wait() == 2 and b"is damaged" in said and said.count(b"\n") == 1


async def ask(work, router, name):
    client = router.client()

    async def call(f, value, key, timeout):
        fields = {"key": key} | ({"value": value} if f == "write" else {})
        node = work.chance.choice(router.names)
        return (await client.call(node, f, timeout=timeout, **fields))[0]

    await work.ask(name, call, patience=0.3)


def test_raft_behind_stdio_is_linearizable_under_cuts_and_kills():
    async def run():
        work = Work(seed=2)
        async with Router(program("raft"), 3) as router:
            clients = [asyncio.create_task(ask(work, router, name)) for name in ("a", "b", "c")]
            await work.more(20)
            for victim in router.names:
                router.partition(victim, " ".join(name for name in router.names if name != victim))
                await work.more(10)
                router.heal()
                await work.more(10)
                router.kill(victim)
                await work.more(10)
                await router.restart(victim)
            for name in router.names:
                router.kill(name)
            for name in router.names:
                await router.restart(name)
            router.delay("n1", "n2 n3", 0.03)
            await work.more(20)
            work.stopped = True
            await asyncio.gather(*clients)
            return work, router.history, router.lost

    work, history, lost = asyncio.run(run())
    assert linearizable(history, "kv")
    assert work.done >= 130 and lost > 20
    assert sum(op.f == "read" and op.outcome == "ok" for op in history.operations) > 20


@pytest.mark.parametrize("protocol, right", [("raft", True), (CONFUSED, False)])
def test_each_of_several_open_calls_behind_stdio_is_done_once(protocol, right):
    """One client that has four calls open whose msg_ids fall: each adds one to what was there."""

    async def run():
        async with Router(program(protocol), 3) as router:
            client, done, doubtful, ids = router.client(), 0, 0, 1000

            async def value():
                while (answer := await client.call("n1", "read", key="x"))[0] != "ok":
                    await asyncio.sleep(0.02)
                return answer[1]

            while (await client.call("n1", "write", key="x", value=0))[0] != "ok":
                await asyncio.sleep(0.02)
            while done < 12:
                old, ids = await value(), ids + 1000
                answers = await asyncio.gather(
                    *(client.cas("n1", "x", old, old + 1, msg_id=ids - n) for n in range(4))
                )
                outcomes = [outcome for outcome, _ in answers]
                done, doubtful = done + outcomes.count("ok"), doubtful + outcomes.count("info")
            return done, doubtful, await value(), router.history

    done, doubtful, value, history = asyncio.run(run())
    assert (done <= value <= done + doubtful) is right
    assert bool(linearizable(history, "kv")) is right


def test_a_msg_id_that_waits_for_its_answer_is_not_given_twice():
    async def run():
        async with Router(program("echo"), 1) as router:
            client = router.client()
            both = [client.call("n1", "echo", echo=value, msg_id=7) for value in (1, 2)]
            return await asyncio.gather(*both, return_exceptions=True)

    first, second = asyncio.run(run())
    assert first == ("ok", 1)
    assert isinstance(second, DslabError) and "waits for an answer to msg_id 7" in str(second)


def test_the_router_finds_stale_reads_where_there_are_some():
    async def run():
        async with Router(program("available-register"), 3) as router:
            client, other = router.client(), router.client()
            await client.call("n1", "write", key="x", value=1)
            while await other.call("n3", "read", key="x") != ("ok", 1):
                await asyncio.sleep(0.02)
            router.partition("n3", "n1 n2")
            assert await client.call("n1", "write", key="x", value=2) == ("ok", None)
            assert await other.call("n3", "read", key="x") == ("ok", 1)
            return linearizable(router.history, "kv"), router.lost

    verdict, lost = asyncio.run(run())
    assert verdict.holds is False and lost > 0


def test_a_broadcast_reaches_who_was_cut_off_or_killed():
    async def run():
        async with Router(program("broadcast"), 3) as router:
            client = router.client()
            await client.rpc(
                "n1",
                {"type": "topology", "topology": {"n1": ["n2"], "n2": ["n1", "n3"], "n3": ["n2"]}},
            )
            router.cut("n1", "n2")
            assert await client.call("n1", "broadcast", message=1) == ("ok", None)
            router.kill("n3")
            assert await client.call("n2", "broadcast", message=2) == ("ok", None)
            router.kill("n2")
            await router.restart("n2")
            await router.restart("n3")
            router.heal()
            for name in router.names:
                while await client.call(name, "read") != ("ok", (1, 2)):
                    await asyncio.sleep(0.02)
            return router.lost

    assert asyncio.run(run()) > 0


def test_counters_behind_stdio_come_together():
    async def run():
        async with Router(program("g-counter"), 3) as router:
            client = router.client()
            router.partition("n1", "n2 n3")
            for name in router.names:
                assert await client.call(name, "add", delta=5) == ("ok", None)
            router.kill("n1")
            await router.restart("n1")
            router.heal()
            for name in router.names:
                while await client.call(name, "read") != ("ok", 15):
                    await asyncio.sleep(0.02)

    asyncio.run(run())


def test_a_program_that_does_not_start_is_told_with_its_last_words():
    async def run():
        async with Router(program("zab"), 2):
            pass

    with pytest.raises(
        DslabError, match="did not say init_ok; its last words: dslab: there is no protocol 'zab'"
    ):
        asyncio.run(run())


def test_the_router_s_own_errors():
    async def run():
        async with Router(program("echo"), 1, kept=False) as router:
            client = router.client()
            assert await client.rpc("n1", {"type": "echo", "echo": 7}) == {
                "type": "echo_ok",
                "in_reply_to": 1,
                "echo": 7,
            }
            assert (await client.rpc("n9", {"type": "echo", "echo": 7}))["code"] == 1
            router.kill("n1")
            assert await client.call("n1", "echo", echo=7, timeout=0.05) == ("info", 0)
            for wrong in (lambda: router.kill("n1"), lambda: router.cut("n1", "n7")):
                with pytest.raises(
                    DslabError,
                    match="n1 is not running|there is no 'n7' here: there are n1, c0, c1",
                ):
                    wrong()
            await router.restart("n1")
            return await client.call("n1", "echo", echo=7)

    assert asyncio.run(run()) == ("ok", 7)


def test_a_harness_that_starts_again_on_the_same_data_may_count_from_1_again(tmp_path):
    """A msg_id is unique in one run. What was executed in an earlier one is no repetition."""

    async def served(value):
        written = []
        node = StdioNode(node_class("raft"), written.append, tmp_path)
        node.take(line(INIT | {"node_ids": ["n1"]}))
        while not node.host.node.leads():
            await asyncio.sleep(0.01)
        node.take(line({"type": "write", "msg_id": 1, "key": "x", "value": value}))
        node.take(line({"type": "read", "msg_id": 2, "key": "x"}))
        node.host.stop()
        return [(body["type"], body.get("value")) for body in bodies(written)[1:]]

    for value in (1, 2):
        answers = asyncio.run(served(value))
        assert answers == [("write_ok", None), ("read_ok", value)]
