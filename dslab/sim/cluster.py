"""A simulated cluster. simpy keeps the clock; nodes are called back, one handler at a time.

    cluster = Cluster(Raft, 5, seed=7)
    cluster.run(500)
    cluster.partition("n1 n2", "n3 n4 n5")
    cluster.run(1000)
    cluster.trace

The same seed gives the same run, byte for byte, on every machine. Time is in milliseconds at the
surface and in whole microseconds inside, so that no rounding depends on the machine.
"""

from collections.abc import Callable, Generator, Iterable
from itertools import count
from random import Random

from simpy.events import NORMAL, Event

from dslab.errors import DslabError, demand_number
from dslab.node import Node, rehearse
from dslab.run.history import History
from dslab.run.options import demand_names
from dslab.run.trace import Trace
from dslab.sim.clock import Clock, OutOfBudget, without_collector
from dslab.sim.corruption import altered
from dslab.sim.faults import Faults
from dslab.sim.interventions import ByHand
from dslab.sim.network import Network
from dslab.sim.workload import Client
from dslab.values import show

__all__ = ["Cluster"]


class Cluster(Faults, ByHand):
    """`nodes` nodes of a Node class on a simulated network, with `clients` clients.

    node_class  a subclass of Node.
    nodes       how many (named n1, n2, …), or their names.
    seed        whatever the run leaves to chance comes from it.
    delay, loss, duplicate, reorder, window, corrupt, checksums  the network's, as in `Network`.
    clients     how many clients (named c1, c2, …).
    outstanding how many calls each of them may have open at once.
    strict      check the node contract at every step; see `dslab.node.rehearse`.
    """

    def __init__(
        self,
        node_class: type[Node],
        nodes: int | Iterable[str] = 3,
        *,
        seed: int = 0,
        delay=(1, 10),
        loss: float = 0.0,
        duplicate: float = 0.0,
        clients: int = 1,
        strict: bool = True,
        title: str = "",
        reorder: float = 0.0,
        window: float = 50.0,
        corrupt: float = 0.0,
        checksums: bool = True,
        outstanding: int = 1,
    ):
        demand_number("outstanding", outstanding)
        self.node_class = node_class
        self.names = (
            tuple(f"n{i}" for i in range(1, nodes + 1)) if isinstance(nodes, int) else tuple(nodes)
        )
        if not self.names or len(set(self.names)) < len(self.names):
            raise DslabError("a cluster needs one node or more, each with a name of its own.")
        demand_names(self.names)
        self.seed, self.strict = seed, strict
        self.env = Clock(self._deliver)
        # One stream of chance for each purpose: more traffic doesn't move the election timers.
        self.network = Network(self.env, Random(f"{seed}/network"), delay, loss, duplicate)
        self._timer_chance = Random(f"{seed}/timers").random
        self.chance = Random(f"{seed}/clients")
        self.clients = {
            f"c{i}": Client(self, f"c{i}", i - 1, outstanding) for i in range(1, clients + 1)
        }
        for name in self.names:
            if name in self.clients:
                raise DslabError(
                    f"{name} is the name of a node and of a client: give the node another."
                )
        self._processes = clients
        self.trace = Trace(
            self.names,
            self.clients,
            title=title or f"{node_class.__name__}, {len(self.names)} nodes, seed {seed}",
            pictured=node_class.pictured,
        )
        self._records = self.trace.records
        self._losses: list[tuple] = []
        #: Those of Byzantine nodes differ.
        self.classes: dict[str, type[Node]] = dict.fromkeys(self.names, node_class)
        self.nodes: dict[str, Node | None] = {}
        #: The state after the last handler; a crash leaves its durable fields.
        self._disks: dict[str, dict] = {}
        self._timers: dict[str, dict[type, _Alarm]] = {name: {} for name in self.names}
        self._paused: dict[str, list[Callable]] = {}
        #: Who crashes in its next step: (whether its disk is written, how many sends leave).
        self._traps: dict[str, tuple[bool, int]] = {}
        #: Whose clock is wrong: (since, what it showed then, its rate), µs.
        self._clocks: dict[str, tuple[float, float, float]] = {}
        self._calm = False  # Whether faults are over.
        self._poisoned = False  # Whether somebody has heard what no honest node said.
        self.network.disturb(loss, duplicate, reorder, window, corrupt, checksums)
        if reorder or corrupt:
            self.tell_disturbance()
        self.nodes |= {
            name: node_class(name, [peer for peer in self.names if peer != name])
            for name in self.names
        }
        #: Each node's fields as it booted, before its first step.
        self._booted = {name: vars(node).copy() for name, node in self.nodes.items()}
        for name in self.names:
            self._step(self.nodes[name], "start", None, None, None, self.nodes[name].start)

    # Time.

    @property
    def now(self) -> float:
        """Milliseconds since the start."""
        return self.env.now / 1000

    def run(self, duration: float | None = None, *, until: Event | None = None) -> "Cluster":
        """Let `duration` milliseconds pass, or wait for an event such as a client's call.

        Returns the cluster.
        """
        if until is None and (duration is None or duration < 0):
            raise DslabError(f"run({duration!r}): give the milliseconds to run, 0 or more.")
        with without_collector():
            if until is not None:
                self.env.run(until)
            elif micros := round(duration * 1000):
                self.env.run(self.env.now + micros)
        return self

    def budget(self, events: int) -> None:
        """Let a run raise OutOfBudget soon after the trace has `events` events, or after ten times
        as many steps that leave none there, such as those of somebody who waits and waits.
        """
        steps = count()

        def watch():
            if len(self._records) > events or next(steps) > 10 * events:
                raise OutOfBudget(
                    f"The budget of {events:,} events was used up after {self.now:,.0f}"
                )

        self.env.watch = watch

    def after(self, delay: float) -> Event:
        """An event `delay` milliseconds from now: `yield cluster.after(200)` in a script."""
        if not isinstance(delay, (int, float)) or not 0 <= delay < float("inf"):
            raise DslabError(f"after({delay!r}): give the milliseconds to wait, 0 or more.")
        return self.env.timeout(round(delay * 1000))

    def later(self, delay: float, action: Callable[[], object]) -> None:
        """Call `action()` after `delay` milliseconds."""
        self.after(delay).callbacks.append(lambda _: action())

    def script(self, scenario: Callable[["Cluster"], Generator]) -> "Cluster":
        """Run the generator `scenario(cluster)`; it yields events such as `cluster.after(200)`."""
        steps = scenario(self)
        if not isinstance(steps, Generator):
            raise DslabError(
                f"{getattr(scenario, '__name__', scenario)}() is no script: "
                "write a function with `yield cluster.after(200)` in it."
            )
        self.env.process(steps)
        return self

    def mark(self, sentence: str) -> None:
        """Write a sentence into the trace, for the reader of the run."""
        self.record("mark", data=sentence)

    # What is there.

    def client(self, name: str = "c1") -> Client:
        """The client of this name. Raises DslabError where there is none."""
        if name not in self.clients:
            raise DslabError(
                f"there is no client {name!r}: this cluster has "
                f"{', '.join(self.clients) or 'none'}."
            )
        return self.clients[name]

    def node_named(self, name: str) -> Node | None:
        """The node, or None while it is down."""
        if name not in self._timers:
            raise DslabError(
                f"there is no node {name!r} in this cluster: it has {', '.join(self.names)}."
            )
        return self.nodes[name]

    def __getitem__(self, name: str) -> Node | None:
        return self.node_named(name)

    @property
    def history(self) -> History:
        """What the clients have seen so far."""
        return self.trace.history()

    def __repr__(self):
        lines = [f"{self.node_class.__name__} cluster at {self.now:.1f} ms"]
        return "\n".join(
            lines
            + [f"  {node!r}" if node else f"  {name}: down" for name, node in self.nodes.items()]
        )

    # Inside: messages and timers are plain callbacks of the simpy environment.

    def record(self, kind, place=None, other=None, ref=None, data=None) -> int:
        """Add an event to the trace; returns its number."""
        records = self.trace.records
        records.append((self.env.now, kind, place, other, ref, data, None))
        return len(records) - 1

    def choose(self, names):
        """One of `names`, from the seed."""
        return names[int(self.chance.random() * len(names))]

    def new_process(self) -> int:
        """A number for a process that the history doesn't have yet."""
        self._processes += 1
        return self._processes - 1

    def post(self, sender: str, receiver: str, message) -> None:
        """Send a message now."""
        self._send(sender, receiver, message)
        self._note_losses()

    def _send(self, sender: str, receiver: str, message) -> None:
        network, records, now = self.network, self._records, self.env.now
        number = len(records)
        records.append((now, "send", sender, receiver, None, message, None))
        if network.reliable:
            network.carry(now, sender, receiver, message, number)
        elif (sender, receiver) in network.down:
            self._losses.append((now, "lose", receiver, sender, number, "cut", None))
        else:
            copies = network.copies()
            if not copies:
                self._losses.append((now, "lose", receiver, sender, number, "loss", None))
            for _ in range(copies):
                if network.corrupts():
                    self._corrupt(sender, receiver, message, number)
                else:
                    network.carry(now + network.held_back(), sender, receiver, message, number)

    def _corrupt(self, sender: str, receiver: str, message, number: int) -> None:
        """Send a message that is altered on its way."""
        wait = self.network.held_back() + self.network.takes(sender, receiver)
        became = altered(message, self.network.chance, (self.names, tuple(self.clients)))
        caught = self.network.checksums or became is None
        due = self.env.now + wait
        self.env.post_altered(due, sender, receiver, None if caught else became, number)

    def _note_losses(self) -> None:
        """Record what was lost on leaving, after the step, so that its effects stand together."""
        self._records.extend(self._losses)
        self._losses.clear()

    def _deliver(self, sender, receiver, message, number, arrived=False, altered=False) -> None:
        node = self.nodes.get(receiver)
        if self.network.down and not arrived and (sender, receiver) in self.network.down:
            self.record("lose", receiver, sender, number, "cut")
        elif self._paused and receiver in self._paused:
            self._paused[receiver].append(
                lambda: self._deliver(
                    sender, receiver, message, number, arrived=True, altered=altered
                )
            )
        elif altered and (node is not None or receiver in self.clients):
            self._handle_altered(node, sender, receiver, message, number)
        elif node is not None:
            self._step(node, "deliver", sender, number, None, node.receive, sender, message)
        elif receiver in self.clients:
            self.record("deliver", receiver, sender, number)
            self.clients[receiver].receive(sender, message)
        elif receiver in self.nodes:
            self.record("lose", receiver, sender, number, "down")
        else:
            raise DslabError(
                f"{sender} sends {message!r} to {receiver!r}, which is not in this cluster."
            )

    def _handle_altered(self, node, sender, receiver, message, number) -> None:
        """A node or client gets what its message has become: None where a checksum tells that it is
        not what was sent.
        """
        if message is None:
            self.record("lose", receiver, sender, number, "corrupt")
        elif node is None:
            self.record("deliver", receiver, sender, number, message)
            self.clients[receiver].receive(sender, message)
        else:
            self._poisoned = True
            self._step(node, "deliver", sender, number, message, node.receive, sender, message)

    def _ring(self, alarm) -> None:
        name = alarm.node
        if self._timers[name].get(type(alarm.timer)) is not alarm:
            return  # Replaced, cancelled, or lost in a crash.
        if name in self._paused:
            self._paused[name].append(lambda: self._ring(alarm))
            return
        del self._timers[name][type(alarm.timer)]
        node = self.nodes[name]
        self._step(node, "fire", None, alarm.number, alarm.timer, node.fire, alarm.timer)

    def _step(self, node: Node, kind, other, ref, data, handle: Callable, *args) -> None:
        """Run one handler and record it, then flush its effects: disk, messages, timers."""
        name, now = node.id, self.env.now
        node.now = now / 1000 if name not in self._clocks else self.shown(name) / 1000
        before = self._disks.get(name)
        try:
            if self.strict:
                rehearse(node, handle.__name__, *args)
            else:
                handle(*args)
        except BaseException as error:
            if self._poisoned and isinstance(error, Exception):
                # What no honest peer says may break a handler, as it would break a real process.
                return self.crash(
                    name,
                    why=f"it can't handle {show(args[-1]) if args else 'its start'} "
                    f"({type(error).__name__}: {error})",
                )
            error.add_note(
                f"while {name} handled {args[-1] if args else 'its start'!r} at "
                f"{now / 1000:.1f} ms (seed {self.seed})"
            )
            raise
        self._disks[name] = state = node.__dict__.copy()
        self._records.append((now, kind, name, other, ref, data, state))
        self.trace.note(node)
        if self._traps and name in self._traps:
            self._cut_short(node, before)
        if node.outbox:
            outbox, node.outbox = node.outbox, []
            for receiver, message in outbox:
                self._send(name, receiver, message)
        if node.timers:
            timers, node.timers = node.timers, {}
            self._set_timers(name, timers)
        if self._losses:
            self._note_losses()

    def _cut_short(self, node: Node, before: dict | None) -> None:
        """A crash in the middle of the step just done: a prefix of its effects happens."""
        written, sends = self._traps.pop(node.id)
        leaving, kept_back = node.outbox[:sends], node.outbox[sends:]
        node.outbox, node.timers = [], {}
        for receiver, message in leaving:
            self._send(node.id, receiver, message)
        self._note_losses()
        if not written:
            self._disks[node.id] = before if before is not None else self._booted[node.id]
        disk = "its disk is written" if written else "its disk is not written"
        self.crash(
            node.id,
            why=f"in the middle of this step: {disk}, {len(leaving)} of its "
            f"{len(leaving) + len(kept_back)} messages leave",
        )

    def _set_timers(self, name: str, timers: dict) -> None:
        pending = self._timers[name]
        for kind, setting in timers.items():
            if setting is None:
                if pending.pop(kind, None) is not None:
                    self.record("cancel", name, data=kind.__name__)
                continue
            timer, low, high = setting
            wait = round(low * 1000) + int(self._timer_chance() * (round((high - low) * 1000) + 1))
            if name in self._clocks:
                wait = round(wait / self._clocks[name][2])
            number = self.record("set", name, data=(timer, self.env.now + wait))
            pending[kind] = alarm = _Alarm(self, name, timer, number)
            self.env.schedule(alarm, NORMAL, wait)


class _Alarm(Event):
    """A pending timer, as a simpy event made ready to be scheduled."""

    __slots__ = ("env", "callbacks", "node", "timer", "number")
    _ok = True
    _value = None

    def __init__(self, cluster, node, timer, number):
        self.env = cluster.env
        self.callbacks = [cluster._ring]
        self.node, self.timer, self.number = node, timer, number
