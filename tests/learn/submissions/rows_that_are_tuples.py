# Rows as tuples inside an event, which come back from JSON as lists.
import json
import sqlite3

from dslab.learn import check


class Store:
    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("CREATE TABLE IF NOT EXISTS e (p INTEGER PRIMARY KEY, s TEXT, d TEXT)")

    def append(self, stream, events, expected_version):
        if len(self.read(stream)) - 1 != expected_version:
            raise ValueError("conflict")
        for event in events:
            self.db.execute("INSERT INTO e (s, d) VALUES (?, ?)", (stream, json.dumps(event)))

    def read(self, stream):
        rows = self.db.execute("SELECT d FROM e WHERE s = ? ORDER BY p", (stream,))
        return tuple(json.loads(data) for (data,) in rows)

    def subscribe(self, after):
        rows = self.db.execute("SELECT p, s, d FROM e WHERE p > ? ORDER BY p", (after,))
        return ((p, s, json.loads(d)) for p, s, d in rows)


check("event-store", Store)
