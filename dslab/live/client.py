"""A client of a cluster over TCP, and the history that clients leave.

async with Client(cluster_of("n1=127.0.0.1:7001,n2=127.0.0.1:7002")) as client:
    await client.call("write", "x", 1)    # ("ok", None)
await asyncio.gather(client.call("write", "x", 2), client.call("read", "y"))
"""

import asyncio
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dslab.errors import DslabError
from dslab.live.frames import LONGEST_REQUEST, VERSION, Address, frame, read_frame
from dslab.node import Reply, Request
from dslab.run.history import Event, History
from dslab.values import show
from dslab.wire import decode, names

__all__ = ["Calls", "Client", "Processes"]

#: Seconds before another node is asked, the first time and at most, so that an election is not met
#: with a storm of questions.
MOMENT, LATER = 0.01, 0.2


class Calls:
    """What a group of clients saw, in the order in which it happened here. One thread writes it."""

    def __init__(self):
        self._events: list[Event] = []
        self._processes = 0

    def process(self) -> int:
        """A process number that nobody has."""
        self._processes += 1
        return self._processes - 1

    def add(self, process: int, kind: str, f: str, key: Any, value: Any) -> None:
        """Note that an operation began or ended; `kind` is "invoke", "ok", "fail" or "info"."""
        self._events.append(Event(process, kind, f, key, value))

    @property
    def history(self) -> History:
        """What was seen so far, for the checkers."""
        return History(self._events)


class Processes:
    """The processes that one client is in a history: as many as it has calls open, for a process
    has one operation at a time (Jepsen's convention).
    """

    def __init__(self, calls: Calls):
        self._calls, self._free = calls, [calls.process()]

    def begin(self) -> int:
        """The process that makes a call: it has none open."""
        return self._free.pop() if self._free else self._calls.process()

    def end(self, process: int, outcome: str) -> None:
        """Its call has ended. After "info" another takes its place: the call may still act."""
        self._free.append(self._calls.process() if outcome == "info" else process)


