"""What a reader hands to a checker or explorer, looked at before anything runs: one sentence for
what can't be meant.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dslab.errors import DslabError, demand_number
from dslab.explore.clients import Caller
from dslab.node import Node
from dslab.run.options import demand_names
from dslab.values import show
from dslab.wire import heard

__all__ = ["demand_bounds", "demand_classes", "demand_disks", "demand_rules", "demand_symmetry"]


def demand_classes(nodes: Mapping[str, type[Node]]) -> None:
    """Raise DslabError unless names stand for Node classes, and callers call nodes that exist."""
    if not isinstance(nodes, Mapping) or not nodes:
        raise DslabError(
            "there is no node to explore: give a mapping from names to Node classes, "
            'such as {"n1": Raft, "n2": Raft}.'
        )
    demand_names(nodes)
    for name, kind in nodes.items():
        if isinstance(kind, Node):
            raise DslabError(
                f"{name} is a node of class {type(kind).__name__}: give the class itself."
            )
        if not (isinstance(kind, type) and issubclass(kind, Node)):
            raise DslabError(f"{name} is {show(kind)}, which is no Node class.")
        for call in kind.calls if issubclass(kind, Caller) else ():
            if call[0] not in nodes:
                raise DslabError(
                    f"{name} calls {call[0]!r}, but there is no such node: there are "
                    f"{', '.join(nodes)}."
                )


def demand_bounds(classes: Mapping[str, type[Node]], fires, counts: Mapping[str, Any]) -> None:
    """Raise DslabError where a bound is no number, or limits a timer that no node handles."""
    for name, value in counts.items():
        demand_number(name, value, 0)
    for kind, most in fires.items() if isinstance(fires, Mapping) else [(None, fires)]:
        if most is not None:
            demand_number("fires" if kind is None else f"fires[{kind!r}]", most, 0)
        if kind is not None and not any(each.handles(kind) for each in classes.values()):
            known = sorted({name for each in classes.values() for name in heard(each, timers=True)})
            raise DslabError(
                f"fires names {kind!r}, but no node here handles such a timer: they handle "
                f"{', '.join(known) or 'none'}."
            )


def demand_disks(disks: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise DslabError unless names are mapped to durable fields."""
    given = disks.items() if isinstance(disks, Mapping) else [("", None)]
    for name, fields in given:
        if not isinstance(fields, Mapping):
            what = f"disks[{name!r}]={fields!r:.60}" if name else f"disks={disks!r:.60}"
            raise DslabError(
                f"{what}: give durable fields by node, such as "
                'disks={"n1": {"current_term": 3}}.'
            )


def demand_symmetry(classes: Mapping[str, type[Node]], names: Iterable[str]) -> None:
    """Raise DslabError where nodes can be told apart by more than their names."""
    names = tuple(names)
    kinds = dict.fromkeys(classes[name] for name in names)
    if len(kinds) > 1:
        raise DslabError(
            f"symmetric={names!r}: these are of different classes "
            f"({', '.join(kind.__name__ for kind in kinds)}), so exchanging them changes what "
            "happens."
        )
    for name, kind in classes.items():
        later = kind.calls[1:] if issubclass(kind, Caller) else ()
        for call in later:  # The first is on its way before names are exchanged.
            if call[0] in names:
                raise DslabError(
                    f"symmetric={names!r}: {name} calls {call[0]} later on, so {call[0]} "
                    "can't change places with another."
                )


def demand_rules(name: str, given) -> tuple[Callable, ...]:
    """Rules as a tuple. Raises DslabError unless they are functions."""
    given = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
    for each in given:
        if not callable(each):
            raise DslabError(f"{name}=… has {each!r}, which is no function of a View.")
    return given
