"""The disk of a real node: whole or told, there before anything is sent, as the simulator's."""

import asyncio
import errno
import os
import random
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dslab.errors import DslabError
from dslab.live.disk import Disk
from dslab.live.host import Host, StepFailed
from dslab.node import Message, Node, Reply, Request, Timer
from dslab.protocols.raft import Raft
from dslab.protocols.unique_ids import UniqueIds
from dslab.sim import Cluster
from dslab.values import Map, Value
from dslab.wire import decode, loads, vocabulary

ROOT = Path(__file__).parents[2]


def held(folder, node_class=UniqueIds, id="n1"):
    disk = Disk(folder, node_class, id)
    disk.close()
    return disk.fields


def written(folder, node_class):
    """What the file of a running node holds."""
    return dict(
        decode(
            loads((folder / "state.json").read_text().partition(" ")[2])["fields"],
            vocabulary(node_class),
        )
    )


def test_what_was_written_is_there_after_a_restart(tmp_path):
    disk = Disk(tmp_path / "deep" / "n1", UniqueIds, "n1")
    assert disk.fields == {"given": 0}
    disk.write({"given": 7})
    disk.close()
    assert held(tmp_path / "deep" / "n1") == {"given": 7}


def test_every_torn_state_file_is_told(tmp_path):
    held(tmp_path)
    path = tmp_path / "state.json"
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DslabError, match="state.json is damaged: its checksum"):
            held(tmp_path)
        assert path.read_bytes() == whole[:length], "it is left for who looks into it"
    path.write_bytes(whole)
    assert held(tmp_path) == {"given": 0}


def test_every_changed_byte_is_told(tmp_path):
    held(tmp_path)
    path = tmp_path / "state.json"
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DslabError, match="damaged"):
            held(tmp_path)


def test_every_torn_write_leaves_the_state_before_it(tmp_path):
    disk = Disk(tmp_path / "a", UniqueIds, "n1")
    disk.write({"given": 8})
    new = (tmp_path / "a" / "state.json").read_bytes()
    disk.close()
    held(tmp_path / "b")
    for length in range(len(new)):
        (tmp_path / "b" / "state.json.new").write_bytes(new[:length])
        assert held(tmp_path / "b") == {"given": 0}
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "state.json.new").write_bytes(new[:20])  # Killed within its very first write.
    (tmp_path / "c" / "lock").touch()
    assert held(tmp_path / "c") == {"given": 0}


@pytest.mark.parametrize(
    "change, sentence",
    [
        (
            lambda folder: held(folder, UniqueIds, "n2"),
            "belongs to node n1 of UniqueIds, not to n2 of UniqueIds: give each node a folder",
        ),
        (lambda folder: held(folder, Raft), "belongs to node n1 of UniqueIds, not to n1 of Raft"),
        (
            lambda folder: held(
                folder,
                type(
                    "UniqueIds",
                    (UniqueIds,),
                    {
                        "__annotations__": {"more": int},
                        "more": 1,
                        "durable": ("given", "more"),
                        "__module__": __name__,
                    },
                ),
            ),
            "holds the fields given, but UniqueIds now has given, more: it was written "
            "by another version",
        ),
        (
            lambda folder: (Disk(folder, UniqueIds, "n1"), held(folder)),
            "is in use by another process",
        ),
        (
            lambda folder: (
                (folder / "state.json").unlink(),
                (folder / "notes.txt").touch(),
                held(folder),
            ),
            "holds notes.txt and no state of a node",
        ),
        (
            lambda folder: ((folder / "state.json").unlink(), held(folder)),
            "was a node's, and its state is gone",
        ),
        (lambda folder: held(folder / "state.json"), "state.json can't be used as a data folder: "),
    ],
)
def test_a_folder_that_is_not_this_node_s_is_told(change, sentence, tmp_path):
    held(tmp_path)
    with pytest.raises(DslabError, match=sentence):
        change(tmp_path)


