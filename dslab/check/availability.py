"""Availability, node by node: who was asked, who was up, and who answered.

Bailis, Davidson, Fekete, Ghodsi, Hellerstein and Stoica, "Highly available transactions: virtues
and limitations", VLDB 7(3), 2013, section 3. A node is bound to answer a call that reaches it while
it is up and that it has time for:

| kind     | a node that is up must answer …                                                     |
|----------|-------------------------------------------------------------------------------------|
| total    | every call (Gilbert and Lynch 2002: "every request received by a non-failing node") |
| sticky   | every call of a client that has stayed with it from its first call on               |
| majority | every call for whose whole time links to more than half of the nodes are up         |

"Not the leader" and other refusals are no answers; an operation that finds its condition false is
answered.
"""

from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.node import Reply, Request
from dslab.run.trace import Trace
from dslab.values import majority
from dslab.verdict import Verdict

__all__ = ["Asked", "asked", "available"]

KINDS = ("total", "sticky", "majority")
#: Errors that are the answer to the question.
ANSWERS = (None, "precondition-failed", "key-does-not-exist")


class Asked(NamedTuple):
    """One call at one node. `up`, `stayed` and `majority` say whether a node that is available in
    that sense had to answer it.

    answered is None where the run ends before anybody could tell.
    """

    client: str
    node: str
    call: str
    start: float
    answered: bool | None
    up: bool
    stayed: bool
    majority: bool


def available(run, kind: str = "total") -> Verdict:
    """Whether every node of a Trace, or a Cluster that has one, answered as `kind` demands."""
    if kind not in KINDS:
        raise DslabError(f"{kind!r} is no kind of availability: choose {', '.join(KINDS)}.")
    trace = run if isinstance(run, Trace) else getattr(run, "trace", None)
    if not isinstance(trace, Trace):
        raise DslabError(
            f"available() takes a Trace or what has one, but this is a {type(run).__name__}."
        )
    calls = asked(trace)
    bound = [
        call
        for call in calls
        if call.answered is not None
        and call.up
        and {"total": True, "sticky": call.stayed, "majority": call.majority}[kind]
    ]
    silent = [call for call in bound if not call.answered]
    counts = {
        node: (
            sum(call.answered for call in bound if call.node == node),
            sum(call.node == node for call in bound),
        )
        for node in trace.nodes
    }
    reasons = tuple(
        f"{node} had to answer {count} call{'' if count == 1 else 's'}, and answered {answered}."
        for node, (answered, count) in counts.items()
        if count
    )
    explored = {"calls": len(calls), "calls that had to be answered": len(bound)}
    if not bound:
        return Verdict(
            None,
            f"{kind}-availability",
            "No call had to be answered, so nothing can be said.",
            explored=explored,
        )
    if silent:
        first = silent[0]
        return Verdict(
            False,
            f"{kind}-availability",
            f"{first.node} was up and did not answer the {first.call} that {first.client} "
            f"sent at {first.start:g} ms.",
            reasons,
            trace=trace,
            explored=explored,
        )
    return Verdict(
        True,
        f"{kind}-availability",
        f"Every node answered each of the {len(bound)} calls that it had to.",
        reasons,
        explored=explored,
    )


def asked(trace: Trace) -> list[Asked]:
    """Every request that a client sent to a node, in order."""
    events = trace.events
    times = _Times(trace)
    home: dict[str, str] = {}
    left: set[str] = set()
    found = []
    for number, event in enumerate(events):
        if (
            event.kind != "send"
            or event.place not in trace.clients
            or not isinstance(event.data, Request)
        ):
            continue
        client, node, request = event.place, event.other, event.data
        if home.setdefault(client, node) != node:
            left.add(client)
        end, answered = _answer(events, number, client, node, request.id)
        found.append(
            Asked(
                client,
                node,
                request.f,
                event.time / 1000,
                answered,
                times.up(node, event.time, end) and times.reached(client, node, event.time, end),
                client not in left,
                times.with_majority(node, event.time, end),
            )
        )
    return found


def _answer(events, number, client, node, id) -> tuple[int, bool | None]:
    """(when the call to this node was over, whether it answered it)."""
    for event in events[number + 1 :]:
        if event.kind == "deliver" and event.place == client and event.other == node:
            reply: Any = events[event.ref].data
            if isinstance(reply, Reply) and reply.id == id:
                return event.time, reply.error in ANSWERS
        elif event.kind in ("info", "ok", "fail") and event.place == client:
            return event.time, False
        elif (
            event.kind == "send"
            and event.place == client
            and isinstance(event.data, Request)
            and event.data.id == id
            and event.other != node
        ):
            return event.time, False  # It had been sent on.
    return events[-1].time, None


class _Times:
    """Which nodes were down or paused, and which links were cut, when."""

    def __init__(self, trace: Trace):
        self.nodes, self.changes = trace.nodes, []
        down, links = frozenset(), frozenset()
        self.changes.append((-1, down, links))
        for event in trace.events:
            if event.kind in ("crash", "pause"):
                down |= {event.place}
            elif event.kind in ("restart", "resume"):
                down -= {event.place}
            elif event.kind == "cut":
                links |= {tuple(pair) for pair in event.data}
            elif event.kind == "heal":
                links = frozenset()
            else:
                continue
            self.changes.append((event.time, down, links))

    def _during(self, start, end):
        """Each state of the world between two moments."""
        for (time, down, links), (following, *_) in zip(
            self.changes, [*self.changes[1:], (float("inf"),)]
        ):
            if time <= end and following > start:
                yield down, links

    def up(self, node, start, end) -> bool:
        return all(node not in down for down, _ in self._during(start, end))

    def reached(self, client, node, start, end) -> bool:
        return all(
            (client, node) not in links and (node, client) not in links
            for _, links in self._during(start, end)
        )

    def with_majority(self, node, start, end) -> bool:
        """Whether the node could talk, both ways, to more than half of all nodes, itself among
        them, all the time.
        """
        return all(
            1
            + sum(
                other not in down and (node, other) not in links and (other, node) not in links
                for other in self.nodes
                if other != node
            )
            >= majority(self.nodes)
            for down, links in self._during(start, end)
        )
