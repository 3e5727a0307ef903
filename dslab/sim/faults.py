"""What goes wrong: nodes stop and lie, disks forget, clocks are wrong, links fail."""

from itertools import combinations, product

from dslab.errors import DslabError
from dslab.run.options import group
from dslab.sim.byzantine import BEHAVIOURS, PARTIAL, byzantine
from dslab.sim.network import delay_range
from dslab.values import same

__all__ = ["Faults", "between", "partition"]


def partition(groups, lanes) -> set[tuple[str, str]]:
    """The links cut by dividing `lanes` into `groups`, in both directions.

    A lane in no group keeps all its links: so a client reaches both sides, unless it is put into
    one.
    """
    groups = [group(names) for names in groups]
    if len(groups) < 2 or not all(groups):
        raise DslabError(
            'a partition needs two groups or more, such as partition("n1 n2", "n3 n4 n5").'
        )
    named = [name for names in groups for name in names]
    for name in named:
        if name not in lanes:
            raise DslabError(f"there is no {name!r} in this cluster: it has {', '.join(lanes)}.")
        if named.count(name) > 1:
            raise DslabError(f"{name} is in two groups of the partition: put each node into one.")
    return {pair for one, other in combinations(groups, 2) for pair in between(one, other)}


def between(one, other) -> set[tuple[str, str]]:
    """The links between two groups, in both directions."""
    return {pair for a, b in product(one, other) for pair in ((a, b), (b, a))}


