"""Parts: pieces of a node with fields, messages and timers of their own.

    class Clock(Part):
        time: int = 0

        def on_Tick(self, sender, m):
            self.time = max(self.time, m.time) + 1

    class Service(Node):
        clock = Clock()

        def on_Request(self, client, m):
            self.send(client, Reply(m.id, self.clock.time))

A part is written like a node. Its fields are fields of the node under dotted names (`clock.time`),
so whatever copies, stores, hashes or shows a node does it to its parts. In a handler, `self` is a
view of the part: it reads and rebinds those fields, and lives no longer than the handler. What it
sends and sets bears its name (`clock.Tick`) and comes to the part of this name at the receiver, so
a node may have two parts of one class.

A Request that the node has no handler for goes to the part that has one. `node` is the node, and
`owner` is who declared the part: the node, or another part. `indicate` calls the owner back.
"""

import inspect
from typing import Any, ClassVar, get_origin

from dslab.message import ContractError, Message, Timer, origin, said_by

__all__ = ["Declared", "Part"]


class Declared:
    """Base of what has fields and parts: annotated class attributes, with their initial values, and
    attributes that are parts.

    fields   all fields with their initial values, those of parts under dotted names.
    durable  the names of those that survive a crash, those of parts included.
    parts    the classes of all parts by their names; a part's own parts come before it.
    """

    __slots__ = ()

    durable: ClassVar[tuple[str, ...]] = ()
    fields: ClassVar[dict[str, Any]] = {}
    parts: ClassVar[dict[str, type["Part"]]] = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if isinstance(cls.durable, str):
            raise ContractError(
                f"{cls.__name__}.durable is the text {cls.durable!r}: write `durable = "
                f'("{cls.durable}",)`, with the comma that makes a tuple of it.'
            )
        cls.fields = cls.fields | _own_fields(cls)
        for name, part in vars(cls).copy().items():
            if isinstance(part, Declared):
                _add_part(cls, name, type(part))
        if cls.parts:
            own = [name for name in cls.durable if "." not in name]
            direct = {path: kind for path, kind in cls.parts.items() if "." not in path}
            cls.durable = (*own, *(f"{p}.{name}" for p in direct for name in direct[p].durable))
        for name in cls.durable:
            if name not in cls.fields:
                raise ContractError(
                    f"{cls.__name__}.durable names {name!r}, which is not a field: declare it as "
                    f"`{name}: type = initial value`."
                )


def _add_part(cls: type[Declared], name: str, kind: type["Part"]) -> None:
    if name in cls.fields:
        raise ContractError(
            f"{cls.__name__}.{name} is a field and a part: give one of them another name."
        )
    inside = name + "."
    parts = {p: k for p, k in cls.parts.items() if p != name and not p.startswith(inside)}
    cls.parts = parts | {inside + path: k for path, k in kind.parts.items()} | {name: kind}
    fields = {field: v for field, v in cls.fields.items() if not field.startswith(inside)}
    cls.fields = fields | {inside + field: value for field, value in kind.fields.items()}


def _own_fields(cls: type[Declared]) -> dict[str, Any]:
    found = {}
    for name, kind in _annotations(cls).items():
        if (
            get_origin(kind) is ClassVar
            or kind is ClassVar
            or str(kind).startswith(("ClassVar", "typing.ClassVar"))
            or isinstance(vars(cls).get(name), Declared)
        ):
            continue
        if name not in vars(cls):
            raise ContractError(
                f"{cls.__name__}.{name} has no initial value: write `{name}: type = value`."
            )
        default = vars(cls)[name]
        if isinstance(default, (list, dict, set, bytearray)):
            raise ContractError(
                f"{cls.__name__}.{name} starts as a mutable {type(default).__name__}: "
                "use a tuple, Map or frozenset."
            )
        found[name] = default
    # A subclass may give an inherited field another initial value without repeating its type.
    found.update({name: vars(cls)[name] for name in cls.fields if name in vars(cls)})
    return found


def _annotations(cls: type) -> dict[str, Any]:
    try:
        # Python 3.14 and later evaluate annotations late; names that don't exist yet are fine.
        import annotationlib
    except ImportError:
        return inspect.get_annotations(cls)
    return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)


class _Field:
    """A part's field, found in the node's dict. Seen from the class it is its initial value."""

    def __init__(self, name: str, initial: Any):
        self.name, self.initial = name, initial

    def __get__(self, part, kind):
        if part is None or part.node is None:
            return self.initial
        return vars(part.node)[f"{part.name}.{self.name}"]


