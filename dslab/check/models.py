"""Sequential objects: what one copy, used by one client at a time, would answer."""

from dataclasses import replace
from typing import Any

from dslab.errors import DslabError
from dslab.run.history import Operation
from dslab.values import show

__all__ = [
    "MODELS",
    "AppendList",
    "CasRegister",
    "KeyValue",
    "Lock",
    "Model",
    "Queue",
    "Register",
    "Set",
    "demand_answer",
    "model_named",
]


class Model:
    """A sequential object.

    A subclass gives `functions`, `initial` and `step`; a state must be hashable.

        class Counter(Model):
            functions = frozenset({"increment", "read"})
            reads = frozenset({"read"})
            initial = 0

            def step(self, state, op):
                if op.f == "increment":
                    return op.outcome == "info" or op.result == state + 1, state + 1
                return op.result == state, state

    name, noun for MODELS, and for sentences; the class's name in small letters where none is given.
    functions  the operations that it knows.
    reads      those among them that never change the state.
    initial    the state at the start.
    grows      those after which the state before is still a part of the state; `may_become` then
               saves a search most of its work.
    by_process whether `step` looks at who calls.
    """

    name = noun = ""
    functions: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    initial: Any = None
    grows: frozenset[str] = frozenset()
    by_process: bool = False

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "name" not in vars(cls):
            cls.name = cls.__name__.lower()
        if "noun" not in vars(cls):
            cls.noun = cls.name
        if (
            isinstance(cls.functions, str)
            or isinstance(cls.reads, str)
            or isinstance(cls.grows, str)
        ):
            raise DslabError(
                f"{cls.__name__}: functions, reads and grows are sets of names, such as "
                f'frozenset({{"read", "write"}}).'
            )

    def step(self, state: Any, op: Operation) -> tuple[bool, Any]:
        """(whether `op` may have answered as it did in `state`, the state after it).

        An operation of unknown outcome has answered nothing, so any answer fits.
        """
        raise NotImplementedError

    def words(self, state: Any) -> str:
        """A state in words, after the model's name: "holds 3"."""
        return (
            "is empty"
            if state in ((), frozenset())
            else "holds the initial value"
            if state is None
            else f"holds {show(state)}"
        )

    def of(self, op: Operation) -> frozenset | None:
        """Which elements `op` is about, where the object is made of elements and the calls of an
        order that concern some of them are an order too; None where it is not.
        """
        return None

    def restricted(self, op: Operation, elements: frozenset) -> Operation | None:
        """`op` as far as it concerns these elements; None where it does not."""
        return op if self.of(op) <= elements else None

    def may_become(self, state: Any, op: Operation) -> bool:
        """Whether operations of `grows` alone may make of `state` one in which the read `op`
        answers as it did. True where in doubt.
        """
        return True


class Register(Model):
    """One value; a read returns what was last written. Unwritten, it holds None."""

    name = "register"
    functions = frozenset({"read", "write"})
    reads = frozenset({"read"})

    def step(self, state, op):
        """See `Model.step`."""
        if op.f == "read":
            return op.outcome == "info" or op.result == state, state
        return True, op.value


class CasRegister(Register):
    """A register with compare-and-set: `cas [old, new]` succeeds where it finds `old`."""

    name, noun = "cas-register", "register"
    functions = frozenset({"read", "write", "cas"})

    def step(self, state, op):
        """See `Model.step`."""
        if op.f == "cas":
            old, new = op.value
            return old == state, new
        return super().step(state, op)


class KeyValue(Register):
    """get, put, append and cas, under one key: keys don't affect each other. An absent key reads as
    None or "".
    """

    name, noun = "kv", "key-value store"
    functions = frozenset({"get", "put", "append", "read", "write", "cas"})
    reads = frozenset({"get", "read"})
    grows = frozenset({"append"})

    def step(self, state, op):
        """See `Model.step`."""
        match op.f:
            case "get" | "read":
                return op.outcome == "info" or _present(op.result) == _present(state), state
            case "put" | "write":
                return True, op.value
            case "cas":
                old, new = op.value
                return old == state, new
        return True, op.value if state is None else state + op.value

    def may_become(self, state, op):
        """See `Model.may_become`."""
        return (
            not isinstance(state, str)
            or not isinstance(op.result, str | None)
            or (op.result or "").startswith(state)
        )


