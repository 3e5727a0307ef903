"""The checkers of a run by name, for the shell and for scenario files."""

from collections.abc import Callable

from dslab.check.availability import available
from dslab.check.causal import causal
from dslab.check.linearizable import BUDGET, linearizable
from dslab.check.sequential import sequential
from dslab.check.sessions import sessions
from dslab.check.staleness import convergence
from dslab.errors import DslabError, instead
from dslab.verdict import Verdict

__all__ = ["AVAILABILITY", "CONSISTENCY", "judge"]

#: What clients may see, asked of a run or a history; each with how to ask: (run, model, budget) →
#: Verdict.
CONSISTENCY: dict[str, Callable] = {
    "linearizable": lambda run, model, budget: linearizable(run, model, budget=budget),
    "sequential": lambda run, model, budget: sequential(run, model, budget=budget),
    "causal": lambda run, *_: causal(run),
    "causal-convergence": lambda run, *_: causal(run, "ccv"),
    "causal-memory": lambda run, *_: causal(run, "cm"),
    "sessions": lambda run, *_: sessions(run),
    "convergence": lambda run, *_: convergence(run),
}

#: Who is answered, asked of a run alone.
AVAILABILITY: dict[str, Callable] = {
    f"{kind}-availability": lambda run, *_, kind=kind: available(run, kind)
    for kind in ("total", "sticky", "majority")
}


def judge(run, kind: str, model: str = "kv", budget: int = BUDGET) -> Verdict:
    """The verdict of the checker `kind` on a run, a trace or (for one of CONSISTENCY) a history."""
    known = CONSISTENCY | AVAILABILITY
    if kind not in known:
        raise DslabError(f"there is no check {kind!r}: {instead(kind, known)}")
    return known[kind](run, model, budget)
