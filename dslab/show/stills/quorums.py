"""The still picture of a quorum grid: a circle around who is read, a dashed square around who is
written, a cross through who has failed.
"""

from html import escape
from textwrap import wrap

from dslab.show.stills.drawing import INK, MARK, PAPER, SOFT, TINT, WARN

__all__ = ["still"]


def still(title: str, answer: str, names, read, write, failed, wide: int) -> str:
    """SVG text, the same for the same sets. `read`, `write` and `failed` are sets of `names`, which
    stand `wide` in a row; `answer` is what follows from them, and stands below.
    """
    rows, parts = -(-len(names) // wide), []
    for place, name in enumerate(names):
        x, y = 48 + place % wide * 76, 76 + place // wide * 76
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="17" fill="{TINT}" stroke="{SOFT}"/><text '
            f'x="{x}" y="{y + 4}" text-anchor="middle">{escape(name)}</text>'
        )
        if name in read:
            parts.append(
                f'<circle cx="{x}" cy="{y}" r="23" fill="none" stroke="{MARK}" stroke-width="3"/>'
            )
        if name in write:
            parts.append(
                f'<rect x="{x - 29}" y="{y - 29}" width="58" height="58" rx="3" '
                f'fill="none" stroke="{WARN}" stroke-width="3" stroke-dasharray="7 4"/>'
            )
        if name in failed:
            parts.append(
                f'<path d="M{x - 18} {y - 18}l36 36m0 -36l-36 36" stroke="{INK}" stroke-width="3"/>'
            )
    width, below = max(wide * 76 + 20, 560), rows * 76 + 62
    lines = wrap(answer, int((width - 24) / 6.7))
    words = "".join(
        f'<text x="12" y="{below + 22 + 18 * number}" font-weight="600">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    height = below + 18 * len(lines) + 14
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui, sans-serif" '
        f'font-size="12" fill="{INK}"><title>Quorums</title><rect width="{width}" '
        f'height="{height}" fill="{PAPER}"/><text x="12" y="22" font-size="14" '
        f'font-weight="600">{escape(title)}</text>'
        f'{"".join(parts)}<text x="12" y="{below}" fill="{SOFT}">circle: the read set · '
        f"dashed square: the write set · cross: failed</text>{words}</svg>"
    )
