"""Causal consistency, told by what can't be: bad patterns in the order of causes.

Bouajjani, Enea, Guerraoui and Hamza, "On verifying causal consistency", POPL 2017. A write is a
cause of the reads that return its value and of all that these processes do later. Three strengths:

CyclicCO, ThinAirRead, WriteCOInitRead and WriteCORead are ruled out by all three, and beside them:

| kind | name               | what else it rules out                                               |
|------|--------------------|----------------------------------------------------------------------|
| cc   | causal consistency |                                                                      |
| ccv  | causal convergence | CyclicCF: processes that see two writes in different orders          |
| cm   | causal memory      | WriteHBInitRead, CyclicHB: a process that contradicts what it saw    |
|      |                    | itself                                                               |

With writes of different values the patterns are exact: a history has none of them just where it is
consistent, and they are found in polynomial time. Causes are kept as masks, a bit an operation, by
a topological order; what cm demands is saturated for each process anew, since each may believe in
an order of its own.
"""

from dslab.check.inputs import (
    READS,
    WRITES,
    history_of,
    programs_of,
    trace_of,
    value_named,
    writes_read,
)
from dslab.check.precedence import chain, closure, older, returned, same_process
from dslab.check.shrink import shrink
from dslab.errors import DslabError
from dslab.run.history import Operation
from dslab.verdict import Verdict

__all__ = ["causal"]

#: kind → the rule's id, and what it means that it holds.
KINDS = {
    "cc": ("causal", "Nobody has seen an effect without its causes."),
    "ccv": (
        "causal-convergence",
        "Nobody has seen an effect without its causes, and one order of all writes "
        "agrees with what everybody saw.",
    ),
    "cm": (
        "causal-memory",
        "Nobody has seen an effect without its causes, and for each process some order "
        "of the writes agrees with all that it saw.",
    ),
}


def causal(history, kind: str = "cc") -> Verdict:
    """Whether a history of reads and writes of different values is causally consistent; `kind` is
    cc, ccv or cm.
    """
    if kind not in KINDS:
        raise DslabError(f"{kind!r} is no kind of causal consistency: choose cc, ccv or cm.")
    source, history = history, history_of(history, "causal")
    rule, kept = KINDS[kind]
    bad = _bad(history, kind)
    explored = {"operations": len(history.operations)}
    if bad is None:
        return Verdict(True, rule, kept, explored=explored)
    # The smallest part with the same pattern, its causes included.
    part = history.only(
        shrink(
            history.operations, lambda rest: (_bad(history.only(rest), kind) or ("",))[0] == bad[0]
        )
    )
    pattern, sentence, reasons = _bad(part, kind)
    return Verdict(
        False,
        rule,
        f"{sentence} ({pattern}).",
        tuple(reasons()),
        part,
        trace=trace_of(source),
        explored=explored,
    )


def _bad(history, kind):
    """(pattern, a sentence without its end, a function that gives the reasons), or None."""
    run = _Run(history)
    return (
        run.nowhere()
        or run.order()
        or run.overwritten()
        or (kind == "ccv" and run.conflict())
        or (kind == "cm" and run.memory())
        or None
    )


