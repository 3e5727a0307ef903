"""A still picture of a short run, as SVG: for readers without scripts, for print, and for places that strip both."""

from html import escape

from dslab.trace import Trace
from dslab.values import show

__all__ = ["diagram"]

LANE, TOP, LEFT, WIDTH = 44, 34, 64, 900
#: More messages than this can't be told apart; the picture then shows the part around the moment asked for.
MESSAGES = 60
INK, SOFT, FAINT, CUT, LOST = "#1f2328", "#57606a", "#d0d7de", "#b34700", "#b3261e"
HUES = ("#0072b2", "#b34700", "#007a5a", "#a3478a", "#6b5d00", "#4d4d9f")
DASHES = ("", "7 4", "2 3", "9 3 2 3", "4 4", "1 4")


def diagram(trace: Trace, at: float | None = None) -> str:
    """The run as an SVG text, or the part around `at` (ms) where it is long. The same bytes for the same run."""
    start, end = _window(trace, at)
    lanes = {name: TOP + place * LANE + LANE / 2 for place, name in enumerate(trace.lanes)}
    height = TOP + len(lanes) * LANE + 22

    def x(time):
        return round(LEFT + (time - start) / max(end - start, 1) * (WIDTH - LEFT - 16), 1)

    parts = _frame(trace, lanes, start, end, height, x)
    names: dict[str, int] = {}
    events = trace.events
    for number, event in enumerate(events):
        if event.kind in ("deliver", "lose") and event.ref is not None:
            sent = events[event.ref]
            if event.time >= start and sent.time <= end:
                name = type(sent.data).__name__ if not isinstance(sent.data, dict) else sent.data.get("$", "")
                parts += _arrow(sent, event, names.setdefault(name, len(names)) % len(HUES), name, lanes, x)
        elif start <= event.time <= end and event.place in lanes:
            parts += _sign(event, events, lanes, x)
    return "".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
                    'font-family="system-ui, sans-serif" font-size="12">', *parts, "</svg>"])


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


def _frame(trace, lanes, start, end, height, x) -> list[str]:
    """Background, lanes, times, and the spans in which links are cut or nodes are down."""
    parts = [f"<title>{escape(trace.title)}</title>", f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>']
    opened, down = None, {}
    for event in [*trace.events, None]:
        if event is None or event.kind in ("cut", "heal"):
            if opened is not None:
                left, right = max(x(opened), LEFT), min(x(event.time if event else end), WIDTH - 16)
                if right > left:
                    parts.append(f'<rect x="{left}" y="{TOP - 8}" width="{round(right - left, 1)}" height="{height - TOP - 14}" '
                                 f'fill="{CUT}" fill-opacity="0.1" stroke="{CUT}" stroke-dasharray="4 3"/>'
                                 f'<text x="{left + 4}" y="{TOP - 12}" fill="{CUT}">links cut</text>')
            opened = event.time if event and event.kind == "cut" else None
        if event and event.kind in ("crash", "restart"):
            down.setdefault(event.place, []).append(event.time)
    for name, y in lanes.items():
        parts.append(f'<text x="8" y="{y + 4}" fill="{INK}" font-weight="600">{escape(name)}</text>'
                     f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - 16}" y2="{y}" stroke="{SOFT if name in trace.nodes else FAINT}"/>')
        times = down.get(name, [])
        for crash, restart in zip(times[::2], times[1::2] + [end]):
            left, right = max(x(crash), LEFT), min(x(restart), WIDTH - 16)
            if right > left:
                parts.append(f'<line x1="{left}" y1="{y}" x2="{right}" y2="{y}" stroke="#ffffff" stroke-width="3"/>'
                             f'<text x="{left + 8}" y="{y + 16}" fill="{SOFT}">down</text>')
    for tenth in range(0, 11, 2):
        time = start + (end - start) * tenth / 10
        parts.append(f'<text x="{x(time)}" y="{height - 6}" fill="{SOFT}" text-anchor="middle">{time / 1000:.0f} ms</text>')
    return parts


def _arrow(sent, event, style, name, lanes, x) -> list[str]:
    x1, y1, x2, y2 = x(sent.time), lanes[sent.place], x(event.time), lanes[sent.other]
    color, dash = HUES[style], f' stroke-dasharray="{DASHES[style]}"' if DASHES[style] else ""
    end = ""
    if event.kind == "lose":
        color = LOST
        x2, y2 = round(x1 + max((x2 - x1) * 0.75, 8), 1), round(y1 + (y2 - y1) * 0.6, 1)
        end = f'<path d="M{x2 - 4} {y2 - 4}l8 8m0 -8l-8 8" stroke="{color}" stroke-width="1.6"/>'
    else:
        end = f'<circle cx="{x2}" cy="{y2}" r="3" fill="{color}"/>'
    return [f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{color}" stroke-width="1.3"{dash}>'
            f"<title>{escape(show(sent.data))}</title></line>{end}"]


def _sign(event, events, lanes, x) -> list[str]:
    at, y = x(event.time), lanes[event.place]
    match event.kind:
        case "fire" | "act" | "tell":
            return [f'<path d="M{at} {y - 5}l5 5l-5 5l-5 -5z" fill="#ffffff" stroke="{INK}"><title>{escape(show(event.data))}</title></path>']
        case "start" | "restart":
            return [f'<circle cx="{at}" cy="{y}" r="4" fill="#ffffff" stroke="{INK}"/>']
        case "crash":
            return [f'<path d="M{at - 5} {y - 5}l10 10m0 -10l-10 10" stroke="{INK}" stroke-width="2"/>']
        case "ok" | "fail" | "info":
            _, f, key, value = events[event.ref].data
            began = max(x(events[event.ref].time), LEFT)
            answer = {"ok": f" → {show(event.data)}" if f in ("read", "get") else " ✓", "fail": " ✗", "info": " ?"}[event.kind]
            words = " ".join([f] + [show(part) for part in (key, value) if part is not None]) + answer
            return [f'<rect x="{began}" y="{y - 10}" width="{max(round(at - began, 1), 3)}" height="20" rx="3" fill="#f3f5f7" stroke="{SOFT}"/>'
                    f'<text x="{began + 4}" y="{y + 4}" fill="{INK}">{escape(words)}</text>']
    return []
