"""12.1 Write Raft's leader election.

The grader fills the field `log` before a run, and looks at no other: name them as you like.
"""

from dataclasses import replace

from dslab.chapters.raft_election.mutants import MUTANTS
from dslab.chapters.raft_election.progress import (
    Healing,
    answers,
    follows,
    heals,
    leader_beats,
    somebody_leads,
    timeouts_are_drawn,
    waits_after,
)
from dslab.chapters.raft_election.schedules import (
    ELECTIONS,
    FIVE,
    FOUR,
    THREE,
    empty,
    fire,
    logs,
    stand,
)
from dslab.learn.exercise import Broken, Exercise, is_node
from dslab.learn.schedules import Script
from dslab.protocols.raft import AppendEntries, RequestVote

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
        "I am a follower without a vote given, and my Heartbeat is cancelled.",
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

STAND, REST = stand("n1"), ("settle",)
#: n1 leads, then n3 in a later term, of which n1 hears last.
DEPOSED = (
    STAND,
    ("settle", "n1", "n2"),
    stand("n3"),
    stand("n3"),
    ("settle", "n3", "n2"),
    ("fire", "n1", "Heartbeat"),
)


def then(*steps):
    return Script(empty(THREE), steps)


STEPS_DOWN = ELECTIONS.expects(
    "heals",
    "After a cut is healed or a server is back, one leader remains and elections "
    "cease (section 5.2).",
    1,
    "A candidate or old leader that hears from the leader of its term or a later one "
    "follows it, and a leader needs no election timer.",
    (then(STAND, REST), follows),
    (then(*DEPOSED, REST), follows),
    (then(STAND, REST, stand("n2"), REST), follows),
    (
        then(fire("n3"), STAND, ("settle", "n1", "n2"), ("settle", "n1", "n3")),
        waits_after("n3", AppendEntries, "a heartbeat from the leader of its term"),
    ),
)


def comes_to_rest(submission):
    STEPS_DOWN.test(submission)
    heals(submission)


LIVENESS = (
    ELECTIONS.expects(
        "elects",
        "When a majority is up and messages arrive, an up-to-date candidate wins.",
        1,
        "After the timeout: vote for yourself, ask all peers, count the votes, and lead "
        "when they are a majority.",
        *(
            (Script(start, steps), somebody_leads(1))
            for start, *steps in (
                (empty(THREE), STAND, REST),
                (empty(FOUR), ("crash", "n4"), STAND, REST),
                (empty(FIVE), ("crash", "n4"), ("crash", "n5"), STAND, REST),
                (empty(THREE), ("crash", "n2"), ("restart", "n2"), ("crash", "n3"), STAND, REST),
                (logs(n1=(1, 2), n2=(1, 2), n3=()), ("crash", "n3"), STAND, REST),
                (logs(n1=(1, 1), n2=(1,), n3=()), ("crash", "n3"), STAND, REST),
                # The longer log is the older one: n2 is the only one who can win.
                (
                    logs(n1=(1, 1, 1), n2=(1, 2), n3=()),
                    ("crash", "n3"),
                    *(STAND, REST, stand("n2"), REST),
                ),
                # Its vote is lost, and asked for again.
                (
                    empty(THREE),
                    STAND,
                    ("until", "n2", "Vote"),
                    ("drop", "n2", "n1", "Vote"),
                    ("again", "n1", "n2", "RequestVote"),
                    ("settle", "n1", "n2"),
                ),
            )
        ),
    ),
    ELECTIONS.expects(
        "heartbeats",
        "A new leader sends heartbeats at once, and again and again (section 5.2).",
        1,
        "On winning, broadcast an AppendEntries and set a Heartbeat timer; when it runs "
        "out, do both again.",
        (then(STAND, ("settle", "n1", "n2")), leader_beats),
        (Script(logs(n1=(1, 1, 2), n2=(1,), n3=()), (STAND, ("settle", "n1", "n2"))), leader_beats),
    ),
    ELECTIONS.expects(
        "answered",
        "Every request is answered, with the term of who answers (figure 2).",
        1,
        "Send a Vote for each RequestVote and an Appended for each AppendEntries, also where you "
        "refuse: the answer's term is how an old candidate or leader learns of a new one.",
        (then(STAND, REST), somebody_leads(1)),
        (then(STAND, REST), answers),
        (then(STAND, stand("n2"), REST), answers),
        (
            then(
                *(stand("n2"), stand("n2"), ("settle", "n2", "n3")),
                *(STAND, ("settle", "n1", "n3")),
            ),
            answers,
        ),
        (then(*DEPOSED, ("settle", "n1", "n2"), ("settle", "n1", "n3")), answers),
        (Script(logs(n1=(), n2=(1,), n3=()), (STAND, ("settle", "n1", "n2"))), answers),
    ),
    ELECTIONS.expects(
        "heard-resets",
        "A heartbeat from the current leader puts the follower's election off (section 5.2).",
        1,
        "Every AppendEntries of the current term says that there is a leader: set the "
        "ElectionTimeout anew.",
        (
            then(STAND, ("settle", "n1", "n2")),
            waits_after("n2", AppendEntries, "a heartbeat from its leader"),
        ),
    ),
    ELECTIONS.expects(
        "vote-resets",
        "Granting a vote puts the voter's own election off (figure 2, followers).",
        1,
        "Who has just voted gives the candidate time to win.",
        (
            then(STAND, ("until", "n2", "Vote")),
            waits_after("n2", RequestVote, "a RequestVote that it granted"),
        ),
    ),
    ELECTIONS.expects(
        "elects-again",
        "After the leader is gone, another wins in a later term (votedFor starts anew in "
        "each term).",
        2,
        "A vote belongs to a term: with a new term, `voted_for` is None again.",
        (then(STAND, REST), somebody_leads(1)),
        (
            then(
                *(STAND, REST, ("crash", "n1")),
                *(stand("n2"), REST, stand("n3"), REST, stand("n2"), REST),
            ),
            somebody_leads(2),
        ),
        (
            then(
                *(STAND, REST, ("crash", "n1"), ("restart", "n1"), ("crash", "n2")),
                *(stand("n3"), REST, STAND, REST, stand("n3"), REST),
            ),
            somebody_leads(2),
        ),
    ),
    ELECTIONS.expects(
        "split-vote",
        "After a split vote the next timeout settles it.",
        1,
        "A candidate sets its ElectionTimeout when it starts the election, and stands "
        "again when that runs out.",
        (then(STAND, stand("n2"), stand("n3"), REST, stand("n2"), REST), somebody_leads(1)),
    ),
    ELECTIONS.expects(
        "random-timeouts",
        "Election timeouts are drawn from a range (section 5.2).",
        1,
        "set_timer(ElectionTimeout(), 150, 300): the environment draws, the node never does.",
        (then(STAND, REST), timeouts_are_drawn),
        (then(*DEPOSED, REST), timeouts_are_drawn),
        (then(STAND, REST, ("crash", "n2"), ("restart", "n2")), timeouts_are_drawn),
    ),
    replace(STEPS_DOWN, test=comes_to_rest),
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
