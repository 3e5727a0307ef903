"""Schedules in which clients call: the steps of `dslab.explore.schedule`, and three more.

| step                                     | what happens                                        |
|------------------------------------------|-----------------------------------------------------|
| ("write", node, value)                   | the client beside a node asks it to write           |
| ("read", node)                           | the same client reads there                         |
| ("call", client, f, key?, value?, node?) | any client calls anything; of the first node,       |
|                                          | unless another is given                             |

A request is handled in the step that makes it, and an answer arrives with the step that gives it.
So of all runs with these answers it is the one in which the fewest calls overlap: whatever a slow
link to a client could hide is seen here. What a node sends to itself arrives at once as well.
"""

from collections.abc import Iterable
from typing import Any

from dslab.explore.schedule import Stepper
from dslab.node import Reply, Request

__all__ = ["Calling", "beside"]

#: How many messages a node may send to itself in a row; more have no end.
TO_ITSELF = 300


def beside(node: str, names: tuple[str, ...]) -> str:
    """The client that stands beside a node: c1 beside the first."""
    return f"c{names.index(node) + 1}"


class Calling(Stepper):
    """A Stepper whose clients call: one beside each node, and `more` of them.

    about   the key that reads and writes are about, unless they say.
    """

    calls = True

    def __init__(self, node_class, names: Iterable[str], about: Any = None, more: int = 0):
        names = tuple(names)
        clients = [f"c{place}" for place in range(1, len(names) + more + 1)]
        super().__init__(node_class, names, clients=clients, lenient=True, strict=False)
        self.trace.unit = "step"
        self.about = about
        #: Each open call's process in the history, and the number of its record.
        self.open: dict[tuple[str, int], tuple[int, int]] = {}
        self.ids = dict.fromkeys(clients, 0)

    def _read(self, to, key=None, client=None):
        return self._call(client or beside(to, self.names), "read", key or self.about, None, to)

    def _write(self, to, value, key=None, client=None):
        return self._call(client or beside(to, self.names), "write", key or self.about, value, to)

    def _call(self, client, f, key=None, value=None, to=None):
        to = to or self.names[0]
        if self.nodes[to] is None:
            return False
        self.ids[client] += 1
        request = Request(self.ids[client], f, key, value)
        taken = {process for process, _ in self.open.values()}
        process = next(number for number in range(len(taken) + 1) if number not in taken)
        invoked = self._record("invoke", client, data=(process, f, key, value))
        self.open[client, request.id] = process, invoked
        number = self._record("send", client, to, None, request)
        self.handled[client, to, "Request"] = number, request
        self._handle(to, "receive", client, request, ref=number)
        return True

    def _handle(self, name, what, sender, message=None, ref=None):
        self._handle_and_answer(name, what, sender, message, ref)
        for _ in range(TO_ITSELF):
            if not self.pending.get((name, name)):
                break
            number, message = self.pending[name, name].pop(0)
            self._handle_and_answer(name, "receive", name, message, number)

    def _handle_and_answer(self, name, what, sender, message, ref):
        before = len(self.trace.records)
        super()._handle(name, what, sender, message, ref)
        for _, kind, place, receiver, _, message, _ in self.trace.records[before:]:
            if (kind, place) != ("send", name) or not isinstance(message, Reply):
                continue
            if call := self.open.pop((receiver, message.id), None):
                done = "ok" if message.error is None else "fail"
                data = message.value if message.error is None else message.error
                self._record(done, receiver, None, call[1], data)
