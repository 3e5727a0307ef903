"""Saga lanes as a still picture: what has become of each step, and of its compensation below it."""

from dslab.show.stills.paper import BAD, FAINT, GOOD, INK, LEFT, MARK, SOFT, WARN, WIDTH, box, lanes, moment, pairs, sheet, text
from dslab.trace import Trace

__all__ = ["saga"]

TOP, HIGH, GAP, ACROSS = 40, 48, 22, 4
#: Of each status its sign, its words and its colour, as views/saga.js has them.
LOOKS = {"waiting": ("·", "not begun", FAINT), "doing": ("…", "called, no answer yet", MARK), "done": ("✓", "done", GOOD), "rejected": ("✗", "rejected", BAD),
         "undoing": ("…", "being undone", MARK), "undone": ("↩", "undone", WARN), "stuck": ("!", "can't be undone: parked", BAD)}
BACK = ("undoing", "undone", "stuck")


def saga(trace: Trace, at: float | None = None) -> str:
    """The saga as it stands at `at`, or at the run's end."""
    state = next((fields for fields in lanes(trace, moment(trace, at)).values() if "steps" in fields), {"steps": (), "status": {}})
    steps, status = list(state["steps"]), dict(pairs(state["status"]))
    wide, parts = (WIDTH - 2 * LEFT - (ACROSS - 1) * GAP) / ACROSS, []
    for place, name in enumerate(steps):  # More steps than stand side by side go on below.
        x, y = LEFT + place % ACROSS * (wide + GAP), TOP + place // ACROSS * (2 * HIGH + 2 * GAP)
        parts += _column(name, status.get(name, "waiting"), x, y, wide)
        if place % ACROSS:
            parts += [text(x - GAP / 2, y + HIGH / 2 + 4, "→", SOFT, more='text-anchor="middle"'), text(x - GAP / 2, y + HIGH * 1.5 + 14, "←", SOFT, more='text-anchor="middle"')]
    bottom = TOP + -(-len(steps) // ACROSS) * (2 * HIGH + 2 * GAP)
    return sheet(trace.title, bottom + 18, [*parts, text(LEFT, bottom + 2, _outcome(state), more='font-weight="600"')])


def _column(name: str, status: str, x: float, y: float, wide: float) -> list[str]:
    forth, back = ("done", status) if status in BACK else (status, "waiting")
    sign, words, color = LOOKS[forth]
    undo_sign, undone, undo_color = LOOKS[back]
    return [box(x, y, wide, HIGH, color, more=f'stroke-width="{1 if forth == "waiting" else 2}"'), text(x + 10, y + 20, sign, more='font-weight="700"'),
            text(x + 26, y + 20, name, INK, room=wide - 32, more='font-weight="600"'), text(x + 26, y + 37, words, SOFT, room=wide - 32),
            box(x, y + HIGH + 10, wide, HIGH, undo_color, more=f'stroke-width="{1 if back == "waiting" else 2}" stroke-dasharray="4 3"'),
            text(x + 10, y + HIGH + 30, undo_sign, more='font-weight="700"'), text(x + 26, y + HIGH + 30, f"undo {name}", INK, room=wide - 32),
            text(x + 26, y + HIGH + 47, undone if back != "waiting" else "", SOFT, room=wide - 32)]


def _outcome(state: dict) -> str:
    if state.get("crashed"):
        return f"✕ The orchestrator is down. Its log holds {state['written']} events."
    return f"The saga is {state['outcome']}." if state.get("outcome") else f"The log holds {state.get('written', 0)} events."
