"""Anomalies that show in reads alone, without any cycle.

Kingsbury and Alvaro, "Elle: inferring isolation anomalies from experimental observations", VLDB
14(3), 2020, sections 4.1.5 and 6.1, and those of Adya, Liskov and O'Neil, "Generalized isolation
level definitions", ICDE 2000, which it takes over. Where a transaction wrote a key, its next read
of it returns what it wrote: no history of Adya's is without this (Elle, section 4.1.3), so
"internal" and "future-read" are ruled out by every level. That a read repeats what an earlier one
has seen is demanded from repeatable read upwards only.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dslab.check.transactions.levels import NAMES
from dslab.check.transactions.reading import Transaction
from dslab.check.transactions.versions import Versions
from dslab.values import show

__all__ = ["Anomaly", "in_reads"]


@dataclass(frozen=True)
class Anomaly:
    """Something that a level rules out: its name, who shows it, and in which words."""

    name: str
    by: tuple[Transaction, ...]
    sentence: str
    reasons: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name with what it is called otherwise, such as "G0 (dirty write)"."""
        plain = self.name.removesuffix("-process").removesuffix("-realtime")
        return f"{self.name} ({NAMES[plain]})" if plain in NAMES else self.name

    def as_json(self) -> dict:
        """The anomaly as JSON data."""
        return {
            "name": self.name,
            "transactions": [str(one.op) for one in self.by],
            "sentence": self.sentence,
            "reasons": list(self.reasons),
        }


def in_reads(versions: Versions) -> Iterator[Anomaly]:
    """All anomalies that reads show, in no order."""
    for one in versions.reading.all:
        if one.op.outcome == "ok":
            yield from _within(one, versions)
    for key in versions.keys:
        yield from _garbage(key)
        yield from _incompatible(key)
        yield from _aborted(key)
        yield from _intermediate(key)
        yield from _lost(key)


def _within(one: Transaction, versions: Versions) -> Iterator[Anomaly]:
    """What contradicts the transaction's own steps. Each key is told once."""
    mine: dict = {}  # By key, what it wrote so far.
    known: dict = {}  # By key, what its next read must return, where that is known.
    told = set()
    for step, (f, name, value) in enumerate(one.op.result):
        key = versions.reading.keys[name]
        is_list = key.kind == "list"
        if f != "r":
            mine.setdefault(name, []).append(value)
            if not is_list:
                known[name] = value
            elif name in known:
                known[name] = (*known[name], value)
            continue
        seen = (value or ()) if is_list else value
        wrote = mine.get(name, ())
        before, known[name] = known.get(name, _NEVER), seen
        if name in told:
            continue
        found = _future(one, step, key, seen, len(wrote)) or (
            _misses(one, step, key, seen, wrote) or _changed(one, step, key, seen, wrote, before)
        )
        if found:
            told.add(name)
            yield found


_NEVER = object()


def _future(one, step, key, seen, written) -> Anomaly | None:
    if one.last.get(key.name, _NEVER) is _NEVER:
        return None
    later = [
        (place, value)
        for place, (f, name, value) in enumerate(one.op.result)
        if f != "r" and name == key.name and place > step
    ]
    for place, value in later:
        if value in seen if key.kind == "list" else value == seen:
            return Anomaly(
                "future-read",
                (one,),
                f"{one} reads {show(value)} from {key} in its step {step + 1}, but "
                f"{_does(key)} it only in step {place + 1}.",
            )
    return None


def _does(key) -> str:
    return "appends" if key.kind == "list" else "writes"


def _misses(one, step, key, seen, wrote) -> Anomaly | None:
    if not wrote or (seen and seen[-1] == wrote[-1] if key.kind == "list" else seen == wrote[-1]):
        return None
    return Anomaly(
        "internal",
        (one,),
        f"{one} reads {key} as {show(seen)} in its step {step + 1}, although it had "
        + (
            f"appended {show(wrote[-1])} last."
            if key.kind == "list"
            else f"written {show(wrote[-1])}."
        ),
    )


def _changed(one, step, key, seen, wrote, before) -> Anomaly | None:
    if before is not _NEVER:
        if before == seen:
            return None
    elif key.kind != "list" or seen[len(seen) - len(wrote) :] == tuple(wrote):
        return None
    expected = show(before) if before is not _NEVER else f"(…, {', '.join(map(show, wrote))})"
    return Anomaly(
        "unrepeatable-read",
        (one,),
        f"{one} reads {key} as {show(seen)} in its step {step + 1}, where by its own steps it was "
        f"{expected}.",
    )


def _garbage(key) -> Iterator[Anomaly]:
    """Values that nobody wrote, and values that are twice in a list."""
    wrong = "appended" if key.kind == "list" else "wrote"
    for read, value in key.strange:
        yield Anomaly(
            "garbage-read",
            (read.by,),
            f"{read.by} reads {show(value)} from {key} {read.where}, which nobody {wrong}.",
        )
    for read, value in key.doubled:
        yield Anomaly(
            "duplicate",
            (read.by,),
            f"{read.by} finds {show(value)} more than once in {key} {read.where}, to which it was "
            "appended once.",
        )


def _incompatible(key) -> Iterator[Anomaly]:
    for read, other in key.conflicts:
        yield Anomaly(
            "incompatible-order",
            (read.by, other.by) if read.by is not other.by else (read.by,),
            f"{read.by} and {other.by} saw {key} grow in different orders: as {show(read.seen)} "
            f"and as {show(other.seen)}.",
        )
    for one, shown, mine in key.disordered:
        yield Anomaly(
            "incompatible-order",
            (one,),
            f"{one} appended {_list(mine)} to {key}, but there reads find of these "
            f"{_list(shown)}, in another order.",
        )


def _list(values) -> str:
    return ", ".join(map(show, values))


def _aborted(key) -> Iterator[Anomaly]:
    for read, value in key.aborted:
        bad = key.writer(value)
        yield Anomaly(
            "G1a",
            (bad, read.by),
            f"{read.by} reads {show(value)} from {key} {read.where}, which {bad} had "
            f"{'appended' if key.kind == 'list' else 'written'}: that one never happened.",
        )
    for bad, value, one, after in key.built_on_aborted:
        yield Anomaly(
            "dirty-update",
            (bad, one),
            f"{one} appended {show(after)} to {key} behind {show(value)}, which {bad} had "
            "appended: that one never happened.",
        )


def _intermediate(key) -> Iterator[Anomaly]:
    for read, value in key.intermediate:
        writer = key.writer(value)
        yield Anomaly(
            "G1b",
            (writer, read.by),
            f"{read.by} reads {key} {read.where} as it was in the middle of {writer}: with "
            f"{show(value)}, but not yet with {show(writer.last[key.name])}.",
        )


def _lost(key) -> Iterator[Anomaly]:
    for version, group in key.updated:
        names = [str(one) for one in group]
        yield Anomaly(
            "lost-update",
            tuple(group),
            f"{', '.join(names[:-1])} and {names[-1]} {'all' if len(names) > 2 else 'both'} read "
            f"{key} as {version} and then wrote it: all but one of them missed another's update.",
        )
