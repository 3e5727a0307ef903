"""Raft with one bug in its log, its commits or its clients' answers. `breaks` names the property
(Ongaro and Ousterhout 2014, Figure 3), as an invariant where there is one.
"""

from dslab.learn.mutants import Explorer, Simulator, planted_in
from dslab.machine import Session, Sessions
from dslab.node import Reply
from dslab.protocols import raft
from dslab.protocols.raft import LEADER, AppendEntries, Entry, Raft
from dslab.values import Map, majority

__all__ = ["MUTANTS"]


class NoPreviousCheck(Raft):
    """Appends whatever precedes: it never compares the term of the entry before."""

    breaks = "log_matching"
    killed_by = Explorer("tail")

    def on_AppendEntries(self, leader, m):
        known = self.term_at(min(m.prev_log_index, len(self.log)))
        super().on_AppendEntries(
            leader,
            m
            if m.prev_log_index > len(self.log)
            else AppendEntries(m.term, m.prev_log_index, known, m.entries, m.leader_commit),
        )


class AcceptsGap(Raft):
    """Takes entries although it lacks the one before them."""

    breaks = "log_matching"
    killed_by = Simulator("state_machine_safety")

    def on_AppendEntries(self, leader, m):
        if m.prev_log_index > len(self.log):
            end = len(self.log)
            m = AppendEntries(m.term, end, self.term_at(end), m.entries, m.leader_commit)
        super().on_AppendEntries(leader, m)


class TruncatesAlways(Raft):
    """Cuts its log after the entries of each message, even where they match: an old message loses
    newer ones (hashicorp/raft #113).
    """

    breaks = "committed_on_a_majority"
    killed_by = Explorer("write on logs")

    def store(self, previous, entries):
        self.log = self.log[:previous] + entries


class NeverTruncates(Raft):
    """Keeps a conflicting entry and puts the new ones behind it."""

    breaks = "log_matching"
    killed_by = Explorer("tail")

    def store(self, previous, entries):
        self.log += entries[max(len(self.log) - previous, 0) :]


class KeepsStaleTail(Raft):
    """Overwrites a conflicting entry and keeps what follows it."""

    breaks = "log_matching"
    killed_by = Explorer("stale tail")

    def store(self, previous, entries):
        self.log = self.log[:previous] + entries + self.log[previous + len(entries) :]


class CommitUnbounded(Raft):
    """Takes the leader's commit index as its own, even beyond what it has been sent."""

    breaks = "commit_within_log"
    killed_by = Explorer("write on logs")

    def on_AppendEntries(self, leader, m):
        super().on_AppendEntries(leader, m)
        if m.term == self.current_term and m.leader_commit > self.commit_index:
            self.commit_index = m.leader_commit

    def apply_committed(self):
        end, self.commit_index = self.commit_index, min(self.commit_index, len(self.log))
        super().apply_committed()
        self.commit_index = end


class CommitsOlderTerm(Raft):
    """Commits an entry of an older term because a majority stores it (Figure 8)."""

    breaks = "leader_completeness"
    killed_by = Explorer("figure 8")

    def advance_commit_index(self):
        index = sorted([len(self.log), *self.match_index.values()], reverse=True)[
            majority(self.servers()) - 1
        ]
        if index > self.commit_index:
            self.commit_index = index
            self.apply_committed()


class NeverBacksUp(Raft):
    """Doesn't go back when a follower refuses."""

    breaks = "progress"
    killed_by = Simulator("servers differ although no fault goes on")

    def on_Appended(self, follower, m):
        if m.success:
            super().on_Appended(follower, m)
        else:
            self.observe_term(m.term)


class CommitsWithHalf(Raft):
    """Commits what n // 2 servers store."""

    breaks = "committed_on_a_majority"
    killed_by = Explorer("write")

    def advance_commit_index(self):
        index = sorted([len(self.log), *self.match_index.values()], reverse=True)[
            len(self.servers()) // 2 - 1
        ]
        if index > self.commit_index and self.term_at(index) == self.current_term:
            self.commit_index = index
            self.apply_committed()


class LogNotPersisted(Raft):
    """Loses its log in a crash."""

    breaks = "committed_on_a_majority"
    killed_by = Explorer("write")
    durable = "current_term", "voted_for"


def committed_on_a_majority(view):
    """Raft's rule, of a log that is on the disk under another name."""
    return raft.committed_on_a_majority(view, "on_disk")