class Faults:
    """The faults of a `Cluster`, which has the nodes, disks and links that they happen to."""

    # Nodes.

    def crash(self, *names: str, lost: int = 0, torn: bool = False, why: str | None = None) -> None:
        """Stop nodes. Volatile fields, timers and whatever arrives until the restart are lost;
        durable fields stay.

        lost  how many of the last steps never reached the disk, which had said that they had (a
              lost fsync).
        torn  whether the last write to the disk was cut short: each tuple that it changed lacks its
              last item.
        why   what else the trace says of it.
        """
        if not isinstance(lost, int) or lost < 0:
            raise DslabError(
                f"crash(lost={lost!r}): give the number of steps that the disk forgets, 0 or more."
            )
        for name in names:
            if self.node_named(name) is None:
                raise DslabError(f"{name} is down already: restart it before you crash it again.")
            told = self._damage(name, lost, torn) if lost or torn else why
            self.nodes[name] = None
            self._timers[name].clear()
            self._traps.pop(name, None)
            waiting = self._paused.pop(name, ())
            self.record("crash", name, data=told)
            for action in waiting:
                action()  # To find the node down.

    def _damage(self, name: str, lost: int, torn: bool) -> str:
        """Have a node's disk hold less than it said; returns what it lacks, in words."""
        last = max(
            (
                number
                for number, record in enumerate(self._records)
                if record[1] == "crash" and record[2] == name
            ),
            default=-1,
        )
        steps = [
            record[6]
            for record in self._records[last + 1 :]
            if record[2] == name and record[6] is not None
        ]
        states = [self._booted[name], *steps]
        kept = max(len(steps) - lost, 0)
        disk, older = dict(states[kept]), states[max(kept - 1, 0)]
        for field in self.node_class.durable if torn else ():
            if isinstance(disk[field], tuple) and not same(disk[field], older[field]):
                disk[field] = disk[field][:-1]
        had, self._disks[name] = self._disks[name], disk
        changed = [field for field in self.node_class.durable if not same(disk[field], had[field])]
        cause = " and ".join(
            [f"its disk lost the last {'step' if lost == 1 else f'{lost} steps'}"] * (lost > 0)
            + ["its last write was torn"] * torn
        )
        return f"{cause}, which changed {', '.join(changed) if changed else 'nothing on it'}"

    def crash_during(self, name: str, *, written: bool = True, sends: int = 0) -> None:
        """Crash a node in the middle of its next step: its disk is written or not, and only the
        first `sends` messages leave.
        """
        if (
            self.node_named(name) is None
            or not isinstance(sends, int)
            or sends < 0
            or sends
            and not written
        ):
            raise DslabError(
                f"crash_during({name!r}, written={written}, sends={sends}): the node must "
                "be up, and nothing is sent before the disk is written."
            )
        self._traps[name] = written, sends
        self.fault("crash_during", (name,), f"{name} will crash in the middle of its next step")

    def restart(self, *names: str) -> None:
        """Boot crashed nodes from their durable fields."""
        for name in names:
            if self.node_named(name) is not None:
                raise DslabError(f"{name} is up: only a crashed node restarts.")
            disk = {field: self._disks[name][field] for field in self.node_class.durable}
            self.nodes[name] = node = self.classes[name].recover(
                name, [peer for peer in self.names if peer != name], disk
            )
            self._booted[name] = vars(node).copy()
            self._step(node, "restart", None, None, None, node.start)

    def pause(self, *names: str) -> None:
        """Freeze nodes, as a long garbage collection does: everything waits until `resume`."""
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

    def byzantine(self, name: str, behaviour: str, fooled=None) -> None:
        """Make a liar of a node, for good: `dslab.sim.byzantine` names the behaviours.

        fooled  to whom it lies, where the behaviour makes a difference; half of its peers, from the
                seed, where not given.
        """
        if behaviour not in BEHAVIOURS:
            raise DslabError(
                f"there is no Byzantine behaviour {behaviour!r}: choose {', '.join(BEHAVIOURS)}."
            )
        if self.node_named(name) is None:
            raise DslabError(f"{name} is down: only a node that runs can lie.")
        if self.classes[name] is not self.node_class:
            raise DslabError(f"{name} is Byzantine already.")
        for other in group(fooled or ()):
            self._lane(other)
        whom = (
            group(fooled)
            if fooled is not None
            else self._chance("byzantine " + name).sample(
                self.nodes[name].peers, len(self.names) // 2
            )
        )
        self.classes[name] = kind = byzantine(self.node_class, behaviour, frozenset(whom))
        self._poisoned = True
        node = self.nodes[name]
        node.__class__ = kind
        node.__dict__.update(
            {
                field: kind.fields[field]
                for field in kind.fields
                if field not in self.node_class.fields
            }
        )
        self.fault(
            "byzantine",
            (name, behaviour),
            f"{name} is Byzantine from now on: {behaviour}"
            + (f" towards {', '.join(sorted(whom))}" if behaviour in PARTIAL else ""),
        )

    def clock(self, name: str, *, ahead: float = 0.0, rate: float = 1.0) -> None:
        """Let a node's clock jump `ahead` ms (back, where negative) and from now on run at `rate`,
        which its timers follow.
        """
        self.node_named(name)
        if rate <= 0:
            raise DslabError(
                f"clock({name!r}, rate={rate!r}): a clock runs at more than 0 times the real pace."
            )
        self._clocks[name] = self.env.now, self.shown(name) + ahead * 1000, rate
        self.fault(
            "clock",
            (name,),
            f"{name}'s clock now shows {self.shown(name) / 1000:.1f} ms and runs at "
            f"{rate:g} times the real pace",
        )

    def shown(self, name: str) -> float:
        """What a node's clock shows, in µs since the start."""
        since, shown, rate = self._clocks.get(name, (0, 0, 1.0))
        return shown + (self.env.now - since) * rate

    # Links.

    def partition(self, *groups) -> None:
        """Cut all links between groups: `partition("n1 n2", "n3 n4 n5")`. Clients keep theirs
        unless they are named.
        """
        self._cut(partition(groups, self.trace.lanes))

    def isolate(self, name: str) -> None:
        """Cut one node off from all other nodes; clients still reach it."""
        self.node_named(name)
        self._cut(between([name], [other for other in self.names if other != name]))

    def bridge(self, name: str) -> None:
        """Cut the other nodes into two halves, which reach each other through `name` only."""
        self.node_named(name)
        others = [other for other in self.names if other != name]
        if len(others) < 2:
            raise DslabError(
                f"bridge({name!r}): a bridge needs two other nodes or more, one on each side."
            )
        self._cut(between(others[: len(others) // 2], others[len(others) // 2 :]))

    def cut(self, senders, receivers) -> None:
        """Cut links one way: what `senders` send no longer reaches `receivers`."""
        for name in group(senders) + group(receivers):
            self._lane(name)
        self._cut({(a, b) for a in group(senders) for b in group(receivers) if a != b})

    def _cut(self, pairs) -> None:
        self.network.cut(pairs)
        self.record("cut", data=tuple(sorted(pairs)))

    def heal(self) -> None:
        """Put all links up again. What was sent across a cut link is lost."""
        self.network.heal()
        self.record("heal")

    def slow(self, senders, receivers, delay) -> None:
        """Give the links from `senders` to `receivers` another delay range in ms; None gives back
        the usual one.
        """
        for name in group(senders) + group(receivers):
            self._lane(name)
        pairs = tuple((a, b) for a in group(senders) for b in group(receivers) if a != b)
        self.network.slow(pairs, delay)
        if delay is None:
            takes = "as long as usual again"
        else:
            low, span = delay_range(delay)
            takes = f"{low / 1000:g} to {(low + span - 1) / 1000:g} ms"
        self.fault(
            "fast" if delay is None else "slow",
            pairs,
            f"the links {', '.join(f'{a}→{b}' for a, b in pairs)} now take {takes}",
        )

    def disturb(self, **shares) -> None:
        """From now on lose, duplicate, reorder and corrupt these shares of the messages, and no
        others; see `Network`.
        """
        self.network.disturb(**shares)
        self.tell_disturbance()

    def tell_disturbance(self) -> None:
        """Write into the trace what the network does to messages."""
        now = self.network
        told = [
            f"{word} {100 * share:g} % of the messages"
            for word, share in (
                ("loses", now.loss),
                ("doubles", now.duplicate),
                (f"holds back (by up to {now.window:g} ms)", now.reorder),
                ("corrupts" if now.checksums else "corrupts, unnoticed,", now.corrupt),
            )
            if share
        ]
        well = "does its work: nothing is lost, doubled, held back or corrupted"
        self.fault(
            "disturb",
            (now.loss, now.duplicate, now.reorder, now.corrupt),
            f"the network now {', '.join(told) or well}",
        )

    # All of it.

    def quieten(self) -> None:
        """Nothing is wrong any more: everybody runs, all links are up, clocks are right. A
        Byzantine node stays one.
        """
        self._calm = True
        for name in list(self._paused):
            self.resume(name)
        for name, node in self.nodes.items():
            if node is None:
                self.restart(name)
        self._traps.clear()
        for name in list(self._clocks):
            del self._clocks[name]
            self.fault("clock_right", (name,), f"{name}'s clock is right again")
        self.heal()
        for pair in list(self.network.slowed):
            self.slow(*([name] for name in pair), None)
        if not self.network.reliable:
            self.disturb()

    def nemesis(self, script) -> None:
        """Run a nemesis of `dslab.sim.nemesis` until it ends, or until `quieten`."""

        def until_calm(cluster):
            for event in script(cluster):
                yield event
                if self._calm:
                    return

        self.script(until_calm)

    def fault(self, name: str, details, sentence: str) -> None:
        """Write into the trace what went wrong, for what has no kind of its own."""
        self.record("fault", data=(name, details, sentence))

    def _lane(self, name: str) -> None:
        if name not in self._timers and name not in self.clients:
            raise DslabError(
                f"there is no {name!r} in this cluster: it has {', '.join(self.trace.lanes)}."
            )
