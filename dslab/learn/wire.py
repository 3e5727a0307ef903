"""Values between the grader and the process that holds a submission: JSON, and never code.

`encode` makes the JSON, and `decode` turns it back. In the grader only the messages and values of dslab's own protocols become
classes again; whatever else a submission invents stays a record, which is handed back to it as it came.
"""

from functools import cache
from typing import Any

from dslab.values import Map, Value, plain

__all__ = ["Record", "decode", "encode"]


class Record(Value):
    """A value of a class that the grader doesn't know: its name and fields."""

    name: str
    fields: Map


def encode(value: Any) -> Any:
    """`value` as JSON data, as `dslab.values.plain` makes it; a record becomes what it was made from."""
    return _unpacked(plain(value))


def _unpacked(data: Any) -> Any:
    if isinstance(data, list):
        return [_unpacked(item) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("$") == "Record" and set(data) == {"$", "name", "fields"}:
        return {"$": data["name"]} | _unpacked(data["fields"])
    return {key: _unpacked(item) for key, item in data.items()}


def _values(own_only: bool) -> dict[str, type]:
    found, waiting = {}, list(Value.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("dslab.") or not own_only:
            # A submission's class goes before one of ours of the same name: it is what its handlers mean.
            if kind.__name__ not in found or not kind.__module__.startswith("dslab."):
                found[kind.__name__] = kind
    return found


@cache
def _known() -> dict[str, type]:
    import dslab.protocols.primary_backup  # noqa: F401  Each defines messages that exercises use.
    import dslab.protocols.quorum_register  # noqa: F401
    import dslab.protocols.raft  # noqa: F401

    return _values(own_only=True)


def decode(data: Any, *, inside: bool = False) -> Any:
    """JSON data as an immutable value: lists become tuples, objects Maps or the class named under "$".

    inside  whether this is the submission's own process, where its classes are known.
    """
    return _decoded(data, _values(own_only=False) if inside else _known())


def _decoded(data: Any, known: dict[str, type]) -> Any:
    if isinstance(data, list):
        return tuple(_decoded(item, known) for item in data)
    if not isinstance(data, dict):
        return data
    if "$" not in data:
        return Map({key: _decoded(value, known) for key, value in data.items()})
    if data["$"] == "set":
        return frozenset(_decoded(item, known) for item in data["items"])
    fields = {key: _decoded(value, known) for key, value in data.items() if key != "$"}
    kind = known.get(data["$"])
    try:
        return kind(**fields) if kind else Record(data["$"], Map(fields))
    except TypeError:  # It bears the name of one of ours, with other fields.
        return Record(data["$"], Map(fields))
