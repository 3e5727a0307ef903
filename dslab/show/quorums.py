"""The quorum grid: which read quorums meet which write quorums, drawn to play with, and counted.

Gifford, "Weighted Voting for Replicated Data", SOSP 1979, for R + W > N; Cheung, Ammar and Ahamad,
"The Grid Protocol", ICDE 1990; DeCandia et al., "Dynamo", SOSP 2007, section 4.6, for sloppy
quorums. The page counts by formulas where there are any (parts/quorums-sets.js); this module says
every sentence and number that the page says, and a test compares them.
"""

from itertools import combinations, product
from math import comb

from dslab.errors import DslabError
from dslab.show.element import Element
from dslab.show.stills.quorums import still
from dslab.values import majority

__all__ = ["MOST", "Quorums", "quorums"]

#: More replicas have more quorums than a picture can tell apart.
MOST = 16
SPARES = 4

#: What overlap is worth, and what not.
LIMIT = (
    "What overlap gives: a read that begins after a write has returned asks at least one "
    "replica that stored this write. What it "
    "doesn't give is linearizability: of a write that is under way, or was given up "
    "halfway, one read may find the value and a later "
    "read miss it, unless reads write back what they find (Attiya, Bar-Noy and Dolev "
    "1995); and which of two values is newer, "
    "versions must say."
)
MISSES = (
    "A read that begins after a write has returned may ask only replicas that never heard of "
    "this write."
)


