"""What a run cost and gave, in numbers: the axes of a trade-off.

figures(cluster)
# {"read": 4.1, "write": 11.7, "answered": 96.0, "stale": 0.0, "messages": 9.2}
"""

from statistics import median

from dslab.check.inputs import READS, WRITES, history_of, trace_of, writes_read
from dslab.check.staleness import missed
from dslab.errors import DslabError

__all__ = ["figures"]


def figures(run, share: float = 0.5) -> dict[str, float | None]:
    """Figures of a run with a trace, such as a Cluster; None for what the run doesn't tell.

    read, write  how long such calls took that were answered (ms): the least time within which the
                 `share` of them was, the median where nothing else is said.
    answered     of all calls, how many were answered with success (%).
    stale        of all reads that were answered, how many missed a write that was over before they
                 began (%).
    messages     how many messages were sent between nodes, for each call.
    """
    if not 0 < share < 1:
        raise DslabError(
            f"figures(…, share={share!r}): give the share of calls, between 0 and 1, such as 0.99."
        )
    history, trace = history_of(run, "figures"), trace_of(run)
    if trace is None:
        raise DslabError(
            "figures() needs a run with a trace, such as a Cluster: a history alone "
            "doesn't tell its messages."
        )
    calls = history.operations
    if not calls:
        raise DslabError("figures(): no client has called anything in this run.")
    done = [op for op in calls if op.outcome == "ok"]
    sent = sum(
        1
        for _, kind, place, other, *_ in trace.records
        if kind == "send" and place in trace.nodes and other in trace.nodes and place != other
    )
    return {
        "read": _time([op.end - op.start for op in done if op.f in READS], share),
        "write": _time([op.end - op.start for op in done if op.f in WRITES], share),
        "answered": _percent(len(done), len(calls)),
        "stale": _stale(history),
        "messages": round(sent / len(calls), 2),
    }


def _time(times: list[float], share: float) -> float | None:
    if not times:
        return None
    times.sort()
    return round(
        median(times) if share == 0.5 else times[min(len(times) - 1, int(share * len(times)))], 2
    )


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def _stale(history) -> float | None:
    """Reads that returned a value although a later one was over, of all reads."""
    writes = [op for op in history.operations if op.f in WRITES and op.outcome == "ok"]
    found = writes_read(history, "figures")
    return _percent(
        sum(bool(missed(read, write, writes)) for read, write in found.items()), len(found)
    )
