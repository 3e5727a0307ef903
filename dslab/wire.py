"""Values between processes and on disks: JSON, and never code.

`dslab.values.plain` writes values to be looked at. Here they come back as they went: a tuple is
told from a list, a Decimal from a number, a map whose keys JSON can't hold is a list of pairs, and
what has no form at all is refused.

A class is known by the module that declares it and its own name: `paxos.Retry` is not
`quorum_register.Retry`. The reader of the data says which classes it may name: `vocabulary` finds
those that a node speaks, `names` writes out a few.

| value                                 | JSON                                                    |
|---------------------------------------|---------------------------------------------------------|
| None, bool, int, text, finite float   | itself                                                  |
| tuple                                 | an array                                                |
| Map with texts for keys, none of "$"  | an object                                               |
| any other Map; dict, mappingproxy     | {"$": "map", "items": [[key, value], …]}; "dict", …     |
| frozenset, list, set                  | {"$": "frozenset", "items": […]}; "list", "set"         |
| Decimal, bytes, float that is no      | {"$": "Decimal", "text": "1.10"}; "bytes" (in           |
| number of JSON                        | hexadecimal), "float" ("inf")                           |
| dataclass, NamedTuple                 | {"$": "raft.Vote", "term": 1, "granted": true}          |
| message of a node's part              | {"$": "detector:failure_detector.Alive", …}             |
| member of an enumeration              | {"$": "cards.Suit", "member": "HEARTS"}                 |
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from keyword import iskeyword
from math import isfinite
from types import MappingProxyType
from typing import Any

from dslab.errors import DslabError
from dslab.message import Message, Timer, of_part, origin
from dslab.values import Map, Value, canonical

__all__ = [
    "DEEPEST",
    "class_of",
    "decode",
    "dumps",
    "encode",
    "heard",
    "line_of",
    "loads",
    "name_of",
    "names",
    "stand_in",
    "vocabulary",
]

#: How deep data may be nested. What goes deeper could end the reader in the middle of a step.
DEEPEST = 200
#: How many digits a whole number may have. Python writes none of more than 4,300, and sums are
#: longer than what is added.
DIGITS = 1000
TOO_LONG = 10**DIGITS

#: Collections by the word under "$": what they are, and what a node may hold in their place.
COLLECTIONS = {
    "list": (list, tuple),
    "set": (set, frozenset),
    "frozenset": (frozenset, frozenset),
    "map": (Map, Map),
    "dict": (dict, Map),
    "mappingproxy": (lambda pairs: MappingProxyType(dict(pairs)), Map),
}


def _decimal(text: str) -> Decimal:
    hash(number := Decimal(text))  # A signalling NaN raises: nothing could hold it.
    return number


#: What is written as a text: how it is read again.
TEXTS = {"Decimal": _decimal, "bytes": bytes.fromhex, "float": float}


@cache
def name_of(kind: type) -> str:
    """What a class is called in data: its module, without `dslab.protocols.` or `dslab.`, and its
    name; before it the part whose messages they are.
    """
    part, plain = origin(kind)
    module = plain.__module__.removeprefix("dslab.").removeprefix("protocols.")
    return f"{part}:{module}.{plain.__name__}" if part else f"{module}.{plain.__name__}"


def names(*kinds: type) -> dict[str, type]:
    """These classes by their names in data."""
    return {name_of(kind): kind for kind in kinds}


def encode(value: Any, other: Callable[[Any], Any] | None = None, *, deepest: int = DEEPEST) -> Any:
    """`value` as JSON data that `decode` makes the same value of.

    other  other(value) is asked first, for each value down to numbers and texts: data of its own
           for what has no form here or should have another, and None for the rest.

    Raises DslabError for what can't cross, such as functions and open files.
    """
    kind = type(value)
    if deepest < 0:
        raise DslabError("this can't be sent or stored: it is nested too deeply.")
    if kind in (str, bool, type(None)):  # Most of all, so it is asked first.
        return value
    if kind is int:
        if -TOO_LONG < value < TOO_LONG:
            return value
        if other is None or (data := other(value)) is None:
            raise DslabError(
                f"this can't be sent or stored: a number of more than {DIGITS:,} digits."
            )
        return data
    if other is not None and (data := other(value)) is not None:
        return data
    inner = lambda item: encode(item, other, deepest=deepest - 1)  # noqa: E731
    if isinstance(value, Value):
        return _object(value, inner)
    # Classes are compared exactly: what is made of one of these would come back as another thing.
    if kind is float:
        return value if isfinite(value) else {"$": "float", "text": str(value)}
    if kind is Decimal and not value.is_snan():
        return {"$": "Decimal", "text": str(value)}
    if kind is bytes:
        return {"$": "bytes", "text": value.hex()}
    if kind is tuple:
        return [inner(item) for item in value]
    if kind is list:
        return {"$": "list", "items": [inner(item) for item in value]}
    if kind in (set, frozenset):
        items = [inner(item) for item in sorted(value, key=canonical)]
        return {"$": kind.__name__, "items": items}
    if kind is Map and "$" not in value and all(type(key) is str for key in value):
        return {key: inner(item) for key, item in value.items()}
    if kind in MAPS.values():
        items = [[inner(key), inner(item)] for key, item in value.items()]
        return {"$": kind.__name__.lower(), "items": items}
    if isinstance(value, Enum):
        by_name = value.name in kind.__members__  # A sum of flags has no name.
        how = {"member": value.name} if by_name else {"flags": inner(value.value)}
        return {"$": name_of(kind)} | how
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        pairs = zip(value._fields, value)
        return {"$": name_of(kind)} | {name: inner(item) for name, item in pairs}
    if is_dataclass(kind) and kind.__dataclass_params__.frozen:
        return _object(value, inner)
    raise DslabError(
        f"{value!r:.200} of type {kind.__name__} can't be sent or stored: use numbers, "
        "texts, tuples, frozensets, Map or a dslab.values.Value class."
    )


def _object(value: Any, inner: Callable) -> dict[str, Any]:
    data = {"$": name_of(type(value))}
    for name in _content(type(value)):
        data[name] = inner(getattr(value, name))
    return data


#: What Python raises where data doesn't fit what it names.
UNFIT = ArithmeticError, AttributeError, LookupError, SyntaxError, TypeError, ValueError
MAPS = {"map": Map, "dict": dict, "mappingproxy": MappingProxyType}


def decode(
    data: Any,
    known: Mapping[str, type],
    unknown: Callable[[str, tuple[str, ...]], Callable] | None = None,
    *,
    mutable: bool = False,
    deepest: int = DEEPEST,
) -> Any:
    """The value that `encode` made `data` of, or that JSON data stands for.

    known    the classes that the data may name, by their names.
    unknown  unknown(name, fields) gives a class, or a function that takes the fields, for a name
             that is not known; without it such data is refused. See `stand_in`.
    mutable  whether lists, sets and dicts come back as such. Otherwise they come back as tuples,
             frozensets and Maps, which a node may hold.

    Raises DslabError.
    """
    if deepest < 0:
        raise DslabError("the data is nested too deeply.")
    inner = lambda item: decode(  # noqa: E731
        item, known, unknown, mutable=mutable, deepest=deepest - 1
    )
    if isinstance(data, list):
        return tuple(map(inner, data))
    if not isinstance(data, dict):
        return data
    name = data.get("$")
    if not isinstance(name, str):
        return Map({key: inner(item) for key, item in data.items()})
    try:
        if name in COLLECTIONS:
            make = COLLECTIONS[name][0 if mutable else 1]
            if name in MAPS:
                return make([(inner(key), inner(item)) for key, item in _items(data, 2)])
            return make(map(inner, _items(data)))
        if name in TEXTS and isinstance(data.get("text"), str):
            return _as_written(TEXTS[name](data["text"]), data)
        content = {key: inner(item) for key, item in data.items() if key != "$"}
        kind = class_of(name, tuple(content), known, unknown)
        if isinstance(kind, type) and issubclass(kind, Enum):
            member = kind[content["member"]] if "member" in content else kind(content["flags"])
            return _as_written(member, data)
        return kind(**content)
    except DslabError:
        raise
    except UNFIT as error:
        what = f"{type(error).__name__}: {error!s:.120}"
        raise DslabError(f"no {name:.80} can be made of {data!r:.120} ({what}).") from None


def _as_written(value: Any, data: dict) -> Any:
    """`value`, where `encode` makes the same data of it: what has two forms is no name of itself,
    and Python takes many, such as " 1_0".
    """
    if encode(value) != data:
        raise ValueError(f"it would be written as {encode(value)!r:.80}")
    return value


def _items(data: dict, each: int = 0) -> list:
    items = data.get("items")
    if data.keys() - {"$", "items"}:
        raise DslabError(f"a {data['$']} has items and nothing else, but this is {data!r:.80}.")
    if not isinstance(items, list):
        raise DslabError(f"the items of a {data['$']} are {items!r:.80}: they must be a list.")
    if each and not all(isinstance(item, list) and len(item) == each for item in items):
        raise DslabError(f"the items of a {data['$']} are {items!r:.80}: they must be pairs.")
    return items


def class_of(
    name: str,
    fields: tuple[str, ...],
    known: Mapping[str, type],
    unknown: Callable[[str, tuple[str, ...]], Callable] | None = None,
) -> Callable:
    """The known class of this name, where it has these fields, in any order; else what `unknown`
    gives, as in `decode`. Raises DslabError.
    """
    kind = known.get(name)
    if kind is not None:
        expected = (("member",), ("flags",)) if issubclass(kind, Enum) else (_content(kind),)
        if set(fields) in map(set, expected):
            return kind
    if unknown is None:
        words = f"{name!r:.80} with the fields {', '.join(fields) or '(none)':.200}"
        if kind is None:
            raise DslabError(f"{words} is nothing that is known here.")
        named = ", ".join(expected[0]) or "(none)"
        raise DslabError(f"{words} is nothing that is known here: its fields are {named}.")
    return unknown(name, fields)


@cache
def _content(kind: type) -> tuple[str, ...]:
    """The names of what a class is made of."""
    if hasattr(kind, "_fields"):
        return kind._fields
    return tuple(field.name for field in fields(kind) if field.init)


def dumps(value: Any) -> bytes:
    """`value`, encoded, as one line of JSON. Raises DslabError."""
    return line_of(encode(value))


def line_of(data: Any) -> bytes:
    """JSON data as one line, in ASCII and without the line's end. Raises DslabError."""
    try:
        return json.dumps(data, separators=(",", ":")).encode()
    except ValueError as error:  # A number of more digits than Python writes.
        raise DslabError(f"this can't be sent or stored ({error!s:.120}).") from None


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
    return (
        int(word)
        if len(word.lstrip("-")) <= DIGITS
        else _no_number(f"{word[:20]}… of {len(word)} digits")
    )


