"""The module state of a submission, once for each process that an exercise plays.

Two writers of a file are two processes: each has locks, caches and pools of its own, in whatever
class, module, closure or default they lie. An exercise plays both in one process and one thread,
so that they meet at the same moments each time. What would be each one's own is exchanged when the
one acts after the other.
"""

import copy
import copyreg
import functools
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

__all__ = ["Processes", "Reach"]

#: What no process changes by itself.
FIXED = (
    type,
    FunctionType,
    MethodType,
    BuiltinFunctionType,
    ModuleType,
    staticmethod,
    classmethod,
    property,
    functools.partial,
    functools.cached_property,
    MemberDescriptorType,
    GetSetDescriptorType,
)
CACHED = type(functools.cache(len))


class Reach:
    """Whatever a submission's own code can lay hands on: the places where it keeps things.

    A place is read and written whole: the names of a module that the code uses, the attributes of
    a class, a closure's cell, a function's defaults. Libraries, and dslab, are not looked into.
    """

    def __init__(self, submission: Any):
        self.places: list[_Place] = []
        self._seen: dict[int, Any] = {}
        self._names: dict[int, _Place] = {}
        waiting = [submission]
        while waiting:
            thing = waiting.pop()
            if id(thing) not in self._seen:
                self._seen[id(thing)] = thing  # Kept, so that nothing else gets its id.
                waiting += self._look(thing)

    def _look(self, thing: Any) -> Iterator[Any]:
        if isinstance(thing, (staticmethod, classmethod, MethodType)):
            yield thing.__func__
        elif isinstance(thing, property):
            yield from (thing.fget, thing.fset, thing.fdel)
        elif isinstance(thing, functools.partial):
            yield from (thing.func, *thing.args, *thing.keywords.values())
        elif isinstance(thing, functools.cached_property):
            yield thing.func
        elif isinstance(thing, CACHED):
            yield thing.__wrapped__
        elif isinstance(thing, FunctionType):
            if not _foreign(thing.__module__):
                yield from self._function(thing)
        elif isinstance(thing, type):
            if not _foreign(thing.__module__):
                yield from self._place(_Attributes(thing))
                yield from thing.__mro__
        elif not isinstance(thing, FIXED):
            yield type(thing)
            yield from list(getattr(thing, "__dict__", {}).values())

    def _function(self, function: FunctionType) -> Iterator[Any]:
        space = function.__globals__
        if id(space) not in self._names:
            self._names[id(space)] = _Names(space)
            self.places.append(self._names[id(space)])
        names = self._names[id(space)].names
        for name in _names(function.__code__):
            names.add(name)
            if name in space:
                yield space[name]
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        for name, cell in cells:
            if name != "__class__":  # What super() asks for stays what it is.
                yield from self._place(_Cell(cell))
        yield from self._place(_Defaults(function))
        yield getattr(function, "__wrapped__", None)

    def _place(self, place: "_Place") -> Iterator[Any]:
        self.places.append(place)
        yield from place.read().values()


class Processes:
    """The processes of one submission: `new()` is one that has just been started, and what runs in
    `running(process)` finds that one's state.
    """

    def __init__(self, submission: Any):
        self._places = Reach(submission).places
        self._fresh = self._now()

    def new(self) -> list[dict]:
        """The state of a process that has imported the submission, and done nothing yet."""
        memo: dict = {}
        with _copied_afresh():
            return [
                {name: _twin(value, memo) for name, value in place.items()} for place in self._fresh
            ]

    @contextmanager
    def running(self, process: list[dict]):
        """What runs in this block runs in that process."""
        before = self._now()
        self._put(process)
        try:
            yield
        finally:
            process[:] = self._now()
            self._put(before)

    def _now(self) -> list[dict]:
        return [
            {name: value for name, value in place.read().items() if not isinstance(value, FIXED)}
            for place in self._places
        ]

    def _put(self, state: list[dict]) -> None:
        for place, values in zip(self._places, state, strict=True):
            now = place.read()
            for name, value in now.items():
                if name not in values and not isinstance(value, FIXED):
                    place.remove(name)
            for name, value in values.items():
                if now.get(name, values) is not value:
                    place.write(name, value)


class _Place:
    def read(self) -> dict[str, Any]: ...
    def write(self, name: str, value: Any) -> None: ...
    def remove(self, name: str) -> None: ...


