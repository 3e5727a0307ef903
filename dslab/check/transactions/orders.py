"""The order of versions that no read tells: inferred as far as it follows, and searched for beyond.

First a search that takes the transactions in the order in which they returned: what a working
database did fits as a rule. Where that gets stuck, orders are inferred until nothing new follows.
Of two writers u and v of a key,

    v comes first where u's version, were it there first, would come before itself:
    u < v   if u's snapshot comes before v's commit by what is known already;
    v < u   if v has committed before a reader of u's version took its snapshot;

and then all who read the first one's version come before the second. A cycle of what is known and
inferred is in every order. Without one, the search goes on with going back, until it has found an
order, tried all, or used its budget. (Biswas and Enea, "On the complexity of checking transactional
consistency", OOPSLA 2019: in general there is no way but to search.)
"""

from dataclasses import dataclass, field

from dslab.check.transactions.anomalies import Anomaly
from dslab.check.transactions.cycles import ALL, Search, components
from dslab.check.transactions.dependencies import Edge, Graph, topological
from dslab.check.transactions.machine import Machine
from dslab.check.transactions.versions import Versions
from dslab.check.transactions.words import either, told, undetermined

__all__ = ["BUDGET", "Settled", "settle"]

#: Steps of the search for an order.
BUDGET = 1_000_000
#: Up to how many transactions the pairs are tried that explain why no order fits.
FEW = 40


@dataclass
class Settled:
    """What came of it: anomalies, or why it is undecided, or neither where an order was found."""

    anomalies: list[Anomaly] = field(default_factory=list)
    undecided: str = ""
    explored: dict[str, int] = field(default_factory=dict)


def settle(graph: Graph, versions: Versions, budget: int) -> Settled:
    """Find an order of versions under which the graph, which has no cycle, still has none."""
    if not graph.groups:
        return Settled()
    first = Machine(graph)
    if first.run(budget, go_back=False):
        return Settled()
    cycle = infer(graph)
    if cycle:
        return Settled([told(graph, cycle)])
    search = Machine(graph)
    found = search.run(budget)
    explored = {"steps of the search": search.steps}
    if found:
        return Settled(explored=explored)
    if found is None:
        total = sum(versions.committed)
        return Settled(
            undecided=f"The budget of {budget:,} steps ran out: the first {search.reached:,} of "
            f"{total:,} committed transactions have an order, the rest is not decided. Raise the "
            "budget.",
            explored=explored,
        )
    return Settled([_contradiction(graph, versions)], explored=explored)


def infer(graph: Graph, since: int = 1) -> list[Edge] | None:
    """Add what follows to the graph until nothing does; a cycle where one comes of it."""
    while True:
        parts = components(graph.out)
        if parts:
            inside = set(parts[0])
            search = Search(graph, 200_000 + 10 * sum(map(len, graph.out)))
            starts = [
                edge
                for one in parts[0]
                for edge in graph.out[one]
                if edge.end in inside and graph.of(one) is not None
            ]
            return search.shortest(starts, inside, ALL, 50)
        fresh = _consequences(graph, since)
        if not fresh:
            return None
        for edge in fresh:
            graph.add(edge)
        since += 1


def _consequences(graph: Graph, since: int) -> list[Edge]:
    """One round of new edges, told apart from others by its number in `because`."""
    order = topological(graph)
    place = {moment: number for number, moment in enumerate(order)}
    after = [0] * len(order)
    before = [0] * len(order)
    for moment in reversed(order):
        here = place[moment]
        for edge in graph.out[moment]:
            there = place[edge.end]
            after[here] |= 1 << there | after[there]
    for moment in order:
        here = place[moment]
        mark = 1 << here | before[here]
        for edge in graph.out[moment]:
            before[place[edge.end]] |= mark
    fresh: dict[tuple[int, int], Edge] = {}

    def first(one: int, other: int, group, because) -> None:
        """Of two writers the one comes before the other."""
        for edge in orders(graph, group, one, other, because):
            known = after[place[edge.start]] >> place[edge.end] & 1
            if not known and (edge.start, edge.end) not in fresh:
                fresh[edge.start, edge.end] = edge

    for group in graph.groups:
        whose = {place[graph.commit(number)]: number for number in group.readers}
        writers = sum(1 << one for one in whose)
        for number, readers in group.readers.items():
            others = writers & ~(1 << place[graph.commit(number)])
            start = graph.snapshot(number)
            late = after[place[start]] & others
            while late:
                one = (late & -late).bit_length() - 1
                late &= ~(after[one] | 1 << one)
                end = graph.commit(whose[one])
                first(number, whose[one], group, (start, end, since))
            for reader in readers:
                end = graph.snapshot(reader)
                early = before[place[end]] & others
                while early:
                    one = early.bit_length() - 1
                    early &= ~(before[one] | 1 << one)
                    because = graph.commit(whose[one]), end, since
                    first(whose[one], number, group, because)
    return list(fresh.values())


def orders(graph: Graph, group, one: int, other: int, because: tuple) -> list[Edge]:
    """What it means that one writer's version comes before the other's."""
    old, new = (group.key.writers[graph.transactions[number]] for number in (one, other))
    commit = graph.commit(other)
    found = [Edge(graph.commit(one), graph.snapshot(other), "ww", group.key, old, new, because)]
    for reader in group.readers[one]:
        if reader != other:
            found.append(Edge(graph.snapshot(reader), commit, "rw", group.key, old, new, because))
    return found


def _contradiction(graph: Graph, versions: Versions) -> Anomaly:
    """Why no order fits: two writers that each lead to a cycle if they come first.

    Where no two do, only who takes part.
    """
    taking_part = sorted({number for group in graph.groups for number in group.readers})
    if len(taking_part) <= FEW:
        for group in graph.groups:
            numbers = sorted(group.readers)
            for place, one in enumerate(numbers):
                for other in numbers[place + 1 :]:
                    cases = [
                        _supposed(graph, group, *pair) for pair in ((one, other), (other, one))
                    ]
                    if all(cycle for _, cycle in cases):
                        return either(group.key, graph, cases)
    return undetermined(graph, [graph.transactions[number] for number in taking_part])


def _supposed(graph: Graph, group, one: int, other: int) -> tuple[Graph, list[Edge] | None]:
    """The graph if one writer came before the other, with the cycle that comes of it."""
    trial = Graph(graph.transactions, graph.split)
    trial.out = [list(edges) for edges in graph.out]
    trial.groups = graph.groups
    last = max((e.because[2] for edges in graph.out for e in edges if e.because), default=0)
    for edge in orders(trial, group, one, other, ()):
        trial.add(edge)
    return trial, infer(trial, last + 1)
