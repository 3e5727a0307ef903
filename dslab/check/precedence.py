"""Which of two calls has to come first, and a circle of such reasons: why calls have no order.

Reads and writes of different values tell what order any explanation of them must have. Four rules
say that one call comes before another, in every order that a single copy could have answered:

    program    a process made them in this order;
    reads-from a read returned what the write wrote;
    newer      a read came after both writes and returned the second's value, so that overwrote
               the first's;
    from-read  a read still returned what stood there before the write.

The last two need to know already that one call comes before another, so they are applied again and
again to the transitive closure until nothing is added. Each rule is forced, so a circle is a proof
that there is no order. That none is found proves nothing, for the question as such is NP-complete
(Gibbons and Korach, "Testing shared memories", SIAM J. Computing 26(4), 1997): whoever asks has
searched before, and wants a reason.

n calls have at most n² reasons, and a round of saturation costs a closure, n masks of n bits for
each edge. Histories that come here are shrunk to a few calls first.
"""

from dslab.check.inputs import WRITES, value_named
from dslab.run.history import Operation

__all__ = ["chain", "circle", "closure", "older", "returned", "same_process"]


# The reasons in words: each says why the first of two calls comes before the second.


def same_process(one: Operation, other: Operation) -> str:
    """By program order."""
    return f"“{one}” comes before “{other}”: {one.who} made them in this order."


def returned(write: Operation, read: Operation) -> str:
    """By what was read."""
    return f"“{write}” comes before “{read}”, which returned what it wrote."


def older(one: Operation, other: Operation, read: Operation) -> str:
    """By a read that came after both writes."""
    return (
        f"“{one}” comes before “{other}”: “{read}” came after both and returned "
        f"{value_named(other)}, so that is the newer."
    )


def not_yet(read: Operation, write: Operation, source: Operation | None) -> str:
    """By a read that saw an earlier value, which `source` had written."""
    return f"“{read}” comes before “{write}”: it still returned {value_named(source)}."


def circle(
    programs: list[list[Operation]], writes_read: dict[Operation, Operation | None]
) -> list[str]:
    """Reasons why the calls of some processes would each have to come before the next, and the last
    before the first.

    programs     each process's calls, in its order: reads and writes of different values alone.
    writes_read  for each answered read the write whose value it returned; None for the initial
                 value.

    Empty where the reasons at hand make no circle.
    """
    ops = [op for program in programs for op in program]
    number = {op: place for place, op in enumerate(ops)}
    edges: list[list[int]] = [[] for _ in ops]
    why: dict[tuple[int, int], str] = {}

    def add(one: Operation, other: Operation, reason: str) -> bool:
        pair = number[one], number[other]
        if pair in why:
            return False  # The first reason that is found is the simplest one.
        edges[pair[0]].append(pair[1])
        why[pair] = reason
        return True

    for program in programs:
        for one, other in zip(program, program[1:]):
            add(one, other, same_process(one, other))
    for read, write in writes_read.items():
        if write is not None:
            add(write, read, returned(write, read))
    writes = [op for op in ops if op.f in WRITES]
    while True:
        before, found = closure(edges)
        if found:
            return [why[pair] for pair in zip(found, [*found[1:], found[0]])]
        late = [
            (read, write, other)
            for read, write in writes_read.items()
            for other in writes
            if other.key == read.key and other is not write
        ]
        # From-read: the value that was read had been written before `other` overwrote it.
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
    ready = [number for number in range(count) if not incoming[number]]
    masks = [0] * count
    # Kahn's order (CACM 5(11), 1962): a call is ready once all before it are done, and by then its
    # mask is whole. What is never ready stands in a cycle, or behind one.
    for number in ready:  # Grows on the way.
        for other in edges[number]:
            masks[other] |= masks[number] | 1 << number
            incoming[other] -= 1
            if not incoming[other]:
                ready.append(other)
    left = [number for number in range(count) if incoming[number]]
    return masks, _cycle(edges, left) if left else []


def _cycle(edges, left) -> list[int]:
    """A shortest cycle through these numbers: from each the shortest way back to itself."""
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
