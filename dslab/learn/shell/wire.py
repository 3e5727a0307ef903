"""Values between the grader and the process that holds a submission: `dslab.wire`, and what a
submission's process needs besides.

Values come back as they went, so a submission is judged by the same values here and there. What
has no form as a value stays where it is and goes by reference. In the grader only classes of dslab
become the classes they were; for those that a submission makes, a class of the same name and fields
stands in.

| value                                          | JSON                                            |
|------------------------------------------------|-------------------------------------------------|
| what stays in the submission's process         | {"$": "object", …}, as the two ends agree       |
| class of values, such as a timer's             | {"$": "class", "name": "raft.Heartbeat",        |
|                                                | "fields": []}                                   |
| member of an enumeration                       | {"$": "enum", "name": "__main__.Suit", "value": |
|                                                | "♥", "members": {"HEARTS": "♥"}, "base": "Enum"}|
| Fraction, complex, datetime, deque, Counter, … | {"$": "made", "of": "Fraction", "from": [1, 3]} |
| NotImplemented, Ellipsis                       | {"$": "constant", "name": "Ellipsis"}           |
| all else                                       | as in `dslab.wire`                              |
"""

import sys
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from enum import Enum, Flag, IntEnum, IntFlag, StrEnum
from importlib import import_module
from types import MappingProxyType
from typing import Any

from dslab.errors import DslabError
from dslab.learn.shell.about import SPECIAL
from dslab.learn.shell.standard import made, parts_of
from dslab.values import Map, Value
from dslab.wire import class_of, decode, encode, name_of, stand_in

__all__ = ["Wire"]

#: What has a form as a value. What is made of these classes, such as a defaultdict, would come back
#: as another thing.
FORMS = {float, Decimal, bytes, tuple, list, set, frozenset, Map, dict, MappingProxyType}
#: What an enumeration may be one of, the most special first.
ENUMS = {kind.__name__: kind for kind in (StrEnum, IntEnum, IntFlag, Flag, Enum)}
#: What its members may be besides.
MIXED = {"str": str, "int": int, "float": float}
CONSTANTS = {"NotImplemented": NotImplemented, "Ellipsis": ...}


class Wire:
    """One end of the line.

    reference  makes data, a dict with "$": "object", of what has no form as a value.
    referred   makes of the rest of such data what it stands for at this end.
    inside     whether this is the submission's own end: data may name any class of dslab, and the
               submission's by what it has sent. At the other end it may name what is loaded there
               of dslab, and the rest gets a stand-in.
    """

    def __init__(
        self, reference: Callable[[Any], dict], referred: Callable[..., Any], inside: bool = False
    ):
        self.reference, self.inside = reference, inside
        self.sent: dict[str, type] = {}
        # No module's class is named by one word.
        self.words = {
            "object": referred,
            "class": self._class,
            "enum": self._member,
            "made": made,
            "constant": lambda name: CONSTANTS[name],
        }
        self._enums: dict[tuple, type[Enum]] = {}

    def encode(self, value: Any) -> Any:
        """`value` as JSON data. What has a form and doesn't fit in it (a list that holds itself, a
        number of thousands of digits) goes by reference.
        """
        try:
            return encode(value, self._other)
        except (DslabError, RecursionError):
            return self.reference(value)

    def decode(self, data: Any) -> Any:
        """What `encode` made data of, at the other end. Raises DslabError where it is damaged."""
        return decode(data, self, self._unknown, mutable=True)

    def get(self, name: str) -> type | None:
        """The class of this name that was sent from here, or else dslab's."""
        return self.sent.get(name) or _ours(name, self.inside)

    def _other(self, value: Any) -> dict | None:
        kind = type(value)
        if kind in FORMS:
            return None
        if isinstance(value, Value) and not overrides(kind):
            return self._note(kind)
        if isinstance(value, Enum):
            return self._enum(kind, value)
        if value is NotImplemented or value is ...:
            return {"$": "constant", "name": repr(value)}
        if (parts := parts_of(value)) is not None:
            return {"$": "made", "of": kind.__name__, "from": self.encode(parts)}
        if isinstance(value, type) and issubclass(value, Value):
            self._note(value)
            names = [field.name for field in fields(value)]
            return {"$": "class", "name": name_of(value), "fields": self.encode(names)}
        return self.reference(value)

    def _enum(self, kind: type, value: Enum) -> dict:
        self._note(kind)
        base = next(name for name, each in ENUMS.items() if issubclass(kind, each))
        mixed = next((name for name, each in MIXED.items() if issubclass(kind, each)), "")
        members = {name: each._value_ for name, each in kind.__members__.items()}
        said = {"base": base, "mixed": mixed if base in ("Enum", "Flag") else ""}
        content = {"value": self.encode(value._value_), "members": self.encode(members)}
        return {"$": "enum", "name": name_of(kind)} | content | said

    def _note(self, kind: type) -> None:
        if self.inside:
            self.sent[name_of(kind)] = kind

    def _unknown(self, name: str, names: tuple[str, ...]) -> Callable:
        return self.words.get(name) or stand_in(name, names)

    def _class(self, name: str, fields: list[str]) -> type:
        return class_of(name, tuple(fields), self, stand_in)

    def _member(self, name: str, value: Any, members: dict, base: str, mixed: str) -> Enum:
        kind = self.get(name)
        if kind is None or not issubclass(kind, Enum):
            key = name, base, mixed, repr(members)
            kind = self._enums.get(key)
            if kind is None:
                kind = self._enums[key] = _enumeration(name, members, base, mixed)
        return kind(value)


def overrides(kind: type) -> bool:
    """Whether a class of values does more with itself than values do, such as to add itself up."""
    own = kind.__mro__[: kind.__mro__.index(Value)]
    theirs = [each for each in own if not each.__module__.startswith("dslab.")]
    return any(vars(each).keys() & (SPECIAL - GIVEN) for each in theirs)


#: What every dataclass is given.
GIVEN = {"__eq__", "__hash__", "__repr__"}


def _ours(name: str, load: bool) -> type | None:
    """dslab's own value class or enumeration of this name, from the modules that are loaded or,
    with `load`, from any.
    """
    module, _, own = name.rpartition(".")
    if not module or "__" in module or ":" in module:  # `__main__` would run.
        return None
    for package in ("dslab.protocols.", "dslab."):
        try:
            space = import_module(package + module) if load else sys.modules.get(package + module)
        except ImportError:
            continue
        kind = getattr(space, own, None)
        if isinstance(kind, type) and issubclass(kind, (Value, Enum)) and name_of(kind) == name:
            return kind
    return None


def _enumeration(name: str, members: dict, base: str, mixed: str) -> type[Enum]:
    """Stands for an enumeration that a submission made."""
    stand_in(name, tuple(members))  # All of these must be names.
    module, _, own = name.rpartition(".")
    return ENUMS[base](own, list(members.items()), type=MIXED.get(mixed), module=module)
