"""The bounds in which Raft's log, its commits and its clients' answers go wrong."""

from dslab.chapters.raft_election.instruments import (
    CORRECT,
    ONE_ELECTION,
    THREE,
    disks,
    servers,
    simulated,
)
from dslab.check.models import KeyValue
from dslab.explore import Nodes
from dslab.explore.clients import caller
from dslab.learn.mutants import Bounds
from dslab.machine import Command
from dslab.machine import KeyValue as ReplicatedStore
from dslab.protocols.raft import Entry
from dslab.values import Map

__all__ = ["BOUNDS", "CORRECT", "simulated"]


def asked(words, *calls, rule=None, outstanding=1, **bounds) -> Bounds:
    """One client that makes these calls, `outstanding` at a time, and what it sees."""
    rule = rule or linearizable_so_far
    return Bounds(
        words,
        lambda kind: Nodes(
            dict.fromkeys(THREE, kind) | {"c": caller(*calls, outstanding=outstanding)},
            invariants=[rule],
            **bounds,
        ),
        options={"budget": 60_000},
    )


def linearizable_so_far(view):
    return view.seen.linearizable(Store)


class Store(KeyValue):
    """The store as `led_by_n1` leaves it."""

    initial = 1


def applied_once(view):
    return all(node.machine.store.get("x") in (None, "a") for node in view)


def led_by_n1() -> dict:
    """Three servers that have committed x = 1 in term 1, under n1."""
    log = (Entry(1, Command("c0", 1, "write", "x", 1)),)
    same = {
        "log": log,
        "current_term": 1,
        "voted_for": "n1",
        "commit_index": 1,
        "last_applied": 1,
        "machine": ReplicatedStore(Map(x=1)),
    }
    leads = {
        "role": "leader",
        "leader": "n1",
        "votes": frozenset(THREE),
        "next_index": Map(n2=2, n3=2),
        "match_index": Map(n2=1, n3=1),
    }
    return {"n1": same | leads, "n2": same, "n3": same}


BOUNDS = {
    "tail": servers(
        "one election; logs of terms 1 2, 1 1 1 and none",
        fires=ONE_ELECTION,
        disks=disks((1, 2), (1, 1, 1)),
    ),
    "write": servers("one election, one write", writes=1, fires=ONE_ELECTION),
    "write on logs": servers(
        "one election, one write; logs of terms 1 1, 1 and none",
        writes=1,
        fires=ONE_ELECTION,
        disks=disks((1, 1), (1,)),
    ),
    "write and crash": servers(
        "one election, one write, a crash", writes=1, fires=ONE_ELECTION, crashes=1
    ),
    "two writes": servers("one election, two writes", writes=2, fires=ONE_ELECTION),
    "figure 8": servers(
        "two elections; logs of terms 1 2, 1 3 and 1",
        fires={"ElectionTimeout": 2, "Heartbeat": 0},
        disks=disks((1, 2), (1, 3), (1,)),
    ),
    "stale tail": servers(
        "two elections, one write; logs of terms 1 2 and twice 1 1 1 1",
        writes=1,
        fires={"ElectionTimeout": 2, "Heartbeat": 0},
        disks=disks((1, 2), (1, 1, 1, 1), (1, 1, 1, 1)),
    ),
    "repeated append": asked(
        "one election, an append that arrives twice",
        ("n1", "append", "x", "a"),
        rule=applied_once,
        duplicates=1,
        fires=ONE_ELECTION,
    ),
    "old leader": asked(
        "one election; n1 leads already; a write to n2 and then a read from n1",
        ("n2", "write", "x", 2),
        ("n1", "read", "x"),
        fires=ONE_ELECTION,
        disks=led_by_n1(),
    ),
    "two open calls": asked(
        "n1 leads; a client with two of its calls open writes, reads and reads",
        ("n1", "write", "x", 2),
        ("n1", "read", "x"),
        ("n1", "read", "x"),
        outstanding=2,
        fires=0,
        disks=led_by_n1(),
    ),
}
