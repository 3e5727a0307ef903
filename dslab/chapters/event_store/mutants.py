"""Event stores and deciders with one planted bug each, for chapter 18's exercises. `breaks` names
the property that catches it.

The stores are written on `sqlite3` as a reader would write one, so that a bug is a line that a
reader might write.
"""

import json
import sqlite3

from dslab.learn.mutants import breaks, planted_in

__all__ = ["DECIDERS", "MUTANTS", "STORES", "SimpleStore"]


class SimpleStore:
    """A correct small event store: the base of the bugs below."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None, timeout=0)
        self.db.execute(
            "CREATE TABLE IF NOT EXISTS event (position INTEGER PRIMARY KEY "
            "AUTOINCREMENT, stream TEXT, version INT, "
            "data TEXT, UNIQUE (stream, version))"
        )

    def version(self, stream):
        return self.db.execute(
            "SELECT coalesce(max(version), -1) FROM event WHERE stream = ?", (stream,)
        ).fetchone()[0]

    def append(self, stream, events, expected_version):
        self.db.execute("BEGIN IMMEDIATE")
        try:
            if self.version(stream) != expected_version:
                raise ValueError("conflict")
            self.insert(stream, events, expected_version)
            self.db.execute("COMMIT")
        except BaseException:
            self.db.rollback()
            raise
        return expected_version + len(events)

    def insert(self, stream, events, version):
        for number, event in enumerate(events, version + 1):
            self.db.execute(
                "INSERT INTO event (stream, version, data) VALUES (?, ?, ?)",
                (stream, number, json.dumps(event)),
            )

    def read(self, stream):
        return [
            json.loads(row[0])
            for row in self.db.execute(
                "SELECT data FROM event WHERE stream = ? ORDER BY version", (stream,)
            )
        ]

    def subscribe(self, after):
        return [
            [row[0], row[1], json.loads(row[2])]
            for row in self.db.execute(
                "SELECT position, stream, data FROM event WHERE position > ? ORDER BY position",
                (after,),
            )
        ]


class IgnoresExpectedVersion(SimpleStore):
    """Appends whatever version the writer expected."""

    breaks = "expected-version"

    def append(self, stream, events, expected_version):
        return super().append(stream, events, self.version(stream))


class ChecksOutsideTheTransaction(SimpleStore):
    """Looks at the version first, and begins the transaction afterwards."""

    breaks = "racing-writers"

    def append(self, stream, events, expected_version):
        if self.version(stream) != expected_version:
            raise ValueError("conflict")
        self.db.execute("BEGIN IMMEDIATE")
        self.insert(stream, events, self.version(stream))
        self.db.execute("COMMIT")


class CommitsEachEvent(SimpleStore):
    """Commits event by event, so that a crash leaves half an append."""

    breaks = "all-or-nothing"

    def append(self, stream, events, expected_version):
        if self.version(stream) != expected_version:
            raise ValueError("conflict")
        for number, event in enumerate(events, expected_version + 1):
            self.db.execute(
                "INSERT INTO event (stream, version, data) VALUES (?, ?, ?)",
                (stream, number, json.dumps(event)),
            )


class NeverCommits(SimpleStore):
    """Acknowledges what it has not committed."""

    breaks = "durable"

    def append(self, stream, events, expected_version):
        if not self.db.in_transaction:
            self.db.execute("BEGIN IMMEDIATE")
        if self.version(stream) != expected_version:
            raise ValueError("conflict")
        self.insert(stream, events, expected_version)


class SubscribesFromHere(SimpleStore):
    """Hands out the event at the position again that the reader has already seen."""

    breaks = "subscription"

    def subscribe(self, after):
        return super().subscribe(after - 1)


class OrdersByStream(SimpleStore):
    """Reads all events stream by stream instead of in the order in which they were appended."""

    breaks = "subscription"

    def subscribe(self, after):
        return sorted(super().subscribe(after), key=lambda row: row[1])


class LeavesConflictBehind(SimpleStore):
    """Notices the conflict after the insert, and commits all the same."""

    breaks = "expected-version"

    def append(self, stream, events, expected_version):
        actual = self.version(stream)
        super().append(stream, events, actual)
        if actual != expected_version:
            raise ValueError("conflict")


class TearsWithoutATransaction(SimpleStore):
    """Checks and writes all rows in one go, but each row is a transaction of its own."""

    breaks = "all-or-nothing"

    def append(self, stream, events, expected_version):
        if self.version(stream) != expected_version:
            raise ValueError("conflict")
        rows = [
            (stream, number, json.dumps(event))
            for number, event in enumerate(events, expected_version + 1)
        ]
        self.db.executemany("INSERT INTO event (stream, version, data) VALUES (?, ?, ?)", rows)


class LeavesItsTransactionOpen(SimpleStore):
    """Doesn't roll back on an error, so that no later append works."""

    breaks = "errors"

    def append(self, stream, events, expected_version):
        self.db.execute("BEGIN IMMEDIATE")
        if self.version(stream) != expected_version:
            self.db.execute("ROLLBACK")
            raise ValueError("conflict")
        self.insert(stream, events, expected_version)
        self.db.execute("COMMIT")