class _Run:
    """The operations, numbered, with the order of causes as one mask of causes for each."""

    def __init__(self, history):
        self.source = writes_read(history, "causal")
        programs = programs_of(history)
        read = set(self.source.values())
        # A write that nobody heard back from and nobody has read may as well not have happened, and
        # such a read says nothing.
        self.ops = [
            op
            for program in programs.values()
            for op in program
            if op.outcome == "ok" or op in read
        ]
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
        #: For a write that must be older than another, the read that shows it.
        self.seen_by: dict[tuple[int, int], Operation] = {}

    def reasons(self, way: list[int]) -> list[str]:
        """Why each of these comes before the next."""
        return [self._why(one, other) for one, other in zip(way, way[1:])]

    def _why(self, one: int, other: int) -> str:
        first, second = self.ops[one], self.ops[other]
        if self.source.get(second) is first:
            return returned(first, second)
        return (
            same_process(first, second)
            if self.before[other] == one
            else older(first, second, self.seen_by[one, other])
        )

    def _round(self, cycle: list[int]):
        return lambda: self.reasons([*cycle, cycle[0]])

    def nowhere(self):
        """A read of a value that nobody wrote."""
        for op in self.ops:
            if op.f in READS and op not in self.source:
                return "ThinAirRead", f"“{op}” returned a value that nobody ever wrote", list

    def order(self):
        """Fill in `causes`, or find a cycle."""
        self.causes, cycle = closure(self.next)
        if cycle:
            return (
                "CyclicCO",
                "Each of these operations is a cause of the next, and the last of the first",
                self._round(cycle),
            )

    def is_cause(self, one: Operation, other: Operation) -> bool:
        """Whether one operation is among another's causes."""
        return bool(self.causes[self.number[other]] >> self.number[one] & 1)

    def overwritten(self):
        """A read of a value that another write among its causes had overwritten."""
        for op, write in self.source.items():
            for other in self.writes:
                if other.key == op.key and other is not write and self.is_cause(other, op):
                    late, read = self.number[other], self.number[op]
                    if write is None:
                        return (
                            "WriteCOInitRead",
                            f"“{op}” returned the initial value, but “{other}” is among its causes",
                            lambda late=late, read=read: self.reasons(chain(self.next, late, read)),
                        )
                    if self.is_cause(write, other):
                        return (
                            "WriteCORead",
                            f"“{op}” returned {value_named(write)}, which “{other}” had "
                            "overwritten: that write came after it and is among the causes of "
                            "the read",
                            lambda first=self.number[write], late=late, read=read: (
                                self.reasons(chain(self.next, first, late))
                                + self.reasons(chain(self.next, late, read))
                            ),
                        )

    def conflict(self):
        """Writes that some reads show in one order and others in the other."""
        edges = [list(following) for following in self.next]
        for op, write in self.source.items():
            for other in self.writes:
                if (
                    write is not None
                    and other.key == op.key
                    and other is not write
                    and self.is_cause(other, op)
                ):
                    edges[self.number[other]].append(self.number[write])
                    self.seen_by[self.number[other], self.number[write]] = op
        cycle = closure(edges)[1]
        if cycle:
            return (
                "CyclicCF",
                "Whichever order is chosen for these writes, some read has seen the other one",
                self._round(cycle),
            )

    def memory(self):
        """What each process must believe of the order of writes, given all that it saw."""
        lasts = [
            number
            for number in range(len(self.ops))
            if not any(self.before[other] == number for other in range(len(self.ops)))
        ]
        for last in lasts:
            mine = {last}
            while (earlier := self.before[min(mine)]) is not None and self.ops[
                earlier
            ].process == self.ops[last].process:
                mine.add(earlier)
            past = self.causes[last] | 1 << last
            edges = [
                [other for other in following if past >> other & 1] if past >> number & 1 else []
                for number, following in enumerate(self.next)
            ]
            if bad := self._believes(edges, [self.ops[number] for number in sorted(mine)]):
                return bad

    def _believes(self, edges, mine):
        while True:
            before, cycle = closure(edges)
            if cycle:
                return (
                    "CyclicHB",
                    f"No order of these agrees with all that {mine[0].who} has read",
                    self._round(cycle),
                )
            added = False
            for op in mine:
                if op not in self.source:
                    continue
                write = self.source[op]
                for other in self.writes:
                    if (
                        other.key != op.key
                        or other is write
                        or not before[self.number[op]] >> self.number[other] & 1
                    ):
                        continue
                    if write is None:
                        return (
                            "WriteHBInitRead",
                            f"“{op}” returned the initial value, but by all that its "
                            f"process saw, “{other}” came before",
                            lambda late=self.number[other], read=self.number[op]: self.reasons(
                                chain(edges, late, read)
                            ),
                        )
                    if not before[self.number[write]] >> self.number[other] & 1:
                        edges[self.number[other]].append(self.number[write])
                        self.seen_by[self.number[other], self.number[write]] = op
                        added = True
            if not added:
                return None
