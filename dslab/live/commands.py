"""`serve`, `call` and `stdio` of the command line. Each returns the exit code."""

import asyncio
import json
import sys
from importlib import import_module
from pathlib import Path

from dslab.errors import DslabError
from dslab.live.client import Client
from dslab.live.frames import Address, cluster_of
from dslab.node import Node
from dslab.protocols import protocol
from dslab.values import frozen, plain
from dslab.wire import loads

__all__ = ["call", "node_class", "serve", "stdio"]


def serve(options) -> int:
    """Run one node over TCP."""
    _posix("serve")
    from dslab.live.tcp import Server

    cluster = _cluster(options)
    kind = node_class(options.protocol)
    folder = (
        options.data or Path("dslab-data") / f"{options.protocol.replace(':', '.')}-{options.id}"
    )

    async def run():
        await Server(kind, options.id, cluster, folder, seed=options.seed).run()

    asyncio.run(run())
    return 0


def call(options) -> int:
    """Ask a cluster one thing."""
    cluster = cluster_of(options.cluster)
    if options.timeout <= 0:
        raise DslabError(f"--timeout {options.timeout:g}: give the seconds to wait, more than 0.")
    values = tuple(map(_value, options.values))

    async def ask():
        async with Client(cluster) as client:
            key = None if options.key is None else _value(options.key)
            return await client.call(
                options.f,
                key,
                values[0] if len(values) == 1 else values or None,
                to=options.to,
                timeout=options.timeout,
            )

    outcome, answer = asyncio.run(ask())
    if outcome == "ok":
        print(json.dumps(plain(answer), ensure_ascii=False))
    else:
        print(
            {
                "fail": f"refused: {answer}. Nothing was done.",
                "info": f"no answer ({answer}): nobody knows whether it was done.",
            }[outcome],
            file=sys.stderr,
        )
    return {"ok": 0, "fail": 1, "info": 3}[outcome]


def stdio(options) -> int:
    """Run one node behind the Maelstrom protocol."""
    _posix("stdio")
    from dslab.live.stdio import run

    asyncio.run(run(node_class(options.protocol), options.data))
    return 0


def node_class(name: str) -> type[Node]:
    """A protocol by its name, or a node class of the reader's own as MODULE:CLASS. Raises
    DslabError.
    """
    module, colon, kind = name.partition(":")
    if not colon:
        return protocol(name)
    try:
        found = getattr(import_module(module), kind, None)
    except ImportError as error:
        raise DslabError(
            f"{module} can't be imported ({error}): name a module that Python finds from here."
        ) from None
    if not (isinstance(found, type) and issubclass(found, Node)):
        raise DslabError(f"{module} has no node class {kind!r}.")
    return found


def _cluster(options) -> dict[str, Address]:
    cluster = cluster_of(options.cluster)
    if options.id not in cluster:
        raise DslabError(
            f"--id {options.id}: there is no such node in the cluster, which has "
            f"{', '.join(cluster)}."
        )
    for name, address in cluster.items():
        if not (address.loopback or options.beyond_loopback):
            raise DslabError(
                f"--cluster: {name} at {address} is not on this machine's loopback "
                "address. Nothing is encrypted and nobody proves who they "
                "are: on a network that you trust, say --beyond-loopback."
            )
    return cluster


def _value(word: str):
    """A word of the shell as a value: JSON where it is any, and else the text itself."""
    try:
        return frozen(loads(word))
    except DslabError:
        return word


def _posix(command: str) -> None:
    if sys.platform == "win32":
        raise DslabError(f"{command} needs Linux or macOS: on Windows, use WSL.")
