"""The stream scrubber as a still picture: the events, and the state before and after the one where the run stands."""

from dslab.show.stills.paper import FAINT, INK, LEFT, MARK, NEW, SOFT, TINT, WIDTH, box, moment, pairs, sheet, text
from dslab.trace import Trace
from dslab.values import show

__all__ = ["stream"]

ROW, TOP, MIDDLE = 22, 62, 470
OWN = ("event", "version", "data")
#: More events than these don't fit on the sheet: those around the moment are shown.
EVENTS = 16


def stream(trace: Trace, at: float | None = None) -> str:
    """The stream of the event at `at`, with the state that its events fold to there."""
    upto = moment(trace, at)
    lane = next((record[2] for record in reversed(trace.records[:upto + 1]) if record[2] in trace.nodes), trace.nodes[0])
    events = [(number, record[6]) for number, record in enumerate(trace.records) if record[2] == lane and record[6]]
    now = sum(number <= upto for number, _ in events) - 1
    first = events[0][1].get("version", 0)
    place = "before its first event" if now < 0 else f"version {first + now} of {first + len(events) - 1}"
    parts, rows = _events([state for _, state in events], now, first), _state([state for _, state in events], now)
    height = TOP + ROW * max(len(events[:EVENTS]), len(rows) + 1) + 14
    return sheet(trace.title, height, [text(LEFT, 42, f"{lane}, {place}", SOFT), *parts, *rows])


def _events(states: list[dict], now: int, version: int) -> list[str]:
    start, parts = max(0, min(now - EVENTS // 2, len(states) - EVENTS)), []
    for row, (number, state) in enumerate(list(enumerate(states))[start:start + EVENTS]):
        y, later = TOP + row * ROW, number > now
        if number == now:
            parts.append(box(LEFT, y - 2, MIDDLE - LEFT - 24, ROW - 2, TINT, TINT) + f'<rect x="{LEFT}" y="{y - 2}" width="3" height="{ROW - 2}" fill="{MARK}"/>')
        data = ", ".join(f"{name} {show(value)}" for name, value in pairs(state.get("data")))
        style = 'font-style="italic"' if later else 'font-weight="600"' if number == now else ""
        parts.append(text(LEFT + 12, y + 13, f"{version + number}. {show(state['event'])} {data}", SOFT if later else INK, room=MIDDLE - LEFT - 48, more=style))
    return parts


def _state(states: list[dict], now: int) -> list[str]:
    """A row for each field: its name, its value before the event, and after it."""
    before, after = states[now - 1] if now > 0 else {}, states[now] if now >= 0 else {}
    column = (WIDTH - LEFT - MIDDLE) / 3
    rows = ["".join(text(MIDDLE + place * column, TOP + 13, word, INK, more='font-weight="600"') for place, word in enumerate(("state", "before", "now")))
            + f'<line x1="{MIDDLE}" y1="{TOP + 19}" x2="{WIDTH - LEFT}" y2="{TOP + 19}" stroke="{FAINT}"/>']
    for name in [name for name in after if name not in OWN]:
        y, old, new = TOP + len(rows) * ROW, *(show(state[name]) if name in state else "" for state in (before, after))
        if old != new:
            rows.append(box(MIDDLE + 2 * column - 8, y, column + 8, ROW - 2, NEW, NEW))
        else:
            rows.append("")
        rows[-1] += (text(MIDDLE, y + 14, name, SOFT, room=column - 8) + text(MIDDLE + column, y + 14, old, room=column - 8)
                     + text(MIDDLE + 2 * column, y + 14, f"● {new}" if old != new else new, room=column - 4))
    return rows
