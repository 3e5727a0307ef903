"""Messages altered on their way: one leaf of a value by chance, or every field of a name."""

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from random import Random
from typing import Any

from dslab.values import Map

__all__ = ["altered", "rewritten"]


def altered(value: Any, random: Random, names: Iterable[tuple[str, ...]] = ()) -> Any:
    """`value` with one of its numbers, truths or texts changed, as a flipped bit does; None where
    nothing can be changed.

    names  groups of names: the name of a node becomes that of another node, so that there is
           somebody of that name.
    """
    count = len(_leaves(value))
    made = _with_leaf(value, random.randrange(count), random, tuple(names))[0] if count else value
    return None if made == value else made


def _leaves(value: Any) -> list:
    if isinstance(value, (bool, int, float)) or isinstance(value, str) and value:
        return [value]
    return [leaf for _, part in _parts(value) for leaf in _leaves(part)]


def _parts(value: Any) -> list[tuple[Any, Any]]:
    """What a value is made of, by name; a frozenset's members stay as they are: without an order
    none is the first.
    """
    if isinstance(value, tuple):
        return list(enumerate(value))
    if isinstance(value, Map):
        return list(value.items())
    if is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in fields(value)]
    return []


def _made_of(value: Any, parts: dict) -> Any:
    """A value like `value` of other parts."""
    if isinstance(value, tuple):
        return tuple(parts.values())
    return Map(parts) if isinstance(value, Map) else type(value)(**parts)


def _with_leaf(value: Any, place: int, random: Random, names: tuple) -> tuple[Any, int]:
    """(`value` with the leaf of number `place` changed, how many leaves were passed over)."""
    parts, passed = _parts(value), 0
    if not parts:
        leaves = len(_leaves(value))
        return (_flipped(value, random, names) if leaves and place == 0 else value), leaves
    made = {}
    for name, part in parts:
        made[name], count = _with_leaf(part, place - passed, random, names)
        passed += count
    return _made_of(value, made), passed


def _flipped(leaf: Any, random: Random, names: tuple) -> Any:
    if isinstance(leaf, bool):
        return not leaf
    if isinstance(leaf, int):
        return leaf ^ 1 << random.randrange(4)
    if isinstance(leaf, float):
        return -leaf - 1
    for known in names:
        if leaf in known:
            return random.choice([name for name in known if name != leaf] or [leaf])
    place = random.randrange(len(leaf))
    return leaf[:place] + chr(ord(leaf[place]) ^ 1) + leaf[place + 1 :]


def rewritten(value: Any, rewrite: Callable[[str, Any], Any], name: str = "") -> Any:
    """`value` with `rewrite(name of the field, what stands there)` in the place of every field's
    content, however deep.
    """
    parts = _parts(value)
    if not parts:
        return rewrite(name, value)
    # What stands in a tuple or a map bears the name of the field that holds it.
    named = is_dataclass(value)
    made = {
        part_name: rewritten(part, rewrite, part_name if named else name)
        for part_name, part in parts
    }
    return _made_of(value, made)
