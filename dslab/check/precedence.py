"""Which of two calls has to come first, and a circle of such reasons: why calls have no order."""

from dslab.check.inputs import WRITES, named
from dslab.run.history import Operation

__all__ = ["chain", "circle", "closure", "older", "returned", "same_process"]


# The reasons in words: each says why the first of two calls comes before the second.


def same_process(one: Operation, other: Operation) -> str:
    return f"“{one}” comes before “{other}”: process {one.process} made them in this order."


def returned(write: Operation, read: Operation) -> str:
    return f"“{write}” comes before “{read}”, which returned what it wrote."


def older(one: Operation, other: Operation, read: Operation) -> str:
    return (
        f"“{one}” comes before “{other}”: “{read}” came after both and returned "
        f"{named(other)}, so that is the newer."
    )


def not_yet(read: Operation, write: Operation, source: Operation | None) -> str:
    return f"“{read}” comes before “{write}”: it still returned {named(source)}."


def circle(
    programs: list[list[Operation]], sources: dict[Operation, Operation | None]
) -> list[str]:
    """Reasons why the calls of some processes would each have to come before the next, and the last
    before the first.

    programs  each process's calls, in its order: reads and writes of different values alone.
    sources   for each answered read the write whose value it returned; None for the initial value.

    Empty where the reasons at hand make no circle.
    """
    ops = [op for program in programs for op in program]
    number = {op: place for place, op in enumerate(ops)}
    edges: list[list[int]] = [[] for _ in ops]
    why: dict[tuple[int, int], str] = {}

    def add(one: Operation, other: Operation, reason: str) -> bool:
        pair = number[one], number[other]
        if pair in why:
            return False
        edges[pair[0]].append(pair[1])
        why[pair] = reason
        return True

    for program in programs:
        for one, other in zip(program, program[1:]):
            add(one, other, same_process(one, other))
    for read, write in sources.items():
        if write is not None:
            add(write, read, returned(write, read))
    writes = [op for op in ops if op.f in WRITES]
    while True:
        before, found = closure(edges)
        if found:
            return [why[pair] for pair in zip(found, [*found[1:], found[0]])]
        late = [
            (read, write, other)
            for read, write in sources.items()
            for other in writes
            if other.key == read.key and other is not write
        ]
        grown = [
            add(read, other, not_yet(read, other, write))
            for read, write, other in late
            if write is None or before[number[other]] >> number[write] & 1
        ]
        if not any(grown):  # What takes more to see is only said where it is needed.
            grown = [
                add(other, write, older(other, write, read))
                for read, write, other in late
                if write is not None and before[number[read]] >> number[other] & 1
            ]
        if not any(grown):
            return []


def closure(edges: list[list[int]]) -> tuple[list[int], list[int]]:
    """(for each number the mask of all before it, a shortest cycle or nothing). With a cycle, the
    masks mean nothing.
    """
    count = len(edges)
    incoming = [0] * count
    for following in edges:
        for other in following:
            incoming[other] += 1
    ready, masks, done = [number for number in range(count) if not incoming[number]], [0] * count, 0
    for number in ready:  # Grows on the way.
        done += 1
        for other in edges[number]:
            masks[other] |= masks[number] | 1 << number
            incoming[other] -= 1
            if not incoming[other]:
                ready.append(other)
    return (
        (masks, [])
        if done == count
        else (masks, _cycle(edges, [number for number in range(count) if incoming[number]]))
    )


def _cycle(edges, left) -> list[int]:
    best: list[int] = []
    for start in left:
        way = min(
            (chain(edges, other, start) for other in edges[start]),
            key=lambda way: len(way) or len(edges) + 1,
            default=[],
        )
        if way and (not best or len(way) < len(best)):
            best = [start, *way[:-1]]
    return best


def chain(edges: list[list[int]], start: int, end: int) -> list[int]:
    """A shortest way from one number to another, both included; empty where there is none."""
    parent, level = {start: None}, [start]
    while level and end not in parent:
        fresh = []
        for one in level:
            for other in edges[one]:
                if other not in parent:
                    parent[other] = one
                    fresh.append(other)
        level = fresh
    if end not in parent:
        return []
    way = [end]
    while parent[way[-1]] is not None:
        way.append(parent[way[-1]])
    return way[::-1]
