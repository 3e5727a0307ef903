"""Which faults mattered: a run whose partition no message met has tested nothing."""

from dslab.run.trace import Event, Trace

__all__ = ["mattered"]


def mattered(trace: Trace) -> tuple[str, ...]:
    """A sentence for each fault of a run: what it stopped, or that it changed nothing.

    For `Verdict.faults`.
    """
    events, found = trace.events, []
    end = events[-1].time if events else 0
    cuts = []  # Those that are not healed yet: [since when, its links].
    for number, event in enumerate(events):
        if event.kind == "cut":
            _one_more(cuts, event)
        elif event.kind == "heal":
            found += _cuts(events, cuts, event.time)
            cuts = []
        elif event.kind == "crash":
            up = next(
                (
                    later.time
                    for later in events[number:]
                    if later.kind == "restart" and later.place == event.place
                ),
                end,
            )
            missed = sum(
                1
                for later in events[number:]
                if later.kind == "lose"
                and later.data == "down"
                and later.place == event.place
                and later.time <= up
            )
            what = (
                f"{_messages(missed)} found it down"
                if missed
                else "no message came while it was down"
            )
            found.append(f"{event.place} was down {_span(event.time, up)}: {what}.")
            if event.data is not None:
                found.append(
                    f"When {event.place} crashed at {event.time / 1000:.0f} ms, {event.data}."
                )
        elif event.kind == "pause":
            until = next(
                (
                    later.time
                    for later in events[number:]
                    if later.kind == "resume" and later.place == event.place
                ),
                end,
            )
            held = sum(
                1
                for later in events[number:]
                if later.kind in ("deliver", "fire")
                and later.place == event.place
                and later.time == until
            )
            found.append(
                f"{event.place} was paused {_span(event.time, until)}: "
                + (
                    f"{held} step{'' if held == 1 else 's'} waited for it."
                    if held
                    else "nothing waited for it."
                )
            )
        elif event.kind == "fault" and event.data[0] in _OTHERS:
            told = _OTHERS[event.data[0]](event, events[number + 1 :], end)
            found += [told] if told else []
    found += _cuts(events, cuts, end)
    return tuple(found + _chances(events))


def _one_more(cuts, event) -> None:
    """Add a cut's links to the `cuts` at work; those of one moment are one cut, and a link that is
    down already is none.
    """
    links = {tuple(pair) for pair in event.data} - {link for _, others in cuts for link in others}
    if cuts and cuts[-1][0] == event.time:
        cuts[-1][1].update(links)
    elif links:
        cuts.append((event.time, links))


def _cuts(events, cuts, end) -> list[str]:
    """What each cut stopped, until all links were up again."""
    found = []
    for start, links in cuts:
        stopped = sum(
            1
            for event in events
            if event.kind == "lose"
            and event.data == "cut"
            and start <= event.time <= end
            and (event.other, event.place) in links
        )
        what = (
            f"stopped {_messages(stopped)}"
            if stopped
            else "crossed no message, so it tested nothing"
        )
        found.append(f"The cut {_span(start, end)} {what}.")
    return found


def _chances(events) -> list[str]:
    lost, corrupt, dropped = (
        sum(1 for event in events if event.kind == "lose" and event.data == why)
        for why in ("loss", "corrupt", "dropped")
    )
    altered = sum(1 for event in events if event.kind == "deliver" and event.data is not None)
    refs = [event.ref for event in events if event.kind == "deliver"]
    twice = len(refs) - len(set(refs))
    counts = (
        (lost, "lost at random"),
        (dropped, "dropped by hand"),
        (corrupt, "corrupted and thrown away"),
        (altered, "handled in an altered form"),
        (twice, "delivered once more"),
    )
    return [f"{_messages(count)} {what}." for count, what in counts if count]


# Faults without a kind of their own. Each is told with the events after it.


def _slow(fault: Event, after, end) -> str:
    pairs = {tuple(pair) for pair in fault.data[1]}
    until, during = _until(
        after,
        end,
        lambda name, details: (
            name in ("slow", "fast") and pairs & {tuple(pair) for pair in details}
        ),
    )
    carried = sum(
        1 for event in during if event.kind == "send" and (event.place, event.other) in pairs
    )
    return f"The slow links {_span(fault.time, until)} " + (
        f"carried {_messages(carried)}."
        if carried
        else "carried no message, so they tested nothing."
    )


