"""What clients saw: calls and their outcomes, in the order of time.

A history is a list of events, each `invoke` (a client calls), `ok` (it got its answer), `fail` (it
knows that nothing was done) or `info` (it will never know). A process has one call open at a time;
after `info` its call stays open for ever, so the client goes on under a new process number. This is
Jepsen's form; one JSON object a line is its file:

    {"process": 0, "type": "invoke", "f": "write", "key": null, "value": 3, "time": 12.5}

Sentences name a process as its run does: by its `client`, where the event says whose it is.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dslab.errors import DslabError
from dslab.values import counted, show

__all__ = ["Event", "History", "HistoryError", "Operation", "SILENT"]

TYPES = ("invoke", "ok", "fail", "info")
#: Operations that answer nothing but "done"; what any other returns with "ok" is its result.
SILENT = ("write", "put", "append", "cas", "add", "remove", "enqueue", "acquire", "release")


class HistoryError(DslabError):
    """A history that can't be one; the sentence names the line or event."""


@dataclass(frozen=True)
class Event:
    """One line of a history.

    `time` is in milliseconds, or None where the order of lines is all there is. `client` is the
    name that the run has for whoever calls; a client with several calls open is several processes.
    """

    process: int | str
    type: str
    f: str
    key: Any = None
    value: Any = None
    time: float | None = None
    client: str = ""

    def as_json(self) -> dict:
        """The event as the object of a line in Jepsen's form, with "client" where it is known."""
        return {
            "process": self.process,
            "type": self.type,
            "f": self.f,
            "key": self.key,
            "value": self.value,
            "time": self.time,
        } | ({"client": self.client} if self.client else {})


@dataclass(frozen=True)
class Operation:
    """A call with its outcome: `outcome` is "ok", "fail" or "info".

    value    what was asked: the value to write, [old, new] for cas, None for a read.
    result   what came back with "ok": the value read, None for a write and the other `SILENT` ones.
    invoked, returned   places in the history's order of time, 0, 1, …; `returned` is None for
                        "info".
    start, end          times in milliseconds, or None.
    """

    process: int | str
    f: str
    key: Any
    value: Any
    result: Any
    outcome: str
    invoked: int
    returned: int | None
    start: float | None = None
    end: float | None = None
    client: str = ""

    @property
    def who(self) -> str:
        """Who calls, as sentences name it: "c1", or "process 2" where only a number is known."""
        return self.client or (
            self.process if isinstance(self.process, str) else f"process {self.process}"
        )

    def __str__(self):
        """The call in words, such as `c2 read x → 3`."""
        key = "" if self.key is None else f" {show(self.key)}"
        asked = (
            "" if self.value is None and self.f not in ("write", "put") else f" {show(self.value)}"
        )
        if self.f == "cas":
            asked = " from {} to {}".format(*map(show, self.value))
        call = f"{self.f}{key}{asked}"
        if self.f == "txn":
            return (
                f"{self.who} "
                + _transaction(self.result if self.outcome == "ok" else self.value)
                + _outcome(self)
            )
        if self.outcome == "ok" and self.f not in SILENT:
            call += f" → {show(self.result)}"
        return f"{self.who} {call}{_outcome(self)}"


def _outcome(op) -> str:
    return {"ok": "", "fail": " (refused)", "info": " (outcome unknown)"}[op.outcome]


def _transaction(steps) -> str:
    """[append x 1, r y → (1, 2)] for a transaction's steps."""
    return (
        "["
        + ", ".join(
            f"{f} {show(key)} " + (f"→ {show(value)}" if f == "r" else show(value))
            for f, key, value in steps
        )
        + "]"
    )


