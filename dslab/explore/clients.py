"""Clients as nodes, for an explorer."""

from dslab.errors import DslabError
from dslab.node import Node, Request

__all__ = ["Caller", "caller"]


class Caller(Node):
    """A client as a node: it makes its `calls` one after the other. Make a class of it with
    `caller`.
    """

    calls = ()
    answered: int = 0

    def on_start(self):
        """Make the first call."""
        self.ask()

    def ask(self):
        """Make the next call, where one is left."""
        if self.answered < len(self.calls):
            to, f, key, value = self.calls[self.answered]
            self.send(to, Request(self.answered + 1, f, key, value))

    def on_Reply(self, server, m):
        """Go on; what answers an earlier call is passed over."""
        if m.id == self.answered + 1:
            self.answered = m.id
            self.ask()


def caller(*calls: tuple) -> type[Caller]:
    """A Node class that makes these calls, each (to, f, key, value): the next when the last is
    answered. A key or value may be left out.

    Raises DslabError where a call is something else.
    """
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
    return type(
        "Caller", (Caller,), {"calls": tuple((*call, *(None,) * (4 - len(call))) for call in calls)}
    )