def _clock(fault: Event, after, end) -> str:
    (name,) = fault.data[1]
    until, during = _until(
        after, end, lambda what, details: what in ("clock", "clock_right") and details[0] == name
    )
    steps = sum(1 for event in during if event.place == name and event.state is not None)
    return f"{name}'s clock was wrong {_span(fault.time, until)}: " + (
        f"it took {steps} step{'' if steps == 1 else 's'} by it."
        if steps
        else "it took no step by it."
    )


def _crash_during(fault: Event, after, end) -> str | None:
    (name,) = fault.data[1]
    if not any(event.kind == "crash" and event.place == name for event in after):
        return (
            f"{name} was to crash in the middle of a step from {fault.time / 1000:.0f} ms on, "
            "and took none."
        )
    return None


def _byzantine(fault: Event, after, end) -> str:
    name, behaviour = fault.data[1]
    lies = max(
        (event.state["lies"] for event in after if event.place == name and event.state is not None),
        default=0,
    )
    told = f"lied in {_messages(lies)}" if lies else "never lied, so it tested nothing"
    return f"{name} was Byzantine ({behaviour}) {_span(fault.time, end)}: it {told}."


def _disturb(fault: Event, after, end) -> str | None:
    loss, duplicate, reorder, corrupt = fault.data[1]
    until, during = _until(after, end, lambda what, details: what == "disturb")
    if not (loss or duplicate or reorder or corrupt):
        return None
    if not any(event.kind == "send" for event in during):
        return (
            f"The network's faults {_span(fault.time, until)} met no message, so they tested "
            "nothing."
        )
    refs = [event.ref for event in during if event.kind == "deliver"]
    happened = {
        "lost": any(event.kind == "lose" and event.data == "loss" for event in during),
        "doubled": len(refs) > len(set(refs)),
        "overtaken": _overtaken(during),
        "corrupted": any(event.kind == "lose" and event.data == "corrupt" for event in during)
        or any(event.kind == "deliver" and event.data is not None for event in during),
    }
    idle = [
        word
        for word, share in zip(
            ("lost", "doubled", "overtaken", "corrupted"), (loss, duplicate, reorder, corrupt)
        )
        if share and not happened[word]
    ]
    told = (
        [f"{_messages(happened['overtaken'])} overtaken on their link {_span(fault.time, until)}."]
        if reorder and happened["overtaken"]
        else []
    )
    told += (
        [f"No message was {' or '.join(idle)} {_span(fault.time, until)}, so that tested nothing."]
        if idle
        else []
    )
    return " ".join(told) or None


def _overtaken(events) -> int:
    """How many messages were handled after one that left later on the same link."""
    latest, found = {}, 0
    for event in events:
        if event.kind == "deliver":
            link = event.other, event.place
            found += event.ref < latest.get(link, -1)
            latest[link] = max(event.ref, latest.get(link, -1))
    return found


def _by_hand(fault: Event, after, end) -> str:
    name, details, sentence = fault.data
    if name == "fire":
        came = any(event.kind == "fire" and event.place == details[0] for event in after)
    else:
        came = any(event.kind == "deliver" and event.ref == details[0] for event in after)
    return f"By hand, {sentence}" + ("." if came else ", and nothing came of it.")


_OTHERS = {
    "slow": _slow,
    "clock": _clock,
    "crash_during": _crash_during,
    "byzantine": _byzantine,
    "disturb": _disturb,
    "deliver": _by_hand,
    "duplicate": _by_hand,
    "delay": _by_hand,
    "fire": _by_hand,
}


def _until(after, end, over) -> tuple[int, list[Event]]:
    """(when a fault was over, the events up to then): until the first fault for which `over(name,
    details)` is true.
    """
    for number, event in enumerate(after):
        if event.kind == "fault" and over(*event.data[:2]):
            return event.time, after[:number]
    return end, after


def _messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"


def _span(start: int, end: int) -> str:
    return f"from {start / 1000:.0f} to {end / 1000:.0f} ms"
