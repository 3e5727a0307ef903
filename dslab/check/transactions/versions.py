"""The versions of each key, as far as reads tell them, and who has committed.

A list's longest read is its order (section 4.3.2 of Elle): all other reads are its beginnings, and
what was appended and never read comes after it, in an order that nobody knows. A register's
versions have no order but what follows from dependencies.

A transaction of unknown outcome has committed if somebody has read from it, and is passed over
else: whether it has happened, nobody saw, and to suppose it would only add demands. Where dirty
reads are allowed, being read proves nothing, so there it is passed over always.
"""

from collections import defaultdict
from itertools import accumulate
from typing import Any

from dslab.check.transactions.reading import Key, Read, Reading, Transaction
from dslab.values import show

__all__ = ["KeyVersions", "Versions"]


class Versions:
    """All keys' versions. `dirty` says whether reads may see what never commits."""

    def __init__(self, reading: Reading, dirty: bool):
        self.reading = reading
        read = (
            set()
            if dirty
            else {
                writer.number
                for key in reading.keys.values()
                for writer in _read_from(key)
                if writer.op.outcome == "info"
            }
        )
        #: By number, whether the transaction has committed.
        self.committed = [one.op.outcome == "ok" or one.number in read for one in reading.all]
        self.keys = [KeyVersions(key, self.committed) for key in reading.keys.values()]


def _read_from(key: Key):
    """Whoever wrote a value that was read by another."""
    if not any(one.op.outcome == "info" for one, _ in key.written.values()):
        return
    if key.kind == "register":
        seen = {read.seen for read in key.reads}
    else:
        seen = {value for read in _maximal(key.reads) for value in read.seen}
    for value in seen:
        if value in key.written:
            yield key.writer(value)


def _maximal(reads: list[Read]) -> list[Read]:
    """The longest read of a list, and those that are no beginnings of it."""
    longest = max(reads, key=lambda read: len(read.seen), default=None)
    if longest is None:
        return []
    return [longest] + [read for read in reads if read.seen != longest.seen[: len(read.seen)]]


