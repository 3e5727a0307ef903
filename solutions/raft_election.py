"""12.1 Raft, leader election: a reference answer."""

from dslab.node import Node
from dslab.protocols.raft import (
    Appended,
    AppendEntries,
    ElectionTimeout,
    Heartbeat,
    RequestVote,
    Vote,
)
from dslab.values import majority


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


answers = {"raft-election": MyRaft}

votes = [
    ("fire", "n1", "ElectionTimeout"),
    ("fire", "n2", "ElectionTimeout"),
    ("deliver", "n1", "n3"),
    ("deliver", "n3", "n1"),
]
answers["raft-two-leaders"] = {
    "VotesTwice": votes + [("deliver", "n2", "n3"), ("deliver", "n3", "n2", "Vote")],
    "VoteNotPersisted": votes
    + [
        ("crash", "n3"),
        ("restart", "n3"),
        ("deliver", "n2", "n3"),
        ("deliver", "n3", "n2", "Vote"),
    ],
    "WinsWithHalf": votes[:2],
    "CountsRefusals": votes + [("deliver", "n2", "n3"), ("deliver", "n3", "n2", "Vote")],
    # n1 gathers n3's vote of term 1 only in term 2, where n3 has voted for n2.
    "CountsOldVotes": [
        ("fire", "n1", "ElectionTimeout"),
        ("deliver", "n1", "n3"),
        ("fire", "n1", "ElectionTimeout"),
        ("fire", "n2", "ElectionTimeout"),
        ("fire", "n2", "ElectionTimeout"),
        ("deliver", "n2", "n3"),
        ("deliver", "n2", "n3"),
        ("deliver", "n3", "n2"),
        ("deliver", "n3", "n2"),
        ("deliver", "n3", "n1"),
    ],
}
