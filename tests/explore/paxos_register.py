"""A register on Paxos for one value, as actors: the example `paxos.rs` of Stateright, in the form
of this book's nodes.

It is here for its count: with two clients that each write and then read, and three servers, a
network without order or repetition has 16,668 states.
"""

from dslab.check.models import Register
from dslab.explore.clients import caller
from dslab.explore.nodes import Nodes
from dslab.node import Message, Node, Reply
from dslab.values import Map, majority


class Prepare(Message):
    ballot: tuple


class Prepared(Message):
    ballot: tuple
    accepted: tuple


class Accept(Message):
    ballot: tuple
    proposal: tuple


class Accepted(Message):
    ballot: tuple


class Decided(Message):
    ballot: tuple
    proposal: tuple


class PaxosRegister(Node):
    """Any server leads a ballot when asked to write; the first value to be decided stays."""

    ballot: tuple = (0, "s0")
    proposal: tuple = ()
    prepared: Map = Map()
    accepts: frozenset = frozenset()
    accepted: tuple = ()
    decided: bool = False

    def on_Request(self, client, m):
        if self.decided and m.f == "read":
            self.send(client, Reply(m.id, self.accepted[1][2]))
        elif not self.decided and m.f == "write" and not self.proposal:
            self.proposal = m.id, client, m.value
            self.ballot = self.ballot[0] + 1, self.id
            self.prepared, self.accepts = Map({self.id: self.accepted}), frozenset()
            self.broadcast(Prepare(self.ballot))

    def on_Prepare(self, leader, m):
        if not self.decided and self.ballot < m.ballot:
            self.ballot = m.ballot
            self.send(leader, Prepared(m.ballot, self.accepted))

    def on_Prepared(self, acceptor, m):
        if self.decided or m.ballot != self.ballot:
            return
        self.prepared |= {acceptor: m.accepted}
        if len(self.prepared) == majority((self.id, *self.peers)):
            last = max(self.prepared.values())
            self.proposal = last[1] if last else self.proposal
            self.accepted = m.ballot, self.proposal
            self.accepts |= {self.id}
            self.broadcast(Accept(m.ballot, self.proposal))

    def on_Accept(self, leader, m):
        if not self.decided and self.ballot <= m.ballot:
            self.ballot, self.accepted = m.ballot, (m.ballot, m.proposal)
            self.send(leader, Accepted(m.ballot))

    def on_Accepted(self, acceptor, m):
        if self.decided or m.ballot != self.ballot:
            return
        self.accepts |= {acceptor}
        if len(self.accepts) == majority((self.id, *self.peers)):
            self.decided = True
            self.broadcast(Decided(m.ballot, self.proposal))
            self.send(self.proposal[1], Reply(self.proposal[0]))

    def on_Decided(self, leader, m):
        if not self.decided:
            self.ballot, self.accepted, self.decided = m.ballot, (m.ballot, m.proposal), True


def linearizable(view):
    return view.seen.linearizable(Register)


def value_chosen(view):
    """A client is about to read what was written."""
    return any(
        isinstance(message, Reply) and message.value is not None for _, _, message in view.messages
    )


def paxos_register(server=PaxosRegister, **more):
    return Nodes(
        {
            "s0": server,
            "s1": server,
            "s2": server,
            "c3": caller(("s0", "write", None, "A"), ("s1", "read")),
            "c4": caller(("s1", "write", None, "B"), ("s2", "read")),
        },
        invariants=[linearizable],
        goals=[value_chosen],
        **more,
    )
