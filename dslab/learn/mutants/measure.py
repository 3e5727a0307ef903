"""Which instrument kills which mutant: the explorer within small bounds, and the simulator under
faults and in the calm after them.

    python -m dslab.learn.mutants

A kill by the explorer is a shortest run, or, where the bounded space is too large, one met on
random walks. A kill by the simulator is a rule broken at some moment of a seeded run, a history
that is not linearizable, or no progress once the faults have stopped.
"""

from collections.abc import Callable
from typing import NamedTuple

from dslab.chapters.paxos import mutants as paxos
from dslab.chapters.raft_election import mutants as raft_election
from dslab.chapters.raft_log import mutants as raft_log
from dslab.check import linearizable
from dslab.check.models import KeyValue
from dslab.explore import Nodes, explore, walk
from dslab.explore.clients import caller
from dslab.learn.mutants.rules import PAXOS, RAFT, first_broken
from dslab.machine import Command, Machine
from dslab.node import Node, Request
from dslab.protocols.paxos import Paxos
from dslab.protocols.raft import Entry
from dslab.sim import Cluster
from dslab.values import Map

__all__ = ["BOUNDS", "EXPLORED", "SIMULATED", "MUTANTS", "explored", "simulated", "table"]

MUTANTS: dict[str, dict[str, type[Node]]] = {
    "Raft": raft_election.MUTANTS | raft_log.MUTANTS,
    "Paxos": paxos.MUTANTS,
}
THREE = "n1", "n2", "n3"
SEEDS = 25


# The explorer.


def entries(*terms: int) -> tuple[Entry, ...]:
    return tuple(
        Entry(term, Command("c", 10 * term + index, "write", "x", (term, index)))
        for index, term in enumerate(terms, 1)
    )


def disks(n1=(), n2=(), n3=(), committed=None) -> dict:
    """Disks whose logs have entries of these terms; `committed` is (node, index) for one that knows
    what is committed.
    """
    last = max((1, *n1, *n2, *n3))
    kept = {
        name: {"log": entries(*terms), "current_term": last}
        for name, terms in zip(THREE, (n1, n2, n3))
    }
    if committed:
        kept[committed[0]] |= {"commit_index": committed[1], "last_applied": committed[1]}
    return kept


class Bounds(NamedTuple):
    """A bounded system around a Node class: what it is in words, and how it is made and looked
    at.
    """

    words: str
    system: Callable[[type[Node]], Nodes]
    look: Callable = explore
    options: dict = {}


def _raft(words, writes=0, **bounds) -> Bounds:
    clients = {
        f"c{number}": caller(("n1", "write", "x", number)) for number in range(1, writes + 1)
    }
    return Bounds(
        words,
        lambda kind: Nodes(dict.fromkeys(THREE, kind) | clients, invariants=RAFT, **bounds),
        options={"budget": 40_000},
    )


def _paxos(words, *values, look=walk, **bounds) -> Bounds:
    clients = {
        f"c{number}": caller((to, "propose", None, value))
        for number, (to, value) in enumerate(values, 1)
    }
    return Bounds(
        words,
        lambda kind: Nodes(
            dict.fromkeys(THREE, kind) | clients, invariants=PAXOS, fires=0, **bounds
        ),
        look,
        {"walks": 4000, "length": 60, "seed": 1} if look is walk else {"budget": 40_000},
    )


