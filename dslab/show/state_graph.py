"""The states of an exploration as a picture to walk through: the <dslab-state-graph> element.

States stand in layers by how many steps they are away from a start, ordered so that few steps cross
(Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures",
IEEE SMC 11(2), 1981). They are numbered in this order, so that the page needs no positions.
"""

from collections.abc import Callable
from math import (
    # Rounds alike everywhere; what sum() makes of fractions depends on the version of Python.
    fsum,
)

from dslab.errors import DslabError
from dslab.show.element import Element
from dslab.show.player import play
from dslab.show.stills.state_graph import still
from dslab.values import Map, show

__all__ = ["StateGraph", "state_graph"]

SWEEPS = 8


class StateGraph(Element):
    """What an exploration looked at; see `state_graph`."""

    tag = "dslab-state-graph"

    def __init__(self, content: dict):
        self.content = content

    def data(self):
        """States, steps and what is marked among them, as `state_graph` packs them."""
        return self.content

    def picture(self):
        """The states in layers, with the path."""
        return still(self.content)

    def words(self):
        """How many states there are, the way to what breaks the rule, and their valence."""
        content = self.content
        said = [f"{content['title']}: {self.numbers()}"]
        if content["path"]:
            said.append(
                f"{content['rule']} is broken after {len(content['path']) - 1} steps: "
                f"{', '.join(self.way())}."
            )
        if content["valence"]:
            counts = Map(
                {
                    mask: content["valence"]["of"].count(mask)
                    for mask in set(content["valence"]["of"])
                }
            )
            said.append(
                "Of them "
                + ", ".join(
                    f"{count:,} {valence(content['valence']['names'], mask)}"
                    for mask, count in counts.items()
                )
                + "."
            )
        return " ".join(said)

    def numbers(self) -> str:
        """How many states are shown, of how many, and how many steps."""
        content = self.content
        shown = sum(content["layers"])
        states = (
            f"{shown:,} states"
            if shown == content["total"]
            else f"the first {shown:,} of {content['total']:,} states"
        )
        return (
            f"{states}, {len(content['to']):,} steps between them, "
            f"{len(content['layers']) - 1} steps deep."
        )

    def way(self) -> list[str]:
        """The names of the counterexample's steps."""
        content, starts = self.content, [0]
        for count in content["out"]:
            starts.append(starts[-1] + count)
        found = []
        for one, other in zip(content["path"], content["path"][1:]):
            edge = content["to"].index(other, starts[one], starts[one + 1])
            found.append(content["labels"][content["label"][edge]])
        return found


def valence(names: list[str], mask: int) -> str:
    """What may still be decided, in a word: `mask` has a bit for each of `names`."""
    values = [name for place, name in enumerate(names) if mask >> place & 1]
    return (
        f"{values[0]}-valent"
        if len(values) == 1
        else f"{'bivalent' if len(values) == 2 else 'multivalent'}"
        if values
        else "without a decision ahead"
    )


def state_graph(exploration, decided: Callable | None = None, title: str = "") -> StateGraph:
    """Show up to 5,000 states of `explore(system, graph=True)`, and the steps between them.

    The shortest counterexample is a path through them; starts, goals, broken rules and deadlocks
    bear signs; where something was left out (by symmetry, a bound or a budget) the state has a
    hatched stub. A player of the same exploration follows the path.

    decided  for consensus, what is decided in a state, as a rule of the system is written: it gives
             a value, several, or None. States are then coloured by what may still be decided.
    """
    graph = getattr(exploration, "graph", None)
    if graph is None:
        raise DslabError(
            "state_graph() shows what explore(…, graph=True) found, but this "
            f"{type(exploration).__name__} has no graph."
        )
    order = _order(graph)
    place = {number: at for at, number in enumerate(order)}
    values = _Values()
    content = {
        "title": title or f"States of {graph.system.name}",
        "rule": graph.rule,
        "total": graph.total,
        "layers": [graph.depth.count(depth) for depth in range(max(graph.depth) + 1)],
    }
    described = [graph.describe(number) for number in order]
    content["variables"] = list(described[0])
    content["states"] = [
        values.number(state[name]) for state in described for name in content["variables"]
    ]
    content["values"] = values.table
    content |= _edges(graph, place)
    content |= {
        "initial": _places(graph.initial, place),
        "path": [place[number] for number in graph.path],
        "goals": {name: _places(found, place) for name, found in graph.goals.items()},
        "deadlocks": _places(graph.deadlocks, place),
        "pruned": {
            why: [
                part
                for pair in sorted((place[number], count) for number, count in found.items())
                for part in pair
            ]
            for why, found in graph.pruned.items()
        },
    }
    content["valence"] = _valence(graph.valence(decided), order) if decided else None
    content["run"] = _run(exploration, graph)
    return StateGraph(content)


