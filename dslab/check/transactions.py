"""Transactions on lists: anomalies as cycles of dependencies.

Adya, "Weak consistency: a generalized theory and optimistic implementations for distributed
transactions", MIT 1999, gives the anomalies; Kingsbury and Alvaro, "Elle: inferring isolation
anomalies from experimental observations", VLDB 14(3), 2020, the way to see them from outside. Each
transaction appends values to lists and reads them, and no value is appended twice to a list. A list
that was read tells the order in which its values were appended; so

    ww  one transaction appended the value after the other's
    wr  one read what the other had appended last
    rw  one read a list that the other then appended to

and a cycle of these can't be in any order of the transactions. Its name says what it is made of:

| anomaly  | cycle                                     | ruled out from     |
|----------|-------------------------------------------|--------------------|
| G0       | ww alone                                  | read-uncommitted   |
| G1a      | no cycle: a read of a refused transaction | read-committed     |
| G1b      | no cycle: a read in the middle of another | read-committed     |
| G1c      | ww and wr                                 | read-committed     |
| G-single | one rw, and ww or wr                      | snapshot-isolation |
| G2       | two rw or more                            | serializable       |

It is right in what it finds. No value is appended twice, so a read names the transactions that made
what it saw, and all reads of a list agree on one order of its appends or contradict each other at
once. Then each edge stands in every version order that agrees with the reads, and a cycle of such
edges in every dependency graph of the history. It is not complete: a value that nobody read has no
place in the order, and no edge.

An anomaly is looked for only when none before it in `ANOMALIES` was found, and relies on that:
without a duplicate every value that was read has a writer, without an incompatible order each list
has one order. So the first cycle that is found is of the plainest kind that there is.

Edges are between neighbours in a list's order alone, one ww an append and one wr and one rw a read:
the others follow through these. So there are as many as steps, and the shortest cycle costs one
breadth-first search for each edge of its first kind.
"""

from typing import Any

from dslab.check.inputs import history_of, trace_of
from dslab.errors import DslabError
from dslab.run.history import Operation
from dslab.values import show
from dslab.verdict import Verdict

__all__ = ["ANOMALIES", "LEVELS", "transactions"]

ANOMALIES = tuple("internal duplicate incompatible-order G0 G1a G1b G1c G-single G2".split())
#: What those anomalies that are cycles or reads of too much are called.
NAMES = {
    "G0": "dirty write",
    "G1a": "aborted read",
    "G1b": "intermediate read",
    "G1c": "circular information flow",
    "G-single": "read skew",
    "G2": "write skew",
}
#: Each level with the anomalies that it rules out, beside all that stand before them.
LEVELS = {"read-uncommitted": 4, "read-committed": 7, "snapshot-isolation": 8, "serializable": 9}


def transactions(history, level: str = "serializable") -> Verdict:
    """Whether a history of transactions shows an anomaly that `level` rules out.

    An operation's `f` is "txn", its value a list of steps: ["append", key, value] or ["r", key,
    None], and what comes back has each read's list in its place. Raises DslabError where a step is
    something else.
    """
    if level not in LEVELS:
        raise DslabError(f"{level!r} is no isolation level: choose {', '.join(LEVELS)}.")
    source, history = history, history_of(history, "transactions")
    run = _Run(history.operations)
    explored = {"transactions": len(history.operations)}
    for anomaly in ANOMALIES[: LEVELS[level]]:
        found = run.look_for(anomaly)
        if found:
            operations, sentence, reasons = found
            named = f"{anomaly} ({NAMES[anomaly]})" if anomaly in NAMES else anomaly
            return Verdict(
                False,
                level,
                f"{named}: {sentence}",
                tuple(reasons),
                history.only(operations),
                trace=trace_of(source),
                explored=explored,
            )
    return Verdict(
        True,
        level,
        f"None of the anomalies that {level.replace('-', ' ')} rules out is in what was read.",
        explored=explored,
    )


