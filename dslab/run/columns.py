"""A trace as JSON data in columns, each column one number an event, for a page.

    {"format": "dslab-trace", "version": 2, "title": …, "replay": …, "nodes": […], "clients": […],
     "unit": left out where it is "ms",
     "roles": [[event, leads, word], …], "pictured": {what: field's name}: as in Trace, left out
              where no node says anything of itself,
     "fields": names of state fields,
     "values": the distinct payloads and field values, as `plain` makes them,
     "grows": [value, other, value, other, …]: the list that is value number `value` begins with
              the list that is number `other`, an earlier one, and in "values" stand only the
              items after these,
     "kind": one letter an event (`KINDS`), "time": µs since the event before,
     "place", "other": lane numbers (nodes, then clients) or -1,
     "ref": how many events back, or 0 for none, "data": a number in "values" or -1,
     "state": [number of changed fields, field, value, field, value, …] for each event of a kind in
              STATEFUL, one after the other in one flat list}

A start or restart, or a lane's first tell, gives all fields, the others those that changed.
"""

from collections.abc import Callable
from typing import Any

from dslab.errors import DslabError
from dslab.node import Pictured
from dslab.run.events import CAUSES, KINDS, STATEFUL
from dslab.run.packing import Table, whole
from dslab.values import same

__all__ = ["TraceError", "packed", "unpacked"]

FORMAT, VERSION = "dslab-trace", 2
READ = (1, VERSION)  # Version 1 had no "grows".
LETTERS = {letter: kind for kind, letter in KINDS.items()}


class TraceError(DslabError):
    """Data that is no trace, or one of a newer version."""


def packed(trace, other: Callable[[Any], Any] | None = None) -> dict:
    """A trace as the module's JSON data; `other` as in `plain`."""
    lane = {name: number for number, name in enumerate(trace.lanes)} | {None: -1}
    values, fields = Table(other), Table()
    columns = {name: [] for name in ("time", "place", "other", "ref", "data", "state")}
    now, before = 0, {}
    for number, (time, kind, place, other, ref, data, state) in enumerate(trace.records):
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
                name for name in state if name not in old or not same(old[name], state[name])
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
            "title": trace.title,
            "replay": trace.replay,
            "nodes": list(trace.nodes),
            "clients": list(trace.clients),
            "fields": fields.found,
            "values": values.found,
            "grows": values.grows,
            "kind": "".join(KINDS[record[1]] for record in trace.records),
        }
        | columns
        | ({} if trace.unit == "ms" else {"unit": trace.unit})
        | ({"roles": [list(said) for said in trace.roles]} if trace.roles else {})
        | ({"pictured": _named(trace.pictured)} if any(trace.pictured) else {})
    )


def unpacked(data: dict, make) -> object:
    """The trace that `packed` made, by `make` as Trace's class; payloads and states stay plain
    data. Raises TraceError.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise TraceError(
            'this is no recorded run: a JSON object with "format": "dslab-trace" belongs here.'
        )
    if data.get("version") not in READ:
        raise TraceError(
            f"this run has format version {data.get('version')!r}, and this dslab reads version "
            f"{VERSION}: update dslab, or record the run again."
        )
    try:
        trace = _unpacked(data, make)
        _demand_sound(trace)
        return trace
    except (KeyError, IndexError, TypeError, ValueError, StopIteration):
        raise TraceError("this recorded run is cut short or damaged: record it again.") from None


def _unpacked(data: dict, make):
    if not all(isinstance(data[name], list) for name in ("nodes", "clients")):
        raise TypeError("names come in lists")
    trace = make(
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
        ref = number - back if back else None
        trace.records.append((now, kind, place, other, ref, _at(values, payload), state))
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


def _demand_sound(trace) -> None:
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
