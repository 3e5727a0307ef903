"""The event store as its users meet it: versions, order, several processes, and a power cut."""

import copy
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from dslab.errors import DslabError
from dslab.events import (
    ANY,
    NO_STREAM,
    EventStore,
    IdTaken,
    NewEvent,
    StoreError,
    WrongExpectedVersion,
)

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="kill -9 is a thing of POSIX systems"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bank.db"


@pytest.fixture
def store(path):
    with EventStore(path) as store:
        yield store


def deposit(amount, **more):
    return NewEvent("Deposited", {"amount": amount}, **more)


def child(script: str, *arguments) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_nothing_can_fail_after_the_commit(store):
    """An append that raised has not happened, so the commit is the last statement that can fail."""
    statements = []
    store._db.set_trace_callback(statements.append)
    store.append("a", [deposit(1), deposit(2)], NO_STREAM)
    after = statements[statements.index("COMMIT") + 1 :]
    assert statements[0] == "BEGIN IMMEDIATE" and after[1] == "PRAGMA wal_checkpoint(FULL)"
    del statements[:]
    store.append("a", deposit(3), 1)
    assert statements[0] == "BEGIN IMMEDIATE" and statements[-1] == "COMMIT"


def test_an_append_waits_for_no_reader_and_does_not_fail_for_one(path, store):
    """The first one has the log written into the file, which a reader of an older state forbids."""
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM event").fetchall()
    written = [store.append("a", deposit(n))[0] for n in range(3)]
    assert not store._is_noted
    reader.execute("COMMIT")
    written += store.append("a", deposit(3))
    assert store._is_noted and store.read("a") == written


def test_a_stream_is_read_back_in_order(store):
    store.append("a", [deposit(1), deposit(2)], NO_STREAM)
    store.append("b", deposit(9))
    store.append("a", deposit(3), 1)
    assert [(e.version, e.data["amount"]) for e in store.read("a")] == [(0, 1), (1, 2), (2, 3)]
    assert [e.data["amount"] for e in store.read("a", 1, 1)] == [2]
    assert [(e.position, e.stream) for e in store.read_all()] == [
        (1, "a"),
        (2, "a"),
        (3, "b"),
        (4, "a"),
    ]
    assert store.read("nowhere") == [] and store.version("nowhere") == NO_STREAM
    assert store.streams() == ["a", "b"] and len(store) == 4


