"""Any node class as a server over TCP. `python -m dslab serve` runs one.

    server = Server(Raft, "n1", cluster_of("n1=127.0.0.1:7001,n2=127.0.0.1:7002"), "data/n1")
    await server.run()

Messages may be lost, as everywhere: a link holds what waits for its peer in a queue that forgets
its oldest, and begins anew when the peer is gone. Nobody proves who they are, and nothing is
encrypted: keep a cluster on a network that you trust. What is no frame, or no message that the node
knows, ends the connection that it came on, and nothing else.
"""

import asyncio
import os
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from dslab.errors import DslabError
from dslab.live.disk import Disk
from dslab.live.frames import LONGEST_REQUEST, VERSION, Address, frame, read_frame
from dslab.live.host import Host, say
from dslab.node import Message, Node, Request, Timer
from dslab.wire import decode, names, vocabulary

__all__ = ["Server"]

#: How many messages wait for one peer, and how many bytes for one client that doesn't read.
WAITING, UNREAD = 256, 2**23
#: Seconds: between attempts to reach a peer, from the first to the longest pause; for one write;
#: for a caller to say who calls.
SOON, LATE, PATIENCE = 0.02, 0.5, 5.0
#: How deep a client's values may be nested; messages that carry them are deeper.
NESTED = 50


class Server:
    """Node `id` of `cluster` with its data in `folder`."""

    def __init__(
        self,
        node_class: type[Node],
        id: str,
        cluster: Mapping[str, Address],
        folder: str | Path,
        *,
        seed: int | None = None,
    ):
        if id not in cluster:
            raise DslabError(
                f"there is no node {id!r} in the cluster: it has {', '.join(cluster)}."
            )
        self.node_class, self.id, self.cluster, self.folder, self._seed = (
            node_class,
            id,
            dict(cluster),
            folder,
            seed,
        )
        self._known = {
            name: kind
            for name, kind in vocabulary(node_class).items()
            if not issubclass(kind, Timer)
        }
        self._clients: dict[str, asyncio.StreamWriter] = {}
        self._callers: set[asyncio.Task] = set()

    async def run(self) -> None:
        """Serve until cancelled.

        Raises DslabError where the port or the folder can't be used, or the node can't go on.
        """
        address = self.cluster[self.id]
        disk = Disk(self.folder, self.node_class, self.id)
        self._host = Host(self.node_class, self.id, self.cluster, self._carry, disk, self._seed)
        hello = {"dslab": VERSION, "node": self.id, "protocol": self.node_class.__name__}
        self._links = {
            name: _Link(name, place, hello)
            for name, place in self.cluster.items()
            if name != self.id
        }
        try:
            try:
                listener = await asyncio.start_server(self._call, address.host, address.port)
            except OSError as error:
                raise DslabError(
                    f"{address} can't be listened on ({_reason(error)}): stop what uses "
                    f"it, or give {self.id} another port."
                ) from None
            async with listener:
                say(
                    f"{self.id} ({self.node_class.__name__}) listens on {address}; data "
                    f"in {self.folder}"
                )
                self._host.boot()
                await self._host.ended
        finally:
            self._host.stop()
            await _end([*(link.task for link in self._links.values()), *self._callers])

    def _carry(self, to: str, message: Message) -> None:
        if to in self._links:
            self._links[to].send(message)
        elif to in self._clients:
            writer = self._clients[to]
            if writer.transport.get_write_buffer_size() < UNREAD:
                _write(writer, message)

    async def _call(self, reader, writer) -> None:
        """One connection, from its first frame to its end."""
        self._callers.add(asyncio.current_task())
        caller = "somebody"
        try:
            hello = await asyncio.wait_for(read_frame(reader, LONGEST_REQUEST), PATIENCE)
            if hello is not None:
                name, is_client = self._introduced(hello)
                caller = f"{'client' if is_client else 'node'} {name}"
                await (
                    self._serve_client(name, reader, writer)
                    if is_client
                    else self._hear_peer(name, reader)
                )
        except (DslabError, TimeoutError) as error:
            sentence = str(error) or "it didn't say who it is."
            say(f"{self.id} closes the connection of {caller}: {sentence}")
            _write(writer, {"refused": sentence})
        except OSError:
            pass  # It is gone; whoever misses something asks again.
        finally:
            self._callers.discard(asyncio.current_task())
            writer.close()

    def _introduced(self, hello: dict) -> tuple[str, bool]:
        """(who calls, whether it is a client)."""
        if hello.get("dslab") != VERSION:
            raise DslabError(
                f'the first frame must say {{"dslab": {VERSION}, …}}: see dslab/live/frames.py.'
            )
        client, node = hello.get("client"), hello.get("node")
        if isinstance(client, str) and client and client not in self.cluster:
            return client, True
        if node not in self._links:
            raise DslabError(
                f"{node if client is None else client!r} is no peer of {self.id}, and no "
                "name for a client."
            )
        if hello.get("protocol") != self.node_class.__name__:
            raise DslabError(
                f"{node} speaks {hello.get('protocol')}, and {self.id} speaks "
                f"{self.node_class.__name__}."
            )
        return node, False

    async def _hear_peer(self, name: str, reader) -> None:
        while (data := await read_frame(reader)) is not None:
            message = decode(data, self._known)
            if not isinstance(message, Message):
                raise DslabError("a node sends messages, and this is none.")
            self._host.receive(name, message)

    async def _serve_client(self, name: str, reader, writer) -> None:
        self._clients[name] = writer
        try:
            while (data := await read_frame(reader, LONGEST_REQUEST)) is not None:
                request = decode(data, names(Request), deepest=NESTED)
                if (
                    not isinstance(request, Request)
                    or type(request.id) is not int
                    or not isinstance(request.f, str)
                ):
                    raise DslabError(
                        "a client sends Requests, whose id is a number and whose f is a name."
                    )
                self._host.receive(name, request)
        finally:
            if self._clients.get(name) is writer:
                del self._clients[name]


