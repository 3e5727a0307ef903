"""Transactions on lists and registers: is a history of them isolated as it should be?

Adya, "Weak consistency: a generalized theory and optimistic implementations for distributed
transactions", MIT 1999, gives the anomalies and the levels; Kingsbury and Alvaro, "Elle: inferring
isolation anomalies from experimental observations", VLDB 14(3), 2020, the way to see them from
outside; Cerone and Gotsman, "Analysing snapshot isolation", JACM 65(2), 2018, the cycles that
snapshot isolation allows.

| anomaly            | what it is                                               | ruled out from   |
|--------------------|----------------------------------------------------------|------------------|
| future-read        | a read of what the transaction itself writes only later  | read uncommitted |
| internal           | a read that lacks what the transaction itself wrote last | read uncommitted |
| garbage-read       | a read of what nobody wrote                              | read uncommitted |
| duplicate          | a value that is twice in a list                          | read uncommitted |
| incompatible-order | reads of a list of which neither begins with the other   | read uncommitted |
| G0                 | a cycle of ww                                            | read uncommitted |
| G1a                | a read of what was refused                               | read committed   |
| dirty-update       | an append behind one that was refused                    | read committed   |
| G1b                | a read in the middle of another transaction              | read committed   |
| G1c                | a cycle of ww and wr                                     | read committed   |
| unrepeatable-read  | a read that contradicts an earlier one                   | RR, SI           |
| lost-update        | two that read the same version and then write            | RR, SI           |
| G-single           | a cycle with one rw                                      | RR, SI           |
| G-nonadjacent      | a cycle in which no two rw are neighbours                | RR, SI           |
| G2-item            | a cycle with rw                                          | RR               |

RR is repeatable read, SI snapshot isolation; serializability rules out what either does.
Repeatable read differs from it in predicates alone, which these transactions don't have. A level
with "strong-session-" before its name also respects the order of each process, one with "strong-"
(or strict-serializable) real time; the cycles then bear "-process" or "-realtime".

It is exact: "holds" where some order of versions, and some outcome of what is unknown, makes a
history that the level allows, "violated" where none does. Of lists only the order of appends that
nobody read is open, and matters to snapshot isolation alone; of registers each order is. That is
inferred or searched for (`orders`), within a budget; past it, the verdict is undecided.
"""

from dataclasses import dataclass

from dslab.check.inputs import history_of, trace_of
from dslab.check.transactions.anomalies import Anomaly, in_reads
from dslab.check.transactions.cycles import cycles_of
from dslab.check.transactions.dependencies import graph_of
from dslab.check.transactions.levels import ANOMALIES, LEVELS, NAMES, level_named
from dslab.check.transactions.orders import BUDGET, settle
from dslab.check.transactions.reading import Reading
from dslab.check.transactions.versions import Versions
from dslab.check.transactions.words import told
from dslab.errors import demand_number
from dslab.values import counted
from dslab.verdict import Verdict

__all__ = ["ANOMALIES", "BUDGET", "LEVELS", "NAMES", "Anomaly", "Isolation", "transactions"]

#: How many anomalies a verdict tells in words; all stand in `Isolation.anomalies`.
TOLD = 12


@dataclass(frozen=True, repr=False)
class Isolation(Verdict):
    """A verdict on transactions. `anomalies` are all that were found of what the level rules out,
    the plainest first: of cycles, one of each kind in each part of the graph that has any.
    """

    anomalies: tuple[Anomaly, ...] = ()

    def as_json(self, other=None) -> dict:
        """As of any verdict, with the anomalies."""
        return super().as_json(other) | {"anomalies": [one.as_json() for one in self.anomalies]}


def transactions(history, level: str = "serializable", *, budget: int = BUDGET) -> Isolation:
    """Whether a history of transactions shows an anomaly that `level` rules out.

    history  a History, or whatever has one. An operation's `f` is "txn", its value a list of steps:
             ["append", key, value] for lists, ["w", key, value] for registers and ["r", key, None];
             what comes back has in place of None what the read saw.
    level    one of LEVELS.
    budget   steps of the search for an order that reads don't tell; past them the verdict is
             undecided (`holds` is None).

    Raises DslabError, with the line, where a step is something else.
    """
    demanded = level_named(level)
    demand_number("budget", budget)
    source, history = history, history_of(history, "transactions")
    reading = Reading(history)
    versions = Versions(reading, dirty=level.endswith("read-uncommitted"))
    found = [one for one in in_reads(versions) if one.name in demanded.ruled_out]
    graph = graph_of(versions, demanded)
    found += [told(graph, cycle) for cycle in cycles_of(graph, demanded)]
    found.sort(key=_severity)
    explored = {"transactions": len(reading.all)}
    undecided = ""
    if not found:
        settled = settle(graph, versions, budget)
        explored |= settled.explored
        found, undecided = settled.anomalies, settled.undecided
    if found:
        first = found[0]
        return Isolation(
            False,
            level,
            f"{first.title}: {first.sentence}",
            first.reasons + tuple(_others(found)),
            history.only([one.op for one in first.by]),
            trace=trace_of(source),
            explored=explored,
            anomalies=tuple(found),
        )
    if undecided:
        return Isolation(None, level, undecided, explored=explored)
    return Isolation(
        True,
        level,
        f"Nothing that was read is ruled out by {level.replace('-', ' ')}.",
        explored=explored,
    )


def _severity(one: Anomaly):
    """Plain ones first: those that need the order of processes or of time are not as bad."""
    order = "-process", "-realtime"
    suffix = next((part for part in order if one.name.endswith(part)), "")
    return suffix, ANOMALIES.index(one.name.removesuffix(suffix))


def _others(found: list[Anomaly]):
    """A sentence for each anomaly but the first, as far as there is room."""
    for one in found[1:TOLD]:
        who = [reason for reason in one.reasons if reason.startswith("T") and " is “" in reason]
        yield " ".join([f"Also {one.title}: {one.sentence}", *who])
    rest: dict[str, int] = {}
    for one in found[TOLD:]:
        rest[one.title] = rest.get(one.title, 0) + 1
    if rest:
        named = ", ".join(f"{count} of {title}" for title, count in rest.items())
        yield f"And {counted({'more anomalies': sum(rest.values())})}: {named}."
