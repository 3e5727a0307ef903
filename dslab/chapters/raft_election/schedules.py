"""The schedules that an election is put to: directed ones, and random ones from any logs."""

from random import Random

from dslab.chapters.raft_election.rules import RULES, Elections
from dslab.explore.schedule import Stepper
from dslab.learn.exploring import Space
from dslab.learn.schedules import ScheduleSearch, Script
from dslab.machine import Command
from dslab.protocols.raft import AppendEntries, Entry, RequestVote

__all__ = ["ELECTIONS", "FIVE", "THREE", "empty", "fire", "logs", "set_up", "votes_from"]

THREE, FIVE = ("n1", "n2", "n3"), ("n1", "n2", "n3", "n4", "n5")


def set_up(submission, start) -> Stepper:
    """Nodes whose logs hold the terms that `start` gives: ("logs", ("n1", 1, 1, 2), ("n2",), …)."""
    contents = {
        name: tuple(
            Entry(term, Command("c1", index, "write", "x", index))
            for index, term in enumerate(terms, 1)
        )
        for name, *terms in start[1:]
    }
    return Stepper(
        submission,
        tuple(contents),
        disks={name: {"log": log} for name, log in contents.items() if log},
        lenient=True,
    )


def logs(**terms):
    """A start: for each node the terms of its log's entries."""
    return ("logs", *((name, *each) for name, each in terms.items()))


def empty(names):
    return logs(**dict.fromkeys(names, ()))


def fire(node):
    return "fire", node, "ElectionTimeout"


def votes_from(candidate, *voters):
    return [
        step
        for voter in voters
        for step in (("deliver", candidate, voter), ("deliver", voter, candidate))
    ]


#: What an election usually goes wrong on, each a few steps; the random schedules that follow look
#: for the rest.
DIRECTED = [
    Script(empty(THREE), (fire("n1"), *votes_from("n1", "n2", "n3"))),
    Script(
        empty(THREE),
        (
            fire("n1"),
            fire("n2"),
            ("deliver", "n1", "n3"),
            ("deliver", "n2", "n3"),
            ("deliver", "n3", "n1"),
            ("deliver", "n3", "n2"),
        ),
    ),
    Script(
        empty(THREE),
        (
            fire("n1"),
            ("deliver", "n1", "n3"),
            ("crash", "n3"),
            ("restart", "n3"),
            fire("n2"),
            ("deliver", "n2", "n3"),
            ("deliver", "n3", "n1"),
            ("deliver", "n3", "n2"),
        ),
    ),
    Script(
        empty(THREE),
        (fire("n1"), ("crash", "n1"), ("restart", "n1"), fire("n1"), *votes_from("n1", "n2")),
    ),
    Script(empty(FIVE), (fire("n1"), *votes_from("n1", "n2"), fire("n4"), *votes_from("n4", "n5"))),
    Script(
        empty(THREE), (fire("n1"), fire("n2"), ("deliver", "n1", "n2"), ("deliver", "n2", "n1"))
    ),
    Script(
        empty(THREE),
        (
            fire("n1"),
            *votes_from("n1", "n2"),
            fire("n3"),
            *votes_from("n3", "n1"),
            ("fire", "n1", "Heartbeat"),
        ),
    ),
    Script(
        empty(THREE),
        (
            fire("n1"),
            fire("n1"),
            fire("n2"),
            ("deliver", "n1", "n3"),
            ("deliver", "n1", "n3"),
            ("deliver", "n2", "n3"),
        ),
    ),
    Script(
        empty(THREE),
        (
            fire("n1"),
            fire("n1"),
            ("deliver", "n1", "n2"),
            ("deliver", "n2", "n1"),
            ("deliver", "n1", "n3"),
            ("deliver", "n3", "n1"),
        ),
    ),
    Script(
        empty(FIVE),
        (
            fire("n1"),
            ("deliver", "n1", "n2"),
            ("deliver", "n2", "n1"),
            ("again", "n2", "n1", "Vote"),
        ),
    ),
    Script(
        empty(THREE),
        (
            fire("n1"),
            *votes_from("n1", "n2"),
            fire("n3"),
            fire("n3"),
            ("deliver", "n1", "n3", "AppendEntries"),
            ("deliver", "n3", "n1"),
            fire("n2"),
        ),
    ),
    Script(
        empty(THREE),
        (
            fire("n3"),
            fire("n3"),
            ("deliver", "n3", "n2"),
            ("deliver", "n3", "n2"),
            ("crash", "n2"),
            ("restart", "n2"),
            fire("n1"),
            ("deliver", "n1", "n2"),
        ),
    ),
    Script(empty(THREE), (("forge", "n2", "n1", AppendEntries(3, 0, 0, (), 0)), fire("n1"))),
    Script(
        empty(THREE),
        (
            ("forge", "n2", "n1", AppendEntries(3, 0, 0, (), 0)),
            ("forge", "n3", "n1", RequestVote(3, 0, 0)),
            ("forge", "n2", "n1", RequestVote(2, 0, 0)),
        ),
    ),
    Script(logs(n1=(1,), n2=(1, 2), n3=(1, 2)), (fire("n1"), *votes_from("n1", "n2"))),
    Script(logs(n1=(1, 1, 1), n2=(1, 2), n3=(1, 2)), (fire("n1"), *votes_from("n1", "n2"))),
    Script(logs(n1=(2,), n2=(1, 2), n3=(1, 2)), (fire("n1"), *votes_from("n1", "n2"))),
]


def random_logs(number):
    names, random = THREE if number % 3 else FIVE, Random(f"logs {number}")
    return logs(
        **{
            name: sorted(random.choices((1, 2), k=random.randrange(3))) if number % 2 else ()
            for name in names
        }
    )


SPACES = [Space(empty(THREE), {"fires": {"ElectionTimeout": 2, "Heartbeat": 0}})]

ELECTIONS = ScheduleSearch(
    set_up, Elections, RULES, "elections won", DIRECTED, random_logs, spaces=SPACES
)