class _Link:
    """The way from this node to a peer: a queue that forgets its oldest, and a connection.

    The connection is made again when it ends.
    """

    def __init__(self, name: str, address: Address, hello: dict):
        self.name, self.address, self.hello = name, address, hello
        self._waiting: deque[Message] = deque(maxlen=WAITING)
        self._some = asyncio.Event()
        self.task = asyncio.create_task(self._run())

    def send(self, message: Message) -> None:
        self._waiting.append(message)
        self._some.set()

    async def _run(self) -> None:
        pause = SOON
        while True:
            try:
                reader, writer = await asyncio.wait_for(
                    asyncio.open_connection(*self.address), PATIENCE
                )
            except (OSError, TimeoutError):
                # Nobody is there. What was meant for them then is of little use later.
                self._waiting.clear()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LATE)
                continue
            since = asyncio.get_running_loop().time()
            try:
                await self._speak(reader, writer)
            except (OSError, TimeoutError):
                pass
            finally:
                writer.transport.abort()
            # A peer that refuses us is not asked in a hurry; one that was there may be back soon.
            pause = (
                SOON if asyncio.get_running_loop().time() - since > LATE else min(2 * pause, LATE)
            )
            await asyncio.sleep(pause)

    async def _speak(self, reader, writer) -> None:
        """Send what comes, until the connection ends. What was written when it did is lost."""
        writer.write(frame(self.hello))
        # A peer says nothing here, unless it refuses us; the end is its end.
        gone = asyncio.create_task(reader.read())
        try:
            while not gone.done():
                while self._waiting and not gone.done():
                    _write(writer, self._waiting.popleft())
                    await asyncio.wait_for(writer.drain(), PATIENCE)
                self._some.clear()
                some = asyncio.create_task(self._some.wait())
                await asyncio.wait([gone, some], return_when=asyncio.FIRST_COMPLETED)
                some.cancel()
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)


def _write(writer, value) -> None:
    """Send `value`, or say why it can't be: for whoever waits for it, it is lost."""
    try:
        writer.write(frame(value))
    except DslabError as error:
        say(str(error))


def _reason(error: OSError) -> str:
    """What the system says, without asyncio's words about it."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


async def _end(tasks) -> None:
    tasks = [task for task in tasks if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