class Shelf(Node):
    """Keeps one value, whatever it is."""

    top: Any = 0
    durable = ("top",)

    def on_Request(self, client, m):
        self.top = m.value
        self.send(client, Reply(m.id))


ALIKE = [
    (1, True),
    (0, False),
    (1, 1.0),
    (0.0, -0.0),
    (Decimal("1.0"), Decimal("1.00")),
    (1, Decimal(1)),
    ((1,), (True,)),
    (frozenset({1}), frozenset({True})),
    (Map(a=1), Map(a=1.0)),
    (Map({1: "x"}), Map({True: "x"})),
]


@pytest.mark.parametrize("one, other", ALIKE + [pair[::-1] for pair in ALIKE])
def test_what_python_takes_for_equal_is_written_all_the_same(one, other, tmp_path):
    disk = Disk(tmp_path, Shelf, "n1")
    for value in (one, other):
        disk.write({"top": value})
        assert repr(written(tmp_path, Shelf)) == repr({"top": value})
    disk.close()
    assert repr(held(tmp_path, Shelf)) == repr({"top": other})


def nested(levels, wrap=lambda inner: (inner,)):
    value = 1
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    "value",
    [nested(200), nested(200, lambda inner: Map({1: inner})), 10**1000 - 1, 1 - 10**1000],
    ids=["tuples", "maps", "long", "negative"],
)
def test_what_is_just_in_bounds_comes_back(value, tmp_path):
    disk = Disk(tmp_path, Shelf, "n1")
    disk.write({"top": value})
    disk.close()
    assert held(tmp_path, Shelf) == {"top": value}


def unheard():
    """What is of a class that no module names, so no vocabulary has it."""
    return type("Unheard", (Value,), {"__module__": "elsewhere"})()


@pytest.mark.parametrize(
    "value, sentence",
    [
        (nested(201), "the durable field 'top': .* nested too deeply"),
        (10**1000, "a number of more than 1,000 digits"),
        (-(10**1000), "a number of more than 1,000 digits"),
        ((unheard(),), "Shelf doesn't know the class elsewhere.Unheard: import it in"),
        ({1: print}, "can't be sent or stored"),
    ],
    ids=["deep", "long", "negative", "unheard", "function"],
)
def test_a_step_that_leaves_what_can_t_be_read_again_is_undone(value, sentence, tmp_path):
    async def run():
        sent = []
        host = hosted(tmp_path, sent, Shelf)
        with pytest.raises(StepFailed, match=f"Shelf.on_Request of n1 .*{sentence}"):
            host.receive("c1", Request(1, "write", None, value))
        assert host.node.top == 0 and sent == []
        host.receive("c1", Request(2, "write", None, 7))
        assert sent == [("c1", Reply(2))], "the node goes on"
        host.stop()

    asyncio.run(run())
    assert held(tmp_path, Shelf) == {"top": 7}


STEPS = """
import sys
from dslab.live.disk import Disk
from dslab.protocols.unique_ids import UniqueIds
disk = Disk(sys.argv[1], UniqueIds, "n1")
given = disk.fields["given"]
while True:
    given += 1
    disk.write({"given": given})
    print(given, flush=True)
"""


def test_a_process_that_is_killed_leaves_what_it_had_written(tmp_path):
    chance, told = random.Random(1), 0
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", STEPS, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
        )
        for _ in range(chance.randrange(1, 40)):
            told = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        # What it had told before it died.
        told = int((process.communicate()[0].split() or [told])[-1])
        assert told <= held(tmp_path)["given"] <= told + 1
    assert told > 50


class Note(Message):
    number: int


class Late(Timer):
    pass


class Keeper(Node):
    kept: tuple = ()
    heard: int = 0
    durable = ("kept",)

    def on_Note(self, sender, m):
        self.heard += 1
        if m.number >= 0:
            self.kept += (m.number,)
        self.send(sender, m)
        self.set_timer(Late(), 1)

    def on_Late(self):
        raise ValueError("late")


