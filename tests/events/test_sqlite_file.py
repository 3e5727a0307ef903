"""Files that are no store, or no longer the one that was opened, are told and left alone."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dslab.events import EventStore, NewEvent, StoreError

posix = pytest.mark.skipif(os.name != "posix", reason="the names and locks of POSIX files")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bank.db"


def some(count=1):
    return [NewEvent("Wrote", {"n": n, "pad": "x" * 3000}) for n in range(count)]


LOCKER = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
    except OSError:
        print("locked")
"""


@posix
@pytest.mark.parametrize(
    "act",
    [
        lambda path: EventStore(path),
        lambda path: EventStore(path).close(),
        lambda path: EventStore(path).append("b", some()),
        lambda path: EventStore(str(path)),
        lambda path: os.symlink(path, f"{path}-link") or EventStore(f"{path}-link"),
        lambda path: os.link(path, f"{path}-link") or pytest.raises(StoreError, EventStore, path),
        lambda path: subprocess.run(["true"], preexec_fn=lambda: None),
    ],
    ids=["opened", "closed", "written", "dropped", "a symlink", "a hard link", "forked"],
)
def test_a_store_keeps_its_lock_whatever_else_is_done_with_its_file(path, act):
    """The lock of the bytes from 0x40000002 on tells others that somebody has the file open
    (sqlite.org/lockingv3.html)."""
    store = EventStore(path)
    store.append("a", some())
    act(path)
    store.read("a")
    asked = subprocess.run([sys.executable, "-c", LOCKER, path], stdout=subprocess.PIPE, text=True)
    assert asked.stdout == "locked\n"


@posix
def test_a_file_with_two_names_is_refused(path):
    """Each name would have a log of its own."""
    EventStore(path).close()
    os.link(path, f"{path}-too")
    for name in (path, f"{path}-too"):
        with pytest.raises(StoreError, match="has 2 names .hard links."):
            EventStore(name)
    os.remove(f"{path}-too")
    assert EventStore(path).append("a", some())


@posix
def test_a_symbolic_link_leads_to_the_same_store(path, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(path)
    here, there = EventStore(link), EventStore(path)
    written = here.append("a", some(2)) + there.append("a", some(2)) + here.append("a", some())
    assert written == here.read("a") == there.read("a") and len(written) == 5


@posix
@pytest.mark.parametrize("again", [True, False], ids=["replaced", "removed"])
def test_a_file_that_is_replaced_while_it_is_open_takes_no_more_events(path, tmp_path, again):
    store, reader = EventStore(path), EventStore(path).subscribe()
    store.append("a", some())
    with EventStore(tmp_path / "other.db") as other:
        other.append("a", some())
    os.replace(tmp_path / "other.db", path) if again else os.remove(path)
    for use in (lambda: store.append("a", some()), lambda: store.read("a"), reader.poll):
        with pytest.raises(StoreError, match="removed, or replaced by another file"):
            use()


@posix
def test_a_log_that_is_removed_while_it_is_open_takes_no_more_events(path):
    store = EventStore(path)
    store.append("a", some())
    os.remove(f"{path}-wal")
    with pytest.raises(StoreError, match="or its log was removed"):
        store.append("a", some())


@posix
def test_a_log_without_its_file_is_kept(path, tmp_path):
    store = EventStore(path)
    store.append("a", some(3))
    (tmp_path / "kept.db-wal").write_bytes(Path(f"{path}-wal").read_bytes())
    with pytest.raises(StoreError, match="its log is there, kept.db-wal, with events"):
        EventStore(tmp_path / "kept.db")
    assert (tmp_path / "kept.db-wal").stat().st_size and not (tmp_path / "kept.db").exists()


def test_a_relative_path_stays_the_same_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = EventStore("bank.db")
    store.append("a", some())
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert store.append("a", some())[0].version == 1


@pytest.mark.parametrize(
    "path", ["", None, 7, b"bank.db", "a\0b", "\ud800.db"], ids=lambda path: ascii(path)
)
def test_what_is_no_path_is_told(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="is no path of a file"):
        EventStore(path)
    assert list(tmp_path.iterdir()) == []


@posix
def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="it is no file"):
        EventStore(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["data", "metadata"])
@pytest.mark.parametrize("text", ["{", "[1]", "7", '"a"', ""])
def test_a_row_that_is_no_json_is_told(path, name, text):
    with EventStore(path) as store:
        store.append("a", some(3))
    other = sqlite3.connect(path)
    other.execute(f"UPDATE event SET {name} = ? WHERE position = 2", (text,))
    other.commit()
    other.close()
    store = EventStore(path)
    with pytest.raises(StoreError, match="the event at position 2 of .* is damaged"):
        store.read_all()
    assert [event.position for event in store.read_all(2)] == [3]


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"hello, this is a text and no database" * 50, "is no event store, or is damaged"),
        (b"SQLite format 3\0" + b"\xff" * 5000, "is no event store, or is damaged"),
        (
            b"SQLite format 3\0" + b"\0" * 52 + b"dsev" + b"\xff" * 5000,
            "is no event store, or is damaged",
        ),
        (b"SQLite", "is no event store, or is damaged"),
    ],
)
def test_a_file_that_is_no_store_is_refused_and_left_alone(path, content, sentence):
    path.write_bytes(content)
    with pytest.raises(StoreError, match=sentence):
        EventStore(path)
    assert path.read_bytes() == content


def test_a_foreign_database_and_a_newer_format_are_refused(tmp_path):
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.execute("CREATE TABLE t (x)")
    foreign.commit()
    before = (tmp_path / "foreign.db").read_bytes()
    with pytest.raises(StoreError, match="is an SQLite database, but no event store"):
        EventStore(tmp_path / "foreign.db")
    assert (tmp_path / "foreign.db").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["foreign.db"]
    with EventStore(tmp_path / "new.db") as store:
        store._db.execute("PRAGMA user_version=2")
    with pytest.raises(StoreError, match="has format 2, and this dslab reads format 1"):
        EventStore(tmp_path / "new.db")


def test_a_foreign_database_in_use_keeps_its_log(tmp_path):
    """To open it and close it again would write its log into it, if its last user was killed."""
    path, kept = tmp_path / "foreign.db", tmp_path / "kept"
    foreign = sqlite3.connect(path)
    foreign.execute("PRAGMA journal_mode=WAL")
    foreign.execute("CREATE TABLE t (x)")
    kept.mkdir()
    for file in tmp_path.glob("foreign.db*"):
        (kept / file.name).write_bytes(file.read_bytes())
    foreign.close()
    before = {file.name: file.read_bytes() for file in kept.iterdir()}
    assert "foreign.db-wal" in before
    with pytest.raises(StoreError, match="is an SQLite database, but no event store"):
        EventStore(kept / "foreign.db")
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == before


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    with pytest.raises(StoreError, match="can't be read as an event store \\(it is no file"):
        EventStore(tmp_path)


def test_a_torn_page_in_the_middle_is_told(path):
    with EventStore(path) as store:
        store.append("a", [NewEvent("Wrote", {"pad": "x" * 3000}) for _ in range(40)])
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        EventStore(path).read_all()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match="there is no folder .*nowhere"):
        EventStore(tmp_path / "nowhere" / "bank.db")
