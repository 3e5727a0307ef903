"""What shows that a mutant is as right as the answer it was made of.

explored(…)   for Node classes: both do the same in all schedules within bounds
called(…)     for functions and stores: both do the same with given inputs
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dslab.errors import DslabError
from dslab.explore import Nodes, explore
from dslab.node import Node
from dslab.values import Map, show

__all__ = ["called", "explored", "judged", "observed", "together", "twins"]

Shown = Callable[[Any, Any], str | None]


def explored(
    fires: int | Mapping[str, int] | None,
    nodes: int = 3,
    *,
    disks: Mapping[str, dict] | None = None,
    budget: int = 100_000,
    **bounds: Any,
) -> Shown:
    """Two Node classes send the same and set the same timers in every schedule within bounds.

    nodes   how many there are: n1, n2, …
    bounds  crashes, losses, duplicates, disks as for `dslab.explore.Nodes`; `clients`, classes by
            name (`dslab.explore.clients.caller`).
    budget  states; that it runs out shows nothing.
    """

    def differ(answer, mutant):
        kept = {
            name: {"first_disk": Map(disk), "second_disk": Map(disk)}
            for name, disk in (disks or {}).items()
        }
        system = _system(twins(answer, mutant), fires, nodes, disks=kept, rules=[alike], **bounds)
        return _found(system, budget, lambda end: end.get("differs"))

    return differ


def judged(
    *rules: Callable[[Any], bool],
    fires: int | Mapping[str, int] | None,
    nodes: int = 3,
    budget: int = 100_000,
    **bounds: Any,
) -> Shown:
    """The mutant breaks none of these rules, functions of a view, in any schedule within bounds,
    which are as for `explored`.
    """

    def differ(answer, mutant):
        return _found(_system(mutant, fires, nodes, rules=rules, **bounds), budget, lambda end: "")

    return differ


def observed(
    fires: int | Mapping[str, int] | None,
    nodes: int = 3,
    *,
    silent: Iterable[str] = (),
    budget: int = 100_000,
    **bounds: Any,
) -> Shown:
    """Clients can see the same of two Node classes: in all schedules within bounds (as for
    `explored`) they get the same answers in the same orders, whatever the nodes tell each other.

    silent  operations of whose answers nobody reads the value.
    """

    def seen(kind):
        found = set()

        def noted(view):
            found.add(
                tuple(
                    (process, tuple(_heard(op, silent) for op in operations))
                    for process, operations in view.seen.ops
                )
            )
            return True

        wrong = _found(_system(kind, fires, nodes, rules=[noted], **bounds), budget, lambda end: "")
        return wrong, found

    def differ(answer, mutant):
        (wrong, one), (wrong_2, other) = seen(answer), seen(mutant)
        if wrong or wrong_2:
            return wrong or wrong_2
        for whose, only in (("the answer", one - other), ("the mutant", other - one)):
            if only:
                return f"only {whose} lets clients see {min(only, key=repr)!r:.500}"
        return None

    return differ


def _heard(operation: tuple, silent: Iterable[str]) -> tuple:
    *asked, result, error = operation
    return (*asked, None if asked[2] in silent else result, error)


def together(*ways: Shown) -> Shown:
    """All of these show it."""

    def differ(answer, mutant):
        return next(filter(None, (way(answer, mutant) for way in ways)), None)

    return differ


def _system(kind, fires, nodes, *, clients=None, rules=(), **bounds) -> Nodes:
    names = [f"n{number}" for number in range(1, nodes + 1)]
    classes = dict.fromkeys(names, kind) | dict(clients or {})
    return Nodes(classes, fires=fires, invariants=rules, **bounds)


def _found(system: Nodes, budget: int, words: Callable[[Mapping], str | None]) -> str | None:
    """What an exploration has found, in words; None where everything holds everywhere."""
    try:
        verdict = explore(system, budget=budget)
    except DslabError as error:
        return str(error)
    if verdict.holds is None:
        return f"{budget:,} states are not all that there are: nothing is shown."
    if verdict.holds:
        return None
    trace = verdict.trace
    ends = (trace.state(name, len(trace) - 1) for name in system.states.servers)
    said = next(filter(None, (words(end) for end in ends if end)), verdict.sentence)
    return f"{said.rstrip('.')} (after {len(trace.sentences())} steps)"


def alike(view) -> bool:
    """No node of a pair has done anything that the other has not."""
    return not any(getattr(node, "differs", "") for node in view)


def twins(first: type[Node], second: type[Node]) -> type[Node]:
    """A Node class that runs two, hands both what it is handed, and does what both do. Where they
    differ it notes how in `differs`, and does nothing from then on.

    A copy more or less of a timer that is cancelled, or another order of what one handler sends, is
    no difference.
    """

    class Twins(Node):
        first_state: Map | None = None
        second_state: Map | None = None
        first_disk: Map | None = None
        second_disk: Map | None = None
        pending: frozenset = frozenset()
        differs: str = ""
        durable = "first_disk", "second_disk", "differs"

        def start(self):
            self.pending = frozenset()
            nodes = []
            for kind, disk in ((first, self.first_disk), (second, self.second_disk)):
                fields = {} if disk is None else dict(disk)
                nodes.append(kind.recover(self.id, self.peers, fields))
            self.both(nodes, "start")

        def receive(self, sender, message):
            self.both(self.inner(), "receive", sender, message)

        def fire(self, timer):
            self.pending -= {type(timer).__name__}
            self.both(self.inner(), "fire", timer)

        def inner(self):
            nodes = []
            for kind, state in ((first, self.first_state), (second, self.second_state)):
                node = kind(self.id, self.peers)
                vars(node).clear()
                vars(node).update(state)
                nodes.append(node)
            return nodes

        def both(self, nodes, step, *args):
            if self.differs:
                return
            told = [_done(node, step, args, self.pending) for node in nodes]
            if told[0] != told[1]:
                what = show(args[-1]) if args else "its start"
                self.differs = f"{self.id}, at {what}: {_words(told[0])}; {_words(told[1])}"
                return
            one, other = nodes
            self.outbox += one.outbox
            self.timers |= one.timers
            for kind, setting in one.timers.items():
                name = {kind.__name__}
                self.pending = self.pending | name if setting else self.pending - name
            self.first_state, self.second_state = Map(vars(one)), Map(vars(other))
            self.first_disk, self.second_disk = Map(one.disk()), Map(other.disk())

    for name in dir(first):
        if name.startswith("on_"):  # So that bounds may name what they take.
            setattr(Twins, name, getattr(first, name))
    Twins.__name__ = f"{first.__name__} twice"
    return Twins


def _done(node: Node, step: str, args: tuple, pending: frozenset):
    """What a node sends and which timers it sets, in an order of its own; what it raises."""
    try:
        getattr(node, step)(*args)
    except Exception as error:
        return "raises", type(error).__name__
    timers = sorted(
        (kind.__name__, setting and setting[1:])
        for kind, setting in node.timers.items()
        if setting or kind.__name__ in pending
    )
    return sorted((to, repr(message)) for to, message in node.outbox), timers


def _words(done) -> str:
    if done[0] == "raises":
        return f"raises {done[1]}"
    sent, timers = done
    said = [f"{message} to {to}" for to, message in sent]
    said += [f"{name} {'set' if setting else 'cancelled'}" for name, setting in timers]
    return ", ".join(said) or "nothing"


def called(inputs: Callable[[], Iterable[Any]], result: Callable[[Any, Any], Any]) -> Shown:
    """Two answers give the same for each input.

    inputs  makes them, each time the same.
    result  (answer, input) → what comes of it: a value, or what it raises.
    """

    def differ(answer, mutant):
        for given in inputs():
            one, other = (_result(result, each, given) for each in (answer, mutant))
            if one != other:
                return f"with {given!r:.200}: {one!r:.200} and {other!r:.200}"
        return None

    return differ


def _result(result, answer, given):
    try:
        return result(answer, given)
    except Exception as error:
        return type(error)
