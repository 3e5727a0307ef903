"""Runs of an event store: what processes do, and what happens between two of their statements.

    ("first", "append", "a", [{"n": 1}], -1)    a process appends; 1100 stands for so many events
    ("first", "read", "a")
    ("first", "subscribe", 2)                   after the second of all events; 0: from the start
    ("first", "poll")                           a subscription that goes on where it came to
    ("first", "open")                           opens the file; else the first of these does
    ("crash",)                                  the machine crashes: no process is left
    ("before", 3, step, [steps])                these come just before that step's third statement
    ("error",), ("error", "rolled back")        among those: this statement fails

Processes are told apart by their names; "first's other store" is one more store of the first.
These run where the store is: in this process, or in that of the submission.
"""

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from dslab.learn.copies import deepcopy
from dslab.learn.limits import BudgetExceeded, limited
from dslab.learn.processes import Processes
from dslab.learn.sql_statements import Statements, Waits

__all__ = ["EXPERIMENTS", "UNSTORABLE", "events_of", "play"]

#: A value that no store can keep.
UNSTORABLE = "<a lock>"
#: A folder in memory, where there is one: no commit then waits for a disk.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None
#: So many events are not watched one by one.
MANY = 1000
#: As its own class it knows no watcher.
ROLLBACK = sqlite3.Connection.rollback


class Crashed(BaseException):
    """The process has ended: whatever it does from here on, it does to files that nobody reads."""


def play(store_class, steps) -> list[dict]:
    """What comes of each step, in order: the step, how it `ends`, and where it was interrupted,
    what came `inside`, at which statement (`sql`), and how many `statements` it made.

    A step ends with ("done", answer), ("refused", why), ("waits",), ("crashed",) or ("skipped",).
    """
    with ExitStack() as stack:
        world = World(store_class, stack)
        return [world.do(step) for step in steps]


