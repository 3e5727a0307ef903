"""Values between the grader and the process that holds a submission: JSON, and never code.

`dslab.values.plain` makes the JSON, and `decode` turns it back. In the grader only the messages and values of dslab's own
protocols become the classes they were; for those that a submission invents, a class of the same name and fields stands in.
"""

from functools import cache
from keyword import iskeyword
from typing import Any

from dslab.errors import DslabError
from dslab.values import Map, Value

__all__ = ["decode", "forget", "stand_in"]


@cache
def stand_in(name: str, fields: tuple[str, ...]) -> type:
    """A value class of this name and these fields, the same one each time.

    The names come from a submission, and a dataclass writes its fields' names into code that it runs: only names may pass.
    """
    for word in (name, *fields):
        if not word.isidentifier() or iskeyword(word) or word.startswith("__"):
            raise DslabError(f"{word!r:.80} is no name for a message or a field.")
    return type(name, (Value,), {"__annotations__": dict.fromkeys(fields, Any), "__module__": "submission"})


def _values(own_only: bool) -> dict[str, type]:
    found, waiting = {}, list(Value.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        ours = kind.__module__.startswith("dslab.")
        # A submission's class goes before one of ours of the same name: it is what its handlers mean.
        if (ours and kind.__name__ not in found) or not (ours or own_only):
            found[kind.__name__] = kind
    return found


@cache
def _known(inside: bool) -> dict[str, type]:
    import dslab.protocols.primary_backup  # noqa: F401  Each defines messages that exercises use.
    import dslab.protocols.quorum_register  # noqa: F401
    import dslab.protocols.raft  # noqa: F401

    return _values(own_only=not inside)


def decode(data: Any, *, inside: bool = False) -> Any:
    """JSON data as an immutable value: lists become tuples, objects Maps or the class named under "$".

    inside  whether this is the submission's own process, where its classes are known.
    """
    return _decoded(data, _known(inside))


#: To be called when the submission may have defined classes.
forget = _known.cache_clear


def _decoded(data: Any, known: dict[str, type]) -> Any:
    if isinstance(data, list):
        return tuple(_decoded(item, known) for item in data)
    if not isinstance(data, dict):
        return data
    if not isinstance(data.get("$"), str):
        return Map({key: _decoded(value, known) for key, value in data.items()})
    if data["$"] == "set":
        return frozenset(_decoded(item, known) for item in data.get("items", ()))
    fields = {key: _decoded(value, known) for key, value in data.items() if key != "$"}
    kind = known.get(data["$"])
    if kind and set(kind.__dataclass_fields__) == set(fields):
        return kind(**fields)
    return stand_in(data["$"], tuple(fields))(**fields)  # Not one of ours, or of the name of one of ours with other fields.
