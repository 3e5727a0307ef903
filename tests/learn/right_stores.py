"""Right event stores of many forms: other ways to open SQLite, and to keep others out."""

import contextlib
import functools
import json
import pickle
import queue
import sqlite3
import threading
import time
from collections import namedtuple
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import connect as opened

try:
    import fcntl
except ImportError:
    fcntl = None

TABLE = (
    "CREATE TABLE IF NOT EXISTS e (p INTEGER PRIMARY KEY AUTOINCREMENT, s TEXT NOT NULL,"
    " v INTEGER NOT NULL, d TEXT NOT NULL, UNIQUE (s, v))"
)


class Store:
    """Correct; each class below does one thing otherwise."""

    options = {"isolation_level": None}

    def __init__(self, path):
        self.path = path
        self.db = self.open(path)

    def open(self, path):
        db = sqlite3.connect(path, **self.options)
        db.execute(TABLE)
        return db

    def begin(self):
        self.db.execute("BEGIN IMMEDIATE")

    def version(self, stream):
        [(last,)] = self.db.execute("SELECT coalesce(max(v), -1) FROM e WHERE s = ?", (stream,))
        return last

    def check(self, stream, expected):
        if self.version(stream) != expected:
            raise ValueError(f"{stream} is not at version {expected}")

    def insert(self, stream, version, events):
        for number, event in enumerate(events, version + 1):
            row = stream, number, json.dumps(event)
            self.db.execute("INSERT INTO e (s, v, d) VALUES (?, ?, ?)", row)

    def append(self, stream, events, expected):
        self.begin()
        try:
            self.check(stream, expected)
            self.insert(stream, expected, events)
            self.db.commit()
        except BaseException:
            self.db.rollback()
            raise

    def read(self, stream):
        rows = self.db.execute("SELECT d FROM e WHERE s = ? ORDER BY v", (stream,))
        return [json.loads(data) for (data,) in rows]

    def subscribe(self, after):
        rows = self.db.execute("SELECT p, s, d FROM e WHERE p > ? ORDER BY p", (after,))
        return [(place, stream, json.loads(data)) for place, stream, data in rows]


class LockOfTheClass(Store):
    lock = threading.Lock()

    def append(self, *args):
        with self.lock:
            super().append(*args)


class Uri(Store):
    def open(self, path):
        db = opened(f"file:{path}?mode=rwc", 5.0, uri=True, isolation_level="IMMEDIATE")
        with db:
            db.execute(TABLE)
        return db


class OwnTransactions(Store):
    """The module begins transactions, rows have names, a script makes the table."""

    def open(self, path):
        db = sqlite3.connect(path, isolation_level="EXCLUSIVE", check_same_thread=False)
        db.row_factory = sqlite3.Row
        db.executescript(f"{TABLE}; CREATE INDEX IF NOT EXISTS i ON e (s);")
        return db

    def begin(self):
        self.db.execute("UPDATE e SET p = p WHERE 0")

    def read(self, stream):
        rows = self.db.execute("SELECT d FROM e WHERE s = ? ORDER BY v", (stream,))
        return [json.loads(row["d"]) for row in rows]


class Pool(Store):
    pool = {}

    def open(self, path):
        if path not in self.pool:
            self.pool[path] = super().open(path)
            self.pool[path].execute("PRAGMA journal_mode = WAL")
        return self.pool[path]


class QueueOfConnections(Store):
    def __init__(self, path):
        self.idle = queue.Queue()
        for _ in range(2):
            self.idle.put(self.open(path))
        self.db = self.idle.queue[0]

    def append(self, *args):
        self.db = self.idle.get()
        try:
            super().append(*args)
        finally:
            self.idle.put(self.db)


CONNECT = functools.partial(sqlite3.connect, isolation_level=None, timeout=10)


class ByAPartial(Store):
    def open(self, path):
        db = CONNECT(path)
        db.execute(TABLE)
        return db


class ByADefault(Store):
    def open(self, path, connect=sqlite3.dbapi2.connect):
        db = connect(path, isolation_level=None)
        db.execute(TABLE)
        return db


class Connection(sqlite3.Connection):
    def execute(self, *args):
        return super().execute(*args)


class ConnectionOfOnesOwn(Store):
    options = {"isolation_level": None, "factory": Connection}


class WithoutConnect(Store):
    def open(self, path):
        db = Connection(path, isolation_level=None)
        db.execute(TABLE)
        return db


