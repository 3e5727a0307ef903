"""What a run leaves behind: every event with its time, and the state of each node after it.

A trace is data. The simulator records one, the player shows it, checkers read the clients' history
off it, and a counterexample is one. In memory it is a list of plain tuples, and a node's state is a
reference to the dict that it had; `dslab.run.columns` packs it for a page. `dslab.run.events` has
the table of events, `dslab.run.words` the sentences.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from dslab.node import Pictured
from dslab.run.columns import TraceError, packed, unpacked
from dslab.run.events import KINDS, Event
from dslab.run.history import SILENT, History
from dslab.run.history import Event as HistoryEvent
from dslab.run.words import told
from dslab.values import counted, frozen

__all__ = ["Event", "KINDS", "Trace", "TraceError"]

#: What a node says of itself that says nothing.
SILENCE = False, ""


class Trace:
    """A recorded run. `events` may be read while the run goes on.

    nodes, clients  the names of the lanes, in order.
    title           one line for a reader.
    replay          the Python expression that makes this run again, where there is one.
    unit            what a thousand of its microseconds count: "ms", or what a run without a clock
                    goes by, such as "event".
    pictured        under which names its nodes keep what pictures ask for.
    roles           (event, leads, word): what the event's node says of itself from then on
                    (`Node.leads`, `Node.role_word`), where that is something new.
    """

    def __init__(
        self,
        nodes: Iterable[str],
        clients: Iterable[str] = (),
        *,
        title: str = "",
        replay: str = "",
        unit: str = "ms",
        pictured: Pictured = Pictured(),
    ):
        self.nodes = tuple(nodes)
        self.clients = tuple(clients)
        self.title = title
        self.replay = replay
        self.unit = unit
        self.pictured = pictured
        self.roles: list[tuple[int, bool, str]] = []
        self._said: dict[str, tuple[bool, str]] = {}
        #: Event's fields as plain tuples, which are made six times faster.
        self.records: list[tuple] = []

    @property
    def events(self) -> list[Event]:
        """All events, in the order in which they happened."""
        return [Event._make(record) for record in self.records]

    @property
    def lanes(self) -> tuple[str, ...]:
        """Nodes, then clients."""
        return self.nodes + self.clients

    def __len__(self):
        return len(self.records)

    def history(self) -> History:
        """What the clients saw, times in milliseconds."""
        events = []
        for event in self.events:
            if event.kind in ("invoke", "ok", "fail", "info"):
                # Lists, in a trace read from JSON, were tuples.
                process, f, key, value = (
                    event.data if event.kind == "invoke" else self.records[event.ref][5]
                )
                if event.kind == "ok" and f not in SILENT:
                    value = event.data
                events.append(
                    HistoryEvent(
                        process,
                        event.kind,
                        f,
                        frozen(key),
                        frozen(value),
                        event.time / 1000,
                        event.place,
                    )
                )
        return History(events)

    def state(self, node: str, upto: int | None = None) -> dict[str, Any] | None:
        """The fields of `node` after event number `upto` (the last one by default), or None while
        it is down.
        """
        if node not in self.nodes:
            raise TraceError(
                f"there is no node {node!r} in this run: it has {', '.join(self.nodes)}."
            )
        for record in reversed(self.records[: None if upto is None else upto + 1]):
            if record[2] == node:
                if record[1] == "crash":
                    return None
                if record[6] is not None:
                    return record[6]
        return None

    def note(self, node) -> None:
        """Keep what `node` says of itself after the last event, where it is something new."""
        said = bool(node.leads()), str(node.role_word())
        if said != self._said.get(node.id, SILENCE):
            self._said[node.id] = said
            self.roles.append((len(self.records) - 1, *said))

    def role(self, node: str, upto: int | None = None) -> tuple[bool, str]:
        """(whether `node` leads, its role in a word) after event number `upto` (the last one by
        default), by what it says; (False, "") where it never said anything.
        """
        last = len(self.records) - 1 if upto is None else upto
        for number, leads, word in reversed(self.roles):
            if number <= last and self.records[number][2] == node:
                return leads, word
        return SILENCE

    def count(self, kind: str, of: str | None = None) -> int:
        """How many events of `kind` there are; with `of`, messages or timers of that class name."""
        total = 0
        for record in self.records:
            if record[1] == kind:
                payload = self.records[record[4]][5] if kind in ("deliver", "lose") else record[5]
                if of is None or _class_name(payload) == of:
                    total += 1
        return total

    # Words.

    def sentences(self) -> list[str]:
        """The run in words, one sentence a step; the player says the same ones."""
        return [sentence for _, sentence in self.steps()]

    def steps(self) -> list[tuple[int, str]]:
        """The number of each step's first event, with the step in words."""
        return told(self)

    def __repr__(self):
        clients = {"clients": len(self.clients)} if self.clients else {}
        lanes = counted({"nodes": len(self.nodes)} | clients)
        events = counted({"events": len(self.records)})
        end = self.records[-1][0] / 1000 if self.records else 0
        until = f"in {end:.0f} ms" if self.unit == "ms" else f"up to {self.unit} {end:g}"
        return f"trace {self.title!r}: {events} of {lanes} {until}"

    # JSON.

    def as_json(self, other: Callable[[Any], Any] | None = None) -> dict:
        """The trace as the JSON data of `dslab.run.columns`; `other` as in `dslab.values.plain`.

        Raises DslabError for a value that has no form there, unless `other` gives it one.
        """
        return packed(self, other)

    def dumps(self) -> str:
        """The JSON text, the same bytes for the same run on every machine."""
        return json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, data: dict) -> "Trace":
        """The trace that `as_json` packed; payloads and states stay plain data.

        Raises TraceError.
        """
        return unpacked(data, cls)


def _class_name(payload) -> str:
    if isinstance(payload, dict):
        return payload.get("$", "")
    if isinstance(payload, (tuple, list)) and payload:
        # The data of "set": a timer and when it is due.
        return _class_name(payload[0])
    return payload if isinstance(payload, str) else type(payload).__name__