class World:
    """A machine with a disk, and the processes that run on it."""

    def __init__(self, store_class, stack: ExitStack):
        self.store_class, self.stack = store_class, stack
        self.processes = Processes(store_class)
        self.statements = stack.enter_context(Statements(store_class))
        self.top = tempfile.mkdtemp(prefix="dslab-", dir=MEMORY)
        stack.callback(shutil.rmtree, self.top, ignore_errors=True)
        self.folder = self._new_folder()
        self.running: dict[str, list] = {}
        self.stores: dict[str, Any] = {}
        self.gone: list[dict] = []
        self.positions: list = []
        self.polled: dict[str, Any] = {}
        self.appended = 0

    def _new_folder(self) -> str:
        return tempfile.mkdtemp(dir=self.top)

    def do(self, step) -> dict:
        match step:
            case ("crash",):
                self.crash()
                return {"step": step, "ends": ("done", None)}
            case ("before", int(moment), (_, _, *_) as call, [*inside]):
                return self.call(tuple(call), moment, inside)
            case (str(), str(), *_):
                return self.call(tuple(step))
        return {"step": step, "ends": ("skipped",)}

    def crash(self) -> None:
        """What is on the disk now is all that is left."""
        copy = self._new_folder()
        for name in sorted(os.listdir(self.folder)):
            if not name.endswith("-shm"):  # Shared memory, which no crash leaves.
                # Kept open: to close it would drop the locks that this process has on the file.
                source = self.stack.enter_context(open(os.path.join(self.folder, name), "rb"))
                with open(os.path.join(copy, name), "wb") as target:
                    shutil.copyfileobj(source, target)
        self.folder = copy
        self.gone.append(self.stores)  # No store closes its connection before the end.
        self.running, self.stores = {}, {}

    def call(self, call, moment=0, inside=()) -> dict:
        """One call of a process, with what comes just before its statement of that number."""
        who, verb, *args = call
        found = {"step": call, "inside": [], "sql": "", "statements": 0}
        if moment:
            found["moment"] = moment
        if verb == "append":
            self.appended += len(events_of(args[1]))
        large = verb == "append" and isinstance(args[1], int)
        patience = 100 + 10 * self.appended

        def before(text, connection):
            if text.lstrip().upper().startswith("ROLLBACK"):
                return  # What tidies up is no moment of its own.
            found["statements"] += 1
            if large and found["statements"] == 1:
                self.statements.small_memory(connection)
            if found["statements"] > patience:
                raise Waits
            if found["statements"] == moment:
                found["sql"] = " ".join(text.split())[:80]
                for step in inside:
                    self._inside(tuple(step), connection, found["inside"])

        process = who.partition("'")[0]
        if process not in self.running:
            self.running[process] = self.processes.new()
        state = self.running[process]
        outer, self.statements.before = self.statements.before, None
        self.statements.sleeps = 0
        try:
            with self.processes.running(state), limited(20_000 + 100 * self.appended):
                if verb == "open":
                    self.statements.before = before
                    self.stores.pop(who, None)
                if who not in self.stores:
                    self.stores[who] = self.store_class(os.path.join(self.folder, "events.db"))
                if moment or verb != "append" or len(events_of(args[1])) < MANY:
                    self.statements.before = before
                found["ends"] = self._answer(who, verb, args)
        except Crashed:
            found["ends"] = ("crashed",)
        except (Waits, BudgetExceeded):
            found["ends"] = ("waits",)
        except Exception as error:
            found["ends"] = ("refused", self._told(error))
        finally:
            self.statements.before = outer
        if found["inside"] and found["inside"][-1]["step"] == ("crash",):
            found["ends"] = ("crashed",)  # Whatever it made of it.
        return found

    def _inside(self, step, connection, found: list[dict]) -> None:
        if step[0] not in ("error", "crash"):
            found.append(self.do(step))
            return
        found.append({"step": step, "ends": ("done", None)})
        if step[0] == "crash":
            self.crash()
            raise Crashed
        if step[1:]:  # SQLite itself does so where the disk is full.
            ROLLBACK(connection)
        raise sqlite3.OperationalError("database or disk is full")

    def _answer(self, who, verb, args):
        store = self.stores[who]
        if verb == "append":
            stream, events, expected = args
            events = deepcopy(events_of(events))
            for event in events:
                event |= {key: threading.Lock() for key in event if event[key] == UNSTORABLE}
            store.append(stream, events, expected)
            for event in events:
                event["changed"] = "by its writer, later"
        elif verb == "read":
            return "done", _taken(store.read(*args))
        elif verb in ("subscribe", "poll"):
            return self._subscribed(store, who, args)
        return "done", None

    def _subscribed(self, store, who, args):
        """Rows, each a position, a stream and an event."""
        after = self.polled.get(who, 0)
        if args:
            if args[0] > len(self.positions):
                return ("skipped",)
            after = self.positions[args[0] - 1] if args[0] else 0
        rows = [
            list(row) if not isinstance(row, (str, Mapping)) else [row]
            for row in store.subscribe(after)
        ]
        positions = [row[0] for row in rows if row]
        if args == [0]:
            self.positions = positions
        if not args and positions:
            self.polled[who] = positions[-1]
        return "done", _taken(rows)

    def _told(self, error: Exception) -> str:
        text = str(error).replace(self.folder, "…")
        return type(error).__name__ + (f": {text}"[:200] if text else "")


def events_of(events) -> list[dict]:
    """The events of an append; a number stands for so many."""
    return [{"n": n} for n in range(events)] if isinstance(events, int) else events


def _taken(found) -> list:
    """What a store answers, as data; and its caller then does with it whatever it likes."""
    rows = list(found)
    data = [_data(row) for row in rows]
    for thing in (found, *rows, *(each for row in rows if isinstance(row, list) for each in row)):
        if isinstance(thing, (list, dict)):
            thing.clear()
    return data


def _data(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _data(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_data(each) for each in value]
    return value if isinstance(value, (str, int, float)) or value is None else repr(value)


def plays(store_class, runs) -> list[list[dict]]:
    """`play` of each of several runs."""
    return [play(store_class, steps) for steps in runs]


EXPERIMENTS = {"plays": plays}