class AnswersBeforeDisk(Raft):
    """Acknowledges entries, and writes them to disk only at its next step."""

    breaks = "committed_on_a_majority"
    killed_by = Explorer("write")
    rules = tuple(
        committed_on_a_majority if rule is raft.committed_on_a_majority else rule
        for rule in Raft.rules
    )
    on_disk: tuple[Entry, ...] = ()
    durable = "current_term", "voted_for", "on_disk"

    def on_start(self):
        self.log = self.on_disk
        super().on_start()

    def receive(self, sender, message):
        self.on_disk = self.log
        super().receive(sender, message)

    def fire(self, timer):
        self.on_disk = self.log
        super().fire(timer)


class CountsAcknowledgements(Raft):
    """Commits its whole log when a majority has acknowledged anything in its term."""

    breaks = "committed_on_a_majority"
    killed_by = Explorer("write")
    heard: frozenset[str] = frozenset()

    def count_votes(self):
        self.heard = frozenset()
        super().count_votes()

    def on_Appended(self, follower, m):
        if self.role == LEADER and m.term == self.current_term and m.success:
            self.heard |= {follower}
        super().on_Appended(follower, m)

    def advance_commit_index(self):
        if (
            len(self.heard) + 1 >= majority(self.servers())
            and self.term_at(len(self.log)) == self.current_term
        ):
            self.commit_index = len(self.log)
            self.apply_committed()


class CommitsOnAppend(Raft):
    """Calls an entry committed as soon as the leader has it."""

    breaks = "committed_on_a_majority"
    killed_by = Explorer("write")

    def advance_commit_index(self):
        self.commit_index = len(self.log)
        self.apply_committed()


class NeverTellsCommit(Raft):
    """Followers never hear what is committed."""

    breaks = "progress"
    killed_by = Simulator("servers differ although no fault goes on")

    def send(self, to, message):
        if isinstance(message, AppendEntries):
            message = AppendEntries(
                message.term, message.prev_log_index, message.prev_log_term, message.entries, 0
            )
        super().send(to, message)


class AssumesLogsMatch(Raft):
    """A new leader takes it that everyone has all that it has."""

    breaks = "committed_on_a_majority"
    killed_by = Simulator("servers differ although no fault goes on")

    def count_votes(self):
        before = self.role
        super().count_votes()
        if self.role == LEADER != before:
            self.match_index = Map({peer: len(self.log) for peer in self.peers})


class ReadsBeforeCommit(Raft):
    """A new leader answers reads before it has committed anything in its term (etcd #7331)."""

    breaks = "linearizability"
    killed_by = Simulator("not linearizable")

    def on_Request(self, client, m):
        if (
            self.role == LEADER
            and m.f in ("read", "get")
            and len(self.votes) >= majority(self.servers())
        ):
            self.send(client, Reply(m.id, self.machine.store.get(m.key)))
        else:
            super().on_Request(client, m)


class DeposedReads(Raft):
    """Answers reads as long as it believes to lead, without asking whether it still does."""

    breaks = "linearizable_so_far"
    killed_by = Explorer("old leader")

    def on_Request(self, client, m):
        # Not the bug above: it has committed in its term.
        committed = self.term_at(self.commit_index) == self.current_term
        if self.role == LEADER and committed and m.f in ("read", "get"):
            self.send(client, Reply(m.id, self.machine.store.get(m.key)))
        else:
            super().on_Request(client, m)


class AppliesTwice(Raft):
    """Applies a repeated command again."""

    breaks = "applied_once"
    killed_by = Explorer("repeated append")

    def apply_committed(self):
        self.sessions = Sessions()
        while self.last_applied < self.commit_index:
            index, end = self.last_applied + 1, self.commit_index
            self.commit_index = index  # One by one, forgetting each answer.
            super().apply_committed()
            self.commit_index, self.sessions = end, Sessions()


class GreatestIdOnly(Sessions):
    """Sessions that know an id by whether a greater one was executed, and keep one answer."""

    def apply(self, machine, command):
        session = self.clients.get(command.client, Session())
        if session.done and command.id <= session.done[-1][1]:
            return self, machine, session.answers[-1][1:]
        sessions, machine, answer = super().apply(machine, command)
        return GreatestIdOnly(sessions.clients, sessions.count), machine, answer


class AnswersWhatItNeverDid(Raft):
    """Takes a command for a repetition where a greater id of its client was executed, and gives it
    the latest answer: right only for clients whose ids arrive in order.
    """

    breaks = "linearizable_so_far"
    killed_by = Explorer("two open calls")
    sessions: Sessions = GreatestIdOnly()


#: Every bug, by its class name.
MUTANTS = planted_in(globals(), Raft)
