"""18.1 An event store on SQLite. The properties judge what the experiments bring back."""

import os
import shutil
import tempfile

from dslab.chapters.event_store import experiments
from dslab.chapters.event_store.experiments import BATCH, EXPERIMENTS, MOMENTS, listed, refused
from dslab.chapters.event_store.mutants import STORES
from dslab.learn.exercise import Broken, Exercise, Property

__all__ = ["exercise", "experiment"]


class Folder:
    """A temporary folder for one test."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="dslab-")
        return os.path.join(self.path, "events.db")

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def is_store(submission):
    if not callable(submission):
        return (
            "This exercise takes a class with append, read and subscribe, but got "
            f"{submission!r:.80}."
        )
    return None


def same(what, expected, got):
    if expected != got:
        raise Broken(
            f"{what} is not what was appended.", expected=str(expected), got=str(got)[:300]
        )


def in_order(store_class):
    with Folder() as path:
        store = store_class(path)
        store.append("a", [{"n": 1}, {"n": 2}], -1)
        store.append("b", [{"n": 9}], -1)
        store.append("a", [{"n": 3}], 1)
        same("read('a')", [{"n": 1}, {"n": 2}, {"n": 3}], listed(store.read("a")))
        same("read of a stream that isn't there", [], listed(store.read("nowhere")))


def expected_version(store_class):
    with Folder() as path:
        store = store_class(path)
        store.append("a", [{"n": 1}], -1)
        for wrong in (-1, 1, 7):
            if not refused(lambda: store.append("a", [{"n": 2}], wrong)):
                raise Broken(
                    "The stream is at version 0, and an append that expects version "
                    f"{wrong} is not refused.",
                    expected="an exception",
                    got="no complaint",
                )
        same("After three refusals, read('a')", [{"n": 1}], listed(store.read("a")))
        store.append("a", [{"n": 2}], 0)
        same(
            "After an append at the right version, read('a')",
            [{"n": 1}, {"n": 2}],
            listed(store.read("a")),
        )


def subscription(store_class):
    with Folder() as path:
        store = store_class(path)
        for n, stream in enumerate("abbaacb"):
            version = len(listed(store.read(stream))) - 1
            store.append(stream, [{"n": n}], version)
        everything = listed(store.subscribe(0))
        same(
            "subscribe(0), without positions",
            [[s, {"n": n}] for n, s in enumerate("abbaacb")],
            [row[1:] for row in everything],
        )
        positions = [row[0] for row in everything]
        if positions != sorted(set(positions)):
            raise Broken(
                "The positions don't grow from event to event.",
                expected="growing positions",
                got=str(positions),
            )
        for place, position in enumerate(positions):
            same(
                f"subscribe({position})", everything[place + 1 :], listed(store.subscribe(position))
            )


def experiment(name, store_class, *args):
    """Do an experiment where the submission is."""
    in_child = getattr(store_class, "experiment_in_child", None)
    return (
        in_child(experiments.__name__, name, [], args)
        if in_child
        else EXPERIMENTS[name](store_class, *args)
    )


def at_each_moment(name, store_class, judge):
    """The experiment before each statement of an append. `judge(moment, *result)` raises Broken."""
    for moment in range(1, MOMENTS):
        with Folder() as path:
            *result, seen = experiment(name, store_class, path, moment)
        must_be_seen(seen)
        judge(moment, *result)
        if seen < moment:
            break
    return {"moments between statements": moment - 1}


def must_be_seen(statements):
    if not statements:
        raise Broken(
            "Your append made no statement that the grader could see.",
            expected="a connection from sqlite3.connect(path)",
        )


def crashes(store_class):
    with Folder() as path:
        return experiment("crash", store_class, path)


def durable(store_class):
    same("After a crash, an append that had returned", [{"n": 1}, *BATCH], crashes(store_class)[-1])


def all_or_nothing(store_class):
    found = crashes(store_class)
    must_be_seen(len(found) - 1)  # The last one comes after the append.
    for moment, events in enumerate(found, 1):
        if events not in ([], [{"n": 1}], [{"n": 1}, *BATCH]):
            raise Broken(
                f"An append of three events is torn by a crash before its statement {moment}.",
                expected="all three or none",
                got=str(events)[:300],
            )
    return {"crashes": len(found)}


def errors(store_class):
    def judge(moment, first, second, between, after):
        when = f"Statement {moment} of an append fails because the disk is full"
        if not first and between != [{"n": 1}, *BATCH]:
            raise Broken(
                f"{when}, and the append doesn't say so.",
                expected="an exception",
                got=f"no complaint, and stored: {between}",
            )
        if first and between != [{"n": 1}]:
            raise Broken(
                f"{when}, and it is refused and has left something.",
                expected=str([{"n": 1}]),
                got=str(between)[:300],
            )
        if second:
            raise Broken(
                f"{when}, and there is room again, but the next append fails too.",
                expected="an append as usual",
                got="an exception",
            )
        same(f"{when}. After the next append, read('a')", [{"n": 1}, *BATCH], after)

    return at_each_moment("full_disk", store_class, judge)


def racing_writers(store_class):
    def judge(moment, wins, stored):
        if len(wins) > 1:
            raise Broken(
                "Two writers read version 0, and both may append: the second wrote just "
                f"before statement {moment} of the first.",
                expected="one of them is refused",
                got=f"stored: {stored}",
            )
        same(
            f"A second writer came just before statement {moment} of the first. What is stored",
            [{"by": who} for who in ("nobody", *wins)],
            stored,
        )

    return at_each_moment("race", store_class, judge)


def nothing_passed_over(store_class):
    def judge(moment, seen, everything):
        if seen != everything:
            raise Broken(
                "A subscriber passes over an event: another stream's writer came just "
                f"before statement {moment} of an append.",
                expected=str(everything),
                got=str(seen)[:300],
            )

    return at_each_moment("follow", store_class, judge)


exercise = Exercise(
    "event-store",
    "18.1 An event store on SQLite",
    "CODE",
    2,
    (
        Property(
            "in-order",
            "A stream is read back as it was appended.",
            1,
            "One table: stream, version, data. ORDER BY version.",
            in_order,
        ),
        Property(
            "expected-version",
            "An append that expects another version is refused, and leaves nothing.",
            2,
            "Compare with max(version) of the stream, -1 for none, before you insert.",
            expected_version,
        ),
        Property(
            "subscription",
            "subscribe(after) hands out all later events once, in the one global order.",
            2,
            "INTEGER PRIMARY KEY AUTOINCREMENT is the position; WHERE position > ?.",
            subscription,
        ),
        Property(
            "durable",
            "An append that returned survives a crash.",
            1,
            "Commit before you return.",
            durable,
        ),
        Property(
            "all-or-nothing",
            "A crash in the middle of an append leaves nothing of it.",
            2,
            "One transaction for the whole append.",
            all_or_nothing,
        ),
        Property(
            "errors",
            "An append that meets an error leaves nothing, and the next one works.",
            1,
            "Roll back on any error, also on one of the COMMIT, and raise it again.",
            errors,
        ),
        Property(
            "racing-writers",
            "Two writers who read the same version never both append.",
            2,
            "Take the write lock before you look at the version: BEGIN IMMEDIATE "
            "(sqlite3.connect(path, isolation_level=None)).",
            racing_writers,
        ),
        Property(
            "nothing-passed-over",
            "A subscriber never passes over an event that is committed later.",
            1,
            "Let SQLite give out positions inside the transaction that holds the write lock.",
            nothing_passed_over,
        ),
    ),
    is_store,
    STORES,
)
