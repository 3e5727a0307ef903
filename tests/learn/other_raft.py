"""A second correct election, written in another way than `solutions/raft_election.py`.

One handler for whatever has a term, votes in a Map, no role: a leader is who has `leading` set, a
candidate who has `ballots`. A heartbeat doesn't set the election timer again: it notes that
somebody spoke, and the timer looks at the note.
"""

from dslab.node import Node
from dslab.protocols.raft import (
    Appended,
    AppendEntries,
    ElectionTimeout,
    Heartbeat,
    RequestVote,
    Vote,
)
from dslab.values import Map


class Elector(Node):
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
