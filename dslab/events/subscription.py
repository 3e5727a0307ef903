"""Reading on: all events after a position, each at least once and in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dslab.events.contract import Event, Store

__all__ = ["Subscription"]


class Subscription:
    """A reader of all events after a position; made by a store's `subscribe`.

    position  the last event that is done with: keep it, to go on later after it.

    An event is done with when the loop over the events asks for the next one, or
    ends. So where handling an event fails, the event is not passed over: the next
    `poll`, or another loop over the subscription, begins with it again.

    `poll()` returns what is new and never waits, so that it works where there are
    no threads. Iterating hands out events one by one and ends when there are no
    more; `follow(wait)` calls `wait()` whenever there is nothing new, until it
    returns False.
    """

    def __init__(self, store: Store, after: int, batch: int):
        store.require_position(after)
        self.store, self.position, self.batch = store, after, batch

    def poll(self) -> list[Event]:
        """The next events, at most `batch`, or an empty list. `position` follows
        the loop over it.

        Raises StoreError where `position` lies beyond the last event.
        """
        return _Batch(self, self._next())

    def __iter__(self) -> Iterator[Event]:
        return self.follow(lambda: False)

    def follow(self, wait: Callable[[], bool]) -> Iterator[Event]:
        """Events one by one; `position` follows each.

        Ends when `wait()` returns False.
        """
        while True:
            events = self.poll()
            yield from events
            if not events and not wait():
                return

    def _next(self) -> list[Event]:
        events = self.store.read_all(self.position, self.batch)
        if not events:  # At the end: is it the end that this reader has reached?
            self.store.require_position(self.position)
        return events


class _Batch(list):
    """Events from a subscription, whose position follows the loop over them."""

    def __init__(self, subscription: Subscription, events: list[Event]):
        super().__init__(events)
        self._subscription = subscription

    def __iter__(self):
        for event in super().__iter__():
            yield event
            # Here the loop asks for the next event: it has done with this one. An
            # older batch that is looped over again takes nothing back.
            self._subscription.position = max(
                self._subscription.position, event.position
            )
