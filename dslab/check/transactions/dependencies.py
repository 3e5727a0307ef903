"""The graph of what must come before what.

    ww  one transaction wrote the version after the other's
    wr  one read what the other had written
    rw  one read a version that the other then replaced (an anti-dependency)
    process, realtime   one was over before its process called the other, or before anybody did

(Elle, sections 4.1.4 and 5.1.) Its vertices are moments. A serializable transaction has one. Under
snapshot isolation it has two, snapshot and commit, and then ww, wr and the order of calls lead from
a commit to a snapshot, rw from a snapshot to a commit: a cycle of these moments is a cycle of
transactions in which no two anti-dependencies stand side by side, which is what Cerone and Gotsman,
"Analysing snapshot isolation", JACM 65(2), 2018, show to be just what snapshot isolation forbids.

There are as many edges as steps. Where each of many readers comes before each of many writers, they
lead through a vertex of its own, a junction, which has no transaction.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from dslab.check.transactions.levels import Level
from dslab.check.transactions.reading import Transaction
from dslab.check.transactions.versions import KeyVersions, Versions

__all__ = ["Edge", "Graph", "Group", "graph_of", "topological"]


class Edge(NamedTuple):
    """Why one moment comes before another.

    kind   ww, wr, rw, process, realtime; "" from a snapshot to its own commit, and "in" from a
           reader to a junction.
    key    of which key, and which versions: what was there (of a list, for rw, how many values),
           and what came after it.
    because   for an edge that was inferred (`orders`): between which moments there is a way that
           leaves no other choice, by edges of earlier rounds than this number.
    """

    start: int
    end: int
    kind: str
    key: KeyVersions | None = None
    old: Any = None
    new: Any = None
    because: tuple[int, int, int] | tuple[()] = ()


@dataclass
class Group:
    """Writers of one key of which nobody knows the order, each with those who read its version."""

    key: KeyVersions
    readers: dict[int, list[int]]  # By number of the writer.


class Graph:
    """Moments and edges. Transactions go by their number."""

    def __init__(self, transactions: list[Transaction], split: bool):
        self.transactions, self.split = transactions, split
        self.out: list[list[Edge]] = [[] for _ in range(len(transactions) * (1 + split))]
        self.groups: list[Group] = []
        if split:
            for number in range(len(transactions)):
                self.out[2 * number].append(Edge(2 * number, 2 * number + 1, ""))

    def snapshot(self, number: int) -> int:
        """The moment at which a transaction reads."""
        return 2 * number if self.split else number

    def commit(self, number: int) -> int:
        """The moment at which its writes are there."""
        return 2 * number + 1 if self.split else number

    def of(self, moment: int) -> Transaction | None:
        """Whose moment it is; None for a junction."""
        number = moment >> 1 if self.split else moment
        return self.transactions[number] if number < len(self.transactions) else None

    def junction(self) -> int:
        """A fresh vertex."""
        self.out.append([])
        return len(self.out) - 1

    def add(self, edge: Edge) -> None:
        """Add an edge between two moments."""
        self.out[edge.start].append(edge)

    def depend(self, one: int, other: int, kind: str, *why) -> None:
        """One transaction, by number, has committed before the other reads."""
        if one != other:
            self.add(Edge(self.commit(one), self.snapshot(other), kind, *why))

    def against(self, one: int, other: int, *why) -> None:
        """One transaction reads before the other commits."""
        if one != other:
            self.add(Edge(self.snapshot(one), self.commit(other), "rw", *why))

    def all_against(self, readers: list[int], writers: dict[int, Any], key, old) -> None:
        """Each of the readers of the version `old` comes before each of the writers."""
        both = [] if self.split else [number for number in readers if number in writers]
        for number in both[:1]:
            for other, new in writers.items():
                self.against(number, other, key, old, new)
        # The rest of them form a ring, so what is known of one is of all.
        for one, other in zip(both, both[1:] + both[:1]):
            self.against(one, other, key, old, writers[other])
        alone = readers if self.split else [number for number in readers if number not in writers]
        if len(alone) < 3 or len(writers) < 3:
            for number in alone:
                for other, new in writers.items():
                    self.against(number, other, key, old, new)
            return
        middle = self.junction()
        for number in dict.fromkeys(alone):
            self.add(Edge(self.snapshot(number), middle, "in", key, old))
        for other, new in writers.items():
            self.add(Edge(middle, self.commit(other), "rw", key, old, new))


def graph_of(versions: Versions, level: Level) -> Graph:
    """The dependencies that a level forbids cycles of."""
    graph = Graph(versions.reading.all, level.kind.split)
    kinds = level.kind.edges
    for key in versions.keys:
        if key.kind == "register":
            _of_register(graph, key, kinds)
        elif key.kind == "list":
            _of_list(graph, key, kinds)
    if level.order:
        _in_order(graph, versions, level.order)
    return graph


def _of_list(graph: Graph, key: KeyVersions, kinds) -> None:
    order = [key.writer(value).number for value in key.order]
    unplaced = {one.number: _first_unplaced(key, one) for one in key.unplaced}
    for place in range(1, len(order)):
        graph.depend(order[place - 1], order[place], "ww", key, *key.order[place - 1 : place + 1])
    if order:
        for other, new in unplaced.items():
            graph.depend(order[-1], other, "ww", key, key.order[-1], new)
    if "wr" in kinds:
        for one, value in [*key.own, *(read[:2] for read in key.external)]:
            if value is not None:
                graph.depend(key.writer(value).number, one.number, "wr", key, value)
    if "rw" not in kinds:
        return
    last = []
    for one, _, place in key.external:
        if place < len(order):
            graph.against(one.number, order[place], key, place, key.order[place])
        else:
            last.append(one.number)
    graph.all_against(list(dict.fromkeys(last)), unplaced, key, len(order))
    if graph.split and len(unplaced) > 1:
        graph.groups.append(Group(key, {number: [] for number in unplaced}))


def _first_unplaced(key: KeyVersions, one: Transaction):
    return next(
        value
        for f, name, value in one.op.value
        if f == "append" and name == key.name and value not in key.placed
    )


def _of_register(graph: Graph, key: KeyVersions, kinds) -> None:
    """A register's first version comes before all. Who read a version and wrote the next made the
    step from one to the other: "writes follow reads" (Elle, section 5.2), so all who read it come
    before that writer.
    """
    if "wr" not in kinds:
        return
    readers: dict[Any, list[int]] = {}
    for one, value, _ in key.external:
        readers.setdefault(value, []).append(one.number)
    for value, numbers in readers.items():
        readers[value] = list(dict.fromkeys(numbers))
        if value is not None:
            for number in readers[value]:
                graph.depend(key.writer(value).number, number, "wr", key, value)
    if "rw" not in kinds:
        return
    writers = {one.number: value for one, value in key.writers.items()}
    for value, numbers in readers.items():
        after = (
            writers
            if value is None
            else {number: writers[number] for number in numbers if number in writers}
        )
        if value is not None:
            for number, new in after.items():
                graph.depend(key.writer(value).number, number, "ww", key, value, new)
        graph.all_against(numbers, after, key, value)
    if len(writers) > 1:
        graph.groups.append(
            Group(key, {number: readers.get(value, []) for number, value in writers.items()})
        )


def _in_order(graph: Graph, versions: Versions, order: str) -> None:
    """Edges from transactions that were over to those called later: without those that follow from
    others, so at most as many for each as there are processes.
    """
    events = []
    for one in versions.reading.all:
        if versions.committed[one.number]:
            events.append((one.op.invoked, one, False))
            if one.op.outcome == "ok":
                events.append((one.op.returned, one, True))
    over: dict[Any, dict[int, None]] = {}
    before: dict[int, list[int]] = {}
    for _, one, is_over in sorted(events, key=lambda event: event[0]):
        done = over.setdefault(one.op.process if order == "process" else None, {})
        if not is_over:
            before[one.number] = list(done)
            for number in done:
                graph.depend(number, one.number, order)
        else:
            for number in before.pop(one.number):
                done.pop(number, None)
            done[one.number] = None


def topological(graph: Graph) -> list[int]:
    """The moments of a graph without cycles, each before what comes after it."""
    waits = [0] * len(graph.out)
    for edges in graph.out:
        for edge in edges:
            waits[edge.end] += 1
    ready = [moment for moment, count in enumerate(waits) if not count]
    for moment in ready:
        for edge in graph.out[moment]:
            waits[edge.end] -= 1
            if not waits[edge.end]:
                ready.append(edge.end)
    return ready
