"""Paxos for one value: the synod.

Lamport, "Paxos Made Simple", ACM SIGACT News 32(4), 2001.

Names are the paper's. Every node is a proposer, an acceptor and a learner at once,
as in section 2.5, and what it says to itself arrives at once. What differs, and
why:
- A proposal's number is a pair of a round and the proposer's name: so the sets of
  numbers are disjoint (section 2.2).
- An acceptor that ignores a request tells its proposer, who abandons its proposal
  (the optimisation of section 2.3).
- There is no distinguished proposer. Whoever was refused, or hears nothing, waits a
  time drawn from a range and tries again, which ends a duel with probability 1
  (section 2.4).
- A client's request is `propose`, and the answer to it is the value that was
  chosen, which may be another's.
"""

from typing import Any

from dslab.node import Message, Node, Reply, Timer
from dslab.values import Map, Value, majority

__all__ = [
    "Accept",
    "Accepted",
    "Paxos",
    "Prepare",
    "Promise",
    "Proposal",
    "Refused",
    "Retry",
    "agreement",
]


class Proposal(Value):
    """A value with the number under which it was proposed."""

    number: tuple[int, str]
    value: Any


class Prepare(Message):
    """Phase 1 (a): a request to accept nothing below `number` any more, and to say
    what was accepted.
    """

    number: tuple[int, str]


class Promise(Message):
    """Phase 1 (b): the promise, with the proposal of the highest number that the
    acceptor has accepted, if there is one.
    """

    number: tuple[int, str]
    accepted: Proposal | None


class Accept(Message):
    """Phase 2 (a): a request to accept this proposal."""

    proposal: Proposal


class Accepted(Message):
    """Phase 2 (b): what an acceptor tells all learners."""

    proposal: Proposal


class Refused(Message):
    """The request with `number` was ignored: the acceptor promised `promised`."""

    number: tuple[int, str]
    promised: tuple[int, str]


class Retry(Timer):
    """Nothing was chosen for too long, or a higher proposal is on its way: try with
    a higher number.
    """


def agreement(view):
    """No two servers learn different values (section 2.1)."""
    return len({node.chosen for node in view if node.chosen is not None}) <= 1


class Paxos(Node):
    """One node: proposer, acceptor and learner."""

    name = "paxos"
    rules = (agreement,)

    # Milliseconds: several round trips, and a range wide enough for one proposer to
    # be done before another tries.
    retry = 50, 200

    # On stable storage before any message is answered (section 2.5), the proposer's
    # last round too.
    promised: tuple[int, str] = (0, "")
    accepted: Proposal | None = None
    round: int = 0
    durable = "promised", "accepted", "round"

    # The proposer's: its clients' value, the number of the proposal that it is
    # trying, and who promised what.
    value: Any = None
    number: tuple[int, str] | None = None
    promises: Map = Map()
    waiting: Map = Map()

    # The learner's: who accepted each proposal, and what was chosen.
    accepts: Map = Map()
    chosen: Any = None

    def on_Request(self, client, m):
        """propose a value.

        The answer, once there is one, is the value that was chosen.
        """
        if m.f != "propose":
            self.send(client, Reply(m.id, error="not-supported"))
        elif self.chosen is not None:
            self.send(client, Reply(m.id, self.chosen))
        else:
            self.waiting |= {client: m.id}
            if self.value is None:
                self.value = m.value
                self.prepare()

    # Phase 1, section 2.2.

    def prepare(self):
        """Choose a new number, and ask for promises."""
        self.number, self.promises = self.next_number(), Map()
        self.set_timer(Retry(), *self.retry)
        self.tell_all(Prepare(self.number))

    def next_number(self):
        """Higher than any that it has tried or promised."""
        self.round = max(self.round, self.promised[0]) + 1
        return self.round, self.id

    def on_Prepare(self, proposer, m):
        """Phase 1 (b): promise, unless a number as high was promised before."""
        if m.number > self.promised:
            self.promised = m.number
            self.tell(proposer, Promise(m.number, self.accepted))
        else:
            self.tell(proposer, Refused(m.number, self.promised))

    def on_Promise(self, acceptor, m):
        """Phase 2 (a): ask for acceptance once a majority has promised."""
        if m.number == self.number and len(self.promises) < self.quorum():
            self.promises |= {acceptor: m.accepted}
            if len(self.promises) == self.quorum():
                self.tell_all(Accept(Proposal(self.number, self.safe_value())))

    def safe_value(self):
        """The value of the highest-numbered proposal among the answers, or any
        where there is none: then its own.
        """
        reported = [
            proposal for proposal in self.promises.values() if proposal is not None
        ]
        return (
            max(reported, key=lambda proposal: proposal.number).value
            if reported
            else self.value
        )

    # Phase 2.

    def on_Accept(self, proposer, m):
        """Phase 2 (b): accept, unless a higher number was promised since."""
        if m.proposal.number >= self.promised:
            self.promised, self.accepted = m.proposal.number, m.proposal
            self.tell_all(Accepted(m.proposal))
        else:
            self.tell(proposer, Refused(m.proposal.number, self.promised))

    def on_Accepted(self, acceptor, m):
        """A proposal that a majority has accepted is chosen (section 2.3)."""
        self.accepts |= {
            m.proposal.number: self.accepts.get(m.proposal.number, frozenset())
            | {acceptor}
        }
        if (
            self.chosen is None
            and len(self.accepts[m.proposal.number]) >= self.quorum()
        ):
            self.chosen = m.proposal.value
            self.cancel_timer(Retry)
            for client, id in self.waiting.items():
                self.send(client, Reply(id, self.chosen))
            self.waiting = Map()

    # Progress, section 2.4.

    def on_Refused(self, acceptor, m):
        """Abandon the proposal; the next number is higher than the promised one."""
        if m.number == self.number and m.promised > m.number:
            self.round, self.number = max(self.round, m.promised[0]), None

    def on_Retry(self):
        """Propose again, unless it is known what was chosen."""
        if self.chosen is None:
            self.prepare()

    def quorum(self):
        """How many acceptors make a majority."""
        return majority((self.id, *self.peers))

    def tell_all(self, message):
        """Send `message` to every node, oneself included."""
        for name in sorted((self.id, *self.peers)):
            self.tell(name, message)

    def tell(self, name, message):
        """Send `message` to node `name`; to oneself it comes at once."""
        if name == self.id:
            self.receive(name, message)
        else:
            self.send(name, message)
