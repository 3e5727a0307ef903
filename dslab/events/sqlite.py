"""An event store in one SQLite file.

Why the contract holds:
- One append is one SQLite transaction, begun with `BEGIN IMMEDIATE`: it takes the file's only write
  lock before it looks at the stream's version, so nobody writes between the check and the insert,
  in this process or another.
- With one writer at a time, positions are given in the order of commits. A reader that has seen
  position 7 never sees a 6 appear later, and may remember its place as one number. (A store that
  takes positions at insert, with several transactions open, loses events here: a reader passes over
  the gap before it is filled.)
- The journal is a write-ahead log with `synchronous=FULL`: an append returns when its log record is
  on the disk. A process killed before that leaves nothing of the append, killed after it leaves all
  of it.
- Who closes the file last writes the log into it and removes the log. Who is last, SQLite knows by
  its locks, so nothing here may drop them: no file of the store is opened but by SQLite, and no
  connection is carried across a fork (`dslab.events.sqlite_file`).
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from dslab.errors import demand_number
from dslab.events.contract import (
    ANY,
    GREATEST,
    Event,
    NewEvent,
    Store,
    StoreError,
    WrongExpectedVersion,
    checked,
    demand_stream,
    json_of,
    repeated,
)
from dslab.events.sqlite_file import (
    APPLICATION_ID,
    FORMAT,
    closed_at_forks,
    identity,
    log_of,
    look_at,
    recognise,
    trouble,
)

__all__ = ["EventStore"]

SCHEMA = """
CREATE TABLE event (
  position       INTEGER PRIMARY KEY AUTOINCREMENT,
  stream         TEXT    NOT NULL,
  version        INTEGER NOT NULL,
  type           TEXT    NOT NULL,
  data           TEXT    NOT NULL,
  metadata       TEXT    NOT NULL,
  id             TEXT    NOT NULL UNIQUE,
  schema_version INTEGER NOT NULL,
  UNIQUE (stream, version)
);
"""

COLUMNS = "position, stream, version, type, data, metadata, id, schema_version"
INSERT = (
    "INSERT INTO event (stream, version, type, data, metadata, id, schema_version) VALUES "
    "(?, ?, ?, ?, ?, ?, ?)"
)

#: Seconds: nobody waits longer for a lock, and SQLite counts its milliseconds in 32 bits.
LONGEST_WAIT = 86_400.0


class EventStore(Store):
    """The store in the file at `path`, made where there is none; ":memory:" keeps it in memory.

    Threads may share it, and processes open one each. A process that forks may go on with it on
    both sides. `timeout` is how many seconds an append waits for another writer's transaction.

    Raises StoreError where the file is something else, is damaged, has a second name, or is of a
    newer format; it is then left as it is. Raises StoreError at any later use where the file was
    replaced or removed meanwhile.
    """

    def __init__(self, path: str | Path = ":memory:", *, timeout: float = 10.0):
        demand_number("timeout", timeout, 0, whole=False)
        self.path, self._timeout = _name_of(path), min(timeout, LONGEST_WAIT)
        # Absolute, so that it stays the same file when the working folder changes.
        self._file = None if self.path == ":memory:" else Path(self.path).absolute()
        #: Held in each use: threads take turns, and a fork waits for the one in hand.
        self.lock = RLock()
        self._closed, self._connection = False, None
        #: The names of the file and of its log, and which files they stood for when it was opened.
        self._names, self._found = (), []
        with self._use():
            closed_at_forks(self)

    # The connection.

    @property
    def _db(self) -> sqlite3.Connection:
        """The connection, which is made again where it was let go of for a fork."""
        if self._closed:
            raise StoreError(f"{self.path} is closed: open it again.")
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        if self._file is not None:
            self._require_files(self._names[:1])  # Where it is opened again.
            look_at(self._file)
        db = sqlite3.connect(
            self._file or ":memory:",
            timeout=self._timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        if self._file is not None:
            # The log is there after the first read, and stays until the last one closes the file.
            self._names = (str(self._file), log_of(self._file))
            self._found = [identity(name) for name in self._names]
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA synchronous=FULL")
        with self._transaction(db):
            if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                # Again, and now by the log too: somebody may have been here since the first look.
                recognise(self.path, db)
            else:
                db.execute(SCHEMA)
                db.execute(f"PRAGMA application_id={APPLICATION_ID}")
                db.execute(f"PRAGMA user_version={FORMAT}")
        # After the header is in the file itself, so that `look_at` finds it there whatever happens
        # next.
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"SELECT {COLUMNS} FROM event LIMIT 1").fetchall()

    def let_go(self) -> None:
        """Close the file; the next use opens it again. A store in memory has nothing to close."""
        if self._file is not None and self._connection is not None:
            self._connection.close()
            self._connection = None
            self._names = self._names[:1]  # The next one may begin another log.

    def _require_files(self, names: tuple[str, ...]) -> None:
        """Raise StoreError unless `names` stand for the files that they stood for.

        SQLite would go on with files that have lost their names, and what it acknowledges would be
        gone with them.
        """
        if any(identity(name) != found for name, found in zip(names, self._found)):
            raise StoreError(
                f"{self.path} or its log was removed, or replaced by another file, while it was "
                "open: what this store appends would be lost; open it again."
            )

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; SQLite's errors become a sentence."""
        with self.lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise trouble(self.path, error) from None

    @contextmanager
    def _transaction(self, db: sqlite3.Connection) -> Iterator[None]:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._require_files(self._names)  # It may have waited long for the lock.
            db.execute("COMMIT")
        except BaseException:
            # Not so where SQLite has rolled back by itself, as on a full disk.
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    # Writing.

    def append(
        self, stream: str, events: NewEvent | Iterable[NewEvent], expected_version: int | str = ANY
    ) -> list[Event]:
        """Append events to a stream, all or none; returns them as they now stand.

        expected_version  the version of the stream's last event as the writer knows it, NO_STREAM
                          (-1) for none, or ANY.

        Raises WrongExpectedVersion where the stream is at another version. Events that are there
        already under the same ids, in this stream, are returned as they stand, whatever was
        expected: the writer's first attempt succeeded. Raises IdTaken where such an id belongs to
        an event of another type, schema version or data.
        """
        events = checked(stream, events, expected_version)
        rows = [_row(event) for event in events]
        with self._use() as db, self._transaction(db):
            actual = self.version(stream)
            already = repeated(stream, events, [self._one(event.id) for event in events])
            if already is not None:
                return already
            if expected_version not in (ANY, actual):
                raise WrongExpectedVersion(stream, expected_version, actual)
            for version, row in enumerate(rows, actual + 1):
                db.execute(INSERT, (stream, version, *row))
            # Read before the commit: nothing may fail after it, or a writer would be told of an
            # error that was none.
            return self.read(stream, actual + 1, len(rows))

    def _one(self, id: str) -> Event | None:
        found = self._events("id = ?", (id,))
        return found[0] if found else None

    # Reading.

    def version(self, stream: str) -> int:
        """The version of the stream's last event, or -1 (NO_STREAM) where it has none."""
        demand_stream(stream)
        return self._query(
            "SELECT coalesce(max(version), -1) FROM event WHERE stream = ?", (stream,)
        )[0][0]

    def read(self, stream: str, from_version: int = 0, limit: int | None = None) -> list[Event]:
        """The stream's events from `from_version` on, at most `limit`; none where it has none."""
        demand_stream(stream)
        return self._events(
            "stream = ? AND version >= ? ORDER BY version LIMIT ?",
            (stream, _number("from_version", from_version), _limit(limit)),
        )

    def read_all(self, after: int = 0, limit: int | None = None) -> list[Event]:
        """All events after position `after`, in the one order that every reader sees."""
        return self._events(
            "position > ? ORDER BY position LIMIT ?", (_number("after", after), _limit(limit))
        )

    def last_position(self) -> int:
        """The position of the last event, or 0 where there is none."""
        return self._query("SELECT coalesce(max(position), 0) FROM event")[0][0]

    def streams(self) -> list[str]:
        """The names of all streams, in the order of their first events."""
        rows = self._query("SELECT stream FROM event GROUP BY stream ORDER BY min(position)")
        return [stream for (stream,) in rows]

    def __len__(self):
        """How many events there are."""
        return self._query("SELECT count(*) FROM event")[0][0]

    def close(self) -> None:
        """Close the file. A closed store can't be used again."""
        with self.lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _query(self, text: str, values: tuple = ()) -> list[tuple]:
        with self._use() as db:
            if not db.in_transaction:  # An append looks before its commit.
                self._require_files(self._names)
            return db.execute(text, values).fetchall()

    def _events(self, where: str, values: tuple) -> list[Event]:
        rows = self._query(f"SELECT {COLUMNS} FROM event WHERE {where}", values)
        return [self._event(*row) for row in rows]

    def _event(self, position, stream, version, type, data, metadata, id, schema_version) -> Event:
        try:
            data, metadata = json.loads(data), json.loads(metadata)
            if not (isinstance(data, dict) and isinstance(metadata, dict)):
                raise ValueError("it is no dict")
        except (TypeError, ValueError, RecursionError) as error:
            raise StoreError(
                f"the event at position {position} of {self.path} is damaged: its data or metadata "
                f"is no JSON ({error}); put a backup in the file's place."
            ) from None
        return Event(position, stream, version, type, data, metadata, id, schema_version)


def _name_of(path: str | Path) -> str:
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    try:
        if isinstance(name, str) and name and b"\0" not in os.fsencode(name):
            return name
    except UnicodeEncodeError:
        pass
    raise StoreError(f'{path!a} is no path of a file: give a text, such as "bank.db".')


def _row(event: NewEvent) -> tuple:
    return (
        event.type,
        json_of(event, "data"),
        json_of(event, "metadata"),
        event.id,
        event.schema_version,
    )


def _number(name: str, value: int) -> int:
    demand_number(name, value, 0)
    return min(value, GREATEST)


def _limit(value: int | None) -> int:
    # In SQLite -1 is no limit.
    return -1 if value is None else _number("limit", value)