class Set(Model):
    """add, remove, contains (answers whether), and read (answers all of it).

    Unused, it is empty.
    """

    name = "set"
    functions = frozenset({"add", "remove", "contains", "read"})
    reads = frozenset({"contains", "read"})
    grows = frozenset({"add"})
    initial = frozenset()

    def step(self, state, op):
        """See `Model.step`."""
        match op.f:
            case "add":
                return True, state | {op.value}
            case "remove":
                return True, state - {op.value}
            case "contains":
                return op.outcome == "info" or op.result == (op.value in state), state
        return op.outcome == "info" or frozenset(op.result or ()) == state, state

    def of(self, op):
        """See `Model.of`."""
        return _shown(op) if op.f == "read" else frozenset({op.value})

    def restricted(self, op, elements):
        """See `Model.restricted`."""
        return _only(op, elements) if op.f == "read" else super().restricted(op, elements)

    def may_become(self, state, op):
        """See `Model.may_become`."""
        return (
            state <= frozenset(op.result or ())
            if op.f == "read"
            else op.result or op.value not in state
        )


class Queue(Model):
    """First in, first out. A dequeue answers what it took, or None where there was nothing."""

    name = "queue"
    functions = frozenset({"enqueue", "dequeue"})
    initial = ()

    def step(self, state, op):
        """See `Model.step`."""
        if op.f == "enqueue":
            return True, (*state, op.value)
        return op.outcome == "info" or op.result == (state[0] if state else None), state[1:]

    def of(self, op):
        """See `Model.of`. A dequeue that found nothing found none of any."""
        value = op.value if op.f == "enqueue" else op.result
        return frozenset(() if value is None else {value})


class AppendList(Model):
    """append one item, read (answers all, in order)."""

    name = "list"
    functions = frozenset({"append", "read"})
    reads = frozenset({"read"})
    grows = frozenset({"append"})
    initial = ()

    def step(self, state, op):
        """See `Model.step`."""
        if op.f == "append":
            return True, (*state, op.value)
        return op.outcome == "info" or tuple(op.result or ()) == state, state

    def of(self, op):
        """See `Model.of`."""
        return _shown(op) if op.f == "read" else frozenset({op.value})

    def restricted(self, op, elements):
        """See `Model.restricted`."""
        return _only(op, elements) if op.f == "read" else super().restricted(op, elements)

    def may_become(self, state, op):
        """See `Model.may_become`."""
        return tuple(op.result or ())[: len(state)] == state


class Lock(Model):
    """acquire and release, by process: whoever holds it, and nobody else, releases it."""

    name = "lock"
    functions = frozenset({"acquire", "release"})
    by_process = True

    def step(self, state, op):
        """See `Model.step`."""
        if op.f == "acquire":
            return state is None, op.process
        return state == op.process, None

    def words(self, state):
        """See `Model.words`."""
        if state is None:
            return "is free"
        return f"is held by {state if isinstance(state, str) else f'process {state}'}"


def _shown(op: Operation) -> frozenset:
    """The elements that a read has shown."""
    return frozenset(op.result or ())


def _only(op: Operation, elements: frozenset) -> Operation:
    """A read of these elements alone."""
    return replace(op, result=tuple(value for value in op.result or () if value in elements))


def _present(value: Any) -> Any:
    """The value, where an empty text is as good as none."""
    return None if value == "" else value


MODELS = {
    model.name: model
    for model in (Register(), CasRegister(), KeyValue(), Set(), Queue(), AppendList(), Lock())
}


def model_named(model: str | Model | type[Model]) -> Model:
    """A model by its name, or `model` itself. Raises DslabError where it can't be one."""
    if isinstance(model, type) and issubclass(model, Model):
        model = model()
    if isinstance(model, Model):
        return _demand_whole(model)
    if not isinstance(model, str) or model not in MODELS:
        raise DslabError(
            f"there is no model {model!r}: choose {', '.join(MODELS)}, or give a subclass "
            "of dslab.check.Model."
        )
    return MODELS[model]


def _demand_whole(model: Model) -> Model:
    if not model.functions or type(model).step is Model.step:
        lacking = "`functions`, the names of its operations" if not model.functions else "`step`"
        raise DslabError(f"the model {model.name} lacks {lacking}: see `help(dslab.check.Model)`.")
    try:
        hash(model.initial)
    except TypeError:
        raise DslabError(
            f"the model {model.name} starts as {model.initial!r}, which can change: a "
            "state is a number, string, tuple or frozenset."
        ) from None
    return model


def demand_answer(model: Model, op: Operation) -> None:
    """Raise DslabError unless `model.step` gives whether `op` fits, and a state."""
    given = model.step(model.initial, op)
    if not (isinstance(given, tuple) and len(given) == 2):
        raise DslabError(
            f"{model.name}.step gives {given!r} for “{op}”: return a pair, whether this "
            "may be the answer and the state after it."
        )
    try:
        hash(given[1])
    except TypeError:
        raise DslabError(
            f"{model.name}.step leaves {given[1]!r} after “{op}”, which can change: a "
            "state is a number, string, tuple or frozenset."
        ) from None
