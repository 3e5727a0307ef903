"""A still picture of a short run, as SVG: for readers without scripts, for print, and for places
that strip both.
"""

from html import escape

from dslab.run.trace import Trace
from dslab.show.stills.drawing import (
    BAD,
    DASHES,
    FAINT,
    HUES,
    INK,
    MARK,
    PAPER,
    SOFT,
    TINT,
    WARN,
    WIDTH,
    Still,
    class_name,
    message_names,
    sheet,
    short,
    text,
)
from dslab.values import show

__all__ = ["diagram", "space_time"]

LANE, TOP, LEFT, RIGHT = 44, 26, 64, WIDTH - 34
#: More messages than this can't be told apart; the picture then shows the part around the moment
#: asked for.
MESSAGES = 50


def diagram(trace: Trace, at: float | None = None) -> str:
    """The run as an SVG text, or the part around `at` (ms) where it is long.

    The same bytes for the same run.
    """
    return sheet(trace.title, space_time(trace, at, {}))


def space_time(trace: Trace, at: float | None, names: dict[str, str]) -> Still:
    """A lane for each node and client, a line for each message."""
    start, end = _window(trace, at)
    lanes = {name: TOP + place * LANE + LANE / 2 for place, name in enumerate(trace.lanes)}
    foot = TOP + len(lanes) * LANE

    def x(time):
        return round(LEFT + (time - start) / max(end - start, 1) * (RIGHT - LEFT), 1)

    events = trace.events
    kinds, shown, inside = message_names(trace), set(), []
    for event in events:
        if event.kind in ("deliver", "lose"):
            sent = events[event.ref]
            if event.time >= start and sent.time <= end:
                style = kinds.index(class_name(sent.data))
                shown.add(style)
                inside += _arrow(sent, event, style, lanes, x)
        elif start <= event.time <= end and event.place in lanes:
            inside += _sign(event, events, lanes, x)
    if at is not None and start <= at * 1000 <= end:
        inside.append(
            f'<path d="M{x(at * 1000)} {TOP - 8}V{foot}" stroke="{MARK}" stroke-width="1.4"/>'
        )
    legend, rows = _legend([(style, kinds[style]) for style in sorted(shown)], foot + 40)
    # What begins or ends outside the window is cut off at its edge.
    window = (
        f'<svg x="{LEFT - 6}" y="0" width="{RIGHT - LEFT + 12}" height="{foot + 2}" '
        f'viewBox="{LEFT - 6} 0 {RIGHT - LEFT + 12} {foot + 2}">'
    )
    steps = [sentence for _, sentence in trace.steps()]
    words = f"Space-time diagram: {len(steps)} steps. It ends so: {' '.join(steps[-2:])[:400]}"
    return Still(
        foot + 26 + 20 * rows,
        [
            *_axis(trace, start, end, foot, x),
            window,
            *_frame(trace, lanes, start, end, foot, x),
            *inside,
            "</svg>",
            *(text(8, y + 4, short(name, LEFT - 8), bold=True) for name, y in lanes.items()),
            *legend,
        ],
        words,
    )


