"""What nodes and clients say to one another, and a node to its own future."""

from functools import cache
from typing import Any

from dslab.errors import DslabError
from dslab.values import Value

__all__ = [
    "PASSING",
    "ContractError",
    "Message",
    "Reply",
    "Request",
    "Timer",
    "of_part",
    "origin",
    "said_by",
]


class ContractError(DslabError):
    """A node broke the contract of `dslab.node`; the sentence names the handler and the rule."""


class Message(Value):
    """Base of messages: frozen dataclasses with the nouns and field names of their paper."""


class Timer(Message):
    """Base of timers: a timer is a message to one's own future.

    At most one of each class is pending.
    """


class Request(Message):
    """What a client asks of a node: operation `f` (read, write, cas, get, put, append) on `key`.

    `id` tells the requests of one client apart, so that a node knows a repeated request from a new
    one.
    """

    id: int
    f: str
    key: Any = None
    value: Any = None


#: Errors of a Reply that speak of a node at a moment, not of the request: another copy of it may
#: fare better.
PASSING = "not-leader", "unavailable"


class Reply(Message):
    """A node's answer to request `id`: a `value`, or an `error`, which says that nothing was done.

    A node that can't promise this stays silent. An error of `PASSING` promises it of the copy of
    the request that was answered, any other of all copies. With "not-leader", `leader` names the
    node to ask instead, where it is known.
    """

    id: int
    value: Any = None
    error: str | None = None
    leader: str | None = None


# A part's messages bear its name, so that two parts of one class hear each their own.


@cache
def of_part(part: str, kind: type) -> type:
    """The class of a part's messages of class `kind`: the same fields, named `detector.Alive`."""
    return type(
        f"{part}.{kind.__name__}",
        (kind,),
        {
            "__module__": kind.__module__,
            "__qualname__": f"{part}.{kind.__qualname__}",
            "__doc__": kind.__doc__,
            "__part__": (part, kind),
            "__reduce__": lambda self: (_again, (part, kind, vars(self))),
        },
    )


def origin(kind: type) -> tuple[str | None, type]:
    """(the name of the part whose messages are of class `kind`, the class as the part knows it);
    (None, `kind`) where it is no part's.
    """
    return vars(kind).get("__part__", (None, kind))


def said_by(part: str, message: Any) -> Any:
    """`message` with its part's name. What clients and nodes say to each other, Requests and
    Replies, stays as it is, and so does what is no message.
    """
    if not isinstance(message, Message) or isinstance(message, (Request, Reply)):
        return message
    return as_class(of_part(part, type(message)), message)


def as_class(kind: type, message: Message) -> Message:
    """The same content in a message of class `kind`, which has the same fields."""
    twin = object.__new__(kind)
    vars(twin).update(vars(message))
    return twin


def _again(part: str, kind: type, content: dict) -> Message:
    """What a pickled message of a part comes back by: its class is nowhere by name."""
    twin = object.__new__(of_part(part, kind))
    vars(twin).update(content)
    return twin
