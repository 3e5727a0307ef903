"""What the still pictures of a run share: a sheet, its colours, and the moment that it shows."""

from html import escape
from typing import Any, NamedTuple

from dslab.run.trace import Trace
from dslab.values import plain, show

__all__ = [
    "Still",
    "box",
    "class_name",
    "message_names",
    "moment",
    "number_at",
    "sheet",
    "short",
    "text",
]

WIDTH = 760
INK, SOFT, FAINT, TINT, PAPER = "#1f2328", "#57606a", "#d0d7de", "#f3f5f7", "#ffffff"
MARK, GOOD, WARN, BAD, NEW = "#0072b2", "#007a5a", "#b34700", "#b3261e", "#fff3d6"
#: Okabe and Ito's colours, and the second sign of each on a line: those of static/core/draw.js.
HUES = ("#0072b2", "#b34700", "#007a5a", "#a3478a", "#6b5d00", "#4d4d9f")
DASHES = ("", "7 4", "2 3", "9 3 2 3", "4 4", "1 4")


class Still(NamedTuple):
    """A picture WIDTH wide: its height, its SVG elements, and what it shows in words."""

    height: float
    parts: list[str]
    words: str


def sheet(title: str, *stills: Still) -> str:
    """Stills one under the other, under a title, as an SVG text."""
    parts, height = [text(8, 18, title, bold=True)], 26
    for still in (each if each.parts else _said(each) for each in stills):
        parts += [
            f'<svg y="{height}" width="{WIDTH}" height="{still.height:g}">',
            *still.parts,
            "</svg>",
        ]
        height += still.height
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
            f'width="{WIDTH}" height="{height:g}" '
            f'font-family="system-ui, sans-serif" font-size="13"><title>{escape(title)}</title>'
            f'<rect width="{WIDTH}" height="{height:g}" fill="{PAPER}"/>',
            *parts,
            "</svg>",
        ]
    )


def _said(still: Still) -> Still:
    """In place of a picture that there is none of: its words."""
    return Still(30, [text(8, 20, still.words, SOFT, room=WIDTH - 16)], still.words)


def text(
    x: float,
    y: float,
    words: str,
    fill: str = INK,
    anchor: str = "start",
    bold: bool = False,
    size: float | None = None,
    room: float | None = None,
) -> str:
    """`words` at (x, y), cut off where they are wider than `room`."""
    words = words if room is None else short(words, room * 13 / (size or 13))
    more = (
        ("" if anchor == "start" else f' text-anchor="{anchor}"')
        + (' font-weight="600"' if bold else "")
        + (f' font-size="{size:g}"' if size else "")
    )
    return (
        f'<text x="{round(x, 1):g}" y="{round(y, 1):g}" fill="{fill}"{more}>{escape(words)}</text>'
    )


def short(words: str, room: float) -> str:
    """`words`, cut off where they are wider than `room`, at about 7 to a letter."""
    most = int(room / 7)
    return words if len(words) <= most else f"{words[: most - 1]}…" if most > 2 else ""


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    stroke: str,
    fill: str = PAPER,
    wide: float = 1,
    dash: str = "",
) -> str:
    """A box with round corners, `wide` being its line's width, and `dash` its line's dashes."""
    more = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="{wide:g}"{more}/>'
    )


def number_at(trace: Trace, at: float | None) -> int:
    """The number of the last event that has happened at `at` ms; of the run's last one where no
    moment is asked for.
    """
    if at is None:
        return len(trace.records) - 1
    return max(sum(record[0] <= round(at * 1000) for record in trace.records) - 1, 0)


def moment(trace: Trace, number: int) -> str:
    """When event `number` happens, in words."""
    time = trace.records[number][0] / 1000
    return f"at {time:.1f} ms" if trace.unit == "ms" else f"at {trace.unit} {time:g}"


def class_name(payload: Any) -> str:
    """The class of a message or timer, such as "RequestVote", in a trace from JSON too."""
    data = plain(payload)
    return data["$"] if isinstance(data, dict) and "$" in data else show(data)


def message_names(trace: Trace) -> list[str]:
    """The classes of a run's messages, in the order in which they first leave: that of their
    colours, here and on the page.
    """
    return list(
        dict.fromkeys(class_name(record[5]) for record in trace.records if record[1] == "send")
    )
