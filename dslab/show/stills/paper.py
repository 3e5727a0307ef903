"""What still pictures share: a white sheet, its colours, text that is cut where it doesn't fit, and the moment to draw."""

from collections.abc import Mapping
from html import escape

from dslab.trace import Trace
from dslab.values import show

__all__ = ["BAD", "FAINT", "GOOD", "HUES", "INK", "LEFT", "MARK", "NEW", "SOFT", "TINT", "WARN", "WIDTH", "box", "lanes", "moment", "pairs", "sheet", "text"]

WIDTH, LEFT = 900, 24
INK, SOFT, FAINT, TINT, NEW = "#1f2328", "#57606a", "#d0d7de", "#f3f5f7", "#fff3d6"
MARK, GOOD, WARN, BAD = "#0072b2", "#007a5a", "#b34700", "#b3261e"
HUES = ("#0072b2", "#b34700", "#007a5a", "#a3478a", "#6b5d00", "#4d4d9f")
#: How wide a letter is, on average, in pixels at 12 px: wide enough for most fonts.
LETTER = 6.7


def moment(trace: Trace, at: float | None) -> int:
    """The number of the last event that has happened at `at`; of the run's last one where nothing is said; -1 before the first."""
    if at is None:
        return len(trace.records) - 1
    return sum(record[0] <= at * 1000 for record in trace.records) - 1


def lanes(trace: Trace, upto: int) -> dict[str, dict]:
    """The fields of each lane that has any, after event `upto`."""
    known = {name: trace.state(name, upto) for name in trace.nodes} if upto >= 0 else {}
    return {name: fields for name, fields in known.items() if fields}


def pairs(value) -> list[tuple]:
    """What a mapping holds, whether it is a Map or has been through JSON."""
    return [(key, item) for key, item in value.items() if key != "$"] if isinstance(value, Mapping) else []


def text(x: float, y: float, words, color: str = INK, *, room: float | None = None, more: str = "") -> str:
    """`words` at (x, y), cut where they are wider than `room`; `more` attributes."""
    words = words if isinstance(words, str) else show(words)
    most = max(1, int(room / LETTER)) if room else len(words)
    shown = words if len(words) <= most else words[:most - 1].rstrip() + "…"
    return f'<text x="{x:g}" y="{y:g}" fill="{color}"{f" {more}" if more else ""}>{escape(shown)}</text>'


def box(x: float, y: float, width: float, height: float, stroke: str, fill: str = "#ffffff", more: str = "") -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" fill="{fill}" stroke="{stroke}"{f" {more}" if more else ""}/>'


def sheet(title: str, height: float, parts) -> str:
    """The whole picture: `parts` on a white sheet under a title."""
    headline = text(LEFT, 22, title, room=WIDTH - 2 * LEFT, more='font-weight="600" font-size="14"')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}" font-family="system-ui, sans-serif" '
            f'font-size="12"><title>{escape(title)}</title><rect width="{WIDTH}" height="{height:g}" fill="#ffffff"/>'
            f'{headline}{"".join(parts)}</svg>')
