"""Links between the members of a real cluster that can be cut, one way too, without being root.

Each member advertises the address of a proxy in front of it. etcd names the sender of a peer request in its X-Server-From
header, so the proxy knows which link a connection belongs to. A stream (GET /raft/stream/…) is opened by the receiver of
its messages, so it carries the link from the member behind the proxy to the one that dialled.
"""

import asyncio
import threading

__all__ = ["LinkProxy"]

LONGEST_HEADER = 64 * 1024


class LinkProxy:
    """Proxies in front of members, on an event loop in a thread of its own.

    listen  {name: (port of the proxy, port of the member behind it)}
    names   {member id as in X-Server-From: name}, filled in by the cluster.
    """

    def __init__(self, listen: dict[str, tuple[int, int]]):
        self.names: dict[str, str] = {}
        self.down: set[tuple[str, str]] = set()
        self._open: dict[tuple[str, str], set[asyncio.StreamWriter]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers = [self._wait(self._serve(name, *ports)) for name, ports in listen.items()]

    def cut(self, pairs) -> None:
        """Take directed links (sender, receiver) down and end what is open on them."""
        self._wait(self._cut(set(pairs)))

    def heal(self) -> None:
        """Put all links up."""
        self.down = set()

    def close(self) -> None:
        async def end():
            for server in self._servers:
                server.close()
            for writers in self._open.values():
                for writer in writers:
                    writer.close()
            while tasks := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        self._wait(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _serve(self, name, port, behind):
        return await asyncio.start_server(lambda reader, writer: self._connection(name, behind, reader, writer), "127.0.0.1", port,
                                          limit=LONGEST_HEADER)

    async def _cut(self, pairs):
        self.down |= pairs
        for pair in pairs:
            for writer in self._open.get(pair, set()):
                writer.close()

    async def _connection(self, name, behind, reader, writer):
        other, link = None, None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            link = self._link(name, head)
            if link in self.down:
                return
            other_reader, other = await asyncio.open_connection("127.0.0.1", behind)
            if link:
                self._open.setdefault(link, set()).update((writer, other))
            other.write(head)
            await asyncio.gather(_pump(reader, other), _pump(other_reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # Either side went away, or the cluster ends: the other side is told by the closing below.
        finally:
            for each in (writer, other):
                if each is not None:
                    self._open.get(link, set()).discard(each)
                    each.close()

    def _link(self, name, head: bytes) -> tuple[str, str] | None:
        """(sender, receiver) of the messages on a connection, from the first request's head; None for mere probes."""
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        dialler = self.names.get(headers.get("x-server-from", ""))
        if dialler is None:
            return None
        return (name, dialler) if " /raft/stream" in first else (dialler, name)


async def _pump(reader, writer):
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
