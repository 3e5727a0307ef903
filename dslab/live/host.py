"""What a node runs on outside the simulator: a disk, the system's clock, the loop's timers.

It keeps the contract of `dslab.node`. One handler runs at a time, since all of them run on one
event loop and none waits. When it has returned, the durable fields are on the disk before the first
of its messages leaves and before a timer is set. So a process that is killed at any moment leaves
what a crash in the simulator leaves: the durable fields of a finished step, and a prefix of its
messages.

A step whose handler raises never happened: its fields, messages and timers are dropped. Nor did one
that leaves what no disk could give back. For a message this is as if it had been lost, which every
protocol must bear; at the start or for a timer the node can't go on, and ends.
"""

import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterable

from dslab.errors import DslabError
from dslab.live.disk import Disk, DiskFailed
from dslab.node import Message, Node

__all__ = ["Host", "StepFailed", "say"]


class StepFailed(DslabError):
    """A step was undone: nothing of it has happened. The sentence names its handler and error."""


def say(sentence: str) -> None:
    """Tell the operator something: a line on the standard error output."""
    print(f"dslab: {sentence}", file=sys.stderr, flush=True)


class Host:
    """One node with its environment. Make it on a running event loop, and `boot` it.

    members  the names of all nodes.
    carry    carry(to, message) sends a message; it must neither wait nor raise.
    disk     where durable fields go; None keeps them in memory, so that they end with the process.
    seed     for the moments of timers; without it they come from the system's source of chance.
    """

    def __init__(
        self,
        node_class: type[Node],
        id: str,
        members: Iterable[str],
        carry: Callable[[str, Message], object],
        disk: Disk | None = None,
        seed: int | None = None,
    ):
        self.id, self.disk, self._carry = id, disk, carry
        peers = [name for name in members if name != id]
        self.node = node_class.recover(id, peers, disk.fields) if disk else node_class(id, peers)
        self._loop = asyncio.get_running_loop()
        self._chance = (
            random.SystemRandom() if seed is None else random.Random(f"{seed}/{id}/timers")
        )
        self._timers: dict[type, asyncio.TimerHandle] = {}
        self._stopped = False
        #: Done when the node can't go on, with the DslabError that says why.
        self.ended: asyncio.Future = self._loop.create_future()

    def boot(self) -> None:
        """The node's first step."""
        self._or_end(self.node.start)

    def receive(self, sender: str, message: Message) -> None:
        """Have the node handle a message. Raises StepFailed."""
        if not self._stopped:
            self._step(self.node.receive, sender, message)

    def stop(self) -> None:
        """No step follows this one."""
        self._stopped = True
        for alarm in self._timers.values():
            alarm.cancel()
        if self.disk:
            self.disk.close()

    def _ring(self, timer) -> None:
        del self._timers[type(timer)]
        self._or_end(self.node.fire, timer)

    def _receive_own(self, message) -> None:
        try:
            self.receive(self.id, message)
        except StepFailed as error:
            say(str(error))

    def _or_end(self, handle: Callable, *args) -> None:
        try:
            self._step(handle, *args)
        except StepFailed as error:
            self._end(error)

    def _step(self, handle: Callable, *args) -> None:
        node = self.node
        before = node.__dict__.copy()
        node.now = time.time() * 1000
        try:
            handle(*args)
            if self.disk:
                self.disk.write(node.disk())
        except DiskFailed as error:
            self._end(error)  # It can't promise anything any more.
            return
        except Exception as error:
            node.__dict__.clear()
            node.__dict__.update(before)
            node.outbox, node.timers = [], {}
            kind = type(node)
            where = kind.handler_of(type(args[-1])) if args else f"{kind.__name__}.on_start"
            raise StepFailed(
                f"{where} of {node.id} raised {type(error).__name__}: {error!s:.200}"
            ) from error
        self._flush()

    def _flush(self) -> None:
        node = self.node
        outbox, node.outbox = node.outbox, []
        timers, node.timers = node.timers, {}
        for to, message in outbox:
            if to == self.id:
                self._loop.call_soon(self._receive_own, message)
            else:
                self._carry(to, message)
        for kind, setting in timers.items():
            if kind in self._timers:
                self._timers.pop(kind).cancel()
            if setting is not None:
                timer, low, high = setting
                self._timers[kind] = self._loop.call_later(
                    self._chance.uniform(low, high) / 1000, self._ring, timer
                )

    def _end(self, error: DslabError) -> None:
        self.stop()
        if not self.ended.done():
            self.ended.set_exception(error)
