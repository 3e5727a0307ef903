"""Clients as nodes, for an explorer."""

from dslab.errors import DslabError, demand_number
from dslab.node import Node, Request

__all__ = ["Caller", "caller"]


class Caller(Node):
    """A client as a node: it makes its `calls` in their order, with up to `outstanding` of them
    open. Make a class of it with `caller`.
    """

    calls = ()
    outstanding = 1
    answered: frozenset[int] = frozenset()  # Ids of requests: the calls' places, from 1 on.

    def asked(self) -> int:
        """How many calls it has made."""
        return min(len(self.answered) + self.outstanding, len(self.calls))

    def on_start(self):
        """Make the first calls."""
        for id in range(1, self.asked() + 1):
            self.ask(id)

    def ask(self, id):
        """Make the call that has this id."""
        to, f, key, value = self.calls[id - 1]
        self.send(to, Request(id, f, key, value))

    def on_Reply(self, server, m):
        """Go on; what answers a call that isn't open is passed over."""
        asked = self.asked()
        if 1 <= m.id <= asked and m.id not in self.answered:
            self.answered |= {m.id}
            if self.asked() > asked:
                self.ask(self.asked())


def caller(*calls: tuple, outstanding: int = 1) -> type[Caller]:
    """A Node class that makes these calls, each (to, f, key, value), in their order: up to
    `outstanding` are open, and the next is made when one is answered. A key or value may be left
    out.

    Raises DslabError where a call is something else, or `outstanding` no whole number from 1 on.
    """
    demand_number("outstanding", outstanding)
    for call in calls:
        if not (
            isinstance(call, tuple)
            and 2 <= len(call) <= 4
            and all(isinstance(word, str) for word in call[:2])
        ):
            raise DslabError(
                f"caller(…): {call!r} is no call: write (to, f), (to, f, key) or (to, f, "
                'key, value), such as ("n1", "write", "x", 1).'
            )
    padded = tuple((*call, *(None,) * (4 - len(call))) for call in calls)
    return type("Caller", (Caller,), {"calls": padded, "outstanding": outstanding})