class History:
    """Events in the order of time, and the operations that they pair up to.

    places  where each event stands in the history that this is a part of (see `only`): 0, 1, … for
            a whole one.
    lines   the line of each event in its file; its number, from 1, where there is none.

    Raises HistoryError where a process has two calls open, or an outcome comes without a call.
    """

    def __init__(self, events: Iterable[Event], lines: Iterable[int] | None = None):
        if not isinstance(events, Iterable) or isinstance(events, (str, dict)):
            raise HistoryError(
                "a history is made of a list of events, but this is a "
                f"{type(events).__name__}: History.read takes a file, History.parse a text."
            )
        events = list(events)
        numbers = list(lines) if lines is not None else list(range(1, len(events) + 1))
        events = [_demanded(event, number) for event, number in zip(events, numbers)]
        if any(event.time is not None for event in events):
            for event, number in zip(events, numbers):
                if event.time is None:
                    raise HistoryError(
                        f"line {number} has no time, but others have: give every event a "
                        "time, or none."
                    )
            # A stable sort: events of the same time keep the order of their lines.
            order = sorted(range(len(events)), key=lambda place: events[place].time)
            events, numbers = (
                [events[place] for place in order],
                [numbers[place] for place in order],
            )
        self.events: tuple[Event, ...] = tuple(events)
        self.operations: tuple[Operation, ...] = tuple(_pair(self.events, numbers))
        self.lines: tuple[int, ...] = tuple(numbers)
        self.places: tuple[int, ...] = tuple(range(len(events)))

    @classmethod
    def read(cls, path: str | Path) -> "History":
        """The history in a file of one JSON object a line. HistoryError names the line."""
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise HistoryError(f"{path} can't be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise HistoryError(f"{path} is not a text file in UTF-8.") from None
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, name: str = "history") -> "History":
        """The history in a text of one JSON object a line. Empty lines are passed over."""
        events, lines = [], []
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    events.append(_event(line))
                except HistoryError as error:
                    raise HistoryError(f"{name}, line {number}: {error}") from None
                lines.append(number)
        try:
            return cls(events, lines)
        except HistoryError as error:
            raise HistoryError(f"{name}, {error}") from None

    def write(self, path: str | Path) -> None:
        """Write one JSON object a line."""
        Path(path).write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        """The history as a text of one JSON object a line, as `parse` reads it."""
        return "".join(json.dumps(event.as_json()) + "\n" for event in self.events)

    def only(self, operations: Iterable[Operation]) -> "History":
        """The part of this history that consists of `operations`."""
        places = sorted(
            {place for op in operations for place in (op.invoked, op.returned)} - {None}
        )
        part = History(self.events[place] for place in places)
        part.places = tuple(self.places[place] for place in places)
        part.lines = tuple(self.lines[place] for place in places)
        return part

    def __len__(self):
        return len(self.operations)

    def __repr__(self):
        return "\n".join(
            [f"history of {counted({'operations': len(self.operations)})}"]
            + [f"  {op}" for op in self.operations]
        )


def _event(line: str) -> Event:
    try:
        data = json.loads(
            line, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_once
        )
    except json.JSONDecodeError as error:
        raise HistoryError(
            f"this is no JSON object ({error.msg} at column {error.colno})."
        ) from None
    except RecursionError:
        raise HistoryError("this is nested too deeply.") from None
    except HistoryError:
        raise
    except ValueError:
        raise HistoryError("this holds a whole number of thousands of digits.") from None
    if not isinstance(data, dict):
        raise HistoryError(
            'a JSON object such as {"process": 0, "type": "invoke", "f": "read"} belongs here.'
        )
    for name in ("process", "type", "f"):
        if name not in data:
            raise HistoryError(f'"{name}" is missing.')
    return Event(
        data["process"],
        data["type"],
        data["f"],
        _frozen(data.get("key")),
        _frozen(data.get("value")),
        data.get("time"),
        data.get("client", ""),
    )