class Client:
    """One client, with a name that no other has. It may have several calls open, in tasks of one
    event loop; they share one connection to each node, and are answered in any order.

    calls  where its operations are noted; give several clients the same for one history.
    """

    def __init__(self, cluster: Mapping[str, Address], calls: Calls | None = None):
        self.cluster, self.calls = dict(cluster), Calls() if calls is None else calls
        self.name = f"c-{uuid.uuid4().hex[:12]}"
        self._processes = Processes(self.calls)
        self._ids, self._greatest_id = set(), 0  # Of all its requests so far.
        self._contact = None
        self._lines: dict[str, _Line] = {}
        self._dialling = {name: asyncio.Lock() for name in self.cluster}

    async def call(
        self,
        f: str,
        key: Any = None,
        value: Any = None,
        *,
        to: str | None = None,
        timeout: float = 5.0,
        id: int | None = None,
    ) -> tuple[str, Any]:
        """Do one operation; returns (outcome, value or error), such as ("ok", 3).

        to       the node to ask and no other; without it, hints at the leader are followed.
        timeout  seconds. "info" means that nobody knows whether it was done, and may yet be; "fail"
                 that it was not. So: ("fail", "precondition-failed"), ("info", "timeout").
        id       the request's, in any order; None is one more than the greatest so far.

        Raises DslabError where the cluster has no such node, for an id that this client has used,
        or where a node refuses the client.
        """
        if to is not None and to not in self.cluster:
            raise DslabError(
                f"there is no node {to!r} in the cluster: it has {', '.join(self.cluster)}."
            )
        id = self._greatest_id + 1 if id is None else id
        if type(id) is not int or id in self._ids:
            raise DslabError(
                f"id={show(id)}: give a whole number that no other request of this client has."
            )
        call = _Call(id, frame(Request(id, f, key, value), LONGEST_REQUEST))
        self._ids.add(id)
        self._greatest_id = max(self._greatest_id, id)
        process = self._processes.begin()
        self.calls.add(process, "invoke", f, key, value)
        outcome, answer = "info", None
        try:
            outcome, answer = await asyncio.wait_for(self._ask(call, to), timeout)
        except TimeoutError:
            outcome, answer = ("info", "timeout") if call.sent else ("fail", call.why)
        finally:  # A call that is cancelled or refused has ended too.
            self.calls.add(process, outcome, f, key, answer if outcome == "ok" else value)
            self._processes.end(process, outcome)
        if outcome == "info":
            self._contact = None
        return outcome, answer

    async def _ask(self, call: "_Call", to: str | None) -> tuple[str, Any]:
        target, pause = to or self._contact or random.choice(list(self.cluster)), MOMENT
        while True:
            reply = await self._asked(target, call)
            if reply is None and call.sent:
                # It may have done it: asking again could do it twice.
                return "info", f"{target} went away"
            if reply is not None and reply.error is None:
                self._contact = target
                return "ok", reply.value
            if reply is not None and (reply.error != "not-leader" or to):
                return "fail", reply.error
            # A refusal promises that nothing was done, and TCP brings one copy: there is no other.
            call.sent = False
            if reply is not None:
                call.why = "no node is the leader"
            self._contact = None
            hint = reply.leader if reply else None
            others = [name for name in self.cluster if name != target]
            target = to or (hint if hint in self.cluster else random.choice(others or [target]))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LATER)

    async def _asked(self, target: str, call: "_Call") -> Reply | None:
        """The target's reply; None where it is not there, or went away.

        `call.sent` then says whether it may have heard us.
        """
        try:
            line = await self._line(target)
        except OSError:
            return None
        return await line.ask(call)

    async def _line(self, target: str) -> "_Line":
        async with self._dialling[target]:
            if target not in self._lines or self._lines[target].ended:
                reader, writer = await asyncio.open_connection(*self.cluster[target])
                writer.write(frame({"dslab": VERSION, "client": self.name}))
                self._lines[target] = _Line(target, reader, writer)
            return self._lines[target]

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for line in self._lines.values():
            line.hearing.cancel()
        await asyncio.gather(
            *(line.hearing for line in self._lines.values()), return_exceptions=True
        )


@dataclass(slots=True)
class _Call:
    """An open call. `sent` says whether a node may have heard it that has not refused it, and `why`
    what is said of it where none has.
    """

    id: int
    text: bytes
    sent: bool = False
    why: str = "no node can be reached"


class _Line:
    """A connection to one node. Each reply goes to the call that has its id; when the line ends,
    every call that waits on it hears so.
    """

    def __init__(self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.target, self._reader, self._writer = target, reader, writer
        self._waiting: dict[int, asyncio.Future[Reply | None]] = {}
        self.hearing = asyncio.create_task(self._hear())

    @property
    def ended(self) -> bool:
        """Whether nobody answers here any more."""
        return self.hearing.done() or self._reader.at_eof()

    async def ask(self, call: _Call) -> Reply | None:
        """The node's reply, or None where the line ended first. Raises DslabError where the node
        refuses this client.
        """
        reply = self._waiting[call.id] = asyncio.get_running_loop().create_future()
        call.sent = True
        try:
            self._writer.write(call.text)
            return await reply
        finally:
            del self._waiting[call.id]

    async def _hear(self) -> None:
        problem = None
        try:
            while (data := await read_frame(self._reader)) is not None:
                if "refused" in data:
                    raise DslabError(f"{self.target} refuses: {data['refused']}")
                reply = decode(data, names(Reply))
                waiting = self._waiting.get(reply.id) if isinstance(reply, Reply) else None
                if waiting is not None and not waiting.done():
                    waiting.set_result(reply)
        except OSError:
            pass
        except DslabError as error:
            problem = error
        finally:
            self._writer.close()
            for waiting in self._waiting.values():
                if waiting.done():
                    continue
                if problem is None:
                    waiting.set_result(None)
                else:
                    waiting.set_exception(problem)
