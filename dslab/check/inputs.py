"""Where checkers get their history from."""

from dslab.check.models import Model, demand_answer
from dslab.errors import DslabError
from dslab.run.history import History, Operation
from dslab.values import show

__all__ = [
    "READS",
    "WRITES",
    "demand_known",
    "history_of",
    "value_named",
    "programs_of",
    "writes_read",
    "trace_of",
]

READS = ("read", "get")
WRITES = ("write", "put")


def history_of(source, checker: str) -> History:
    """A History, or that of a Trace or a Cluster. Raises DslabError."""
    if isinstance(source, History):
        return source
    found = getattr(source, "history", None)
    found = found() if callable(found) else found
    if not isinstance(found, History):
        raise DslabError(
            f"{checker}() checks a History, a Trace or a Cluster, but this is a "
            f"{type(source).__name__}."
        )
    return found


def trace_of(source):
    """The run in which a history was seen, where there is one."""
    return source if hasattr(source, "records") else getattr(source, "trace", None)


def demand_known(history: History, model: Model) -> None:
    """Raise DslabError where the history has an operation that the model doesn't know, or the model
    gives no answer to one.
    """
    tried = set()
    for op in history.operations:
        if op.f not in model.functions:
            raise DslabError(
                f"the model {model.name} has no operation {op.f!r} ({op}): it has "
                f"{', '.join(sorted(model.functions))}."
            )
        if op.f not in tried:
            tried.add(op.f)
            demand_answer(model, op)


def programs_of(history: History) -> dict:
    """Each process's operations, in its order, without the refused ones: they did nothing."""
    found: dict = {}
    for op in sorted(history.operations, key=lambda op: op.invoked):
        if op.outcome != "fail":
            found.setdefault(op.process, []).append(op)
    return found


def writes_read(history: History, checker: str) -> dict[Operation, Operation | None]:
    """For each answered read the write whose value it returned; None for the initial value.

    Raises DslabError where this can't be told: two writes of one value to a key, or other
    operations than reads and writes. A read of a value that nobody wrote is not among them.
    """
    written: dict = {}
    for op in history.operations:
        if op.f not in (*READS, *WRITES):
            raise DslabError(f"{checker}() takes reads and writes alone, and {op} is neither.")
        if op.f in WRITES and op.outcome != "fail":
            if (op.key, op.value) in written or op.value is None:
                raise DslabError(
                    f"{checker}() needs writes of different values, to tell which one a "
                    "read has seen: "
                    f"{op} repeats "
                    f"{'the initial value' if op.value is None else written[op.key, op.value]}."
                )
            written[op.key, op.value] = op
    return {
        op: None if op.result is None else written[op.key, op.result]
        for op in history.operations
        if op.f in READS
        and op.outcome == "ok"
        and (op.result is None or (op.key, op.result) in written)
    }


def value_named(op: Operation | None) -> str:
    """The value that a write wrote, for a reader; without one, the initial value."""
    return "the initial value" if op is None else show(op.value)
