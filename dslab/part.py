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
        if Declared in cls.__bases__:  # Node and Part, which have the words of all others.
            return
        _demand_free_names(cls)
        if isinstance(cls.durable, str):
            raise ContractError(
                f"{cls.__name__}.durable is the text {cls.durable!r}: write `durable = "
                f'("{cls.durable}",)`, with the comma that makes a tuple of it.'
            )
        parts = _own_parts(cls)
        cls.fields = cls.fields | _own_fields(cls)
        for name, part in parts.items():
            _add_part(cls, name, part)
        _demand_known_indications(cls)
        if cls.parts:
            # What a subclass inherits of a part that it has replaced is not its word.
            said = "durable" in vars(cls)
            own = [name for name in cls.durable if said or name.partition(".")[0] not in parts]
            direct = {path: kind for path, kind in cls.parts.items() if "." not in path}
            theirs = [f"{path}.{name}" for path in direct for name in direct[path].durable]
            cls.durable = tuple(dict.fromkeys((*own, *theirs)))
        for name in cls.durable:
            if name not in cls.fields:
                raise ContractError(
                    f"{cls.__name__}.durable names {name!r}, which is not a field: declare it as "
                    f"`{name.rpartition('.')[2]}: type = initial value`."
                )


def _own_parts(cls: type[Declared]) -> dict[str, "Part"]:
    """The parts that the class's body declares. Raises ContractError for what would be none,
    without a word.
    """
    for base in cls.__mro__:
        for name, value in vars(base).items():
            if isinstance(value, Part) and not issubclass(base, Declared):
                raise ContractError(
                    f"{base.__name__}.{name} is a part in a class that is no Node or Part: "
                    f"derive {base.__name__} from one."
                )
    for name, value in vars(cls).items():
        if name in cls.parts and not isinstance(value, Part):
            raise ContractError(
                f"{cls.__name__}.{name} is a part of its base: a subclass may put another part in "
                "its place, and nothing else."
            )
        inner = value.values() if isinstance(value, dict) else value
        held = isinstance(value, HOLDERS) and next((i for i in inner if isinstance(i, Part)), None)
        is_class = isinstance(value, type) and issubclass(value, Part)
        if held or is_class and value.__qualname__ != f"{cls.__qualname__}.{name}":
            what = f"is the class {value.__name__}" if is_class else "holds a part"
            kind = value if is_class else type(held)
            raise ContractError(
                f"{cls.__name__}.{name} {what}: each part has a name of its own, so write "
                f"`{name} = {kind.__name__}()`."
            )
    return {name: part for name, part in vars(cls).items() if isinstance(part, Part)}


def _demand_known_indications(cls: type[Declared]) -> None:
    """Raise ContractError for a handler of what no part indicates, or of what two do."""
    told: dict[str, str] = {}
    direct = {path: kind for path, kind in cls.parts.items() if "." not in path}
    for path, kind in direct.items():
        for what in kind.indications:
            other = told.setdefault(f"on_{path}_{what}", path)
            if other != path:
                raise ContractError(
                    f"{cls.__name__}.on_{path}_{what} would hear of two parts, {other} and {path}: "
                    "give one another name."
                )
    for name in vars(cls):  # A subclass may put another part below its base's handlers.
        path = next((path for path in direct if name.startswith(f"on_{path}_")), None)
        if path and name not in told:
            words = ", ".join(direct[path].indications) or "nothing"
            raise ContractError(
                f"{cls.__name__}.{name}: {path} never indicates that, but {words}; "
                f"`indications` of {direct[path].__name__} names it."
            )


HOLDERS = (list, tuple, set, frozenset, dict)


def _demand_free_names(cls: type[Declared]) -> None:
    """Raise ContractError where a field or part has a name that every node or part uses."""
    root = next(base for base in cls.__mro__ if Declared in base.__bases__)
    # What instances keep besides fields or get from the node, and what is made here.
    filled = {name for name, value in vars(root).items() if hasattr(type(value), "__set__")}
    annotated = _annotated(cls)
    for name in dict.fromkeys((*annotated, *vars(cls))):
        kind = "part" if isinstance(vars(cls).get(name), Part) else "constant"
        what = "field" if name in annotated else kind
        # Methods may be overridden, and a class says of itself what is durable.
        taken = name in filled | {"fields", "parts"} if what == "constant" else hasattr(root, name)
        if taken and not name.startswith("__"):
            more = ", or set it without a type" if what == "field" else ""
            raise ContractError(
                f"{cls.__name__}.{name} is a word of every {root.__name__.lower()}: give the "
                f"{what} another name{more}."
            )


def _demand_immutable(what: str, value: Any) -> None:
    try:
        hash(value)
    except TypeError:
        kind = type(value).__name__
        held = f"{kind} that holds something mutable" if isinstance(value, tuple) else ""
        raise ContractError(
            f"{what} a {held or 'mutable ' + kind}: use a tuple, Map or frozenset."
        ) from None


