"""Raft, rule by rule: Ongaro and Ousterhout 2014 (extended version), Figure 2 and sections 5 and 8.

Each test drives one bare server and looks at what it sends, sets and holds.
"""

import pytest

from dslab.machine import Command
from dslab.node import Reply, Request
from dslab.protocols.raft import (
    Appended,
    AppendEntries,
    ElectionTimeout,
    Entry,
    Heartbeat,
    Raft,
    RequestVote,
    Vote,
)

NAMES = ("n1", "n2", "n3", "n4", "n5")


def entries(*terms):
    return tuple(
        Entry(term, Command("c", index, "write", "x", index)) for index, term in enumerate(terms, 1)
    )


def server(terms=(), term=0, size=5, **fields):
    """n1 with a log of these terms, started, its first effects put aside."""
    node = Raft.recover(
        "n1", NAMES[1:size], {"log": entries(*terms), "current_term": term or max(terms, default=0)}
    )
    node.start()
    for name, value in fields.items():
        setattr(node, name, value)
    effects(node)
    return node


def effects(node):
    outbox, timers = node.outbox, node.timers
    node.outbox, node.timers = [], {}
    return outbox, timers


def told(node, sender, message):
    """What the server sends after a message."""
    node.receive(sender, message)
    return effects(node)[0]


