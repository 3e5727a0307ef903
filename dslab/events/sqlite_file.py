"""A SQLite file as the system sees it: what may be opened, what it became, forks.

What is appended stands in the log until SQLite writes it into the file, so a file
that is moved or copied alone may lack events, and SQLite would open it without a
word. That the file needs its log is therefore noted in the file itself (`LOGGED`):
from the first append on, before it is acknowledged, until a connection that closes
has written the log into the file.

SQLite's locks are POSIX locks, which a process loses as soon as it closes *any*
descriptor of the file, whoever opened it, and which a forked child doesn't have
("How To Corrupt An SQLite Database File", sqlite.org/howtocorrupt.html, 2.2). A
connection that has lost its locks notices nothing: another process takes itself for
the last one, removes the log, and what is appended to that log afterwards is gone.
So a file is only ever looked at through SQLite, which keeps track of the
descriptors that it opens, or by its name.
"""

import os
import sqlite3
import stat
from pathlib import Path
from typing import Any
from weakref import WeakSet

from dslab.events.contract import StoreError

__all__ = [
    "APPLICATION_ID",
    "FORMAT",
    "LOGGED",
    "closed_at_forks",
    "identity",
    "is_logged",
    "log_of",
    "look_at",
    "name_of",
    "recognise",
    "release",
    "trouble",
]

#: Written into the file's header, so that a file of another kind is told apart
#: ("dsev").
APPLICATION_ID, FORMAT = 0x64736576, 1

#: Added to the format in the header while the file needs its log.
LOGGED = 1 << 16

#: How often a note without a log is looked at: while another process opens or
#: closes the store, the two are not of one moment.
LOOKS = 3


def name_of(path: str | Path) -> str:
    """The path as a text. Raises StoreError for what is no path of a file."""
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    try:
        if isinstance(name, str) and name and b"\0" not in os.fsencode(name):
            return name
    except UnicodeEncodeError:
        pass
    raise StoreError(
        f'{path!a} is no path of a file: give a text, such as "bank.db".'
    )


def look_at(path: Path) -> None:
    """Raise StoreError where `path` can't be a store's.

    Only looks, and leaves no trace.

    path  absolute.

    An ordinary connection would leave one even in a foreign database: it would
    write the log of a user that was killed into the file.
    """
    if not path.parent.is_dir():
        raise StoreError(
            f"there is no folder {path.parent}: make it before you open a store in "
            "it."
        )
    log = log_of(path)
    # Asked first: while a store is made, its log comes after its file.
    waiting = _size(log)
    try:
        found = path.stat()
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise StoreError(
            f"{path} can't be read as an event store ({error.strerror}): choose "
            "another file."
        ) from None
    if found is not None and not stat.S_ISREG(found.st_mode):
        raise StoreError(
            f"{path} can't be read as an event store (it is no file): choose a "
            "file."
        )
    if found is None or not found.st_size:
        if waiting:
            raise StoreError(
                f"{path} is missing or empty, but its log is there, "
                f"{os.path.basename(log)}, with events that would be removed: put "
                "the file back, or move the log away."
            )
        return
    if found.st_nlink > 1:
        raise StoreError(
            f"{path} has {found.st_nlink} names (hard links), and SQLite would "
            "keep a log for each of them: remove the other names, or copy the "
            "file."
        )
    for store in list(_OPEN):
        if (other := store.renamed_to(path)) is not None:
            raise StoreError(
                f"{path} is open in this process under the name {other}, where its "
                "log is: close that store first, or use it."
            )
    if all(_needs_log(path) and not os.path.lexists(log) for _ in range(LOOKS)):
        raise StoreError(
            f"{path} was copied or moved while it was in use, without its log, in "
            "which there may be events: put the log (the old name with -wal) "
            f"beside it as {os.path.basename(log)}, or make an empty file of that "
            "name if it is lost. A store that is in use is copied by its backup()."
        )


def _needs_log(path: Path) -> bool:
    """Whether the file itself says so. Raises StoreError where it is no store."""
    try:
        # Immutable: without locks, logs and recovery (sqlite.org/uri.html).
        db = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)
        try:
            # Tolerates a file that is shorter than its header says, as it is for a
            # moment while another process writes its log into it.
            db.execute("PRAGMA writable_schema=ON")
            recognise(str(path), db)
            return is_logged(db)
        finally:
            db.close()
    except sqlite3.Error as error:
        raise trouble(str(path), error) from None


