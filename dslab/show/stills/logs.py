"""The still picture of the logs at one moment: what static/views/logs.js shows, of the fields that
the protocol says it keeps them in.
"""

from dslab.node import Pictured
from dslab.run.trace import Trace
from dslab.show.stills.drawing import (
    BAD,
    HUES,
    INK,
    PAPER,
    SOFT,
    TINT,
    WIDTH,
    Still,
    moment,
    number_at,
    short,
    text,
)
from dslab.values import plain, show

__all__ = ["logs"]

HEAD, CELL, ROW, TOP = 96, 54, 42, 40
#: So many columns have room; of longer logs the last ones are shown.
COLUMNS = (WIDTH - HEAD - 8) // CELL


def logs(trace: Trace, at: float | None, names: dict[str, str]) -> Still:
    """A row for each server, a column for each index: terms, what is committed, what will go."""
    field = trace.pictured._replace(
        **{
            what: names[dashed]
            for what in Pictured._fields
            if (dashed := what.replace("_", "-")) in names
        }
    )
    if not any(field.log in record[6] for record in trace.records if record[6] is not None):
        lack = (
            f"no node has a field “{field.log}”" if field.log else "no node says where its log is"
        )
        return Still(0, [], f"This run has no logs to show: {lack}.")
    number = number_at(trace, at)
    rows = {name: _row(trace, name, number, field) for name in trace.nodes}
    match, following = _beliefs(trace, number, field)
    last = max([1, *(index for row in rows.values() for index in row["entries"])])
    first = max(1, last - COLUMNS + 1)
    parts = [
        text(
            8,
            14,
            moment(trace, number) + (f" · entries {first} to {last}" if first > 1 else ""),
            SOFT,
        )
    ]
    parts += [
        text(HEAD + (index - first + 0.5) * CELL, TOP - 8, str(index), SOFT, "middle", size=12)
        for index in range(first, last + 1)
    ]
    for place, (name, row) in enumerate(rows.items()):
        y = TOP + place * ROW
        parts += [
            text(8, y + 16, name, bold=True),
            text(8, y + 31, short(row["state"], HEAD - 8), BAD if row["down"] else SOFT, size=12),
        ]
        for index in range(first, last + 2):
            marks = ("▲" if match.get(name) == index else "") + (
                "▷" if following.get(name) == index else ""
            )
            x = HEAD + (index - first) * CELL
            if index <= last:
                parts += _cell(row, index, x, y, field)
            if marks and x + CELL <= WIDTH:
                parts.append(text(x + 4, y + 13, marks, size=10))
    height = TOP + len(rows) * ROW
    doomed = any(row["doomed"] for row in rows.values())
    legend = (
        "thick: committed"
        + ("; dashed, ✗: will be overwritten" if doomed else "")
        + ("; ▲ the leader's match_index" if match else "")
        + ("; ▷ its next_index" if following else "")
    )
    return Still(
        height + 22,
        [*parts, text(8, height + 14, legend, SOFT, size=12)],
        f"Logs {moment(trace, number)}: "
        + "; ".join(_told(name, row, field) for name, row in rows.items())
        + ".",
    )


def _row(trace, name, number, field) -> dict:
    """Of a server: its entries by index, those that will be gone again, up to where it is
    committed, and its role and term.
    """
    state = trace.state(name, number)
    down = state is None and any(
        record[1] == "start" and record[2] == name for record in trace.records[: number + 1]
    )
    later = [
        record[6]
        for record in trace.records[number + 1 :]
        if record[2] == name and record[6] is not None
    ]
    # What is on the disk of a server that is down is seen when it restarts; else it is what it had.
    had = [
        record[6]
        for record in trace.records[: number + 1]
        if record[2] == name and record[6] is not None
    ]
    known = state if state is not None else (later or had[-1:] or [{}])[0] if down else {}
    entries, offset = _entries(known, field)
    doomed = set()
    for after in _changes(later, field.log):
        found, shift = _entries(after, field)
        doomed |= {
            index for index, entry in entries.items() if index > shift and found.get(index) != entry
        }
    leads, word = trace.role(name, number)
    role = f"{'★' if leads else ''}{word} {show(known[field.term]) if field.term in known else ''}"
    commit = 0 if state is None else plain(state.get(field.commit_index)) or 0
    return {
        "entries": entries,
        "snapshot": offset,
        "doomed": doomed,
        "commit": commit,
        "down": down,
        "state": "✗ down" if down else role.strip(),
    }