class Quorums(Element):
    """Replicas with a read set and a write set; see `quorums`."""

    tag = "dslab-quorums"

    def __init__(
        self,
        replicas: int,
        read: int,
        write: int,
        grid: tuple[int, int] | None,
        spares: int,
        failed: tuple[str, ...],
    ):
        self.replicas, self.read, self.write, self.grid, self.spares, self.failed = (
            replicas,
            read,
            write,
            grid,
            spares,
            failed,
        )
        self.names = tuple(
            [f"n{number}" for number in range(1, replicas + 1)]
            + [f"s{number}" for number in range(1, spares + 1)]
        )

    def data(self):
        """The sizes of the sets, the grid, and who has failed."""
        return {
            "replicas": self.replicas,
            "read": self.read,
            "write": self.write,
            "grid": list(self.grid) if self.grid else None,
            "spares": self.spares,
            "failed": list(self.failed),
        }

    def readers(self) -> list[tuple[str, ...]]:
        """Every smallest read quorum."""
        home = self.names[: self.replicas]
        return (
            list(combinations(home, self.read))
            if self.grid is None
            else _distinct(
                tuple(self._at(row, column) for column, row in enumerate(rows))
                for rows in self._covers()
            )
        )

    def writers(self) -> list[tuple[str, ...]]:
        """Every smallest write quorum."""
        if self.grid is None:
            return list(combinations(self.names, self.write))
        rows, columns = self.grid
        return _distinct(
            tuple(
                sorted(
                    {self._at(row, full) for row in range(rows)}
                    | {self._at(row, column) for column, row in enumerate(cover)},
                    key=self.names.index,
                )
            )
            for full in range(columns)
            for cover in self._covers()
        )

    def _at(self, row, column):
        return self.names[row * self.grid[1] + column]

    def _covers(self):
        """One row for each column, in all ways."""
        return product(range(self.grid[0]), repeat=self.grid[1])

    def counts(self) -> dict[str, int]:
        """How many quorums and pairs there are, and how many meet.

        readers, writers            smallest quorums
        met, pairs                  pairs of a read and a write quorum
        writes_met, write_pairs     pairs of two different write quorums
        least                       the least overlap of a read and a write quorum
        readers_left, writers_left  quorums without a failed node
        """
        if self.grid is None:
            return self._by_formula()
        readers, writers = [list(map(frozenset, some)) for some in (self.readers(), self.writers())]
        overlaps = [len(one & other) for one in readers for other in writers]
        pairs = list(combinations(writers, 2))
        return {
            "readers": len(readers),
            "writers": len(writers),
            "met": sum(map(bool, overlaps)),
            "pairs": len(overlaps),
            "writes_met": sum(bool(one & other) for one, other in pairs),
            "write_pairs": len(pairs),
            "least": min(overlaps),
            "readers_left": sum(each.isdisjoint(self.failed) for each in readers),
            "writers_left": sum(each.isdisjoint(self.failed) for each in writers),
        }

    def _by_formula(self):
        home, nodes = self.replicas, self.replicas + self.spares
        readers, writers = comb(home, self.read), comb(nodes, self.write)
        apart, writes_apart = (
            readers * comb(nodes - self.read, self.write),
            writers * comb(nodes - self.write, self.write) // 2,
        )
        down = sum(name in self.failed for name in self.names[:home])
        return {
            "readers": readers,
            "writers": writers,
            "met": readers * writers - apart,
            "pairs": readers * writers,
            "writes_met": comb(writers, 2) - writes_apart,
            "write_pairs": comb(writers, 2),
            "least": max(0, self.read + self.write - nodes),
            "readers_left": comb(home - down, self.read),
            "writers_left": comb(nodes - len(self.failed), self.write),
        }

    def example(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """A read and a write quorum that meet in as few replicas as any."""
        if self.grid is None:
            return self.names[: self.read], self.names[-self.write :]
        return self.readers()[0], self.writers()[-1]

    def sentences(self) -> list[str]:
        """What the counts say; the page says the same."""
        found = self.counts()
        all_meet = found["met"] == found["pairs"]
        return [
            self._reads(found, all_meet),
            self._writes(found),
            self._failures(found),
            LIMIT if all_meet else MISSES,
        ]

    def _reads(self, found, all_meet):
        pairs, both = _number(found["pairs"], "pair"), "of a read and a write quorum"
        if self.grid is not None:
            return (
                f"All {pairs} {both} meet: a write has a whole column, and a read has one "
                "replica of it."
            )
        rule = (
            f"R + W = {self.read + self.write} is {'' if all_meet else 'not '}more than "
            f"N{' + spares' if self.spares else ''} = {self.replicas + self.spares}"
        )
        if all_meet:
            return (
                f"{rule}: all {pairs} {both} meet, in {_number(found['least'], 'replica')} or more."
            )
        read, write = map(_set, self.example())
        return (
            f"{rule}: of {pairs} {both}, {found['pairs'] - found['met']:,} don't meet, such "
            f"as {read} and {write}."
        )

    def _writes(self, found):
        if not found["write_pairs"]:
            return "There is only one write quorum."
        pairs = _number(found["write_pairs"], "pair")
        if found["writes_met"] == found["write_pairs"]:
            return (
                f"All {pairs} of two write quorums meet, so of two writes at once some "
                "replica sees both."
            )
        return (
            f"Of {pairs} of two write quorums, {found['writes_met']:,} meet: of two writes at "
            "once, perhaps no replica sees both."
        )

    def _failures(self, found):
        if self.failed:
            return (
                f"With {_set(self.failed)} failed, {found['readers_left']:,} of "
                f"{_number(found['readers'], 'read quorum')} and "
                f"{found['writers_left']:,} of "
                f"{_number(found['writers'], 'write quorum')} are left."
            )
        if self.grid is not None:
            return (
                f"One failure in each column, {self.grid[1]} in all, stops every write; "
                f"the failure of a whole column, {self.grid[0]} in all, "
                "stops every read and write."
            )
        return (
            f"Reads survive any {_number(self.replicas - self.read, 'failure')}, writes any "
            f"{self.replicas + self.spares - self.write}."
        )

    def words(self):
        """The sizes, and every sentence that follows from them."""
        read, write = self.example()
        kind = (
            f"a grid of {self.grid[0]} × {self.grid[1]}"
            if self.grid
            else f"R = {self.read}, W = {self.write}"
        )
        return f"Quorums of {_number(self.replicas, 'replica')}, {kind}. " + " ".join(
            self.sentences()
        )

    def picture(self):
        """An example of a read set and a write set, and whether all of them meet."""
        read, write = self.example()
        wide = self.grid[1] if self.grid else len(self.names)
        kind = (
            f"a grid of {self.grid[0]} × {self.grid[1]}"
            if self.grid
            else f"R = {self.read}, W = {self.write}"
        )
        return still(
            f"Quorums of {self.replicas} replicas: {kind}",
            self.sentences()[0],
            self.names,
            read,
            write,
            self.failed,
            wide,
        )


def quorums(
    replicas: int,
    read: int | None = None,
    write: int | None = None,
    *,
    grid: tuple[int, int] | None = None,
    spares: int = 0,
    failed: tuple[str, ...] = (),
) -> Quorums:
    """The quorum grid of `replicas` replicas n1, n2, …: choose a read and a write set, fail
    replicas, see which quorums meet.

    read, write  sizes of a read and of a write quorum; majorities where they are left out.
    grid         (rows, columns) instead of sizes: a read asks one replica of each column, a write a
                 whole column and one of each other.
    spares       nodes s1, s2, … outside the home set that may keep a write in place of a replica: a
                 sloppy quorum. A write may then take any of replicas + spares nodes, and a read
                 asks the home set.
    failed       names of nodes that have failed.

    Raises DslabError where the numbers don't fit together.
    """
    _demand_whole(replicas, "replicas", 1, MOST)
    _demand_whole(spares, "spares", 0, SPARES)
    if grid is not None:
        if not (
            isinstance(grid, tuple)
            and len(grid) == 2
            and all(isinstance(side, int) and side >= 1 for side in grid)
            and grid[0] * grid[1] == replicas
        ):
            raise DslabError(
                f"grid={grid!r} must be (rows, columns) with rows × columns = {replicas}, "
                "the number of replicas."
            )
        if read is not None or write is not None or spares:
            raise DslabError("a grid has its own quorums: leave out read, write and spares.")
        read, write = grid[1], grid[0] + grid[1] - 1
    read, write = (majority(replicas) if size is None else size for size in (read, write))
    _demand_whole(read, "read", 1, replicas)
    _demand_whole(write, "write", 1, replicas)
    made = Quorums(replicas, read, write, grid, spares, tuple(failed))
    for name in made.failed:
        if name not in made.names:
            raise DslabError(
                f"there is no node {name!r} to fail: there are {', '.join(made.names)}."
            )
    return made


def _demand_whole(number, name: str, least: int, most: int) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        raise DslabError(f"{name}={number!r} must be a whole number from {least} to {most}.")


def _distinct(sets) -> list[tuple[str, ...]]:
    return list(dict.fromkeys(sets))


def _set(names) -> str:
    return "{" + " ".join(names) + "}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
