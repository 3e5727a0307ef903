"""A run in words: one sentence a step, the same that the player says."""

from dslab.run.events import Event
from dslab.run.packing import begins
from dslab.values import same, show

__all__ = ["extents", "told"]

#: A list of more items than this is long for a sentence.
LONG = 8


def told(trace) -> list[tuple[int, str]]:
    """The number of each step's first event, with the step in words."""
    before: dict = {}
    return [(first, _sentence(trace, first, end, before)) for first, end in extents(trace)]


def extents(trace) -> list[tuple[int, int]]:
    """The number of each step's first event, and of the one after its last."""
    found, place, records = [], 0, trace.records
    while place < len(records):
        first = place
        place += 1
        while place < len(records) and _belongs(records[place], records[first]):
            place += 1
        found.append((first, place))
    return found


def _sentence(trace, first: int, end: int, before: dict) -> str:
    event = Event._make(trace.records[first])
    effects = [Event._make(record) for record in trace.records[first + 1 : end]]
    return (
        f"{_moment(trace, event.time)}: "
        + "; ".join([_what(trace, event)] + _changes(event, before) + _effects(trace, effects))
        + "."
    )


def _moment(trace, time: int) -> str:
    return (
        f"{_milliseconds(time)} ms" if trace.unit == "ms" else f"{trace.unit} {show(time / 1000)}"
    )


def _what(trace, event: Event) -> str:
    who = event.place
    match event.kind:
        case "deliver":
            altered = "" if event.data is None else f", altered on its way to {show(event.data)}"
            return f"{who} receives {show(trace.records[event.ref][5])} from {event.other}{altered}"
        case "lose":
            why = {
                "loss": "is lost",
                "cut": "can't cross the cut",
                "down": f"finds {who} down",
                "corrupt": "fails its checksum and is thrown away",
                "dropped": "is dropped",
            }
            message = trace.records[event.ref][5]
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
            _, f, key, value = trace.records[event.ref][5]
            return f"{who}'s {f} returns" + (f" {show(event.data)}" if f in ("read", "get") else "")
        case "fail":
            return f"{who}'s {trace.records[event.ref][5][1]} is refused: {show(event.data)}"
        case "info":
            return (
                f"{who} gives up waiting for its {trace.records[event.ref][5][1]}: "
                f"{show(event.data)}"
            )
        case "mark" | "act" | "tell":
            return event.data
        case "fault":
            return event.data[2]
        case "crash":
            return f"{who} crashes" + ("" if event.data is None else f": {event.data}")
        case "send" | "set" | "cancel":
            # Never the first of a step in a run of ours; an edited trace may differ.
            return f"{who} {_effects(trace, [event])[0]}"
    verbs = {
        "start": "starts",
        "restart": "restarts from its disk",
        "pause": "pauses",
        "resume": "goes on",
    }
    return f"{who} {verbs[event.kind]}"


def _effects(trace, events: list[Event]) -> list[str]:
    """Sends, sets and cancels in words; one message to several nodes in a row is one phrase."""
    phrases, last = [], None
    for event in events:
        if event.kind == "send":
            if last is not None and same(last.data, event.data):
                phrases[-1] += f", {event.other}"
            else:
                phrases.append(f"sends {show(event.data)} to {event.other}")
            last = event
            continue
        last = None
        if event.kind == "set":
            timer, due = event.data
            # Without a clock, for some time.
            phrases.append(
                f"sets {show(timer)}"
                + (f" for {_moment(trace, due)}" if trace.unit == "ms" else "")
            )
        else:
            phrases.append(f"cancels {show(event.data)}")
    return phrases


def _belongs(record: tuple, first: tuple) -> bool:
    """Whether an event is an effect of the step that `first` begins."""
    return (
        record[1] in ("send", "set", "cancel") and record[2] == first[2] and record[0] == first[0]
    )


def _milliseconds(microseconds: int) -> str:
    """Milliseconds with one digit, rounded as the page rounds them: without fractions."""
    tenths = (microseconds + 50) // 100
    return f"{tenths // 10}.{tenths % 10}"


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
        if not same(old.get(name), value)
    ]


def _change(old, new) -> str:
    """What became of a field.

    A long list that grows is said by what it gains: nobody reads the rest twice.
    """
    if isinstance(old, (tuple, list)) and len(old) > LONG and begins(old, new):
        return f"gains {', '.join(map(show, new[len(old) :]))} and has {len(new)} items"
    return f"{show(old)} → {show(new)}"