@pytest.mark.parametrize("expected, actual", [(NO_STREAM, 0), (1, 0), (7, 0)])
def test_a_wrong_expected_version_is_refused_and_leaves_nothing(store, expected, actual):
    store.append("a", deposit(1))
    with pytest.raises(
        WrongExpectedVersion, match=f"'a' is at version {actual}, not at the expected {expected}"
    ) as caught:
        store.append("a", [deposit(2), deposit(3)], expected)
    assert (caught.value.stream, caught.value.expected, caught.value.actual) == (
        "a",
        expected,
        actual,
    )
    assert len(store) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"type": "Withdrawn"},
        {"data": {"amount": 2}},
        {"data": {"amount": True}},
        {"data": {"amount": 1.0}},
        {"data": {}},
        {"schema_version": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("expected", [ANY, NO_STREAM, 0])
def test_an_id_is_not_given_to_another_event(store, other, expected):
    event = deposit(1, id="id-1")
    store.append("a", event, NO_STREAM)
    with pytest.raises(IdTaken, match="id-1 is the id of #1 a@0 Deposited.amount=1. already"):
        store.append("a", replace(event, **other), expected)
    assert len(store) == 1


def test_a_second_attempt_may_be_written_differently(store):
    event = NewEvent("Moved", {"to": ["b", "c"], "by": 1}, {"at": "Monday"}, id="id-1")
    first = store.append("a", event, NO_STREAM)
    again = replace(event, data={"by": 1, "to": ("b", "c")}, metadata={"at": "Tuesday"})
    assert store.append("a", again, NO_STREAM) == first


def test_a_conflict_crosses_to_another_process_whole():
    conflict = WrongExpectedVersion("a", 3, 7)
    for again in (pickle.loads(pickle.dumps(conflict)), copy.copy(conflict)):
        assert (again.stream, again.expected, again.actual) == ("a", 3, 7)
        assert str(again) == str(conflict) and type(again) is WrongExpectedVersion


def test_data_come_back_as_they_were(store):
    data = {"text": "o'brien 🙂 \0 \n", "deep": [{"": None}, [1.5, True, -(2**80)]], "1": 2}
    store.append("a", NewEvent("T", data, {"by": data}))
    [event] = store.read("a")
    assert event.data == data and event.metadata == {"by": data}


def test_events_that_stand_there_are_returned_as_they_stand(store):
    events = [deposit(1, id="id-1"), deposit(2, id="id-2")]
    first = store.append("a", events, NO_STREAM)
    assert store.append("a", events[::-1]) == first


def test_an_append_in_the_middle_of_another_is_told_and_the_other_is_done(
    store, tmp_path, monkeypatch
):
    """A signal's handler runs in the thread that it interrupts, between two of its statements."""
    look, caught = EventStore.version, []

    def interrupted(self, stream):
        monkeypatch.undo()
        for call in (
            lambda: store.append("b", deposit(7)),
            lambda: store.backup(tmp_path / "backup.db"),
        ):
            with pytest.raises(StoreError, match="under way in this very thread") as told:
                call()
            caught.append(str(told.value))
        return look(self, stream)

    monkeypatch.setattr(EventStore, "version", interrupted)
    store.append("a", [deposit(1), deposit(2)], NO_STREAM)
    assert len(caught) == 2 and "damaged" not in "".join(caught)
    assert len(store) == 2 and store.streams() == ["a"]


def test_threads_may_share_a_store(store):
    def write(name):
        return [store.append("a", NewEvent("Wrote", {"by": name}))[0] for _ in range(25)]

    with ThreadPoolExecutor(4) as pool:
        written = [event for events in pool.map(write, "wxyz") for event in events]
    assert sorted(written, key=lambda event: event.version) == store.read("a")
    assert [event.version for event in store.read("a")] == list(range(100))


def test_an_append_repeated_under_the_same_id_changes_nothing(store):
    events = [deposit(1, id="id-1"), deposit(2, id="id-2")]
    first = store.append("a", events, NO_STREAM)
    assert store.append("a", events, NO_STREAM) == first
    assert len(store) == 2
    with pytest.raises(DslabError, match="id-1 is the id of #1 a@0"):
        store.append("b", events)
    with pytest.raises(DslabError, match="an id belongs to one event"):
        store.append("a", [deposit(1, id="id-1"), deposit(5, id="id-5")])
    assert len(store) == 2


WRITER = """
import sys
from dslab.events import *
path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store, conflicts = EventStore(path), 0
version = store.version("shared")
print("ready", flush=True)
sys.stdin.readline()  # All begin with the same version, so that they do meet.
while count:
    try:
        store.append("shared", [NewEvent("Wrote", {"by": name, "left": count, "part": part})
                                for part in (1, 2)], version)
        count -= 1
    except WrongExpectedVersion:
        conflicts += 1
    version = store.version("shared")
print(conflicts)
"""


def test_writers_in_several_processes_lose_nothing_and_readers_pass_over_nothing(path, store):
    writers = [child(WRITER, path, name, 60) for name in "xyz"]
    assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 3
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    reader, seen = store.subscribe(batch=7), []
    while any(writer.poll() is None for writer in writers):
        seen += reader.poll()
    for events in iter(reader.poll, []):
        seen += events
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    # What a subscriber saw while the writers wrote is all there is, in order and without a gap.
    assert seen == store.read_all() and [e.position for e in seen] == list(range(1, 361))
    assert [e.version for e in seen] == list(range(360))
    for name in "xyz":
        mine = [(e.data["left"], e.data["part"]) for e in seen if e.data["by"] == name]
        assert mine == [(left, part) for left in range(60, 0, -1) for part in (1, 2)]
    # Both events of an append stand side by side.
    assert all(seen[place].data["by"] == seen[place + 1].data["by"] for place in range(0, 360, 2))
    assert sum(int(writer.stdout.read()) for writer in writers) >= 2, (
        "no two writers ever met: the test tested nothing"
    )


OPENER = """
import sys
from dslab.events import *
print("ready", flush=True)
sys.stdin.readline()
with EventStore(sys.argv[1]) as store:
    store.append("a", NewEvent("Opened"))
"""


def test_processes_that_make_the_same_store_at_once_make_one(path):
    openers = [child(OPENER, path) for _ in range(6)]
    assert [opener.stdout.readline() for opener in openers] == ["ready\n"] * 6
    for opener in openers:
        opener.stdin.write("go\n")
        opener.stdin.flush()
    assert [opener.wait() for opener in openers] == [0] * 6
    with EventStore(path) as store:
        assert [e.version for e in store.read("a")] == list(range(6))


ENDLESS = """
import sys
from dslab.events import *
store, number = EventStore(sys.argv[1]), int(sys.argv[2])
while True:
    store.append("a", [NewEvent("Wrote", {"n": number, "part": part, "pad": "x" * 2000})
                       for part in (1, 2, 3)])
    sys.stdout.write(f"{number}\\n"); sys.stdout.flush()
    number += 1
"""


SUICIDAL = """
import os, signal, sys
from dslab.events import *
store, left, expected = EventStore(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
def die(statement):
    global left
    left -= 1
    if left < 0:
        print(statement.split()[0], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
store._db.set_trace_callback(die)  # SQLite calls this before it runs a statement.
store.append("a", [NewEvent("Wrote", {"part": part}, id=f"part-{part}")
                   for part in (1, 2, 3)], expected)
store._db.set_trace_callback(None)
print("acknowledged", flush=True)
"""


@posix
def test_killed_before_each_of_its_statements_an_append_leaves_all_or_nothing(path, store):
    """Each time the writer appends again, under the same ids: also after a death between the commit
    and the last word.
    """
    store.append("a", deposit(1))
    died_at = []
    while "acknowledged" not in died_at:
        writer = child(SUICIDAL, path, len(died_at), 0)
        died_at.append(writer.communicate()[0].strip())
        with EventStore(path) as again:
            assert len(again) == (4 if "COMMIT" in died_at[:-1] else 1), died_at
    assert died_at[0] == "BEGIN" and died_at.count("INSERT") == 3 and died_at.count("COMMIT") == 1
    assert [e.version for e in store.read("a")] == [0, 1, 2, 3]


@posix
def test_kill_9_in_the_middle_of_an_append_loses_nothing_acknowledged(path):
    acknowledged = -1
    for lines in (1, 2, 3, 5, 8, 13, 21, 34):
        writer = child(ENDLESS, path, acknowledged + 1)
        for _ in range(lines):
            acknowledged = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        for line in writer.stdout.read().splitlines():  # What it still said before it died.
            acknowledged = int(line)
        writer.wait()
        with EventStore(path) as store:
            written = [(e.data["n"], e.data["part"]) for e in store.read("a")]
        whole = len(written) // 3
        assert written == [(n, part) for n in range(whole) for part in (1, 2, 3)], "a torn append"
        assert whole - 1 >= acknowledged, "an acknowledged append is gone"
        acknowledged = whole - 1


def test_an_append_that_fails_halfway_leaves_nothing(store):
    with pytest.raises(DslabError, match="the data of Bad is not JSON"):
        store.append("a", [deposit(1), NewEvent("Bad", {"when": object()})])
    assert len(store) == 0


def test_a_writer_who_does_not_let_go_is_named(path, store):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="is held by another writer"):
        with EventStore(path, timeout=0) as impatient:
            impatient.append("a", deposit(1))
    other.execute("ROLLBACK")
    assert store.append("a", deposit(1))


