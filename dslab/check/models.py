"""Sequential objects: what one copy, used by one client at a time, would answer."""

from typing import Any

from dslab.errors import DslabError
from dslab.history import Operation

__all__ = ["MODELS", "CasRegister", "KeyValue", "Model", "Register", "model_named"]


class Model:
    """A sequential object. A subclass gives `functions`, `initial` and `step`; a state must be hashable.

    functions  the operations that it knows.
    reads      those among them that never change the state.
    initial    the state at the start.
    """

    name = ""
    functions: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    initial: Any = None

    def step(self, state: Any, op: Operation) -> tuple[bool, Any]:
        """(whether `op` may have answered as it did in `state`, the state after it).

        An operation of unknown outcome has answered nothing, so any answer fits.
        """
        raise NotImplementedError


class Register(Model):
    """One value; a read returns what was last written. Unwritten, it holds None."""

    name = "register"
    functions = frozenset({"read", "write"})
    reads = frozenset({"read"})

    def step(self, state, op):
        if op.f == "read":
            return op.outcome == "info" or op.result == state, state
        return True, op.value


class CasRegister(Register):
    """A register with compare-and-set: `cas [old, new]` succeeds where it finds `old`."""

    name = "cas-register"
    functions = frozenset({"read", "write", "cas"})

    def step(self, state, op):
        if op.f == "cas":
            old, new = op.value
            return old == state, new
        return super().step(state, op)


class KeyValue(Register):
    """get, put, append and cas, under one key: keys don't affect each other. An absent key reads as None or ""."""

    name = "kv"
    functions = frozenset({"get", "put", "append", "read", "write", "cas"})
    reads = frozenset({"get", "read"})

    def step(self, state, op):
        match op.f:
            case "get" | "read":
                return op.outcome == "info" or _present(op.result) == _present(state), state
            case "put" | "write":
                return True, op.value
            case "cas":
                old, new = op.value
                return old == state, new
        return True, op.value if state is None else state + op.value


def _present(value: Any) -> Any:
    """The value, where an empty text is as good as none."""
    return None if value == "" else value


MODELS = {model.name: model for model in (Register(), CasRegister(), KeyValue())}


def model_named(model: str | Model) -> Model:
    """A model by its name, or `model` itself."""
    if isinstance(model, Model):
        return model
    if isinstance(model, type) and issubclass(model, Model):
        return model()
    if model not in MODELS:
        raise DslabError(f"there is no model {model!r}: choose {', '.join(MODELS)}, or give a subclass of dslab.check.Model.")
    return MODELS[model]
