"""The still picture of a cluster at one moment: what static/views/stage.js shows."""

from math import atan2, cos, degrees, hypot, pi, sin

from dslab.run.trace import Trace
from dslab.show.stills.drawing import (
    BAD,
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
    moment,
    number_at,
    short,
    text,
)
from dslab.values import plain, show

__all__ = ["stage"]

RING, R = 115, 26


def stage(trace: Trace, at: float | None, names: dict[str, str]) -> Still:
    """Nodes on a ring with role, term and timers, clients, messages under way, cut links."""
    if not trace.records:
        return Still(0, [], "Nothing happened in this run.")
    number, spots = number_at(trace, at), _spots(trace)
    cut, flights = _cut(trace, number), _flights(trace, number)
    about = {name: _about(trace, name, number) for name in trace.lanes}
    kinds, under_way = (
        message_names(trace),
        sorted({class_name(trace.records[send][5]) for send, _ in flights}),
    )
    parts = [
        _link(spots[a], spots[b], (a, b) in cut, (b, a) in cut)
        for place, a in enumerate(trace.nodes)
        for b in trace.nodes[place + 1 :]
    ]
    for name in trace.lanes:
        parts += _lane(
            name, about[name], spots[name], _timers(trace, name, number), name in trace.nodes
        )
    parts += [_message(trace, send, along, spots, kinds) for send, along in flights]
    told = f"Cluster stage {moment(trace, number)}: " + "; ".join(
        ", ".join([name, *about[name]]) for name in trace.lanes
    )
    told += f". {len(flights) or 'No'} message{'' if len(flights) == 1 else 's'} under way" + (
        f": {', '.join(under_way)}." if under_way else "."
    )
    caption = moment(trace, number) + (f" · ✂ {divided(cut, trace.lanes)}" if cut else "")
    parts += [text(8, 14, caption, WARN if cut else SOFT)]
    return Still(
        2 * RING + 130, parts, told + (f" Cut: {divided(cut, trace.lanes)}." if cut else "")
    )


def divided(cut: set[tuple[str, str]], lanes) -> str:
    """The groups that cut links (from, to) divide the lanes into, or the links one by one."""
    groups: list[list[str]] = []
    for lane in lanes:
        if any(lane in pair for pair in cut):
            home = next(
                (
                    group
                    for group in groups
                    if all((lane, other) not in cut and (other, lane) not in cut for other in group)
                ),
                None,
            )
            groups.append([lane]) if home is None else home.append(lane)
    apart = all(
        {(a, b), (b, a)} <= cut
        for place, one in enumerate(groups)
        for other in groups[place + 1 :]
        for a in one
        for b in other
    )
    if len(groups) > 1 and apart:
        return " | ".join(" ".join(group) for group in groups)
    pairs = [f"{a}→{b}" for a, b in sorted(cut)]
    return (
        ", ".join(pairs)
        if len(pairs) <= 4
        else f"{', '.join(pairs[:3])} and {len(pairs) - 3} more links"
    )


# What there is at a moment.


def _cut(trace, number) -> set[tuple[str, str]]:
    links: set[tuple[str, str]] = set()
    for record in trace.records[: number + 1]:
        if record[1] == "heal":
            links = set()
        elif record[1] == "cut":
            links |= {(a, b) for a, b in record[5]}
    return links


def _flights(trace, number) -> list[tuple[int, float]]:
    """The messages under way: the event that sent each, and how much of its way is done."""
    sent = [
        place for place, record in enumerate(trace.records[: number + 1]) if record[1] == "send"
    ]
    arrivals: dict[int, list[int]] = {}
    for place, record in enumerate(trace.records):
        if record[1] in ("deliver", "lose"):
            arrivals.setdefault(record[4], []).append(place)
    found, now = [], trace.records[number][0]
    for send in sent:
        begin = trace.records[send][0]
        for arrival in arrivals.get(send, [None]):
            if arrival is None or arrival > number:
                takes = 0 if arrival is None else trace.records[arrival][0] - begin
                found.append((send, (now - begin) / takes if takes else 0.5))
    return found


