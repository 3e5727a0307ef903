"""An event store in one SQLite file.

A stream is a list of events, numbered 0, 1, 2, … by `version`; all events together are numbered 1,
2, 3, … by `position`. Nothing is ever changed or removed. An append names the version that it
expects the stream to have, so that two writers who read the same state can't both write.

Why the guarantees hold:
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
"""

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from dslab.errors import DslabError

__all__ = [
    "ANY",
    "Event",
    "EventStore",
    "NO_STREAM",
    "NewEvent",
    "StoreError",
    "Subscription",
    "WrongExpectedVersion",
]

#: Expected versions with a meaning of their own: whatever the stream has, and no stream at all.
ANY, NO_STREAM = "any", -1

#: Written into the file's header, so that a file of another kind is told apart ("dsev").
APPLICATION_ID, FORMAT = 0x64736576, 1

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


class StoreError(DslabError):
    """The file is no event store, or can't be used as one."""


class WrongExpectedVersion(DslabError):
    """The stream has moved on: somebody else appended since the writer read it. Nothing was
    appended.

    stream, expected, actual  say where and how; a version of -1 is a stream without events.
    """

    def __init__(self, stream: str, expected: int, actual: int):
        self.stream, self.expected, self.actual = stream, expected, actual
        super().__init__(
            f"stream {stream!r} is at version {actual}, not at the expected {expected}: "
            "read it again, decide again, and append again."
        )


@dataclass(frozen=True)
class NewEvent:
    """An event that is to be appended.

    type            what happened, in the past tense: "MoneyDeposited".
    data            what is to be known about it, as JSON data.
    metadata        who and why, as JSON data: {"actor": …, "correlation": …, "causation": …, "at":
                    …}. The store reads no clock.
    id              a UUID. Appending an event again under the same id changes nothing, so a writer
                    who never heard back may append again; the writer chooses the id, or one is
                    made.
    schema_version  which form the data has, counted from 1: a type whose form changes keeps its
                    name.
    """

    type: str
    data: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    schema_version: int = 1


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
    schema_version: int = 1

    def __repr__(self):
        data = ", ".join(f"{name}={value!r}" for name, value in self.data.items())
        return f"#{self.position} {self.stream}@{self.version} {self.type}({data})"


