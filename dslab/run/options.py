"""What an option of a step may be: names, numbers, texts and messages, each in the one form in
which it is used.
"""

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

from dslab.errors import DslabError
from dslab.message import Message

__all__ = ["KINDS", "LONGEST", "demand_names", "group"]

#: The longest time, in ms (eleven days), and the largest number of anything.
LONGEST = 1_000_000_000


def group(names: str | Iterable[str]) -> tuple[str, ...]:
    """A group of nodes, given as "n1 n2", "n1, n2" or a collection."""
    return tuple(names.replace(",", " ").split()) if isinstance(names, str) else tuple(names)


def demand_names(names: Iterable[Any]) -> None:
    """Raise DslabError unless each can be the name of a node, which a step can tell from others."""
    for name in names:
        if not isinstance(name, str) or group(name) != (name,):
            raise DslabError(
                f"{name!r:.60} is no name for a node: give a text without spaces and commas, such "
                'as "n1".'
            )


def _name(value, known: Iterable[str], what: str) -> str:
    if not isinstance(value, str) or len(group(value)) != 1:
        raise ValueError(f"the name of one {what}")
    if value not in known:
        raise DslabError(f"there is no {what} {value!r} in this cluster: it has {_listed(known)}.")
    return value


def _names(value, known: Iterable[str], what: str) -> str:
    names = group(value) if isinstance(value, (str, list, tuple)) else ()
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"the name of a {what}, or several with spaces")
    return " ".join(_name(name, known, what) for name in names)


def _client(value, world) -> str:
    if _text(value, world) not in world.clients:
        raise DslabError(
            f"there is no client {value!r}: this cluster has {_listed(world.clients)}."
        )
    return value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _truth(value, world) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _within(value, least: float, most: float, kinds: type | tuple = (int, float)) -> float:
    whole = "whole " if kinds is int else ""
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        raise ValueError(f"a {whole}number from {least:,} to {most:,}")
    return value


def _text(value, world) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def _data(value, world) -> Any:
    """What a page and a link can hold, too: so no date, and nothing infinite."""
    if isinstance(value, (list, tuple)):
        for item in value:
            _data(item, world)
    elif isinstance(value, dict):
        _data(list(value.values()), world)
    elif (
        not isinstance(value, (str, int, float, type(None)))
        or isinstance(value, float)
        and not isfinite(value)
    ):
        raise ValueError("a text, a finite number, true, false, or a list or table of these")
    return value


def _message(value, world) -> Message:
    if not isinstance(value, Message):
        raise ValueError("a message")
    return value


#: What a value of each kind must be, unless the World of a run says otherwise: kinds that only one
#: sort of run knows are not here. Each gives the value in the one form in which it is used, and
#: raises ValueError with what belongs there, or DslabError with a sentence of its own.
KINDS: dict[str, Callable[[Any, Any], Any]] = {
    "node": lambda value, world: _name(value, world.nodes, "node"),
    "nodes": lambda value, world: _names(value, world.nodes, "node"),
    "lane": lambda value, world: _name(value, world.lanes, "node or client"),
    "lanes": lambda value, world: _names(value, world.lanes, "node or client"),
    "client": _client,
    "truth": _truth,
    "count": lambda value, world: _within(value, 0, LONGEST, int),
    "positive_count": lambda value, world: _within(value, 1, LONGEST, int),
    "number": lambda value, world: _within(value, -LONGEST, LONGEST),
    "positive": lambda value, world: _within(value, 0.001, LONGEST),  # Not rounded to no time.
    "not_negative": lambda value, world: _within(value, 0, LONGEST),
    "rate": lambda value, world: _within(value, 0.001, 1000),
    "text": _text,
    "anything": _data,
    "message": _message,
}
