"""A protocol's own rules, such as one leader a term, asked of every state of a run.

They are functions of a view, as the explorer's invariants are; here the view is of a recorded run.
What they say of one run, they say of that run alone: to ask all runs, within bounds, give them to
`dslab.explore.Nodes`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from dslab.explore.view import rule_name
from dslab.node import Node
from dslab.run.events import Event
from dslab.run.trace import Trace
from dslab.verdict import Verdict

__all__ = ["RunView", "first_broken", "judge_rule", "rules_of"]


def rules_of(protocol: type[Node]) -> dict[str, Callable]:
    """A protocol's rules by name."""
    return {rule_name(rule): rule for rule in protocol.rules}


class RunView:
    """What a rule sees of a recorded run, after the events that it has been told of.

    Iterating gives the nodes that are up and have not become Byzantine: nobody promises anything of
    a liar. What clients have seen is not in it: a checker asks the history.
    """

    def __init__(self, trace: Trace, protocol: type[Node]):
        self._trace, self._protocol = trace, protocol
        self.names = list(trace.nodes)
        self._nodes: dict[str, Node | None] = dict.fromkeys(self.names)
        self._disks: dict[str, dict[str, Any]] = {name: {} for name in self.names}
        self._liars: set[str] = set()
        self._under_way: dict[int, Event] = {}

    def after(self, number: int, event: Event) -> bool:
        """Take in an event; whether a node has changed."""
        if event.kind == "send" and event.other in self._nodes:
            self._under_way[number] = event
        elif event.kind in ("deliver", "lose"):
            self._under_way.pop(event.ref, None)
        elif event.kind == "fault" and event.data[0] == "byzantine":
            self._liars.add(event.data[1][0])
        elif event.kind == "crash":
            self._nodes[event.place] = None
            return True
        if event.state is None or event.place not in self._nodes:
            return False
        peers = [name for name in self.names if name != event.place]
        node = self._nodes[event.place] = self._protocol(event.place, peers)
        vars(node).update(event.state)
        self._disks[event.place] = {name: event.state[name] for name in self._protocol.durable}
        return True

    def __getitem__(self, name: str) -> Node | None:
        return self._nodes[name]

    def disk(self, name: str) -> dict[str, Any]:
        """What a node's last step wrote to its disk; nothing before its first."""
        return self._disks[name]

    def __iter__(self) -> Iterator[Node]:
        for name, node in self._nodes.items():
            if node is not None and name not in self._liars:
                yield node

    @property
    def messages(self) -> list[tuple[str, str, Any]]:
        """(sender, receiver, message) of what is on its way; of what is doubled, one copy."""
        return [(event.place, event.other, event.data) for event in self._under_way.values()]


def judge_rule(trace: Trace, protocol: type[Node], rule: Callable) -> Verdict:
    """The verdict on a rule in every state of a run, each after a node's step."""
    view, looked, name = RunView(trace, protocol), 0, rule_name(rule)
    for number, event in enumerate(trace.events):
        if not view.after(number, event):
            continue
        looked += 1
        if not rule(view):
            step = [sentence for first, sentence in trace.steps() if first <= number][-1]
            return Verdict(
                False,
                name,
                f"At {event.time / 1000:.1f} ms {name} is broken.",
                (step,),
                trace=trace,
                explored={"states": looked},
            )
    return Verdict(
        True, name, f"{name} holds in every state of this run.", explored={"states": looked}
    )


def first_broken(trace: Trace, protocol: type[Node]) -> str | None:
    """Which of a protocol's rules a run breaks first, by name; None where all hold."""
    view, rules = RunView(trace, protocol), rules_of(protocol)
    for number, event in enumerate(trace.events):
        if view.after(number, event):
            for name, rule in rules.items():
                if not rule(view):
                    return name
    return None