def _timers(trace, name, number) -> list[float]:
    """Of each pending timer the part of its time that is left, by the names of the timers."""
    pending, now = {}, trace.records[number][0]
    for time, kind, place, _, _, data, _ in trace.records[: number + 1]:
        if place == name and kind == "set":
            pending[class_name(data[0])] = time, data[1]
        elif place == name and kind in ("cancel", "fire"):
            pending.pop(class_name(data), None)
        elif place == name and kind == "crash":
            pending.clear()
    return [
        min(1, max(0, (due - now) / max(1, due - begin)))
        for _, (begin, due) in sorted(pending.items())
    ]


def _about(trace, name, number) -> list[str]:
    """What stands beside a node or client: at most three short lines."""
    if name in trace.clients:
        calls = [
            place
            for place, record in enumerate(trace.records[: number + 1])
            if record[1] == "invoke" and record[2] == name
        ]
        return _call(trace, calls[-1], number) if calls else ["idle"]
    kinds = [
        record[1]
        for record in trace.records[: number + 1]
        if record[2] == name
        and record[1] in ("start", "tell", "act", "crash", "restart", "pause", "resume")
    ]
    state = trace.state(name, number)
    if state is None:
        return ["down"] if kinds else ["not started"]
    paused = (
        next((kind for kind in reversed(kinds) if kind in ("pause", "resume", "crash")), None)
        == "pause"
    )
    return [
        line
        for line in (*_role(trace, name, number, plain(state)), "paused" if paused else "")
        if line
    ][-3:]


def _role(trace, name, number, state) -> list[str]:
    """What the node says of itself: its role in a word, its term, and its first numbers."""
    (leads, word), pictured = trace.role(name, number), trace.pictured
    term, log = pictured.term, state.get(pictured.log)
    log_too = isinstance(log, (list, tuple))
    numbers = [field for field in state if _is_number(state[field]) and field != term]
    shown = [pictured.commit_index] if pictured.commit_index in numbers else numbers[: 2 - log_too]
    badges = ([f"log {len(log)}"] if log_too else []) + [
        f"{field.removesuffix('_index').replace('_', ' ')} {show(state[field])}" for field in shown
    ]
    return [
        ("★ " if leads else "") + (word or ("leads" if leads else "")),
        f"{term.removeprefix('current_')} {show(state[term])}"
        if state.get(term) is not None
        else "",
        " · ".join(badges),
    ]


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _call(trace, invoke, number) -> list[str]:
    _, f, key, value = trace.records[invoke][5]
    asked = " ".join([f] + [show(part) for part in (key, value) if part is not None])
    answer = next(
        (
            record
            for record in trace.records[invoke : number + 1]
            if record[4] == invoke and record[1] in ("ok", "fail", "info")
        ),
        None,
    )
    if answer is None:
        return [asked, "waits …"]
    said = "" if answer[5] is None else show(answer[5])
    return [
        asked,
        {"ok": f"✓ {said}".strip(), "fail": f"✗ {said}", "info": "? no answer"}[answer[1]],
    ]


# Where it stands, and how it is drawn.


def _spots(trace) -> dict[str, tuple[float, float]]:
    spots = {}
    for place, name in enumerate(trace.nodes):
        angle = (place / len(trace.nodes) - 0.25) * 2 * pi
        far = RING if len(trace.nodes) > 1 else 0
        spots[name] = WIDTH / 2 + far * cos(angle), 24 + R + 20 + RING + far * sin(angle)
    for place, name in enumerate(trace.clients):
        row, rows = place // 2, (len(trace.clients) + 1 - place % 2) // 2
        spots[name] = (WIDTH - 60 if place % 2 else 60), 30 + (2 * RING + 60) * (row + 0.5) / rows
    return spots


