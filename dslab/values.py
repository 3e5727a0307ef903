"""Immutable values: what nodes hold and messages carry.

A node's fields are changed by rebinding them, never in place. Then a copy of a node is a copy of
one dict, a state can be hashed and compared, and a message can't share a log with the node that
sent it. Python's tuples, frozensets and frozen dataclasses do for most fields; `Map` is the
dictionary among them.
"""

from bisect import bisect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import compress
from math import isfinite
from operator import is_not
from typing import Any, dataclass_transform

from dslab.errors import DslabError

__all__ = [
    "Map",
    "Value",
    "canonical",
    "counted",
    "exact",
    "frozen",
    "majority",
    "plain",
    "renamed",
    "same",
    "show",
]


def majority(members) -> int:
    """How many of `members` (a count or a collection) make a majority: more than half."""
    size = members if isinstance(members, int) else len(members)
    return size // 2 + 1


@dataclass_transform(frozen_default=True)
class Value:
    """Base of frozen dataclasses: a subclass is one by itself, can be hashed and compared.

    >>> class Entry(Value):
    ...     term: int
    ...     command: str
    >>> Entry(1, "x=1")
    Entry(term=1, command='x=1')
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        dataclass(frozen=True)(cls)
        _quicken(cls)


def _quicken(cls: type) -> None:
    """Give a frozen dataclass an initialiser that fills `__dict__`: its own calls
    `object.__setattr__` for each field.
    """
    if hasattr(cls, "__post_init__") or any(
        not field.init or field.kw_only or field.default_factory is not MISSING
        for field in fields(cls)
    ):
        return
    names = [field.name for field in fields(cls)]
    signature = ", ".join(
        name if field.default is MISSING else f"{name}=_{name}"
        for name, field in zip(names, fields(cls))
    )
    # Named so that no field has the names: one may be called `self`.
    body = "; ".join(
        ["__dict__ = __self__.__dict__"] + [f"__dict__[{name!r}] = {name}" for name in names]
    )
    space = {f"_{field.name}": field.default for field in fields(cls)}
    exec(f"def __init__(__self__, {signature}): {body}", space)
    space["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    cls.__init__ = space["__init__"]


class Map(Mapping):
    """An immutable dictionary whose order is that of its keys, so that equal maps behave alike.

    >>> votes = Map(n2=3) | {"n1": 1}
    >>> votes
    Map(n1=1, n2=3)
    >>> votes.without("n2")
    Map(n1=1)
    """

    __slots__ = ("_items", "_hash")

    def __init__(self, *args, **kwargs):
        items = dict(*args, **kwargs)
        self._items = {key: items[key] for key in sorted(items, key=canonical)}
        self._hash = None

    def __getitem__(self, key):
        return self._items[key]

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)

    def __or__(self, other):
        """A new map with the pairs of `other` put over these."""
        added = [key for key in other if key not in self._items]
        if len(added) > 8:
            return Map({**self._items, **other})
        # Few new keys find their places among the others: sorting all of them again would make
        # each step of a node with many clients cost what all have.
        items = {**self._items, **other}
        keys = list(self._items)
        for key in added:
            keys.insert(bisect(keys, canonical(key), key=canonical), key)
        return Map._ordered({key: items[key] for key in keys} if added else items)

    def without(self, *keys) -> "Map":
        """A new map that lacks `keys`; a key that is not there is no error."""
        return Map._ordered({key: value for key, value in self._items.items() if key not in keys})

    @classmethod
    def _ordered(cls, items: dict) -> "Map":
        """A map of items that stand in their order already."""
        new = object.__new__(cls)
        new._items, new._hash = items, None
        return new

    def __eq__(self, other):
        return self._items == (other._items if isinstance(other, Map) else other)

    def __hash__(self):
        if self._hash is None:
            self._hash = hash(tuple(self._items.items()))
        return self._hash

    def __repr__(self):
        if all(isinstance(key, str) and key.isidentifier() for key in self._items):
            return (
                "Map(" + ", ".join(f"{key}={value!r}" for key, value in self._items.items()) + ")"
            )
        return f"Map({self._items!r})"


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def canonical(value: Any):
    """A key by which values of mixed types sort the same way in every process."""
    if value is None:
        return (0,)
    if isinstance(value, (bool, int, float, Decimal)):
        return (1, value)
    if isinstance(value, str):
        return (2, value)
    if isinstance(value, (tuple, list)):
        return (3, tuple(map(canonical, value)))
    if isinstance(value, (frozenset, set)):
        return (4, tuple(sorted(map(canonical, value))))
    if isinstance(value, Mapping):
        return (5, tuple(sorted((canonical(key), canonical(item)) for key, item in value.items())))
    if is_dataclass(value):
        kind = type(value)
        return (
            6,
            kind.__name__,
            tuple(canonical(getattr(value, name)) for name in _field_names(kind)),
        )
    return (7, type(value).__name__, repr(value))


def renamed(value: Any, names: Mapping):
    """`value` with every text that is a key of `names` replaced, however deep it stands."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, (tuple, frozenset)):
        return type(value)(renamed(item, names) for item in value)
    if isinstance(value, Map):
        return Map({renamed(key, names): renamed(item, names) for key, item in value.items()})
    if is_dataclass(value):
        return type(value)(
            *(renamed(getattr(value, name), names) for name in _field_names(type(value)))
        )
    return value


