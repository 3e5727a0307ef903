"""Values between the grader and the process that holds a submission: JSON, and never code.

`dslab.values.plain` makes the JSON, and `decode` turns it back. In the grader only the messages and
values of dslab's own protocols become the classes they were; for those that a submission invents, a
class of the same name and fields stands in.
"""

from functools import cache
from typing import Any

from dslab import wire
from dslab.values import Value
from dslab.wire import stand_in

__all__ = ["decode", "forget", "stand_in"]


def _values(own_only: bool) -> dict[str, type]:
    found, waiting = {}, list(Value.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        ours = kind.__module__.startswith("dslab.")
        # A submission's class goes before one of ours of the same name: it is what its handlers
        # mean.
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
    """JSON data as an immutable value: lists become tuples, objects Maps or the class named under
    "$".

    inside  whether this is the submission's own process, where its classes are known.
    """
    return wire.decode(data, _known(inside), stand_in)


#: To be called when the submission may have defined classes.
forget = _known.cache_clear
