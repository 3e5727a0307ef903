"""How old may an answer be, and do the answers agree in the end?

Bounded staleness counts in versions (Aiyer, Alvisi and Bazzi, "On the availability of non-strict
quorum systems", DISC 2005: a k-regular read returns one of the last k writes) or in time.
Convergence is what "eventually consistent" promises: once writes stop, all reads return the same
(Vogels, "Eventually consistent", CACM 52(1), 2009).
"""

from collections.abc import Mapping
from typing import Any

from dslab.check.inputs import READS, WRITES, history_of, trace_of, value_named, writes_read
from dslab.errors import DslabError, demand_number
from dslab.values import canonical, show
from dslab.verdict import Verdict

__all__ = ["bounded_staleness", "convergence", "same_states"]


def bounded_staleness(
    history, *, versions: int | None = None, within: float | None = None
) -> Verdict:
    """Whether each read is at most `versions` writes, or `within` ms, out of date.

    A value is out of date by each write that began after the value's own had returned, and had
    itself returned before the read was called; and for as long as the first of these has been over.
    So 0 versions is a regular register (Lamport 1986).
    """
    if (versions is None) == (within is None):
        raise DslabError("bounded_staleness() takes either versions=… or within=… (ms).")
    demand_number(
        "within" if versions is None else "versions",
        within if versions is None else versions,
        0,
        whole=within is None,
    )
    source, history = history, history_of(history, "bounded_staleness")
    found = writes_read(history, "bounded_staleness")
    if within is not None and any(op.start is None for op in history.operations):
        raise DslabError("bounded_staleness(within=…) needs a history with times.")
    bound = (
        f"{versions} version{'' if versions == 1 else 's'}" if within is None else f"{within:g} ms"
    )
    writes = [op for op in history.operations if op.f in WRITES and op.outcome == "ok"]
    worst = 0.0
    for read, write in found.items():
        newer = missed(read, write, writes)
        age = len(newer) if within is None else read.start - newer[0].end if newer else 0
        worst = max(worst, age)
        if age > (versions if within is None else within):
            by = f"{age} version{'' if age == 1 else 's'}" if within is None else f"{age:g} ms"
            shown = [*([write] if write else []), *newer, read]
            return Verdict(
                False,
                "bounded-staleness",
                f"“{read}” returned {value_named(write)}, which was {by} out of date; allowed "
                f"is {bound}.",
                tuple(f"“{op}” was over before the read began." for op in newer),
                history.only(shown),
                trace=trace_of(source),
                explored={"reads": len(found)},
            )
    unit = "versions" if within is None else "ms"
    return Verdict(
        True,
        "bounded-staleness",
        f"No read is more than {bound} out of date; the oldest answer was {worst:g} {unit} old.",
        explored={"reads": len(found)},
    )


def missed(read, write, writes) -> list:
    """Those of `writes` that were over before `read` began, and began after `write`, whose value it
    returned, was over.
    """
    return sorted(
        (
            op
            for op in writes
            if op.key == read.key
            and op is not write
            and op.returned < read.invoked
            and (write is None or write.returned is not None and write.returned < op.invoked)
        ),
        key=lambda op: op.returned,
    )


def convergence(history, *, quiet: float = 0.0) -> Verdict:
    """Whether the last reads agree: those that were called when every write of their key had been
    over for `quiet` ms.

    Of each process the last such read of each key counts. `holds` is None where nobody read so
    late.
    """
    demand_number("quiet", quiet, 0, whole=False)
    source, history = history, history_of(history, "convergence")
    if quiet and any(op.start is None for op in history.operations):
        raise DslabError("convergence(quiet=…) needs a history with times.")
    last: dict[Any, dict[Any, Any]] = {}
    written: dict[Any, list] = {}
    for op in sorted(history.operations, key=lambda op: op.invoked):
        if op.f not in READS and op.outcome != "fail":
            written.setdefault(op.key, []).append(op)
    for op in sorted(history.operations, key=lambda op: op.invoked):
        if (
            op.f in READS
            and op.outcome == "ok"
            and all(_over(write, op, quiet) for write in written.get(op.key, ()))
        ):
            last.setdefault(op.key, {})[op.process] = op
    reads = sum(map(len, last.values()))
    if not reads:
        return Verdict(
            None,
            "convergence",
            "Nobody read after the writes had ended, so nothing can be said.",
            explored={"late reads": 0},
        )
    for key in sorted(last, key=canonical):
        ops = list(last[key].values())
        values = {canonical(op.result): op for op in ops}
        where = "" if key is None else f" of {show(key)}"
        if len(values) > 1:
            shown = list(values.values())
            return Verdict(
                False,
                "convergence",
                f"After the last write{where} the processes still read different values: "
                + ", ".join(show(op.result) for op in shown)
                + ".",
                tuple(f"“{op}”" for op in shown),
                history.only(shown),
                trace=trace_of(source),
                explored={"late reads": reads},
            )
        [op] = values.values()
        plain = [write for write in written.get(key, ()) if write.f in WRITES]
        if (
            plain
            and len(plain) == len(written[key])
            and op.result not in [write.value for write in plain]
        ):
            what = (
                f"All read the initial value{where}, although it was written."
                if op.result is None
                else f"All agree on {show(op.result)}{where}, which nobody wrote."
            )
            return Verdict(
                False,
                "convergence",
                what,
                (f"“{op}”",),
                history.only([op]),
                trace=trace_of(source),
                explored={"late reads": reads},
            )
    return Verdict(
        True,
        "convergence",
        "After the last write, every process reads the same.",
        explored={"late reads": reads},
    )


def _over(write, read, quiet) -> bool:
    if write.returned is None:
        # Nobody knows when it takes effect; from its call on, the time has to be enough.
        return write.invoked < read.invoked and (not quiet or read.start - write.start >= quiet)
    return write.returned < read.invoked and (not quiet or read.start - write.end >= quiet)


def same_states(states: Mapping[str, Any]) -> Verdict:
    """Whether replicas hold the same; `states` says what: {"n1": node.store, …}."""
    if not isinstance(states, Mapping) or not states:
        raise DslabError(
            "same_states() compares what replicas hold: give a mapping from their names, "
            'such as {"n1": node.store, …}.'
        )
    first, *others = states
    for other in others:
        if states[other] != states[first]:
            return Verdict(
                False,
                "convergence",
                f"{first} and {other} hold different things: {show(states[first])} and "
                f"{show(states[other])}.",
                explored={"replicas": len(states)},
            )
    return Verdict(
        True,
        "convergence",
        f"All {len(states)} replicas hold the same.",
        explored={"replicas": len(states)},
    )
