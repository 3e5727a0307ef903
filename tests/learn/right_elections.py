"""Right elections that are written, or work, in another way than the answers of solutions/."""

from dslab.node import Message, Timer
from dslab.protocols.raft import AppendEntries, ElectionTimeout, Heartbeat, RequestVote, Vote
from dslab.values import Map, majority
from tests.learn.material import solution

MyRaft = solution("raft-election").answer


class AsksItselfToo(MyRaft):
    """A candidate is one of those whom it asks: its own vote comes as a message."""

    def on_ElectionTimeout(self):
        self.current_term += 1
        self.role, self.voted_for, self.votes = "candidate", None, frozenset()
        self.cancel_timer(Heartbeat)  # It may have granted itself its vote twice.
        self.wait_for_leader()
        for server in (self.id, *self.peers):
            self.send(server, RequestVote(self.current_term, *self.end_of_log()))


class VotesByMessage(MyRaft):
    """It votes for itself at once, and counts that vote when its message arrives."""

    def on_ElectionTimeout(self):
        super().on_ElectionTimeout()
        self.votes = frozenset()
        self.send(self.id, Vote(self.current_term, True))


class PreVote(Message):
    term: int
    last_log_index: int
    last_log_term: int


class PreVoted(Message):
    term: int
    granted: bool


class AsksBefore(MyRaft):
    """Pre-vote (Ongaro's thesis, section 9.6): a new term only where a majority would vote for it.
    Who hears from a leader would not.
    """

    heard: bool = False
    before: frozenset = frozenset()

    def on_ElectionTimeout(self):
        self.heard, self.before = False, frozenset({self.id})
        self.wait_for_leader()
        self.broadcast(PreVote(self.current_term + 1, *self.end_of_log()))

    def on_PreVote(self, candidate, m):
        index, term = self.end_of_log()
        fresh = (m.last_log_term, m.last_log_index) >= (term, index)
        granted = fresh and m.term > self.current_term and not self.heard
        self.send(candidate, PreVoted(m.term if granted else self.current_term, granted))

    def on_PreVoted(self, voter, m):
        if not m.granted:
            self.observe(m.term)
        elif m.term == self.current_term + 1 and self.before and self.role != "leader":
            self.before |= {voter}
            if len(self.before) >= majority(len(self.peers) + 1):
                self.before = frozenset()
                super().on_ElectionTimeout()

    def on_AppendEntries(self, leader, m):
        super().on_AppendEntries(leader, m)
        if m.term == self.current_term:
            self.heard, self.before = True, frozenset()


class ChecksItsQuorum(MyRaft):
    """A leader that hears from no majority for a while steps down (thesis, section 6.2)."""

    heard: frozenset = frozenset()

    def on_Vote(self, voter, m):
        before = self.role
        super().on_Vote(voter, m)
        if before != self.role == "leader":
            self.heard = frozenset({self.id})
            self.set_timer(ElectionTimeout(), 300)

    def on_Appended(self, follower, m):
        super().on_Appended(follower, m)
        self.heard |= {follower}

    def on_ElectionTimeout(self):
        if self.role != "leader":
            super().on_ElectionTimeout()
        elif len(self.heard) >= majority(len(self.peers) + 1):
            self.heard = frozenset({self.id})
            self.set_timer(ElectionTimeout(), 300)
        else:
            self.role = "follower"
            self.cancel_timer(Heartbeat)
            self.wait_for_leader()


class FollowsItsLeader(MyRaft):
    """Who hears from a leader takes no notice of candidates until its timeout (section 6)."""

    heard: bool = False

    def on_RequestVote(self, candidate, m):
        if not self.heard:
            super().on_RequestVote(candidate, m)

    def on_AppendEntries(self, leader, m):
        super().on_AppendEntries(leader, m)
        self.heard = m.term == self.current_term

    def on_ElectionTimeout(self):
        self.heard = False
        super().on_ElectionTimeout()


class CountsInAMap(MyRaft):
    """Its votes stand in a Map, refusals among them."""

    answers: Map = Map()

    def on_Vote(self, voter, m):
        self.observe(m.term)
        if m.term == self.current_term and self.role == "candidate":
            self.answers |= {voter: (m.term, m.granted)}
            won = sum(each == (m.term, True) for each in self.answers.values()) + 1
            if won >= majority(len(self.peers) + 1):
                self.votes = frozenset(self.peers)
                super().on_Vote(voter, Vote(m.term, True))


class Alarm(Timer):
    pass


class Beat(Timer):
    pass


class OwnTimers(MyRaft):
    """Timers of its own classes."""

    def wait_for_leader(self):
        self.set_timer(Alarm(), 200, 400)

    def on_Alarm(self):
        self.on_ElectionTimeout()

    def on_Vote(self, voter, m):
        super().on_Vote(voter, m)
        if self.role == "leader":
            self.cancel_timer(Alarm)

    def on_Heartbeat(self):
        super().on_Heartbeat()
        del self.timers[Heartbeat]
        self.set_timer(Beat(), 40)

    def on_Beat(self):
        if self.role == "leader":
            self.on_Heartbeat()

    def observe(self, term):
        if term > self.current_term and self.role == "leader":
            self.cancel_timer(Beat)
        super().observe(term)


class Resend(Timer):
    pass


class AsksAgain(MyRaft):
    """A candidate asks again whoever has not answered."""

    answered: frozenset = frozenset()

    def on_ElectionTimeout(self):
        super().on_ElectionTimeout()
        self.answered = frozenset({self.id})
        self.set_timer(Resend(), 30)

    def on_Vote(self, voter, m):
        super().on_Vote(voter, m)
        self.answered |= {voter}

    def on_Resend(self):
        if self.role == "candidate":
            for peer in self.peers:
                if peer not in self.answered:
                    self.send(peer, RequestVote(self.current_term, *self.end_of_log()))
            self.set_timer(Resend(), 30)


class SaysLittle(MyRaft):
    """Heartbeats that name no entry, and a leader that lets an old Heartbeat run out once."""

    def on_Heartbeat(self):
        if self.role == "leader":
            self.broadcast(AppendEntries(self.current_term, 0, 0, (), 0))
            self.set_timer(Heartbeat(), 50)

    def observe(self, term):
        if term > self.current_term:
            self.current_term, self.voted_for, self.votes = term, None, frozenset()
            if self.role == "leader":
                self.wait_for_leader()
            self.role = "follower"


RIGHT = {
    kind.__name__: kind
    for kind in (
        AsksItselfToo,
        VotesByMessage,
        AsksBefore,
        ChecksItsQuorum,
        FollowsItsLeader,
        CountsInAMap,
        OwnTimers,
        AsksAgain,
        SaysLittle,
    )
}