class KeepsErrorsToItself(SimpleStore):
    """Rolls back on an error of the database, and doesn't say so."""

    breaks = "errors"

    def append(self, stream, events, expected_version):
        try:
            super().append(stream, events, expected_version)
        except sqlite3.Error:
            pass


class TakesPositionsBeforeTheTransaction(SimpleStore):
    """Takes positions from a counter and writes later: a greater one may be committed before."""

    breaks = "nothing-passed-over"

    def __init__(self, path):
        super().__init__(path)
        self.db.execute("CREATE TABLE IF NOT EXISTS counter (one INTEGER PRIMARY KEY, next INT)")
        self.db.execute("INSERT OR IGNORE INTO counter VALUES (1, 1)")

    def append(self, stream, events, expected_version):
        taken = self.db.execute(
            "UPDATE counter SET next = next + ? RETURNING next", (len(events),)
        ).fetchall()
        self.next = taken[0][0] - len(events)
        return super().append(stream, events, expected_version)

    def insert(self, stream, events, version):
        for offset, event in enumerate(events):
            self.db.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?)",
                (self.next + offset, stream, version + 1 + offset, json.dumps(event)),
            )


STORES = planted_in(globals(), SimpleStore)


# Deciders: (decide, evolve) of an account with a balance.


def decide(command, state):
    kind, amount = command["type"], command.get("amount", 0)
    if kind == "open":
        if state is not None:
            raise ValueError("the account is open already")
        return [{"type": "opened"}]
    if state is None:
        raise ValueError("the account is not open")
    if amount <= 0:
        raise ValueError("the amount must be more than 0")
    if kind == "withdraw" and amount > state["balance"]:
        raise ValueError("the balance is too low")
    return [{"type": {"deposit": "deposited", "withdraw": "withdrawn"}[kind], "amount": amount}]


def evolve(state, event):
    if event["type"] == "opened":
        return {"balance": 0}
    sign = 1 if event["type"] == "deposited" else -1
    return {"balance": state["balance"] + sign * event["amount"]}


@breaks("never-overdrawn")
def overdraws(command, state):
    """Doesn't look at the balance."""
    return decide(command, None if state is None else {"balance": 10**9})


@breaks("refuses")
def takes_negative_amounts(command, state):
    """Lets a deposit of a negative amount through."""
    if command["type"] == "deposit" and state is not None:
        return [{"type": "deposited", "amount": command["amount"]}]
    return decide(command, state)


@breaks("refuses")
def opens_twice(command, state):
    """Opens an open account again, and so forgets its balance."""
    return decide(command, None if command["type"] == "open" else state)


@breaks("works")
def refuses_the_last_cent(command, state):
    """Never lets an account become empty."""
    if (
        command["type"] == "withdraw"
        and state is not None
        and command["amount"] == state["balance"]
    ):
        raise ValueError("the balance is too low")
    return decide(command, state)


@breaks("pure")
def takes_the_command_apart(command, state):
    """Changes the command that it was given."""
    return decide({"type": command["type"], "amount": command.pop("amount", 0)}, state)


@breaks("pure")
def changes_in_place(state, event):
    """Changes the state that it was given."""
    if state is None:
        return {"balance": 0}
    state["balance"] = evolve(state, event)["balance"]
    return state


@breaks("conserves")
def loses_withdrawals(state, event):
    """Forgets withdrawals."""
    return state if event["type"] == "withdrawn" else evolve(state, event)


@breaks("total")
def judges_history(state, event):
    """Refuses events that today's rules would not allow."""
    after = evolve(state, event)
    if after["balance"] < 0:
        raise ValueError("the balance is too low")
    return after


#: (decide, evolve) by the name of the one that has the bug.
DECIDERS = {
    "overdraws": (overdraws, evolve),
    "takes_negative_amounts": (takes_negative_amounts, evolve),
    "opens_twice": (opens_twice, evolve),
    "refuses_the_last_cent": (refuses_the_last_cent, evolve),
    "takes_the_command_apart": (takes_the_command_apart, evolve),
    "changes_in_place": (decide, changes_in_place),
    "loses_withdrawals": (decide, loses_withdrawals),
    "judges_history": (decide, judges_history),
}

MUTANTS = STORES | DECIDERS
