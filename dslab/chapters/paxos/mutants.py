"""Paxos for one value with one bug.

Each class says what it does wrong; `breaks` names the property.
"""

from dslab.learn.mutants import Explorer, Nothing, Simulator, planted_in
from dslab.protocols.paxos import Accept, Accepted, Paxos, Promise, Proposal
from dslab.values import Map

__all__ = ["AnswersAgain", "MUTANTS"]


class AnswersAgain(Paxos):
    """No bug: an acceptor that is asked again with the number that it has promised answers again.
    Two bugs below need it to show, for an acceptor that promises each number once lets only one
    proposer use it.
    """

    def on_Prepare(self, proposer, m):
        if m.number == self.promised:
            self.tell(proposer, Promise(m.number, self.accepted))
        else:
            super().on_Prepare(proposer, m)


class PromiseNotPersisted(Paxos):
    """Forgets in a crash what it promised."""

    breaks = "agreement"
    killed_by = Explorer("proposers crash")
    durable = "accepted", "round"


class AcceptedNotPersisted(Paxos):
    """Forgets in a crash what it accepted."""

    breaks = "agreement"
    killed_by = Explorer("proposers crash")
    durable = "promised", "round"


class AcceptsBelowPromise(Paxos):
    """Accepts whatever it is asked to, whatever it promised."""

    breaks = "agreement"
    killed_by = Explorer("two proposers")

    def on_Accept(self, proposer, m):
        self.accepted = m.proposal
        self.tell_all(Accepted(m.proposal))


class IgnoresReported(Paxos):
    """Proposes its own value although a promise reported another."""

    breaks = "agreement"
    killed_by = Explorer("two proposers")

    def safe_value(self):
        return self.value


class SharedNumbers(AnswersAgain):
    """Numbers proposals by the round alone, so two proposers may use the same one."""

    breaks = "agreement"
    killed_by = Explorer("two proposers")

    def next_number(self):
        return super().next_number()[0], ""


class ReusesNumber(AnswersAgain):
    """Forgets in a crash which numbers it has used, and counts from what it remembers."""

    breaks = "agreement"
    killed_by = Nothing(
        "the proposer is an acceptor too, and its own acceptor has the old proposal on disk and "
        "reports it",
        tried="proposer again",
    )
    durable = "promised", "accepted"

    def next_number(self):
        self.round += 1
        return self.round, self.id


class HalfQuorum(Paxos):
    """Calls n // 2 a majority."""

    breaks = "agreement"
    killed_by = Explorer("two proposers")

    def quorum(self):
        return (len(self.peers) + 1) // 2


class CountsTwice(Paxos):
    """Counts acceptances and not acceptors, so a repeated message is a second acceptor."""

    breaks = "agreement"
    killed_by = Explorer("proposers repeat")

    def on_Accepted(self, acceptor, m):
        known = self.accepts.get(m.proposal.number, frozenset())
        super().on_Accepted(f"{acceptor} again" if acceptor in known else acceptor, m)


class SkipsPhase1(Paxos):
    """Proposes without asking what was accepted before: what a new leader does that fills holes in
    its log without phase 1.
    """

    breaks = "agreement"
    killed_by = Explorer("two proposers")

    def prepare(self):
        self.number, self.promises = self.next_number(), Map()
        self.tell_all(Accept(Proposal(self.number, self.value)))


class NoBackOff(Paxos):
    """Tries again at once when it is refused, and so do the others."""

    breaks = "progress"
    killed_by = Simulator("nothing is chosen although no fault goes on")
    retry = 5, 5

    def on_Refused(self, acceptor, m):
        before = self.number
        super().on_Refused(acceptor, m)
        if self.number != before and self.chosen is None:
            self.prepare()


#: Every bug, by its class name.
MUTANTS = planted_in(globals(), Paxos)