def _changes(states, field):
    """Of states that follow each other those in which `field` has changed."""
    before = None
    for state in states:
        if state.get(field) is not before:
            before = state.get(field)
            yield state


def _entries(state, field) -> tuple[dict, int]:
    """(entries by index, how many a snapshot holds)."""
    log, snapshot = plain(state.get(field.log)), plain(state.get(field.snapshot_index))
    if isinstance(snapshot, dict):
        snapshot = snapshot.get("index", snapshot.get("last_included_index"))
    offset = int(snapshot or 0)
    if isinstance(log, dict):
        return {
            int(index) + offset: entry for index, entry in log.items() if index.isdigit()
        }, offset
    return {place + offset: entry for place, entry in enumerate(log or (), 1)}, offset


def _beliefs(trace, number, field) -> tuple[dict, dict]:
    """What the leader of the highest term believes: match_index and next_index by follower."""
    leaders = [
        state
        for name in trace.nodes
        if (state := trace.state(name, number)) is not None and trace.role(name, number)[0]
    ]
    if not leaders:
        return {}, {}
    best = max(leaders, key=lambda state: state.get(field.term, 0))
    return plain(best.get(field.match_index)) or {}, plain(best.get(field.next_index)) or {}


def _cell(row, index, x, y, field) -> list[str]:
    if index <= row["snapshot"]:
        return [
            f'<rect x="{x + 1}" y="{y}" width="{CELL - 2}" height="{ROW - 6}" '
            f'fill="{TINT}" stroke="{SOFT}" stroke-dasharray="2 3"/>'
        ]
    if index not in row["entries"]:
        return []
    term, said = _said(row["entries"][index], field)
    hue = HUES[(term if isinstance(term, int) else 0) % len(HUES) - 1]
    doomed, committed = index in row["doomed"], index <= row["commit"]
    stroke = (
        f'stroke="{BAD}" stroke-width="2" stroke-dasharray="5 3"' if doomed else f'stroke="{hue}"'
    )
    parts = [
        f'<rect x="{x + 1}" y="{y}" width="{CELL - 2}" height="{ROW - 6}" fill="{PAPER}"/>'
        f'<rect x="{x + 1}" y="{y}" width="{CELL - 2}" height="{ROW - 6}" fill="{hue}" '
        f'fill-opacity="0.13" {stroke}/>'
    ]
    if committed:
        parts.append(
            f'<path d="M{x + 1} {y + 1}h{CELL - 2}m0 {ROW - 8}h{2 - CELL}" stroke="{INK}" '
            'stroke-width="3"/>'
        )
    if index == row["commit"]:
        parts.append(f'<path d="M{x + CELL - 2} {y}v{ROW - 6}" stroke="{INK}" stroke-width="4"/>')
    parts += [
        text(x + CELL / 2, y + 16, "•" if term is None else show(term), INK, "middle", True),
        text(x + CELL / 2, y + 30, short(said, CELL), INK, "middle", size=11),
    ]
    return [*parts, text(x + CELL - 13, y + 13, "✗", BAD, size=11)] if doomed else parts


def _said(entry, field) -> tuple:
    """(the term of an entry or None, what it asks for in a few letters)."""
    record = entry if isinstance(entry, dict) else {}
    command = record.get("command", record.get("value", entry))
    if isinstance(command, dict) and "f" in command:
        asked = (
            [command["f"], command.get("key")]
            if command["f"] in ("read", "get")
            else [command.get("key"), command.get("value")]
        )
        words = " ".join(show(part) for part in asked if part is not None)
        return record.get(field.entry_term), words if len(words) <= 7 else show(asked[-1])
    if isinstance(command, dict):
        return record.get(field.entry_term), " ".join(
            show(value) for name, value in command.items() if name != "$"
        )
    return record.get(field.entry_term), show(command)


def _told(name, row, field) -> str:
    entries = ", ".join(
        f"{index}: {said} of term {show(term)}" if term is not None else f"{index}: {said}"
        for index, (term, said) in (
            (index, _said(entry, field)) for index, entry in sorted(row["entries"].items())[-6:]
        )
    )
    doomed = (
        f", of which {', '.join(map(str, sorted(row['doomed'])))} will be overwritten"
        if row["doomed"]
        else ""
    )
    who = f"{name} ({row['state']})" if row["state"] else name
    return f"{who} {entries or 'no entries'}{doomed}, committed to {row['commit']}"
