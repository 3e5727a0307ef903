"""An event store in one SQLite file.

A stream is a list of events, numbered 0, 1, 2, … by `version`; all events together are numbered 1, 2, 3, … by `position`.
Nothing is ever changed or removed. An append names the version that it expects the stream to have, so that two writers who
read the same state can't both write.

Why the guarantees hold:
- One append is one SQLite transaction, begun with `BEGIN IMMEDIATE`: it takes the file's only write lock before it looks at
  the stream's version, so nobody writes between the check and the insert, in this process or another.
- With one writer at a time, positions are given in the order of commits. A reader that has seen position 7 never sees a 6
  appear later, and may remember its place as one number. (A store that takes positions at insert, with several transactions
  open, loses events here: a reader passes over the gap before it is filled.)
- The journal is a write-ahead log with `synchronous=FULL`: an append returns when its log record is on the disk. A process
  killed before that leaves nothing of the append, killed after it leaves all of it.
"""

import json
import sqlite3
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator

from dslab.errors import DslabError

__all__ = ["ANY", "Event", "EventStore", "NO_STREAM", "NewEvent", "StoreError", "Subscription", "WrongExpectedVersion"]

#: Expected versions with a meaning of their own: whatever the stream has, and no stream at all.
ANY, NO_STREAM = "any", -1

#: Written into the file's header, so that a file of another kind is told apart ("dsev").
APPLICATION_ID, FORMAT = 0x64736576, 1

SCHEMA = """
CREATE TABLE event (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  stream   TEXT    NOT NULL,
  version  INTEGER NOT NULL,
  id       TEXT    NOT NULL UNIQUE,
  type     TEXT    NOT NULL,
  data     TEXT    NOT NULL,
  metadata TEXT    NOT NULL,
  UNIQUE (stream, version)
);
"""

COLUMNS = "position, stream, version, id, type, data, metadata"


class StoreError(DslabError):
    """The file is no event store, or can't be used as one."""


class WrongExpectedVersion(DslabError):
    """The stream has moved on: somebody else appended since the writer read it. Nothing was appended.

    stream, expected, actual  say where and how; a version of -1 is a stream without events.
    """

    def __init__(self, stream: str, expected: int, actual: int):
        self.stream, self.expected, self.actual = stream, expected, actual
        super().__init__(f"stream {stream!r} is at version {actual}, not at the expected {expected}: "
                         "read it again, decide again, and append again.")


@dataclass(frozen=True)
class NewEvent:
    """An event that is to be appended.

    type      what happened, in the past tense: "MoneyDeposited".
    data      what is to be known about it, as JSON data.
    metadata  who and why, as JSON data: {"actor": …, "correlation": …, "causation": …, "at": …}. The store reads no clock.
    id        a UUID. Appending an event again under the same id changes nothing, so a writer who never heard back may
              append again; the writer chooses the id, or one is made.
    """

    type: str
    data: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Event:
    """An event as it stands in the store."""

    position: int
    stream: str
    version: int
    type: str
    data: dict[str, Any]
    metadata: dict[str, Any]
    id: str

    def __repr__(self):
        data = ", ".join(f"{name}={value!r}" for name, value in self.data.items())
        return f"#{self.position} {self.stream}@{self.version} {self.type}({data})"