@dataclass
class Dataclass(Store):
    path: str
    _db: sqlite3.Connection | None = field(default=None, repr=False)

    @property
    def db(self):
        if self._db is None:
            self._db = self.open(self.path)
        return self._db


class ForEachCall:
    """A context manager for each call, rows as named tuples, generators."""

    Row = namedtuple("Row", "position stream event")

    def __init__(self, path):
        self.path = Path(path)
        with self.transaction() as db:
            db.execute(TABLE)

    @contextlib.contextmanager
    def transaction(self):
        with contextlib.closing(sqlite3.connect(self.path)) as db:
            db.execute("BEGIN IMMEDIATE")
            with db:
                yield db

    def append(self, stream, events, expected):
        with self.transaction() as db:
            [(count,)] = db.execute("SELECT count(*) FROM e WHERE s = ?", (stream,))
            if count - 1 != expected:
                raise RuntimeError("somebody was faster")
            rows = [
                (stream, count + n, json.dumps(event, sort_keys=True, ensure_ascii=False))
                for n, event in enumerate(events)
            ]
            db.executemany("INSERT INTO e (s, v, d) VALUES (?, ?, ?)", rows)

    def read(self, stream):
        with self.transaction() as db:
            rows = db.execute("SELECT d FROM e WHERE s = ? ORDER BY v", (stream,))
            yield from [json.loads(data) for (data,) in rows]

    def subscribe(self, after):
        with self.transaction() as db:
            rows = db.execute("SELECT p, s, d FROM e WHERE p > ? ORDER BY p", (after,))
            return tuple(self.Row(p, s, json.loads(d)) for p, s, d in rows)


class CheckInTheInsert(Store):
    options = {}

    def append(self, stream, events, expected):
        with self.db:
            for number, event in enumerate(events, expected + 1):
                done = self.db.execute(
                    "INSERT INTO e (s, v, d) SELECT ?, ?, ? WHERE"
                    " (SELECT coalesce(max(v), -1) FROM e WHERE s = ?) = ?",
                    (stream, number, json.dumps(event), stream, number - 1),
                )
                if done.rowcount != 1:
                    raise ValueError("conflict")


class SleepsAndAsksAgain(Store):
    def begin(self):
        while True:
            try:
                return super().begin()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise
                time.sleep(0.05)


class Pickles(Store):
    def open(self, path):
        db = sqlite3.connect(path, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES)
        db.execute(TABLE.replace("d TEXT", "d BLOB"))
        return db

    def insert(self, stream, version, events):
        rows = [(stream, n, pickle.dumps(event)) for n, event in enumerate(events, version + 1)]
        self.db.executemany("INSERT INTO e (s, v, d) VALUES (?, ?, ?)", rows)

    def read(self, stream):
        rows = self.db.execute("SELECT d FROM e WHERE s = ? ORDER BY v", (stream,))
        return [pickle.loads(data) for (data,) in rows]

    def subscribe(self, after):
        rows = self.db.execute("SELECT p, s, d FROM e WHERE p > ? ORDER BY p", (after,))
        return [[place, stream, pickle.loads(data)] for place, stream, data in rows]


class RefusesWhatItMay(Store):
    def append(self, stream, events, expected):
        if not events or not isinstance(expected, int):
            raise ValueError("nothing to append")
        for event in events:
            json.dumps(event, allow_nan=False, ensure_ascii=False).encode()
        super().append(stream, events, expected)


def enclosed():
    lock, connections = threading.Lock(), {}

    class Enclosed(Store):
        def open(self, path):
            if path not in connections:
                connections[path] = super().open(path)
            return connections[path]

        def append(self, *args):
            with lock:
                super().append(*args)

    return Enclosed


RIGHT = [
    *(LockOfTheClass, Uri, OwnTransactions, Pool, QueueOfConnections, ByAPartial, ByADefault),
    *(ConnectionOfOnesOwn, WithoutConnect, Dataclass, ForEachCall, CheckInTheInsert),
    *(SleepsAndAsksAgain, Pickles, RefusesWhatItMay, enclosed()),
]

if fcntl:

    class LockOfAFile(Store):
        def open(self, path):
            self.lock = open(path + ".lock", "w")  # noqa: SIM115
            return super().open(path)

        def append(self, *args):
            fcntl.flock(self.lock, fcntl.LOCK_EX)
            try:
                super().append(*args)
            finally:
                fcntl.flock(self.lock, fcntl.LOCK_UN)

    RIGHT.append(LockOfAFile)