class _Run:
    """What the transactions did, as far as it was seen."""

    def __init__(self, operations):
        self.all = list(operations)
        for op in self.all:
            _demand_steps(op)
        self.writer: dict[tuple, Operation] = {}
        for op in self.all:
            for f, key, value in op.value:
                if f == "append":
                    if (key, value) in self.writer:
                        raise DslabError(
                            f"{show(value)} is appended to {show(key)} twice, by "
                            f"{self.writer[key, value]} and {op}: give every value once."
                        )
                    self.writer[key, value] = op
        self.done = [op for op in self.all if op.outcome == "ok"]
        self.reads = [
            (op, key, tuple(value or ()))
            for op in self.done
            for f, key, value in op.result
            if f == "r"
        ]
        #: By list, the longest that was read: the order of its appends, as far as it was seen.
        self.order: dict[Any, tuple] = {}
        for _, key, seen in self.reads:
            if len(seen) > len(self.order.get(key, ())):
                self.order[key] = seen
        #: By kind: (one, other) → why one comes before the other, with {other} for its name.
        self.edges: dict[str, dict[tuple, str]] = {"ww": {}, "wr": {}, "rw": {}}

    def look_for(self, anomaly):
        """(the transactions, a sentence, reasons) of an anomaly, or None. Ask in their order."""
        match anomaly:
            case "internal":
                return self._internal()
            case "duplicate":
                return self._duplicate()
            case "incompatible-order":
                return self._incompatible() or self._depend()
            case "G1a":
                return self._aborted()
            case "G1b":
                return self._intermediate()
            case "G0":
                return self._cycle(anomaly, "ww", ("ww",))
            case "G1c":
                return self._cycle(anomaly, "wr", ("ww", "wr"))
            case "G-single":
                return self._cycle(anomaly, "rw", ("ww", "wr"))
        return self._cycle(anomaly, "rw", ("ww", "wr", "rw"))

    def _internal(self):
        """A transaction that doesn't see what it did itself."""
        for op in self.done:
            known: dict[Any, tuple] = {}
            added: dict[Any, tuple] = {}
            for place, (f, key, value) in enumerate(op.result):
                if f == "append":
                    added[key] = (*added.get(key, ()), value)
                    continue
                seen, mine = tuple(value or ()), added.get(key, ())
                expected = (*known[key], *mine) if key in known else None
                if expected is not None and seen != expected or mine and seen[-len(mine) :] != mine:
                    what = (
                        f"reads {show(key)} twice and finds it changed"
                        if key in known and not mine
                        else f"doesn't find in {show(key)} what it has appended itself"
                    )
                    return [op], f"“{op}” {what}.", []
                later = {
                    value for f, where, value in op.result[place:] if f == "append" and where == key
                }
                if later & set(seen):
                    return [op], f"“{op}” reads in {show(key)} what it appends only later.", []
                known[key], added[key] = seen, ()
        return None

    def _duplicate(self):
        """A value that is twice in a list, or that nobody appended."""
        for op, key, seen in self.reads:
            for value in seen:
                if seen.count(value) > 1:
                    return (
                        [op],
                        f"“{op}” finds {show(value)} twice in {show(key)}, to which it "
                        "was appended once.",
                        [],
                    )
                if (key, value) not in self.writer:
                    return (
                        [op],
                        f"“{op}” finds {show(value)} in {show(key)}, which nobody appended.",
                        [],
                    )
        return None

    def _incompatible(self):
        """Two reads of a list of which neither begins with the other, or a transaction's appends in
        another order than its own.
        """
        for op, key, seen in self.reads:
            longest = self.order.get(key, ())
            if seen != longest[: len(seen)]:
                other = next(
                    one for one, where, values in self.reads if where == key and values == longest
                )
                return (
                    [op, other],
                    f"“{op}” and “{other}” saw {show(key)} grow in different orders.",
                    [],
                )
        for op in self.all:
            for key in dict.fromkeys(key for f, key, _ in op.value if f == "append"):
                mine = [value for f, where, value in op.value if f == "append" and where == key]
                shown = [value for value in self.order.get(key, ()) if value in mine]
                if shown != mine[: len(shown)]:
                    return (
                        [op],
                        f"The appends of “{op}” to {show(key)} stand there in another order.",
                        [],
                    )
        return None

    def _depend(self):
        """Fill in the edges, now that every list has one order."""
        for key, order in self.order.items():
            for one, other in zip(order, order[1:]):
                self._edge(
                    "ww",
                    self.writer[key, one],
                    self.writer[key, other],
                    f"appended {show(one)} to {show(key)} before {{other}} appended {show(other)}",
                )
        for op, key, seen in self.reads:
            order = self.order[key] if key in self.order else ()
            if seen:
                self._edge(
                    "wr",
                    self.writer[key, seen[-1]],
                    op,
                    f"appended {show(seen[-1])} to {show(key)}, which {{other}} read",
                )
            if len(order) > len(seen):
                following = order[len(seen)]
                self._edge(
                    "rw",
                    op,
                    self.writer[key, following],
                    f"read {show(key)} as {show(seen)}, before {{other}} appended "
                    f"{show(following)}",
                )
        return None

    def _edge(self, kind, one, other, why):
        if one is not other:  # What a transaction does to itself says nothing of an order.
            self.edges[kind].setdefault((one, other), why)

    def _aborted(self):
        """A read of what was refused. What is merely unknown may have happened: that it was read
        shows that it has.
        """
        for op, key, seen in self.reads:
            for value in seen:
                if self.writer[key, value].outcome == "fail":
                    bad = self.writer[key, value]
                    return (
                        [bad, op],
                        f"“{op}” found {show(value)} in {show(key)}, which “{bad}” had "
                        "appended: that one never happened.",
                        [],
                    )
        return None

    def _intermediate(self):
        """A read whose last value another transaction went on from: it saw the middle of it."""
        for op, key, seen in self.reads:
            if seen and (writer := self.writer[key, seen[-1]]) is not op:
                last = [
                    value for f, where, value in writer.value if f == "append" and where == key
                ][-1]
                if last != seen[-1]:
                    return (
                        [writer, op],
                        f"“{op}” saw {show(key)} as it was in the middle of “{writer}”, "
                        f"which then appended {show(last)}.",
                        [],
                    )
        return None

    def _cycle(self, anomaly, first, rest):
        """The shortest cycle of one `first` edge and any edges of the kinds `rest`."""
        following: dict[Operation, list[tuple[Operation, str]]] = {}
        for kind in rest:
            for (one, other), why in self.edges[kind].items():
                following.setdefault(one, []).append((other, f"{kind}: {why}"))
        best = None
        for (one, other), why in self.edges[first].items():
            way = _shortest(following, other, one)
            if way is not None and (best is None or len(way) + 1 < len(best)):
                best = [(one, other, f"{first}: {why}"), *way]
        if best is None:
            return None
        names = {
            op: f"T{number}"
            for number, op in enumerate(dict.fromkeys(one for one, _, _ in best), 1)
        }
        reasons = [f"{name} is “{op}”." for op, name in names.items()]
        reasons += [
            f"{names[one]} comes before {names[other]} ({kind}): it "
            f"{text.format(other=names[other])}."
            for one, other, why in best
            for kind, _, text in [why.partition(": ")]
        ]
        return (
            list(names),
            f"{' → '.join([*names.values(), 'T1'])} is a cycle, so these transactions "
            "have no order.",
            reasons,
        )


