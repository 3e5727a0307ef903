"""A replicated register without a leader: any node takes any client's call.

Attiya, Bar-Noy and Dolev, "Sharing Memory Robustly in Message-Passing Systems",
JACM 42(1), 1995, in the form for several writers (Lynch and Shvartsman, FTCS 1997).
Two forms:
- `QuorumRegister` asks a majority. Linearizable, and a node that reaches no
  majority answers nobody.
- `AvailableRegister` answers from its own copy and spreads writes when it can; the
  write with the greatest version wins. Every node that runs answers every call, and
  answers may be stale. Once messages arrive, all copies become equal.
"""

from typing import Any

from dslab.node import Message, Node, Reply, Timer
from dslab.values import Map, Value, majority

__all__ = [
    "Answer",
    "AvailableRegister",
    "Gossip",
    "GossipDue",
    "Query",
    "QuorumRegister",
    "Retry",
    "Store",
    "Stored",
    "Version",
]

RETRY = 50
#: A call that has found no majority after so many rounds of questions is refused:
#: nothing was written yet.
PATIENCE = 5
GOSSIP = 50


class Version(Value):
    """Which of two writes is later: the greater `counter`, and between equals the
    greater node name.
    """

    counter: int = 0
    writer: str = ""

    def __lt__(self, other):
        return (self.counter, self.writer) < (other.counter, other.writer)


class Query(Message):
    """Phase 1: what do you have under `key`?"""

    call: int
    key: Any


class Answer(Message):
    """This version and value."""

    call: int
    version: Version
    value: Any


class Store(Message):
    """Phase 2: keep this, unless you have a later version."""

    call: int
    key: Any
    version: Version
    value: Any


class Stored(Message):
    """Kept, or already had a later one."""

    call: int


class Retry(Timer):
    """Time to repeat what has not been answered."""


class Call(Value):
    """A client's call that this node carries out: who asked, the phase's message,
    and who has answered it.

    `best` is the greatest version found in phase 1, with its value; `tries` counts
    the rounds of questions.
    """

    client: str
    id: int
    f: str
    value: Any
    message: Message
    answered: frozenset[str] = frozenset()
    best: tuple = (Version(), None)
    tries: int = 0


class QuorumRegister(Node):
    """Reads and writes by majorities; a reader writes back what it found."""

    name = "quorum-register"

    copies: Map = Map()  # key → (version, value)
    last_call: int = 0
    last_counter: int = 0
    durable = "copies", "last_call", "last_counter"

    calls: Map = Map()  # number → Call

    def on_Request(self, client, m):
        """read/get or write/put a key: begin with phase 1."""
        if m.f not in ("read", "get", "write", "put"):
            self.send(client, Reply(m.id, error="not-supported"))
            return
        self.last_call += 1
        self.ask_all(
            self.last_call,
            Call(client, m.id, m.f, m.value, Query(self.last_call, m.key)),
        )

    def ask_all(self, number, call):
        """Send the phase's message to every replica, oneself included, and repeat
        it until a majority has answered.
        """
        self.calls |= {number: call}
        self.broadcast(call.message)
        self.send(self.id, call.message)
        self.set_timer(Retry(), RETRY)

    def on_Query(self, coordinator, m):
        """Phase 1: say which version of the key this node has."""
        self.send(
            coordinator, Answer(m.call, *self.copies.get(m.key, (Version(), None)))
        )

    def on_Answer(self, replica, m):
        """Keep the greatest version; after a majority's answers begin phase 2."""
        call = self.calls.get(m.call)
        if call is None or not isinstance(call.message, Query):
            return
        best = max(
            call.best,
            (m.version, m.value),
            key=lambda pair: (pair[0].counter, pair[0].writer),
        )
        call = change(call, answered=call.answered | {replica}, best=best)
        self.calls |= {m.call: call}
        if len(call.answered) >= majority(self.replicas()):
            self.write_back(m.call, call)

    def write_back(self, number, call):
        """Phase 2: a read writes back, so that no later read finds less."""
        version, value = call.best
        if call.f in ("write", "put"):
            version, value = self.later_than(version), call.value
        store = Store(number, call.message.key, version, value)
        self.ask_all(
            number,
            change(
                call, message=store, answered=frozenset(), best=(version, value)
            ),
        )

    def later_than(self, version):
        """A version greater than `version`, and one that this node has never given
        out: it may have two writes open.
        """
        self.last_counter = max(self.last_counter, version.counter) + 1
        return Version(self.last_counter, self.id)

    def on_Store(self, coordinator, m):
        """Phase 2: keep the version if it is later, and say so."""
        self.keep(m.key, m.version, m.value)
        self.send(coordinator, Stored(m.call))

    def on_Stored(self, replica, m):
        """Answer the client once a majority has stored it."""
        call = self.calls.get(m.call)
        if call is None or not isinstance(call.message, Store):
            return
        call = change(call, answered=call.answered | {replica})
        self.calls |= {m.call: call}
        if len(call.answered) >= majority(self.replicas()):
            self.calls = self.calls.without(m.call)
            self.send(
                call.client,
                Reply(call.id, call.best[1] if call.f in ("read", "get") else None),
            )

    def on_Retry(self):
        """Ask those again who are silent; give up a call without a majority."""
        for number, call in self.calls.items():
            if isinstance(call.message, Query) and call.tries >= PATIENCE:
                self.calls = self.calls.without(number)
                self.send(call.client, Reply(call.id, error="unavailable"))
                continue
            self.calls |= {number: change(call, tries=call.tries + 1)}
            for replica in self.replicas():
                if replica not in call.answered:
                    self.send(replica, call.message)
        if self.calls:
            self.set_timer(Retry(), RETRY)

    def keep(self, key, version, value):
        """Store a version unless a later one is there."""
        if self.copies.get(key, (Version(), None))[0] < version:
            self.copies |= {key: (version, value)}

    def replicas(self):
        """All nodes, this one included."""
        return self.peers + (self.id,)


class GossipDue(Timer):
    """Time to tell the others what one has."""


class Gossip(Message):
    """All copies of the sender."""

    copies: Map


class AvailableRegister(QuorumRegister):
    """Every call is answered from the node's own copy, at once; the greatest
    version spreads and wins.
    """

    name = "available-register"

    def on_start(self):
        """Begin to gossip."""
        self.set_timer(GossipDue(), GOSSIP)

    def on_Request(self, client, m):
        """read/get or write/put a key: answered at once."""
        version, value = self.copies.get(m.key, (Version(), None))
        match m.f:
            case "read" | "get":
                self.send(client, Reply(m.id, value))
            case "write" | "put":
                self.keep(m.key, self.later_than(version), m.value)
                self.broadcast(Gossip(self.copies))
                self.send(client, Reply(m.id))
            case _:
                self.send(client, Reply(m.id, error="not-supported"))

    def on_GossipDue(self):
        """Send all copies to all."""
        self.broadcast(Gossip(self.copies))
        self.set_timer(GossipDue(), GOSSIP)

    def on_Gossip(self, sender, m):
        """Keep what is later."""
        for key, (version, value) in m.copies.items():
            self.keep(key, version, value)


def change(call: Call, **fields) -> Call:
    """`call` with some fields replaced."""
    return Call(**{**vars(call), **fields})
