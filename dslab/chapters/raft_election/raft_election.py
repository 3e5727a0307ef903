"""12.1 Write Raft's leader election.

The grader fills the field `log` before a run, and looks at no other: name them as you like.
"""

from dslab.chapters.raft_election.mutants import MUTANTS
from dslab.chapters.raft_election.progress import (
    Healing,
    heals,
    leader_beats,
    somebody_leads,
    timeouts_are_drawn,
    voted_for,
    waits_after,
)
from dslab.chapters.raft_election.schedules import ELECTIONS, FIVE, THREE, empty, fire, votes_from
from dslab.learn.exercise import Broken, Exercise, Property, is_node
from dslab.learn.schedules import Script

__all__ = ["exercise"]

SAFETY = (
    ELECTIONS.rule(
        "one-leader",
        2,
        "Two leaders need two majorities, and two majorities share a server: which of "
        "its votes should it not have given?",
    ),
    ELECTIONS.rule(
        "one-vote",
        2,
        "Remember whom you voted for in this term, and let it survive a crash: `durable`.",
    ),
    ELECTIONS.rule(
        "majority",
        2,
        "Count distinct voters that granted, in your current term. `majority(n)` from "
        "dslab.values is n // 2 + 1.",
    ),
    ELECTIONS.rule(
        "up-to-date",
        2,
        "Compare (last term, last index) as a pair: the later term wins, and between "
        "equal terms the longer log.",
    ),
    ELECTIONS.rule("lower-term", 1, "Before you grant anything, compare m.term with your own."),
    ELECTIONS.rule(
        "higher-term",
        2,
        "In every handler, first: is m.term greater than mine? Then it is my term now, "
        "and I am a follower without a vote given.",
    ),
    ELECTIONS.rule(
        "term-durable",
        1,
        "What does the node know when it comes back? Only the fields named in `durable`.",
    ),
    ELECTIONS.rule(
        "new-term",
        1,
        "The first line of Figure 2's candidates: on conversion to candidate, increment "
        "currentTerm.",
    ),
    ELECTIONS.rule(
        "runs",
        1,
        "Read the last step of the run: which handler, which message, and what did the "
        "fields hold just before it?",
    ),
)

LIVENESS = (
    ELECTIONS.expects(
        "elects",
        "When messages arrive, a candidate with equal logs wins.",
        1,
        "After the timeout: vote for yourself, ask all peers, count the votes, and lead "
        "when they are a majority.",
        Script(empty(THREE), (fire("n1"), ("settle",))),
        somebody_leads(1),
    ),
    ELECTIONS.expects(
        "heartbeats",
        "A new leader sends heartbeats at once, and again and again (section 5.2).",
        1,
        "On winning, broadcast an AppendEntries and set a Heartbeat timer; when it runs "
        "out, do both again.",
        Script(empty(THREE), (fire("n1"), *votes_from("n1", "n2"))),
        leader_beats,
    ),
    ELECTIONS.expects(
        "heard-resets",
        "A heartbeat from the current leader puts the follower's election off (section 5.2).",
        1,
        "Every AppendEntries of the current term says that there is a leader: set the "
        "ElectionTimeout anew.",
        Script(
            empty(THREE),
            (fire("n1"), *votes_from("n1", "n2"), ("deliver", "n1", "n2", "AppendEntries")),
        ),
        lambda stepper, watcher: (
            somebody_leads(1)(stepper, watcher)
            or waits_after("a heartbeat from its leader")(stepper, watcher)
        ),
    ),
    ELECTIONS.expects(
        "vote-resets",
        "Granting a vote puts the voter's own election off (figure 2, followers).",
        1,
        "Who has just voted gives the candidate time to win.",
        Script(empty(THREE), (fire("n1"), ("deliver", "n1", "n2"))),
        lambda stepper, watcher: (
            voted_for("n2", "n1", watcher)
            or waits_after("a RequestVote that it granted")(stepper, watcher)
        ),
    ),
    ELECTIONS.expects(
        "elects-again",
        "After the leader is gone, another wins in a later term (votedFor starts anew in "
        "each term).",
        2,
        "A vote belongs to a term: with a new term, `voted_for` is None again.",
        Script(
            empty(FIVE),
            (
                fire("n1"),
                ("settle",),
                ("crash", "n1"),
                fire("n2"),
                fire("n2"),
                ("settle",),
                ("restart", "n1"),
                ("crash", "n2"),
                fire("n3"),
                fire("n3"),
                ("settle",),
            ),
        ),
        somebody_leads(3),
    ),
    ELECTIONS.expects(
        "split-vote",
        "After a split vote the next timeout settles it.",
        1,
        "A candidate sets its ElectionTimeout when it starts the election, and stands "
        "again when that runs out.",
        Script(
            empty(THREE), (fire("n1"), fire("n2"), fire("n3"), ("settle",), fire("n2"), ("settle",))
        ),
        somebody_leads(1),
    ),
    ELECTIONS.expects(
        "random-timeouts",
        "Election timeouts are drawn from a range (section 5.2).",
        1,
        "set_timer(ElectionTimeout(), 150, 300): the environment draws, the node never does.",
        Script(empty(THREE), (fire("n1"), ("settle",))),
        timeouts_are_drawn,
    ),
    Property(
        "heals",
        "After a cut is healed or a server is back, one leader remains and elections "
        "cease (section 5.2).",
        1,
        "A candidate or old leader that hears from the leader of its term or a later one "
        "follows it, and a leader needs no election timer.",
        heals,
    ),
)


def run_again(submission, steps):
    """The run of a schedule as a report prints it; without logs, of three nodes with none."""
    match steps:
        case [("healing", seed)]:
            healing = Healing(submission, seed)
            try:
                healing.run()
            except Broken as broken:
                healing.cluster.record("mark", data=broken.sentence)
            return healing.cluster.trace
    return ELECTIONS.replay(submission, steps, empty(THREE))


exercise = Exercise(
    "raft-election",
    "12.1 Raft, leader election",
    "CODE",
    2,
    SAFETY + LIVENESS,
    is_node,
    MUTANTS,
    run_again,
    ELECTIONS.thoroughly,
)
