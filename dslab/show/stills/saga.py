"""Saga lanes as a still picture: each step, and its compensation below it (views/saga.js)."""

from dslab.run.trace import Trace
from dslab.show.stills.drawing import (
    BAD,
    FAINT,
    GOOD,
    MARK,
    SOFT,
    WARN,
    WIDTH,
    Still,
    box,
    moment,
    number_at,
    text,
)
from dslab.show.stills.lanes import lanes, pairs

__all__ = ["saga"]

LEFT, TOP, HIGH, GAP, ACROSS = 8, 26, 48, 22, 4
#: Of each status its sign, its words and its colour, as views/saga.js has them.
LOOKS = {
    "waiting": ("·", "not begun", FAINT),
    "doing": ("…", "called, no answer yet", MARK),
    "done": ("✓", "done", GOOD),
    "rejected": ("✗", "rejected", BAD),
    "undoing": ("…", "being undone", MARK),
    "undone": ("↩", "undone", WARN),
    "stuck": ("!", "can't be undone: parked", BAD),
}
BACK = ("undoing", "undone", "stuck")


def saga(trace: Trace, at: float | None, names: dict[str, str]) -> Still:
    """The saga as it stands at `at`, or at the run's end."""
    number = number_at(trace, at)
    state = next(
        (
            fields
            for fields in lanes(trace, number).values()
            if "steps" in fields and "status" in fields
        ),
        None,
    )
    if state is None:
        return Still(
            0, [], "This run has no saga to show: no node has the fields “steps” and “status”."
        )
    steps, status = list(state["steps"]), dict(pairs(state["status"]))
    wide, parts = (
        (WIDTH - 2 * LEFT - (ACROSS - 1) * GAP) / ACROSS,
        [text(LEFT, 14, moment(trace, number), SOFT)],
    )
    for place, name in enumerate(steps):  # More steps than stand side by side go on below.
        x, y = LEFT + place % ACROSS * (wide + GAP), TOP + place // ACROSS * (2 * HIGH + 2 * GAP)
        parts += _column(name, status.get(name, "waiting"), x, y, wide)
        if place % ACROSS:
            parts += [
                text(x - GAP / 2, y + HIGH / 2 + 4, "→", SOFT, "middle"),
                text(x - GAP / 2, y + HIGH * 1.5 + 14, "←", SOFT, "middle"),
            ]
    bottom = TOP + -(-len(steps) // ACROSS) * (2 * HIGH + 2 * GAP)
    told = "; ".join(f"{name} {LOOKS[status.get(name, 'waiting')][1]}" for name in steps)
    return Still(
        bottom + 12,
        [*parts, text(LEFT, bottom - 2, _outcome(state), bold=True)],
        f"Saga lanes {moment(trace, number)}: {told}. {_outcome(state)}",
    )


def _column(name: str, status: str, x: float, y: float, wide: float) -> list[str]:
    forth, back = ("done", status) if status in BACK else (status, "waiting")
    sign, words, color = LOOKS[forth]
    undo_sign, undone, undo_color = LOOKS[back]
    below, room = y + HIGH + 10, wide - 32
    return [
        box(x, y, wide, HIGH, color, wide=1 if forth == "waiting" else 2),
        text(x + 10, y + 20, sign, bold=True),
        text(x + 26, y + 20, name, bold=True, room=room),
        text(x + 26, y + 37, words, SOFT, size=12, room=room),
        box(x, below, wide, HIGH, undo_color, wide=1 if back == "waiting" else 2, dash="4 3"),
        text(x + 10, below + 20, undo_sign, bold=True),
        text(x + 26, below + 20, f"undo {name}", room=room),
        text(x + 26, below + 37, undone if back != "waiting" else "", SOFT, size=12, room=room),
    ]


def _outcome(state: dict) -> str:
    if state.get("crashed"):
        return f"✕ The orchestrator is down. Its log holds {state['written']} events."
    return (
        f"The saga is {state['outcome']}."
        if state.get("outcome")
        else f"The log holds {state.get('written', 0)} events."
    )