def recognise(path: str, db: sqlite3.Connection) -> None:
    """Raise StoreError unless the header says that it is a store of this format."""
    if _header(db, "application_id") != APPLICATION_ID:
        raise StoreError(
            f"{path} is an SQLite database, but no event store: it was left as it "
            "is; choose another file."
        )
    if (found := _header(db, "user_version") & ~LOGGED) > FORMAT:
        raise StoreError(
            f"{path} has format {found}, and this dslab reads format {FORMAT}: "
            "update dslab."
        )


def is_logged(db: sqlite3.Connection) -> bool:
    """Whether the header says that events may stand in the log alone."""
    return _header(db, "application_id") == APPLICATION_ID and bool(
        _header(db, "user_version") & LOGGED
    )


def release(lock: Any, db: sqlite3.Connection) -> None:
    """Close a connection, and take back the note that the file needs its log.

    That stands in the log after all events, so it reaches the file with them or not
    at all. Whoever has the store open still notes it again with the next append.
    """
    with lock:
        try:
            if db.in_transaction:
                # Closed in the middle of an append, by a signal's handler.
                db.execute("ROLLBACK")
            # Who writes now will close later than this one.
            db.execute("PRAGMA busy_timeout=0")
            try:
                _take_note_back(db)
            except sqlite3.OperationalError:
                # On a full disk, an empty log makes room.
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                _take_note_back(db)
        except sqlite3.Error:
            # Then the note stays, and so does the log, or it is another's to close.
            pass
        finally:
            db.close()


def _take_note_back(db: sqlite3.Connection) -> None:
    with db:
        db.execute("BEGIN IMMEDIATE")
        if is_logged(db):
            # For a file that has lost its name, too.
            db.execute("PRAGMA wal_autocheckpoint=1")
            db.execute(
                f"PRAGMA user_version={_header(db, 'user_version') & ~LOGGED}"
            )


def _header(db: sqlite3.Connection, name: str) -> int:
    return db.execute(f"PRAGMA {name}").fetchone()[0]


def trouble(path: str, error: sqlite3.Error) -> StoreError:
    """SQLite's error in a sentence: what it means for the store, and what to do."""
    # The low byte is the kind of error, the rest its variant
    # (sqlite.org/rescode.html); the module's own errors have none.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                f"{path} is held by another writer, which does not let go: end it, "
                "or try again later."
            )
        case sqlite3.SQLITE_FULL:
            return StoreError(
                f"{path} could not grow ({error}): make room, and append again; "
                "nothing of this append is in it."
            )
        case (
            sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN
        ):
            return StoreError(
                f"{path} may not be written here ({error}): change its "
                "permissions, or choose another file."
            )
        case sqlite3.SQLITE_IOERR if (
            error.sqlite_errorcode == sqlite3.SQLITE_IOERR_WRITE
        ):
            return StoreError(
                f"{path} could not be written ({error}): the disk refuses, or a "
                "limit on the size of files; remove the cause, and append again; "
                "nothing of this append is in it."
            )
        case sqlite3.SQLITE_ERROR if "no such" not in str(error):
            # "no such column": another table
            return StoreError(
                f"{path} can't do this now, and has done nothing of it: {error}."
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_ERROR:
            return StoreError(
                f"{path} is no event store, or is damaged ({error}): it was left "
                "as it is; choose another file, or put a backup in its place."
            )
    return StoreError(f"{path} can't be used: {error}")


def log_of(path: Path) -> str:
    """Where SQLite keeps the log: beside the file that a symbolic link leads to."""
    return f"{os.path.realpath(path)}-wal"


def identity(path: str) -> tuple[int, int] | None:
    """Which file the name stands for now; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


#: The open stores of this process, and those whose locks are held for a fork that
#: is under way.
_OPEN: WeakSet = WeakSet()
_HELD: list = []


def closed_at_forks(store: Any) -> None:
    """From now on have `store` let go of its file before each fork; it opens it
    again by itself.

    A child would close its copy of the connection, and a store that it opens would
    believe to have the locks of its parent.
    """
    _OPEN.add(store)


def _before_fork() -> None:
    # In one order, whoever forks: else two would wait for each other.
    held = sorted(_OPEN, key=id)
    for store in held:
        store.lock.acquire()  # Waits for the append that another thread is making.
        _HELD.append(store)
        store.let_go()


def _after_fork() -> None:
    while _HELD:
        _HELD.pop().lock.release()


if hasattr(os, "register_at_fork"):  # Not on Windows.
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
    )
