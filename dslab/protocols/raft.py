"""Raft: leader election and log replication, as in Figure 2 of the paper.

Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", USENIX
ATC 2014 (extended version).

Names are the figure's. What differs, and why:
- Messages are one-way. An answer names what it answers: `Appended.match_index` says
  up to where the logs are known to match.
- `candidateId` and `leaderId` are the sender of the message.
- What is replicated is `machine`, a key-value store unless a subclass names
  another. Clients' answers are remembered beside it (section 8), so that a repeated
  command is applied once.
- Reads go through the log like writes. That is linearizable without ReadIndex
  (section 8), at the price of a round.
"""

from dslab.machine import Command, KeyValue, Machine, Sessions
from dslab.node import Message, Node, Pictured, Reply, Timer
from dslab.values import Map, Value, majority

__all__ = [
    "AppendEntries",
    "Appended",
    "ElectionTimeout",
    "Entry",
    "Heartbeat",
    "Raft",
    "RequestVote",
    "Vote",
    "commit_within_log",
    "committed_on_a_majority",
    "election_safety",
    "leader_completeness",
    "log_matching",
    "state_machine_safety",
]

FOLLOWER, CANDIDATE, LEADER = "follower", "candidate", "leader"


class Entry(Value):
    """A log entry: a command for the state machine, and the term in which the
    leader received it.
    """

    term: int
    command: Command


class RequestVote(Message):
    """Invoked by candidates to gather votes (section 5.2)."""

    term: int
    last_log_index: int
    last_log_term: int


class Vote(Message):
    """The result of RequestVote: `term` for the candidate to update itself, and
    whether it got the vote.
    """

    term: int
    granted: bool


class AppendEntries(Message):
    """The leader replicates entries (section 5.3); also its heartbeat."""

    term: int
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    leader_commit: int


class Appended(Message):
    """The result of AppendEntries. `match_index` is the last entry known to match,
    or 0 where it failed.
    """

    term: int
    success: bool
    match_index: int


class ElectionTimeout(Timer):
    """No word from a leader or candidate for too long."""


class Heartbeat(Timer):
    """Time for the leader to speak, so that nobody stands for election."""


# What holds in every state.


def election_safety(view):
    """At most one leader in a term (Figure 3; section 5.2)."""
    terms = [node.current_term for node in view if node.role == LEADER]
    return len(terms) == len(set(terms))


def log_matching(view):
    """Log matching: entries with the same index and term are the same, and so is
    what stands before them (Figure 3; section 5.3).
    """
    logs = [node.log for node in view]
    for number, one in enumerate(logs):
        for other in logs[:number]:
            shared = [
                index
                for index, (a, b) in enumerate(zip(one, other), 1)
                if a.term == b.term
            ]
            if shared and one[: shared[-1]] != other[: shared[-1]]:
                return False
    return True


def commit_within_log(view):
    """No server takes for committed what it doesn't have (section 5.3)."""
    return all(node.commit_index <= len(node.log) for node in view)


def state_machine_safety(view):
    """What two servers call committed is the same (Figure 3; section 5.4.3)."""
    done = [node.log[: node.commit_index] for node in view]
    return all(
        one[: min(len(one), len(other))] == other[: min(len(one), len(other))]
        for number, one in enumerate(done)
        for other in done[:number]
    )


def committed_on_a_majority(view, field="log"):
    """What a server calls committed stands on the disks of a majority (section
    5.3), there in the durable field of this name.
    """
    disks = [view.disk(name).get(field, ()) for name in view.names]
    longest = max(
        (node.log[: node.commit_index] for node in view), key=len, default=()
    )
    return all(
        sum(log[index : index + 1] == (entry,) for log in disks) >= majority(disks)
        for index, entry in enumerate(longest)
    )


