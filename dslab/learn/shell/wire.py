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
| member of an enumeration                       | {"$": "enum", "name": "__main__.Suit",          |
|                                                | "member": "HEARTS", "value": "♥", "mixed": ""}  |
| all else                                       | as in `dslab.wire`                              |
"""

import sys
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

from dslab.values import Map, Value
from dslab.wire import class_of, decode, encode, name_of, stand_in

__all__ = ["Wire"]

#: What has a form as a value. What is made of these classes, such as a defaultdict, would come back
#: as another thing.
FORMS = {float, Decimal, bytes, tuple, list, set, frozenset, Map, dict, MappingProxyType}
#: What a member of an enumeration may be besides.
MIXED = {"StrEnum": StrEnum, "IntEnum": IntEnum, "str": str, "int": int}


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
        self.words = {"object": referred, "class": self._class, "enum": self._member}

    def encode(self, value: Any) -> Any:
        """`value` as JSON data."""
        return encode(value, self._other)

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
        if isinstance(value, Value):
            return self._note(kind)
        if isinstance(value, Enum) and not isinstance(value, Flag):
            self._note(kind)
            mixed = next((word for word, base in MIXED.items() if issubclass(kind, base)), "")
            content = {"member": value.name, "value": self.encode(value.value), "mixed": mixed}
            return {"$": "enum", "name": name_of(kind)} | content
        if isinstance(value, type) and issubclass(value, Value):
            self._note(value)
            names = [field.name for field in fields(value)]
            return {"$": "class", "name": name_of(value), "fields": self.encode(names)}
        return self.reference(value)

    def _note(self, kind: type) -> None:
        if self.inside:
            self.sent[name_of(kind)] = kind

    def _unknown(self, name: str, names: tuple[str, ...]) -> Callable:
        return self.words.get(name) or stand_in(name, names)

    def _class(self, name: str, fields: list[str]) -> type:
        return class_of(name, tuple(fields), self, stand_in)

    def _member(self, name: str, member: str, value: Any, mixed: str) -> Enum:
        kind = self.get(name)
        if kind is not None and issubclass(kind, Enum):
            return kind[member]
        return _member(name, member, value, mixed)


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


@cache
def _member(name: str, member: str, value: Any, mixed: str) -> Enum:
    """Stands for a member of an enumeration that a submission made."""
    stand_in(name, (member,))  # All of these must be names.
    module, _, own = name.rpartition(".")
    base = MIXED.get(mixed)
    if base in (StrEnum, IntEnum):
        return base(own, {member: value}, module=module)[member]
    return Enum(own, {member: value}, type=base, module=module)[member]