def _shortest(following, start, end) -> list[tuple] | None:
    """A shortest way as (one, other, why) from step to step; None where there is none."""
    parent, level = {start: None}, [start]
    while level and end not in parent:
        fresh = []
        for one in level:
            for other, why in following.get(one, ()):
                if other not in parent:
                    parent[other] = one, why
                    fresh.append(other)
        level = fresh
    if end not in parent:
        return None
    way = []
    while parent[end] is not None:
        one, why = parent[end]
        way.append((one, end, why))
        end = one
    return way[::-1]


def _demand_steps(op: Operation) -> None:
    for steps in (op.value, op.result) if op.outcome == "ok" else (op.value,):
        for step in steps if op.f == "txn" and isinstance(steps, tuple) else [None]:
            if not (
                isinstance(step, tuple)
                and len(step) == 3
                and step[0] in ("append", "r")
                and (step[0] == "append" or isinstance(step[2], tuple | None))
            ):
                raise DslabError(
                    'transactions() takes operations "txn" of steps ["append", key, '
                    'value] and ["r", key, null], but process '
                    f"{op.process} calls {op.f} with {str(steps):.100}; a read's list "
                    "comes back in its place."
                )
    if op.outcome == "ok" and [step[:2] for step in op.value] != [step[:2] for step in op.result]:
        raise DslabError(
            f"{op.who} called {str(op.value):.100}, but {str(op.result):.100} "
            "came back: other steps."
        )
