"""Node classes as a system to explore: all orders of their messages, timers, crashes, losses and
repetitions, within bounds.

    explore(Nodes({"n1": Raft, "n2": Raft, "n3": Raft}, fires={"ElectionTimeout": 2, "Heartbeat": 0}, crashes=1, invariants=[election_safety]))

A state of the whole is a tuple of small numbers: one for each node's state with its pending timers,
the messages on their way, and what is used up of each bound. What a node does in one state with one
message is worked out once, by calling its handler (in strict mode, so that a handler that breaks
the node contract is named), and then looked up.

Messages may overtake each other, and nothing waits for anything: a timer may run out whenever it is
pending. A delivery that changes nothing is no step, for the message may as well arrive later. A
message to a node that is down waits; whether it is lost or late is the same to who waits for it.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any

from dslab.errors import DslabError
from dslab.explore.bounds import demand_bounds, demand_classes, demand_symmetry, functions
from dslab.explore.callers import Caller
from dslab.explore.client_views import Seen
from dslab.explore.coverage import Lines
from dslab.explore.schedule import Stage
from dslab.explore.search import System
from dslab.explore.symmetry import Symmetry
from dslab.explore.view import Local, View
from dslab.node import Node, Reply, Request, rehearse
from dslab.run.trace import Trace
from dslab.values import Map, show

__all__ = ["Nodes", "View"]


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
        within: Callable[["View"], bool] | None = None,
        invariants: Iterable[Callable[["View"], bool]] = (),
        goals: Iterable[Callable[["View"], bool]] = (),
        coverage: bool = False,
    ):
        symmetric, invariants, goals = (
            tuple(symmetric),
            functions("invariants", invariants),
            functions("goals", goals),
        )
        demand_classes(nodes)
        demand_bounds(
            nodes, fires, {"crashes": crashes, "losses": losses, "duplicates": duplicates}
        )
        self.classes, self.order = dict(nodes), tuple(nodes)
        self.place = {name: place for place, name in enumerate(self.order)}
        kinds = dict.fromkeys(kind.__name__ for kind in self.classes.values())
        self.name = " and ".join(kinds)
        self.fires, self.bounds, self.ordered = fires, (crashes, losses, duplicates), ordered
        self.disks = dict(disks or {})
        for name in (*self.disks, *symmetric):
            self._known(name)
        demand_symmetry(nodes, symmetric)
        self.callers = tuple(
            name for name, kind in self.classes.items() if issubclass(kind, Caller)
        )
        self.cut, self._move, self._within = False, None, within
        self._numbers: dict[Any, int] = {}  # Local states by what is in them, and
        self._locals: list[Local] = []  # by number.
        self._envelopes: dict[tuple, int] = {}  # (sender, receiver, message), and
        self._mail: list[tuple] = []  # by number.
        self._to: list[int | None] = []  # The place of each envelope's receiver.
        self._handled: dict[
            tuple, Any
        ] = {}  # (local, what) → (local after it, envelopes sent, what clients saw), or None.
        self._views: dict[tuple, View] = {}
        self._verdicts: list[dict] = []
        self.ran = Lines(self.classes.values()) if coverage else None
        self.actions = [
            ("deliver", self._ordered if ordered else self._deliver),
            ("fire", self._fire),
        ]
        self.actions += [("crash", self._crash), ("restart", self._restart)] if crashes else []
        self.actions += [("lose", self._lose)] if losses else []
        self.actions += [("double", self._double)] if duplicates else []
        if within is not None:
            self.actions = [
                (name, self._bounded(action, self._judge(within))) for name, action in self.actions
            ]
        self.rules: dict[str, Callable[[View], bool]] = {}
        for rule in invariants:  # Two without a name of their own are two.
            same = sum(name.partition(" ")[0] == _named(rule) for name in self.rules)
            self.rules[f"{_named(rule)} ({same + 1})" if same else _named(rule)] = rule
        self.invariants = [(name, self._judge(rule)) for name, rule in self.rules.items()]
        self.goals = [(_named(rule), self._judge(rule)) for rule in goals]
        self.canonical = Symmetry(self, symmetric).least if len(symmetric) > 1 else None

    # A state is (local of each node …, envelopes, used, seen): numbers, a sorted tuple of numbers
    # (by link, and in order of sending, where links are ordered), a tuple of numbers, and what the
    # callers have seen.

    def initial(self):
        places, mail, seen = [], (), Seen()
        for name in self.order:
            node = self._make(name, self.disks.get(name))
            local, sent, saw = self._after(name, node, (), "start")
            places.append(local)
            mail += sent
            seen = seen.after(saw)
        yield (*places, self._sorted(mail), ((), 0, 0, 0), seen)

    def _deliver(self, state):
        mail, handled, to = state[-3], self._handled, self._to
        before = -1
        for place, number in enumerate(mail):
            if number == before:
                continue  # The same message twice: either will do.
            before = number
            receiver = to[number]
            if receiver is None:
                continue
            key = state[receiver], number
            outcome = handled[key] if key in handled else self._handle(receiver, key)
            if outcome is not None:
                local, sent, saw = outcome
                rest = mail[:place] + mail[place + 1 :]
                self._move = number
                yield (
                    *state[:receiver],
                    local,
                    *state[receiver + 1 : -3],
                    tuple(sorted(rest + sent)) if sent else rest,
                    state[-2],
                    state[-1].after(saw) if saw else state[-1],
                )

    def _ordered(self, state):
        mail, heads = state[-3], set()
        for place, number in enumerate(mail):
            link = self._mail[number][:2]
            receiver = self._to[number]
            if link in heads or receiver is None:
                continue
            heads.add(link)
            if not self._locals[state[receiver]].up:
                continue
            key = state[receiver], number
            outcome = self._handled[key] if key in self._handled else self._handle(receiver, key)
            local, sent, saw = outcome or (
                state[receiver],
                (),
                (),
            )  # Without an effect, it still makes way for the next.
            self._move = number
            yield (
                *state[:receiver],
                local,
                *state[receiver + 1 : -3],
                self._sorted(mail[:place] + mail[place + 1 :] + sent),
                state[-2],
                state[-1].after(saw),
            )

    def _fire(self, state):
        used = state[-2]
        for place in range(len(self.order)):
            for number, timer in enumerate(self._locals[state[place]].timers):
                kind = type(timer).__name__
                count = sum(1 for each in used[0] if each == kind)
                most = self._most(kind)
                if most is not None and count >= most:
                    self.cut = self.withheld = True
                    continue
                key = state[place], ("fire", number)
                outcome = self._handled[key] if key in self._handled else self._handle(place, key)
                if outcome is not None:
                    local, sent, saw = outcome
                    after = used if most is None else (tuple(sorted((*used[0], kind))), *used[1:])
                    self._move = place, timer
                    yield (
                        *state[:place],
                        local,
                        *state[place + 1 : -3],
                        self._sorted(state[-3] + sent),
                        after,
                        state[-1].after(saw),
                    )

    def _crash(self, state):
        for place, name in enumerate(self.order):
            local = self._locals[state[place]]
            if local.up and name not in self.callers:
                used = self._use(state, 1)
                if used is None:
                    return
                kept = {
                    field: value
                    for field, value in zip(local.names, local.values)
                    if field in self.classes[name].durable
                }
                self._move = place
                yield (
                    *state[:place],
                    self._number(Local(place, tuple(kept), tuple(kept.values()), (), False)),
                    *state[place + 1 : -2],
                    used,
                    state[-1],
                )

    def _restart(self, state):
        for place, name in enumerate(self.order):
            if not self._locals[state[place]].up:
                key = state[place], "restart"
                local, sent, saw = (
                    self._handled[key] if key in self._handled else self._handle(place, key)
                )
                self._move = place
                yield (
                    *state[:place],
                    local,
                    *state[place + 1 : -3],
                    self._sorted(state[-3] + sent),
                    state[-2],
                    state[-1].after(saw),
                )

    def _lose(self, state):
        for number in dict.fromkeys(state[-3]):
            used = self._use(state, 2)
            if used is None:
                return
            self._move, place = number, state[-3].index(number)
            yield (*state[:-3], state[-3][:place] + state[-3][place + 1 :], used, state[-1])

    def _double(self, state):
        for number in dict.fromkeys(state[-3]):
            used = self._use(state, 3)
            if used is None:
                return
            self._move = number
            yield (*state[:-3], self._sorted(state[-3] + (number,)), used, state[-1])

    def _most(self, kind: str) -> int | None:
        return self.fires.get(kind) if isinstance(self.fires, Mapping) else self.fires

    def _use(self, state, which):
        used = state[-2]
        if used[which] >= self.bounds[which - 1]:
            self.cut = True
            return None
        return (*used[:which], used[which] + 1, *used[which + 1 :])

    def _sorted(self, mail):
        return tuple(sorted(mail, key=self._link) if self.ordered else sorted(mail))

    def _link(self, number):
        return self._mail[number][:2]

    # What a node does, worked out once for each state that it can be in.

    def _handle(self, place: int, key: tuple):
        number, what = key
        local, name = self._locals[number], self.order[place]
        outcome = None
        if what == "restart":
            outcome = self._after(
                name, self._make(name, dict(zip(local.names, local.values))), (), "start"
            )
        elif local.up:
            node = self._make(name, None)
            vars(node).update(zip(local.names, local.values))
            if isinstance(what, tuple):
                timer = local.timers[what[1]]
                outcome = self._after(
                    name, node, tuple(each for each in local.timers if each != timer), "fire", timer
                )
            else:
                sender, _, message = self._mail[what]
                outcome = self._after(name, node, local.timers, "receive", sender, message)
            if outcome[:2] == (number, ()):
                outcome = None
        self._handled[key] = outcome
        return outcome

    def _make(self, name: str, disk: dict | None) -> Node:
        kind, peers = (
            self.classes[name],
            [peer for peer in self.order if peer != name and peer not in self.callers],
        )
        return kind(name, peers) if disk is None else kind.recover(name, peers, disk)

    def _after(self, name: str, node: Node, timers: tuple, step: str, *args):
        """(the local state, the envelopes sent, what clients saw) after a handler's run."""
        with self.ran or nullcontext():
            try:
                rehearse(node, step, *args)
            except Exception as error:
                error.add_note(f"while {name} handled {show(args[-1]) if args else 'its start'}")
                raise
        pending = {type(timer): timer for timer in timers}
        for kind, setting in node.timers.items():
            pending[kind] = setting and setting[0]
        timers = tuple(
            sorted(
                (timer for timer in pending.values() if timer is not None),
                key=lambda timer: type(timer).__name__,
            )
        )
        state = vars(node)
        number = self._number(
            Local(self.place[name], tuple(state), tuple(state.values()), timers, True)
        )
        return (
            number,
            tuple(self._envelope(name, to, message) for to, message in node.outbox),
            self._saw(name, node, args),
        )

    def _saw(self, name, node, args) -> tuple:
        """What a caller learned in this step, and what it asked next."""
        if name not in self.callers:
            return ()
        saw = (
            [("reply", name, args[-1].value, args[-1].error)]
            if args and isinstance(args[-1], Reply)
            else []
        )
        return tuple(
            saw
            + [
                ("call", name, message.f, message.key, message.value)
                for _, message in node.outbox
                if isinstance(message, Request)
            ]
        )

    def _number(self, local: "Local") -> int:
        number = self._numbers.setdefault(local.key, len(self._locals))
        if number == len(self._locals):
            self._locals.append(local)
        return number

    def _envelope(self, sender: str, receiver: str, message) -> int:
        key = sender, receiver, message
        number = self._envelopes.setdefault(key, len(self._mail))
        if number == len(self._mail):
            self._mail.append(key)
            self._to.append(self.place.get(receiver))
        return number

    # Independent steps: those of different nodes that draw on no common bound.

    def irreducible(self):
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
        if name in ("deliver", "lose", "double"):
            return name, self._to[self._move], self._move
        return (name, *self._move) if name == "fire" else (name, self._move, None)

    def independent(self, one, other):
        (name, here, what), (other_name, there, other_what) = one, other
        if here == there or {"lose", "double"} & {name, other_name}:
            return False
        if self.order[here] in self.callers and self.order[there] in self.callers:
            return False  # Which of two clients was first is a part of what was seen.
        if name == other_name == "fire":
            return type(what) is not type(other_what) or self._most(type(what).__name__) is None
        return not name == other_name == "crash"

    # Rules.

    def predicate(self, rule):
        return self._judge(rule)

    def reading(self, function):
        return lambda state: function(View(self, state))

    def state(self, state):
        view = View(self, state)
        return {name: Map(vars(view[name])) if view[name] else "down" for name in self.order} | {
            "messages": tuple(view.messages)
        }

    def label(self, action):
        if action == "fire":
            return f"{self.order[self._move[0]]}'s {type(self._move[1]).__name__} runs out"
        if action in ("crash", "restart"):
            return f"{self.order[self._move]} {action}{'es' if action == 'crash' else 's'}"
        sender, receiver, message = self._mail[self._move]
        return f"{action} {type(message).__name__} {sender}→{receiver}"

    def fairness(self):
        """Each message is delivered in the end, each pending timer runs out, and a node that is
        down restarts.
        """
        mail = [
            (
                f"deliver {show(message)}",
                lambda one, other, number=number: (
                    one[-3].count(number) > other[-3].count(number) and one[-2] == other[-2]
                ),
            )
            for number, (_, _, message) in enumerate(self._mail)
        ]
        return mail + [
            (f"{name} goes on", lambda one, other, place=place: one[place] != other[place])
            for place, name in enumerate(self.order)
        ]

    def _judge(self, rule):
        """`rule` of a state. Where it has looked at nodes alone, its answer is kept for all states
        with these nodes.
        """
        known = {}

        def judge(state):
            nodes = state[:-3]
            if nodes in known:
                return known[nodes]
            view = View(self, state)
            try:
                answer = bool(rule(view))
            except Exception as error:
                down = [name for name in self.order if view[name] is None]
                error.add_note(
                    f"while {_named(rule)} looked at a state"
                    + (
                        f"; {' and '.join(down)} {'is' if len(down) == 1 else 'are'} "
                        "down, and None in the view"
                        if down
                        else ""
                    )
                )
                raise
            if not view.looked_beyond:
                known[nodes] = answer
            return answer

        return judge

    def _bounded(self, action, within):
        def bounded(state):
            if within(state):
                return action(state)
            self.cut = self.withheld = True
            return ()

        return bounded

    def _known(self, name):
        if name not in self.classes:
            raise DslabError(f"there is no node {name!r} here: there are {', '.join(self.order)}.")

    # Runs.

    def stage(self) -> Stage:
        """These nodes on a Stage that has not been started, to be moved step by step."""
        stage = Stage(
            self.classes,
            self.order,
            disks=self.disks,
            title=self.name,
            peers=[name for name in self.order if name not in self.callers],
        )
        stage.trace.unit = "step"
        return stage

    def replay(self, steps: Iterable[tuple]) -> Trace:
        """The run of a schedule, such as an Exploration's `steps` or a part of them. Steps that are
        impossible at their moment do nothing.
        """
        stage = self.stage().start()
        for step in steps:
            stage.perform(step)
        stage.trace.title = f"{self.name}: {len(stage.steps)} steps"
        stage.trace.replay = f"system.replay({stage.steps!r})"
        return stage.trace

    def path(self, states):
        return self.replay(self.steps(states))

    def steps(self, states):
        return [self.step(one, other) for one, other in zip(states, states[1:])]

    def step(self, one, other) -> tuple:
        for name, action in self.actions:
            for new in action(one):
                if new == other:
                    if name in ("deliver", "lose", "double"):
                        return name, *self._mail[self._move]
                    return (
                        (name, self.order[self._move[0]], type(self._move[1]).__name__)
                        if name == "fire"
                        else (name, self.order[self._move])
                    )
        raise DslabError(f"{self.name}: one of these states doesn't follow the other.")

    def __repr__(self):
        return (
            "Nodes of "
            f"{', '.join(f'{name}: {kind.__name__}' for name, kind in self.classes.items())}; rules: "
            f"{', '.join(self.rules) or 'none'}"
        )

    def never_run(self):
        return self.ran.missing() if self.ran else []


def _named(rule) -> str:
    return getattr(rule, "__name__", type(rule).__name__)
