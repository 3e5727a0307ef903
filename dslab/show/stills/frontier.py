"""The still picture of a frontier plot: every run as its series' sign, the frontier as a stair, and
the names of the runs on it.
"""

from html import escape
from math import log10

from dslab.show.stills.drawing import FAINT, HUES, INK, MARK, SOFT
from dslab.values import show

__all__ = ["still"]

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 900, 420, 70, 66, 30, 76
#: A second sign for each hue, as frontier.js has them.
SHAPES = (
    "M0 -6A6 6 0 1 1 0 6A6 6 0 1 1 0 -6Z",
    "M-5.5 -5.5H5.5V5.5H-5.5Z",
    "M0 -7.5L7 5.5H-7Z",
    "M0 -8L8 0L0 8L-8 0Z",
    "M0 7.5L7 -5.5H-7Z",
    "M-2.4 -7H2.4V-2.4H7V2.4H2.4V7H-2.4V2.4H-7V-2.4H-2.4Z",
)
TICKS = 4


def still(content: dict, front: list[int]) -> str:
    """SVG text, the same for the same content.

    `front` holds the numbers of the points that no other beats.
    """
    x, y = (content["figures"][content[axis]] for axis in "xy")
    places = {
        number: (point["values"][content["x"]], point["values"][content["y"]])
        for number, point in enumerate(content["points"])
    }
    known = {number: place for number, place in places.items() if None not in place}
    across, columns = _scale(
        [place[0] for place in known.values()], x, LEFT + 14, WIDTH - RIGHT - 90
    )
    up, rows = _scale([place[1] for place in known.values()], y, HEIGHT - BOTTOM - 12, TOP + 12)
    at = {number: (across(place[0]), up(place[1])) for number, place in known.items()}
    parts = _axes(columns, rows, across, up, x, y) + _stair(
        sorted(at[number] for number in front), x["more"]
    )
    kinds = list(dict.fromkeys(_kind(content, point) for point in content["points"]))
    for number, (left, top) in at.items():
        parts.append(
            _sign(
                kinds.index(_kind(content, content["points"][number])), left, top, number in front
            )
        )
    for number in front:
        left, top = at[number]
        parts.append(
            f'<text x="{left + 11}" y="{round(top - 9, 1)}" '
            f'fill="{INK}">{escape(content["points"][number]["name"])}</text>'
        )
    title = content["title"] or "Trade-off"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="system-ui, sans-serif" font-size="12">'
        f'<title>{escape(title)}</title><rect width="{WIDTH}" height="{HEIGHT}" '
        f'fill="#ffffff"/><text x="12" y="22" fill="{INK}" font-size="14" '
        f'font-weight="600">{escape(title)}</text>'
        f"{''.join(parts)}{_legend(kinds)}</svg>"
    )


def _kind(content: dict, point: dict) -> str:
    return "" if content["series"] is None else point["config"][content["series"]]


def _axes(columns, rows, across, up, x: dict, y: dict) -> list[str]:
    bottom = HEIGHT - BOTTOM
    parts = [
        f'<path d="M{across(value)} {TOP}V{bottom}" stroke="{FAINT}"/><text '
        f'x="{across(value)}" y="{bottom + 15}" text-anchor="middle" fill="{SOFT}">'
        f"{show(value)}</text>"
        for value in columns
    ]
    parts += [
        f'<path d="M{LEFT} {up(value)}H{WIDTH - RIGHT}" stroke="{FAINT}"/><text '
        f'x="{LEFT - 6}" y="{round(up(value) + 4, 1)}" text-anchor="end" fill="{SOFT}">'
        f"{show(value)}</text>"
        for value in rows
    ]
    return parts + [
        f'<text x="{WIDTH - RIGHT}" y="{bottom + 34}" text-anchor="end" '
        f'fill="{SOFT}">{escape(_said(x))}</text>',
        f'<text x="12" y="{TOP - 16}" fill="{SOFT}">{escape(_said(y))}</text>',
    ]


def _said(figure: dict) -> str:
    unit = f" ({figure['unit']})" if figure["unit"] else ""
    return f"{figure['name']}{unit}, {'more' if figure['more'] else 'less'} is better"


def _stair(corners: list, more: bool) -> list[str]:
    """Between two runs of the frontier nothing is known to be had: from the better figure one goes
    on level, then up.
    """
    if len(corners) < 2:
        return []
    steps = "".join(f"V{y}H{x}" if more else f"H{x}V{y}" for x, y in corners[1:])
    return [
        f'<path d="M{corners[0][0]} {corners[0][1]}{steps}" fill="none" stroke="{MARK}" '
        'stroke-width="1.6"/>'
    ]


def _sign(kind: int, x: float, y: float, front: bool) -> str:
    hue = HUES[kind % len(HUES)]
    return (
        f'<path transform="translate({x} {y})" d="{SHAPES[kind % len(SHAPES)]}" '
        f'fill="{hue if front else "#ffffff"}" stroke="{hue}" stroke-width="1.6"/>'
    )


def _legend(kinds: list[str]) -> str:
    parts, x, y = [], 20, HEIGHT - 16
    for number, kind in enumerate(kinds if kinds != [""] else []):
        parts.append(
            _sign(number, x, y - 4, True)
            + f'<text x="{x + 12}" y="{y}" fill="{INK}">{escape(kind)}</text>'
        )
        x += 36 + 7 * len(kind)
    return (
        "".join(parts)
        + f'<text x="{x}" y="{y}" fill="{SOFT}">filled: on the frontier; hollow: another '
        "run beats it</text>"
    )


def _scale(values: list, figure: dict, start: float, end: float):
    """From a value to a coordinate, logarithmic where the figure asks for it and every value is
    above 0; and the axis's marks.
    """
    change, back = (
        (log10, lambda place: 10**place)
        if figure["log"] and values and min(values) > 0
        else (float, float)
    )
    low, high = (change(min(values)), change(max(values))) if values else (0.0, 1.0)
    marks = dict.fromkeys(
        float(f"{back(low + (high - low) * part / TICKS):.3g}") for part in range(TICKS + 1)
    )
    return lambda value: round(
        start + (change(value) - low) / ((high - low) or 1) * (end - start), 1
    ), list(marks)