def plain(value: Any, other: Callable[[Any], Any] | None = None):
    """`value` as JSON data: tuples become lists, maps and dataclasses objects.

    A member of an enumeration becomes its name; a Decimal, bytes, and a float that is no number of
    JSON what `show` makes of them. What else JSON has no form for keeps its name under
    `"$"`: `Entry(1, "x")` becomes `{"$": "Entry", "term": 1, "command": "x"}`, a set `{"$": "set",
    "items": […]}` in sorted order.

    other  other(value) gives JSON data for a value that a node may not hold, such as a function or
           an open file. Without it such a value raises DslabError.
    """
    if isinstance(value, float) and not isfinite(value):
        return show(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (Decimal, bytes)):
        return show(value)
    if isinstance(value, (tuple, list)):
        return [plain(item, other) for item in value]
    if isinstance(value, (frozenset, set)):
        items = [plain(item, other) for item in sorted(value, key=canonical)]
        return {"$": "set", "items": items}
    if isinstance(value, Mapping):
        return {
            key if isinstance(key, str) else show(key): plain(item, other)
            for key, item in value.items()
        }
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        return {"$": kind.__name__} | {
            name: plain(getattr(value, name), other) for name in _field_names(kind)
        }
    if isinstance(value, Enum):
        return value.name
    if other is not None:
        return other(value)
    raise DslabError(
        f"{value!r} of type {type(value).__name__} can't be part of a state or message: "
        "use numbers, strings, "
        "tuples, frozensets, Map or a dslab.values.Value class."
    )


def frozen(data: Any):
    """JSON data as a value: lists become tuples, and objects maps."""
    if isinstance(data, list):
        return tuple(map(frozen, data))
    if isinstance(data, dict):
        return Map({key: frozen(item) for key, item in data.items()})
    return data


def show(value: Any) -> str:
    """`value`, or `plain`'s JSON data of it, as a reader sees it: short, stable, without quotes.

    >>> show((Map(n1=2), frozenset({"b", "a"}), None))
    '({n1: 2}, {a, b}, –)'
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if value else "''"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(map(show, value)) + ")"
    if isinstance(value, (frozenset, set)):
        return "{" + ", ".join(show(item) for item in sorted(value, key=canonical)) + "}"
    if is_dataclass(value) or isinstance(value, Enum):
        return show(plain(value))
    if isinstance(value, Mapping):
        pairs = [(show(key), show(item)) for key, item in value.items() if key != "$"]
        match value.get("$"):
            case None:
                return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
            case "set":
                return "{" + ", ".join(map(show, value["items"])) + "}"
            case name:
                return (
                    f"{name}(" + ", ".join(f"{key}={item}" for key, item in pairs) + ")"
                    if pairs
                    else name
                )
    return repr(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, and of the same types however deep one looks.

    Python's `==` takes 1, 1.0 and True for one another; a page, and a reader, don't.
    """
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, (tuple, list)):
        # As a rule nearly all items are the same objects: those are passed over without a call.
        pairs = compress(zip(one, other), map(is_not, one, other))
        return len(one) == len(other) and all(same(*pair) for pair in pairs)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, Map):  # Equal ones have the same order.
        return same((*one._items, *one._items.values()), (*other._items, *other._items.values()))
    if isinstance(one, (float, frozenset)):
        return exact(one) == exact(other)
    if is_dataclass(one) and not isinstance(one, type):
        return all(
            same(getattr(one, name), getattr(other, name)) for name in _field_names(type(one))
        )
    return one == other


def exact(value: Any) -> Hashable:
    """A key for a value: equal for two values just where they are the `same`."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, float)):
        return type(value), repr(value)  # Tells 0.0 from -0.0, and takes one NaN for another.
    if isinstance(value, (tuple, list, frozenset)):
        items = map(exact, value)
        return type(value), frozenset(items) if isinstance(value, frozenset) else tuple(items)
    if isinstance(value, Map):
        return Map, frozenset((exact(key), exact(item)) for key, item in value.items())
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        return kind, *(exact(getattr(value, name)) for name in _field_names(kind))
    return value


def counted(numbers: Mapping[str, int]) -> str:
    """Numbers of things, such as "2 keys, 1 call that had to be answered"; names are plurals."""
    return ", ".join(
        f"{count:,} {_singular(name) if count == 1 else name}" for name, count in numbers.items()
    )


def _singular(name: str) -> str:
    words = name.split(" ")
    noun = next((place for place, word in enumerate(words) if word.endswith("s")), None)
    return " ".join(word[:-1] if place == noun else word for place, word in enumerate(words))
