"""Wrong event stores, each with the property that it breaks."""

import json
import sqlite3
import threading

from tests.learn.right_stores import TABLE, Store

WRONG = {}


def breaks(rule):
    """Decorator: this property must tell it, and none before that one."""

    def noted(kind):
        WRONG[kind.__name__] = rule, kind
        return kind

    return noted


def limited(number):
    class Reads(Store):
        def read(self, stream):
            return super().read(stream)[:number]

    class Subscribes(Store):
        def subscribe(self, after):
            return super().subscribe(after)[:number]

    WRONG[f"reads {number}"] = "in-order", Reads
    WRONG[f"hands out {number}"] = "subscription", Subscribes


for number in (10, 100, 1000):
    limited(number)


def reading(name, condition, order="v"):
    class Reads(Store):
        def read(self, stream):
            text = condition.replace("'?'", f"'{stream}'")
            given = (stream,) if "?" in text.replace(f"'{stream}'", "") else ()
            rows = self.db.execute(f"SELECT d FROM e WHERE {text} ORDER BY {order}", given)
            return [json.loads(data) for (data,) in rows]

    WRONG[name] = "in-order", Reads


reading("a text in SQL", "s = '?'")
reading("LIKE", "s LIKE ?", "p")
reading("no case", "lower(s) = lower(?)", "p")
reading("as text", "s = ?", "CAST(v AS TEXT)")
reading("backwards", "s = ?", "v DESC")


def table(name, old, new):
    class Tables(Store):
        def open(self, path):
            db = sqlite3.connect(path, isolation_level=None)
            db.execute(TABLE.replace(old, new))
            return db

    WRONG[name] = "in-order", Tables


table("numbers for names", "s TEXT", "s NUMERIC")
table("names without case", "s TEXT NOT NULL", "s TEXT NOT NULL COLLATE NOCASE")
table("equal events once", "UNIQUE (s, v)", "UNIQUE (s, v), UNIQUE (s, d) ON CONFLICT IGNORE")


def changing(name, change):
    class Changes(Store):
        def insert(self, stream, version, events):
            super().insert(stream, version, [change(event) for event in events])

    WRONG[name] = "in-order", Changes


changing("one key", lambda event: dict(list(event.items())[:1]))
changing("no id", lambda event: {key: each for key, each in event.items() if key != "id"})
changing("texts", lambda event: {key: str(each) for key, each in event.items()})
changing("floats", lambda event: json.loads(json.dumps(event), parse_int=float))


@breaks("in-order")
class HandsOutItsOwn(Store):
    def open(self, path):
        self.events = {}
        return super().open(path)

    def insert(self, stream, version, events):
        super().insert(stream, version, events)
        self.events.setdefault(stream, []).extend(events)

    def read(self, stream):
        return self.events.get(stream) or super().read(stream)


def checking(name, wrong):
    class Checks(Store):
        def check(self, stream, expected):
            self.at = self.version(stream)
            if wrong(self.at, expected):
                raise ValueError("conflict")

        def insert(self, stream, version, events):
            super().insert(stream, self.at, events)

    WRONG[name] = "expected-version", Checks


checking("any", lambda at, expected: False)
checking("less", lambda at, expected: expected < at)
checking("more", lambda at, expected: expected > at)
checking("zero is any", lambda at, expected: expected and expected != at)
checking("-1 is any", lambda at, expected: expected != -1 and expected != at)
checking("only -1", lambda at, expected: expected == -1 and at != -1)


@breaks("expected-version")
class SaysFalse(Store):
    def append(self, *args):
        try:
            super().append(*args)
        except ValueError:
            return False


@breaks("expected-version")
class VersionOfAll(Store):
    def check(self, stream, expected):
        [(last,)] = self.db.execute("SELECT coalesce(max(v), -1) FROM e")
        if last < expected:
            raise ValueError("conflict")


def subscribing(name, query):
    class Subscribes(Store):
        def subscribe(self, after):
            rows = self.db.execute(f"SELECT p, s, d FROM e {query}", (after,))
            return [(place, stream, json.loads(data)) for place, stream, data in rows]

    WRONG[name] = "subscription", Subscribes


subscribing("from here", "WHERE p >= ? ORDER BY p")
subscribing("by version", "WHERE p > ? ORDER BY v, p")
subscribing("by stream", "WHERE p > ? ORDER BY s, p")
subscribing("last first", "WHERE p > ? ORDER BY p DESC")
subscribing("equal ones once", "WHERE p > ? GROUP BY s, d ORDER BY p")


@breaks("subscription")
class CountsFromZero(Store):
    def subscribe(self, after):
        rows = super().subscribe(0)[after:]
        return [(place, *row[1:]) for place, row in enumerate(rows, after)]


