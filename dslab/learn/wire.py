"""Values between the grader and the process that holds a submission: JSON, and never code.

`dslab.values.plain` makes the JSON; this turns it back. Only the messages and values of dslab's own protocols become
classes again; whatever else a submission invents stays a record that shows itself.
"""

from functools import cache
from typing import Any

from dslab.values import Map, Value

__all__ = ["Record", "decode"]


class Record(Value):
    """A value of a class that the grader doesn't know: its name and fields."""

    name: str
    fields: Map


@cache
def _known() -> dict[str, type]:
    import dslab.protocols.raft  # noqa: F401  Defines messages that exercises use.
    from dslab.machine import Command, Machine

    found, waiting = {"Command": Command, "Machine": Machine}, list(Value.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("dslab."):
            found[kind.__name__] = kind
    return found


def decode(data: Any) -> Any:
    """JSON data as an immutable value: lists become tuples, objects Maps or the class named under "$"."""
    if isinstance(data, list):
        return tuple(map(decode, data))
    if not isinstance(data, dict):
        return data
    if "$" not in data:
        return Map({key: decode(value) for key, value in data.items()})
    if data["$"] == "set":
        return frozenset(map(decode, data["items"]))
    fields = {key: decode(value) for key, value in data.items() if key != "$"}
    kind = _known().get(data["$"])
    try:
        return kind(**fields) if kind else Record(data["$"], Map(fields))
    except TypeError:  # It bears the name of one of ours, with other fields.
        return Record(data["$"], Map(fields))
