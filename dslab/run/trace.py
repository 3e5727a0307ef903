"""What a run leaves behind: every event with its time, and the state of each node after it.

A trace is data. The simulator records one, the player shows it, checkers read the clients' history
off it, and a counterexample is one. In memory it is a list of plain tuples, and a node's state is a
reference to the dict that it had; `as_json` packs it for a page.

The events, with what stands in `place`, `other`, `ref` and `data` (unused columns are None):

| kind    | happens when             | place    | other    | ref        | data                     |
|---------|--------------------------|----------|----------|------------|--------------------------|
| start   | a node boots             | node     |          |            |                          |
| send    | a message leaves         | sender   | receiver |            | the message              |
| deliver | a message is handled     | receiver | sender   | its send   | what it had become,      |
|         |                          |          |          |            | where                    |
|         |                          |          |          |            | it was altered on its    |
|         |                          |          |          |            | way                      |
| lose    | a message is gone        | receiver | sender   | its send   | why: loss, cut, down,    |
|         |                          |          |          |            | corrupt, dropped         |
| set     | a timer is set           | node     |          |            | (timer, due time in µs)  |
| cancel  | a timer is cancelled     | node     |          |            | the timer's class name   |
| fire    | a timer runs out         | node     |          | its set    | the timer                |
| crash   | a node stops; its        | node     |          |            | what else, where there   |
|         | volatile state is gone   |          |          |            | is                       |
| restart | it boots from its        | node     |          |            |                          |
|         | durable fields           |          |          |            |                          |
| pause   | a node stops handling;   | node     |          |            |                          |
|         | nothing is lost          |          |          |            |                          |
| resume  | it goes on               | node     |          |            |                          |
| cut     | links go down            |          |          |            | pairs (from, to) now     |
|         |                          |          |          |            | down                     |
| heal    | all links are up again   |          |          |            |                          |
| fault   | anything else goes       |          |          |            | (name, details,          |
|         | wrong, or right again    |          |          |            | sentence)                |
| invoke  | a client calls           | client   |          |            | (process, f, key, value) |
| ok      | its answer came          | client   |          | its invoke | the value                |
| fail    | it was refused           | client   |          | its invoke | the error                |
| info    | it gives up waiting      | client   |          | its invoke | why                      |
| mark    | the scenario says        |          |          |            | a sentence               |
|         | something                |          |          |            |                          |
| act     | a specification takes an | its lane |          |            | the action's name        |
|         | action                   |          |          |            |                          |
| tell    | a lane does what its     | its lane |          |            | the sentence             |
|         | sentence says            |          |          |            |                          |

A step is a handler's run: a start, deliver, fire or restart with the sends, sets and cancels that
follow it at the same time and place. `state` (a dict) is there on those four, and on an act or
tell. A message that is duplicated is delivered twice with the same ref. `ref` is the number of an
earlier event.
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.node import Pictured
from dslab.run.history import SILENT, History
from dslab.run.history import Event as HistoryEvent
from dslab.run.packing import Table, begins, whole
from dslab.values import frozen, show

__all__ = ["Event", "KINDS", "Trace", "TraceError"]

KINDS = {
    "start": "b",
    "send": "s",
    "deliver": "d",
    "lose": "x",
    "set": "t",
    "cancel": "c",
    "fire": "f",
    "crash": "k",
    "restart": "r",
    "pause": "p",
    "resume": "u",
    "cut": "P",
    "heal": "H",
    "fault": "F",
    "invoke": "i",
    "ok": "o",
    "fail": "n",
    "info": "?",
    "mark": "m",
    "act": "a",
    "tell": "l",
}
LETTERS = {letter: kind for kind, letter in KINDS.items()}
#: The kinds that come with a node's state, and for those with a `ref` the kind that it refers to.
STATEFUL = ("start", "deliver", "fire", "restart", "act", "tell")
CAUSES = {
    "deliver": "send",
    "lose": "send",
    "fire": "set",
    "ok": "invoke",
    "fail": "invoke",
    "info": "invoke",
}
FORMAT, VERSION = "dslab-trace", 2
READ = (1, VERSION)  # Version 1 had no "grows".
#: A list of more items than this is long for a sentence.
LONG = 8
#: What a node says of itself that says nothing.
SILENCE = False, ""


class TraceError(DslabError):
    """Data that is no trace, or one of a newer version."""


class Event(NamedTuple):
    """One event; the module's table says what each column holds. `time` is in microseconds."""

    time: int
    kind: str
    place: str | None = None
    other: str | None = None
    ref: int | None = None
    data: Any = None
    state: dict[str, Any] | None = None


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
        self.records: list[
            tuple
        ] = []  # Event's fields as plain tuples, which are made six times faster.

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
                        process, event.kind, f, frozen(key), frozen(value), event.time / 1000
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
        """How many events of `kind` there are; `of` counts only messages or timers of that class
        name.
        """
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
        found, before = [], {}
        place = 0
        records = self.records
        while place < len(records):
            first = place
            place += 1
            while place < len(records) and _belongs(records[place], records[first]):
                place += 1
            found.append((first, self._sentence(first, place, before)))
        return found

    def _sentence(self, first: int, end: int, before: dict) -> str:
        event = Event._make(self.records[first])
        effects = [Event._make(record) for record in self.records[first + 1 : end]]
        return (
            f"{self._moment(event.time)}: "
            + "; ".join([self._what(event)] + _changes(event, before) + self._effects(effects))
            + "."
        )

    def _moment(self, time: int) -> str:
        return (
            f"{_milliseconds(time)} ms" if self.unit == "ms" else f"{self.unit} {show(time / 1000)}"
        )

    def _what(self, event: Event) -> str:
        who = event.place
        match event.kind:
            case "deliver":
                altered = (
                    "" if event.data is None else f", altered on its way to {show(event.data)}"
                )
                return (
                    f"{who} receives {show(self.records[event.ref][5])} from {event.other}{altered}"
                )
            case "lose":
                why = {
                    "loss": "is lost",
                    "cut": "can't cross the cut",
                    "down": f"finds {who} down",
                    "corrupt": "fails its checksum and is thrown away",
                    "dropped": "is dropped",
                }
                message = self.records[event.ref][5]
                return (
                    f"{show(message)} from {event.other} to {who} "
                    f"{why.get(event.data, 'is lost: ' + str(event.data))}"
                )
            case "fire":
                return f"{who}'s {show(event.data)} runs out"
            case "cut":
                return "the links " + ", ".join(f"{a}→{b}" for a, b in event.data) + " go down"
            case "heal":
                return "all links are up again"
            case "invoke":
                _, f, key, value = event.data
                return f"{who} calls " + " ".join(
                    [f] + [show(part) for part in (key, value) if part is not None]
                )
            case "ok":
                _, f, key, value = self.records[event.ref][5]
                return f"{who}'s {f} returns" + (
                    f" {show(event.data)}" if f in ("read", "get") else ""
                )
            case "fail":
                return f"{who}'s {self.records[event.ref][5][1]} is refused: {show(event.data)}"
            case "info":
                return (
                    f"{who} gives up waiting for its {self.records[event.ref][5][1]}: "
                    f"{show(event.data)}"
                )
            case "mark" | "act" | "tell":
                return event.data
            case "fault":
                return event.data[2]
            case "crash":
                return f"{who} crashes" + ("" if event.data is None else f": {event.data}")
            case (
                "send" | "set" | "cancel"
            ):  # Never the first of a step in a run of ours; an edited trace may differ.
                return f"{who} {self._effects([event])[0]}"
        verbs = {
            "start": "starts",
            "restart": "restarts from its disk",
            "pause": "pauses",
            "resume": "goes on",
        }
        return f"{who} {verbs[event.kind]}"

    def _effects(self, events: list[Event]) -> list[str]:
        """Sends, sets and cancels in words; one message to several nodes in a row is one phrase."""
        phrases, last = [], None
        for event in events:
            if event.kind == "send":
                if last is not None and last.data == event.data:
                    phrases[-1] += f", {event.other}"
                else:
                    phrases.append(f"sends {show(event.data)} to {event.other}")
                last = event
                continue
            last = None
            if event.kind == "set":
                timer, due = event.data
                phrases.append(
                    f"sets {show(timer)}"
                    + (f" for {self._moment(due)}" if self.unit == "ms" else "")
                )  # Without a clock, for some time.
            else:
                phrases.append(f"cancels {show(event.data)}")
        return phrases

    def __repr__(self):
        lanes = f"{len(self.nodes)} nodes" + (
            f", {len(self.clients)} clients" if self.clients else ""
        )
        end = self.records[-1][0] / 1000 if self.records else 0
        until = f"in {end:.0f} ms" if self.unit == "ms" else f"up to {self.unit} {end:g}"
        return f"trace {self.title!r}: {len(self.records):,} events of {lanes} {until}"

    # JSON.

    def as_json(self) -> dict:
        """The trace as JSON data in columns, each column one number an event.

            {"format": "dslab-trace", "version": 2, "title": …, "replay": …, "nodes": […], "clients": […],
             "fields": names of state fields, "values": the distinct payloads and field values as `plain` makes them,
             "grows": [value, other, value, other, …]: the list that is value number `value` begins with the list that is number
                      `other`, an earlier one, and in "values" stand only the items after these,
             "roles": [[event, leads, word], …], "pictured": {what: field's name}: as in Trace,
                      left out where no node says anything of itself,
             "unit": left out where it is "ms", "kind": one letter an event (`KINDS`), "time": µs since the event before,
             "place", "other": lane numbers (nodes, then clients) or -1,
             "ref": how many events back, or 0 for none, "data": a number in "values" or -1,
             "state": [number of changed fields, field, value, field, value, …] for each event of kind
                      start, deliver, fire, restart and act, one after the other in one flat list}

        A start or restart, or a lane's first tell, gives all fields, the others those that changed.
        """
        lane = {name: number for number, name in enumerate(self.lanes)} | {None: -1}
        values, fields = Table(), Table()
        columns = {name: [] for name in ("time", "place", "other", "ref", "data", "state")}
        now, before = 0, {}
        for number, (time, kind, place, other, ref, data, state) in enumerate(self.records):
            columns["time"].append(time - now)
            columns["place"].append(lane[place])
            columns["other"].append(lane[other])
            columns["ref"].append(0 if ref is None else number - ref)
            columns["data"].append(-1 if data is None else values.of(data))
            if state is not None:
                old = (
                    {}
                    if kind in ("start", "restart") or (kind == "tell" and place not in before)
                    else before[place]
                )
                changed = [
                    name for name in state if name not in old or not _same(old[name], state[name])
                ]
                columns["state"].append(len(changed))
                for name in changed:
                    columns["state"] += (
                        fields.of(name),
                        values.of(state[name], before.get(place, {}).get(name)),
                    )
                before[place] = state
            now = time
        return (
            {
                "format": FORMAT,
                "version": VERSION,
                "title": self.title,
                "replay": self.replay,
                "nodes": list(self.nodes),
                "clients": list(self.clients),
                "fields": fields.found,
                "values": values.found,
                "grows": values.grows,
                "kind": "".join(KINDS[record[1]] for record in self.records),
            }
            | columns
            | ({} if self.unit == "ms" else {"unit": self.unit})
            | ({"roles": [list(said) for said in self.roles]} if self.roles else {})
            | ({"pictured": _named(self.pictured)} if any(self.pictured) else {})
        )

    def dumps(self) -> str:
        """The JSON text, the same bytes for the same run on every machine."""
        return json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, data: dict) -> "Trace":
        """The trace that `as_json` packed; payloads and states stay plain data. Raises
        TraceError.
        """
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise TraceError(
                'this is no recorded run: a JSON object with "format": "dslab-trace" belongs here.'
            )
        if data.get("version") not in READ:
            raise TraceError(
                f"this run has format version {data.get('version')!r}, and this dslab "
                f"reads version {VERSION}: "
                "update dslab, or record the run again."
            )
        try:
            trace = cls._unpack(data)
            _demand_sound(trace)
            return trace
        except (KeyError, IndexError, TypeError, ValueError, StopIteration):
            raise TraceError(
                "this recorded run is cut short or damaged: record it again."
            ) from None

    @classmethod
    def _unpack(cls, data: dict) -> "Trace":
        if not all(isinstance(data[name], list) for name in ("nodes", "clients")):
            raise TypeError("names come in lists")
        trace = cls(
            data["nodes"],
            data["clients"],
            title=data["title"],
            replay=data["replay"],
            unit=data.get("unit", "ms"),
            pictured=Pictured(**data.get("pictured", {})),
        )
        trace.roles = [(number, bool(leads), word) for number, leads, word in data.get("roles", ())]
        values = whole(data["values"], [] if data["version"] == 1 else data["grows"])
        lanes, fields, states = trace.lanes, data["fields"], iter(data["state"])
        now, current = 0, {}
        columns = zip(
            data["kind"],
            *(data[name] for name in ("time", "place", "other", "ref", "data")),
            strict=True,
        )
        for number, (letter, wait, place, other, back, payload) in enumerate(columns):
            kind, now = LETTERS[letter], now + wait
            place, other = _at(lanes, place), _at(lanes, other)
            state = None
            if kind in STATEFUL and place in trace.nodes:
                changed = {
                    fields[field]: values[value]
                    for field, value in [(next(states), next(states)) for _ in range(next(states))]
                }
                first = kind in ("start", "restart") or (kind == "tell" and place not in current)
                state = changed if first else current[place] | changed
                current[place] = state
            trace.records.append(
                (
                    now,
                    kind,
                    place,
                    other,
                    number - back if back else None,
                    _at(values, payload),
                    state,
                )
            )
        if next(states, None) is not None:
            raise ValueError("there are more states than steps")
        return trace