class _Names(_Place):
    """The names of a module that a submission's code uses."""

    def __init__(self, space: dict):
        self.space, self.names = space, set()

    def read(self):
        return {name: self.space[name] for name in sorted(self.names) if name in self.space}

    def write(self, name, value):
        self.space[name] = value

    def remove(self, name):
        del self.space[name]


class _Attributes(_Place):
    """The attributes of a class, but for Python's own."""

    def __init__(self, kind: type):
        self.kind = kind

    def read(self):
        return {
            name: value
            for name, value in vars(self.kind).items()
            if not (name.startswith("__") and name.endswith("__")) or isinstance(value, FIXED[1])
        }

    def write(self, name, value):
        try:
            setattr(self.kind, name, value)
        except (AttributeError, TypeError):  # An enumeration, for one: nobody else can, either.
            pass

    def remove(self, name):
        delattr(self.kind, name)


class _Cell(_Place):
    """A variable of a function around the submission's."""

    def __init__(self, cell):
        self.cell = cell

    def read(self):
        try:
            return {"": self.cell.cell_contents}
        except ValueError:  # It has no value yet.
            return {}

    def write(self, name, value):
        self.cell.cell_contents = value

    def remove(self, name):
        del self.cell.cell_contents


class _Defaults(_Place):
    """A function's defaults and attributes."""

    def __init__(self, function: FunctionType):
        self.function = function

    def read(self):
        return (
            {str(n): value for n, value in enumerate(self.function.__defaults__ or ())}
            | {f"={name}": value for name, value in (self.function.__kwdefaults__ or {}).items()}
            | {f".{name}": value for name, value in vars(self.function).items()}
        )

    def write(self, name, value):
        if name[0] == "=":
            self.function.__kwdefaults__[name[1:]] = value
        elif name[0] == ".":
            vars(self.function)[name[1:]] = value
        else:
            defaults = list(self.function.__defaults__)
            defaults[int(name)] = value
            self.function.__defaults__ = tuple(defaults)

    def remove(self, name):
        vars(self.function).pop(name[1:], None)


def _names(code) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if hasattr(constant, "co_names"):
            yield from _names(constant)


def _foreign(module: str | None) -> bool:
    """Whether a module is Python's, a library's or dslab's own, and no submission's."""
    name = str(module or "")
    top = name.partition(".")[0]
    if top == "dslab":
        return not name.startswith("dslab.chapters.")
    if top == "__main__":  # In a notebook its file is the kernel's.
        return False
    if top in sys.stdlib_module_names:
        return True
    return "site-packages" in str(getattr(sys.modules.get(name), "__file__", ""))


def _twin(value: Any, memo: dict) -> Any:
    """A value as another process has it. What can't be copied, such as a connection, is shared."""
    if isinstance(value, CACHED):
        return functools.lru_cache(**value.cache_parameters())(value.__wrapped__)
    try:
        return copy.deepcopy(value, memo)
    except Exception:
        return value


#: How another process makes its own of what Python doesn't copy.
AFRESH: dict[type, Callable] = {
    type(threading.Lock()): lambda _: (threading.Lock, ()),
    type(threading.RLock()): lambda _: (threading.RLock, ()),
    threading.Condition: lambda _: (threading.Condition, ()),
    threading.Event: lambda _: (threading.Event, ()),
    threading.Semaphore: lambda each: (threading.Semaphore, (each._value,)),
    threading.BoundedSemaphore: lambda each: (threading.BoundedSemaphore, (each._value,)),
    threading.local: lambda _: (threading.local, ()),
    **{
        kind: lambda each: (_filled, (type(each), each.maxsize, list(each.queue)))
        for kind in (queue.Queue, queue.LifoQueue, queue.PriorityQueue)
    },
    queue.SimpleQueue: lambda _: (queue.SimpleQueue, ()),
}


def _filled(kind, size, things):
    made = kind(size)
    for thing in things:
        made.put(thing)
    return made


@contextmanager
def _copied_afresh():
    """Locks and the like can be copied in this block, and are then new ones."""
    before = dict(copyreg.dispatch_table)
    copyreg.dispatch_table.update(AFRESH)
    try:
        yield
    finally:
        copyreg.dispatch_table.clear()
        copyreg.dispatch_table.update(before)