def _window(trace: Trace, at: float | None) -> tuple[int, int]:
    """The part of the run to draw, in µs."""
    times = [record[0] for record in trace.records if record[1] in ("deliver", "lose")]
    if not trace.records:
        return 0, 1000
    if len(times) <= MESSAGES:
        return 0, max(trace.records[-1][0], 1000)
    place = sum(time <= (at or 0) * 1000 for time in times)
    first = max(0, min(place - MESSAGES // 2, len(times) - MESSAGES))
    return max(0, times[first] - 2000), times[first + MESSAGES - 1] + 2000


def _axis(trace, start, end, foot, x) -> list[str]:
    times = [start + (end - start) * tenth / 10 for tenth in range(0, 11, 2)]
    words = [
        f"{time / 1000:.{int(end - start < 5000)}f} ms"
        if trace.unit == "ms"
        else f"{trace.unit} {time / 1000:.0f}"
        for time in times
    ]
    return [text(x(time), foot + 16, said, SOFT, "middle") for time, said in zip(times, words)]


def _frame(trace, lanes, start, end, foot, x) -> list[str]:
    """Lanes, and the spans in which links are cut or nodes are down."""
    parts, opened, down = [], None, {}
    for event in [*trace.events, None]:
        if event is None or event.kind in ("cut", "heal"):
            if opened is not None:
                left, right = max(x(opened), LEFT), min(x(event.time if event else end), RIGHT)
                if right > left:
                    parts.append(
                        f'<rect x="{left}" y="{TOP - 4}" width="{round(right - left, 1)}" '
                        f'height="{foot - TOP + 2}" '
                        f'fill="{WARN}" fill-opacity="0.1" stroke="{WARN}" stroke-dasharray="4 3"/>'
                    )
                    parts.append(
                        text(min(left + 4, RIGHT - 70), TOP - 9, "✂ links cut", WARN, size=12)
                    )
            opened = event.time if event and event.kind == "cut" else None
        if event and event.kind in ("crash", "restart"):
            down.setdefault(event.place, []).append(event.time)
    for name, y in lanes.items():
        parts.append(
            f'<line x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}" '
            f'stroke="{SOFT if name in trace.nodes else FAINT}"/>'
        )
        times = down.get(name, [])
        for crash, restart in zip(times[::2], times[1::2] + [end]):
            left, right = max(x(crash), LEFT), min(x(restart), RIGHT)
            if right > left:
                parts.append(
                    f'<line x1="{left}" y1="{y}" x2="{right}" y2="{y}" stroke="{PAPER}" '
                    f'stroke-width="3"/>{text(left + 8, y + 16, "down", SOFT, size=12)}'
                )
    return parts


def _legend(kinds, y) -> tuple[list[str], int]:
    """The names of the messages beside their lines, and how many rows they take."""
    parts, x, rows = [], 8, 1 if kinds else 0
    for style, name in kinds:
        if x > 8 and x + 40 + 7.5 * len(name) > WIDTH:
            x, y, rows = 8, y + 20, rows + 1
        hue, dash = HUES[style % len(HUES)], DASHES[style % len(DASHES)]
        parts += [
            f'<line x1="{x}" y1="{y - 4}" x2="{x + 24}" y2="{y - 4}" stroke="{hue}" '
            'stroke-width="2"' + (f' stroke-dasharray="{dash}"' if dash else "") + "/>",
            text(x + 30, y, name, SOFT, size=12),
        ]
        x += 46 + 7.5 * len(name)
    return parts, rows


def _arrow(sent, event, style, lanes, x) -> list[str]:
    x1, y1, x2, y2 = x(sent.time), lanes[sent.place], x(event.time), lanes[sent.other]
    style %= len(HUES)
    color, dash = HUES[style], f' stroke-dasharray="{DASHES[style]}"' if DASHES[style] else ""
    if event.kind == "lose":
        color = BAD
        x2, y2 = round(x1 + max((x2 - x1) * 0.75, 8), 1), round(y1 + (y2 - y1) * 0.6, 1)
        end = f'<path d="M{x2 - 4} {y2 - 4}l8 8m0 -8l-8 8" stroke="{color}" stroke-width="1.6"/>'
    else:
        end = f'<circle cx="{x2}" cy="{y2}" r="3" fill="{color}"/>'
    return [
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{color}" stroke-width="1.3"{dash}>'
        f"<title>{escape(show(sent.data))}</title></line>{end}"
    ]


def _sign(event, events, lanes, x) -> list[str]:
    at, y = x(event.time), lanes[event.place]
    match event.kind:
        case "fire" | "act" | "tell":
            return [
                f'<path d="M{at} {y - 5}l5 5l-5 5l-5 -5z" fill="{PAPER}" '
                f'stroke="{INK}"><title>{escape(show(event.data))}</title></path>'
            ]
        case "start" | "restart":
            return [f'<circle cx="{at}" cy="{y}" r="4" fill="{PAPER}" stroke="{INK}"/>']
        case "crash":
            return [
                f'<path d="M{at - 5} {y - 5}l10 10m0 -10l-10 10" stroke="{INK}" stroke-width="2"/>'
            ]
        case "ok" | "fail" | "info":
            _, f, key, value = events[event.ref].data
            began = max(x(events[event.ref].time), LEFT)
            answer = {
                "ok": f" → {show(event.data)}" if f in ("read", "get") else " ✓",
                "fail": " ✗",
                "info": " ?",
            }[event.kind]
            words = (
                " ".join([f] + [show(part) for part in (key, value) if part is not None]) + answer
            )
            return [
                f'<rect x="{began}" y="{y - 10}" width="{max(round(at - began, 1), 3)}" '
                f'height="20" rx="3" fill="{TINT}" stroke="{SOFT}"/>'
                f'<text x="{began + 4}" y="{y + 4}" fill="{INK}">{escape(words)}</text>'
            ]
    return []