class EventStore:
    """The store in the file at `path`, made where there is none; ":memory:" keeps it in memory.

    Each process and thread opens its own. `timeout` is how many seconds an append waits for another writer's transaction.
    Raises StoreError where the file is something else, is damaged, or is of a newer format; it is then left as it is.
    """

    def __init__(self, path: str | Path = ":memory:", *, timeout: float = 10.0):
        self.path = str(path)
        if self.path != ":memory:" and not Path(path).absolute().parent.is_dir():
            raise StoreError(f"there is no folder {Path(path).absolute().parent}: make it before you open a store in it.")
        try:
            self._db = sqlite3.connect(self.path, timeout=timeout, isolation_level=None)
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} can't be opened as an event store ({error}).") from None
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self):
        try:
            # Looked at before anything is written: a foreign file stays as it is.
            known = self._db.execute("PRAGMA application_id").fetchone()[0]
            tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if known != APPLICATION_ID and (known or tables):
                raise StoreError(f"{self.path} is an SQLite database, but no event store: choose another file.")
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if known == APPLICATION_ID and found > FORMAT:
                raise StoreError(f"{self.path} has format {found}, and this dslab reads format {FORMAT}: update dslab.")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            with self._transaction():
                if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    self._db.execute(SCHEMA)
                    self._db.execute(f"PRAGMA application_id={APPLICATION_ID}")
                    self._db.execute(f"PRAGMA user_version={FORMAT}")
            self._db.execute(f"SELECT {COLUMNS} FROM event LIMIT 1").fetchall()
        except sqlite3.DatabaseError as error:
            raise self._trouble(error) from None

    def _trouble(self, error: sqlite3.Error) -> StoreError:
        if "locked" in str(error) or "busy" in str(error):
            return StoreError(f"{self.path} is held by another writer, which does not let go: end it, or try again later.")
        return StoreError(f"{self.path} is no event store, or is damaged ({error}): it was left as it is; "
                          "choose another file, or put a backup in its place.")

    @contextmanager
    def _transaction(self):
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Writing.

    def append(self, stream: str, events: NewEvent | Iterable[NewEvent], expected_version: int | str = ANY) -> list[Event]:
        """Append events to a stream, all or none; returns them as they now stand.

        expected_version  the version of the stream's last event as the writer knows it, NO_STREAM (-1) for none, or ANY.

        Raises WrongExpectedVersion where the stream is at another version. Events that are there already under the same
        ids, in this stream, are returned as they stand, whatever was expected: the writer's first attempt succeeded.
        """
        events = [events] if isinstance(events, NewEvent) else list(events)
        if expected_version != ANY and (isinstance(expected_version, bool) or not isinstance(expected_version, int) or expected_version < -1):
            raise DslabError(f"{expected_version!r} is no expected version: give ANY, NO_STREAM or a version from 0 on.")
        rows = [self._row(stream, event) for event in events]
        try:
            with self._transaction():
                actual = self.version(stream)
                already = self._already(stream, events)
                if already is not None:
                    return already
                if expected_version != ANY and actual != expected_version:
                    raise WrongExpectedVersion(stream, expected_version, actual)
                for offset, row in enumerate(rows, 1):
                    self._db.execute("INSERT INTO event (stream, version, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?)",
                                     (stream, actual + offset, *row))
            return self.read(stream, actual + 1, len(rows)) if rows else []
        except sqlite3.Error as error:
            raise self._trouble(error) from None

    def _row(self, stream: str, event: NewEvent) -> tuple:
        if not isinstance(event, NewEvent):
            raise DslabError(f"append() takes NewEvent, but {event!r} is a {type(event).__name__}.")
        if not stream or not isinstance(stream, str):
            raise DslabError(f"{stream!r} is no stream's name: give a text, such as \"account-7\".")
        try:
            return event.id, event.type, json.dumps(event.data), json.dumps(event.metadata)
        except (TypeError, ValueError) as error:
            raise DslabError(f"the data of {event.type} is not JSON ({error}): use numbers, texts, lists and dicts.") from None

    def _already(self, stream: str, events: list[NewEvent]) -> list[Event] | None:
        """The events as they stand where all of them are there; None where none is."""
        found = [self._one(event.id) for event in events]
        present = [event for event in found if event is not None]
        if not present:
            return None
        if len(present) < len(found) or any(event.stream != stream for event in present):
            raise DslabError(f"{present[0].id} is the id of {present[0]!r} already: an id belongs to one event.")
        return present

    def _one(self, id: str) -> Event | None:
        rows = self._db.execute(f"SELECT {COLUMNS} FROM event WHERE id = ?", (id,)).fetchall()
        return _event(rows[0]) if rows else None

    # Reading.

    def version(self, stream: str) -> int:
        """The version of the stream's last event, or -1 (NO_STREAM) where it has none."""
        return self._query("SELECT coalesce(max(version), -1) FROM event WHERE stream = ?", (stream,))[0][0]

    def read(self, stream: str, from_version: int = 0, limit: int | None = None) -> list[Event]:
        """The stream's events from `from_version` on, at most `limit`; an empty list where there is no stream."""
        return [_event(row) for row in self._query(
            f"SELECT {COLUMNS} FROM event WHERE stream = ? AND version >= ? ORDER BY version LIMIT ?",
            (stream, from_version, -1 if limit is None else limit))]

    def read_all(self, after: int = 0, limit: int | None = None) -> list[Event]:
        """All events after position `after`, in the one order that every reader sees."""
        return [_event(row) for row in self._query(
            f"SELECT {COLUMNS} FROM event WHERE position > ? ORDER BY position LIMIT ?",
            (after, -1 if limit is None else limit))]

    def streams(self) -> list[str]:
        """The names of all streams, in the order of their first events."""
        return [row[0] for row in self._query("SELECT stream FROM event GROUP BY stream ORDER BY min(position)")]

    def subscribe(self, after: int = 0, *, batch: int = 100) -> "Subscription":
        """A reader of all events after position `after`, which goes on where it stopped."""
        return Subscription(self, after, batch)

    def _query(self, text: str, values: tuple = ()) -> list[tuple]:
        try:
            return self._db.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise self._trouble(error) from None

    def __len__(self):
        """How many events there are."""
        return self._query("SELECT count(*) FROM event")[0][0]

    def close(self) -> None:
        """Close the file. A closed store can't be used again."""
        self._db.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        return "\n".join([f"event store with {len(self)} events in {len(self.streams())} streams"]
                         + [f"  {event!r}" for event in self.read_all(limit=20)]
                         + (["  …"] if len(self) > 20 else []))

    def _repr_html_(self):
        rows = "".join(f"<tr><td>{event.position}</td><td>{escape(event.stream)}</td><td>{event.version}</td>"
                       f"<td>{escape(event.type)}</td><td>{escape(json.dumps(event.data))}</td></tr>"
                       for event in self.read_all(limit=20))
        more = f"<caption>the first 20 of {len(self)} events</caption>" if len(self) > 20 else ""
        head = "".join(f'<th scope="col">{name}</th>' for name in ("position", "stream", "version", "type", "data"))
        return f'<table class="dslab-table">{more}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


