"""Simulated time: simpy's environment, with messages on its queue as bare tuples.

A simpy process per message costs some ten times as much as a callback, and an event object for each
costs twice as much as a tuple. Scripts, clients and timers are simpy's events; messages, by far the
most, are tuples on the same queue.
"""

import gc
from contextlib import contextmanager
from functools import partial
from heapq import heappop, heappush
from operator import attrgetter

import simpy

from dslab.errors import DslabError

__all__ = ["Clock", "OutOfBudget"]

#: How many messages are delivered before anybody looks whether the budget is used up.
MESSAGES = range(5000)


class OutOfBudget(DslabError):
    """A run has had as many events as it may have; the sentence says how far it came."""


class Clock(simpy.Environment):
    """A simpy environment that hands messages to `deliver(sender, receiver, message, number)` when
    they are due.
    """

    now = property(
        attrgetter("_now"), doc="Microseconds since the start."
    )  # simpy's, without a Python call.

    def __init__(self, deliver):
        super().__init__(initial_time=0)
        self._deliver = deliver
        #: Puts a message on the queue: (due, NORMAL, next(order), None, sender, receiver, message,
        #: number of its send).
        self.post = partial(heappush, self._queue)
        self.order = self._eid
        self.watch = (
            None  # Called between messages now and then, to end a run that never ends by itself.
        )

    def step(self) -> None:
        """Deliver the messages that are due before simpy's next event, and then process that
        event.
        """
        queue, deliver = self._queue, self._deliver
        if self.watch is not None:
            self.watch()
        for _ in MESSAGES:
            if not queue or queue[0][3] is not None:
                return super().step()
            self._now, _, _, _, sender, receiver, message, number = heappop(queue)
            deliver(sender, receiver, message, number)


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