def leader(terms=(), term=1, size=5):
    """n1, elected in `term` + 1."""
    node = server(terms, term, size)
    node.fire(ElectionTimeout())
    for voter in NAMES[1 : size // 2 + 1]:
        node.receive(voter, Vote(term + 1, True))
    assert node.role == "leader"
    effects(node)
    return node


def ask(node, id=1, f="write", key="x", value=9, client="c1"):
    return told(node, client, Request(id, f, key, value))


# State.


def test_initial_state():
    """Figure 2, State: currentTerm, commitIndex, lastApplied 0; votedFor null; the log empty."""
    node = Raft("n1", NAMES[1:])
    assert (node.current_term, node.voted_for, node.log, node.commit_index, node.last_applied) == (
        0,
        None,
        (),
        0,
        0,
    )


def test_persistent_state_survives_a_crash_and_the_rest_does_not():
    """Figure 2, State: currentTerm, votedFor and log[] are persistent; all else is volatile."""
    node = leader((1, 1))
    ask(node)
    again = Raft.recover("n1", node.peers, node.disk())
    assert (again.current_term, again.voted_for, again.log) == (node.current_term, "n1", node.log)
    assert (again.role, again.commit_index, again.last_applied, again.votes) == (
        "follower",
        0,
        0,
        frozenset(),
    )


def test_leader_state_is_reinitialised_after_election():
    """Figure 2, Volatile state on leaders: nextIndex is last log index + 1, matchIndex 0."""
    node = leader((1, 1, 1))
    assert set(node.next_index.values()) == {4} and set(node.match_index.values()) == {0}


# RequestVote RPC, receiver.


def test_a_vote_is_refused_in_a_lower_term():
    """Figure 2, RequestVote, rule 1: reply false if term < currentTerm."""
    node = server(term=3)
    assert told(node, "n2", RequestVote(2, 9, 2)) == [("n2", Vote(3, False))]
    assert node.voted_for is None


def test_a_vote_is_granted_once_a_term_and_again_to_the_same_candidate():
    """Figure 2, RequestVote, rule 2: grant if votedFor is null or candidateId."""
    node = server(term=1)
    assert told(node, "n2", RequestVote(2, 0, 0)) == [("n2", Vote(2, True))]
    assert told(node, "n3", RequestVote(2, 0, 0)) == [("n3", Vote(2, False))]
    assert told(node, "n2", RequestVote(2, 0, 0)) == [("n2", Vote(2, True))]


@pytest.mark.parametrize(
    "mine, index, term, granted",
    [
        ((), 0, 0, True),
        ((1,), 0, 0, False),
        ((1,), 1, 1, True),
        ((1,), 2, 1, True),
        ((1, 1), 1, 1, False),
        ((1, 1, 1), 1, 2, True),
        ((2,), 5, 1, False),
        ((1, 2), 2, 2, True),
        ((1, 2), 1, 3, True),
        ((1, 3), 9, 2, False),
    ],
)
def test_the_log_that_votes_compare(mine, index, term, granted):
    """Section 5.4.1: the later last term is more up-to-date; with equal terms, the longer log."""
    assert told(server(mine, term=4), "n2", RequestVote(5, index, term)) == [
        ("n2", Vote(5, granted))
    ]


def test_granting_a_vote_puts_off_the_voter_s_own_election():
    """Figure 2, Followers: stand after an election timeout without AppendEntries or vote."""
    node = server(term=1)
    node.receive("n2", RequestVote(2, 0, 0))
    assert ElectionTimeout in effects(node)[1]
    node.receive("n3", RequestVote(2, 0, 0))
    assert ElectionTimeout not in effects(node)[1]


# AppendEntries RPC, receiver.


def append(term, previous=0, previous_term=0, new=(), commit=0):
    return AppendEntries(term, previous, previous_term, new, commit)


def test_append_is_refused_in_a_lower_term():
    """Figure 2, AppendEntries, rule 1: reply false if term < currentTerm."""
    node = server(term=3)
    assert told(node, "n2", append(2)) == [("n2", Appended(3, False, 0))]
    assert node.leader is None


@pytest.mark.parametrize(
    "previous, previous_term, success",
    [(0, 0, True), (1, 1, True), (2, 2, True), (2, 1, False), (3, 2, False), (9, 1, False)],
)
def test_append_is_refused_without_a_matching_previous_entry(previous, previous_term, success):
    """Figure 2, AppendEntries, 2: reply false without an entry of prevLogTerm at prevLogIndex."""
    reply = told(server((1, 2)), "n2", append(3, previous, previous_term))
    assert reply == [("n2", Appended(3, success, previous if success else 0))]


def test_a_conflicting_entry_goes_with_all_that_follow():
    """Figure 2, AppendEntries, rule 3: delete a conflicting entry and all after it. Rule 4: append
    what is new.
    """
    node = server((1, 1, 2, 2))
    new = entries(1, 1, 3)[2:]
    told(node, "n2", append(3, 2, 1, new))
    assert [entry.term for entry in node.log] == [1, 1, 3]


def test_entries_that_match_stay_though_the_message_is_shorter():
    """Figure 2, AppendEntries, rule 3: only a conflict deletes; a delayed message must not cut off
    what came later.
    """
    node = server((1, 1, 1))
    assert told(node, "n2", append(1, 0, 0, entries(1))) == [("n2", Appended(1, True, 1))]
    assert len(node.log) == 3


def test_new_entries_are_appended_once():
    """Figure 2, AppendEntries, rule 4: append entries not already in the log."""
    node = server((1,))
    for _ in range(2):
        told(node, "n2", append(1, 1, 1, entries(1, 1, 1)[1:]))
    assert len(node.log) == 3


@pytest.mark.parametrize("commit, expected", [(0, 0), (1, 1), (2, 2), (9, 2)])
def test_commit_index_stops_at_the_last_new_entry(commit, expected):
    """Figure 2, AppendEntries, rule 5: commitIndex = min(leaderCommit, index of last new entry)."""
    node = server((1, 1, 1))
    told(node, "n2", append(1, 0, 0, entries(1, 1), commit))
    assert node.commit_index == expected


def test_commit_index_never_falls():
    """Figure 2, State: commitIndex increases monotonically."""
    node = server((1, 1))
    told(node, "n2", append(1, 2, 1, (), 2))
    told(node, "n2", append(1, 0, 0, (), 2))
    assert node.commit_index == 2


# Rules for all servers.


def test_committed_commands_are_applied_in_order():
    """Figure 2, All servers: if commitIndex > lastApplied, apply log[lastApplied]."""
    node = server((1, 1, 1))
    told(node, "n2", append(1, 3, 1, (), 2))
    assert (node.last_applied, node.machine.store.get("x")) == (2, 2)
    told(node, "n2", append(1, 3, 1, (), 3))
    assert (node.last_applied, node.machine.store.get("x")) == (3, 3)


@pytest.mark.parametrize(
    "message", [RequestVote(7, 0, 0), Vote(7, False), append(7), Appended(7, False, 0)]
)
@pytest.mark.parametrize("role", ["candidate", "leader"])
def test_a_higher_term_makes_a_follower(message, role):
    """Figure 2, All servers, and section 5.1: who sees a higher term takes it over and follows."""
    node = leader()
    if role == "candidate":
        node = server(term=1)
        node.fire(ElectionTimeout())
        effects(node)
    node.receive("n3", message)
    assert (node.role, node.current_term) == ("follower", 7)
    assert node.votes == frozenset()


def test_a_deposed_leader_stops_its_heartbeat_and_waits_for_another():
    """Section 5.1: a stale leader reverts to follower: silent, with an election timer again."""
    node = leader()
    node.receive("n3", Vote(9, False))
    timers = effects(node)[1]
    assert timers[Heartbeat] is None and timers[ElectionTimeout] is not None


# Followers and candidates.


def test_a_server_starts_as_a_follower_with_a_random_timeout():
    """Section 5.2: servers start as followers.

    Election timeouts are chosen randomly from an interval.
    """
    node = Raft("n1", NAMES[1:])
    node.start()
    timer, low, high = node.timers[ElectionTimeout]
    assert node.role == "follower" and 0 < low < high
    assert high >= 2 * low and low >= 2 * Raft.heartbeat, (
        "section 5.6: heartbeats come much more often"
    )


def test_an_election_starts_with_a_new_term_a_vote_a_timer_and_requests_to_all():
    """Figure 2, Candidates: increment currentTerm, vote for self, reset the timer, send RequestVote
    to all others.
    """
    node = server((1, 2), term=2)
    node.fire(ElectionTimeout())
    outbox, timers = effects(node)
    assert (node.role, node.current_term, node.voted_for) == ("candidate", 3, "n1")
    assert timers[ElectionTimeout] is not None
    assert outbox == [(peer, RequestVote(3, 2, 2)) for peer in NAMES[1:]]


def test_a_majority_makes_a_leader_who_says_so_at_once():
    """Figure 2, Candidates: become leader on votes from a majority. Leaders: upon election send
    heartbeats to all.
    """
    node = server(term=1)
    node.fire(ElectionTimeout())
    effects(node)
    assert told(node, "n2", Vote(2, True)) == [] and node.role == "candidate"
    assert told(node, "n3", Vote(2, True)) == [(peer, append(2)) for peer in NAMES[1:]]
    assert node.role == "leader"


@pytest.mark.parametrize(
    "votes",
    [
        [("n2", 2, True)] * 4,
        [("n2", 2, True), ("n3", 2, False), ("n4", 2, False)],
        [("n2", 1, True), ("n3", 1, True)],
    ],
)
def test_what_does_not_make_a_majority(votes):
    """Section 5.2: votes of distinct servers, granted, in the same term."""
    node = server(term=1)
    node.fire(ElectionTimeout())
    for voter, term, granted in votes:
        node.receive(voter, Vote(term, granted))
    assert node.role == "candidate"


def test_an_append_of_the_term_s_leader_ends_a_candidacy():
    """Figure 2, Candidates: if AppendEntries received from new leader, convert to follower."""
    node = server(term=1)
    node.fire(ElectionTimeout())
    effects(node)
    node.receive("n2", append(2))
    assert (node.role, node.leader) == ("follower", "n2") and ElectionTimeout in effects(node)[1]


def test_a_candidate_whose_timeout_runs_out_stands_again():
    """Figure 2, Candidates: if election timeout elapses, start new election."""
    node = server(term=1)
    node.fire(ElectionTimeout())
    node.fire(ElectionTimeout())
    assert (node.role, node.current_term, node.votes) == ("candidate", 3, frozenset({"n1"}))


def test_a_single_server_leads_itself():
    """Section 5.2: one of one is a majority."""
    node = server(size=1)
    node.fire(ElectionTimeout())
    assert node.role == "leader"
    assert ask(node) == [("c1", Reply(1))]


# Leaders.


def test_heartbeats_are_repeated():
    """Figure 2, Leaders: repeat during idle periods to prevent election timeouts."""
    node = leader()
    node.fire(Heartbeat())
    outbox, timers = effects(node)
    assert [to for to, _ in outbox] == list(NAMES[1:]) and timers[Heartbeat] is not None


def test_a_command_is_appended_and_answered_when_it_is_applied():
    """Figure 2, Leaders: append the command, respond after the entry is applied."""
    node = leader()
    outbox = ask(node)
    assert [to for to, _ in outbox] == list(NAMES[1:]) and node.log[-1].term == 2
    assert told(node, "n2", Appended(2, True, 1)) == []
    assert ("c1", Reply(1)) in told(node, "n3", Appended(2, True, 1))


def test_a_follower_gets_all_from_its_next_index_on():
    """Figure 2, Leaders: if last log index >= nextIndex, send entries starting at nextIndex."""
    node = leader((1, 1))
    ask(node)
    node.next_index |= {"n2": 2}
    node.fire(Heartbeat())
    message = dict(effects(node)[0])["n2"]
    assert (message.prev_log_index, message.prev_log_term, len(message.entries)) == (1, 1, 2)


def test_success_moves_next_and_match_index():
    """Figure 2, Leaders: if successful, update nextIndex and matchIndex."""
    node = leader((1, 1))
    told(node, "n2", Appended(2, True, 2))
    assert (node.match_index["n2"], node.next_index["n2"]) == (2, 3)


def test_a_late_success_moves_nothing_back():
    """Figure 2, State: matchIndex increases monotonically; answers may overtake each other."""
    node = leader((1, 1))
    told(node, "n2", Appended(2, True, 2))
    told(node, "n2", Appended(2, True, 1))
    assert (node.match_index["n2"], node.next_index["n2"]) == (2, 3)


def test_failure_goes_back_by_one_and_tries_again():
    """Figure 2, Leaders: if AppendEntries fails, decrement nextIndex and retry."""
    node = leader((1, 1))
    ((to, message),) = told(node, "n2", Appended(2, False, 0))
    assert (
        to == "n2"
        and node.next_index["n2"] == 2
        and message.prev_log_index == 1
        and len(message.entries) == 1
    )


def test_a_late_failure_does_not_go_back_behind_what_matches():
    """Figure 2, Leaders: what is known to match is never sent again for a late answer."""
    node = leader((1, 1))
    told(node, "n2", Appended(2, True, 2))
    assert told(node, "n2", Appended(2, False, 0)) == [] and node.next_index["n2"] == 3


def test_a_majority_of_matches_commits():
    """Figure 2, Leaders: commit N if a majority of matchIndex >= N."""
    node = leader()
    ask(node)
    told(node, "n2", Appended(2, True, 1))
    assert node.commit_index == 0
    told(node, "n3", Appended(2, True, 1))
    assert node.commit_index == 1


def test_an_entry_of_an_older_term_is_not_committed_by_counting():
    """Section 5.4.2 and Figure 8: only entries of the leader's term are committed by counting;
    older ones with them.
    """
    node = leader((1, 1))
    for peer in ("n2", "n3", "n4"):
        told(node, peer, Appended(2, True, 2))
    assert node.commit_index == 0
    ask(node)
    for peer in ("n2", "n3"):
        told(node, peer, Appended(2, True, 3))
    assert node.commit_index == 3


def test_a_leader_never_removes_from_its_log():
    """Figure 3, Leader Append-Only."""
    node = leader((1, 1, 1))
    before = node.log
    for message in (Appended(2, False, 0), append(1), RequestVote(1, 9, 9), Vote(2, True)):
        node.receive("n4", message)
    assert node.log[:3] == before


# Clients, section 8.


def test_a_follower_sends_clients_to_the_leader():
    """Section 8: a server that doesn't lead rejects the request and names the leader it knows."""
    node = server(term=1)
    assert ask(node) == [("c1", Reply(1, error="not-leader"))]
    told(node, "n3", append(1))
    assert ask(node) == [("c1", Reply(1, error="not-leader", leader="n3"))]


def test_a_repeated_command_is_applied_once_and_answered_again():
    """Section 8: the state machine tracks each client's latest serial number, with its answer."""
    node = server(size=1)
    node.fire(ElectionTimeout())
    effects(node)
    assert ask(node, 1, "append", "x", 5) == [("c1", Reply(1))]
    assert ask(node, 1, "append", "x", 5) == [("c1", Reply(1))]
    assert ask(node, 2, "read", "x", None) == [("c1", Reply(2, 5))]
    assert len(node.log) == 3, "the repetition is in the log, and changes nothing"


def test_a_deposed_leader_does_not_answer_for_what_another_committed():
    """Section 8: a command may be lost with its leader; its client is told of no success."""
    node = leader()
    ask(node, client="c1")
    told(node, "n2", append(3, 0, 0, entries(3), 0))
    outbox = told(node, "n2", append(3, 1, 3, (), 1))
    assert all(to != "c1" for to, _ in outbox)
