"""The four session guarantees: what one client may count on, whatever replicas it asks.

Terry, Demers, Petersen, Spreitzer, Theimer and Welch, "Session guarantees for weakly consistent
replicated data", PDIS 1994.

A history doesn't show which of two writes a store puts first. Here a write is older than another if
it had returned before the other was called; of writes that overlap, neither is older, and nothing
is said of them. So what is reported is broken under every order that agrees with real time.
"""

from collections.abc import Iterator
from itertools import combinations

from dslab.check.inputs import (
    READS,
    WRITES,
    history_of,
    programs_of,
    trace_of,
    value_named,
    writes_read,
)
from dslab.errors import DslabError
from dslab.run.history import Operation
from dslab.verdict import Verdict

__all__ = ["GUARANTEES", "sessions"]

#: id → the guarantee in words.
GUARANTEES = {
    "read-your-writes": "a read returns what its own process wrote before, or something newer",
    "monotonic-reads": "a read returns what its own process read before, or something newer",
    "monotonic-writes": "whoever has seen a write sees the earlier writes of its process too",
    "writes-follow-reads": "whoever has seen a write sees what its process had read before it",
}


def sessions(history, guarantee: str | None = None) -> Verdict:
    """Whether a history of reads and writes of different values keeps a guarantee; all four where
    none is named.
    """
    if guarantee is not None and guarantee not in GUARANTEES:
        raise DslabError(f"{guarantee!r} is no session guarantee: choose {', '.join(GUARANTEES)}.")
    source, history = history, history_of(history, "sessions")
    found = writes_read(history, "sessions")
    programs = list(programs_of(history).values())
    wanted = [guarantee] if guarantee else list(GUARANTEES)
    for name in wanted:
        for operations, sentence in CHECKS[name](programs, found):
            return Verdict(
                False,
                name,
                sentence,
                tuple(f"“{op}”" for op in operations),
                history.only(operations),
                trace=trace_of(source),
                explored={"sessions": len(programs), "operations": len(history.operations)},
            )
    return Verdict(
        True,
        guarantee or "sessions",
        f"In every session {GUARANTEES[guarantee]}."
        if guarantee
        else "All four session guarantees are kept.",
        explored={"sessions": len(programs), "operations": len(history.operations)},
    )


def _older(one: Operation | None, other: Operation | None) -> bool:
    """Whether what a write left (None: the initial value) is older than what another left."""
    if other is None or one is other:
        return False
    return one is None or (one.returned is not None and one.returned < other.invoked)


def _pairs(program, found) -> Iterator[tuple[Operation, Operation]]:
    """(an operation, a read that its process made later and that was answered)."""
    return ((first, second) for first, second in combinations(program, 2) if second in found)


def _read_your_writes(programs, found):
    for program in programs:
        for write, read in _pairs(program, found):
            if write.f in WRITES and write.key == read.key and _older(found[read], write):
                yield (
                    [write, read],
                    f"“{read}” returned {value_named(found[read])}, although its process had "
                    f"written {value_named(write)} before.",
                )


def _monotonic_reads(programs, found):
    for program in programs:
        for first, second in _pairs(program, found):
            if first in found and first.key == second.key and _older(found[second], found[first]):
                yield (
                    [first, second],
                    f"“{second}” returned {value_named(found[second])}, although its process "
                    f"had read {value_named(found[first])} before.",
                )


def _seen(programs, found, earlier):
    """`earlier(program, write)` gives what comes before a write in its session, as (operation, what
    its effect was).
    """
    home = {op: program for program in programs for op in program}
    for program in programs:
        for first, second in _pairs(program, found):
            seen = found.get(first)
            if seen is None:
                continue
            for operation, effect in earlier(home[seen], seen):
                if operation.key == second.key and _older(found[second], effect):
                    yield operation, seen, first, second, effect


def _monotonic_writes(programs, found):
    def earlier(program, write):
        return ((op, op) for op in program[: program.index(write)] if op.f in WRITES)

    for operation, seen, first, second, _ in _seen(programs, found, earlier):
        yield (
            [operation, seen, first, second],
            f"“{second}” returned {value_named(found[second])}, although its process had seen "
            f"{value_named(seen)} "
            f"of {seen.who}, which had written {value_named(operation)} before.",
        )


def _writes_follow_reads(programs, found):
    def earlier(program, write):
        return (
            (op, found[op])
            for op in program[: program.index(write)]
            if op.f in READS and op in found
        )

    for operation, seen, first, second, effect in _seen(programs, found, earlier):
        yield (
            [operation, seen, first, second],
            f"“{second}” returned {value_named(found[second])}, although its process had seen "
            f"{value_named(seen)} "
            f"of {seen.who}, which had read {value_named(effect)} before it wrote.",
        )


CHECKS = {
    "read-your-writes": _read_your_writes,
    "monotonic-reads": _monotonic_reads,
    "monotonic-writes": _monotonic_writes,
    "writes-follow-reads": _writes_follow_reads,
}
