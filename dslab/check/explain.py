"""Why a history is not linearizable: the smallest part of it that isn't, in words."""

from dataclasses import replace
from typing import Callable

from dslab.history import Operation
from dslab.values import show

__all__ = ["core", "reasons"]

READS = ("read", "get")


def core(operations: list[Operation], violated: Callable[[list[Operation]], bool]) -> list[Operation]:
    """A smallest part of `operations` that is still violated: leave out any one of it and it holds, or makes no sense.

    A write stays as long as a read of its value does: without it the read would be wrong for another reason.
    """
    kept = _prefix(operations, violated)
    size = max(len(kept) // 2, 1)
    while True:
        place, shrunk = 0, False
        while place < len(kept):
            rest = kept[:place] + kept[place + size:]
            if _sensible(rest, operations) and violated(rest):
                kept, shrunk = rest, True
            else:
                place += size
        if size == 1 and not shrunk:
            return kept
        size = max(size // 2, 1) if not shrunk or size > 1 else 1


def _prefix(operations, violated):
    """The operations up to the first return at which the violation shows; calls open then have an unknown outcome."""
    ends = sorted(op.returned for op in operations if op.returned is not None)
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high) // 2
        if violated(_until(operations, ends[middle])):
            high = middle
        else:
            low = middle + 1
    return [op for op in operations if op.invoked < ends[low]] if violated(_until(operations, ends[low])) else list(operations)


def _until(operations, end):
    return [op if op.returned is not None and op.returned <= end else replace(op, returned=None, outcome="info", result=None)
            for op in operations if op.invoked < end]


def _sensible(rest, operations) -> bool:
    """Every value read or compared has what wrote it among `rest`, if anything in `operations` wrote it."""
    if any(op.f == "append" for op in operations):
        # What an append makes of a value depends on all of them.
        return sum(op.f == "append" for op in rest) == sum(op.f == "append" for op in operations)
    there, all_values = _written(rest), _written(operations)
    return all(value is None or value in there or value not in all_values for value in _needed(rest))


def _written(operations):
    return {op.value[1] if op.f == "cas" else op.value for op in operations if op.f not in READS}


def _needed(operations):
    for op in operations:
        if op.f in READS and op.outcome == "ok":
            yield op.result
        elif op.f == "cas" and op.outcome == "ok":
            yield op.value[0]


def reasons(bad: list[Operation]) -> list[str]:
    """A minimal violation in words: what returned before what began, and at the end what can't be."""
    bad = sorted(bad, key=lambda op: op.invoked)
    sentences = []
    for op in bad:
        if op.start is not None:
            end = "its outcome is never known" if op.returned is None else f"returned at {op.end:g} ms"
            sentences.append(f"{_call(op)}: called at {op.start:g} ms, {end}.")
    for first, second in _orders(bad):
        sentences.append(f"{_call(first)} returned before {_call(second)} was called, so it comes first in any order.")
    return sentences + [_conclusion(bad)]


def _call(op: Operation) -> str:
    return f"“{op}”"


def _precedes(a: Operation, b: Operation) -> bool:
    """a was over before b began."""
    return a.returned is not None and a.returned < b.invoked


def _orders(bad):
    """Pairs (a, b) with a over before b began, leaving out those that follow from two others."""
    return [(a, b) for a in bad for b in bad if _precedes(a, b)
            and not any(_precedes(a, c) and _precedes(c, b) for c in bad)]


def _conclusion(bad) -> str:
    reads = [op for op in bad if op.f in READS and op.outcome == "ok"]
    writes = [op for op in bad if op.f in ("write", "put")]
    for read in reads:
        if read.result is not None and read.result not in _written(bad) and not any(op.f == "append" for op in bad):
            return f"{_call(read)} returned a value that nobody had written by then."
    if len(bad) == len(reads) + len(writes):
        for read in reads:
            source = next((w for w in writes if w.value == read.result), None)
            for write in writes:
                if write is not source and _precedes(write, read) and (source is None or _precedes(source, write)):
                    return (f"{_call(read)} is stale: {_call(write)} had returned before, so the read must return "
                            f"{show(write.value)} or something written later.")
            if source is not None and _precedes(read, source):
                return f"{_call(read)} returned a value before anybody had called for it to be written."
        for first in reads:
            for second in reads:
                if _precedes(first, second) and first.result != second.result:
                    return (f"{_call(second)} goes back in time: {_call(first)} had returned before it was called, "
                            f"so {show(first.result)} was there already, and nothing can bring {show(second.result)} back.")
    return f"No order of these {len(bad)} operations that respects this gives each of them the answer that it got."