@breaks("durable")
class CommitsNextTime(Store):
    def append(self, stream, events, expected):
        self.db.commit()
        self.begin()
        self.check(stream, expected)
        self.insert(stream, expected, events)


@breaks("durable")
class BeginsAgain(Store):
    def open(self, path):
        db = sqlite3.connect(path, isolation_level=None)
        db.executescript(f"DROP TABLE IF EXISTS e; {TABLE}")
        return db


@breaks("shared-file")
class RemembersVersions(Store):
    def open(self, path):
        self.versions = {}
        return super().open(path)

    def version(self, stream):
        return self.versions.get(stream, -1)

    def append(self, stream, events, expected):
        super().append(stream, events, expected)
        self.versions[stream] = expected + len(events)


@breaks("shared-file")
class ClassRemembersVersions(RemembersVersions):
    versions = {}
    open = Store.open


SEEN = {}


@breaks("shared-file")
class ModuleRemembersVersions(RemembersVersions):
    def open(self, path):
        self.versions = SEEN.setdefault(path, {})
        return Store.open(self, path)


@breaks("shared-file")
class LooksOnce(RemembersVersions):
    def open(self, path):
        db = super().open(path)
        self.versions = dict(db.execute("SELECT s, max(v) FROM e GROUP BY s"))
        return db


@breaks("shared-file")
class RemembersWhatItRead(Store):
    def open(self, path):
        self.known = {}
        return super().open(path)

    def read(self, stream):
        if stream not in self.known:
            self.known[stream] = super().read(stream)
        return list(self.known[stream])

    def append(self, stream, *args):
        super().append(stream, *args)
        self.known.pop(stream, None)


@breaks("shared-file")
class OpensHalf(Store):
    def open(self, path):
        db = sqlite3.connect(path, isolation_level=None)
        if not db.execute("SELECT * FROM sqlite_master WHERE name = 'e'").fetchone():
            db.execute(TABLE)
            db.execute("CREATE TABLE made (at)")
        db.execute("SELECT * FROM made").fetchall()
        return db


@breaks("all-or-nothing")
class OneByOne(Store):
    def append(self, stream, events, expected):
        for number, event in enumerate(events):
            super().append(stream, [event], expected + number)


@breaks("all-or-nothing")
class JournalInMemory(Store):
    def open(self, path):
        db = super().open(path)
        db.execute("PRAGMA journal_mode = MEMORY")
        return db


def ending(name, rolls_back, commits_late=False):
    class Ends(Store):
        def append(self, stream, events, expected):
            self.begin()
            try:
                self.check(stream, expected)
                self.insert(stream, expected, events)
                if not commits_late:
                    self.db.commit()
            except rolls_back:
                self.db.rollback()
                raise
            if commits_late:
                self.db.commit()

    WRONG[name] = "errors", Ends


ending("no rollback", ())
ending("rollback of conflicts", ValueError)
ending("rollback of SQLite's", (sqlite3.Error, ValueError))
ending("no rollback of a commit", BaseException, commits_late=True)


@breaks("errors")
class CommitsInTheEnd(Store):
    def append(self, stream, events, expected):
        self.begin()
        try:
            self.check(stream, expected)
            self.insert(stream, expected, events)
        finally:
            self.db.commit()


@breaks("errors")
class ReadsNothingInstead(Store):
    def read(self, stream):
        try:
            return super().read(stream)
        except sqlite3.Error:
            return []


@breaks("racing-writers")
class ChecksBefore(Store):
    def append(self, stream, events, expected):
        self.check(stream, expected)
        super().append(stream, events, self.version(stream))


@breaks("racing-writers")
class LockForItsThreads(Store):
    lock = threading.Lock()

    def open(self, path):
        db = sqlite3.connect(path)
        db.execute(TABLE.replace(", UNIQUE (s, v)", ""))
        return db

    def append(self, stream, events, expected):
        with self.lock:
            self.check(stream, expected)
            with self.db:
                self.insert(stream, expected, events)


@breaks("nothing-passed-over")
class TakesPlacesBefore(Store):
    def open(self, path):
        db = super().open(path)
        db.execute("CREATE TABLE IF NOT EXISTS c (one INTEGER PRIMARY KEY, next INTEGER)")
        db.execute("INSERT OR IGNORE INTO c VALUES (1, 1)")
        return db

    def append(self, stream, events, expected):
        taken = "UPDATE c SET next = next + ? RETURNING next"
        [(self.next,)] = self.db.execute(taken, (len(events),)).fetchall()
        super().append(stream, events, expected)

    def insert(self, stream, version, events):
        for number, event in enumerate(events):
            place = self.next - len(events) + number
            row = place, stream, version + 1 + number, json.dumps(event)
            self.db.execute("INSERT INTO e VALUES (?, ?, ?, ?)", row)