def _add_part(cls: type[Declared], name: str, part: "Part") -> None:
    kind = type(part)
    if part.name != name:  # Python gave it the first of its names.
        raise ContractError(
            f"{part.name} and {name} of {cls.__name__} are one part: "
            f"write `{kind.__name__}()` for each."
        )
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
    for name in _annotated(cls):
        if name not in vars(cls):
            raise ContractError(
                f"{cls.__name__}.{name} has no initial value: write `{name}: type = value`."
            )
        found[name] = vars(cls)[name]
    # A subclass may give an inherited field another initial value without repeating its type.
    found.update({name: vars(cls)[name] for name in cls.fields if name in vars(cls)})
    for name, initial in found.items():
        _demand_immutable(f"{cls.__name__}.{name} starts as", initial)
    return found


def _annotated(cls: type[Declared]) -> list[str]:
    """The names that the class's body gives a type, but for constants and parts."""
    return [
        name
        for name, kind in _annotations(cls).items()
        if not (
            get_origin(kind) is ClassVar
            or kind is ClassVar
            or str(kind).startswith(("ClassVar", "typing.ClassVar"))
            or isinstance(vars(cls).get(name), Declared)
        )
    ]


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


def _ABSENT():
    """In place of an attribute that is not there."""


class Part(Declared):
    """Base of parts. `Detector(period=50)` is one whose class attribute `period` is 50.

    name   the part's name in its node, such as "detector", or "log.detector" for a part of a part.
    node   the node; None for the part as it was declared, which no handler sees.
    owner  who declared the part: the node, or another part.

    A class says of itself:

    indications  the names of what it indicates to its owner, such as ("suspect", "restore").
    """

    __slots__ = ("name", "node", "owner")

    indications: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls) or "__new__" in vars(cls):
            raise ContractError(
                f"{cls.__name__} has an initialiser of its own, and a part has none: declare a "
                f"constant, `size = 3`, which `{cls.__name__}(size=5)` sets."
            )
        for name, initial in cls.fields.items():
            if "." not in name:
                setattr(cls, name, _Field(name, initial))

    def __new__(cls, *values, **constants):
        """A part to be declared in a class. Raises ContractError for an attribute that the class
        doesn't have, and for a mutable value: all nodes would share it.
        """
        if values:
            raise ContractError(
                f"{cls.__name__}({', '.join(map(repr, values)):.80}): give each constant by its "
                f"name, as in `{cls.__name__}(period=50)`."
            )
        for name, value in constants.items():
            there = inspect.getattr_static(cls, name, _ABSENT)
            computed = hasattr(type(there), "__get__") and not isinstance(there, _Field)
            if name.startswith("_") or hasattr(Part, name) or computed or callable(there):
                raise ContractError(
                    f"{cls.__name__}({name}=…): {cls.__name__} has no constant or field {name!r}."
                )
            _demand_immutable(f"{cls.__name__}({name}=…) is", value)
        if constants:
            content = {"__module__": cls.__module__, "_made_of": (cls, constants), **constants}
            cls = type(cls.__name__, (cls,), content)
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
        if self.name is None:
            object.__setattr__(self, "name", name)

    def __get__(self, holder, kind=None):
        if holder is None:
            return self
        if self.name is None:
            raise ContractError(
                f"a {type(self).__name__} was put into {type(holder).__name__} when the class was "
                "made already: declare it in the class's body."
            )
        if isinstance(holder, Part):
            return self._seen(f"{holder.name}.{self.name}", holder.node, holder)
        return self._seen(self.name, holder, holder)

    def __set__(self, holder, value):
        raise ContractError(
            f"{type(holder).__name__}.{self.name} is a part, and no field: it can't be set."
        )

    def __setattr__(self, name, value):
        if name not in self.fields and hasattr(type(self), name):
            there = inspect.getattr_static(type(self), name)
            word = "part" if isinstance(there, Part) else "constant"
            what = "a word of every part" if hasattr(Part, name) else f"a {word}"
            raise ContractError(
                f"{type(self).__name__}.{name} is {what}, and no field: it can't be set."
            )
        vars(self.node)[f"{self.name}.{name}"] = value

    def __delattr__(self, name):
        if vars(self.node).pop(f"{self.name}.{name}", _ABSENT) is _ABSENT:
            raise AttributeError(f"{type(self).__name__} has no field {name!r}.")

    def __reduce__(self):
        if self.node is not None:
            return getattr, (self.owner, self.name.rpartition(".")[2])
        kind, constants = getattr(type(self), "_made_of", (type(self), {}))
        return _made, (kind, constants)

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
        `on_detector_suspect(peer)`, where it has such a method. `what` is one of `indications`.
        """
        if what not in self.indications:
            kind = type(self).__name__
            raise ContractError(
                f"{kind} indicates {what!r}, which is none of {kind}.indications: name it there."
            )
        _, _, name = self.name.rpartition(".")
        if handler := getattr(self.owner, f"on_{name}_{what}", None):
            handler(*args)

    def __repr__(self):
        kind = type(self).__name__
        return f"{kind}()" if self.node is None else f"{kind} {self.name} of {self.node.id}"


def _made(kind: type[Part], constants: dict[str, Any]) -> Part:
    return kind(**constants)


def takers(parts: dict[str, type[Part]], kind: type) -> list[str]:
    """Which parts take messages of class `kind`: the one that it bears the name of, or each that
    has a handler.
    """
    part, plain = origin(kind)
    names = [part] if part in parts else [] if part else list(parts)
    return [name for name in names if hasattr(parts[name], "on_" + plain.__name__)]
