"""Runs without a clock: every step is written down, and any part of a schedule is a schedule.

A schedule is a list of steps in the words of `dslab.run.steps` that need no clock:

| step                                 | what happens                                              |
|--------------------------------------|-----------------------------------------------------------|
| ("fire", node, timer)                | the node's pending timer of that class runs out           |
| ("deliver", sender, receiver)        | the oldest message on that link is handled                |
| ("deliver", sender, receiver, kind)  | the oldest of that class, "Vote", or that very message,   |
|                                      | Vote(term=1), which may be a text: "Vote(term=1)"         |
| ("again", sender, receiver, kind)    | the newest one of that class that was handled arrives     |
|                                      | once more                                                 |
| ("drop", sender, receiver)           | the oldest message on that link is gone; a kind may be    |
|                                      | given here too                                            |
| ("duplicate", sender, receiver,      | such a message on that link is there twice from now on    |
|  kind)                               |                                                           |
| ("forge", sender, receiver, message) | that message arrives, whoever sent it                     |
| ("crash", node)                      | the node stops and keeps its durable fields               |
| ("restart", node)                    | it boots from them                                        |

A step that is impossible at its moment (no such message, the node is down) does nothing. So a
schedule can be shrunk.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import is_
from random import Random
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.explore.spelling import is_meant, kinds, text_of
from dslab.explore.view import StepperView
from dslab.node import Node, Pictured, rehearse
from dslab.run.options import demand_names
from dslab.run.steps import SCHEDULE, World, parsed, word_of
from dslab.run.trace import Trace
from dslab.values import canonical, same, show

__all__ = ["CALLS", "Occurrence", "Stepper", "random_steps", "steps_of"]

#: How many microseconds a step takes in the trace: time has no meaning here, but a picture needs
#: one.
TICK = 1000
#: How many messages a handler may send at once; more is a loop that forgot its end.
MESSAGES = 1000


class Occurrence(NamedTuple):
    """What a handler's run did, for those who watch: `what` is start, receive or fire, `message`
    what it handled, `fields` those of the node afterwards. `idle` is that nothing came of it.
    """

    node: str
    what: str
    sender: str | None
    message: Any
    outbox: list[tuple[str, Any]]
    timers: dict[type, Any]
    fields: dict[str, Any]
    idle: bool = False


#: Words of clients, for steppers that have them: `dslab.learn.calling`.
CALLS = ("call", "read", "write")


class Stepper:
    """Nodes and the messages between them, moved by explicit steps, once `start` has booted them.

    node_class  the protocol, or a mapping from names to Node classes where they differ.
    names       the nodes.
    peers       the names that know each other as peers, where these are not all.
    clients     names from which messages may be forged: they get lanes in the trace, and nothing
                else.
    disks       durable fields to begin with, by node.
    watch       called with an Occurrence after every handler.
    strict      check the node contract at every step.
    lenient     steps may name messages and timers that no node handles, and then do nothing: a
                reader's class may lack a handler.
    copies      whether a client doubts a refusal that passes, for its request may be there twice.

    `steps` lists the steps that were possible and are done: performed again, they make the same
    run.
    """

    #: Whether clients call by steps.
    calls = False

    def __init__(
        self,
        node_class: type[Node] | Mapping[str, type[Node]],
        names: Iterable[str],
        *,
        disks: dict[str, dict] | None = None,
        watch: Callable[[Occurrence], None] = lambda _: None,
        strict: bool = True,
        title: str = "",
        peers: Iterable[str] | None = None,
        clients: Iterable[str] = (),
        lenient: bool = False,
        copies: bool = False,
    ):
        self.names = tuple(names)
        demand_names(self.names)
        self.classes = (
            node_class if isinstance(node_class, Mapping) else dict.fromkeys(self.names, node_class)
        )
        self.members = self.names if peers is None else tuple(peers)
        self.given = dict(disks or {})
        self.watch, self.strict, self.copies = watch, strict, copies
        told = [self.classes[name].pictured for name in self.names]
        self.trace = Trace(
            self.names, clients, title=title, pictured=next(filter(any, told), Pictured())
        )
        self.pending: dict[tuple[str, str], list[tuple[int, Any]]] = {}
        self.handled: dict[tuple[str, str, str], tuple[int, Any]] = {}
        self.timers: dict[str, dict[str, tuple[int, Any]]] = {name: {} for name in self.names}
        self.disks: dict[str, Any] = {}
        self.nodes: dict[str, Node | None] = {}
        self.steps: list[tuple] = []
        known = kinds(None if lenient else set(self.classes.values()))
        #: What a step may speak of; see `dslab.run.steps`.
        self.world = World(
            self.names, self.trace.clients, SCHEDULE, () if self.calls else CALLS, kinds=known
        )
        self._parsed: set[tuple] = set()
        self.now = 0
        for name in self.names:
            disk = self.given.get(name)
            self.nodes[name] = (
                self.classes[name](name, self._peers(name))
                if disk is None
                else self._recover(name, disk)
            )

    def _peers(self, name):
        return [peer for peer in self.members if peer != name]

    def _recover(self, name, disk):
        return self.classes[name].recover(name, self._peers(name), disk)

    def start(self) -> "Stepper":
        """Boot all nodes, in their order. Returns the stepper."""
        for name in self.names:
            self._handle(name, "start", None)
        return self

    @property
    def view(self) -> StepperView:
        """What a rule of the explorer looks at, as it stands now."""
        return StepperView(self)

    def perform(self, step: tuple | dict) -> bool:
        """Do one step; False where it was impossible. Raises DslabError where it is no step."""
        step = self._known(step)
        self.now += TICK
        done = getattr(self, "_" + step[0])(*step[1:])
        if done:
            self.steps.append(step)
        else:
            self.now -= TICK
        return done

    def _known(self, step) -> tuple:
        """The step as a tuple, with the word that the language of steps has for it."""
        try:
            if step in self._parsed:  # Most are performed again and again.
                return (word_of(step), *step[1:])
        except TypeError:
            pass  # A table, or a message that can change.
        word, options = parsed(step, self.world)
        if isinstance(step, tuple):
            self._parsed.add(step)
        return (word, *options.values())

    def short(self, step: tuple) -> tuple:
        """The same step, if it is done now, in few words: the message is named by its link alone,
        or by its class, where that means the same.
        """
        if len(step) < 4 or isinstance(step[-1], str) or step[0] == "forge":
            return step
        word, sender, receiver, message = step
        waiting = [each for _, each in self.pending.get((sender, receiver), ())]
        kind = type(message).__name__
        if word != "duplicate" and waiting and same(waiting[0], message):
            return word, sender, receiver
        if same(next((each for each in waiting if is_meant(each, kind)), None), message):
            return word, sender, receiver, kind
        return word, sender, receiver, text_of(message)

    def possible(self) -> list[tuple]:
        """Every delivery and timer, crash and restart that is possible now."""
        deliveries = [
            ("deliver", *link, message)
            for link, waiting in sorted(self.pending.items())
            for _, message in waiting
        ]
        timers = [step for step in self.enabled() if step[0] == "fire"]
        return (
            deliveries
            + timers
            + [("crash" if self.nodes[name] else "restart", name) for name in self.members]
        )

    def enabled(self) -> list[tuple]:
        """Every delivery and timer that is possible now, in a fixed order."""
        found = [
            ("deliver", *link)
            for link in sorted(self.pending)
            if self.pending[link] and self.nodes[link[1]] is not None
        ]
        return found + [
            ("fire", name, kind) for name in self.names for kind in sorted(self.timers[name])
        ]

    def settling(self, names: Iterable[str] = (), limit: int = 500) -> Iterator[tuple]:
        """The steps that deliver messages, oldest first, until none is on its way, for the caller
        to perform one by one; those between some nodes alone, where they are named.
        """
        names = set(names)
        for _ in range(limit):
            waiting = [
                (messages[0][0], link)
                for link, messages in self.pending.items()
                if messages
                and self.nodes[link[1]] is not None
                and (not names or names.issuperset(link))
            ]
            if not waiting:
                return
            yield ("deliver", *min(waiting)[1])

    def say(self, sentence: str) -> None:
        """Put a sentence into the trace, as its next step."""
        self.now += TICK
        self._record("mark", None, data=sentence.rstrip("."))

    def _fire(self, name, kind):
        if self.nodes[name] is None or kind not in self.timers[name]:
            return False
        number, timer = self.timers[name].pop(kind)
        self._handle(name, "fire", None, timer, ref=number)
        return True

    def _deliver(self, sender, receiver, kind=None):
        waiting = self.pending.get((sender, receiver), [])
        for place, (number, message) in enumerate(waiting):
            if is_meant(message, kind):
                if self.nodes[receiver] is None:
                    return False
                del waiting[place]
                self.handled[sender, receiver, type(message).__name__] = number, message
                self._handle(receiver, "receive", sender, message, ref=number)
                return True
        return False

    def _again(self, sender, receiver, kind):
        number, message = self.handled.get((sender, receiver, kind), (None, None))
        if number is None or self.nodes[receiver] is None:
            return False
        self._handle(receiver, "receive", sender, message, ref=number)
        return True

    def _drop(self, sender, receiver, kind=None):
        waiting = self.pending.get((sender, receiver), [])
        for place, (number, message) in enumerate(waiting):
            if is_meant(message, kind):
                del waiting[place]
                self._record("lose", receiver, sender, number, "loss")
                return True
        return False

    def _duplicate(self, sender, receiver, kind):
        waiting = self.pending.get((sender, receiver), [])
        for number, message in list(waiting):
            if is_meant(message, kind):
                waiting.append((number, message))
                return True
        return False

    def _crash(self, name):
        if self.nodes[name] is None:
            return False
        self.disks[name] = self.nodes[name].disk()
        self.nodes[name] = None
        self.timers[name].clear()
        self._record("crash", name)
        return True

    def _restart(self, name):
        if self.nodes[name] is not None:
            return False
        self.nodes[name] = self._recover(name, self.disks[name])
        self._handle(name, "restart", None)
        return True

    def _forge(self, sender, receiver, message):
        if self.nodes[receiver] is None:
            return False
        number = self._record("send", sender, receiver, None, message)
        self._handle(receiver, "receive", sender, message, ref=number)
        return True

    def _handle(self, name, what, sender, message=None, ref=None):
        node, before = self.nodes[name], dict(vars(self.nodes[name]))
        kind = {"receive": "deliver"}.get(what, what)
        try:
            self._run_handler(node, what, sender, message)
        except BaseException as error:  # The trace ends with the step that went wrong.
            self.trace.records.append(
                (self.now, kind, name, sender, ref, message if what == "fire" else None, before)
            )
            error.add_note(
                f"while {name} handled {show(message) if message is not None else 'its ' + what}"
            )
            raise
        outbox, node.outbox, timers, node.timers = node.outbox, [], node.timers, {}
        fired, fields = message if what == "fire" else None, dict(vars(node))
        self.trace.records.append((self.now, kind, name, sender, ref, fired, fields))
        self.trace.note(node)
        for receiver, sent in outbox:
            number = self._record("send", name, receiver, None, sent)
            if receiver in self.nodes:
                self.pending.setdefault((name, receiver), []).append((number, sent))
        for timer_kind, setting in timers.items():
            if setting is None:
                self.timers[name].pop(timer_kind.__name__, None)
            else:
                number = self._record("set", name, None, None, (setting[0], self.now + TICK * 100))
                self.timers[name][timer_kind.__name__] = number, setting[0]
        what = "start" if what == "restart" else what
        idle = not (outbox or timers) and all(map(is_, fields.values(), before.values()))
        self.watch(Occurrence(name, what, sender, message, outbox, timers, fields, idle))

    def _run_handler(self, node, what, sender, message):
        step, args = {
            "start": ("start", ()),
            "restart": ("start", ()),
            "fire": ("fire", (message,)),
            "receive": ("receive", (sender, message)),
        }[what]
        if self.strict:
            rehearse(node, step, *args)
        else:
            getattr(node, step)(*args)
        if len(node.outbox) > MESSAGES:
            raise DslabError(
                f"{node.id} sends {len(node.outbox):,} messages in one step: look for a "
                "loop around `send`."
            )

    def _record(self, kind, place, other=None, ref=None, data=None) -> int:
        self.trace.records.append((self.now, kind, place, other, ref, data, None))
        return len(self.trace.records) - 1


def steps_of(trace: Trace) -> list[tuple]:
    """A recorded run as a schedule: what its nodes handled, in order, with crashes and restarts.

    A client's message is forged, and so is what a Byzantine node said and what was altered on its
    way; what was lost is never delivered. Pauses and cuts leave no steps of their own: they are in
    the order. A disk that lost or tore something can't be told in a schedule, nor can a wrong
    clock: shrink the scenario instead (`dslab.scenario.shrinking`).
    """
    records, steps = trace.records, []
    liars = {
        record[5][1][0]
        for record in records
        if record[1] == "fault" and record[5][0] == "byzantine"
    }
    copies: dict[int, int] = {}
    for record in records:
        if record[1] == "deliver" and record[2] in trace.nodes and record[5] is None:
            copies[record[4]] = copies.get(record[4], 0) + 1
    for _, kind, place, other, ref, data, _ in records:
        if kind == "fire":
            steps.append(("fire", place, type(data).__name__))
        elif kind in ("crash", "restart"):
            steps.append((kind, place))
        elif kind == "deliver" and place in trace.nodes:
            message = records[ref][5] if data is None else data
            if data is not None or other in liars or other not in trace.nodes:
                steps.append(("forge", other, place, message))
                continue
            steps += [("duplicate", other, place, message)] * (copies.pop(ref, 1) - 1)
            steps.append(("deliver", other, place, message))
    return steps


def random_steps(stepper: Stepper, random: Random, length: int) -> Iterator[tuple]:
    """Up to `length` random steps, each possible when it is yielded, for the caller to perform
    before the next.

    Crashes, losses and repeated messages are among them.
    """
    for _ in range(length):
        step = _random_step(stepper, random)
        if step is None:
            return
        yield step


def _random_step(stepper: Stepper, random: Random) -> tuple | None:
    enabled = stepper.enabled()
    deliveries = [step for step in enabled if step[0] == "deliver"]
    timers = [step for step in enabled if step[0] == "fire"]
    chance = random.random()
    down = [name for name in stepper.members if stepper.nodes[name] is None]
    if down and chance < 0.10:
        return "restart", random.choice(down)
    if chance < 0.13:
        return "crash", random.choice(
            [name for name in stepper.members if name not in down] or list(stepper.members)
        )
    if deliveries and chance < 0.20:
        return ("drop", *random.choice(deliveries)[1:])
    if stepper.handled and chance < 0.26:
        return ("again", *random.choice(sorted(stepper.handled, key=canonical)))
    if timers and (chance < 0.40 or not deliveries):
        return random.choice(timers)
    return (
        random.choice(deliveries or [("restart", name) for name in down])
        if deliveries or down
        else None
    )
