"""The stream scrubber as a still picture: the events, and the state before and after the one where
the run stands; see static/views/stream.js.
"""

from dslab.run.trace import Trace
from dslab.show.stills.drawing import (
    FAINT,
    INK,
    MARK,
    NEW,
    SOFT,
    TINT,
    WIDTH,
    Still,
    box,
    number_at,
    text,
)
from dslab.show.stills.lanes import pairs
from dslab.values import show

__all__ = ["stream"]

LEFT, ROW, TOP, MIDDLE = 8, 22, 28, 400
OWN = ("event", "version", "data")
#: More events than these don't fit on the sheet: those around the moment are shown.
EVENTS = 16


def stream(trace: Trace, at: float | None, names: dict[str, str]) -> Still:
    """The stream of the event at `at`, with the state that its events fold to there."""
    if not any("event" in record[6] for record in trace.records if record[6]):
        return Still(0, [], "This run has no stream to show: no node has a field “event”.")
    upto = number_at(trace, at)
    lane = next(
        (record[2] for record in reversed(trace.records[: upto + 1]) if record[2] in trace.nodes),
        trace.nodes[0],
    )
    events = [
        (number, record[6])
        for number, record in enumerate(trace.records)
        if record[2] == lane and record[6]
    ]
    now = max(sum(number <= upto for number, _ in events) - 1, 0)
    states, first = [state for _, state in events], events[0][1].get("version", 0)
    place = f"{lane}, version {first + now} of {first + len(events) - 1}"
    parts, rows = _events(states, now, first), _state(states, now)
    height = TOP + ROW * max(len(events[:EVENTS]), len(rows)) + 8
    return Still(
        height,
        [text(LEFT, 14, place, SOFT), *parts, *rows],
        f"Stream of {place}. After {_said(states[now])}: {_fields(states[now])}.",
    )


def _said(state: dict) -> str:
    return " ".join(
        [
            show(state["event"]),
            *(f"{name} {show(value)}" for name, value in pairs(state.get("data"))),
        ]
    )


def _fields(state: dict) -> str:
    return ", ".join(f"{name} {show(value)}" for name, value in state.items() if name not in OWN)


def _events(states: list[dict], now: int, version: int) -> list[str]:
    start, parts = max(0, min(now - EVENTS // 2, len(states) - EVENTS)), []
    for row, (number, state) in enumerate(list(enumerate(states))[start : start + EVENTS]):
        y = TOP + row * ROW
        if number == now:
            parts += [
                box(LEFT, y - 2, MIDDLE - LEFT - 24, ROW - 2, TINT, TINT),
                f'<rect x="{LEFT}" y="{y - 2}" width="3" height="{ROW - 2}" fill="{MARK}"/>',
            ]
        parts.append(
            text(
                LEFT + 12,
                y + 13,
                f"{version + number}. {_said(state)}",
                SOFT if number > now else INK,
                bold=number == now,
                room=MIDDLE - LEFT - 48,
            )
        )
    return parts


def _state(states: list[dict], now: int) -> list[str]:
    """A row for each field: its name, its value before the event, and after it."""
    before, after = states[now - 1] if now > 0 else {}, states[now]
    column = (WIDTH - LEFT - MIDDLE) / 3
    rows = [
        "".join(
            text(MIDDLE + place * column, TOP + 13, word, bold=True)
            for place, word in enumerate(("state", "before", "now"))
        )
        + f'<line x1="{MIDDLE}" y1="{TOP + 19}" x2="{WIDTH - LEFT}" y2="{TOP + 19}" '
        f'stroke="{FAINT}"/>'
    ]
    for name in [name for name in after if name not in OWN]:
        y, old, new = (
            TOP + len(rows) * ROW,
            *(show(state[name]) if name in state else "" for state in (before, after)),
        )
        rows.append(
            (box(MIDDLE + 2 * column - 8, y, column + 8, ROW - 2, NEW, NEW) if old != new else "")
            + text(MIDDLE, y + 14, name, SOFT, room=column - 8)
            + text(MIDDLE + column, y + 14, old, room=column - 8)
            + text(MIDDLE + 2 * column, y + 14, f"● {new}" if old != new else new, room=column - 4)
        )
    return rows