def _link(one, other, there, back) -> str:
    (x1, y1), (x2, y2) = one, other
    line = f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
    if not there and not back:
        return f'{line}stroke="{FAINT}"/>'
    # The cross stands on the side of the node that isn't heard where the cut is one way.
    along = 0.5 if there and back else 0.36 if there else 0.64
    x, y = x1 + (x2 - x1) * along, y1 + (y2 - y1) * along
    return (
        f'{line}stroke="{WARN}" stroke-width="1.6" stroke-dasharray="5 '
        f'4"/>{text(x, y + 6, "✂", WARN, "middle", size=17)}'
    )


def _message(trace, send, along, spots, kinds) -> str:
    _, _, place, other, _, payload, _ = trace.records[send]
    (x1, y1), (x2, y2) = spots[place], spots[other]
    long = hypot(x2 - x1, y2 - y1) or 1
    ux, uy = (x2 - x1) / long, (y2 - y1) / long
    ends = [
        (x1 + ux * (R + 6) - uy * 5, y1 + uy * (R + 6) + ux * 5),
        (x2 - ux * (R + 6) - uy * 5, y2 - uy * (R + 6) + ux * 5),
    ]
    (ax, ay), (bx, by) = ends
    x, y, name = ax + (bx - ax) * along, ay + (by - ay) * along, class_name(payload)
    hue = HUES[kinds.index(name) % len(HUES)]
    turn = degrees(atan2(uy, ux))
    return (
        f'<line x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by:.1f}" stroke="{hue}" '
        'stroke-opacity="0.5"/>'
        f'<path d="M-6 -6L8 0L-6 6z" fill="{hue}" transform="translate({x:.1f} {y:.1f}) '
        f'rotate({turn:.0f})"/>'
        f'<g paint-order="stroke" stroke="{PAPER}" '
        f'stroke-width="3">{text(x, y + (20 if uy < 0 else -10), name, hue, "middle", size=11)}</g>'
    )


def _lane(name, about, spot, timers, node) -> list[str]:
    x, y = spot
    down, leads = about == ["down"], about[0].startswith("★")
    if not node:
        dashes = "" if "waits …" in about else ' stroke-dasharray="2 2"'
        return [
            f'<rect x="{x - 24:.1f}" y="{y - 15:.1f}" width="48" height="30" rx="6" '
            f'fill="{TINT}" stroke="{SOFT}"{dashes}/>',
            text(x, y + 5, name, INK, "middle", True),
            *(
                text(x, y + 30 + 14 * row, short(line, 140), SOFT, "middle", size=12)
                for row, line in enumerate(about)
            ),
        ]
    stroke = f'{BAD}" stroke-dasharray="3 3' if down else INK if leads else SOFT
    body = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{R}" fill="{PAPER if down else TINT}" '
        f'stroke="{stroke}" stroke-width="{2.6 if leads else 1.6}"/>'
    ]
    body += (
        [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{R - 4}" fill="none" stroke="{INK}"/>']
        if leads
        else []
    )
    body += (
        []
        if down
        else [
            _arc(x, y, R + 5 + ring * 4.5, part)
            for ring, part in enumerate(timers[:3])
            if part > 0.002
        ]
    )
    left = x < WIDTH / 2 - 20
    lines = [
        text(
            x + (-R - 22 if left else R + 22),
            y - 8 + 15 * row,
            line,
            BAD if down else INK if row == 0 and leads else SOFT,
            "end" if left else "start",
            row == 0 and leads,
        )
        for row, line in enumerate(about)
    ]
    return [*body, text(x, y + 5, ("✕ " if down else "") + name, INK, "middle", True), *lines]


def _arc(x, y, radius, part) -> str:
    angle = min(part, 0.999) * 2 * pi
    return (
        f'<path d="M{x:.1f} {y - radius:.1f}A{radius} {radius} 0 {int(part > 0.5)} 1 '
        f'{x + radius * sin(angle):.1f} {y - radius * cos(angle):.1f}" '
        f'fill="none" stroke="{MARK}" stroke-width="2.4" stroke-linecap="round"/>'
    )
