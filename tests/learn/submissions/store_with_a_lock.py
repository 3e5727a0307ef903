# A right store: a lock for all instances, a pool of connections, and what is opened late.
import functools
import json
import sqlite3
import threading

from dslab.learn import check

TABLE = "CREATE TABLE IF NOT EXISTS e (p INTEGER PRIMARY KEY, s TEXT, v INTEGER, d TEXT)"


@functools.cache
def connection(path):
    db = sqlite3.connect(f"file:{path}?mode=rwc", uri=True, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute(TABLE)
    return db


class Store:
    lock = threading.Lock()

    def __init__(self, path):
        self.path = path

    def append(self, stream, events, expected_version):
        with self.lock:
            db = connection(self.path)
            db.execute("BEGIN IMMEDIATE")
            try:
                version = len(self.read(stream)) - 1
                if version != expected_version:
                    raise ValueError(f"{stream} is at version {version}")
                rows = [
                    (stream, version + 1 + n, json.dumps(event)) for n, event in enumerate(events)
                ]
                db.executemany("INSERT INTO e (s, v, d) VALUES (?, ?, ?)", rows)
                db.commit()
            except BaseException:
                db.rollback()
                raise

    def read(self, stream):
        rows = connection(self.path).execute("SELECT d FROM e WHERE s = ? ORDER BY v", (stream,))
        return [json.loads(row["d"]) for row in rows]

    def subscribe(self, after):
        rows = connection(self.path).execute("SELECT * FROM e WHERE p > ? ORDER BY p", (after,))
        return [(row["p"], row["s"], json.loads(row["d"])) for row in rows]


check("event-store", Store)
