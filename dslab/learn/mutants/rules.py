"""What must hold in every state of a run, as functions of a view: of an explorer's, or of a
`Moment` of a recorded run.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from dslab.run.trace import Trace
from dslab.values import majority

__all__ = ["PAXOS", "RAFT", "Moment", "first_broken"]


def election_safety(view):
    """At most one leader in a term (Ongaro and Ousterhout 2014, Figure 3)."""
    terms = [node.current_term for node in view if node.role == "leader"]
    return len(terms) == len(set(terms))


def log_matching(view):
    """Entries with the same index and term have the same entries before them, and are the same."""
    logs = [node.log for node in view]
    for number, one in enumerate(logs):
        for other in logs[:number]:
            shared = [index for index, (a, b) in enumerate(zip(one, other), 1) if a.term == b.term]
            if shared and one[: shared[-1]] != other[: shared[-1]]:
                return False
    return True


def commit_within_log(view):
    """No server takes for committed what it doesn't have."""
    return all(node.commit_index <= len(node.log) for node in view)


def state_machine_safety(view):
    """What two servers call committed is the same, as far as both go."""
    done = [node.log[: node.commit_index] for node in view]
    return all(
        one[: min(len(one), len(other))] == other[: min(len(one), len(other))]
        for number, one in enumerate(done)
        for other in done[:number]
    )


def committed_on_a_majority(view):
    """What a server calls committed stands on the disks of a majority (section 5.3)."""
    disks = [_log_on(view.disk(name)) for name in view.names]
    longest = max((node.log[: node.commit_index] for node in view), key=len, default=())
    return all(
        sum(log[index : index + 1] == (entry,) for log in disks) >= majority(disks)
        for index, entry in enumerate(longest)
    )


def leader_completeness(view):
    """The leader of the highest term has all that anyone calls committed."""
    top = max((node.current_term for node in view), default=0)
    return all(
        other.log[: other.commit_index] == node.log[: other.commit_index]
        for node in view
        if node.role == "leader" and node.current_term == top
        for other in view
        if other.current_term <= top
    )


def agreement(view):
    """No two servers learn different values (Lamport 2001, section 2)."""
    return len({node.chosen for node in view if node.chosen is not None}) <= 1


RAFT = (
    election_safety,
    log_matching,
    commit_within_log,
    state_machine_safety,
    committed_on_a_majority,
    leader_completeness,
)
PAXOS = (agreement,)


def _log_on(disk: dict) -> tuple:
    return disk.get("log", disk.get("on_disk", ()))


class Moment:
    """The nodes of a recorded run at one moment, as a rule looks at them: those that are up, and
    the disks of all.
    """

    def __init__(self, names, durable):
        self.names, self.durable = list(names), durable
        self.up: dict[str, Any] = dict.fromkeys(names)
        self.disks: dict[str, dict] = {name: {} for name in names}

    def after(self, record) -> bool:
        """Go on by one record; whether it changed a node."""
        _, kind, name, _, _, _, state = record
        if kind == "crash":
            self.up[name] = None
        elif state is not None and name in self.up:
            self.up[name] = SimpleNamespace(**state)
            self.disks[name] = {
                field: value for field, value in state.items() if field in self.durable
            }
        else:
            return False
        return True

    def __iter__(self) -> Iterator:
        return (node for node in self.up.values() if node is not None)

    def __getitem__(self, name):
        return self.up[name]

    def disk(self, name):
        return self.disks[name]


def first_broken(trace: Trace, durable, rules) -> str | None:
    """The first rule that a recorded run breaks, by name."""
    moment = Moment(trace.nodes, durable)
    for record in trace.records:
        if moment.after(record):
            for rule in rules:
                if not rule(moment):
                    return rule.__name__
    return None