def _named(pictured: Pictured) -> dict[str, str]:
    return {what: field for what, field in pictured._asdict().items() if field}


def _at(items, number: int):
    """Item `number`, or None for -1."""
    if number < -1:
        raise IndexError(number)
    return None if number == -1 else items[number]


def _demand_sound(trace: Trace) -> None:
    """Raise ValueError or TypeError where an event lacks what its kind always has."""
    if not all(
        isinstance(text, str) for text in (trace.title, trace.replay, trace.unit, *trace.lanes)
    ):
        raise TypeError("titles and names are texts")
    for number, _, word in trace.roles:
        if not 0 <= number < len(trace) or trace.records[number][6] is None:
            raise ValueError(number)
        if not isinstance(word, str):
            raise TypeError(word)
    if not all(isinstance(field, str) for field in trace.pictured):
        raise TypeError(trace.pictured)
    for number, event in enumerate(trace.events):
        ref, cause = event.ref, CAUSES.get(event.kind)
        if not isinstance(event.time, int) or (event.place is None) != (
            event.kind in ("cut", "heal", "fault", "mark")
        ):
            raise ValueError(event)
        if (
            (ref is None) != (cause is None)
            or cause
            and not (0 <= ref < number and trace.records[ref][1] == cause)
        ):
            raise ValueError(event)
        if event.kind in ("send", "deliver", "lose") and event.other is None:
            raise ValueError(event)
        if event.kind == "invoke":
            _, f, _, _ = event.data
            if not isinstance(f, str):
                raise TypeError(f)
        elif event.kind == "set":
            _, due = event.data
            if not isinstance(due, int):
                raise TypeError(due)
        elif event.kind == "cut":
            for one, other in event.data:
                if one not in trace.lanes or other not in trace.lanes:
                    raise ValueError(event)
        elif event.kind == "fault":
            if not (
                len(event.data) == 3
                and isinstance(event.data[0], str)
                and isinstance(event.data[2], str)
            ):
                raise TypeError(event)
        elif event.kind in ("lose", "cancel", "mark", "act", "tell") and not isinstance(
            event.data, str
        ):
            raise TypeError(event)
        elif event.kind == "crash" and not isinstance(event.data, str | None):
            raise TypeError(event)