@cache
def stand_in(name: str, fields: tuple[str, ...]) -> type:
    """A value class of this name in data and of these fields, the same one each time.

    The names come from elsewhere, and a dataclass writes its fields' names into code that it runs:
    only names may pass.
    """
    part, colon, plain = name.rpartition(":")
    module, _, own = plain.rpartition(".")
    for word in (own, *fields):
        if not word.isidentifier() or iskeyword(word) or word.startswith("__"):
            raise DslabError(f"{word!r:.80} is no name for a message or a field.")
    for word in filter(None, (module, part)):
        if not all(name.isidentifier() for name in word.split(".")):
            raise DslabError(f"{word!r:.80} is no name for a module or a part.")
    kind = type(
        own,
        (Message if colon else Value,),
        {"__annotations__": dict.fromkeys(fields, Any), "__module__": module},
    )
    kind = of_part(part, kind) if colon else kind
    if not module or name_of(kind) != name:  # It couldn't go back.
        raise DslabError(f"{name!r:.80} is no name for a class: write `module.Class`.")
    return kind


@cache
def vocabulary(node_class: type) -> dict[str, type]:
    """The classes of values that a node class can send, hold or hear, by their names in data: those
    that its module and its bases' modules name, and those of its parts.

    Raises DslabError where two of them would have one name.
    """
    parts = getattr(node_class, "parts", {})
    found: dict[str, type] = {}
    modules = list(
        dict.fromkeys(
            base.__module__ for kind in (node_class, *parts.values()) for base in kind.__mro__
        )
    )
    for module in modules:  # Grows: what a message carries may be named in its own module alone.
        for kind in vars(sys.modules[module]).values():
            if not (isinstance(kind, type) and _is_word(kind)):
                continue
            other = found.setdefault(name_of(kind), kind)
            if other is not kind and other.__module__ != kind.__module__:
                raise DslabError(
                    f"{node_class.__name__} knows two classes {name_of(kind)}, of "
                    f"{other.__module__} and {kind.__module__}: give one another name."
                )
            if issubclass(kind, Value) and kind.__module__ not in modules:
                modules.append(kind.__module__)
    messages = [kind for kind in found.values() if issubclass(kind, Message)]
    for part, part_class in parts.items():
        heard = [kind for kind in messages if hasattr(part_class, "on_" + kind.__name__)]
        found |= names(*(of_part(part, kind) for kind in heard if origin(kind)[0] is None))
    return found


def heard(node_class: type, timers: bool = False) -> list[str]:
    """The names of the messages, or of the timers, that a node class or a part of it handles, as
    far as its vocabulary goes: "Vote", "detector.Alive"; sorted.
    """
    return sorted(
        kind.__name__
        for kind in vocabulary(node_class).values()
        if issubclass(kind, Message) and issubclass(kind, Timer) == timers
        if node_class.handles(kind.__name__)
    )


def _is_word(kind: type) -> bool:
    """Whether data may name the class: values that can't change, and that are made without code of
    their own but what checks them.
    """
    if issubclass(kind, Enum):
        return bool(kind.__members__)
    if issubclass(kind, tuple):
        return hasattr(kind, "_fields")
    return kind is not Value and is_dataclass(kind) and kind.__dataclass_params__.frozen