@pytest.mark.parametrize(
    "trouble, sentence",
    [
        ("PRAGMA max_page_count=1", "could not grow .*nothing of this append is in it"),
        ("PRAGMA query_only=ON", "may not be written here"),
    ],
)
def test_an_append_that_the_disk_refuses_is_told_and_leaves_nothing(path, store, trouble, sentence):
    store.append("a", deposit(1))
    store._db.execute(trouble)
    with pytest.raises(StoreError, match=sentence):
        store.append("a", [NewEvent("Big", {"pad": "x" * 5000}) for _ in range(50)])
    store._db.execute("PRAGMA query_only=OFF")
    store.close()
    with EventStore(path) as again:
        assert [e.type for e in again.append("b", deposit(2))] == ["Deposited"] and len(again) == 2


def test_a_closed_store_says_so(path):
    store = EventStore(path)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.read("a")
    with pytest.raises(StoreError, match="closed"):
        store.append("a", deposit(1))


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda s: s.append("a", deposit(1), "newest"), "'newest' is no expected version"),
        (lambda s: s.append("", deposit(1)), "'' is no stream's name"),
        (lambda s: s.append("a", None), "append\\(\\) takes NewEvent, one or a list .* got None"),
        (lambda s: s.append("a", 5), "append\\(\\) takes NewEvent, one or a list .* got 5"),
        (lambda s: s.append("a", [{"type": "x"}]), "append\\(\\) takes NewEvent"),
        (
            lambda s: s.append("a", [deposit(1, id="x"), deposit(2, id="x")]),
            "x is the id of two events of this append",
        ),
        (
            lambda s: s.append("a", NewEvent("T", {"amount": float("nan")})),
            "the data of T is not JSON",
        ),
        (
            lambda s: s.append("a", NewEvent("T", {}, [1])),
            "the metadata of T is \\[1\\]: give a dict",
        ),
        (
            lambda s: s.append("a", deposit(1, schema_version=0)),
            "the schema version of Deposited is 0",
        ),
        (
            lambda s: s.append("a", deposit(1, schema_version=2**70)),
            "give 1 or more, up to 2⁶³ − 1",
        ),
        (lambda s: s.append("a\ud800", deposit(1)), "half of a surrogate pair"),
        (lambda s: s.append("a", deposit(1, id="\udfff")), "half of a surrogate pair"),
        (lambda s: s.append("a", NewEvent("T\ud800")), "half of a surrogate pair"),
        (lambda s: s.append("a", NewEvent("T", {"a": ["\ud800"]})), "the data of T is not JSON"),
        (lambda s: s.append("a", NewEvent("T", {}, {"\ud800": 1})), "metadata of T is not JSON"),
        (lambda s: s.append("a", NewEvent("T", {1: "a", "1": "b"})), "the data of T has the key 1"),
        (lambda s: s.append("a", NewEvent("T", {"a": [{None: 1}]})), "has the key None"),
        (
            lambda s: s.append("a", NewEvent("T", {}, {True: 1})),
            "the metadata of T has the key True",
        ),
        (lambda s: s.append("a", NewEvent(7)), "7 is no event's type"),
        (lambda s: s.append("a", deposit(1, id=uuid4())), "is no event's id"),
        (lambda s: s.append("a", deposit(1, id="")), "'' is no event's id"),
        (lambda s: s.append(7, deposit(1)), "7 is no stream's name"),
        (lambda s: s.read("\ud800"), "half of a surrogate pair"),
        (lambda s: s.version(None), "None is no stream's name"),
        (lambda s: s.read("a", -1), "from_version=-1: give a whole number, 0 or more"),
        (lambda s: s.read("a", 0, -1), "limit=-1: give a whole number, 0 or more"),
        (lambda s: s.read_all(True), "after=True: give a whole number"),
        (lambda s: s.subscribe(after=-1), "after=-1: give a whole number, 0 or more"),
        (lambda s: s.subscribe(batch=0), "batch=0: give a whole number, 1 or more"),
        (lambda s: EventStore(timeout=-1), "timeout=-1: give a number, 0 or more"),
        (lambda s: EventStore(timeout="10"), "timeout='10': give a number"),
    ],
)
def test_other_bad_input_is_one_sentence(store, call, sentence):
    with pytest.raises(DslabError, match=sentence):
        call(store)
    assert len(store) == 0


def test_numbers_beyond_the_database_s_are_no_error(store):
    written = store.append("a", deposit(1, schema_version=2**63 - 1))
    assert store.read("a", 0, 2**70) == written == store.read_all(limit=2**70)
    assert store.read("a", 2**70) == [] == store.read_all(2**70)
    assert store.subscribe(batch=2**70).poll() == written
    assert EventStore(timeout=float("inf")).read("a") == []


def test_a_store_in_memory_and_its_words():
    store = EventStore()
    store.append("acc-1", deposit(5), ANY)
    assert (
        store.append("acc-1", deposit(6, schema_version=2))[0].schema_version
        == 2
        == store.read("acc-1", 1)[0].schema_version
    )
    store = EventStore()
    store.append("acc-1", deposit(5), ANY)
    assert repr(store) == "event store with 1 event in 1 stream\n  #1 acc-1@0 Deposited(amount=5)"
    assert "<td>Deposited</td>" in store._repr_html_()
