"""An event store in one SQLite file.

Why the contract holds:
- One append is one SQLite transaction, begun with `BEGIN IMMEDIATE`: it takes the
  file's only write lock before it looks at the stream's version, so nobody writes
  between the check and the insert, in this process or another.
- With one writer at a time, positions are given in the order of commits. A reader
  that has seen position 7 never sees a 6 appear later, and may remember its place
  as one number. (A store that takes positions at insert, with several transactions
  open, loses events here: a reader passes over the gap before it is filled.)
- The journal is a write-ahead log with `synchronous=FULL`: an append returns when
  its log record is on the disk. A process killed before that leaves nothing of the
  append, killed after it leaves all of it.
- Who closes the file last writes the log into it and removes the log. Who is last,
  SQLite knows by its locks, so nothing here may drop them: no file of the store is
  opened but by SQLite, and no connection is carried across a fork
  (`dslab.events.sqlite_file`).
- A file that was moved or copied without its log is refused: the file itself says
  that it needs one.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import RLock
from uuid import uuid4
from weakref import finalize

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
    LOGGED,
    closed_at_forks,
    identity,
    is_logged,
    log_of,
    look_at,
    name_of,
    recognise,
    release,
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
    "INSERT INTO event (stream, version, type, data, metadata, id, "
    "schema_version) VALUES (?, ?, ?, ?, ?, ?, ?)"
)

#: Seconds that the first append after an opening waits for those who read an older
#: state.
NOTE_WAIT = 0.1

#: Seconds: nobody waits longer for a lock, and SQLite counts its milliseconds in 32
#: bits.
LONGEST_WAIT = 86_400.0


class EventStore(Store):
    """The store in the file at `path`, made where there is none; ":memory:" keeps
    it in memory.

    Threads may share it, and processes open one each. A process that forks may go
    on with it on both sides. `timeout` is how many seconds an append waits for
    another writer's transaction.

    Raises StoreError where the file is something else, is damaged, has a second
    name, or is of a newer format, or needs a log that is not beside it; it is then
    left as it is. Raises StoreError at any later use where the file was replaced or
    removed meanwhile.

    To copy a store, use `backup`. To move one, close it everywhere first: until
    then its last events may stand in its log alone, the file beside it whose name
    ends in "-wal".
    """

    def __init__(self, path: str | Path = ":memory:", *, timeout: float = 10.0):
        demand_number("timeout", timeout, 0, whole=False)
        self.path, self._timeout = name_of(path), min(timeout, LONGEST_WAIT)
        # Absolute, so that it stays the same file when the working folder changes.
        self._file = None if self.path == ":memory:" else Path(self.path).absolute()
        #: Held in each use: threads take turns, and a fork waits for the one in
        #: hand.
        self.lock = RLock()
        self._closed, self._connection = False, None
        #: Closes the connection; by itself too, where the store is dropped or
        #: Python ends.
        self._release = None
        #: The names of the file and of its log, and which files they stood for when
        #: it was opened.
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
            release(self.lock, db)
            raise
        if self._file is not None:
            # The log is there after the first read, and stays until the last one
            # closes the file.
            self._names = (str(self._file), log_of(self._file))
            self._found = [identity(name) for name in self._names]
        self._release = finalize(self, release, self.lock, db)
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA synchronous=FULL")
        with self._transaction(db):
            if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                # Again, and now by the log too: somebody may have been here since
                # the first look.
                recognise(self.path, db)
            else:
                db.execute(SCHEMA)
                db.execute(f"PRAGMA application_id={APPLICATION_ID}")
                db.execute(f"PRAGMA user_version={FORMAT}")
        # After the header is in the file itself, so that `look_at` finds it there
        # whatever happens next.
        #: Whether the file itself says that it needs its log, as far as this
        #: connection knows.
        self._is_noted = False
        [(mode,)] = db.execute("PRAGMA journal_mode=WAL").fetchall()
        # Not in memory, nor where a file system can't share memory.
        self._has_log = mode == "wal"
        db.execute(f"SELECT {COLUMNS} FROM event LIMIT 1").fetchall()

    def let_go(self) -> None:
        """Close the file; the next use opens it again. A store in memory has
        nothing to close.
        """
        if self._file is not None and self._connection is not None:
            self._release()
            self._connection = None
            self._names = self._names[:1]  # The next one may begin another log.

    def renamed_to(self, path: Path) -> str | None:
        """The name that the store has its log by, where it has the file at `path`
        open and `path` would give it another log.
        """
        # Without the lock: two may look at each other.
        names, found = (self._names, self._found)
        if (
            self._connection is None
            or len(names) < 2
            or found[0] != identity(str(path))
        ):
            return None
        log = log_of(path)
        same = names[1] == log or found[1] is not None and found[1] == identity(log)
        return None if same else names[0]

    def _require_files(self, names: tuple[str, ...]) -> None:
        """Raise StoreError unless `names` stand for the files that they stood for.

        SQLite would go on with files that have lost their names, and what it
        acknowledges would be gone with them.
        """
        if any(identity(name) != found for name, found in zip(names, self._found)):
            raise StoreError(
                f"{self.path} or its log was removed, or replaced by another file, "
                "while it was open: what this store appends would be lost; open "
                "it again."
            )

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; errors become a sentence."""
        with self.lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise trouble(self.path, error) from None

    def _require_no_append(self, db: sqlite3.Connection) -> None:
        # Other threads wait for the lock; an interrupted one can't wait for itself.
        if db.in_transaction:
            raise StoreError(
                f"an append to {self.path} is under way in this very thread, which "
                "was interrupted in it, as by a signal: ask again after it; "
                "nothing of this call is done."
            )

    @contextmanager
    def _transaction(self, db: sqlite3.Connection) -> Iterator[None]:
        self._require_no_append(db)
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            # It may have waited long for the lock.
            self._require_files(self._names)
            db.execute("COMMIT")
        except BaseException:
            # Not so where SQLite has rolled back by itself, as on a full disk.
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    # Writing.

    def append(
        self,
        stream: str,
        events: NewEvent | Iterable[NewEvent],
        expected_version: int | str = ANY,
    ) -> list[Event]:
        """Append events to a stream, all or none; returns them as they now stand.

        expected_version  the version of the stream's last event as the writer knows
                          it, NO_STREAM (-1) for none, or ANY.

        Raises WrongExpectedVersion where the stream is at another version. Events
        that are there already under the same ids, in this stream, are returned as
        they stand, whatever was expected: the writer's first attempt succeeded.
        Raises IdTaken where such an id belongs to an event of another type, schema
        version or data.
        """
        events = checked(stream, events, expected_version)
        rows = [_row(event) for event in events]
        with self._use() as db:
            with self._transaction(db):
                actual = self.version(stream)
                already = repeated(
                    stream, events, [self._one(event.id) for event in events]
                )
                if already is not None:
                    return already
                if expected_version not in (ANY, actual):
                    raise WrongExpectedVersion(stream, expected_version, actual)
                self._note_log(db)
                for version, row in enumerate(rows, actual + 1):
                    db.execute(INSERT, (stream, version, *row))
                # Read before the commit: nothing may fail after it, or a writer
                # would be told of an error that was none.
                written = self.read(stream, actual + 1, len(rows))
            self._bring_note(db)
            return written

    def _note_log(self, db: sqlite3.Connection) -> None:
        """Note in this append that the file needs its log, unless it is noted."""
        if self._has_log and not is_logged(db):
            db.execute(f"PRAGMA user_version={FORMAT + LOGGED}")
            self._is_noted = False

    def _bring_note(self, db: sqlite3.Connection) -> None:
        """Have SQLite write log and note into the file, unless they are there.

        That is after the commit, so nothing fails here: what does is tried again
        with the next append.
        """
        if self._has_log and not self._is_noted:
            with suppress(sqlite3.Error):
                wait = min(self._timeout, NOTE_WAIT) * 1000
                db.execute(f"PRAGMA busy_timeout={wait:.0f}")
                [(busy, _, _)] = db.execute("PRAGMA wal_checkpoint(FULL)")
                db.execute(f"PRAGMA busy_timeout={self._timeout * 1000:.0f}")
                self._is_noted = not busy

    def _one(self, id: str) -> Event | None:
        found = self._events("id = ?", (id,))
        return found[0] if found else None

    # Reading.

    def version(self, stream: str) -> int:
        """The version of the stream's last event, or -1 (NO_STREAM)."""
        demand_stream(stream)
        return self._query(
            "SELECT coalesce(max(version), -1) FROM event WHERE stream = ?",
            (stream,),
        )[0][0]

    def read(
        self, stream: str, from_version: int = 0, limit: int | None = None
    ) -> list[Event]:
        """The stream's events from `from_version` on, at most `limit`; none where
        it has none.
        """
        demand_stream(stream)
        return self._events(
            "stream = ? AND version >= ? ORDER BY version LIMIT ?",
            (stream, _number("from_version", from_version), _limit(limit)),
        )

    def read_all(self, after: int = 0, limit: int | None = None) -> list[Event]:
        """All events after position `after`, in the order that everybody sees."""
        return self._events(
            "position > ? ORDER BY position LIMIT ?",
            (_number("after", after), _limit(limit)),
        )

    def last_position(self) -> int:
        """The position of the last event, or 0 where there is none."""
        return self._query("SELECT coalesce(max(position), 0) FROM event")[0][0]

    def streams(self) -> list[str]:
        """The names of all streams, in the order of their first events."""
        rows = self._query(
            "SELECT stream FROM event GROUP BY stream ORDER BY min(position)"
        )
        return [stream for (stream,) in rows]

    def __len__(self):
        """How many events there are."""
        return self._query("SELECT count(*) FROM event")[0][0]

    def close(self) -> None:
        """Close the file. A closed store can't be used again."""
        with self.lock:
            self._closed = True
            if self._connection is not None:
                self._release()
                self._connection = None

    def backup(self, path: str | Path) -> None:
        """Write all events as they stand now into a new store at `path`; appends
        may go on.

        A store in memory is kept so. Raises StoreError where `path` exists, or
        can't be written.
        """
        target = Path(name_of(path)).absolute()
        part = target.with_name(f"{target.name}-{uuid4().hex}")
        if not target.parent.is_dir():
            raise StoreError(
                f"there is no folder {target.parent}: make it before the backup."
            )
        if os.path.lexists(target):
            raise StoreError(
                f"{target} is there already: choose another name for the backup."
            )
        if os.path.lexists(log := log_of(target)):
            raise StoreError(
                f"a log of {target} is there already, {os.path.basename(log)}: "
                "choose another name for the backup, or move the log away."
            )
        with self._use() as db:
            self._require_no_append(db)
            self._require_files(self._names)
            try:
                db.execute("VACUUM INTO ?", (str(part),))
                with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                    # The copy needs no log. To note it is what brings all of it
                    # onto the disk, too.
                    copy.execute("PRAGMA synchronous=FULL")
                    copy.execute(f"PRAGMA user_version={FORMAT}")
                part.rename(target)
            except (sqlite3.Error, OSError) as error:
                raise StoreError(
                    f"{target} could not be written ({error}), and there is no "
                    f"backup of {self.path}: make room, or choose another place."
                ) from None
            finally:
                part.unlink(missing_ok=True)

    def _query(self, text: str, values: tuple = ()) -> list[tuple]:
        with self._use() as db:
            if not db.in_transaction:  # An append looks before its commit.
                self._require_files(self._names)
            return db.execute(text, values).fetchall()

    def _events(self, where: str, values: tuple) -> list[Event]:
        rows = self._query(f"SELECT {COLUMNS} FROM event WHERE {where}", values)
        return [self._event(*row) for row in rows]

    def _event(
        self, position, stream, version, type, data, metadata, *rest
    ) -> Event:
        try:
            data, metadata = json.loads(data), json.loads(metadata)
            if not (isinstance(data, dict) and isinstance(metadata, dict)):
                raise ValueError("it is no dict")
        except (TypeError, ValueError, RecursionError) as error:
            raise StoreError(
                f"the event at position {position} of {self.path} is damaged: its "
                f"data or metadata is no JSON ({error}); put a backup in the "
                "file's place."
            ) from None
        return Event(position, stream, version, type, data, metadata, *rest)


def _row(event: NewEvent) -> tuple:
    texts = json_of(event, "data"), json_of(event, "metadata")
    return event.type, *texts, event.id, event.schema_version


def _number(name: str, value: int) -> int:
    demand_number(name, value, 0)
    return min(value, GREATEST)


def _limit(value: int | None) -> int:
    # In SQLite -1 is no limit.
    return -1 if value is None else _number("limit", value)