class Subscription:
    """All events after a position, each once and in order. `position` is the last one handed out: keep it to go on later.

    `poll()` returns what is new and never waits, so that it works where there are no threads. Iterating hands out events one
    by one and ends when there are no more; `follow(wait)` calls `wait()` whenever there is nothing new, until it returns
    False.
    """

    def __init__(self, store: EventStore, after: int, batch: int):
        if after < 0 or batch < 1:
            raise DslabError(f"subscribe(after={after}, batch={batch}): after is 0 or more, batch 1 or more.")
        self.store, self.position, self.batch = store, after, batch

    def poll(self) -> list[Event]:
        """The next events, at most `batch`, or an empty list."""
        events = self.store.read_all(self.position, self.batch)
        if events:
            self.position = events[-1].position
        return events

    def __iter__(self) -> Iterator[Event]:
        return self.follow(lambda: False)

    def follow(self, wait: Callable[[], bool]) -> Iterator[Event]:
        """Events one by one; `position` follows each. Ends when `wait()` returns False."""
        while True:
            events = self.store.read_all(self.position, self.batch)
            for event in events:
                self.position = event.position
                yield event
            if not events and not wait():
                return


def _event(row: tuple) -> Event:
    position, stream, version, id, type, data, metadata = row
    return Event(position, stream, version, type, json.loads(data), json.loads(metadata), id)