def _belongs(record: tuple, first: tuple) -> bool:
    """Whether an event is an effect of the step that `first` begins."""
    return (
        record[1] in ("send", "set", "cancel") and record[2] == first[2] and record[0] == first[0]
    )


def _milliseconds(microseconds: int) -> str:
    """Milliseconds with one digit, rounded as the page rounds them: without fractions."""
    tenths = (microseconds + 50) // 100
    return f"{tenths // 10}.{tenths % 10}"


def _same(old, new) -> bool:
    return old is new or (old == new and type(old) is type(new))


def _class_name(payload) -> str:
    if isinstance(payload, dict):
        return payload.get("$", "")
    if (
        isinstance(payload, (tuple, list)) and payload
    ):  # The data of "set": a timer and when it is due.
        return _class_name(payload[0])
    return payload if isinstance(payload, str) else type(payload).__name__


def _changes(event: Event, before: dict) -> list[str]:
    if event.state is None:
        return []
    old = before.get(event.place)
    before[event.place] = event.state
    if old is None or event.kind in ("start", "restart", "tell"):
        return []
    return [
        f"{name} {_change(old.get(name), value)}"
        for name, value in event.state.items()
        if not _same(old.get(name), value)
    ]


def _change(old, new) -> str:
    """What became of a field. A long list that grows is said by what it gains: nobody reads the
    rest twice.
    """
    if isinstance(old, (tuple, list)) and len(old) > LONG and begins(old, new):
        return f"gains {', '.join(map(show, new[len(old) :]))} and has {len(new)} items"
    return f"{show(old)} → {show(new)}"
