"""Simulated time: simpy's environment, with messages on its queue as bare tuples.

A simpy process per message costs some ten times as much as a callback, and an event object for each
costs twice as much as a tuple. Scripts, clients and timers are simpy's events; messages, by far the
most, are tuples on the same queue.
"""

import gc
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import Any, NamedTuple

import simpy
from simpy.events import NORMAL, Event

from dslab.errors import DslabError

__all__ = ["Clock", "OutOfBudget", "UnderWay", "without_collector"]

#: How many messages are delivered before anybody looks whether the budget is used up.
MESSAGES = range(5000)


class OutOfBudget(DslabError):
    """A run has had as many events as it may have; the sentence says how far it came."""


class UnderWay(NamedTuple):
    """One copy of a message that has left and not arrived: when it is `due` (µs), what arrives, the
    number of its send, and whether it was `altered` on the way.
    """

    due: int
    sender: str
    receiver: str
    message: Any
    number: int
    altered: bool = False


class Clock(simpy.Environment):
    """A simpy environment that hands messages to `deliver(sender, receiver, message, number)` when
    they are due, with `altered=True` where they have become another.

    Nobody else looks at its queue. An entry is simpy's (due, priority, order, event); for a message
    the event is None, and sender, receiver, message and number follow.
    """

    # simpy's, without a Python call.
    now = property(attrgetter("_now"), doc="Microseconds since the start.")

    def __init__(self, deliver):
        super().__init__(initial_time=0)
        self._deliver = deliver
        #: Called between messages now and then, to end a run that never ends by itself.
        self.watch = None

    def post(self, due: int, sender: str, receiver: str, message, number: int) -> None:
        """Have a message arrive at `due` (µs)."""
        heappush(
            self._queue, (due, NORMAL, next(self._eid), None, sender, receiver, message, number)
        )

    def post_altered(self, due: int, sender: str, receiver: str, message, number: int) -> None:
        """The same of a message that is no longer what was sent; None is one that is noticed."""
        event = _Altered(self, UnderWay(due, sender, receiver, message, number, True))
        self.schedule(event, NORMAL, due - self.now)

    def step(self) -> None:
        """Deliver the messages due before simpy's next event, and then process that event."""
        queue, deliver = self._queue, self._deliver
        if self.watch is not None:
            self.watch()
        for _ in MESSAGES:
            if not queue or queue[0][3] is not None:
                return super().step()
            self._now, _, _, _, sender, receiver, message, number = heappop(queue)
            deliver(sender, receiver, message, number)

    def under_way(self, number: int | None = None) -> list[UnderWay]:
        """The copies of messages that are under way, the first due first; of one message, where the
        number of its send is given.
        """
        found = (_under_way(entry) for entry in sorted(self._queue, key=_when))
        return [each for each in found if each and number in (None, each.number)]

    def take(self, number: int) -> list[UnderWay]:
        """Take all copies of a message off the queue, the first due first."""
        found = self.under_way(number)
        if found:
            # In place: simpy holds this list.
            self._queue[:] = [
                entry
                for entry in self._queue
                if (each := _under_way(entry)) is None or each.number != number
            ]
            heapify(self._queue)
        return found

    def put(self, copy: UnderWay) -> None:
        """Put a copy that was taken back on the queue."""
        (self.post_altered if copy.altered else self.post)(*copy[:5])


class _Altered(Event):
    """The arrival of an altered message, as a simpy event made ready to be scheduled."""

    __slots__ = ("env", "callbacks", "copy")
    _ok = True
    _value = None

    def __init__(self, clock: Clock, copy: UnderWay):
        self.env, self.copy, self.callbacks = clock, copy, [self._arrive]

    def _arrive(self, _) -> None:
        self.env._deliver(*self.copy[1:5], altered=True)


def _when(entry: tuple) -> tuple:
    return entry[:3]


def _under_way(entry: tuple) -> UnderWay | None:
    """What an entry of the queue carries, if it carries a message."""
    event = entry[3]
    if event is None:
        return UnderWay(entry[0], *entry[4:8])
    return event.copy if isinstance(event, _Altered) else None


@contextmanager
def without_collector():
    """Leave cyclic garbage alone for a while: a run only adds to its trace, and looking through it
    costs a third.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
