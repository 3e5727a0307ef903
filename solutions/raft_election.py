"""12.1 Raft, leader election: a reference answer, and one that is written in another way."""

from dslab.node import Node
from dslab.protocols.raft import (
    Appended,
    AppendEntries,
    ElectionTimeout,
    Heartbeat,
    RequestVote,
    Vote,
)
from dslab.values import Map, majority


class MyRaft(Node):
    current_term: int = 0
    voted_for: str | None = None
    log: tuple = ()
    role: str = "follower"
    votes: frozenset = frozenset()
    durable = "current_term", "voted_for", "log"

    def on_start(self):
        self.wait_for_leader()

    def wait_for_leader(self):
        self.set_timer(ElectionTimeout(), 150, 300)

    def on_ElectionTimeout(self):
        self.current_term += 1
        self.role, self.voted_for, self.votes = "candidate", self.id, frozenset({self.id})
        self.wait_for_leader()
        self.broadcast(RequestVote(self.current_term, *self.end_of_log()))

    def on_RequestVote(self, candidate, m):
        self.observe(m.term)
        index, term = self.end_of_log()
        granted = (
            m.term == self.current_term
            and self.voted_for in (None, candidate)
            and (m.last_log_term, m.last_log_index) >= (term, index)
        )
        if granted:
            self.voted_for = candidate
            self.wait_for_leader()
        self.send(candidate, Vote(self.current_term, granted))

    def on_Vote(self, voter, m):
        self.observe(m.term)
        if self.role == "candidate" and m.granted and m.term == self.current_term:
            self.votes |= {voter}
            if len(self.votes) >= majority(len(self.peers) + 1):
                self.role = "leader"
                self.cancel_timer(ElectionTimeout)
                self.on_Heartbeat()

    def on_Heartbeat(self):
        self.broadcast(AppendEntries(self.current_term, *self.end_of_log(), (), 0))
        self.set_timer(Heartbeat(), 50)

    def on_AppendEntries(self, leader, m):
        self.observe(m.term)
        if m.term == self.current_term:
            self.role = "follower"
            self.wait_for_leader()
        self.send(leader, Appended(self.current_term, m.term == self.current_term, 0))

    def on_Appended(self, follower, m):
        self.observe(m.term)

    def observe(self, term):
        if term > self.current_term:
            self.current_term, self.voted_for, self.votes = term, None, frozenset()
            if self.role == "leader":
                self.cancel_timer(Heartbeat)
                self.wait_for_leader()
            self.role = "follower"

    def end_of_log(self):
        return len(self.log), self.log[-1].term if self.log else 0


answer = MyRaft


class Elector(Node):
    """One handler for whatever has a term, votes in a Map, no role: a leader is who has `leading`
    set, a candidate who has `ballots`. A heartbeat doesn't set the election timer again: it notes
    that somebody spoke, and the timer looks at the note.
    """

    log: tuple = ()
    epoch: int = 0
    choice: Map = Map()
    durable = "log", "epoch", "choice"

    ballots: Map | None = None
    leading: bool = False
    spoken: bool = False

    def on_start(self):
        self.set_timer(ElectionTimeout(), 200, 400)

    def end(self):
        return (self.log[-1].term, len(self.log)) if self.log else (0, 0)

    def heard(self, term):
        """Whether a message of this term is to be taken seriously."""
        if term > self.epoch:
            self.epoch, self.ballots, self.leading = term, None, False
        return term == self.epoch

    def on_ElectionTimeout(self):
        self.set_timer(ElectionTimeout(), 200, 400)
        if self.spoken or self.leading:
            self.spoken = False
            return
        self.epoch += 1
        self.choice = Map({self.epoch: self.id})
        self.ballots = Map({peer: False for peer in self.peers}) | {self.id: True}
        term, length = self.end()
        for peer in self.peers:
            self.send(peer, RequestVote(term=self.epoch, last_log_index=length, last_log_term=term))

    def on_RequestVote(self, candidate, m):
        if not self.heard(m.term) or (m.last_log_term, m.last_log_index) < self.end():
            self.send(candidate, Vote(self.epoch, False))
            return
        chosen = self.choice.get(m.term, candidate)
        self.choice = Map({m.term: chosen})
        self.spoken = self.spoken or chosen == candidate
        self.send(candidate, Vote(self.epoch, chosen == candidate))

    def on_Vote(self, voter, m):
        if self.heard(m.term) and m.granted and self.ballots is not None:
            self.ballots |= {voter: True}
            if not self.leading and 2 * sum(self.ballots.values()) > len(self.peers) + 1:
                self.leading, self.ballots = True, None
                self.on_Heartbeat()

    def on_Heartbeat(self):
        if self.leading:
            self.set_timer(Heartbeat(), 60)
            term, length = self.end()
            self.broadcast(AppendEntries(self.epoch, length, term, (), 0))

    def on_AppendEntries(self, leader, m):
        if self.heard(m.term):
            self.ballots, self.spoken = None, True
        self.send(leader, Appended(self.epoch, m.term == self.epoch, 0))

    def on_Appended(self, follower, m):
        self.heard(m.term)


others = {"without roles": Elector}
