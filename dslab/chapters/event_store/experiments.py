"""What happens when something happens between two statements of a store.

These run where the store is: in this process, or in that of the submission.
"""

import os
import shutil
import sqlite3
from contextlib import ExitStack

from dslab.learn.sql_statements import Statements, Waits

__all__ = ["BATCH", "EXPERIMENTS", "MOMENTS", "listed", "refused"]

#: No append of the exercise takes more statements; a store that makes more of them is not looked at
#: further.
MOMENTS = 40

#: What the second append of an experiment appends.
BATCH = [{"n": 2}, {"n": 3}, {"n": 4}]


def crash(store_class, path):
    """An append of three events after one, with a crash before each of its statements and one after
    it has returned.

    Returns, for each crash, what a fresh store reads from the files as they were left then; a text
    where it can't.
    """
    kept = []

    def keep(_=None):
        copy = f"{path}-{len(kept)}"
        for suffix in ("", "-wal", "-journal"):
            if os.path.exists(path + suffix):
                # Kept open: to close it would drop the locks that this process has on the file.
                source = sources.enter_context(open(path + suffix, "rb"))
                with open(copy + suffix, "wb") as target:
                    shutil.copyfileobj(source, target)
        kept.append(copy)

    with ExitStack() as sources, Statements(store_class) as statements:
        store = store_class(path)
        store.append("a", [{"n": 1}], -1)
        statements.before = keep
        store.append("a", BATCH, 0)
        statements.before = None
        keep()
        return [recovered(store_class, copy) for copy in kept]


def recovered(store_class, path):
    try:
        return listed(store_class(path).read("a"))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def full_disk(store_class, path, moment):
    """An append of three events after one; its `moment`-th statement fails, as on a full disk. Then
    the writer tries again.

    Returns whether the first and the second attempt were refused, what was read after each, and how
    many statements came.
    """

    def fail():
        raise sqlite3.OperationalError("database or disk is full")

    with Statements(store_class) as statements:
        store = store_class(path)
        store.append("a", [{"n": 1}], -1)
        count = statements.at(moment, fail)
        first = refused(lambda: store.append("a", BATCH, 0))
        statements.before = None
        between = recovered(store_class, path)
        second = first and refused(lambda: store.append("a", BATCH, 0))
        return [first, second, between, recovered(store_class, path), count.seen]


def race(store_class, path, moment):
    """Two writers read version 0; the second appends before the first one's `moment`-th statement.

    Returns who was not refused, what is stored, and how many statements the first one made.
    """
    with Statements(store_class) as statements:
        first, second, wins = store_class(path), store_class(path), []
        first.append("a", [{"by": "nobody"}], -1)

        def meet():
            if acknowledged(statements, lambda: second.append("a", [{"by": "second"}], 0)):
                wins.append("second")

        count = statements.at(moment, meet)
        if not refused(lambda: first.append("a", [{"by": "first"}], 0)):
            wins.append("first")
        statements.before = None
        return [wins, recovered(store_class, path), count.seen]


def acknowledged(statements, append):
    """Whether an append that comes in between returns. Who asks for a lock for ever is stopped."""

    def stop():
        raise Waits

    statements.at(MOMENTS, stop)
    try:
        return not refused(append)
    except Waits:
        return False


def follow(store_class, path, moment):
    """A writer to stream b comes in just before the `moment`-th statement of a writer to a, and a
    subscriber polls at once.

    Returns what the subscriber has seen when all is done, what there is, and how many statements
    the first writer made.
    """
    with Statements(store_class) as statements:
        first, second, reader, seen = store_class(path), store_class(path), store_class(path), []

        def poll():
            seen.extend(listed(reader.subscribe(seen[-1][0] if seen else 0)))

        def meet():
            acknowledged(statements, lambda: second.append("b", [{"n": 1}], -1))
            statements.before = None
            refused(poll)  # It may be locked out for now, and will poll again.

        count = statements.at(moment, meet)
        refused(lambda: first.append("a", [{"n": 1}, {"n": 2}], -1))
        statements.before = None
        poll()
        return [seen, listed(store_class(path).subscribe(0)), count.seen]


def refused(call):
    """Whether `call()` raised. Which error a store raises is its own affair."""
    try:
        call()
    except Exception:
        return True
    return False


def listed(value):
    return [list(item) if isinstance(item, tuple) else item for item in value]


EXPERIMENTS = {"crash": crash, "full_disk": full_disk, "race": race, "follow": follow}
