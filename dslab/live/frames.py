"""Frames on a TCP connection, and the addresses of a cluster.

A frame is its length in four bytes, most significant first, and that many bytes of JSON. The first
frame on a connection says who calls: {"dslab": 1, "node": "n2", "protocol": "Raft"} or {"dslab": 1,
"client": "c1"}. A node then sends its messages and hears nothing back; a client sends Requests and
hears Replies, or {"refused": sentence} before the connection is closed.
"""

import asyncio
import ipaddress
import re
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.wire import dumps, line_of, loads

__all__ = [
    "LONGEST_FRAME",
    "LONGEST_REQUEST",
    "VERSION",
    "Address",
    "cluster_of",
    "demand_name",
    "frame",
    "read_frame",
]

VERSION = 1
#: Bytes: of a client's request, and of what nodes send each other, which may hold many requests.
LONGEST_REQUEST, LONGEST_FRAME = 2**20, 2**26


class Address(NamedTuple):
    """Where a node listens."""

    host: str
    port: int

    def __str__(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine reaches it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def cluster_of(text: str) -> dict[str, Address]:
    """The nodes in a text such as `n1=127.0.0.1:7001,n2=127.0.0.1:7002`. Raises DslabError."""
    cluster: dict[str, Address] = {}
    for part in text.split(","):
        name, equals, place = part.strip().partition("=")
        if name and equals:
            demand_name(name)
        host, colon, port = place.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not (
            name
            and equals
            and host
            and colon
            and port.isascii()
            and port.isdigit()
            and 0 < int(port) < 65536
        ):
            raise DslabError(
                f"--cluster: {part.strip()!r} is no node: write NAME=HOST:PORT, several "
                "with commas between them."
            )
        if name in cluster or Address(host, int(port)) in cluster.values():
            raise DslabError(
                f"--cluster: {part.strip()!r} comes twice: each node has a name and an "
                "address of its own."
            )
        cluster[name] = Address(host, int(port))
    return cluster


def demand_name(name: str) -> None:
    """Raise DslabError unless a node may be called so. Its name becomes that of a folder."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise DslabError(
            f"{name!r:.80} is no name for a node: it has up to 64 letters from a to z, digits, and "
            "after the first of them also _ . and -."
        )


def frame(value: Any, longest: int = LONGEST_FRAME) -> bytes:
    """A message, or an object that is JSON data, as a frame. Raises DslabError where it is too
    long, or can't be sent.
    """
    text = line_of(value) if isinstance(value, dict) else dumps(value)
    if len(text) > longest:
        raise DslabError(
            f"a {type(value).__name__} of {len(text):,} bytes is too long to be sent: "
            f"{longest:,} is the most."
        )
    return len(text).to_bytes(4, "big") + text


async def read_frame(reader: asyncio.StreamReader, longest: int = LONGEST_FRAME) -> Any:
    """The next frame's data, not yet decoded; None at the end of the connection.

    Raises DslabError for what is no frame.
    """
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        if length > longest:
            raise DslabError(f"a frame of {length:,} bytes is too long: {longest:,} is the most.")
        text = await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        if error.partial or error.expected != 4:
            raise DslabError("the connection ended in the middle of a frame.") from None
        return None
    data = loads(text)
    if not isinstance(data, dict):
        raise DslabError("a frame holds a JSON object, and this one doesn't.")
    return data
