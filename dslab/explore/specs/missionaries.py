"""Missionaries cross a river with cannibals, who may outnumber them nowhere, in a boat for two."""

from itertools import combinations

from dslab.explore.spec import Spec, action, invariant

__all__ = ["Missionaries"]


class Missionaries(Spec):
    """`pairs` missionaries and as many cannibals, each a person of their own. With `wanted`,
    crossing is ruled out, and the counterexample is the solution.
    """

    variables = "boat", "east", "west"

    def __init__(self, pairs: int = 3, wanted: bool = True):
        self.pairs, self.wanted = pairs, wanted
        self.missionaries = frozenset(f"m{n}" for n in range(1, pairs + 1))
        self.people = self.missionaries | {f"c{n}" for n in range(1, pairs + 1)}

    def initial(self):
        """Everybody is on the east bank, with the boat."""
        yield "east", self.people, frozenset()

    def is_safe(self, group) -> bool:
        """Whether cannibals are no majority over the missionaries of a bank."""
        missionaries = len(group & self.missionaries)
        return missionaries == 0 or len(group) - missionaries <= missionaries

    @action
    def Cross(self, boat, east, west):
        """One or two cross with the boat, so that both banks are safe."""
        here, there = (east, west) if boat == "east" else (west, east)
        for size in (1, 2):
            for party in combinations(sorted(here), size):
                left, joined = here - set(party), there | set(party)
                if self.is_safe(left) and self.is_safe(joined):
                    yield ("west", left, joined) if boat == "east" else ("east", joined, left)

    @invariant
    def SomebodyIsEast(self, boat, east, west):
        """Not all have crossed: a counterexample is the way over."""
        return not self.wanted or bool(east)
