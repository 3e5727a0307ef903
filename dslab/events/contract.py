"""What an event store promises, whatever keeps its events.

A stream is a list of events, numbered 0, 1, 2, … by `version`; all events together
are numbered 1, 2, 3, … by `position`. Nothing is ever changed or removed. An append
names the version that it expects the stream to have, so that two writers who read
the same state can't both write.

`Store` is the contract; `dslab.events.sqlite` keeps it in one file. What every
store must refuse, and what it answers to an append that is made again, stands here
and not in each of them.
"""

import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from dslab.errors import DslabError, demand_number
from dslab.events.subscription import Subscription
from dslab.values import counted

__all__ = [
    "ANY",
    "Event",
    "IdTaken",
    "NO_STREAM",
    "NewEvent",
    "Store",
    "StoreError",
    "WrongExpectedVersion",
    "checked",
    "demand_stream",
    "demand_text",
    "json_of",
    "repeated",
]

#: Expected versions with a meaning of their own: whatever the stream has, and no
#: stream at all.
ANY, NO_STREAM = "any", -1

#: The greatest number of a database's integers: 64 bits with a sign.
GREATEST = 2**63 - 1


class StoreError(DslabError):
    """The events are in a state, or in a place, where they can't be used."""


class WrongExpectedVersion(DslabError):
    """The stream has moved on since the writer read it. Nothing was appended.

    stream, expected, actual  say where and how; a version of -1 is a stream without
                              events.
    """

    def __init__(self, stream: str, expected: int, actual: int):
        self.stream, self.expected, self.actual = stream, expected, actual
        super().__init__(
            f"stream {stream!r} is at version {actual}, not at the expected "
            f"{expected}: read it again, decide again, and append again."
        )

    def __reduce__(self):
        # An exception is made again from its sentence, unless it says otherwise;
        # this one takes three arguments, and must come back whole from a pool of
        # processes.
        return type(self), (self.stream, self.expected, self.actual)


class IdTaken(DslabError):
    """An event that is to be appended has the id of another one.

    Nothing was appended.
    """


@dataclass(frozen=True)
class NewEvent:
    """An event that is to be appended.

    type            what happened, in the past tense: "MoneyDeposited".
    data            what is to be known about it, as JSON data. Keys are texts; a
                    tuple comes back as a list.
    metadata        who and why, as JSON data: {"actor": …, "correlation": …,
                    "causation": …, "at": …}. The store reads no clock.
    id              a UUID. Appending an event again under the same id changes
                    nothing, so a writer who never heard back may append again; the
                    writer chooses the id, or one is made.
    schema_version  which form the data has, counted from 1: a type whose form
                    changes keeps its name.
    """

    type: str
    data: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    schema_version: int = 1


@dataclass(frozen=True)
class Event:
    """An event as it stands in the store."""

    position: int
    stream: str
    version: int
    type: str
    data: dict[str, Any]
    metadata: dict[str, Any]
    id: str
    schema_version: int = 1

    def __repr__(self):
        data = ", ".join(f"{name}={value!r}" for name, value in self.data.items())
        return f"#{self.position} {self.stream}@{self.version} {self.type}({data})"


