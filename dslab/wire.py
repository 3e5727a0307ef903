"""Values between processes and on disks: JSON, and never code.

`dslab.values.plain` writes values to be looked at. Here they must come back as they went, so a map
whose keys JSON can't hold is a list of pairs, and what has no form at all is refused. A class is
known by its name, and only if the reader of the data says which names there are: `vocabulary` finds
those that a node speaks.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from keyword import iskeyword
from math import isfinite
from typing import Any

from dslab.errors import DslabError
from dslab.values import Map, Value, canonical

__all__ = ["DEEPEST", "decode", "dumps", "encode", "loads", "stand_in", "vocabulary"]

#: How deep data may be nested. What goes deeper could end the reader in the middle of a step.
DEEPEST = 200
#: How many digits a whole number may have. Python writes none of more than 4,300, and sums are
#: longer than what is added.
DIGITS = 1000


def encode(value: Any) -> Any:
    """`value` as JSON data that `decode` makes the same value of.

    Raises DslabError for what can't cross: functions, enumerations, numbers that are not finite.
    """
    if isinstance(value, Enum) or isinstance(value, float) and not isfinite(value):
        raise DslabError(f"{value!r} can't be sent or stored: use a text or a finite number.")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, (frozenset, set)):
        return {"$": "set", "items": [encode(item) for item in sorted(value, key=canonical)]}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value) and "$" not in value:
            return {key: encode(item) for key, item in value.items()}
        return {"$": "map", "items": [[encode(key), encode(item)] for key, item in value.items()]}
    if is_dataclass(value) and not isinstance(value, type):
        return {"$": type(value).__name__} | {
            field.name: encode(getattr(value, field.name)) for field in fields(value)
        }
    raise DslabError(
        f"{value!r} of type {type(value).__name__} can't be sent or stored: use numbers, "
        "texts, tuples, "
        "frozensets, Map or a dslab.values.Value class."
    )


def decode(
    data: Any,
    known: Mapping[str, type],
    stranger: Callable[[str, tuple[str, ...]], type] | None = None,
    deepest: int = DEEPEST,
) -> Any:
    """JSON data as an immutable value: lists become tuples, objects Maps or the class named under
    "$".

    known     the classes that the data may name, by their names.
    stranger  makes a class of the name and fields of one that is not known; without it such data is
              refused.

    Raises DslabError.
    """
    if deepest < 0:
        raise DslabError("the data is nested too deeply.")
    inner = lambda item: decode(item, known, stranger, deepest - 1)  # noqa: E731
    if isinstance(data, list):
        return tuple(map(inner, data))
    if not isinstance(data, dict):
        return data
    match data.get("$"):
        case "set":
            return frozenset(map(inner, _items(data)))
        case "map" if all(isinstance(pair, list) and len(pair) == 2 for pair in _items(data)):
            return Map({inner(key): inner(item) for key, item in _items(data)})
        case str(name):
            content = {key: inner(item) for key, item in data.items() if key != "$"}
            kind = known.get(name)
            if kind is None or {field.name for field in fields(kind)} != set(content):
                # Not one of the known, or of the name of one of them with other fields.
                if stranger is None:
                    raise DslabError(
                        f"{name!r:.80} with the fields "
                        f"{', '.join(content) or '(none)':.200} is nothing that is known here."
                    )
                kind = stranger(name, tuple(content))
            return kind(**content)
    return Map({key: inner(item) for key, item in data.items()})


def _items(data: dict) -> list:
    items = data.get("items", [])
    if not isinstance(items, list):
        raise DslabError(f"the items of a {data['$']} are {items!r:.80}: they must be a list.")
    return items


def dumps(value: Any) -> bytes:
    """`value` as one line of JSON, in ASCII and without the line's end."""
    try:
        return json.dumps(encode(value), separators=(",", ":")).encode()
    except (
        ValueError
    ) as error:  # DslabError is one; so is a number of more digits than Python writes.
        raise (
            error
            if isinstance(error, DslabError)
            else DslabError(f"this can't be sent or stored ({error!s:.120}).")
        ) from None


def loads(line: bytes | str) -> Any:
    """One JSON text as data, to be decoded. Raises DslabError where it is none, or holds a number
    that can't be written again.
    """
    try:
        return json.loads(line, parse_constant=_no_number, parse_float=_finite, parse_int=_short)
    except RecursionError:
        raise DslabError("the data is nested too deeply.") from None
    # JSONDecodeError, UnicodeDecodeError, and a number of too many digits are all of them.
    except ValueError as error:
        raise DslabError(f"this is no JSON ({error!s:.120}).") from None


def _no_number(word: str):
    raise ValueError(f"{word} is no number")


def _finite(word: str) -> float:
    return float(word) if isfinite(float(word)) else _no_number(word)


def _short(word: str) -> int:
    return int(word) if len(word) <= DIGITS else _no_number(f"{word[:20]}… of {len(word)} digits")


@cache
def stand_in(name: str, fields: tuple[str, ...]) -> type:
    """A value class of this name and these fields, the same one each time.

    The names come from elsewhere, and a dataclass writes its fields' names into code that it runs:
    only names may pass.
    """
    for word in (name, *fields):
        if not word.isidentifier() or iskeyword(word) or word.startswith("__"):
            raise DslabError(f"{word!r:.80} is no name for a message or a field.")
    return type(
        name, (Value,), {"__annotations__": dict.fromkeys(fields, Any), "__module__": "submission"}
    )


@cache
def vocabulary(node_class: type) -> dict[str, type]:
    """The value classes that a node class can send, hold or hear, by name: those that its module
    and its bases' modules name.

    Where two have one name, the class that is nearer to `node_class` counts.
    """
    found: dict[str, type] = {}
    modules = [base.__module__ for base in node_class.__mro__]
    for (
        module
    ) in modules:  # Grows: what a message carries may be named in the message's own module alone.
        for thing in vars(sys.modules[module]).values():
            if (
                isinstance(thing, type)
                and issubclass(thing, Value)
                and thing is not Value
                and thing.__name__ not in found
            ):
                found[thing.__name__] = thing
                if thing.__module__ not in modules:
                    modules.append(thing.__module__)
    return found
