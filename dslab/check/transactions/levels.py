"""Isolation levels: which anomalies each rules out, and which order it must respect.

A level is a kind of isolation (`Kind`) and an order that it is asked to respect: none, that of each
process ("strong session", Elle's section 5.1) or that of real time ("strong", and "strict" for
serializability).
"""

from typing import NamedTuple

from dslab.errors import DslabError, instead

__all__ = ["ANOMALIES", "LEVELS", "NAMES", "Kind", "Level", "level_named"]

#: Found by looking at reads, plainest first; then those that are cycles.
READS = (
    "future-read",
    "internal",
    "garbage-read",
    "duplicate",
    "incompatible-order",
    "G1a",
    "dirty-update",
    "G1b",
    "unrepeatable-read",
    "lost-update",
)
CYCLES = ("G0", "G1c", "G-single", "G-nonadjacent", "G2-item")
ANOMALIES = (*READS, *CYCLES)
#: What they are called otherwise.
NAMES = {
    "G0": "dirty write",
    "G1a": "aborted read",
    "G1b": "intermediate read",
    "G1c": "circular information flow",
    "unrepeatable-read": "internal",
    "G-single": "read skew",
    "G-nonadjacent": "long fork",
    "G2-item": "write skew",
}


class Kind(NamedTuple):
    """What an isolation forbids.

    edges    the dependencies of which no cycle may consist.
    split    whether a transaction has two moments, its snapshot and its commit: then a cycle is
             allowed just where two anti-dependencies in it stand side by side.
    rank     how many of READS it rules out.
    """

    edges: tuple[str, ...]
    split: bool
    rank: int
    cycles: tuple[str, ...]


KINDS = {
    "read-uncommitted": Kind(("ww",), False, READS.index("G1a"), CYCLES[:1]),
    "read-committed": Kind(("ww", "wr"), False, READS.index("unrepeatable-read"), CYCLES[:2]),
    "repeatable-read": Kind(("ww", "wr", "rw"), False, len(READS), CYCLES),
    "snapshot-isolation": Kind(("ww", "wr", "rw"), True, len(READS), CYCLES[:4]),
    "serializable": Kind(("ww", "wr", "rw"), False, len(READS), CYCLES),
}


class Level(NamedTuple):
    """An isolation level: `order` is "", "process" or "realtime"."""

    name: str
    kind: Kind
    order: str

    @property
    def ruled_out(self) -> tuple[str, ...]:
        """The anomalies that it rules out; those of cycles with edges of its order as well."""
        return (*READS[: self.kind.rank], *self.kind.cycles)


def _levels():
    for prefix, order in (("", ""), ("strong-session-", "process"), ("strong-", "realtime")):
        for name, kind in KINDS.items():
            full = (
                "strict-serializable" if prefix + name == "strong-serializable" else prefix + name
            )
            yield full, Level(full, kind, order)


LEVELS: dict[str, Level] = dict(_levels())


def level_named(name: str) -> Level:
    """The level of this name; DslabError where there is none."""
    if name not in LEVELS:
        raise DslabError(f"{name!r} is no isolation level: {instead(str(name), LEVELS)}")
    return LEVELS[name]