class Part(Declared):
    """Base of parts. `Detector(period=50)` is one whose class attribute `period` is 50.

    name   the part's name in its node, such as "detector", or "log.detector" for a part of a part.
    node   the node; None for the part as it was declared, which no handler sees.
    owner  who declared the part: the node, or another part.
    """

    __slots__ = ("name", "node", "owner")

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name, initial in cls.fields.items():
            if hasattr(Part, name):
                raise ContractError(
                    f"{cls.__name__}.{name} is a word of every part: give the field another name."
                )
            if "." not in name:
                setattr(cls, name, _Field(name, initial))

    def __new__(cls, **constants):
        """A part to be declared in a class. Raises ContractError for an attribute that the class
        doesn't have.
        """
        for name in constants:
            if name.startswith("_") or not hasattr(cls, name) or callable(getattr(cls, name)):
                raise ContractError(
                    f"{cls.__name__}({name}=…): {cls.__name__} has no constant or field {name!r}."
                )
        if constants:
            cls = type(cls.__name__, (cls,), {"__module__": cls.__module__, **constants})
        return cls._seen(None, None, None)

    @classmethod
    def _seen(cls, name, node, owner) -> "Part":
        part = object.__new__(cls)
        for attribute, value in (("name", name), ("node", node), ("owner", owner)):
            object.__setattr__(part, attribute, value)
        return part

    def __init__(self, **constants):
        pass  # `__new__` has made a class of them.

    def __set_name__(self, owner, name):
        if self.name is not None:
            raise ContractError(
                f"{self.name} and {name} of {owner.__name__} are one part: "
                f"write `{type(self).__name__}()` for each."
            )
        object.__setattr__(self, "name", name)

    def __get__(self, holder, kind=None):
        if holder is None:
            return self
        if isinstance(holder, Part):
            return self._seen(f"{holder.name}.{self.name}", holder.node, holder)
        return self._seen(self.name, holder, holder)

    def __setattr__(self, name, value):
        vars(self.node)[f"{self.name}.{name}"] = value

    def __getattr__(self, name):
        # A field that was never declared, as strict mode will say once the handler has returned.
        if name not in Part.__slots__ and self.node is not None:
            state = vars(self.node)
            if f"{self.name}.{name}" in state:
                return state[f"{self.name}.{name}"]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")

    # What handlers use: the same as in a node.

    @property
    def id(self) -> str:
        """The node's name."""
        return self.node.id

    @property
    def peers(self) -> tuple[str, ...]:
        """The names of the other nodes."""
        return self.node.peers

    @property
    def now(self) -> float:
        """Milliseconds by the node's own clock."""
        return self.node.now

    def send(self, to: str, message: Message) -> None:
        """Send `message` to the part of this name at `to`; a Reply or Request to `to` itself."""
        self.node.send(to, said_by(self.name, message))

    def broadcast(self, message: Message) -> None:
        """Send `message` to the part of this name at every peer."""
        self.node.broadcast(said_by(self.name, message))

    def set_timer(self, timer: Timer, low: float, high: float | None = None) -> None:
        """Have `timer` fire after `low` to `high` milliseconds, as `Node.set_timer` does."""
        self.node.set_timer(said_by(self.name, timer), low, high)

    def cancel_timer(self, kind: type) -> None:
        """Forget this part's pending timer of class `kind`, if there is one."""
        if isinstance(kind, type):
            kind = type(said_by(self.name, object.__new__(kind)))
        self.node.cancel_timer(kind)

    def on_start(self) -> None:
        """Called when the node boots, before the node's own `on_start`."""

    def indicate(self, what: str, *args) -> None:
        """Tell the owner that something has happened: calls its `on_<part>_<what>(*args)`, such as
        `on_detector_suspect(peer)`, where it has such a method.
        """
        _, _, name = self.name.rpartition(".")
        if handler := getattr(self.owner, f"on_{name}_{what}", None):
            handler(*args)

    def __repr__(self):
        kind = type(self).__name__
        return f"{kind}()" if self.node is None else f"{kind} {self.name} of {self.node.id}"


def takers(parts: dict[str, type[Part]], kind: type) -> list[str]:
    """Which parts take messages of class `kind`: the one that it bears the name of, or each that
    has a handler.
    """
    part, plain = origin(kind)
    names = [part] if part in parts else [] if part else list(parts)
    return [name for name in names if hasattr(parts[name], "on_" + plain.__name__)]
