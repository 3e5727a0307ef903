"""Node classes as a system to explore: all orders of their messages, timers, crashes, losses and
repetitions, within bounds.

    explore(Nodes(
        {"n1": Raft, "n2": Raft, "n3": Raft},
        fires={"ElectionTimeout": 2, "Heartbeat": 0},
        crashes=1,
        invariants=[election_safety],
    ))

Messages may overtake each other, and nothing waits for anything: a timer may run out whenever it is
pending. A delivery that changes nothing is no step, for the message may as well arrive later. A
message to a node that is down waits; whether it is lost or late is the same to who waits for it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dslab.errors import DslabError
from dslab.explore.bounds import (
    demand_bounds,
    demand_classes,
    demand_disks,
    demand_rules,
    demand_symmetry,
)
from dslab.explore.client_views import Seen
from dslab.explore.coverage import Lines
from dslab.explore.handlers import Handlers, Outcome, seen_by
from dslab.explore.schedule import Stepper
from dslab.explore.spelling import expression
from dslab.explore.states import State, States, Used, state_of
from dslab.explore.symmetry import Symmetry
from dslab.explore.system import System
from dslab.explore.view import View, judge, rule_name
from dslab.node import Node
from dslab.run.trace import Trace
from dslab.values import Map, show

__all__ = ["Nodes"]

#: Which actions are about one message.
POSTAL = ("deliver", "drop", "duplicate")


class Nodes(System):
    """Nodes of given classes, by name, and the network between them.

    fires       how often timers may run out in one run, by class name, or one number for each
                class; None, or a class that is not named, is any number.
    crashes, losses, duplicates   how many of each may happen in one run.
    ordered     whether messages of one link arrive in order.
    disks       durable fields to begin with, by node.
    symmetric   names that may be exchanged for one another: states that differ in nothing else are
                looked at once. Sound only where nodes use names for nothing but equality, never for
                order.
    within      a function of a View: states for which it is false are looked at, but nothing after
                them.
    invariants, goals   functions of a View; the function's name is the rule's.
    coverage    note which lines of the handlers are run.
    strict      check the node contract in each step.
    history     what the rules look at as `view.seen`, where it is not what clients have seen: (what
                is seen before anything happens, a function that notes what is seen of a step). The
                first has `after(noted)`, which gives what is seen then; see `Handlers`.

    Raises DslabError for a class, name, bound or rule that can't be meant.
    """

    def __init__(
        self,
        nodes: Mapping[str, type[Node]],
        *,
        fires: int | Mapping[str, int] | None = None,
        crashes: int = 0,
        losses: int = 0,
        duplicates: int = 0,
        ordered: bool = False,
        disks: Mapping[str, dict] | None = None,
        symmetric: Iterable[str] = (),
        within: Callable[[View], bool] | None = None,
        invariants: Iterable[Callable[[View], bool]] = (),
        goals: Iterable[Callable[[View], bool]] = (),
        coverage: bool = False,
        strict: bool = True,
        history: tuple[Any, Callable[..., tuple]] | None = None,
    ):
        symmetric, disks = tuple(symmetric), {} if disks is None else disks
        demand_classes(nodes)
        self.bounds = {"crashes": crashes, "losses": losses, "duplicates": duplicates}
        demand_bounds(nodes, fires, self.bounds)
        demand_disks(disks)
        if within is not None:
            demand_rules("within", within)
        self.states = States(nodes, ordered)
        for name in (*disks, *symmetric):
            self.states.demand(name)
        demand_symmetry(nodes, symmetric)
        self.classes, self.fires, self.disks = dict(nodes), fires, dict(disks)
        self.name = " and ".join(dict.fromkeys(kind.__name__ for kind in nodes.values()))
        self.cut = False
        self._within, self._move = within, None  # What the last action moved, for `move`.
        self._lines = Lines(nodes.values()) if coverage else None
        self._unseen, note = history or (Seen(), self._seen_by_clients)
        self._handlers = Handlers(self.states, note, self._lines, strict)
        self._next_used: dict[tuple[Used, str], Used | None] = {}
        self.actions = [
            ("deliver", self._deliver_first if ordered else self._deliver),
            ("fire", self._fire),
        ]
        self.actions += [("crash", self._crash), ("restart", self._restart)] if crashes else []
        self.actions += [("drop", self._drop)] if losses else []
        self.actions += [("duplicate", self._duplicate)] if duplicates else []
        if within is not None:
            inside = self.predicate(within)
            self.actions = [(name, self._bounded(action, inside)) for name, action in self.actions]
        self.rules = _by_name(demand_rules("invariants", invariants))
        self.invariants = [(name, self.predicate(rule)) for name, rule in self.rules.items()]
        goals = demand_rules("goals", goals)
        self.goals = [(rule_name(rule), self.predicate(rule)) for rule in goals]
        self.canonical = Symmetry(self.states, symmetric).least if len(symmetric) > 1 else None

    def initial(self):
        """The one state in which all nodes have booted, in their order, and nothing has arrived."""
        nodes, mail, seen = [], [], self._unseen
        for name in self.states.order:
            local, sent, saw = self._handlers.boot(name, self.disks.get(name))
            nodes.append(local)
            mail += sent
            seen = seen.after(saw)
        yield State(tuple(nodes), self.states.in_order(mail), Used(), seen)

    def _seen_by_clients(self, step, args, node):
        if node.id not in self.states.clients:
            return ()
        return seen_by(node.id, args, node, copies=self.bounds["duplicates"] > 0)

    # Actions. Each notes in `_move` what it has moved when it gives a state.

    def _deliver(self, state):
        nodes, mail, used, seen = state
        known, receivers = self._handlers.known, self.states.receivers
        before = -1
        for place, number in enumerate(mail):
            if number == before:
                continue  # The same message twice: either will do.
            before = number
            receiver = receivers[number]
            if receiver is None:
                continue
            key = nodes[receiver], number
            outcome = known[key] if key in known else self._handlers.work_out(key)
            if outcome is not None:
                local, sent, saw = outcome
                rest = mail[:place] + mail[place + 1 :]
                self._move = number
                yield state_of(
                    (
                        nodes[:receiver] + (local,) + nodes[receiver + 1 :],
                        tuple(sorted(rest + sent)) if sent else rest,
                        used,
                        seen.after(saw) if saw else seen,
                    )
                )

    def _deliver_first(self, state):
        """Deliver the first message of each link, for links that keep the order."""
        links = set()
        for place, number in enumerate(state.mail):
            link, receiver = self.states.envelopes[number][:2], self.states.receivers[number]
            if link in links or receiver is None:
                continue
            links.add(link)
            here = state.nodes[receiver]
            if not self.states.locals[here].up:
                continue
            # Without an effect, it still makes way for the next.
            outcome = self._outcome(here, number) or Outcome(here, (), ())
            rest = state._replace(mail=state.mail[:place] + state.mail[place + 1 :])
            self._move = number
            yield self._after(rest, receiver, outcome, state.used)

    def _fire(self, state):
        fires = state.used.fires
        for place, here in enumerate(state.nodes):
            for number, timer in enumerate(self.states.locals[here].timers):
                kind = type(timer).__name__
                most = self._most(kind)
                if most is not None and fires.count(kind) >= most:
                    self.cut = self.withheld = True
                    continue
                outcome = self._outcome(here, ("fire", number))
                if outcome is not None:
                    used = state.used
                    if most is not None:
                        used = used._replace(fires=tuple(sorted((*fires, kind))))
                    self._move = place, timer
                    yield self._after(state, place, outcome, used)

    def _crash(self, state):
        for place, name in enumerate(self.states.order):
            here = state.nodes[place]
            if self.states.locals[here].up and name not in self.states.clients:
                used = self._used_up(state, "crashes")
                if used is None:
                    return
                outcome = self._outcome(here, "crash")
                self._move = place
                yield self._after(state, place, outcome, used)

    def _restart(self, state):
        for place, here in enumerate(state.nodes):
            if not self.states.locals[here].up:
                outcome = self._outcome(here, "restart")
                self._move = place
                yield self._after(state, place, outcome, state.used)

    def _drop(self, state):
        nodes, mail, _, seen = state
        for number in dict.fromkeys(mail):
            used = self._used_up(state, "losses")
            if used is None:
                return
            self._move, place = number, mail.index(number)
            yield state_of((nodes, mail[:place] + mail[place + 1 :], used, seen))

    def _duplicate(self, state):
        nodes, mail, _, seen = state
        for number in dict.fromkeys(mail):
            used = self._used_up(state, "duplicates")
            if used is None:
                return
            self._move = number
            yield state_of((nodes, self.states.in_order((*mail, number)), used, seen))

    def _outcome(self, local: int, what) -> Outcome | None:
        key, known = (local, what), self._handlers.known
        return known[key] if key in known else self._handlers.work_out(key)

    def _after(self, state: State, place: int, outcome: Outcome, used: Used) -> State:
        """The state after a step of the node at `place`."""
        nodes, mail, _, seen = state
        local, sent, saw = outcome
        return state_of(
            (
                nodes[:place] + (local,) + nodes[place + 1 :],
                self.states.in_order(mail + sent) if sent else mail,
                used,
                seen.after(saw) if saw else seen,
            )
        )

    def _most(self, kind: str) -> int | None:
        return self.fires.get(kind) if isinstance(self.fires, Mapping) else self.fires

    def _used_up(self, state: State, what: str) -> Used | None:
        """What is used up after one more of a bound's kind, or None where the bound forbids it."""
        key = state.used, what
        if key not in self._next_used:
            count = getattr(state.used, what) + 1
            allowed = count <= self.bounds[what]
            self._next_used[key] = state.used._replace(**{what: count}) if allowed else None
        if self._next_used[key] is None:
            self.cut = True
        return self._next_used[key]

    def _bounded(self, action, within):
        def bounded(state):
            if within(state):
                return action(state)
            self.cut = self.withheld = True
            return ()

        return bounded

    # Independent steps: those of different nodes that draw on no common bound.

    def irreducible(self):
        """Why steps can't change places: with symmetry or `within`, they can't."""
        if self.canonical:
            return "symmetry gives a state's steps other names; choose one of the two."
        if self._within is not None:
            return (
                "`within` looks at all nodes, so any step may make any other impossible; "
                "choose one of the two."
            )
        return None

    def move(self, name):
        """(action, the place of the node that moves, what)."""
        if name in POSTAL:
            return name, self.states.receivers[self._move], self._move
        return (name, *self._move) if name == "fire" else (name, self._move, None)

    def independent(self, one, other):
        """Whether two moves may change places: not those of one node, of two clients, or of what
        one bound counts.
        """
        (name, here, what), (other_name, there, other_what) = one, other
        if here == there or {"drop", "duplicate"} & {name, other_name}:
            return False
        order, clients = self.states.order, self.states.clients
        if order[here] in clients and order[there] in clients:
            return False  # Which of two clients was first is a part of what was seen.
        if name == other_name == "fire":
            return type(what) is not type(other_what) or self._most(type(what).__name__) is None
        return not name == other_name == "crash"

    # What a reader sees.

    def predicate(self, rule):
        """A rule of views as a function of states."""
        return judge(rule, self.states)

    def reading(self, function):
        """What `function` says of a state's view."""
        return lambda state: function(View(self.states, state))

    def state(self, state):
        """Each node's fields, or "down", and the messages on their way."""
        view = View(self.states, state)
        nodes = {name: view[name] for name in self.states.order}
        fields = {name: Map(vars(node)) if node else "down" for name, node in nodes.items()}
        return fields | {"messages": tuple(view.messages)}

    def label(self, action):
        """The step that was taken last, such as "deliver Vote n2→n1"."""
        order = self.states.order
        if action == "fire":
            return f"{order[self._move[0]]}'s {type(self._move[1]).__name__} runs out"
        if action in ("crash", "restart"):
            return f"{order[self._move]} {action}{'es' if action == 'crash' else 's'}"
        sender, receiver, message = self.states.envelopes[self._move]
        return f"{action} {type(message).__name__} {sender}→{receiver}"

    def fairness(self):
        """In the end each message is delivered, each timer runs out, and who is down restarts."""

        def delivered(number):
            return lambda one, other: (
                one.mail.count(number) > other.mail.count(number) and one.used == other.used
            )

        def goes_on(place):
            return lambda one, other: one.nodes[place] != other.nodes[place]

        envelopes, order = enumerate(self.states.envelopes), enumerate(self.states.order)
        mail = [
            (f"deliver {show(message)}", delivered(number)) for number, (_, _, message) in envelopes
        ]
        return mail + [(f"{name} goes on", goes_on(place)) for place, name in order]

    # Runs.

    def stepper(self) -> Stepper:
        """These nodes in a Stepper that has not been started, to be moved step by step."""
        stepper = Stepper(
            self.classes,
            self.states.order,
            disks=self.disks,
            title=self.name,
            peers=self.states.servers,
            copies=self.bounds["duplicates"] > 0,
        )
        stepper.trace.unit = "step"
        return stepper

    def replay(self, steps: Iterable[tuple]) -> Trace:
        """The run of a schedule, such as an Exploration's `steps` or a part of them. Steps that are
        impossible at their moment do nothing.
        """
        if isinstance(steps, str) or not isinstance(steps, Iterable):
            raise DslabError(
                f"replay({steps!r:.60}): give a list of steps, such as the `steps` of an "
                "Exploration."
            )
        stepper = self.stepper().start()
        for step in steps:
            stepper.perform(step)
        stepper.trace.title = f"{self.name}: {len(stepper.steps)} steps"
        if told := expression(stepper.steps):
            stepper.trace.replay = f"system.replay({told})"
        return stepper.trace

    def path(self, states):
        """The run through these states, as a trace."""
        return self.replay(self.steps(states))

    def steps(self, states):
        """The run through these states, as a schedule."""
        return [self.step(one, other) for one, other in zip(states, states[1:])]

    def step(self, one: State, other: State) -> tuple:
        """The step from one state to the next. Raises DslabError where there is none."""
        for name, action in self.actions:
            for new in action(one):
                if new == other:
                    if name in POSTAL:
                        return name, *self.states.envelopes[self._move]
                    order = self.states.order
                    if name == "fire":
                        return name, order[self._move[0]], type(self._move[1]).__name__
                    return name, order[self._move]
        raise DslabError(f"{self.name}: one of these states doesn't follow the other.")

    def never_run(self):
        """Handlers and lines that no step has run, where `coverage` was asked for."""
        return self._lines.missing() if self._lines else []

    def __repr__(self):
        nodes = ", ".join(f"{name}: {kind.__name__}" for name, kind in self.classes.items())
        return f"Nodes of {nodes}; rules: {', '.join(self.rules) or 'none'}"


def _by_name(rules) -> dict[str, Callable[[View], bool]]:
    """Rules by their names; of two without a name of their own, the second is told apart."""
    found: dict[str, Callable[[View], bool]] = {}
    for rule in rules:
        name = rule_name(rule)
        alike = sum(known.partition(" ")[0] == name for known in found)
        found[f"{name} ({alike + 1})" if alike else name] = rule
    return found
