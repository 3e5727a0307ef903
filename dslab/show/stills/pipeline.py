"""The pipeline board as a still picture: partitions and queues as rows of boxes, with places, lag,
tries, dead letters and read models.
"""

from dslab.run.trace import Trace
from dslab.show.stills.drawing import HUES, SOFT, WIDTH, Still, box, moment, number_at, text
from dslab.show.stills.lanes import lanes, pairs
from dslab.values import show

__all__ = ["pipeline"]

LEFT, BOX, HIGH, LABEL = 8, 68, 44, 110
#: So many boxes stand in a row; of more those from the first group's place on.
MOST = (WIDTH - 2 * LEFT - LABEL - 60) // (BOX + 5)
LEGEND = "⚑ a group goes on here: before it everything is done · ◐ in hand · ↻ failed so often"
KNOWN = (
    *("partitions", "before", "queue", "unacknowledged", "dead"),  # Of a log or a queue.
    *("log", "offsets", "reading", "readers", "retries", "position"),  # Of who reads it.
)


def pipeline(trace: Trace, at: float | None, names: dict[str, str]) -> Still:
    """The board as it stands at `at`, or at the run's end."""
    number = number_at(trace, at)
    known = lanes(trace, number)
    if not any("partitions" in fields or "queue" in fields for fields in known.values()):
        return Still(
            0, [], "This run has no pipeline to show: no node has a field “partitions” or “queue”."
        )
    board = _Board()
    for name, fields in known.items():
        groups = {
            other: {
                field: dict(pairs(value))
                if field in ("offsets", "reading", "readers", "retries")
                else value
                for field, value in state.items()
            }
            for other, state in known.items()
            if state.get("log") == name
        }
        if "partitions" in fields:
            board.log(name, fields, groups)
        elif "queue" in fields:
            board.queue(name, fields)
        elif "position" in fields:
            board.projection(name, fields)
    parts = [
        text(LEFT, 14, moment(trace, number), SOFT),
        *board.parts,
        text(LEFT, board.y + 4, LEGEND, SOFT, size=12),
    ]
    return Still(
        board.y + 16, parts, f"Pipeline board {moment(trace, number)}: {'; '.join(board.words)}."
    )


class _Board:
    """What is drawn so far, in SVG and in words, and where the next row begins."""

    def __init__(self):
        self.parts: list[str] = []
        self.words: list[str] = []
        self.y = 30
        self._hues: dict = {}

    def log(self, name: str, fields: dict, groups: dict) -> None:
        self._name(name, "log")
        earlier = dict(pairs(fields.get("before")))
        for partition, events in pairs(fields["partitions"]):
            before, total = earlier.get(partition, 0), earlier.get(partition, 0) + len(events)
            flags = [(group, state["offsets"].get(partition, 0)) for group, state in groups.items()]
            lags = [
                f"{group}: lag {total - offset}{self._reader(groups[group], partition)}"
                for group, offset in flags
            ]
            self.words.append(
                f"partition {partition} of {name} holds {total}"
                + "".join(f", {lag}" for lag in lags)
            )
            self._row(
                f"partition {partition}",
                events,
                flags,
                [self._signs(groups, partition, offset) for offset in range(before, total)],
                " · ".join(lags),
                before,
            )
        for group, state in groups.items():
            if state.get("dead"):
                self._row(f"✗ {group}'s dead", state["dead"])
                self.words.append(f"{group} gave up on {len(state['dead'])}")

    def queue(self, name: str, fields: dict) -> None:
        self._name(name, "queue")
        self.words.append(
            f"queue {name} holds {len(fields['queue'])}, "
            f"{len(fields.get('unacknowledged', ()))} in hand, {len(fields.get('dead', ()))} dead"
        )
        self._row("waiting", fields["queue"])
        self._row(
            "in hand",
            fields.get("unacknowledged", ()),
            signs=["◐"] * len(fields.get("unacknowledged", ())),
        )
        if fields.get("dead"):
            self._row("✗ dead letters", fields["dead"])

    def projection(self, name: str, fields: dict) -> None:
        self._name(name, f"read model at event {show(fields['position'])}")
        for field, value in fields.items():
            if field not in KNOWN:
                self.parts.append(
                    text(LEFT + 8, self.y, f"{field}: {show(value)}", room=WIDTH - 2 * LEFT)
                )
                self.words.append(f"{name} has {field} {show(value)}")
                self.y += 18

    @staticmethod
    def _reader(state: dict, partition) -> str:
        reader = state["readers"].get(partition)
        return f", read by {reader}" if reader is not None else ""

    @staticmethod
    def _signs(groups: dict, partition, offset: int) -> str:
        said = []
        for state in groups.values():
            if state["offsets"].get(partition, 0) <= offset < state["reading"].get(partition, 0):
                said.append("◐")
            if tries := state["retries"].get(f"{partition}/{offset}"):
                said.append(f"↻{tries}")
        return " ".join(said)

    def _name(self, name: str, kind: str) -> None:
        self.y += 6
        self.parts.append(
            text(LEFT, self.y, name, bold=True) + text(LEFT + 6 + 9 * len(name), self.y, kind, SOFT)
        )
        self.y += 20

    def _row(
        self, label: str, events, flags=(), signs=(), below: str = "", before: int = 0
    ) -> None:
        """A row of boxes for the events from number `before` on: flags stand above the box at their
        place, what is below under the row.
        """
        total, top = before + len(events), self.y + (14 if flags else 0)
        first = max(before, min(total - MOST, min((offset for _, offset in flags), default=0) - 1))
        last = min(total, first + MOST)
        self.parts.append(text(LEFT + 8, top + 26, label, SOFT, room=LABEL))
        at = {}
        for group, offset in flags:
            # Who is further behind stands at the row's beginning.
            at.setdefault(max(offset, first), []).append(group)
        for offset, there in at.items():
            if offset <= last:
                self.parts.append(
                    text(
                        LEFT + LABEL + (offset - first) * (BOX + 5),
                        top - 4,
                        f"⚑ {', '.join(there)}",
                    )
                )
        for place, (key, event) in enumerate(events[first - before : last - before]):
            self._box(
                LEFT + LABEL + place * (BOX + 5),
                top,
                key,
                event,
                signs[first - before + place] if signs else "",
            )
        if not events:
            self.parts.append(text(LEFT + LABEL, top + 26, "empty", SOFT))
        if first:
            self.parts.append(text(LEFT + 8, top + 40, f"{first} before", SOFT))
        if last < total:
            self.parts.append(
                text(LEFT + LABEL + MOST * (BOX + 5), top + 26, f"{total - last} more", SOFT)
            )
        self.parts.append(text(LEFT + LABEL, top + HIGH + 15, below, SOFT) if below else "")
        self.y = top + HIGH + (30 if below else 16)

    def _box(self, x: float, y: float, key, event, sign: str) -> None:
        hue = HUES[self._hues.setdefault(key, len(self._hues)) % len(HUES)]
        self.parts += [
            box(x, y, BOX, HIGH, hue, wide=2.5 if sign else 1.2),
            f'<rect x="{x:g}" y="{y:g}" width="{BOX}" height="4" fill="{hue}"/>',
            text(x + 5, y + 16, show(key), hue, bold=True, size=12, room=BOX - 4),
            text(x + 5, y + 29, show(event), size=12, room=BOX - 4),
            text(x + 5, y + 41, sign, SOFT, size=10, room=BOX + 8),
        ]
