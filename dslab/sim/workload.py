"""Clients: they call, wait, are sent on to the leader, give up, and remember what they saw."""

from dslab.errors import DslabError
from dslab.node import Request
from dslab.values import show

__all__ = ["Client"]

#: Errors that name another node to ask; the call was not executed, so it may be repeated.
REDIRECTS = ("not-leader",)


class Client:
    """One client of a cluster, with one call open at a time.

    A call that gets no answer in `timeout` milliseconds ends with an unknown outcome. The client
    then goes on under a new process number, since the old call may still take effect.
    """

    def __init__(self, cluster, name: str, process: int):
        self.cluster = cluster
        self.name = name
        self.process = process
        self.contact: str | None = None
        self._next_id = 1
        self._open = None

    @property
    def idle(self) -> bool:
        """Whether no call is open."""
        return self._open is None

    # Each returns an event: `yield` it in a script, or let `cluster.run(until=event)` wait for it.
    # Its value is the reply.

    def read(self, key=None, **where):
        return self.call("read", key, **where)

    def write(self, key, value, **where):
        return self.call("write", key, value, **where)

    def cas(self, key, old, new, **where):
        return self.call("cas", key, (old, new), **where)

    def call(self, f: str, key=None, value=None, *, to: str | None = None, timeout: float = 1000):
        """Start operation `f`; `to` names the node to ask and no other, `timeout` is in
        milliseconds.

        The event's value is (outcome, value or error): ("ok", 3), ("fail", "not-leader") or
        ("info", "timeout").
        """
        cluster = self.cluster
        if self._open is not None:
            raise DslabError(
                f"{self.name} already has a call open: wait for it, or use another client."
            )
        if to is not None:
            cluster.node_named(to)
        request = Request(self._next_id, f, key, value)
        try:
            hash(request)
        except TypeError:
            raise DslabError(
                f"{f} {show(key)} {show(value)} is mutable: give keys and values that "
                "can't change, "
                "such as numbers, strings and tuples."
            ) from None
        limit = cluster.after(timeout)
        self._next_id += 1
        call = self._open = _Call(
            request,
            cluster.env.event(),
            to,
            cluster.record("invoke", self.name, data=(self.process, f, key, value)),
        )
        self._ask(call, to or self.contact or cluster.choose(cluster.names))
        limit.callbacks.append(lambda _: self._give_up(call))
        return call.done

    def receive(self, sender: str, reply) -> None:
        """Handle a reply; one that answers no open call is passed over, as a real client would."""
        call = self._open
        if call is None or reply.id != call.request.id:
            return
        if reply.error in REDIRECTS and call.to is None:
            self.contact = reply.leader
            others = [name for name in self.cluster.names if name != sender]
            target = reply.leader or self.cluster.choose(others or self.cluster.names)
            # A moment's pause, so that an election is not met with a storm of retries.
            self.cluster.later(10, lambda: self._open is call and self._ask(call, target))
        elif reply.error is not None:
            self._finish(call, "fail", reply.error)
        else:
            self.contact = sender
            self._finish(call, "ok", reply.value)

    def _ask(self, call, target: str) -> None:
        self.cluster.post(self.name, target, call.request)

    def _give_up(self, call) -> None:
        if self._open is call:
            self.contact = None
            self._finish(call, "info", "timeout")
            self.process = self.cluster.new_process()

    def _finish(self, call, outcome: str, data) -> None:
        self._open = None
        self.cluster.record(outcome, self.name, ref=call.invoked, data=data)
        call.done.succeed((outcome, data))


class _Call:
    __slots__ = ("request", "done", "to", "invoked")

    def __init__(self, request, done, to, invoked):
        self.request, self.done, self.to, self.invoked = request, done, to, invoked
