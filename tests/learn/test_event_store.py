"""Chapter 18's exercises: right answers of any form earn everything, each planted bug is caught
under its own name.
"""

import importlib.util
import itertools
import json
import pickle
import sqlite3
import subprocess
import sys
from pathlib import Path
from sqlite3 import connect

import nbformat
import pytest

from dslab.chapters.event_store.account import double_spend
from dslab.chapters.event_store.mutants import DECIDERS, STORES, SimpleStore
from dslab.chapters.event_store.store import EXPERIMENTS
from dslab.events import EventStore, NewEvent
from dslab.learn import Broken, check

ROOT = Path(__file__).parents[2]


def answers():
    spec = importlib.util.spec_from_file_location(
        "event_store_answers", ROOT / "solutions" / "event_store.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.answers


def broken(report):
    return [result.property.id for result in report.results if not result.verdict.holds]


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
    """A write-ahead log, a cursor that is kept, and a writer who asks for the lock until it has
    it.
    """

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


@pytest.mark.parametrize("name", answers())
def test_the_reference_answers_earn_everything(name):
    assert broken(check(name, answers()[name])) == []


@pytest.mark.parametrize(
    "store",
    [OpensForEachCall, AsksUntilItMay, DslabsOwn, SimpleStore],
    ids=lambda store: store.__name__,
)
def test_other_right_stores_earn_everything(store):
    report = check("event-store", store)
    assert report.done, report
    assert report.looked_at["crashes"] >= 4 and report.looked_at["moments between statements"] >= 9


def test_another_right_account_earns_everything():
    def decide(command, state):
        balance = (state or {}).get("balance")
        assert (command["type"] == "open") == (balance is None), "open it once, and first"
        assert command.get("amount", 1) > 0, "more than nothing, please"
        change = {"open": 0, "deposit": 1, "withdraw": -1}[command["type"]] * command.get(
            "amount", 0
        )
        assert (balance or 0) + change >= 0, "not enough"
        return ({"change": change},)

    report = check(
        "account-decider",
        (
            decide,
            lambda state, event: {
                "balance": (state or {"balance": 0})["balance"] + event["change"]
            },
        ),
    )
    assert report.done, report


def test_stubs_earn_nothing():
    class Stub:
        def __init__(self, path): ...
        def append(self, stream, events, expected_version): ...
        def read(self, stream): ...
        def subscribe(self, after): ...

    for name, stub in (
        ("event-store", Stub),
        ("account-decider", (lambda command, state: None, lambda state, event: None)),
        ("double-spend", {"no-version-check": [("read", "alice"), ("append", "alice", 60)]}),
        ("double-spend", {}),
        ("event-store", 7),
        ("account-decider", 7),
        ("event-store", lambda path: 1 / 0),
    ):
        assert check(name, stub).score == 0, check(name, stub)


@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
def test_each_store_with_a_bug_is_caught_under_its_name(store):
    assert store.breaks in broken(check("event-store", store))


@pytest.mark.parametrize("name", DECIDERS)
def test_each_decider_with_a_bug_is_caught_under_its_name(name):
    decide, evolve, breaks = DECIDERS[name]
    found = broken(check("account-decider", (decide, evolve)))
    assert found[0] == breaks and (found == [breaks] or breaks == "works")


def test_the_second_writer_does_meet_the_first(tmp_path):
    """Without the check, the experiment sees both win; where the first holds the lock, the second
    is refused.
    """
    outcomes = {
        tuple(
            EXPERIMENTS["race"](
                STORES["ChecksOutsideTheTransaction"], str(tmp_path / f"{moment}.db"), moment
            )[0]
        )
        for moment in range(1, 6)
    }
    assert outcomes == {("second",), ("second", "first"), ("first",)}


def test_a_store_whose_statements_nobody_sees_is_not_believed():
    class InMemory:
        files = {}

        def __init__(self, path):
            self.events = self.files.setdefault(path, [])

        def append(self, stream, events, expected_version):
            if len(self.read(stream)) - 1 != expected_version:
                raise ValueError
            self.events += [
                (len(self.events) + 1 + n, stream, event) for n, event in enumerate(events)
            ]

        def read(self, stream):
            return [event for _, name, event in self.events if name == stream]

        def subscribe(self, after):
            return self.events[after:]

    assert broken(check("event-store", InMemory)) == [
        "durable",
        "all-or-nothing",
        "errors",
        "racing-writers",
        "nothing-passed-over",
    ]


def test_sqlite_is_left_as_it_was():
    real = sqlite3.connect
    check("event-store", OpensForEachCall)
    check("event-store", lambda path: 1 / 0)
    assert (
        sqlite3.connect is real is connect
        and type(sqlite3.connect(":memory:")) is sqlite3.Connection
    )


def test_no_double_spend_takes_less_than_four_steps():
    steps = [
        (verb, who, *amount)
        for who in ("alice", "bob")
        for verb, *amount in (("read",), ("append", 60), ("append", 100))
    ]
    for length in range(4):
        for schedule in itertools.product(steps, repeat=length):
            with pytest.raises(Broken):
                double_spend(schedule)
    assert (
        double_spend(
            [("read", "bob"), ("read", "alice"), ("append", "alice", 100), ("append", "bob", 1)]
        )
        is None
    )


@pytest.mark.parametrize(
    "steps, sentence",
    [
        (["read alice"], "'read alice' is no step"),
        ([("read",)], "is no step"),
        ([("append", "alice", -5)], "with more than 0"),
        ([("append", "alice", "60")], "is no step"),
        ([("read", "carol")], "alice and bob, and nobody else"),
        ([("append", "bob", 60)], "without having read the balance"),
        (
            [("read", "bob"), ("append", "bob", 101)],
            "bob has read a balance of 100, and so withdraws no 101",
        ),
        (
            [("read", "bob"), ("append", "bob", 60), ("append", "bob", 60)],
            "bob has read a balance of 40",
        ),
    ],
)
def test_what_is_no_double_spend_is_told_why(steps, sentence):
    with pytest.raises(Broken, match=sentence):
        double_spend(steps)


@pytest.mark.parametrize(
    "cell, breaks",
    [
        (
            'class Mine(STORES["TakesPositionsBeforeTheTransaction"]): '
            'pass\ncheck("event-store", Mine)',
            "nothing-passed-over",
        ),
        (
            'class Mine(STORES["ChecksOutsideTheTransaction"]): pass\ncheck("event-store", Mine)',
            "racing-writers",
        ),
        (
            'class Mine(STORES["TearsWithoutATransaction"]): pass\ncheck("event-store", Mine)',
            "all-or-nothing",
        ),
        ('check("account-decider", DECIDERS["changes_in_place"][:2])', "pure"),
        ('check("account-decider", DECIDERS["judges_history"][:2])', "total"),
    ],
)
def test_bugs_are_caught_from_the_shell_too(tmp_path, cell, breaks):
    path = tmp_path / "nb.ipynb"
    source = (
        "from dslab.learn import check\nfrom dslab.chapters.event_store.mutants import "
        f"DECIDERS, STORES\n{cell}"
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)
    run = subprocess.run(
        [sys.executable, "-m", "dslab", "check-notebook", str(path), "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    [report] = json.loads(run.stdout)
    assert run.returncode == 1 and breaks in [
        each["id"] for each in report["properties"] if not each["points"]
    ], run.stdout
