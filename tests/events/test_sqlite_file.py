"""Files that are no store, or no longer the one that was opened, are told and left alone."""

import os
import shutil
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
    """The lock from byte 0x40000002 on says that somebody is there (sqlite.org/lockingv3.html)."""
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


ANOTHER = """
import os, signal, sys
from dslab.events import *
store = EventStore(sys.argv[1])
if sys.argv[2:]:
    store.append("a", [NewEvent("Wrote"), NewEvent("Wrote")])
    os.kill(os.getpid(), signal.SIGKILL)
print(len(store))
"""


def another(path, *more) -> str:
    """What another process sees in the store at `path`: how many events, or its last line."""
    ran = subprocess.run(
        [sys.executable, "-c", ANOTHER, path, *more],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    return (ran.stdout or ran.stderr).splitlines()[-1] if ran.stdout or ran.stderr else ""


APART = "was copied or moved while it was in use, without its log"


@posix
def test_a_store_that_is_renamed_while_it_is_open_is_not_taken_for_an_empty_one(path, tmp_path):
    store, moved = EventStore(path), tmp_path / "moved.db"
    store.append("a", some(2))
    os.rename(path, moved)
    for _ in range(2):
        assert APART in another(moved)
    with pytest.raises(StoreError, match="is open in this process under the name .*bank.db"):
        EventStore(moved)
    with pytest.raises(StoreError, match="removed, or replaced"):
        store.append("a", some())
    store.close()  # Which writes the log into the file that it has open.
    assert another(moved) == "2"


@posix
def test_an_empty_store_that_is_renamed_has_one_log_in_a_process(path, tmp_path):
    with EventStore(path):
        os.rename(path, tmp_path / "moved.db")
        with pytest.raises(StoreError, match="is open in this process under the name"):
            EventStore(tmp_path / "moved.db")
    assert len(EventStore(tmp_path / "moved.db").append("a", some())) == 1


@posix
def test_a_store_that_was_killed_is_moved_with_its_log(path, tmp_path):
    another(path, "be killed")
    moved = tmp_path / "moved.db"
    os.rename(path, moved)
    with pytest.raises(StoreError, match=f"{APART}.* beside it as moved.db-wal"):
        EventStore(moved)
    os.rename(f"{path}-wal", f"{moved}-wal")
    with EventStore(moved) as store:
        assert len(store) == 2
    os.rename(moved, path)  # Closed, it is one file.
    assert another(path) == "2"


@posix
def test_a_store_whose_log_is_lost_opens_with_an_empty_one(path, tmp_path):
    another(path, "be killed")
    os.remove(f"{path}-wal")
    with pytest.raises(StoreError, match="or make an empty file of that name if it is lost"):
        EventStore(path)
    Path(f"{path}-wal").touch()
    with EventStore(path) as store:
        store.append("a", some())
    assert another(path).isdigit()


@posix
@pytest.mark.parametrize("before", [0, 3])
def test_the_copy_of_an_open_file_is_not_taken_for_the_store(path, tmp_path, before):
    with EventStore(path) as store:
        store.append("a", some(before))
    store, copy = EventStore(path), tmp_path / "copy.db"
    store.append("a", some(2))
    subprocess.run(["cp", path, copy], check=True)  # Here it would drop the store's locks.
    assert APART in another(copy)
    with pytest.raises(StoreError, match="A store that is in use is copied by its backup"):
        EventStore(copy)
    store.close()
    shutil.copy(path, copy.with_name("whole.db"))
    assert another(copy.with_name("whole.db")) == str(before + 2)


@posix
@pytest.mark.parametrize(
    "end",
    [
        lambda stores: [store.close() for store in stores],
        lambda stores: [store.close() for store in reversed(stores)],
        lambda stores: stores.clear(),
        lambda stores: [store.let_go() for store in stores],
    ],
    ids=["closed", "the writer last", "dropped", "forked"],
)
def test_a_store_that_nobody_uses_is_one_file(path, tmp_path, end):
    stores = [EventStore(path) for _ in range(3)]
    stores[0].append("a", some(2))
    stores[1].close()
    stores[0].append("a", some())
    end(stores)
    assert not Path(f"{path}-wal").exists()
    os.rename(path, tmp_path / "moved.db")
    assert another(tmp_path / "moved.db") == "3"


@posix
def test_a_store_whose_opening_fails_after_its_user_was_killed_is_one_file(path, monkeypatch):
    """Who fails to open it is still the last to close it, and removes the log."""
    another(path, "be killed")
    prepare = EventStore._prepare
    monkeypatch.setattr(EventStore, "_prepare", lambda *call: prepare(*call) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        EventStore(path)
    monkeypatch.undo()
    assert not Path(f"{path}-wal").exists()
    assert another(path) == "2"


@posix
def test_a_store_that_python_s_end_closes_is_one_file(path):
    subprocess.run([sys.executable, "-c", ANOTHER.replace("os.kill", "print"), path, "w"])
    assert not Path(f"{path}-wal").exists()
    assert another(path) == "2"


@posix
def test_a_store_closed_by_a_signal_s_handler_in_an_append_is_one_file(path, monkeypatch):
    store, look = EventStore(path), EventStore.version
    written = store.append("a", some())
    # A handler runs in the same thread, between two of its statements.
    monkeypatch.setattr(EventStore, "version", lambda *call: look(*call) + 0 * bool(store.close()))
    with pytest.raises(StoreError, match="a closed database"):
        store.append("a", some(3))
    monkeypatch.undo()
    assert not Path(f"{path}-wal").exists()
    with EventStore(path) as again:
        assert again.read("a") == written


def test_a_backup_is_a_store_of_its_own(path, tmp_path):
    store, copy = EventStore(path), tmp_path / "backup.db"
    written = store.append("a", some(2)) + store.append("b", some())
    store.backup(copy)
    assert sorted(file.name for file in tmp_path.iterdir() if "backup" in file.name) == [copy.name]
    store.append("a", some())
    shutil.move(copy, tmp_path / "moved.db")
    with EventStore(tmp_path / "moved.db") as again:
        assert again.read_all() == written
        assert again.append("a", some(), 1)[0].position == 4
    assert len(store) == 4


def test_a_store_in_memory_is_kept_by_its_backup(path):
    store = EventStore()
    written = store.append("a", some(2))
    store.backup(path)
    assert EventStore(path).read_all() == written


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("bank.db", "is there already: choose another name"),
        ("other.db", "is there already: choose another name"),
        ("old.db", "is there already, old.db-wal: choose another name"),
        ("nowhere/b.db", "there is no folder .*nowhere"),
        ("", "is no path of a file"),
    ],
)
def test_a_backup_writes_over_nothing(path, tmp_path, monkeypatch, name, sentence):
    monkeypatch.chdir(tmp_path)
    for mine in ("other.db", "old.db-wal"):
        (tmp_path / mine).write_text("mine")
    with EventStore(path) as store:
        with pytest.raises(StoreError, match=sentence):
            store.backup(name and tmp_path / name)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bank.db", "old.db-wal", "other.db"]
    assert (tmp_path / "other.db").read_text() == "mine" == (tmp_path / "old.db-wal").read_text()


SMALL = """
import resource, signal, sys
from dslab.events import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = EventStore(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))
for number in range(1000):
    try:
        store.append("a", NewEvent("Wrote", {"pad": "x" * 3000}))
    except StoreError as error:
        print(number, error)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 90_000))
try:
    store.backup(sys.argv[1] + "-copy")
except StoreError as error:
    print(error)
"""


@posix
def test_a_limit_on_the_size_of_files_is_told(path, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", SMALL, path], stdout=subprocess.PIPE, text=True, check=True
    )
    append, backup = ran.stdout.splitlines()
    count, sentence = append.split(" ", 1)
    assert "bank.db-copy could not be written (" in backup
    assert "could not be written (disk I/O error): the disk refuses, or a limit" in sentence
    assert another(path) == count
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bank.db"]
