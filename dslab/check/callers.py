"""Clients as nodes, for an explorer."""

from dslab.node import Node, Request

__all__ = ["Caller", "caller"]


class Caller(Node):
    """A client as a node: it makes its `calls` one after the other. Make a class of it with `caller`."""

    calls = ()
    answered: int = 0

    def on_start(self):
        self.ask()

    def ask(self):
        if self.answered < len(self.calls):
            to, f, key, value = self.calls[self.answered]
            self.send(to, Request(self.answered + 1, f, key, value))

    def on_Reply(self, server, m):
        if m.id == self.answered + 1:
            self.answered = m.id
            self.ask()


def caller(*calls: tuple) -> type[Caller]:
    """A Node class that makes these calls, each (to, f, key, value): the next when the last is answered."""
    return type("Caller", (Caller,), {"calls": tuple((*call, *(None,) * (4 - len(call))) for call in calls)})
