"""All states of an exploration and the steps between them: `explore(system, graph=True).graph`.

Exploring keeps one parent of each state and forgets the other steps; here the actions are taken
once more from each state.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

__all__ = ["MOST", "Graph", "graph_of"]

#: As many states as a reader can look at.
MOST = 5_000


@dataclass(frozen=True, repr=False)
class Graph:
    """States by number, in the order in which they were found, and the steps between them.

    system      what was explored.
    states      its states, as the system has them; `describe(number)` gives one's variables by
                name.
    edges       (from, to, label) triples; a step that changes nothing is left out.
    depth       for each state how many steps it is away from a start.
    initial     numbers of the states in which it may begin.
    path        the shortest counterexample, from a start to the state that breaks `rule`; empty
                where nothing is broken.
    rule        the rule that is broken, or "".
    goals       for each goal the numbers of the states that reach it.
    deadlocks   numbers of states in which nothing can happen, and no bound is the reason.
    pruned      what was left out, by reason: {"bounds": {state: how many steps}, …}; "symmetry",
                where a step leads to a state that is looked at under other names; "bounds" of the
                system (one is counted for a state whose steps it bounded); "budget", steps to
                states that the search did not get to; "picture", steps to states beyond the first
                `MOST`.
    total       how many states were explored; more than len(states) where the picture holds only
                the first.
    """

    system: Any
    states: list
    edges: list[tuple[int, int, str]]
    depth: list[int]
    initial: list[int]
    path: list[int] = field(default_factory=list)
    rule: str = ""
    goals: dict[str, list[int]] = field(default_factory=dict)
    deadlocks: list[int] = field(default_factory=list)
    pruned: dict[str, dict[int, int]] = field(default_factory=dict)
    total: int = 0

    def describe(self, number: int) -> dict[str, Any]:
        """A state's variables by name."""
        return self.system.state(self.states[number])

    @property
    def complete(self) -> bool:
        """Whether all that can happen is in the graph, if only under other names."""
        return not set(self.pruned) - {"symmetry"}

    def valence(self, decided: Callable) -> list[tuple]:
        """For each state the values that may still be decided, sorted, as far as the graph reaches.

        decided  what is decided in a state: a function as the system's rules are, which gives one
                 value, a collection of them, or None. A state with one value is univalent, with
                 several bivalent (Fischer, Lynch and Paterson, "Impossibility of distributed
                 consensus with one faulty process", JACM 32(2), 1985, section 2).
        """
        ask = self.system.reading(decided)
        found = [_several(ask(state)) for state in self.states]
        before: list[list[int]] = [[] for _ in self.states]
        for one, other, _ in self.edges:
            before[other].append(one)
        todo = [number for number, values in enumerate(found) if values]
        while todo:
            here = todo.pop()
            for one in before[here]:
                if not found[here] <= found[one]:
                    found[one] = found[one] | found[here]
                    todo.append(one)
        return [
            tuple(sorted(values, key=lambda value: (type(value).__name__, value)))
            for values in found
        ]

    def __repr__(self):
        of = f" of {self.total:,}" if self.total > len(self.states) else ""
        return (
            f"{len(self.states):,}{of} states and {len(self.edges):,} steps of {self.system.name}"
        )


def _several(value) -> frozenset:
    if value is None:
        return frozenset()
    return (
        frozenset(value) if isinstance(value, (set, frozenset, tuple, list)) else frozenset([value])
    )


def graph_of(search, bad, most: int = MOST) -> Graph:
    """The graph of a search that has ended; `bad` is the (rule, state) that it broke, or None."""
    system, canonical = search.system, search.system.canonical
    path = _chain(search.parents, bad[1]) if bad else []
    way = set(path)
    others = (state for state in search.parents if state not in way)
    chosen = {*path, *islice(others, max(0, most - len(path)))}
    kept = [state for state in search.parents if state in chosen]
    number = {state: place for place, state in enumerate(kept)}
    graph = Graph(
        system,
        kept,
        [],
        [],
        [],
        [number[state] for state in path],
        bad[0] if bad else "",
        {
            name: [place for place, state in enumerate(kept) if is_there(state)]
            for name, is_there in system.goals
        },
        total=len(search.parents),
    )
    graph.initial.extend(
        number[state]
        for state in dict.fromkeys(
            canonical(each) if canonical else each for each in system.initial()
        )
        if state in number
    )
    before = system.cut
    for place, state in enumerate(kept):
        _steps(graph, place, state, number, search.parents)
    system.cut = before
    graph.depth.extend(_depths(graph))
    return graph


def _steps(graph: Graph, place: int, state, number: dict, explored: Iterable) -> None:
    """Add the steps from one state, and what was left out of them."""
    system, seen, pruned, moved = graph.system, set(), {}, False
    system.cut = False
    for name, action in system.actions:
        for new in action(state):
            label, moved = system.label(name), True
            family = system.canonical(new) if system.canonical else new
            if family != new:
                pruned["symmetry"] = pruned.get("symmetry", 0) + 1
            if family not in number:
                why = "picture" if family in explored else "budget"
                pruned[why] = pruned.get(why, 0) + 1
            elif number[family] != place and (number[family], label) not in seen:
                seen.add((number[family], label))
                graph.edges.append((place, number[family], label))
    if system.cut:
        pruned["bounds"] = 1
    elif not moved:
        graph.deadlocks.append(place)
    for why, count in pruned.items():
        graph.pruned.setdefault(why, {})[place] = count


def _chain(parents: dict, state) -> list:
    chain = []
    while state is not None:
        chain.append(state)
        state = parents[state]
    return chain[::-1]


def _depths(graph: Graph) -> list[int]:
    """By breadth, whatever the order of the search was."""
    after: list[list[int]] = [[] for _ in graph.states]
    for one, other, _ in graph.edges:
        after[one].append(other)
    depth = [-1] * len(graph.states)
    level = list(graph.initial)
    for number in level:
        depth[number] = 0
    while level:
        following = []
        for one in level:
            for other in after[one]:
                if depth[other] < 0:
                    depth[other] = depth[one] + 1
                    following.append(other)
        level = following
    deepest = max(depth)
    # Found by ways that the picture lacks.
    return [each if each >= 0 else deepest + 1 for each in depth]
