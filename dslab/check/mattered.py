"""Which faults mattered: a run that passes under a partition that no message met has tested nothing."""

from dslab.trace import Trace

__all__ = ["mattered"]


def mattered(trace: Trace) -> tuple[str, ...]:
    """A sentence for each fault of a run: what it stopped, or that it changed nothing. For `Verdict.faults`."""
    events, found = trace.events, []
    end = events[-1].time if events else 0
    cut = None
    for number, event in enumerate(events):
        if event.kind in ("cut", "heal"):
            if cut is not None and event.kind == "heal":
                found.append(_cut(events, cut, event.time))
            cut = (cut or event.time) if event.kind == "cut" else None
        elif event.kind == "crash":
            up = next((later.time for later in events[number:] if later.kind == "restart" and later.place == event.place), end)
            missed = sum(1 for later in events[number:] if later.kind == "lose" and later.data == "down" and later.place == event.place and later.time <= up)
            what = f"{_messages(missed)} found it down" if missed else "no message came while it was down"
            found.append(f"{event.place} was down {_span(event.time, up)}: {what}.")
        elif event.kind == "pause":
            until = next((later.time for later in events[number:] if later.kind == "resume" and later.place == event.place), end)
            held = sum(1 for later in events[number:] if later.kind in ("deliver", "fire") and later.place == event.place and later.time == until)
            found.append(f"{event.place} was paused {_span(event.time, until)}: " + (f"{held} steps waited for it." if held else "nothing waited for it."))
    if cut is not None:
        found.append(_cut(events, cut, end))
    return tuple(found + _chances(events))


def _cut(events, start, end) -> str:
    stopped = sum(1 for event in events if event.kind == "lose" and event.data == "cut" and start <= event.time <= end)
    what = f"stopped {_messages(stopped)}" if stopped else "crossed no message, so it tested nothing"
    return f"The cut {_span(start, end)} {what}."


def _chances(events) -> list[str]:
    lost = sum(1 for event in events if event.kind == "lose" and event.data == "loss")
    refs = [event.ref for event in events if event.kind == "deliver"]
    twice = len(refs) - len(set(refs))
    return ([f"{_messages(lost)} lost at random."] if lost else []) + ([f"{_messages(twice)} delivered once more."] if twice else [])


def _messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"


def _span(start: int, end: int) -> str:
    return f"from {start / 1000:.0f} to {end / 1000:.0f} ms"
