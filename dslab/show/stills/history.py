"""The still picture of a history: calls as bars over time, with cuts and the smallest bad core."""

from dslab.run.history import SILENT
from dslab.run.trace import Trace
from dslab.show.stills.drawing import (
    BAD,
    FAINT,
    GOOD,
    INK,
    MARK,
    NEW,
    SOFT,
    TINT,
    WARN,
    WIDTH,
    Still,
    moment,
    number_at,
    short,
    text,
)
from dslab.show.stills.stage import divided
from dslab.values import show

__all__ = ["history"]

LEFT, ROW, BAR, TOP = 92, 34, 24, 46
#: More calls than this have no room for their words; the picture then shows those around the moment
#: asked for.
CALLS = 40


def history(trace: Trace, at: float | None, names: dict[str, str]) -> Still:
    """A bar for each call, a row for each process; ◆ marks the calls that no order explains."""
    core = {int(number) for number in names.get("core", "").split()}
    found = _calls(trace)
    if not found:
        return Still(0, [], "No client called anything in this run.")
    number = number_at(trace, at)
    begun = sum(call["event"] <= number for call in found) if at is not None else 0
    first = max(0, min(begun - CALLS // 2, len(found) - CALLS))
    shown = found[first : first + CALLS]
    start, end = min(call["begin"] for call in shown), max(call["end"] for call in shown)

    def x(time):
        return round(
            LEFT
            + 6
            + (min(max(time, start), end) - start) / max(end - start, 1) * (WIDTH - LEFT - 130),
            1,
        )

    rows = _rows(shown)
    height = TOP + len(rows) * ROW
    parts = _ground(trace, x, start, end, height)
    if at is not None:
        now = x(trace.records[number][0])
        parts.append(f'<path d="M{now} {TOP - 10}V{height}" stroke="{MARK}" stroke-width="1.2"/>')
    for place, row in enumerate(rows):
        y = TOP + place * ROW
        again = any(other[0]["who"] == row[0]["who"] for other in rows[:place])
        parts.append(
            text(
                8,
                y + 17,
                "↳ again" if again else short(row[0]["who"], LEFT - 8),
                SOFT if again else INK,
                bold=not again,
            )
        )
        for call, following in zip(row, [*row[1:], None]):
            parts += _bar(
                call, call["event"] in core, x, y, x(following["begin"]) if following else WIDTH
            )
    legend = (
        "dashed: refused; dotted: no answer"
        if any(call["outcome"] != "ok" for call in shown)
        else ""
    )
    legend += ("; " if legend and core else "") + (
        "◆ the smallest part that no order explains" if core else ""
    )
    parts += [
        text(8, 14, moment(trace, number) if at is not None else f"{len(found)} calls", SOFT),
        *([text(WIDTH - 8, 14, legend, SOFT, "end", size=12)] if legend else []),
    ]
    told = "; ".join(
        ("◆ " if call["event"] in core else "") + f"{call['who']} {call['words']}"
        for call in shown[:12]
    )
    return Still(
        height + 24,
        parts,
        f"Client operations: {told}{' …' if len(shown) > 12 else ''}."
        + (" ◆ marks the smallest part that no order explains." if core else ""),
    )


def _calls(trace) -> list[dict]:
    """The calls in the order of their invocations, with what became of each."""
    last = trace.records[-1][0] if trace.records else 0
    found = {}
    for number, (time, kind, place, _, ref, data, _) in enumerate(trace.records):
        if kind == "invoke":
            _, f, key, value = data
            asked = (
                [f, *(show(part) for part in (key, value) if part is not None)]
                if f != "cas"
                else [f, show(key), f"from {show(value[0])} to {show(value[1])}"]
            )
            found[number] = {
                "event": number,
                "who": place,
                "f": f,
                "begin": time,
                "end": last,
                "outcome": "info",
                "words": f"{' '.join(asked)} ?",
                "asked": " ".join(asked),
            }
        elif kind in ("ok", "fail"):
            answer = (
                "✗" if kind == "fail" else "✓" if found[ref]["f"] in SILENT else f"→ {show(data)}"
            )
            found[ref] |= {"end": time, "outcome": kind, "words": f"{found[ref]['asked']} {answer}"}
    return list(found.values())


def _rows(shown) -> list[list[dict]]:
    """The calls in rows: a client that got no answer goes on in another row."""
    rows: list[list[dict]] = []
    for call in sorted(shown, key=lambda call: (call["who"], call["event"])):
        row = next(
            (
                row
                for row in rows
                if row[-1]["who"] == call["who"]
                and row[-1]["outcome"] != "info"
                and row[-1]["end"] <= call["begin"]
            ),
            None,
        )
        rows.append([call]) if row is None else row.append(call)
    return rows


def _bar(call, in_core, x, y, until) -> list[str]:
    begin, wide = x(call["begin"]), max(4, round(x(call["end"]) - x(call["begin"]), 1))
    stroke = {
        "ok": f'stroke="{GOOD}"',
        "fail": f'stroke="{WARN}" stroke-dasharray="6 3"',
        "info": f'stroke="{SOFT}" stroke-dasharray="2 3"',
    }[call["outcome"]]
    if in_core:
        stroke = f'stroke="{BAD}" stroke-width="2.4"' + (
            ' stroke-dasharray="2 3"' if call["outcome"] == "info" else ""
        )
    words = short(("◆ " if in_core else "") + call["words"], max(until, begin + wide) - begin - 6)
    return [
        f'<rect x="{begin}" y="{y}" width="{wide}" height="{BAR}" rx="4" '
        f'fill="{NEW if in_core else TINT}" {stroke}/>',
        text(begin + 5, y + 16, words, INK, bold=in_core, size=12),
    ]


def _ground(trace, x, start, end, height) -> list[str]:
    """Times, and the spans in which links are cut."""
    parts, links, since = [], set(), None
    for tenth in range(0, 11, 2):
        time = start + (end - start) * tenth / 10
        parts += [
            f'<path d="M{x(time)} {TOP - 6}V{height}" stroke="{FAINT}"/>',
            text(
                x(time),
                height + 16,
                f"{time / 1000:.{int(end - start < 5000)}f} ms",
                SOFT,
                "middle",
                size=12,
            ),
        ]
    for time, kind, _, _, _, data, _ in [
        *trace.records,
        (end, "heal", None, None, None, None, None),
    ]:
        if kind not in ("cut", "heal"):
            continue
        if links and x(time) > x(since):
            parts += [
                f'<rect x="{x(since)}" y="{TOP - 22}" '
                f'width="{round(x(time) - x(since), 1)}" height="{height - TOP + 22}" '
                f'fill="{WARN}" fill-opacity="0.08"/>',
                text(
                    x(since) + 4,
                    TOP - 10,
                    short(f"✂ {divided(links, trace.lanes)}", x(time) - x(since)),
                    WARN,
                    size=12,
                ),
            ]
        links, since = (links | {(a, b) for a, b in data} if kind == "cut" else set()), time
    return parts
