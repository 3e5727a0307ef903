"""Clients: they call, wait, are sent on to the leader, give up, and remember what they saw."""

from typing import NamedTuple

from simpy.events import Event

from dslab.errors import DslabError
from dslab.message import PASSING
from dslab.node import Request
from dslab.values import show

__all__ = ["Client"]

#: Errors that name another node to ask; this copy of the call was not executed, so it may be
#: repeated.
REDIRECTS = ("not-leader",)


class Client:
    """One client of a cluster, with up to `outstanding` calls open at a time.

    A call that gets no answer in `timeout` milliseconds ends with an unknown outcome. So does one
    that is refused for a reason that passes, while there may be a copy of it.

    In the history a client is as many processes as it has calls open: a process has one operation
    at a time (Jepsen's convention), so a call that is made while another is open is a second
    process's. A process whose call is answered makes the next one; after an unknown outcome its
    call may still take effect, and a new process takes its place.

    It numbers its requests from 1 on, unless a call brings an id of its own: an id need only be
    unique among the client's, and ids may come in any order.
    """

    def __init__(self, cluster, name: str, process: int, outstanding: int = 1):
        self.cluster, self.name, self.outstanding = cluster, name, outstanding
        self.contact: str | None = None
        self._ids, self._greatest_id = set(), 0  # Of all its requests so far.
        self._open: dict[int, _Call] = {}  # By the request's id.
        self._free = [process]  # Processes without a call, the one that makes the next one last.
        self._copied: set[int] = set()  # Open calls of which there may be a copy.
        self._refused: set[int] = set()  # Calls that failed because there is no copy.

    @property
    def idle(self) -> bool:
        """Whether it may make a call: fewer than `outstanding` are open."""
        return len(self._open) < self.outstanding

    @property
    def process(self) -> int:
        """The number of the process that makes the next call."""
        if not self._free:
            self._free.append(self.cluster.new_process())
        return self._free[-1]

    # Each returns an event: `yield` it in a script, or let `cluster.run(until=event)` wait for it.
    # Its value is the reply.

    def read(self, key=None, **where):
        """Read a key's value, or the one that there is; `where` as in `call`."""
        return self.call("read", key, **where)

    def write(self, key, value, **where):
        """Write a key's value; `where` as in `call`."""
        return self.call("write", key, value, **where)

    def cas(self, key, old, new, **where):
        """Write `new` where the value is `old`; `where` as in `call`."""
        return self.call("cas", key, (old, new), **where)

    def call(
        self,
        f: str,
        key=None,
        value=None,
        *,
        to: str | None = None,
        timeout: float = 1000,
        id: int | None = None,
    ):
        """Start operation `f`; `to` names the node to ask and no other, `timeout` is in
        milliseconds, and `id` is the request's: one more than the greatest so far where it is None.

        The event's value is (outcome, value or error): ("ok", 3), ("fail", "not-leader") or
        ("info", "timeout"); ("info", "not-leader") where the network may have doubled the request.
        Raises DslabError where no further call may be open, where there is no node `to`, for an id
        that this client has used, and for keys and values that can change.
        """
        cluster = self.cluster
        if not self.idle:
            raise DslabError(
                f"{self.name} already has {_calls(self.outstanding)} open: wait for "
                f"{'it' if self.outstanding == 1 else 'one of them'}, or use another client."
            )
        if to is not None:
            cluster.node_named(to)
        id = self._greatest_id + 1 if id is None else id
        if type(id) is not int or id in self._ids:
            raise DslabError(
                f"id={show(id)}: give a whole number that no other request of {self.name} has."
            )
        request = Request(id, f, key, value)
        try:
            hash(request)
        except TypeError:
            raise DslabError(
                f"{f} {show(key)} {show(value)} is mutable: give keys and values that "
                "can't change, "
                "such as numbers, strings and tuples."
            ) from None
        limit = cluster.after(timeout)
        self._ids.add(id)
        self._greatest_id = max(self._greatest_id, id)
        process = self.process
        self._free.remove(process)
        invoked = cluster.record("invoke", self.name, data=(process, f, key, value))
        call = _Call(request, cluster.env.event(), to, process, invoked)
        self._open[request.id] = call
        self._ask(call, to or self.contact or cluster.choose(cluster.names))
        limit.callbacks.append(lambda _: self._give_up(call))
        return call.done

    def receive(self, sender: str, reply) -> None:
        """Handle a reply; one that answers no open call is passed over, as a real client would."""
        call = self._open.get(reply.id)
        if call is None:
            return
        if reply.error in REDIRECTS and call.to is None:
            self.contact = reply.leader
            others = [name for name in self.cluster.names if name != sender]
            target = reply.leader or self.cluster.choose(others or self.cluster.names)
            # A moment's pause, so that an election is not met with a storm of retries.
            self.cluster.later(10, lambda: self._is_open(call) and self._ask(call, target))
        elif reply.error is not None:
            self._finish(call, self._refusal(call, reply.error), reply.error)
        else:
            self.contact = sender
            self._finish(call, "ok", reply.value)

    def copied(self, request: Request) -> None:
        """Take note that the network makes one more copy of a request.

        Raises DslabError where the call has failed for the reason that there was none.
        """
        if request.id in self._refused:
            raise DslabError(
                f"{self.name} knows that {show(request)} was not done, since nobody else had it: "
                "copy it before it is refused."
            )
        if request.id in self._open:
            self._copied.add(request.id)

    def _refusal(self, call, error: str) -> str:
        """The outcome of a refused call: "fail", or "info" where it may be done all the same.

        A node refuses the copy that it has, and can't speak for others. A leader takes one, steps
        down and refuses the next; or a follower refuses one, is elected and takes the next, which
        no look into its log would have foretold. An error that is the call's own answer is the same
        for each copy, but a passing one is not. Where requests may have been doubled, no client
        knows which copy was refused, how many there were, or how late they are. Without that, each
        node that was asked had one, and has refused it.
        """
        id = call.request.id
        if error not in PASSING:
            return "fail"
        if id in self._copied:
            return "info"
        self._refused.add(id)
        return "fail"

    def _ask(self, call, target: str) -> None:
        if self.cluster.network.duplicate:
            self._copied.add(call.request.id)
        self.cluster.post(self.name, target, call.request)

    def _is_open(self, call) -> bool:
        return self._open.get(call.request.id) is call

    def _give_up(self, call) -> None:
        if self._is_open(call):
            self.contact = None
            self._finish(call, "info", "timeout")

    def _finish(self, call, outcome: str, data) -> None:
        del self._open[call.request.id]
        self._copied.discard(call.request.id)
        self.cluster.record(outcome, self.name, ref=call.invoked, data=data)
        call.done.succeed((outcome, data))
        self._free.append(self.cluster.new_process() if outcome == "info" else call.process)


class _Call(NamedTuple):
    """An open call: its caller waits for the event `done`; `invoked` is its number in the trace."""

    request: Request
    done: Event
    to: str | None
    process: int
    invoked: int


def _calls(count: int) -> str:
    return "a call" if count == 1 else f"{count} calls"
