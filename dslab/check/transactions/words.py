"""Cycles in words: who is in it, and why each comes before the next."""

from dslab.check.transactions.anomalies import Anomaly
from dslab.check.transactions.cycles import named
from dslab.check.transactions.dependencies import Edge, Graph
from dslab.values import show

__all__ = ["either", "told", "undetermined"]


def told(graph: Graph, cycle: list[Edge]) -> Anomaly:
    """The anomaly that a cycle of moments is."""
    telling = Telling(graph)
    links = telling.links(cycle)
    ring = [telling.name(one) for one, _, _ in links]
    sentence = f"{' → '.join([*ring, ring[0]])} is a cycle, so these transactions have no order."
    if graph.split and "rw" in (edge.kind for _, edge, _ in links):
        sentence = (
            f"{' → '.join([*ring, ring[0]])} is a cycle in which no two anti-dependencies (rw) "
            "follow each other, so no snapshots fit."
        )
    reasons = telling.reasons(links)
    inferred = any(edge.because for edge in cycle)
    name = telling.weakest() if inferred else named(cycle, graph.split)
    return Anomaly(name, tuple(telling.names), sentence, tuple(telling.who() + reasons))


class Telling:
    """Names for the transactions that are told of: T1, T2, … in the order in which they come."""

    def __init__(self, graph: Graph):
        self.graph, self.names = graph, {}
        self.explained: set = set()
        self.kinds: set[str] = set()

    def name(self, one) -> str:
        """T1, T2, …"""
        return self.names.setdefault(one, f"T{len(self.names) + 1}")

    def weakest(self) -> str:
        """What to call a cycle of inferred edges: in each order of versions there is one, but which
        one, depends on the order. So it bears the name that is true of all.
        """
        order = next((f"-{one}" for one in ("process", "realtime") if one in self.kinds), "")
        return ("G-nonadjacent" if self.graph.split else "G2-item") + order

    def who(self) -> list[str]:
        """A sentence for each transaction."""
        return [f"{name} is {one}." for one, name in self.names.items()]

    def links(self, way: list[Edge]) -> list[tuple]:
        """(transaction, edge, the next) for each step of a way; junctions are passed through."""
        found, start = [], None
        for edge in way:
            if edge.kind == "in":
                start = edge.start
            elif edge.kind:
                first = edge.start if start is None else start
                found.append((self.graph.of(first), edge, self.graph.of(edge.end)))
                start = None
        return found

    def reasons(self, links) -> list[str]:
        """Why each comes before the next, and of what was inferred, from what."""
        said = []
        for one, edge, other in links:
            first, second = self.name(one), self.name(other)
            self.kinds.add(edge.kind)
            sentence = f"{first} comes before {second} ({edge.kind}): it {_why(edge, second)}"
            inner = self.links(self._grounds(edge)) if edge.because else []
            if inner:
                names = [self.name(a) for a, _, _ in inner] + [self.name(inner[-1][2])]
                sentence += f"; that order follows from {' → '.join(names)}"
            said.append(sentence + ".")
            if inner and edge.because not in self.explained:
                self.explained.add(edge.because)
                said += self.reasons(inner)
        return list(dict.fromkeys(said))

    def _grounds(self, edge: Edge) -> list[Edge]:
        """The way that leaves no other order, of edges that were known before."""
        start, end, since = edge.because
        came: dict[int, Edge | None] = {start: None}
        queue = [start]
        for here in queue:
            for one in self.graph.out[here]:
                if one.end not in came and (not one.because or one.because[2] < since):
                    came[one.end] = one
                    queue.append(one.end)
        way = []
        while came[end] is not None:
            way.append(came[end])
            end = came[end].start
        return way[::-1]


def either(key, graph: Graph, cases) -> Anomaly:
    """What is wrong where either of two writers of a key leads to a cycle if it comes first;
    `cases` are (graph, cycle) for both.
    """
    told_by, rings, reasons = Telling(graph), [], []
    for trial, cycle in cases:
        told_by.graph = trial
        links = told_by.links(cycle)
        ring = [told_by.name(one) for one, _, _ in links]
        rings.append(" → ".join([*ring, ring[0]]))
        reasons += [f"If it is {rings[-1]}:", *told_by.reasons(links)]
    return Anomaly(
        told_by.weakest(),
        tuple(told_by.names),
        f"No order of the writes of {key} fits: one makes {rings[0]} a cycle, the other "
        f"{rings[1]}.",
        tuple(told_by.who() + list(dict.fromkeys(reasons))),
    )


def undetermined(graph: Graph, transactions) -> Anomaly:
    """What is wrong where all orders were tried and no single reason is short enough to tell."""
    telling = Telling(graph)
    for one in transactions[:12]:
        telling.name(one)
    return Anomaly(
        telling.weakest(),
        tuple(telling.names),
        "Every order of the writes was tried, and each makes a cycle that this level rules out.",
        tuple(telling.who()),
    )


def _why(edge: Edge, other: str) -> str:
    key = edge.key
    if key is None:
        if edge.kind == "process":
            return f"was over before the same process called {other}"
        return f"was over before {other} was called"
    is_list = key.kind == "list"
    did = "appended" if is_list else "wrote"
    if edge.kind == "ww":
        return f"{did} {show(edge.old)} to {key} before {other} {did} {show(edge.new)}"
    if edge.kind == "wr":
        return f"{did} {show(edge.old)} to {key}, which {other} read"
    old = _list(key.order[: edge.old]) if is_list else show(edge.old)
    return f"read {key} as {old}, before {other} {did} {show(edge.new)}"


def _list(values: tuple) -> str:
    """A list in words, of a long one its end."""
    if len(values) <= 8:
        return show(values)
    return f"({len(values) - 4} values, {', '.join(map(show, values[-4:]))})"
