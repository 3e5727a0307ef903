"""Links of a real cluster that can be cut or delayed, one way too, without being root.

Each member advertises the address of a proxy in front of it. etcd names the sender of a peer
request in its X-Server-From header, so the proxy knows which link a connection belongs to. A stream
(GET /raft/stream/…) is opened by the receiver of its messages, so it carries the link from the
member behind the proxy to the one that dialled. Probes, such as those of a member's version, carry
no such header and no message of the protocol: they pass, cut or not, each on a connection of its
own.
"""

import asyncio
import threading
from collections.abc import Iterable

__all__ = ["LinkProxy"]

LONGEST_HEADER = 64 * 1024
PIECE = 64 * 1024  # bytes that are read at a time
Link = tuple[str, str]  # (sender, receiver)


class LinkProxy:
    """A proxy in front of each member, on an event loop in a thread of its own.

    ports   {member: the port that its proxy listens on}.
    behind  {member: its own port}, filled in by the cluster when the member starts.
    ids     {member id as in X-Server-From: member}, filled in by the cluster.
    """

    def __init__(self, members: Iterable[str]):
        self.behind: dict[str, int] = {}
        self.ids: dict[str, str] = {}
        self._down: set[Link] = set()
        self._delays: dict[Link, float] = {}
        self._open: dict[Link, set[asyncio.StreamWriter]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers = {member: self._wait(self._serve(member)) for member in members}
        self.ports = {
            member: server.sockets[0].getsockname()[1] for member, server in self._servers.items()
        }

    def cut(self, links: Iterable[Link]) -> None:
        """Take links down, and end what is open on them."""
        self._wait(self._cut(set(links)))

    def delay(self, links: Iterable[Link], seconds: float) -> None:
        """Hold back what the sender of each link sends from now on; the order stays."""
        self._delays = self._delays | dict.fromkeys(links, seconds)

    def heal(self) -> None:
        """Put all links up, without delay; what is held back already keeps its time."""
        self._down, self._delays = set(), {}

    def close(self) -> None:
        """End all connections and the thread."""
        self._wait(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # On the loop's thread.

    def _wait(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _serve(self, member: str):
        return await asyncio.start_server(
            lambda reader, writer: self._connection(member, reader, writer),
            "127.0.0.1",
            0,
            limit=LONGEST_HEADER,
        )

    async def _cut(self, links: set[Link]):
        self._down = self._down | links
        for link in links:
            for writer in self._open.get(link, ()):
                # What waits to be sent is gone, as on a network that is cut.
                writer.transport.abort()

    async def _end(self):
        for server in self._servers.values():
            server.close()
        while tasks := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, member, reader, writer):
        """One connection to `member`, from its first request to its end."""
        writers, link = [writer], None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            link = self._link(member, head)
            inner_reader, inner = await asyncio.open_connection("127.0.0.1", self.behind[member])
            writers.append(inner)
            # Asked last, with nothing to wait for until it can be cut: no connection slips through.
            if link in self._down:
                return
            self._open.setdefault(link, set()).update(writers)
            # etcd would send messages on a probe's connection later, and no cut would find them.
            if link is None:
                head = head.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n"
            inner.write(head)
            inwards, outwards = (None, link) if link and link[0] == member else (link, None)
            await asyncio.gather(
                self._pump(reader, inner, inwards), self._pump(inner_reader, writer, outwards)
            )
        except (
            OSError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            asyncio.CancelledError,
        ):
            # Either side went away, or the cluster ends; closing, below, tells the other.
            pass
        finally:
            self._open.get(link, set()).difference_update(writers)
            for each in writers:
                each.close()

    def _link(self, member: str, head: bytes) -> Link | None:
        """The link of a connection's messages, from its first request's head; None for probes."""
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            key.strip().lower(): value.strip()
            for key, _, value in (line.partition(":") for line in lines)
        }
        dialler = self.ids.get(headers.get("x-server-from", ""))
        if dialler is None:
            return None
        return (member, dialler) if " /raft/stream" in first else (dialler, member)

    async def _pump(self, reader, writer, link: Link | None):
        """Copy one direction to its end, each piece after the delay of `link` when it came."""
        pieces, now = asyncio.Queue(), self._loop.time

        async def collect():
            data = b"more"
            while data:
                try:
                    data = await reader.read(PIECE)
                except OSError:
                    data = b""  # A broken connection is an ended one.
                pieces.put_nowait((now() + self._delays.get(link, 0), data))

        collecting = asyncio.create_task(collect())
        try:
            while True:
                due, data = await pieces.get()
                if due > now():
                    await asyncio.sleep(due - now())
                if not data:
                    break
                writer.write(data)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        finally:
            collecting.cancel()