class KeyVersions:
    """What is known of one key.

    order     the committed values in the order that reads show; () for a register.
    external  (transaction, value read last, or None where it was empty, place in the order behind
              it) for reads that saw others' writes alone.
    own       (transaction, value) for reads of a list that saw a transaction's own appends behind
              this value.
    writers   by committed writer the value that it leaves.
    placed    the same as a set.
    unplaced  the committed writers whose last value the order doesn't hold: of a register, all.

    The rest is what is wrong with reads; see `anomalies`.
    """

    def __init__(self, key: Key, committed: list[bool]):
        self.name, self.kind, self.written, self._key = key.name, key.kind, key.written, key
        self._committed = committed
        self.order: tuple = ()
        self.external: list[tuple[Transaction, Any, int]] = []
        self.own: list[tuple[Transaction, Any]] = []
        self.strange: list = []
        self.doubled: list = []
        self.conflicts: list = []
        self.disordered: list = []
        self.aborted: list = []
        self.built_on_aborted: list = []
        self.intermediate: list = []
        self.writers = {
            one: one.last[key.name] for one, _ in key.written.values() if committed[one.number]
        }
        if key.kind == "list":
            self._look_at_list()
        else:
            self._look_at_register()
        self.placed = set(self.order)
        self.unplaced = [one for one, value in self.writers.items() if value not in self.placed]
        self.updated = list(self._updated())

    def writer(self, value) -> Transaction:
        """Who wrote a value."""
        return self.written[value][0]

    def __str__(self):
        return str(self._key)

    def _has_committed(self, value) -> bool:
        return value in self.written and self._committed[self.writer(value).number]

    def _look_at_register(self):
        told = set()
        for read in self._key.reads:
            value = read.seen
            if value is None:
                if not self._wrote_before(read):
                    self.external.append((read.by, None, 0))
                continue
            if value not in self.written:
                self._once(told, self.strange, read, value)
                continue
            writer, step = self.written[value]
            if writer.op.outcome == "fail":
                self._once(told, self.aborted, read, value)
            if writer is read.by or self._wrote_before(read):
                continue
            if writer.op.outcome != "fail" and writer.last[self.name] != value:
                self.intermediate.append((read, value))
            if self._has_committed(value):
                self.external.append((read.by, writer.last[self.name], 0))

    def _once(self, told, found, read, value):
        if value not in told:
            told.add(value)
            found.append((read, value))

    def _wrote_before(self, read: Read) -> bool:
        """Whether the reader had written the key itself."""
        return self.name in read.by.last and any(
            f != "r" and name == self.name for f, name, _ in read.by.op.result[: read.step]
        )

    def _look_at_list(self):
        reads = self._key.reads
        maximal = _maximal(reads)
        for read in maximal:
            self._look_at_values(read)
        kept = {id(read): self._kept(read.seen) for read in maximal}
        if maximal:
            base = max(maximal, key=lambda read: len(kept[id(read)]))
            self.order = kept[id(base)]
            # For beginnings of the longest read: how much of the order each holds.
            counts = [0, *accumulate(map(self._counts(), maximal[0].seen))]
            agree = self._agreeing(kept[id(maximal[0])])
        for read in reads:
            mine = kept.get(id(read))
            place = counts[len(read.seen)] if mine is None else len(mine)
            if place > agree if mine is None else mine != self.order[:place]:
                self.conflicts.append((read, base))
            else:
                self._place(read, place)
        self._look_at_orders()

    def _counts(self):
        """A function that tells for one value after the other whether it counts: it has committed,
        and is there for the first time.
        """
        met = set()

        def counts(value):
            new = value not in met and self._has_committed(value)
            met.add(value)
            return new

        return counts

    def _kept(self, seen: tuple) -> tuple:
        """What has committed of a read, each value once."""
        return tuple(filter(self._counts(), seen))

    def _agreeing(self, longest: tuple) -> int:
        """How far the longest read agrees with the order."""
        pairs = zip(longest, self.order)
        return next((place for place, (a, b) in enumerate(pairs) if a != b), len(longest))

    def _look_at_values(self, read: Read):
        """What is wrong with single values, told of the first read that shows it."""
        met, bad = set(), None
        for place, value in enumerate(read.seen):
            if value in met:
                self._first(self.doubled, place, value, read)
                continue
            met.add(value)
            if value not in self.written:
                self._first(self.strange, place, value, read)
            elif self.writer(value).op.outcome == "fail":
                self._first(self.aborted, place, value, read)
                bad = value
            elif bad is not None and self.writer(value).op.outcome == "ok":
                found = self.writer(bad), bad, self.writer(value), value
                if found not in self.built_on_aborted:
                    self.built_on_aborted.append(found)
                bad = None

    def _first(self, found, place, value, read):
        if any(value == other for _, other in found):
            return
        beginning = read.seen[: place + 1]
        first = next(one for one in self._key.reads if one.seen[: place + 1] == beginning)
        found.append((first, value))

    def _place(self, read: Read, place: int):
        """Note what a read saw of others."""
        if read.seen:
            last = read.seen[-1]
            if (
                last in self.written
                and (writer := self.writer(last)) is not read.by
                and writer.op.outcome != "fail"
                and writer.last[self.name] != last
            ):
                self.intermediate.append((read, last))
        others = place
        while others and self.writer(self.order[others - 1]) is read.by:
            others -= 1
        value = self.order[others - 1] if others else None
        if others < place or self._wrote_before(read):
            if others:
                self.own.append((read.by, value))
        else:
            self.external.append((read.by, value, place))

    def _look_at_orders(self):
        """A transaction's appends stand in its own order, those that are missing behind."""
        place = {value: number for number, value in enumerate(self.order)}
        mine: dict[Transaction, list] = defaultdict(list)
        for value, (one, _) in self.written.items():
            mine[one].append(value)
        for one, values in mine.items():
            if len(values) > 1 and self._committed[one.number]:
                shown = sorted((value for value in values if value in place), key=place.get)
                if shown != values[: len(shown)]:
                    self.disordered.append((one, shown, values))

    def _updated(self):
        """Versions that several read and then wrote, in words, with those that did."""
        groups: dict[Any, dict[Transaction, None]] = defaultdict(dict)
        for one, value, place in self.external:
            if one in self.writers:
                groups[place if self.kind == "list" else value][one] = None
        for version, group in groups.items():
            if len(group) > 1:
                seen = self.order[:version] if self.kind == "list" else version
                yield show(seen), list(group)