def _places(numbers, place) -> list[int]:
    return sorted(place[number] for number in numbers)


def _order(graph) -> list[int]:
    """The states' numbers, by layer, and within a layer by the middle of their neighbours, swept
    there and back.
    """
    layers: list[list[int]] = [[] for _ in range(max(graph.depth) + 1)]
    for number, depth in enumerate(graph.depth):
        layers[depth].append(number)
    before: list[list[int]] = [[] for _ in graph.states]
    after: list[list[int]] = [[] for _ in graph.states]
    for one, other, _ in graph.edges:
        if graph.depth[other] == graph.depth[one] + 1:
            before[other].append(one)
            after[one].append(other)
    at = [0.0] * len(graph.states)

    def spread(layer):
        for place, number in enumerate(layer):
            at[number] = (place + 0.5) / len(layer)

    for layer in layers:
        spread(layer)
    for sweep in range(SWEEPS):
        neighbours = after if sweep % 2 else before
        for layer in reversed(layers) if sweep % 2 else layers:
            wanted = {
                number: fsum(at[each] for each in neighbours[number]) / len(neighbours[number])
                if neighbours[number]
                else at[number]
                for number in layer
            }
            layer.sort(key=wanted.__getitem__)
            spread(layer)
    return [number for layer in layers for number in layer]


class _Values:
    """Texts by number; a set or tuple is its brackets and the numbers of its items, for states have
    most of them in common.
    """

    def __init__(self):
        self.table: list = []
        self._known: dict = {}

    def number(self, value) -> int:
        if isinstance(value, (frozenset, set)):
            entry = ["{", "}", *(self.number(item) for item in sorted(value, key=show))]
        elif isinstance(value, tuple):
            entry = ["(", ")", *(self.number(item) for item in value)]
        elif isinstance(value, Map):
            entry = [
                "{",
                "}",
                *(self._text(f"{show(key)}: {show(item)}") for key, item in value.items()),
            ]
        else:
            return self._text(show(value))
        return self._add(tuple(entry), entry)

    def _text(self, text: str) -> int:
        return self._add(text, text)

    def _add(self, key, entry) -> int:
        number = self._known.setdefault(key, len(self.table))
        if number == len(self.table):
            self.table.append(entry)
        return number


def _edges(graph, place) -> dict:
    """Steps by where they begin: how many from each state, where to, and their labels' numbers."""
    names: dict[tuple[int, int], list[str]] = {}
    for one, other, label in graph.edges:
        names.setdefault((place[one], place[other]), []).append(label)
    labels: dict[str, int] = {}
    out = [0] * len(graph.states)
    to, label = [], []
    for (one, other), said in sorted(names.items()):
        out[one] += 1
        to.append(other)
        label.append(labels.setdefault(" or ".join(said), len(labels)))
    return {"labels": list(labels), "out": out, "to": to, "label": label}


def _valence(found: list[tuple], order: list[int]) -> dict:
    names = list(dict.fromkeys(value for values in sorted(found, key=len) for value in values))
    names.sort(key=lambda value: (type(value).__name__, value))
    return {
        "names": [show(name) for name in names],
        "of": [sum(1 << names.index(value) for value in found[number]) for number in order],
    }


def _run(exploration, graph) -> dict | None:
    """The run of the counterexample, and which of its steps the path begins with."""
    if exploration.trace is None or not graph.path:
        return None
    return {
        "name": play(exploration).attributes()["run"],
        "first": len(exploration.trace.steps()) - len(graph.path),
    }
