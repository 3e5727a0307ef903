"""A client of a cluster over TCP, and the history that clients leave.

async with Client(cluster_of("n1=127.0.0.1:7001,n2=127.0.0.1:7002")) as client:
    await client.call("write", "x", 1)    # ("ok", None)
"""

import asyncio
import random
import uuid
from collections.abc import Mapping
from typing import Any

from dslab.errors import DslabError
from dslab.live.frames import LONGEST_REQUEST, VERSION, Address, frame, read_frame
from dslab.node import Reply, Request
from dslab.run.history import Event, History
from dslab.wire import decode, names

__all__ = ["Calls", "Client"]

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


class Client:
    """One client, with one call open at a time and a name that no other has.

    calls  where its operations are noted; give several clients the same for one history.
    """

    def __init__(self, cluster: Mapping[str, Address], calls: Calls | None = None):
        self.cluster, self.calls = dict(cluster), Calls() if calls is None else calls
        self.name = f"c-{uuid.uuid4().hex[:12]}"
        self._process = self.calls.process()
        self._next_id, self._contact = 1, None
        self._lines: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}

    async def call(
        self,
        f: str,
        key: Any = None,
        value: Any = None,
        *,
        to: str | None = None,
        timeout: float = 5.0,
    ) -> tuple[str, Any]:
        """Do one operation; returns (outcome, value or error), such as ("ok", 3).

        to       the node to ask and no other; without it, hints at the leader are followed.
        timeout  seconds. "info" means that nobody knows whether it was done, and may yet be; "fail"
                 that it was not. So: ("fail", "precondition-failed"), ("info", "timeout").

        Raises DslabError where the cluster has no such node, or a node refuses the client.
        """
        if to is not None and to not in self.cluster:
            raise DslabError(
                f"there is no node {to!r} in the cluster: it has {', '.join(self.cluster)}."
            )
        request = Request(self._next_id, f, key, value)
        text = frame(request, LONGEST_REQUEST)
        self._next_id += 1
        self._sent, self._why = False, "no node can be reached"
        self.calls.add(self._process, "invoke", f, key, value)
        try:
            outcome, answer = await asyncio.wait_for(self._ask(request.id, text, to), timeout)
        except TimeoutError:
            outcome, answer = ("info", "timeout") if self._sent else ("fail", self._why)
        except DslabError:
            self.calls.add(self._process, "info", f, key, value)
            self._process = self.calls.process()
            raise
        self.calls.add(self._process, outcome, f, key, answer if outcome == "ok" else value)
        if outcome == "info":
            self._process, self._contact = self.calls.process(), None
        return outcome, answer

    async def _ask(self, id: int, text: bytes, to: str | None) -> tuple[str, Any]:
        target, pause = to or self._contact or random.choice(list(self.cluster)), MOMENT
        while True:
            reply = await self._asked(target, id, text)
            if reply is None and self._sent:
                # It may have done it: asking again could do it twice.
                return "info", f"{target} went away"
            if reply is not None and reply.error is None:
                self._contact = target
                return "ok", reply.value
            if reply is not None and (reply.error != "not-leader" or to):
                return "fail", reply.error
            self._sent = False  # A refusal promises that nothing was done.
            if reply is not None:
                self._why = "no node is the leader"
            self._contact = None
            hint = reply.leader if reply else None
            others = [name for name in self.cluster if name != target]
            target = to or (hint if hint in self.cluster else random.choice(others or [target]))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LATER)

    async def _asked(self, target: str, id: int, text: bytes) -> Reply | None:
        """The target's reply; None where it is not there, or went away.

        `_sent` then says whether it may have heard us.
        """
        try:
            reader, writer = await self._line(target)
            self._sent = True
            writer.write(text)
            while (data := await read_frame(reader)) is not None:
                if "refused" in data:
                    raise DslabError(f"{target} refuses: {data['refused']}")
                reply = decode(data, names(Reply))
                if isinstance(reply, Reply) and reply.id == id:
                    return reply
        except OSError:
            pass
        self._hang_up(target)
        return None

    async def _line(self, target: str):
        if target in self._lines and self._lines[target][0].at_eof():
            self._hang_up(target)
        if target not in self._lines:
            reader, writer = await asyncio.open_connection(*self.cluster[target])
            writer.write(frame({"dslab": VERSION, "client": self.name}))
            self._lines[target] = reader, writer
        return self._lines[target]

    def _hang_up(self, target: str) -> None:
        if target in self._lines:
            self._lines.pop(target)[1].close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for target in tuple(self._lines):
            self._hang_up(target)