class EventStore:
    """The store in the file at `path`, made where there is none; ":memory:" keeps it in memory.

    Each process and thread opens its own. `timeout` is how many seconds an append waits for another
    writer's transaction. Raises StoreError where the file is something else, is damaged, or is of a
    newer format; it is then left as it is.
    """

    def __init__(self, path: str | Path = ":memory:", *, timeout: float = 10.0):
        self.path = str(path)
        if self.path != ":memory:":
            _look_at(Path(path).absolute())
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
            self._db.execute("PRAGMA synchronous=FULL")
            with self._transaction():
                if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    self._db.execute(SCHEMA)
                    self._db.execute(f"PRAGMA application_id={APPLICATION_ID}")
                    self._db.execute(f"PRAGMA user_version={FORMAT}")
            # After the header is in the file itself, so that `_look_at` finds it there whatever
            # happens next.
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"SELECT {COLUMNS} FROM event LIMIT 1").fetchall()
        except sqlite3.Error as error:
            raise self._trouble(error) from None

    def _trouble(self, error: sqlite3.Error) -> StoreError:
        # The low byte is the kind of error, the rest its variant (sqlite.org/rescode.html); the
        # module's own errors have none.
        match getattr(error, "sqlite_errorcode", 0) & 0xFF:
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return StoreError(
                    f"{self.path} is held by another writer, which does not let go: end "
                    "it, or try again later."
                )
            case sqlite3.SQLITE_FULL:
                return StoreError(
                    f"{self.path} could not grow ({error}): make room, and append again; "
                    "nothing of this append is in it."
                )
            case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN:
                return StoreError(
                    f"{self.path} may not be written here ({error}): change its "
                    "permissions, or choose another file."
                )
            case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_ERROR:
                return StoreError(
                    f"{self.path} is no event store, or is damaged ({error}): it was left "
                    "as it is; "
                    "choose another file, or put a backup in its place."
                )
        return StoreError(f"{self.path} can't be used: {error}")

    @contextmanager
    def _transaction(self):
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if (
                self._db.in_transaction
            ):  # Not so where SQLite has rolled back by itself, as on a full disk.
                self._db.execute("ROLLBACK")
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
        expected: the writer's first attempt succeeded.
        """
        events = [events] if isinstance(events, NewEvent) else list(events)
        if expected_version != ANY and (
            isinstance(expected_version, bool)
            or not isinstance(expected_version, int)
            or expected_version < -1
        ):
            raise DslabError(
                f"{expected_version!r} is no expected version: give ANY, NO_STREAM or a "
                "version from 0 on."
            )
        rows = self._rows(stream, events)
        try:
            with self._transaction():
                actual = self.version(stream)
                already = self._already(stream, events)
                if already is not None:
                    return already
                if expected_version != ANY and actual != expected_version:
                    raise WrongExpectedVersion(stream, expected_version, actual)
                for offset, row in enumerate(rows, 1):
                    self._db.execute(INSERT, (stream, actual + offset, *row))
                # Read before the commit: nothing may fail after it, or a writer would be told of an
                # error that was none.
                return self.read(stream, actual + 1, len(rows)) if rows else []
        except sqlite3.Error as error:
            raise self._trouble(error) from None

    def _rows(self, stream: str, events: list[NewEvent]) -> list[tuple]:
        if not stream or not isinstance(stream, str):
            raise DslabError(f'{stream!r} is no stream\'s name: give a text, such as "account-7".')
        seen = set()
        for event in events:
            if not isinstance(event, NewEvent):
                raise DslabError(
                    f"append() takes NewEvent, but {event!r} is a {type(event).__name__}."
                )
            if event.id in seen:
                raise DslabError(
                    f"{event.id} is the id of two events of this append: an id belongs to "
                    "one event."
                )
            seen.add(event.id)
            if type(event.schema_version) is not int or event.schema_version < 1:
                raise DslabError(
                    f"the schema version of {event.type} is {event.schema_version!r}: "
                    "give 1 or more."
                )
        return [
            (
                event.type,
                _json(event, "data"),
                _json(event, "metadata"),
                event.id,
                event.schema_version,
            )
            for event in events
        ]

    def _already(self, stream: str, events: list[NewEvent]) -> list[Event] | None:
        """The events as they stand where all of them are there; None where none is."""
        found = [self._one(event.id) for event in events]
        present = [event for event in found if event is not None]
        if not present:
            return None
        if len(present) < len(found) or any(event.stream != stream for event in present):
            raise DslabError(
                f"{present[0].id} is the id of {present[0]!r} already: an id belongs to one event."
            )
        return present

    def _one(self, id: str) -> Event | None:
        rows = self._db.execute(f"SELECT {COLUMNS} FROM event WHERE id = ?", (id,)).fetchall()
        return _event(rows[0]) if rows else None

    # Reading.

    def version(self, stream: str) -> int:
        """The version of the stream's last event, or -1 (NO_STREAM) where it has none."""
        return self._query(
            "SELECT coalesce(max(version), -1) FROM event WHERE stream = ?", (stream,)
        )[0][0]

    def read(self, stream: str, from_version: int = 0, limit: int | None = None) -> list[Event]:
        """The stream's events from `from_version` on, at most `limit`; an empty list where there is
        no stream.
        """
        return [
            _event(row)
            for row in self._query(
                f"SELECT {COLUMNS} FROM event WHERE stream = ? AND version >= ? ORDER BY "
                "version LIMIT ?",
                (stream, from_version, -1 if limit is None else limit),
            )
        ]

    def read_all(self, after: int = 0, limit: int | None = None) -> list[Event]:
        """All events after position `after`, in the one order that every reader sees."""
        return [
            _event(row)
            for row in self._query(
                f"SELECT {COLUMNS} FROM event WHERE position > ? ORDER BY position LIMIT ?",
                (after, -1 if limit is None else limit),
            )
        ]

    def streams(self) -> list[str]:
        """The names of all streams, in the order of their first events."""
        return [
            row[0]
            for row in self._query(
                "SELECT stream FROM event GROUP BY stream ORDER BY min(position)"
            )
        ]

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
        return "\n".join(
            [f"event store with {len(self)} events in {len(self.streams())} streams"]
            + [f"  {event!r}" for event in self.read_all(limit=20)]
            + (["  …"] if len(self) > 20 else [])
        )

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td>{event.position}</td><td>{escape(event.stream)}</td><td>{event.version}</td>"
            f"<td>{escape(event.type)}</td><td>{escape(json.dumps(event.data))}</td></tr>"
            for event in self.read_all(limit=20)
        )
        more = f"<caption>the first 20 of {len(self)} events</caption>" if len(self) > 20 else ""
        head = "".join(
            f'<th scope="col">{name}</th>'
            for name in ("position", "stream", "version", "type", "data")
        )
        return f'<table class="dslab-table">{more}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


class Subscription:
    """All events after a position, each once and in order. `position` is the last one handed out:
    keep it to go on later.

    `poll()` returns what is new and never waits, so that it works where there are no threads.
    Iterating hands out events one by one and ends when there are no more; `follow(wait)` calls
    `wait()` whenever there is nothing new, until it returns False.
    """

    def __init__(self, store: EventStore, after: int, batch: int):
        if after < 0 or batch < 1:
            raise DslabError(
                f"subscribe(after={after}, batch={batch}): after is 0 or more, batch 1 or more."
            )
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
    position, stream, version, type, data, metadata, id, schema_version = row
    return Event(
        position, stream, version, type, json.loads(data), json.loads(metadata), id, schema_version
    )


def _json(event: NewEvent, part: str) -> str:
    value = getattr(event, part)
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise DslabError(
            f"the {part} of {event.type} is not JSON ({error}): use numbers, texts, lists "
            "and dicts."
        ) from None
    if not isinstance(value, dict):
        raise DslabError(
            f'the {part} of {event.type} is {value!r:.80}: give a dict, such as {{"amount": 5}}.'
        )
    return text


def _look_at(path: Path) -> None:
    """Raise StoreError where `path` can't be a store's. Only looks: even opening a foreign database
    could change its files.
    """
    if not path.parent.is_dir():
        raise StoreError(
            f"there is no folder {path.parent}: make it before you open a store in it."
        )
    try:
        header = path.open("rb").read(100) if path.exists() else b""
    except OSError as error:
        raise StoreError(
            f"{path} can't be read as an event store ({error.strerror}): choose another file."
        ) from None
    if not header:
        return
    # The header's fields: sqlite.org/fileformat.html, section 1.3.
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise StoreError(
            f"{path} is no event store, or is damaged (it is no SQLite database): it was "
            "left as it is; "
            "choose another file, or put a backup in its place."
        )
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise StoreError(
            f"{path} is an SQLite database, but no event store: it was left as it is; "
            "choose another file."
        )
    found = int.from_bytes(header[60:64], "big")
    if found > FORMAT:
        raise StoreError(
            f"{path} has format {found}, and this dslab reads format {FORMAT}: update dslab."
        )
