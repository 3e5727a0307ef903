"""Causal consistency, told by what can't be: bad patterns in the order of causes.

Bouajjani, Enea, Guerraoui and Hamza, "On verifying causal consistency", POPL 2017. A write is a cause of the reads that
return its value and of all that these processes do later. Three strengths:

| kind | name               | beside CyclicCO, ThinAirRead, WriteCOInitRead and WriteCORead it rules out |
|------|--------------------|----------------------------------------------------------------------------|
| cc   | causal consistency |                                                                            |
| ccv  | causal convergence | CyclicCF: processes that see two writes in different orders                 |
| cm   | causal memory      | WriteHBInitRead, CyclicHB: a process that contradicts what it saw itself    |
"""

from dslab.check.shrink import shrink
from dslab.check.source import READS, WRITES, history_of, sessions, sources, trace_of
from dslab.errors import DslabError
from dslab.history import Operation
from dslab.verdict import Verdict

__all__ = ["causal"]

KINDS = {"cc": "causal consistency", "ccv": "causal convergence", "cm": "causal memory"}


def causal(history, kind: str = "cc") -> Verdict:
    """Whether a history of reads and writes of different values is causally consistent; `kind` is cc, ccv or cm."""
    if kind not in KINDS:
        raise DslabError(f"{kind!r} is no kind of causal consistency: choose cc, ccv or cm.")
    source, history = history, history_of(history, "causal")
    bad = _bad(history, kind)
    explored = {"operations": len(history.operations)}
    if bad is None:
        return Verdict(True, kind, f"No bad pattern: this is {KINDS[kind]}.", explored=explored)
    # The smallest part with the same pattern, its causes included.
    part = history.only(shrink(history.operations, lambda rest: (_bad(history.only(rest), kind) or ("",))[0] == bad[0]))
    pattern, _, sentence = _bad(part, kind)
    return Verdict(False, pattern, sentence, tuple(f"“{op}”" for op in part.operations), part, trace=trace_of(source), explored=explored)


def _bad(history, kind):
    """(pattern, the operations that make it, a sentence), or None."""
    run = _Run(history)
    return run.nowhere() or run.order() or run.overwritten() or (kind == "ccv" and run.conflict()) or (kind == "cm" and run.memory()) or None


class _Run:
    """The operations, numbered, with the order of causes as one mask of causes for each."""

    def __init__(self, history):
        self.source = sources(history, "causal")
        programs = sessions(history)
        read = set(self.source.values())
        # A write that nobody heard back from and nobody has read may as well not have happened, and such a read says nothing.
        self.ops = [op for program in programs.values() for op in program if op.outcome == "ok" or op in read]
        self.number = {op: place for place, op in enumerate(self.ops)}
        self.next: list[list[int]] = [[] for _ in self.ops]
        self.before: list[int | None] = [None] * len(self.ops)
        for one, other in zip(self.ops, self.ops[1:]):
            if one.process == other.process:
                self.next[self.number[one]].append(self.number[other])
                self.before[self.number[other]] = self.number[one]
        for op, write in self.source.items():
            if write is not None:
                self.next[self.number[write]].append(self.number[op])
        self.writes = [op for op in self.ops if op.f in WRITES]
        self.causes: list[int] = []

    def nowhere(self):
        for op in self.ops:
            if op.f in READS and op not in self.source:
                return "ThinAirRead", [op], f"“{op}” returned a value that nobody ever wrote."

    def order(self):
        """Fill in `causes`, or find a cycle."""
        self.causes, cycle = _closure(self.next)
        if cycle:
            ops = [self.ops[number] for number in cycle]
            return "CyclicCO", ops, "Each of these operations is a cause of the next, and the last of the first."

    def is_cause(self, one: Operation, other: Operation) -> bool:
        return bool(self.causes[self.number[other]] >> self.number[one] & 1)

    def overwritten(self):
        for op, write in self.source.items():
            for other in self.writes:
                if other.key == op.key and other is not write and self.is_cause(other, op):
                    if write is None:
                        return "WriteCOInitRead", [other, op], f"“{op}” returned the initial value, but “{other}” is among its causes."
                    if self.is_cause(write, other):
                        return ("WriteCORead", [write, other, op],
                                f"“{op}” returned what “{other}” had overwritten: that write saw the older one, and is itself among the causes of the read.")

    def conflict(self):
        edges = [list(following) for following in self.next]
        for op, write in self.source.items():
            for other in self.writes:
                if write is not None and other.key == op.key and other is not write and self.is_cause(other, op):
                    edges[self.number[other]].append(self.number[write])
        cycle = _closure(edges)[1]
        if cycle:
            return ("CyclicCF", [self.ops[number] for number in cycle],
                    "Whichever order is chosen for these writes, some read has seen the other one.")

    def memory(self):
        """For each process, what it must believe of the order of writes, given all that it saw itself."""
        lasts = [number for number in range(len(self.ops)) if not any(self.before[other] == number for other in range(len(self.ops)))]
        for last in lasts:
            mine = {last}
            while (earlier := self.before[min(mine)]) is not None and self.ops[earlier].process == self.ops[last].process:
                mine.add(earlier)
            past = self.causes[last] | 1 << last
            edges = [[other for other in following if past >> other & 1] if past >> number & 1 else [] for number, following in enumerate(self.next)]
            if bad := self._believes(edges, [self.ops[number] for number in sorted(mine)]):
                return bad

    def _believes(self, edges, mine):
        while True:
            before, cycle = _closure(edges)
            if cycle:
                return ("CyclicHB", [self.ops[number] for number in cycle],
                        f"Process {mine[0].process} can't put these in any order that agrees with all its own reads.")
            added = False
            for op in mine:
                if op not in self.source:
                    continue
                write = self.source[op]
                for other in self.writes:
                    if other.key != op.key or other is write or not before[self.number[op]] >> self.number[other] & 1:
                        continue
                    if write is None:
                        return "WriteHBInitRead", [other, op], f"“{op}” returned the initial value, but by all that its process saw, “{other}” came before."
                    if not before[self.number[write]] >> self.number[other] & 1:
                        edges[self.number[other]].append(self.number[write])
                        added = True
            if not added:
                return None


def _closure(edges: list[list[int]]) -> tuple[list[int], list[int]]:
    """(for each number the mask of all before it, a shortest cycle or nothing). With a cycle, the masks mean nothing."""
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
    return (masks, []) if done == count else (masks, _cycle(edges, [number for number in range(count) if incoming[number]]))


def _cycle(edges, left) -> list[int]:
    best: list[int] = []
    for start in left:
        parent, level = {start: None}, [start]
        while level and start not in (following := [other for one in level for other in edges[one]]):
            fresh = []
            for one in level:
                for other in edges[one]:
                    if other not in parent:
                        parent[other] = one
                        fresh.append(other)
            level = fresh
        if level:
            way = [next(one for one in level if start in edges[one])]
            while parent[way[-1]] is not None:
                way.append(parent[way[-1]])
            if not best or len(way) < len(best):
                best = way[::-1]
    return best
