"""A history without a run, for a page: what clients of some system saw, as bars with linearization
points to drag.
"""

from dslab.errors import DslabError
from dslab.run.history import SILENT, History
from dslab.run.trace import Trace
from dslab.show.player import Player, core

__all__ = ["history"]


def history(
    recorded: History, verdict=None, *, model: str = "", title: str = "A recorded history"
) -> Player:
    """Show a `dslab.run.history.History`, such as one recorded of a real store: each call a bar
    with its linearization point.

    verdict  what a checker said of this history; the calls of its smallest bad core are marked.
    model    the sequential object by its name, such as "register" or "kv" (`dslab.check.MODELS`);
             by default the first one that has all operations of the history. On the page the reader
             may choose another.

    Raises DslabError where `recorded` is no history, or the verdict is about another one. For a
    run, use play(run, "history").
    """
    if not isinstance(recorded, History):
        raise DslabError(
            "history(…) shows a dslab.run.history.History, and this is a "
            f'{type(recorded).__name__}: a run is shown by play(run, "history").'
        )
    trace = as_trace(recorded, title)
    known = core(verdict, recorded, trace)
    if known is None:
        raise DslabError(
            "this verdict is about another history: its bad core is no part of this one."
        )
    return Player(trace, ("history",), names=known | ({"model": model} if model else {}))


def as_trace(recorded: History, title: str) -> Trace:
    """A run of clients only. Where a history has no times, its events stand 1 ms apart."""
    names = {op.process: op.who for op in recorded.operations}
    trace, calls = Trace((), dict.fromkeys(names.values()), title=title), {}
    for place, event in enumerate(recorded.events):
        time = 1000 * place if event.time is None else round(event.time * 1000)
        answer = {
            "invoke": (event.process, event.f, event.key, event.value),
            "ok": None if event.f in SILENT else event.value,
            "fail": "nothing was done",
            "info": "it will never know",
        }[event.type]
        ref = None if event.type == "invoke" else calls[event.process]
        calls[event.process] = len(trace.records)
        trace.records.append((time, event.type, names[event.process], None, ref, answer, None))
    return trace
