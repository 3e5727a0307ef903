"""The Maelstrom protocol: what its messages mean to a node, and which errors there are.

Jepsen's Maelstrom (https://github.com/jepsen-io/maelstrom) runs servers as child processes and
routes JSON messages between them; doc/protocol.md and doc/workloads.md are what this follows. Here
is the translation only; `dslab.live.stdio` runs a node on it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.node import Node, Reply, Request
from dslab.protocols.broadcast import Broadcast
from dslab.values import frozen, plain

__all__ = ["ERRORS", "MaelstromError", "answered", "asked", "problem"]


class Kind(NamedTuple):
    """An error of the protocol. Definite: the operation has not happened and never will."""

    name: str
    definite: bool


#: doc/protocol.md, "Errors". Any other code is indefinite.
ERRORS = {
    0: Kind("timeout", False),
    1: Kind("node-not-found", True),
    10: Kind("not-supported", True),
    11: Kind("temporarily-unavailable", True),
    12: Kind("malformed-request", True),
    13: Kind("crash", False),
    14: Kind("abort", True),
    20: Kind("key-does-not-exist", True),
    21: Kind("key-already-exists", True),
    22: Kind("precondition-failed", True),
    30: Kind("txn-conflict", True),
}

#: What a node's own errors are there. A Reply with an error promises that nothing was done, so all
#: of these are definite, and an error that has no counterpart is an abort.
CODES = {kind.name: code for code, kind in ERRORS.items() if kind.definite} | {
    "not-leader": 11,
    "unavailable": 11,
}
ABORT = 14


class MaelstromError(DslabError):
    """An error to be sent to a client, with its code."""

    def __init__(self, code: int, text: str):
        super().__init__(text)
        self.code = code


def _any(value) -> bool:
    return True


def _given(value) -> bool:
    return value is not None


def _topology(value) -> bool:
    return isinstance(value, dict) and all(
        isinstance(names, list) and all(isinstance(name, str) for name in names)
        for names in value.values()
    )


def _count(value) -> bool:
    return type(value) is int and value >= 0


class Rpc(NamedTuple):
    """One kind of request.

    Its fields and what they must be, the field of the answer (or None), the request to the node.
    """

    fields: Mapping[str, Callable[[Any], bool]]
    answer: str | None
    request: Callable[..., tuple]  # the fields' values → f, key, value


#: (type, the fields that tell apart requests of one type). The first whose fields are there counts.
RPCS = {
    "echo": [Rpc({"echo": _any}, "echo", lambda echo: ("echo", None, echo))],
    "generate": [Rpc({}, "id", lambda: ("generate", None, None))],
    "topology": [Rpc({"topology": _topology}, None, lambda topology: ("topology", None, topology))],
    "broadcast": [Rpc({"message": _any}, None, lambda message: ("broadcast", None, message))],
    "add": [
        Rpc({"element": _any}, None, lambda element: ("add", None, element)),
        Rpc({"delta": _count}, None, lambda delta: ("add", None, delta)),
    ],
    "read": [
        Rpc({"key": _given}, "value", lambda key: ("read", key, None)),
        Rpc({}, "value", lambda: ("read", None, None)),
    ],
    "write": [
        Rpc({"key": _given, "value": _given}, None, lambda key, value: ("write", key, value))
    ],
    "cas": [
        Rpc(
            {"key": _given, "from": _given, "to": _given},
            None,
            lambda key, old, new: ("cas", key, [old, new]),
        )
    ],
}


def asked(body: Mapping[str, Any]) -> Request:
    """A client's message as a request to the node. Raises MaelstromError.

    Null is what an absent key reads as, so it is refused as a key or a value of one.
    """
    name = body["type"]
    if name not in RPCS:
        raise MaelstromError(10, f"there is no request {name!r:.80} here")
    for rpc in RPCS[name]:
        if set(rpc.fields) <= set(body):
            for field, right in rpc.fields.items():
                if not right(body[field]):
                    raise MaelstromError(12, f"{field} can't be {json.dumps(body[field]):.80}")
            f, key, value = rpc.request(*(body[field] for field in rpc.fields))
            return Request(body["msg_id"], f, frozen(key), frozen(value))
    needed = " or ".join(", ".join(rpc.fields) for rpc in RPCS[name])
    raise MaelstromError(12, f"this {name} lacks a field: it needs {needed}")


def answered(node: Node, request: Request, reply: Reply) -> dict[str, Any]:
    """A node's reply to `request` as the body of a message."""
    if reply.error is not None:
        return problem(request.id, CODES.get(reply.error, ABORT), reply.error)
    if request.f == "read" and request.key is not None and reply.value is None:
        return problem(request.id, CODES["key-does-not-exist"], "key-does-not-exist")
    body = {"type": f"{request.f}_ok", "in_reply_to": request.id}
    field = RPCS[request.f][-1].answer
    if request.f == "read" and isinstance(node, Broadcast):
        field = "messages"  # Where the other workloads that are read whole say "value".
    return body | ({field: plain(reply.value)} if field else {})


def problem(msg_id: int, code: int, text: str) -> dict[str, Any]:
    """The body of an error message."""
    return {"type": "error", "in_reply_to": msg_id, "code": code, "text": text}
