"""One message or one timer, chosen by hand: what a reader does who points at an arrow.

A message is named by the number of its `send` in the trace. That number stays the same when
something is done later in the run, since nothing before it changes.
"""

from random import Random

from dslab.errors import DslabError
from dslab.sim.clock import UnderWay
from dslab.values import show

__all__ = ["ByHand"]


class ByHand:
    """What can be done to single messages and timers of a `Cluster`."""

    def drop(self, number: int) -> None:
        """Lose a message that is under way, in all its copies."""
        for copy in self._take(number):
            self.record("lose", copy.receiver, copy.sender, number, "dropped")

    def deliver(self, number: int) -> None:
        """Have a message that is under way arrive now; of two copies the one that is due first."""
        first, *others = self._take(number)
        for copy in others:
            self.env.put(copy)
        self.fault("deliver", (number,), f"{self._named(number)} arrives ahead of its time")
        self._deliver(*first[1:5], altered=first.altered)

    def duplicate(self, number: int) -> None:
        """Send one more copy of a message, which may have arrived long ago."""
        sender, receiver, message = self._sent(number)
        if sender in self.clients:
            self.clients[sender].copied(message)
        self.fault("duplicate", (number,), f"{self._named(number)} is on its way once more")
        # A stream of chance of its own: the messages after it take as long as they would have.
        random = self._chance(f"copy of {number} at {self.env.now}").random
        wait = self.network.takes(sender, receiver, random)
        self.env.post(self.env.now + wait, sender, receiver, message, number)

    def delay(self, number: int, by: float) -> None:
        """Hold a message that is under way back for `by` milliseconds more, in all its copies."""
        if not isinstance(by, (int, float)) or not 0 < by < float("inf"):
            raise DslabError(
                f"delay({number}, {by!r}): give the milliseconds to hold it back, more than 0."
            )
        for copy in self._take(number):
            self.env.put(copy._replace(due=copy.due + round(by * 1000)))
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

    def oldest(self, sender: str, receiver: str, kind: str | None = None) -> int:
        """The number of the oldest message under way on a link, or the oldest of a class by its
        name. Raises DslabError where there is none.
        """
        numbers = [
            copy.number
            for copy in self.env.under_way()
            if (copy.sender, copy.receiver) == (sender, receiver)
            and kind in (None, type(self._sent(copy.number)[2]).__name__)
        ]
        if not numbers:
            raise DslabError(
                f"no {kind or 'message'} from {sender} to {receiver} is under way at "
                f"{self.now:.1f} ms."
            )
        return min(numbers)

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

    def _take(self, number: int) -> list[UnderWay]:
        """Take a message's copies off the queue, the first due first."""
        _, receiver, _ = self._sent(number)
        found = self.env.take(number)
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
        return found

    def _chance(self, purpose: str) -> Random:
        """A stream of chance for one purpose, which moves no other."""
        return Random(f"{self.seed}/{purpose}")