def _demanded(event, line: int) -> Event:
    """The event, with tuples for lists.

    Raises HistoryError, with the line's number, where it can't be one.
    """
    if not isinstance(event, Event):
        raise HistoryError(
            f"line {line}: a history is made of events, dslab.run.history.Event(process, "
            f"type, f, key, value, time), but this is a {type(event).__name__}."
        )
    wrong = (
        f'"type" is {event.type!r}: it must be one of {", ".join(TYPES)}.'
        if event.type not in TYPES
        else f'"process" is {event.process!r}: it must be a number or a name.'
        if isinstance(event.process, bool) or not isinstance(event.process, (int, str))
        else f'"f" is {event.f!r}: it must be the name of an operation.'
        if not isinstance(event.f, str)
        else f'"time" is {event.time!r}: it must be a number.'
        if event.time is not None and not _is_time(event.time)
        else f'"client" is {event.client!r}: it must be a name.'
        if not isinstance(event.client, str)
        else f'"value" of a cas is {event.value!r}: it must be [old, new].'
        if event.f == "cas" and event.type == "invoke" and not _is_pair(event.value)
        else ""
    )
    if wrong:
        raise HistoryError(f"line {line}: {wrong}")
    try:
        hash((event.key, event.value))
        return event
    except TypeError:
        pass
    try:
        event = replace(event, key=_frozen(event.key), value=_frozen(event.value))
        hash((event.key, event.value))
        return event
    except TypeError:
        raise HistoryError(
            f"line {line}: process {event.process}'s {event.f} has {event.value!r}, a "
            "value that can change: give numbers, strings and tuples."
        ) from None


def _is_time(value) -> bool:
    return (
        not isinstance(value, bool)
        and isinstance(value, (int, float))
        and abs(value) < float("inf")
    )


def _is_pair(value) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2


def _no_number(name):
    raise HistoryError(
        f"{name} is no JSON value: it equals nothing, or no number; write null or a text."
    )


def _once(pairs):
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in data if names.count(name) > 1)
        raise HistoryError(f'"{twice}" stands there twice.')
    return data


def _finite(text):
    return float(text) if abs(float(text)) < float("inf") else _no_number(text)


def _frozen(value):
    """Lists as tuples, so that every value can be hashed."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        raise HistoryError(
            f"{value!r} is an object: keys and values must be numbers, strings, lists or null."
        )
    return value


def _pair(events, lines) -> list[Operation]:
    open_calls, operations = {}, []
    for place, event in enumerate(events):
        if event.type == "invoke":
            if event.process in open_calls:
                first = open_calls[event.process][1]
                raise HistoryError(
                    f"line {lines[place]}: process {event.process} calls {event.f} while "
                    "its call of "
                    f'line {lines[first]} is open: after "info" a client goes on under a '
                    "new number."
                )
            open_calls[event.process] = len(operations), place
            call = event.process, event.f, event.key, event.value
            operations.append(
                Operation(*call, None, "info", place, None, event.time, client=event.client)
            )
        else:
            if event.process not in open_calls:
                raise HistoryError(
                    f'line {lines[place]}: process {event.process} gets "{event.type}" '
                    "without a call."
                )
            number, _ = open_calls[event.process]
            if event.f != operations[number].f:
                raise HistoryError(
                    f"line {lines[place]}: process {event.process} called {operations[number].f}, "
                    f"but this outcome is of {event.f}."
                )
            _demand_same(event, operations[number], lines[place])
            if event.type != "info":  # After "info" the call stays open for ever.
                del open_calls[event.process]
                result = event.value if event.type == "ok" and event.f not in SILENT else None
                operations[number] = replace(
                    operations[number],
                    outcome=event.type,
                    result=result,
                    returned=place,
                    end=event.time,
                )
    return operations


def _demand_same(outcome: Event, call: Operation, line: int) -> None:
    """Raise HistoryError where an outcome has another key or value than its call."""
    repeats = {"key": (call.key, outcome.key)}
    if outcome.type == "ok" and outcome.f in SILENT:
        repeats["value"] = call.value, outcome.value
    for name, (asked, said) in repeats.items():
        if said is not None and said != asked:
            raise HistoryError(
                f"line {line}: process {outcome.process} called {outcome.f} with the {name} "
                f"{asked!r:.80}, but this outcome has {said!r:.80}."
            )
