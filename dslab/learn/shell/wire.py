"""Values between the grader and the process that holds a submission: JSON, and never code.

They cross as they are: a list stays a list and a tuple a tuple, maps keep their keys, Decimals,
sets and members of enumerations stay what they were. So a submission is judged by the same values
here and there. `dslab.values.plain` is for what is meant to be looked at.

A class is known by its module and its name. In the grader only classes of dslab become the classes
they were; for those that a submission makes, a class of the same name and fields stands in.
"""

import sys
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from functools import cache
from importlib import import_module
from math import isfinite
from types import MappingProxyType
from typing import Any

from dslab.errors import DslabError
from dslab.values import Map, Value, canonical
from dslab.wire import stand_in

__all__ = ["Wire", "name_of"]

COLLECTIONS = {"list": list, "set": set, "frozenset": frozenset}
MAPS = {"dict": dict, "map": Map, "mappingproxy": lambda pairs: MappingProxyType(dict(pairs))}
TEXTS = {"Decimal": Decimal, "bytes": bytes.fromhex, "float": float}
#: What a member of an enumeration may be besides.
MIXED = {"StrEnum": StrEnum, "IntEnum": IntEnum, "str": str, "int": int}
WORDS = {list: "list", set: "set", frozenset: "frozenset"} | {
    dict: "dict",
    Map: "map",
    MappingProxyType: "mappingproxy",
}


def name_of(kind: type) -> str:
    """What a class is called in data."""
    return f"{kind.__module__}.{kind.__name__}"


class Wire:
    """One end of the line.

    reference  makes data, a dict with a "$" of its own, of what has no form as a value.
    referred   "$" → makes of such data what it stands for at this end.
    inside     whether this is the submission's own end: data may name any class of dslab, and the
               submission's by what it has sent. At the other end it may name what is loaded there
               of dslab, and the rest gets a stand-in.
    """

    def __init__(
        self,
        reference: Callable[[Any], dict],
        referred: dict[str, Callable[[dict], Any]],
        inside: bool = False,
    ):
        self.reference, self.referred, self.inside = reference, referred, inside
        self.sent: dict[str, type] = {}

    def encode(self, value: Any) -> Any:
        """`value` as JSON data."""
        kind = type(value)
        if value is None or kind in (bool, int, str) or kind is float and isfinite(value):
            return value
        if kind is tuple:
            return list(map(self.encode, value))
        if kind in (list, set, frozenset):
            items = value if kind is list else sorted(value, key=canonical)
            return {"$": WORDS[kind], "items": list(map(self.encode, items))}
        if kind in WORDS:
            pairs = [[self.encode(key), self.encode(item)] for key, item in value.items()]
            return {"$": WORDS[kind], "items": pairs}
        if kind in (Decimal, float):
            return {"$": kind.__name__, "text": str(value)}
        if kind is bytes:
            return {"$": "bytes", "text": value.hex()}
        if issubclass(kind, Enum) and not issubclass(kind, Flag):
            mixed = next((word for word, base in MIXED.items() if issubclass(kind, base)), "")
            member = {"member": value.name, "value": self.encode(value.value), "mixed": mixed}
            return self._named(kind) | member
        if issubclass(kind, Value):
            content = {each.name: self.encode(getattr(value, each.name)) for each in fields(kind)}
            return self._named(kind) | {"fields": content}
        return self.reference(value)

    def decode(self, data: Any) -> Any:
        """What `encode` made data of, at the other end. Raises DslabError where it is damaged."""
        try:
            return self._decode(data)
        except DslabError:
            raise
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise DslabError(f"this is no value: {data!r:.120} ({error!s:.120}).") from None

    def _named(self, kind: type) -> dict:
        if self.inside:
            self.sent[name_of(kind)] = kind
        return {"$": name_of(kind)}

    def _decode(self, data: Any) -> Any:
        if isinstance(data, list):
            return tuple(map(self._decode, data))
        if not isinstance(data, dict):
            return data
        name = data["$"]
        if name in COLLECTIONS:
            return COLLECTIONS[name](map(self._decode, data["items"]))
        if name in MAPS:
            return MAPS[name]([tuple(map(self._decode, pair)) for pair in data["items"]])
        if name in TEXTS:
            return TEXTS[name](data["text"])
        if name in self.referred:
            return self.referred[name](data)
        if "member" in data:
            kind, member = self.class_named(name, None), data["member"]
            value = data["value"], data["mixed"]
            return kind[member] if kind else _member(name, member, self._decode(value[0]), value[1])
        content = {key: self._decode(item) for key, item in data["fields"].items()}
        return self.class_named(name, tuple(content))(**content)

    def class_named(self, name: str, names: tuple[str, ...] | None) -> type | None:
        """The class of this name, where it has fields of these `names`; else one that stands in for
        it. Without names, an enumeration or None.
        """
        module, _, own = name.rpartition(".")
        kind = self.sent.get(name)
        if kind is None and module.startswith("dslab."):
            space = import_module(module) if self.inside else sys.modules.get(module)
            kind = getattr(space, own, None)
        if names is None:
            return kind if isinstance(kind, type) and issubclass(kind, Enum) else None
        if isinstance(kind, type) and issubclass(kind, Value):
            if tuple(field.name for field in fields(kind)) == names:
                return kind
        return _value_class(module, own, names)


@cache
def _value_class(module: str, own: str, names: tuple[str, ...]) -> type:
    """Stands for a class of values that a submission made. Its module's name goes back with it."""
    return type(own, (stand_in(own, names),), {"__module__": module})


@cache
def _member(name: str, member: str, value: Any, mixed: str) -> Enum:
    """Stands for a member of an enumeration that a submission made."""
    module, _, own = name.rpartition(".")
    stand_in(own, (member,))  # Both must be names.
    base = MIXED.get(mixed)
    if base in (StrEnum, IntEnum):
        return base(own, {member: value}, module=module)[member]
    return Enum(own, {member: value}, type=base, module=module)[member]
