"""The still picture of a state graph: every state where they can be told apart, else how many there
are at each depth.
"""

from html import escape

from dslab.show.stills.drawing import BAD, FAINT, INK, SOFT

__all__ = ["still"]

WIDTH, HEIGHT, LEFT, TOP = 900, 360, 24, 40
#: More states than this are counted.
STATES = 400
HUES = ("#0072b2", "#b34700", "#007a5a", "#6b5d00")
BOTH = "#a3478a"


def still(content: dict) -> str:
    """SVG text, the same for the same content."""
    parts = _dots(content) if sum(content["layers"]) <= STATES else _bars(content)
    signs = _signs(content) if sum(content["layers"]) <= STATES else []
    parts += (
        [f'<text x="{LEFT}" y="{HEIGHT + 8}" fill="{SOFT}">{escape(" · ".join(signs))}</text>']
        if signs
        else []
    )
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + 20}" '
            f'width="{WIDTH}" height="{HEIGHT + 20}" '
            'font-family="system-ui, sans-serif" '
            f'font-size="12"><title>{escape(content["title"])}</title>'
            f'<rect width="{WIDTH}" height="{HEIGHT + 20}" fill="#ffffff"/><text '
            f'x="{LEFT}" y="20" fill="{INK}" font-weight="600">{escape(content["title"])}</text>',
            *parts,
            "</svg>",
        ]
    )


def _dots(content) -> list[str]:
    at, high = [], max(content["layers"])
    for depth, count in enumerate(content["layers"]):
        x = LEFT + 10 + depth * (WIDTH - 2 * LEFT - 20) / max(1, len(content["layers"]) - 1)
        at += [
            (
                round(x, 1),
                round(TOP + (HEIGHT - TOP - 16) * (0.5 + (place - (count - 1) / 2) / high), 1),
            )
            for place in range(count)
        ]
    path = list(zip(content["path"], content["path"][1:]))
    lines, edge = [], 0
    for one, count in enumerate(content["out"]):
        for other in content["to"][edge : edge + count]:
            lines.append(f"M{at[one][0]} {at[one][1]}L{at[other][0]} {at[other][1]}")
        edge += count
    parts = [f'<path d="{"".join(lines)}" stroke="{FAINT}" fill="none"/>']
    parts += [
        f'<path d="M{at[one][0]} {at[one][1]}L{at[other][0]} {at[other][1]}" '
        f'stroke="{BAD}" stroke-width="2.5"/>'
        for one, other in path
    ]
    goals = {number for found in content["goals"].values() for number in found}
    for number, (x, y) in enumerate(at):
        color, letter = _look(content, number)
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="5" fill="{color}" stroke="{INK}" '
            f'stroke-width="{2 if number in content["initial"] else 0.6}"/>'
        )
        if number in goals:
            parts.append(f'<circle cx="{x}" cy="{y}" r="7.5" fill="none" stroke="{INK}"/>')
        if letter:
            parts.append(
                f'<text x="{x}" y="{y + 3}" font-size="8" text-anchor="middle" '
                f'fill="#ffffff">{escape(letter)}</text>'
            )
    if content["path"]:
        x, y = at[content["path"][-1]]
        parts.append(
            f'<path d="M{x - 6} {y - 6}l12 12m0 -12l-12 12" stroke="{BAD}" stroke-width="2.5"/>'
        )
    return parts


def _signs(content) -> list[str]:
    """What the picture's signs say, of those that it has."""
    said = ["from left to right: steps from a start (thick)"]
    if content["valence"]:
        names, masks = content["valence"]["names"], set(content["valence"]["of"])
        said += [
            f"{name[:1]}: only {name} may still be decided"
            for place, name in enumerate(names)
            if 1 << place in masks
        ]
        said += ["B: more than one may"] if any(mask & (mask - 1) for mask in masks) else []
    said += [f"ring: {', '.join(content['goals'])}"] if any(content["goals"].values()) else []
    return said + (
        [f"cross: {content['rule']}, and the steps to it in red"] if content["path"] else []
    )


def _look(content, number) -> tuple[str, str]:
    """A state's colour and letter by what may still be decided from it."""
    if not content["valence"]:
        return "#eaeef2", ""
    mask, names = content["valence"]["of"][number], content["valence"]["names"]
    if mask & (mask - 1):
        return BOTH, "B"
    return (
        (HUES[(mask.bit_length() - 1) % len(HUES)], names[mask.bit_length() - 1][:1])
        if mask
        else ("#ffffff", "")
    )


def _bars(content) -> list[str]:
    wide, most = (WIDTH - 2 * LEFT) / len(content["layers"]), max(content["layers"])
    parts = []
    for depth, count in enumerate(content["layers"]):
        high = round((HEIGHT - TOP - 44) * count / most, 1)
        x, y = round(LEFT + depth * wide, 1), round(HEIGHT - 24 - high, 1)
        parts.append(
            f'<rect x="{x}" y="{y}" width="{round(wide - 3, 1)}" height="{high}" fill="{HUES[0]}"/>'
            f'<text x="{round(x + wide / 2 - 1.5, 1)}" y="{y - 5}" text-anchor="middle" '
            f'fill="{INK}">{count:,}</text>'
            f'<text x="{round(x + wide / 2 - 1.5, 1)}" y="{HEIGHT - 9}" '
            f'text-anchor="middle" fill="{SOFT}">{depth}</text>'
        )
    return parts + [
        f'<text x="{WIDTH - LEFT}" y="20" text-anchor="end" fill="{SOFT}">states by their '
        "distance from the start</text>"
    ]