def hosted(folder, sent, node_class=Keeper):
    return Host(
        node_class,
        "n1",
        ["n1", "n2"],
        lambda to, message: sent.append((to, message)),
        Disk(folder, node_class, "n1"),
        seed=1,
    )


def test_the_disk_comes_before_the_messages_and_the_timers(tmp_path):
    async def run():
        seen = []
        host = hosted(tmp_path, [])
        host._carry = lambda to, message: seen.append(
            (written(tmp_path, Keeper), len(host._timers))
        )
        host.receive("n2", Note(7))
        assert seen == [({"kept": (7,)}, 0)] and len(host._timers) == 1
        host.stop()

    asyncio.run(run())


def test_a_step_that_changes_no_durable_field_writes_nothing(tmp_path):
    async def run():
        sent = []
        host = hosted(tmp_path, sent)
        host.receive("n2", Note(1))
        before = (
            os.stat(tmp_path / "state.json").st_ino,
            os.stat(tmp_path / "state.json").st_mtime_ns,
        )
        host.receive("n2", Note(-1))
        assert host.node.heard == 2 and len(sent) == 2
        assert before == (
            os.stat(tmp_path / "state.json").st_ino,
            os.stat(tmp_path / "state.json").st_mtime_ns,
        )
        host.stop()

    asyncio.run(run())


def test_where_the_disk_fails_nothing_leaves_and_the_node_ends(tmp_path, monkeypatch):
    async def run():
        sent = []
        host = hosted(tmp_path, sent)
        monkeypatch.setattr(
            os,
            "fsync",
            lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")),
        )
        host.receive("n2", Note(1))
        with pytest.raises(
            DslabError, match="state.json can't be written: No space left on device"
        ):
            await host.ended
        host.receive("n2", Note(2))
        assert sent == [] and host._timers == {}

    asyncio.run(run())
    monkeypatch.undo()
    assert held(tmp_path, Keeper) == {"kept": ()}


def test_a_step_that_raises_is_as_if_it_had_not_been(tmp_path):
    async def run():
        sent = []
        host = hosted(tmp_path, sent)
        with pytest.raises(
            StepFailed,
            match="Keeper.on_Request of n1 raised ContractError: Keeper has no handler for Request",
        ):
            host.receive("n2", Request(1, "read"))
        host.receive("n2", Note(1))
        assert sent == [("n2", Note(1))]
        with pytest.raises(StepFailed, match="Keeper.on_Late of n1 raised ValueError: late"):
            await host.ended  # A timer is not repeated by anybody.

    asyncio.run(run())


def test_every_step_of_the_simulator_leaves_the_same_on_a_real_disk(tmp_path):
    """One node of a simulated run, step by step on a real disk, through the crashes of the run."""
    cluster = Cluster(Raft, 3, seed=5, clients=1)
    for number in range(12):
        cluster.run(until=cluster.client().write("x", number))
        if number % 4 == 3:
            cluster.crash("n2")
            cluster.run(300)
            cluster.restart("n2")
            cluster.run(300)
    records, sent = cluster.trace.records, []
    steps = [
        (place, record)
        for place, record in enumerate(records)
        if record[2] == "n2" and record[6] is not None
    ]

    async def run():
        host = None
        for _, (_, kind, _, sender, ref, timer, state) in steps:
            if kind in ("start", "restart"):
                if host:
                    host.stop()
                host = Host(
                    Raft,
                    "n2",
                    ["n1", "n2", "n3"],
                    lambda to, message: sent.append((to, message)),
                    Disk(tmp_path, Raft, "n2"),
                )
                host.boot()
            elif kind == "deliver":
                host.receive(sender, records[ref][5])
            else:
                host._or_end(host.node.fire, timer)
            assert vars(host.node) == state
            assert written(tmp_path, Raft) == {name: state[name] for name in Raft.durable}
        host.stop()

    asyncio.run(run())
    assert sent == [
        (record[3], record[5]) for record in records if record[1] == "send" and record[2] == "n2"
    ]
    assert len(steps) > 40 and sum(record[1] == "restart" for _, record in steps) == 3
