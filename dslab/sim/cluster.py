"""A simulated cluster. simpy keeps the clock; nodes are called back, one handler at a time.

    cluster = Cluster(Raft, 5, seed=7)
    cluster.run(500)
    cluster.partition("n1 n2", "n3 n4 n5")
    cluster.run(1000)
    cluster.trace

The same seed gives the same run, byte for byte, on every machine. Time is in milliseconds at the surface and in whole
microseconds inside, so that no rounding depends on the machine.
"""

from collections.abc import Callable, Generator, Iterable
from random import Random

from simpy.events import NORMAL, Event

from dslab.errors import DslabError
from dslab.history import History
from dslab.node import Node, rehearse
from dslab.sim.clocks import Clock, without_collector
from dslab.sim.faults import between, group, partition
from dslab.sim.network import Network
from dslab.sim.workload import Client
from dslab.trace import Trace

__all__ = ["Cluster"]


class Cluster:
    """`nodes` nodes of a Node class on a simulated network, with `clients` clients.

    node_class  a subclass of Node.
    nodes       how many (named n1, n2, …), or their names.
    seed        whatever the run leaves to chance comes from it.
    delay, loss, duplicate  the network's, as in `Network`.
    clients     how many clients (named c1, c2, …).
    strict      check the node contract at every step; see `dslab.node.rehearse`.
    """

    def __init__(self, node_class: type[Node], nodes: int | Iterable[str] = 3, *, seed: int = 0, delay=(1, 10),
                 loss: float = 0.0, duplicate: float = 0.0, clients: int = 1, strict: bool = True, title: str = ""):
        self.node_class = node_class
        self.names = tuple(f"n{i}" for i in range(1, nodes + 1)) if isinstance(nodes, int) else tuple(nodes)
        if not self.names or len(set(self.names)) < len(self.names):
            raise DslabError("a cluster needs one node or more, each with a name of its own.")
        self.seed, self.strict = seed, strict
        self.env = Clock(self._deliver)
        # One stream of chance for each purpose: more traffic doesn't move the election timers.
        self.network = Network(self.env, Random(f"{seed}/network"), delay, loss, duplicate)
        self._timer_chance = Random(f"{seed}/timers").random
        self.chance = Random(f"{seed}/clients")
        self.clients = {f"c{i}": Client(self, f"c{i}", i - 1) for i in range(1, clients + 1)}
        for name in self.names:
            if name in self.clients:
                raise DslabError(f"{name} is the name of a node and of a client: give the node another.")
        self._processes = clients
        self.trace = Trace(self.names, self.clients, title=title or f"{node_class.__name__}, {len(self.names)} nodes, seed {seed}")
        self._records = self.trace.records
        self._losses: list[tuple] = []
        self.nodes: dict[str, Node | None] = {}
        self._disks: dict[str, dict] = {}  # The state after the last handler; a crash leaves its durable fields.
        self._timers: dict[str, dict[type, _Alarm]] = {name: {} for name in self.names}
        self._paused: dict[str, list[Callable]] = {}
        self._traps: dict[str, tuple[bool, int]] = {}  # Who crashes in its next step: (whether its disk is written, how many sends leave).
        self._clocks: dict[str, tuple[float, float, float]] = {}  # Whose clock is wrong: (since, what it showed then, its rate), µs.
        self.nodes |= {name: node_class(name, [peer for peer in self.names if peer != name]) for name in self.names}
        for name in self.names:
            self._step(self.nodes[name], "start", None, None, None, self.nodes[name].start)

    # Time.

    @property
    def now(self) -> float:
        """Milliseconds since the start."""
        return self.env.now / 1000

    def run(self, duration: float | None = None, *, until: Event | None = None) -> "Cluster":
        """Let `duration` milliseconds pass, or wait for an event such as a client's call. Returns the cluster."""
        if until is None and (duration is None or duration < 0):
            raise DslabError(f"run({duration!r}): give the milliseconds to run, 0 or more.")
        with without_collector():
            if until is not None:
                self.env.run(until)
            elif duration:
                self.env.run(self.env.now + round(duration * 1000))
        return self

    def after(self, delay: float) -> Event:
        """An event `delay` milliseconds from now: `yield cluster.after(200)` in a script."""
        if not isinstance(delay, (int, float)) or not 0 <= delay < float("inf"):
            raise DslabError(f"after({delay!r}): give the milliseconds to wait, 0 or more.")
        return self.env.timeout(round(delay * 1000))

    def later(self, delay: float, action: Callable[[], object]) -> None:
        """Call `action()` after `delay` milliseconds."""
        self.after(delay).callbacks.append(lambda _: action())

    def script(self, scenario: Callable[["Cluster"], Generator]) -> "Cluster":
        """Run the generator `scenario(cluster)` beside the nodes; it yields events such as `cluster.after(200)`."""
        steps = scenario(self)
        if not isinstance(steps, Generator):
            raise DslabError(f"{getattr(scenario, '__name__', scenario)}() is no script: "
                             "write a function with `yield cluster.after(200)` in it.")
        self.env.process(steps)
        return self

    # Faults.

    def crash(self, *names: str, lost: int = 0, torn: bool = False) -> None:
        """Stop nodes. Volatile fields, timers and whatever arrives until the restart are lost; durable fields stay.

        lost  how many of the last steps never reached the disk, which had said that they had (a lost fsync).
        torn  whether the last write to the disk was cut short: each tuple that it changed lacks its last item.
        """
        if lost < 0:
            raise DslabError(f"crash(lost={lost}): give the number of steps that the disk forgets, 0 or more.")
        for name in names:
            if self.node_named(name) is None:
                raise DslabError(f"{name} is down already: restart it before you crash it again.")
            if lost or torn:
                self._disks[name] = self._damaged(name, lost, torn)
            self.nodes[name] = None
            self._timers[name].clear()
            waiting = self._paused.pop(name, ())
            self.record("crash", name)
            for action in waiting:
                action()  # To find the node down.

    def crash_during(self, name: str, *, written: bool = True, sends: int = 0) -> None:
        """Crash a node in the middle of its next step: its disk is written or not, and only the first `sends` messages leave."""
        if self.node_named(name) is None or sends < 0 or sends and not written:
            raise DslabError(f"crash_during({name!r}, written={written}, sends={sends}): the node must be up, and nothing is sent before the disk is written.")
        self._traps[name] = written, sends

    def clock(self, name: str, *, ahead: float = 0.0, rate: float = 1.0) -> None:
        """Let a node's clock jump `ahead` ms (back, where negative) and from now on run at `rate`, which its timers follow."""
        self.node_named(name)
        if rate <= 0:
            raise DslabError(f"clock({name!r}, rate={rate!r}): a clock runs at more than 0 times the real pace.")
        self._clocks[name] = self.env.now, self._shown(name) + ahead * 1000, rate
        self.record("mark", data=f"{name}'s clock now shows {self._shown(name) / 1000:.1f} ms and runs at {rate:g} times the real pace")

    def restart(self, *names: str) -> None:
        """Boot crashed nodes from their durable fields."""
        for name in names:
            if self.node_named(name) is not None:
                raise DslabError(f"{name} is up: only a crashed node restarts.")
            disk = {field: self._disks[name][field] for field in self.node_class.durable}
            self.nodes[name] = node = self.node_class.recover(name, [peer for peer in self.names if peer != name], disk)
            self._step(node, "restart", None, None, None, node.start)

    def pause(self, *names: str) -> None:
        """Freeze nodes, as a long garbage collection does: nothing is lost, everything waits until `resume`."""
        for name in names:
            if self.node_named(name) is None:
                raise DslabError(f"{name} is down: only a node that runs can be paused.")
            if name in self._paused:
                raise DslabError(f"{name} is paused already.")
            self._paused[name] = []
            self.record("pause", name)

    def resume(self, *names: str) -> None:
        """Let paused nodes go on; what waited is handled now, in the order in which it came."""
        for name in names:
            self.node_named(name)
            if name not in self._paused:
                raise DslabError(f"{name} is not paused.")
            waiting = self._paused.pop(name)
            self.record("resume", name)
            for action in waiting:
                action()

    def partition(self, *groups) -> None:
        """Cut all links between groups: `partition("n1 n2", "n3 n4 n5")`. Clients keep theirs unless they are named."""
        self._cut(partition(groups, self.trace.lanes))

    def isolate(self, name: str) -> None:
        """Cut one node off from all other nodes; clients still reach it."""
        self.node_named(name)
        self._cut(between([name], [other for other in self.names if other != name]))

    def cut(self, senders, receivers) -> None:
        """Cut links one way: what `senders` send no longer reaches `receivers`."""
        for name in group(senders) + group(receivers):
            self._lane(name)
        self._cut({(a, b) for a in group(senders) for b in group(receivers) if a != b})

    def heal(self) -> None:
        """Put all links up again. What was sent across a cut link is lost."""
        self.network.heal()
        self.record("heal")

    def slow(self, senders, receivers, delay) -> None:
        """Give the links from `senders` to `receivers` another delay range in ms; None gives back the usual one."""
        for name in group(senders) + group(receivers):
            self._lane(name)
        self.network.slow([(a, b) for a in group(senders) for b in group(receivers)], delay)

    def mark(self, sentence: str) -> None:
        """Write a sentence into the trace, for the reader of the run."""
        self.record("mark", data=sentence)

    # What is there.

    def client(self, name: str = "c1") -> Client:
        if name not in self.clients:
            raise DslabError(f"there is no client {name!r}: this cluster has {', '.join(self.clients) or 'none'}.")
        return self.clients[name]

    def node_named(self, name: str) -> Node | None:
        """The node, or None while it is down."""
        if name not in self._timers:
            raise DslabError(f"there is no node {name!r} in this cluster: it has {', '.join(self.names)}.")
        return self.nodes[name]

    def __getitem__(self, name: str) -> Node | None:
        return self.node_named(name)

    @property
    def history(self) -> History:
        """What the clients have seen so far."""
        return self.trace.history()

    def __repr__(self):
        lines = [f"{self.node_class.__name__} cluster at {self.now:.1f} ms"]
        return "\n".join(lines + [f"  {node!r}" if node else f"  {name}: down" for name, node in self.nodes.items()])

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
                network.carry(now, sender, receiver, message, number)

    def _note_losses(self) -> None:
        """Record what was lost on leaving: after the whole step, so that a handler's effects stand together."""
        self._records.extend(self._losses)
        self._losses.clear()

    def _deliver(self, sender, receiver, message, number, arrived=False) -> None:
        node = self.nodes.get(receiver)
        if self.network.down and not arrived and (sender, receiver) in self.network.down:
            self.record("lose", receiver, sender, number, "cut")
        elif self._paused and receiver in self._paused:
            self._paused[receiver].append(lambda: self._deliver(sender, receiver, message, number, arrived=True))
        elif node is not None:
            self._step(node, "deliver", sender, number, None, node.receive, sender, message)
        elif receiver in self.clients:
            self.record("deliver", receiver, sender, number)
            self.clients[receiver].receive(sender, message)
        elif receiver in self.nodes:
            self.record("lose", receiver, sender, number, "down")
        else:
            raise DslabError(f"{sender} sends {message!r} to {receiver!r}, which is not in this cluster.")

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
        """Run one handler and record it, then flush its effects: disk first, then messages, then timers."""
        name, now = node.id, self.env.now
        node.now = now / 1000 if name not in self._clocks else self._shown(name) / 1000
        before = self._disks.get(name)
        try:
            if self.strict:
                rehearse(node, handle.__name__, *args)
            else:
                handle(*args)
        except BaseException as error:
            error.add_note(f"while {name} handled {args[-1] if args else 'its start'!r} at {now / 1000:.1f} ms (seed {self.seed})")
            raise
        self._disks[name] = state = node.__dict__.copy()
        self._records.append((now, kind, name, other, ref, data, state))
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
        """A crash in the middle of the step that `node` has just done: a prefix of its effects happens."""
        written, sends = self._traps.pop(node.id)
        leaving, node.outbox, node.timers = node.outbox[:sends], [], {}
        for receiver, message in leaving:
            self._send(node.id, receiver, message)
        self._note_losses()
        if not written:
            self._disks[node.id] = before if before is not None else dict(node.fields)
        self.crash(node.id)

    def _damaged(self, name: str, lost: int, torn: bool) -> dict:
        """What a disk that lies holds of this node's states, the last of which it should hold."""
        states = [record[6] for record in self._records if record[2] == name and record[6] is not None]
        kept = max(len(states) - lost, 0)
        disk = dict(states[kept - 1] if kept else self.node_class.fields)
        older = states[kept - 2] if kept > 1 else self.node_class.fields
        for field in self.node_class.durable if torn else ():
            if isinstance(disk[field], tuple) and disk[field] != older[field]:
                disk[field] = disk[field][:-1]
        return disk

    def _shown(self, name: str) -> float:
        """What a node's clock shows, µs."""
        since, shown, rate = self._clocks.get(name, (0, 0, 1.0))
        return shown + (self.env.now - since) * rate

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

    def _cut(self, pairs) -> None:
        self.network.cut(pairs)
        self.record("cut", data=tuple(sorted(pairs)))

    def _lane(self, name: str) -> None:
        if name not in self._timers and name not in self.clients:
            raise DslabError(f"there is no {name!r} in this cluster: it has {', '.join(self.trace.lanes)}.")


class _Alarm(Event):
    """A pending timer, as a simpy event made ready to be scheduled."""

    __slots__ = ("env", "callbacks", "node", "timer", "number")
    _ok = True
    _value = None

    def __init__(self, cluster, node, timer, number):
        self.env = cluster.env
        self.callbacks = [cluster._ring]
        self.node, self.timer, self.number = node, timer, number
