"""Cycles: strongly connected components, and in each the shortest cycle of every kind.

Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1(2), 1972, finds the
components, breadth-first search a short cycle inside (Elle, section 6). Whether there is a cycle at
all costs one pass; only the search for the plainest ones has a budget.
"""

from collections import deque
from collections.abc import Collection, Iterator

from dslab.check.transactions.dependencies import Edge, Graph
from dslab.check.transactions.levels import Level

__all__ = ["components", "cycles_of", "named"]

#: All kinds of edges.
ALL = frozenset({"", "in", "ww", "wr", "rw", "process", "realtime"})
#: Edges that the search for the plainest cycles looks at in one history.
BUDGET = 1_000_000


def components(
    out: list[list[Edge]], inside: Collection[int] | None = None, kinds: Collection[str] = ALL
) -> list[list[int]]:
    """The strongly connected components of two vertices and more: of the whole graph or of the
    part inside, by edges of these kinds.
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    held: set[int] = set()
    stack: list[int] = []
    found = []

    def enter(one):
        index[one] = low[one] = len(index)
        stack.append(one)
        held.add(one)
        work.append((one, iter(out[one])))

    for root in range(len(out)) if inside is None else sorted(inside):
        if root in index:
            continue
        work: list = []
        enter(root)
        while work:
            here, edges = work[-1]
            for edge in edges:
                end = edge.end
                if edge.kind not in kinds or inside is not None and end not in inside:
                    continue
                if end not in index:
                    enter(end)
                    break
                if end in held:
                    low[here] = min(low[here], index[end])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[here])
                if low[here] == index[here]:
                    part = [stack.pop()]
                    while part[-1] != here:
                        part.append(stack.pop())
                    held.difference_update(part)
                    if len(part) > 1:
                        found.append(sorted(part))
    return found


class Search:
    """Looks for cycles in one graph, within a budget."""

    def __init__(self, graph: Graph, budget: int):
        self.graph, self.left = graph, budget

    def way(self, start: int, end: int, inside, kinds, avoid: int = -1) -> list[Edge] | None:
        """A shortest way by edges of these kinds; None where none is, or the budget is out."""
        if start == end:
            return []
        came: dict[int, Edge | None] = {start: None}
        queue = deque([start])
        while queue and self.left > 0:
            here = queue.popleft()
            for edge in self.graph.out[here]:
                self.left -= 1
                if (
                    edge.end in came
                    or edge.kind not in kinds
                    or edge.end not in inside
                    or edge.end == avoid
                ):
                    continue
                came[edge.end] = edge
                if edge.end == end:
                    return _back(came, end)
                queue.append(edge.end)
        return None

    def shortest(self, starts, inside, kinds, tries: int = 1000) -> list[Edge] | None:
        """The shortest cycle that begins with one of these edges and goes on by these kinds."""
        best = None
        for edge in starts:
            found = self.way(edge.end, edge.start, inside, kinds)
            if found is not None and (best is None or len(found) + 1 < len(best)):
                best = [edge, *found]
            tries -= best is not None
            if self.left <= 0 or best is not None and (len(best) == 2 or tries <= 0):
                break
        return best


def _back(came, end) -> list[Edge]:
    way = []
    while came[end] is not None:
        way.append(came[end])
        end = came[end].start
    return way[::-1]


def cycles_of(graph: Graph, level: Level, budget: int = BUDGET) -> Iterator[list[Edge]]:
    """For each component, a short cycle of each kind that the level rules out."""
    search = Search(graph, budget)
    orders = {"": [()], "process": [(), ("process",)], "realtime": [(), ("realtime",)]}
    for part in components(graph.out):
        inside, found = set(part), {}
        for order in orders[level.order]:
            for name, cycle in _by_kind(search, inside, level.kind.cycles, order):
                found.setdefault(name, cycle)
        if not found:
            # None of the plain ones, or the budget is out before one: any cycle tells enough.
            once = Search(graph, sum(len(graph.out[one]) for one in part) + 1)
            edge = next(edge for edge in graph.out[part[0]] if edge.end in inside)
            found["any"] = [edge, *once.way(edge.end, edge.start, inside, ALL)]
        yield from found.values()


def _by_kind(search, inside, names, order):
    """(kind, cycle) for each kind of cycle in one component, with edges of this order too."""
    graph = search.graph
    plain = {"", "ww", *order}
    flow = plain | {"wr"}
    inner = [edge for one in sorted(inside) for edge in graph.out[one] if edge.end in inside]
    for name, first, kinds in (("G0", "ww", plain), ("G1c", "wr", flow)):
        if name in names and any(edge.kind == first for edge in inner):
            parts = _parts(graph, inside, kinds)
            starts = [
                edge
                for edge in inner
                if edge.kind == first and parts.get(edge.start, -1) == parts.get(edge.end, -2)
            ]
            if cycle := search.shortest(starts, inside, kinds):
                yield name, cycle
    against = [edge for edge in inner if edge.kind == "rw"]
    if "G-single" not in names or not against:
        return
    into: dict[int, list[Edge]] = {}
    for edge in inner:
        if edge.kind == "in":
            into.setdefault(edge.end, []).append(edge)
    # From a reader to a writer, through a junction or not.
    pairs = [
        pair
        for edge in against
        for pair in (
            [[edge]]
            if graph.of(edge.start) is not None
            else [[before, edge] for before in into.get(edge.start, ())[:20]]
        )
    ]
    single = _best(search, pairs, inside, flow)
    if single:
        yield "G-single", single
    elif graph.split:
        cycle = _best(search, pairs, inside, flow | {"rw", "in"})
        if cycle:
            yield "G-nonadjacent", cycle
    if "G2-item" in names:
        cycle = _adjacent(search, pairs, inside, flow | {"rw", "in"})
        if cycle:
            yield "G2-item", cycle


def _best(search, pairs, inside, kinds, tries=300):
    best = None
    for pair in pairs:
        found = search.way(pair[-1].end, pair[0].start, inside, kinds)
        if found is not None and (best is None or len(found) + len(pair) < len(best)):
            best = [*pair, *found]
        tries -= best is not None
        if search.left <= 0 or best is not None and (len(best) == 2 or tries <= 0):
            break
    return best


def _adjacent(search, pairs, inside, kinds, tries=300):
    """The shortest cycle that begins with two anti-dependencies."""
    after: dict[int, list[list[Edge]]] = {}
    for pair in pairs:
        after.setdefault(pair[0].start, []).append(pair)
    best = None
    for first in pairs:
        start, middle = first[0].start, first[-1].end
        for second in after.get(middle, ())[:20]:
            found = search.way(second[-1].end, start, inside, kinds, middle)
            size = len(first) + len(second)
            if found is not None and (best is None or len(found) + size < len(best)):
                best = [*first, *second, *found]
        tries -= best is not None
        if search.left <= 0 or best is not None and (len(best) == 2 or tries <= 0):
            break
    return best


def _parts(graph, inside, kinds) -> dict[int, int]:
    """By vertex, the number of its component among edges of these kinds inside."""
    parts = components(graph.out, inside, kinds)
    return {one: number for number, part in enumerate(parts) for one in part}


def named(cycle: list[Edge], split: bool) -> str:
    """What a cycle is called, by what it is made of."""
    kinds = [edge.kind for edge in cycle if edge.kind not in ("", "in")]
    against = kinds.count("rw")
    suffix = next((f"-{order}" for order in ("process", "realtime") if order in kinds), "")
    if not against:
        return ("G1c" if "wr" in kinds else "G0") + suffix
    if against == 1:
        return "G-single" + suffix
    apart = not any(a == b == "rw" for a, b in zip(kinds, kinds[1:] + kinds[:1]))
    return ("G-nonadjacent" if apart else "G2-item") + suffix
