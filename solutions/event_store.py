"""18.1 An event store on SQLite: a reference answer, and other right ones."""

import json
import pickle
import sqlite3
from sqlite3 import connect

from dslab.events import EventStore, NewEvent


class MyStore:
    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute(
            "CREATE TABLE IF NOT EXISTS event (position INTEGER PRIMARY KEY AUTOINCREMENT,"
            " stream TEXT NOT NULL, version INTEGER NOT NULL, data TEXT NOT NULL, UNIQUE "
            "(stream, version))"
        )

    def append(self, stream, events, expected_version):
        self.db.execute("BEGIN IMMEDIATE")
        try:
            version = self.db.execute(
                "SELECT coalesce(max(version), -1) FROM event WHERE stream = ?", (stream,)
            ).fetchone()[0]
            if version != expected_version:
                raise ValueError(f"{stream} is at version {version}, not at {expected_version}")
            for event in events:
                version += 1
                self.db.execute(
                    "INSERT INTO event (stream, version, data) VALUES (?, ?, ?)",
                    (stream, version, json.dumps(event)),
                )
            self.db.execute("COMMIT")
        except BaseException:
            self.db.rollback()  # Does nothing where SQLite has rolled back by itself.
            raise
        return version

    def read(self, stream):
        rows = self.db.execute(
            "SELECT data FROM event WHERE stream = ? ORDER BY version", (stream,)
        )
        return [json.loads(data) for (data,) in rows]

    def subscribe(self, after):
        rows = self.db.execute(
            "SELECT position, stream, data FROM event WHERE position > ? ORDER BY position",
            (after,),
        )
        return [(position, stream, json.loads(data)) for position, stream, data in rows]


answer = MyStore


class OpensForEachCall:
    """A connection for each call, the module's own transactions, pickles, and a constraint that
    finds the conflict.
    """

    def __init__(self, path):
        self.path = path
        with connect(path) as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS log (place INTEGER PRIMARY KEY, name TEXT, "
                "number INT, body BLOB, UNIQUE (name, number))"
            )

    def append(self, stream, events, expected_version):
        db = connect(self.path)
        try:
            with db:
                if not db.execute(
                    "SELECT ? = -1 OR EXISTS (SELECT * FROM log WHERE name = ? AND number = ?)",
                    (expected_version, stream, expected_version),
                ).fetchone()[0]:
                    raise KeyError("no such version")
                db.executemany(
                    "INSERT INTO log (name, number, body) VALUES (?, ?, ?)",
                    [
                        (stream, expected_version + 1 + n, pickle.dumps(event))
                        for n, event in enumerate(events)
                    ],
                )
        finally:
            db.close()

    def read(self, stream):
        return [
            pickle.loads(body)
            for (body,) in connect(self.path).execute(
                "SELECT body FROM log WHERE name = ? ORDER BY number", (stream,)
            )
        ]

    def subscribe(self, after):
        for place, name, body in connect(self.path).execute(
            "SELECT place, name, body FROM log WHERE place > ? ORDER BY place", (after,)
        ):
            yield place, name, pickle.loads(body)


class AsksUntilItMay:
    """A write-ahead log, a cursor that is kept, and a writer who asks until it has the lock."""

    def __init__(self, path):
        self.cursor = sqlite3.connect(path, timeout=30, isolation_level=None).cursor()
        self.cursor.execute("PRAGMA journal_mode=WAL")
        self.cursor.execute("PRAGMA busy_timeout=10000")
        self.cursor.execute(
            "CREATE TABLE IF NOT EXISTS e (p INTEGER PRIMARY KEY AUTOINCREMENT, s TEXT, d TEXT)"
        )

    def append(self, stream, events, expected_version):
        while True:
            try:
                self.cursor.execute("BEGIN EXCLUSIVE")
                break
            except sqlite3.OperationalError:
                continue
        try:
            if len(self.read(stream)) - 1 != expected_version:
                raise ValueError("somebody was faster")
            for event in events:
                self.cursor.execute(
                    "INSERT INTO e (s, d) VALUES (?, ?)", (stream, json.dumps(event))
                )
            self.cursor.connection.commit()
        except BaseException:
            self.cursor.connection.rollback()
            raise

    def read(self, stream):
        return [
            json.loads(d)
            for (d,) in self.cursor.execute(
                "SELECT d FROM e WHERE s = ? ORDER BY p", (stream,)
            ).fetchall()
        ]

    def subscribe(self, after):
        return [
            (p, s, json.loads(d))
            for p, s, d in self.cursor.execute(
                "SELECT p, s, d FROM e WHERE p > ? ORDER BY p", (after,)
            )
        ]


class DslabsOwn:
    """dslab's store in the exercise's form."""

    def __init__(self, path):
        self.store = EventStore(path)

    def append(self, stream, events, expected_version):
        self.store.append(stream, [NewEvent("T", event) for event in events], expected_version)

    def read(self, stream):
        return [event.data for event in self.store.read(stream)]

    def subscribe(self, after):
        return [(event.position, event.stream, event.data) for event in self.store.subscribe(after)]


others = {
    "a connection a call": OpensForEachCall,
    "asks until it may": AsksUntilItMay,
    "dslab's own": DslabsOwn,
}