def _asked(words, *calls, rule=None, **bounds) -> Bounds:
    """One client that makes these calls, and what it sees."""
    rule = rule or linearizable_so_far
    return Bounds(
        words,
        lambda kind: Nodes(
            dict.fromkeys(THREE, kind) | {"c": caller(*calls)}, invariants=[rule], **bounds
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
        "machine": Machine(Map(x=1)),
    }
    leads = {
        "role": "leader",
        "leader": "n1",
        "votes": frozenset(THREE),
        "next_index": Map(n2=2, n3=2),
        "match_index": Map(n2=1, n3=1),
    }
    return {"n1": same | leads, "n2": same, "n3": same}


TWO = ("n1", "A"), ("n2", "B")
ONE_ELECTION = {"ElectionTimeout": 1, "Heartbeat": 0}

BOUNDS = {
    "elections": _raft("two election timeouts", fires={"ElectionTimeout": 2, "Heartbeat": 0}),
    "crash": _raft(
        "two election timeouts, a crash", fires={"ElectionTimeout": 2, "Heartbeat": 0}, crashes=1
    ),
    "four walked": Bounds(
        "four election timeouts, random walks",
        lambda kind: Nodes(
            dict.fromkeys(THREE, kind),
            invariants=RAFT,
            fires={"ElectionTimeout": 4, "Heartbeat": 0},
        ),
        walk,
        {"walks": 500, "length": 60, "seed": 1},
    ),
    "five walked": Bounds(
        "five nodes, two election timeouts, two repeated messages, random walks",
        lambda kind: Nodes(
            dict.fromkeys((*THREE, "n4", "n5"), kind),
            invariants=RAFT,
            fires={"ElectionTimeout": 2, "Heartbeat": 0},
            duplicates=2,
        ),
        walk,
        {"walks": 500, "length": 60, "seed": 1},
    ),
    "lacks": _raft(
        "one election; n1 lacks what n2 and n3 have committed",
        fires=ONE_ELECTION,
        disks=disks(n2=(1,), n3=(1,), committed=("n2", 1)),
    ),
    "longer": _raft(
        "one election; n1's log is longer, its last term older",
        fires=ONE_ELECTION,
        disks=disks((1, 1), (2,), (2,), committed=("n2", 1)),
    ),
    "shorter": _raft(
        "one election; n1's log is shorter, of the same last term",
        fires=ONE_ELECTION,
        disks=disks((1,), (1, 1), (1, 1), committed=("n2", 2)),
    ),
    "tail": _raft(
        "one election; logs of terms 1 2, 1 1 1 and none",
        fires=ONE_ELECTION,
        disks=disks((1, 2), (1, 1, 1)),
    ),
    "write": _raft("one election, one write", writes=1, fires=ONE_ELECTION),
    "write on logs": _raft(
        "one election, one write; logs of terms 1 1, 1 and none",
        writes=1,
        fires=ONE_ELECTION,
        disks=disks((1, 1), (1,)),
    ),
    "write and crash": _raft(
        "one election, one write, a crash", writes=1, fires=ONE_ELECTION, crashes=1
    ),
    "two writes": _raft("one election, two writes", writes=2, fires=ONE_ELECTION),
    "figure 8": _raft(
        "two elections; logs of terms 1 2, 1 3 and 1",
        fires={"ElectionTimeout": 2, "Heartbeat": 0},
        disks=disks((1, 2), (1, 3), (1,)),
    ),
    "stale tail": _raft(
        "two elections, one write; logs of terms 1 2 and twice 1 1 1 1",
        writes=1,
        fires={"ElectionTimeout": 2, "Heartbeat": 0},
        disks=disks((1, 2), (1, 1, 1, 1), (1, 1, 1, 1)),
    ),
    "repeated append": _asked(
        "one election, an append that arrives twice",
        ("n1", "append", "x", "a"),
        rule=applied_once,
        duplicates=1,
        fires=ONE_ELECTION,
    ),
    "old leader": _asked(
        "one election; n1 leads already; a write to n2 and then a read from n1",
        ("n2", "write", "x", 2),
        ("n1", "read", "x"),
        fires=ONE_ELECTION,
        disks=led_by_n1(),
    ),
    "two proposers": _paxos("two proposers", *TWO, look=explore),
    "proposers walked": _paxos("two proposers, random walks", *TWO),
    "proposers crash": _paxos("two proposers, a crash, random walks", *TWO, crashes=1),
    "proposers repeat": _paxos(
        "two proposers, two repeated messages, random walks", *TWO, duplicates=2
    ),
    "proposer again": _paxos(
        "one node that proposes twice, a crash", ("n1", "A"), ("n1", "B"), look=explore, crashes=1
    ),
}


#: Which bounds kill which mutant, and the rule that is broken.
EXPLORED = {
    "VotesTwice": ("elections", "election_safety"),
    "VoteNotPersisted": ("crash", "election_safety"),
    "TermNotPersisted": ("crash", "election_safety"),
    "NoLogCheck": ("lacks", "leader_completeness"),
    "ComparesLengthOnly": ("longer", "leader_completeness"),
    "ComparesLastTermOnly": ("shorter", "leader_completeness"),
    "WinsWithHalf": ("elections", "election_safety"),
    "CountsRefusals": ("elections", "election_safety"),
    "CountsOldVotes": ("four walked", "election_safety"),
    "CountsOneVoterTwice": ("five walked", "election_safety"),
    "NoPreviousCheck": ("tail", "log_matching"),
    "TruncatesAlways": ("write on logs", "committed_on_a_majority"),
    "NeverTruncates": ("tail", "log_matching"),
    "KeepsStaleTail": ("stale tail", "log_matching"),
    "CommitUnbounded": ("write on logs", "commit_within_log"),
    "CommitsOlderTerm": ("figure 8", "leader_completeness"),
    "CommitsWithHalf": ("write", "committed_on_a_majority"),
    "LogNotPersisted": ("write", "committed_on_a_majority"),
    "AnswersBeforeDisk": ("write", "committed_on_a_majority"),
    "CountsAcknowledgements": ("write", "committed_on_a_majority"),
    "CommitsOnAppend": ("write", "committed_on_a_majority"),
    "DeposedReads": ("old leader", "linearizable_so_far"),
    "AppliesTwice": ("repeated append", "applied_once"),
    "AcceptsBelowPromise": ("two proposers", "agreement"),
    "IgnoresReported": ("two proposers", "agreement"),
    "SharedNumbers": ("two proposers", "agreement"),
    "HalfQuorum": ("two proposers", "agreement"),
    "SkipsPhase1": ("two proposers", "agreement"),
    "PromiseNotPersisted": ("proposers crash", "agreement"),
    "AcceptedNotPersisted": ("proposers crash", "agreement"),
    "CountsTwice": ("proposers repeat", "agreement"),
}

#: What the simulator's seeded runs end with. The rest of the mutants pass all of them.
ELECTIONS_GO_ON, DIFFER = (
    "elections go on although no fault does",
    "servers differ although no fault goes on",
)
SIMULATED = {
    "KeepsOldVote": ELECTIONS_GO_ON,
    "HeartbeatDoesNotReset": ELECTIONS_GO_ON,
    "StaysLeader": ELECTIONS_GO_ON,
    "FixedTimeouts": ELECTIONS_GO_ON,
    "FollowerIgnoresHigherTerm": DIFFER,
    "AcceptsGap": "state_machine_safety",
    "NeverBacksUp": DIFFER,
    "NeverTellsCommit": DIFFER,
    "AssumesLogsMatch": DIFFER,
    "ReadsBeforeCommit": "not linearizable",
    "NoBackOff": "nothing is chosen although no fault goes on",
}

#: What neither kills, and why; the first rule of the election exercise's directed schedules that
#: kills it, where there is one.
NEITHER = {
    "KeepsItsTerm": (
        "new-term",
        "a candidate that asks again in its own term only gets the same votes again",
    ),
    "VotesInLowerTerm": (
        "lower-term",
        "the candidate sees the higher term in the answer and steps down before it counts the vote",
    ),
    "VoteDoesNotReset": (
        "vote-resets",
        "a vote that doesn't put off an election costs an election now and then, and no rule",
    ),
    "SilentLeader": ("heartbeats", "the next heartbeat comes before the others' timeouts"),
    "ReusesNumber": (
        None,
        "the proposer is an acceptor too, and its own acceptor has the old proposal on "
        "disk and reports it",
    ),
}


def explored(kind: type[Node], bounds: str):
    """The explorer's verdict on a Node class within BOUNDS[bounds]."""
    one = BOUNDS[bounds]
    return one.look(one.system(kind), **one.options)


# The simulator.


def storm(kind: type[Node], seed: int) -> Cluster:
    """Five servers, three clients, and faults drawn from the seed for a second and a half."""
    cluster = Cluster(kind, 5, seed=seed, clients=3, loss=0.03, duplicate=0.03, strict=False)

    def client(name):
        me, number = cluster.client(name), 0
        while cluster.now < 1500:
            number += 1
            yield (
                me.read("x", timeout=300)
                if cluster.chance.random() < 0.5
                else me.write("x", f"{name}-{number}", timeout=300)
            )
            yield cluster.after(5 + cluster.chance.random() * 30)

    def faults(cluster):
        while True:
            yield cluster.after(60 + cluster.chance.random() * 150)
            if cluster.now >= 1500:
                return
            up = [name for name in cluster.names if cluster[name] is not None]
            down = [name for name in cluster.names if cluster[name] is None]
            what = cluster.choose(("crash", "restart", "isolate", "cut", "heal", "heal"))
            if what == "crash" and len(up) > 3:
                cluster.crash(cluster.choose(up))
            elif what == "restart" and down:
                cluster.restart(cluster.choose(down))
            elif what == "isolate":
                cluster.isolate(cluster.choose(cluster.names))
            elif what == "cut":
                cluster.cut(cluster.choose(cluster.names), cluster.choose(cluster.names))
            else:
                cluster.heal()

    for name in cluster.clients:
        cluster.script(lambda _, name=name: client(name))
    return cluster.script(faults).run(1500)


def calm(cluster: Cluster) -> str | None:
    """End all faults, and say what is wrong a while later: nobody leads, nothing is committed
    everywhere, or elections go on.
    """
    cluster.heal()
    for name in cluster.names:
        if cluster[name] is None:
            cluster.restart(name)
    cluster.run(1500)
    for attempt in range(5):  # The network still loses a message now and then.
        cluster.run(until=cluster.client("c1").write("x", f"calm {attempt}", timeout=600))
    cluster.run(300)
    nodes = [cluster[name] for name in cluster.names]
    term = max(node.current_term for node in nodes)
    cluster.run(1500)
    if (
        sum(cluster[name].role == "leader" for name in cluster.names) != 1
        or max(cluster[name].current_term for name in cluster.names) > term
    ):
        return "elections go on although no fault does"
    if not any(
        str(op.value).startswith("calm") and op.outcome == "ok" for op in cluster.history.operations
    ):
        return "no write succeeds although no fault goes on"
    if (
        len({(cluster[name].commit_index, cluster[name].machine.store) for name in cluster.names})
        > 1
    ):
        return "servers differ although no fault goes on"
    return None


def simulated(kind: type[Node], seeds=range(SEEDS)) -> str | None:
    """What goes wrong in the first of the seeded runs in which something does."""
    for seed in seeds:
        if wrong := _duel(kind, seed) if issubclass(kind, Paxos) else _stormy(kind, seed):
            return wrong
    return None


def _stormy(kind, seed) -> str | None:
    cluster = storm(kind, seed)
    if broken := first_broken(cluster.trace, kind.durable, RAFT):
        return broken
    if linearizable(cluster.history, "kv", explain=False).holds is False:
        return "not linearizable"
    return calm(cluster)


def _duel(kind, seed) -> str | None:
    """Two proposers of Paxos at once, on a network that takes the same time for each message."""
    cluster = Cluster(kind, 3, seed=seed, clients=2, delay=(5, 5), strict=False)
    for client, (to, value) in zip(cluster.clients, TWO):
        cluster.post(client, to, Request(1, "propose", None, value))
    cluster.run(1000)
    if broken := first_broken(cluster.trace, kind.durable, PAXOS):
        return broken
    return (
        None
        if all(cluster[name].chosen for name in cluster.names)
        else "nothing is chosen although no fault goes on"
    )


def table() -> str:
    """All mutants: what kills each, in one line. Takes about half a minute."""
    lines = []
    for protocol, mutants in MUTANTS.items():
        for name, kind in mutants.items():
            ways = []
            if name in EXPLORED:
                found = explored(kind, EXPLORED[name][0])
                ways.append(
                    f"explorer: {found.rule} in {found.states:,} states "
                    f"({BOUNDS[EXPLORED[name][0]].words})"
                    if found.holds is False
                    else "explorer: nothing"
                )
            if name in SIMULATED:
                ways.append(f"simulator: {simulated(kind) or 'nothing'}")
            if name in NEITHER:
                rule, why = NEITHER[name]
                ways.append(
                    ("directed schedule: " + rule if rule else "not reachable") + f" ({why})"
                )
            lines.append(f"{protocol:5} {name:26} {'; '.join(ways)}")
    return "\n".join(lines)