class Store(ABC):
    """The operations of an event store, and what holds of them in each.

    - An append is all or nothing, and what it returned is there ever after.
    - Of two writers who expect the same version of a stream, one is refused.
    - A reader of all events who has seen position 7 never sees a 6 appear later, so
      that its place is one number.
    """

    @abstractmethod
    def append(
        self,
        stream: str,
        events: NewEvent | Iterable[NewEvent],
        expected_version: int | str = ANY,
    ) -> list[Event]:
        """Append events to a stream, all or none; returns them as they now stand.

        expected_version  the version of the stream's last event as the writer knows
                          it, NO_STREAM (-1) for none, or ANY.

        Raises WrongExpectedVersion where the stream is at another version. Events
        that are there already under the same ids, in this stream, are returned as
        they stand, whatever was expected: the writer's first attempt succeeded.
        Raises IdTaken where such an id belongs to an event of another type, schema
        version or data.
        """

    @abstractmethod
    def version(self, stream: str) -> int:
        """The version of the stream's last event, or -1 (NO_STREAM)."""

    @abstractmethod
    def read(
        self, stream: str, from_version: int = 0, limit: int | None = None
    ) -> list[Event]:
        """The stream's events from `from_version` on, at most `limit`; none where
        it has none.
        """

    @abstractmethod
    def read_all(self, after: int = 0, limit: int | None = None) -> list[Event]:
        """All events after position `after`, in the order that everybody sees."""

    @abstractmethod
    def last_position(self) -> int:
        """The position of the last event, or 0 where there is none."""

    @abstractmethod
    def streams(self) -> list[str]:
        """The names of all streams, in the order of their first events."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what the store holds. A closed store can't be used again."""

    @abstractmethod
    def __len__(self):
        """How many events there are."""

    def subscribe(self, after: int = 0, *, batch: int = 100) -> Subscription:
        """A reader of all events after position `after`; it goes on where it was.

        Raises StoreError where `after` lies beyond the last event.
        """
        demand_number("after", after, 0)
        demand_number("batch", batch, 1)
        return Subscription(self, after, min(batch, GREATEST))

    def require_position(self, position: int) -> None:
        """Raise StoreError where `position` lies beyond the last event.

        A reader keeps its place outside the store. Where the store was put back to
        an older copy, new events come at positions that the reader believes to have
        seen.
        """
        if position > (last := self.last_position()):
            raise StoreError(
                f"a reader stands at position {position}, but the last event is at "
                f"{last}: this is not the store that it read, or an older copy of "
                "it; have it read again from a position that both have."
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        events = counted({"events": len(self)})
        streams = counted({"streams": len(self.streams())})
        return "\n".join(
            [f"event store with {events} in {streams}"]
            + [f"  {event!r}" for event in self.read_all(limit=20)]
            + (["  …"] if len(self) > 20 else [])
        )

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td>{event.position}</td><td>{escape(event.stream)}</td><td>{event.version}</td><td>{escape(event.type)}</td><td>{escape(json.dumps(event.data))}</td></tr>"
            for event in self.read_all(limit=20)
        )
        more = (
            f"<caption>the first 20 of {len(self)} events</caption>"
            if len(self) > 20
            else ""
        )
        head = "".join(
            f'<th scope="col">{name}</th>'
            for name in ("position", "stream", "version", "type", "data")
        )
        return (
            f'<table class="dslab-table">{more}<thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )


def checked(
    stream: str, events: NewEvent | Iterable[NewEvent], expected_version: int | str
) -> list[NewEvent]:
    """The events of an append as a list.

    Raises DslabError for what no store takes.
    """
    demand_stream(stream)
    if isinstance(events, NewEvent):
        events = [events]
    elif not isinstance(events, Iterable):
        raise DslabError(
            "append() takes NewEvent, one or a list of them, and got "
            f"{events!r:.80}."
        )
    events = list(events)
    if expected_version != ANY and (
        isinstance(expected_version, bool)
        or not isinstance(expected_version, int)
        or expected_version < -1
    ):
        raise DslabError(
            f"{expected_version!r} is no expected version: give ANY, NO_STREAM or "
            "a version from 0 on."
        )
    seen = set()
    for event in events:
        if not isinstance(event, NewEvent):
            raise DslabError(
                f"append() takes NewEvent, but {event!r} is a "
                f"{type(event).__name__}."
            )
        demand_text("event's type", event.type, "MoneyDeposited")
        demand_text("event's id", event.id, "transfer-4711")
        if event.id in seen:
            raise DslabError(
                f"{event.id} is the id of two events of this append: an id belongs "
                "to one event."
            )
        seen.add(event.id)
        if (
            type(event.schema_version) is not int
            or not 1 <= event.schema_version <= GREATEST
        ):
            raise DslabError(
                f"the schema version of {event.type} is {event.schema_version!r}: "
                "give 1 or more, up to 2⁶³ − 1."
            )
    return events


def demand_stream(name: Any) -> None:
    """Raise DslabError unless `name` can be a stream's."""
    demand_text("stream's name", name, "account-7")


def demand_text(what: str, value: Any, example: str) -> None:
    """Raise DslabError unless `value` is a text, not empty, that can be stored."""
    if not isinstance(value, str) or not value:
        raise DslabError(
            f'{value!r} is no {what}: give a text, such as "{example}".'
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise DslabError(
            f"{value!a} is no {what}: it holds half of a surrogate pair, which is "
            "no character."
        ) from None


def json_of(event: NewEvent, part: str) -> str:
    """The event's `data` or `metadata` as JSON. Raises DslabError where it would
    not come back.
    """
    value = getattr(event, part)
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
        others = [key for key in _keys(value) if not isinstance(key, str)]
    except (TypeError, ValueError, RecursionError) as error:
        raise DslabError(
            f"the {part} of {event.type} is not JSON ({error}): use numbers, "
            "texts, lists and dicts."
        ) from None
    if not isinstance(value, dict):
        raise DslabError(
            f"the {part} of {event.type} is {value!r:.80}: give a dict, such as "
            '{"amount": 5}.'
        )
    if others:  # JSON would make a text of it, perhaps one that is there already.
        raise DslabError(
            f"the {part} of {event.type} has the key {others[0]!r:.80}: in JSON "
            "keys are texts."
        )
    return text


def _keys(value: Any) -> Iterator[Any]:
    """All keys of all dicts in `value`."""
    if isinstance(value, dict):
        yield from value
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return
    for part in value:
        yield from _keys(part)


def repeated(
    stream: str, events: list[NewEvent], standing: list[Event | None]
) -> list[Event] | None:
    """What an append that is made again answers; None where nothing of it is there.

    standing  for each of `events`, the event that has its id in the store.

    Raises IdTaken where an id belongs to another event. Metadata are not compared:
    a second attempt may be made at another time, and by another's hand.
    """
    there = [event for event in standing if event is not None]
    for new, old in zip(events, standing):
        if old is not None and (
            len(there) < len(standing)
            or old.stream != stream
            or not _same(new, old)
        ):
            raise IdTaken(
                f"{old.id} is the id of {old!r} already: an id belongs to one "
                "event, and an append that is made again has the same events."
            )
    return sorted(there, key=lambda event: event.position) or None


def _same(new: NewEvent, old: Event) -> bool:
    def canonical(data):  # As JSON, where 1 is not true and a tuple is a list.
        return json.dumps(data, sort_keys=True)

    return (new.type, new.schema_version, canonical(new.data)) == (
        old.type,
        old.schema_version,
        canonical(old.data),
    )