def leader_completeness(view):
    """The last term's leader has all that is committed (Figure 3; section 5.4)."""
    top = max((node.current_term for node in view), default=0)
    return all(
        other.log[: other.commit_index] == node.log[: other.commit_index]
        for node in view
        if node.role == LEADER and node.current_term == top
        for other in view
        if other.current_term <= top
    )


class Raft(Node):
    """One server."""

    name = "raft"
    rules = (
        election_safety,
        log_matching,
        commit_within_log,
        state_machine_safety,
        committed_on_a_majority,
        leader_completeness,
    )

    # Milliseconds. Section 9.3 recommends 150–300 for the election timeout; a
    # heartbeat comes several times as often.
    election_timeout = 150, 300
    heartbeat = 50

    # Persistent state on all servers, on stable storage before any message is
    # answered.
    current_term: int = 0
    voted_for: str | None = None
    log: tuple[Entry, ...] = ()
    durable = "current_term", "voted_for", "log"
    pictured = Pictured(
        term="current_term",
        log="log",
        entry_term="term",
        commit_index="commit_index",
        match_index="match_index",
        next_index="next_index",
    )

    # Volatile state on all servers.
    role: str = FOLLOWER
    commit_index: int = 0
    last_applied: int = 0
    leader: str | None = None
    machine: Machine = KeyValue()
    sessions: Sessions = Sessions()

    # Volatile state on candidates, and on leaders (reinitialised after election).
    votes: frozenset[str] = frozenset()
    next_index: Map = Map()
    match_index: Map = Map()
    waiting: Map = Map()

    def on_start(self):
        """A server begins as a follower, and waits for a leader."""
        self.reset_election_timer()

    # Elections, section 5.2.

    def on_ElectionTimeout(self):
        """Stand for election in a new term."""
        self.current_term += 1
        self.role, self.leader = CANDIDATE, None
        self.voted_for = self.id
        self.votes = frozenset({self.id})
        self.reset_election_timer()
        self.broadcast(RequestVote(self.current_term, *self.last_log()))
        self.count_votes()

    def on_RequestVote(self, candidate, m):
        """Vote for a term's first candidate that is up to date (section 5.4.1)."""
        self.observe_term(m.term)
        up_to_date = (m.last_log_term, m.last_log_index) >= self.last_log()[::-1]
        granted = (
            m.term == self.current_term
            and self.voted_for in (None, candidate)
            and up_to_date
        )
        if granted:
            self.voted_for = candidate
            self.reset_election_timer()
        self.send(candidate, Vote(self.current_term, granted))

    def on_Vote(self, voter, m):
        """Count a vote of this term."""
        self.observe_term(m.term)
        if self.role == CANDIDATE and m.term == self.current_term and m.granted:
            self.votes |= {voter}
            self.count_votes()

    def count_votes(self):
        """A majority of votes makes a leader, who speaks at once."""
        if len(self.votes) >= majority(self.servers()):
            self.role, self.leader = LEADER, self.id
            self.next_index = Map({peer: len(self.log) + 1 for peer in self.peers})
            self.match_index = Map({peer: 0 for peer in self.peers})
            self.cancel_timer(ElectionTimeout)
            self.on_Heartbeat()

    # Log replication, section 5.3.

    def on_Heartbeat(self):
        """Send every follower what it lacks, or a word that the leader is there."""
        for peer in self.peers:
            self.replicate_to(peer)
        self.set_timer(Heartbeat(), self.heartbeat)

    def on_Request(self, client, m):
        """A leader appends the command and replicates it; others name a leader."""
        if self.role != LEADER:
            self.send(client, Reply(m.id, error="not-leader", leader=self.leader))
            return
        self.log += (
            Entry(self.current_term, Command(client, m.id, m.f, m.key, m.value)),
        )
        self.waiting |= {len(self.log): (client, m.id)}
        for peer in self.peers:
            self.replicate_to(peer)
        self.advance_commit_index()

    def replicate_to(self, peer):
        """Send `peer` all entries from next_index on, or none as a heartbeat."""
        previous = self.next_index[peer] - 1
        self.send(
            peer,
            AppendEntries(
                self.current_term,
                previous,
                self.term_at(previous),
                self.log[previous:],
                self.commit_index,
            ),
        )

    def on_AppendEntries(self, leader, m):
        """Follow a leader of this or a later term, and store what fits the log."""
        self.observe_term(m.term)
        if m.term < self.current_term:
            self.send(leader, Appended(self.current_term, False, 0))
            return
        self.role, self.leader = FOLLOWER, leader
        self.reset_election_timer()
        if self.term_at(m.prev_log_index) != m.prev_log_term:
            self.send(leader, Appended(self.current_term, False, 0))
            return
        self.store(m.prev_log_index, m.entries)
        last_new = m.prev_log_index + len(m.entries)
        if m.leader_commit > self.commit_index:
            self.commit_index = max(
                self.commit_index, min(m.leader_commit, last_new)
            )
            self.apply_committed()
        self.send(leader, Appended(self.current_term, True, last_new))

    def store(self, previous, entries):
        """Append what is new. Only a conflicting entry removes what follows it: the
        message may be an old one.
        """
        for index, entry in enumerate(entries, previous + 1):
            if self.term_at(index) != entry.term:
                self.log = self.log[: index - 1] + entries[index - 1 - previous :]
                return

    def on_Appended(self, follower, m):
        """Note how far the follower's log matches, or go back by one entry."""
        self.observe_term(m.term)
        if self.role != LEADER or m.term < self.current_term:
            return
        if m.success:
            match = max(self.match_index[follower], m.match_index)
            self.match_index |= {follower: match}
            self.next_index |= {follower: max(self.next_index[follower], match + 1)}
            self.advance_commit_index()
        elif self.next_index[follower] > self.match_index[follower] + 1:
            self.next_index |= {follower: self.next_index[follower] - 1}
            self.replicate_to(follower)

    def advance_commit_index(self):
        """Commit what a majority stores, if of this term (sections 5.3, 5.4.2)."""
        stored = sorted([len(self.log), *self.match_index.values()], reverse=True)
        index = stored[majority(self.servers()) - 1]
        if index > self.commit_index and self.term_at(index) == self.current_term:
            self.commit_index = index
            self.apply_committed()

    # Rules for all servers.

    def observe_term(self, term):
        """A higher term makes a follower of anyone (section 5.1)."""
        if term > self.current_term:
            self.current_term, self.voted_for = term, None
            if self.role == LEADER:
                self.cancel_timer(Heartbeat)
                self.reset_election_timer()
            self.role, self.leader = FOLLOWER, None
            self.votes, self.waiting = frozenset(), Map()

    def apply_committed(self):
        """Apply what is committed, and answer the clients who wait here."""
        while self.last_applied < self.commit_index:
            self.last_applied += 1
            command = self.log[self.last_applied - 1].command
            self.sessions, self.machine, answer = self.sessions.apply(
                self.machine, command
            )
            if self.last_applied in self.waiting:
                client, id = self.waiting[self.last_applied]
                self.waiting = self.waiting.without(self.last_applied)
                if answer is not None:
                    self.send(client, Reply(id, *answer))

    def leads(self):
        """Whether this server takes itself for the leader."""
        return self.role == LEADER

    def role_word(self):
        """The role: follower, candidate or leader."""
        return self.role

    def servers(self):
        """All servers, this one included."""
        return self.peers + (self.id,)

    def last_log(self):
        """(index, term) of the last entry; (0, 0) for an empty log."""
        return len(self.log), self.term_at(len(self.log))

    def term_at(self, index):
        """The term of entry `index`, counted from 1; 0 before the first entry, None
        where there is no entry.
        """
        if index == 0:
            return 0
        return self.log[index - 1].term if index <= len(self.log) else None

    def reset_election_timer(self):
        """Wait anew for a leader: a time from the range `election_timeout`."""
        self.set_timer(ElectionTimeout(), *self.election_timeout)
