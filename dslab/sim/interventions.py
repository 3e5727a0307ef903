"""One message or one timer, chosen by hand: what a reader does who points at an arrow.

A message is named by the number of its `send` in the trace. That number stays the same when
something is done later in the run, since nothing before it changes.
"""

from heapq import heapify
from random import Random

from simpy.events import NORMAL

from dslab.errors import DslabError
from dslab.values import show

__all__ = ["ByHand"]


class ByHand:
    """What can be done to single messages and timers of a `Cluster`."""

    def drop(self, number: int) -> None:
        """Lose a message that is under way, in all its copies."""
        for entry in self._take(number):
            sender, receiver, _ = self._sent(number)
            self.record("lose", receiver, sender, number, "dropped")

    def deliver(self, number: int) -> None:
        """Have a message that is under way arrive now; of two copies the one that is due first."""
        first, *others = self._take(number)
        for entry in others:
            self._put(entry, 0)
        self.fault("deliver", (number,), f"{self._named(number)} arrives ahead of its time")
        if first[3] is None:
            self._deliver(*first[4:8])
        else:
            self._arrive_altered(first[3])

    def duplicate(self, number: int) -> None:
        """Send one more copy of a message, which may have arrived long ago."""
        sender, receiver, message = self._sent(number)
        self.fault("duplicate", (number,), f"{self._named(number)} is on its way once more")
        # A stream of chance of its own: the messages after it take as long as they would have.
        wait = self.network.takes(
            sender, receiver, self._chance(f"copy of {number} at {self.env.now}").random
        )
        self.network.post_after(self.env.now, wait, sender, receiver, message, number)

    def delay(self, number: int, by: float) -> None:
        """Hold a message that is under way back for `by` milliseconds more, in all its copies."""
        if not isinstance(by, (int, float)) or not 0 < by < float("inf"):
            raise DslabError(
                f"delay({number}, {by!r}): give the milliseconds to hold it back, more than 0."
            )
        for entry in self._take(number):
            self._put(entry, round(by * 1000))
        self.fault("delay", (number,), f"{self._named(number)} is held back for {by:g} ms")

    def fire(self, node: str, timer: str) -> None:
        """Have a node's pending timer, named by its class, run out now."""
        self.node_named(node)
        for kind, alarm in self._timers[node].items():
            if kind.__name__ == timer:
                self.fault("fire", (node, timer), f"{node}'s {timer} runs out ahead of its time")
                return self._ring(alarm)
        pending = ", ".join(kind.__name__ for kind in self._timers[node])
        raise DslabError(
            f"{node} has no {timer} pending at {self.now:.1f} ms: it has {pending or 'no timer'}."
        )

    def _sent(self, number: int) -> tuple:
        """(sender, receiver, message) of event `number`."""
        if not 0 <= number < len(self._records):
            raise DslabError(
                f"there is no event {number} at {self.now:.1f} ms: the run has "
                f"{len(self._records)} so far, from 0 on."
            )
        _, kind, place, other, _, data, _ = self._records[number]
        if kind != "send":
            raise DslabError(
                f"event {number} is no message but a {kind}: name a message by the number "
                "of its send."
            )
        return place, other, data

    def _named(self, number: int) -> str:
        sender, receiver, message = self._sent(number)
        return f"{show(message)} from {sender} to {receiver}"

    def _take(self, number: int) -> list[tuple]:
        """Take a message's copies off the queue, the first due first."""
        _, receiver, _ = self._sent(number)
        queue = self.env._queue
        found = sorted(
            (entry for entry in queue if self._carries(entry, number)), key=lambda entry: entry[:3]
        )
        if not found:
            state = (
                f"may be waiting at {receiver}, which is paused"
                if receiver in self._paused
                else "has arrived or is lost"
            )
            raise DslabError(
                f"message {number}, {self._named(number)}, is not under way at "
                f"{self.now:.1f} ms: it {state}."
            )
        queue[:] = [
            entry for entry in queue if not self._carries(entry, number)
        ]  # In place: simpy and the network hold this list.
        heapify(queue)
        return found

    @staticmethod
    def _carries(entry: tuple, number: int) -> bool:
        return (
            entry[7] if entry[3] is None else getattr(entry[3], "message_number", None)
        ) == number

    def _put(self, entry: tuple, later: int) -> None:
        """Put a copy back on the queue, due `later` µs later."""
        due, _, _, event, *message = entry
        if event is None:
            self.network.post_after(due, later, *message)
        else:
            self.env.schedule(event, NORMAL, due + later - self.env.now)

    def _chance(self, purpose: str) -> Random:
        """A stream of chance for one purpose, which moves no other."""
        return Random(f"{self.seed}/{purpose}")
