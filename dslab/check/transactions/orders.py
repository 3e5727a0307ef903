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
    inference = Inference(graph)
    rounds = 1
    while True:
        if Machine(graph).run(budget, go_back=False):
            return Settled()
        # Often a few rounds are enough for the machine to get through.
        changed = inference.run(rounds)
        if inference.cycle:
            return Settled([told(graph, inference.cycle)])
        if not changed:
            break
        rounds *= 2
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


class Inference:
    """Adds to a graph what follows from it, round by round."""

    def __init__(self, graph: Graph, since: int = 1):
        self.graph, self.since = graph, since
        self.cycle: list[Edge] = []
        self._settled: set[tuple[int, int, int]] = set()

    def run(self, rounds: int | None = None) -> bool:
        """So many rounds, or all. False where nothing more follows, or a cycle does: `cycle`."""
        while not self._is_cyclic() and rounds != 0:
            fresh = self._consequences()
            if not fresh:
                return False
            for edge in fresh:
                self.graph.add(edge)
            self.since += 1
            rounds = None if rounds is None else rounds - 1
        return not self.cycle

    def _is_cyclic(self) -> bool:
        parts = components(self.graph.out)
        if parts:
            self.cycle = self._shortest(parts[0])
        return bool(parts)

    def _shortest(self, part: list[int]) -> list[Edge]:
        graph, inside = self.graph, set(part)
        search = Search(graph, 200_000 + 10 * sum(map(len, graph.out)))
        starts = [
            edge
            for one in part
            for edge in graph.out[one]
            if edge.end in inside and graph.of(one) is not None
        ]
        return search.shortest(starts, inside, ALL, 50)

    def _consequences(self) -> list[Edge]:
        """One round of new edges, told apart from others by its number in `because`."""
        graph = self.graph
        order = topological(graph)
        place = {moment: number for number, moment in enumerate(order)}
        after, before = _closures(graph, order, place)
        fresh: dict[tuple[int, int], Edge] = {}

        def first(one: int, other: int, number: int, *way: int) -> None:
            """Of two writers the one comes before the other, by a way that is there."""
            if (number, one, other) in self._settled:
                return
            self._settled.add((number, one, other))
            for edge in orders(graph, graph.groups[number], one, other, (*way, self.since)):
                if not after[place[edge.start]] >> place[edge.end] & 1:
                    fresh.setdefault((edge.start, edge.end), edge)

        for number, group in enumerate(graph.groups):
            whose = {place[graph.commit(one)]: one for one in group.readers}
            writers = sum(1 << one for one in whose)
            for one, readers in group.readers.items():
                others = writers & ~(1 << place[graph.commit(one)])
                start = graph.snapshot(one)
                late = after[place[start]] & others
                while late:
                    found = (late & -late).bit_length() - 1
                    late &= ~(after[found] | 1 << found)
                    first(one, whose[found], number, start, graph.commit(whose[found]))
                for reader in readers:
                    end = graph.snapshot(reader)
                    early = before[place[end]] & others
                    while early:
                        found = early.bit_length() - 1
                        early &= ~(before[found] | 1 << found)
                        first(whose[found], one, number, graph.commit(whose[found]), end)
        return list(fresh.values())


def _closures(graph: Graph, order: list[int], place: dict[int, int]):
    """For each place in the order, what comes after it and what before, a bit a place."""
    after, before = [0] * len(order), [0] * len(order)
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
    return after, before


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


def _supposed(graph: Graph, group, one: int, other: int) -> tuple[Graph, list[Edge]]:
    """The graph if one writer came before the other, with the cycle that comes of it."""
    trial = Graph(graph.transactions, graph.split)
    trial.out = [list(edges) for edges in graph.out]
    trial.groups = graph.groups
    last = max((e.because[2] for edges in graph.out for e in edges if e.because), default=0)
    for edge in orders(trial, group, one, other, ()):
        trial.add(edge)
    inference = Inference(trial, last + 1)
    inference.run()
    return trial, inference.cycle
