"""Chapter 18: reference answers."""

import json
import sqlite3


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


def decide(command, state):
    if command["type"] == "open":
        if state is not None:
            raise ValueError("the account is open already")
        return [{"type": "opened"}]
    if state is None:
        raise ValueError("the account is not open")
    if command["amount"] <= 0:
        raise ValueError("the amount must be more than 0")
    if command["type"] == "deposit":
        return [{"type": "deposited", "amount": command["amount"]}]
    if command["amount"] > state["balance"]:
        raise ValueError(f"{command['amount']} is more than the balance of {state['balance']}")
    return [{"type": "withdrawn", "amount": command["amount"]}]


def evolve(state, event):
    match event["type"]:
        case "opened":
            return {"balance": 0}
        case "deposited":
            return {"balance": state["balance"] + event["amount"]}
        case "withdrawn":
            return {"balance": state["balance"] - event["amount"]}
    return state


answers = {
    "event-store": MyStore,
    "account-decider": (decide, evolve),
    "double-spend": {
        "no-version-check": [
            ("read", "alice"),
            ("read", "bob"),
            ("append", "alice", 60),
            ("append", "bob", 60),
        ]
    },
}
