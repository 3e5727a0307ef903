"""Raft with one bug in its elections. Each class says what it does wrong; `breaks` names the rule
that it must be caught by.
"""

from dslab.learn.mutants import Explorer, Schedule, Simulator, planted_in
from dslab.protocols.raft import (
    CANDIDATE,
    FOLLOWER,
    Appended,
    ElectionTimeout,
    Raft,
    RequestVote,
    Vote,
)

__all__ = ["MUTANTS"]


class VotesTwice(Raft):
    """Votes for whoever asks, however often in a term."""

    breaks = "one-vote"
    killed_by = Explorer("elections", "election_safety")

    def on_RequestVote(self, candidate, m):
        if m.term == self.current_term:
            self.voted_for = None
        super().on_RequestVote(candidate, m)


class VoteNotPersisted(Raft):
    """Forgets in a crash whom it voted for."""

    breaks = "one-vote"
    killed_by = Explorer("crash", "election_safety")
    durable = "current_term", "log"


class TermNotPersisted(Raft):
    """Forgets in a crash which term it is."""

    breaks = "term-durable"
    killed_by = Explorer("crash", "election_safety")
    durable = "voted_for", "log"


class NoLogCheck(Raft):
    """Votes for a candidate whose log lacks entries that it has."""

    breaks = "up-to-date"
    killed_by = Explorer("lacks", "leader_completeness")

    def on_RequestVote(self, candidate, m):
        super().on_RequestVote(candidate, RequestVote(m.term, 10**6, 10**6))


class ComparesLengthOnly(Raft):
    """Calls the longer log the more up-to-date one, whatever its terms."""

    breaks = "up-to-date"
    killed_by = Explorer("longer", "leader_completeness")

    def on_RequestVote(self, candidate, m):
        term = self.last_log()[1] + (0 if m.last_log_index >= len(self.log) else -1)
        super().on_RequestVote(candidate, RequestVote(m.term, m.last_log_index, term))


class ComparesLastTermOnly(Raft):
    """Compares the terms of the last entries and not how long the logs are."""

    breaks = "up-to-date"
    killed_by = Explorer("shorter", "leader_completeness")

    def on_RequestVote(self, candidate, m):
        super().on_RequestVote(
            candidate, RequestVote(m.term, max(m.last_log_index, len(self.log)), m.last_log_term)
        )


class KeepsOldVote(Raft):
    """Doesn't clear its vote when a new term begins."""

    breaks = "elects-again"
    killed_by = Simulator("elections go on although no fault does")

    def observe_term(self, term):
        vote = self.voted_for
        super().observe_term(term)
        self.voted_for = vote


class WinsWithHalf(Raft):
    """Calls n // 2 votes a majority."""

    breaks = "majority"
    killed_by = Explorer("elections", "election_safety")

    def count_votes(self):
        if len(self.votes) >= len(self.servers()) // 2:
            self.votes = frozenset(self.servers())
            super().count_votes()


class CountsRefusals(Raft):
    """Counts every answer as a vote, refusals too."""

    breaks = "majority"
    killed_by = Explorer("elections", "election_safety")

    def on_Vote(self, voter, m):
        super().on_Vote(voter, Vote(m.term, True))


class HeartbeatDoesNotReset(Raft):
    """Stands for election although its leader is alive."""

    breaks = "heard-resets"
    killed_by = Simulator("elections go on although no fault does")

    def on_AppendEntries(self, leader, m):
        super().on_AppendEntries(leader, m)
        self.timers.pop(ElectionTimeout, None)


class KeepsItsTerm(Raft):
    """Starts an election without a new term."""

    breaks = "new-term"
    killed_by = Schedule(
        "a candidate that asks again in its own term only gets the same votes again"
    )

    def on_ElectionTimeout(self):
        if self.role == CANDIDATE:
            self.current_term -= 1
        super().on_ElectionTimeout()


class VotesInLowerTerm(Raft):
    """Votes for a candidate of a term that is over."""

    breaks = "lower-term"
    killed_by = Schedule(
        "the candidate sees the higher term in the answer and steps down before it counts the vote"
    )

    def on_RequestVote(self, candidate, m):
        if m.term < self.current_term:
            self.send(candidate, Vote(self.current_term, True))
        else:
            super().on_RequestVote(candidate, m)


class StaysLeader(Raft):
    """Leads on when it sees a higher term."""

    breaks = "higher-term"
    killed_by = Simulator("elections go on although no fault does")

    def observe_term(self, term):
        if self.role != "leader":
            super().observe_term(term)


class FollowerIgnoresHigherTerm(Raft):
    """Accepts a leader of a higher term without taking over the term."""

    breaks = "higher-term"
    killed_by = Simulator("servers differ although no fault goes on")

    def on_AppendEntries(self, leader, m):
        if m.term > self.current_term:
            self.role, self.leader = FOLLOWER, leader
            self.reset_election_timer()
            self.send(leader, Appended(self.current_term, True, m.prev_log_index))
        else:
            super().on_AppendEntries(leader, m)


class CountsOldVotes(Raft):
    """Counts votes that were given in an earlier term."""

    breaks = "majority"
    killed_by = Explorer("four walked", "election_safety")

    def on_Vote(self, voter, m):
        super().on_Vote(voter, Vote(max(m.term, self.current_term), m.granted))


class CountsOneVoterTwice(Raft):
    """Counts votes and not voters, so a repeated message is a second vote."""

    breaks = "majority"
    killed_by = Explorer("five walked", "election_safety")
    count: int = 1

    def on_ElectionTimeout(self):
        self.count = 1
        super().on_ElectionTimeout()

    def on_Vote(self, voter, m):
        if self.role == CANDIDATE and m.term == self.current_term and m.granted:
            self.count += 1
            self.votes = frozenset(self.servers()[: self.count])
        super().on_Vote(voter, Vote(m.term, False) if m.term == self.current_term else m)
        if self.role == CANDIDATE:
            self.count_votes()


class VoteDoesNotReset(Raft):
    """Votes, and stands for election itself a moment later."""

    breaks = "vote-resets"
    killed_by = Schedule(
        "a vote that doesn't put off an election costs an election now and then, and no rule"
    )

    def on_RequestVote(self, candidate, m):
        super().on_RequestVote(candidate, m)
        self.timers.pop(ElectionTimeout, None)


class FixedTimeouts(Raft):
    """Waits the same time on every server."""

    breaks = "random-timeouts"
    killed_by = Simulator("elections go on although no fault does")

    def reset_election_timer(self):
        self.set_timer(ElectionTimeout(), 150)


class SilentLeader(Raft):
    """Says nothing when it has won."""

    breaks = "heartbeats"
    killed_by = Schedule("the next heartbeat comes before the others' timeouts")

    def replicate_to(self, peer):
        if self.match_index[peer] or self.log:
            super().replicate_to(peer)


#: Every bug, by its class name.
MUTANTS = planted_in(globals(), Raft)
