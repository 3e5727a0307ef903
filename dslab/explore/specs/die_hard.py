"""Two jugs, of 3 and 5 gallons, and 4 wanted: from *Die Hard with a Vengeance* (1995).

It is the first specification of Lamport's TLA+ course. Its invariant says that the puzzle can't be
solved, so the counterexample is the solution.
"""

from dslab.explore.spec import Spec, action, invariant

__all__ = ["DieHard"]


class DieHard(Spec):
    """`wanted` gallons in the big jug, or None for a puzzle without an end."""

    variables = "small", "big"

    def __init__(self, wanted: int | None = 4):
        self.wanted = wanted

    def initial(self):
        """Both jugs are empty."""
        yield 0, 0

    @action
    def FillSmall(self, small, big):
        """Fill the small jug."""
        yield 3, big

    @action
    def FillBig(self, small, big):
        """Fill the big jug."""
        yield small, 5

    @action
    def EmptySmall(self, small, big):
        """Empty the small jug."""
        yield 0, big

    @action
    def EmptyBig(self, small, big):
        """Empty the big jug."""
        yield small, 0

    @action
    def SmallToBig(self, small, big):
        """Pour from the small jug until it is empty or the big one is full."""
        poured = min(small, 5 - big)
        yield small - poured, big + poured

    @action
    def BigToSmall(self, small, big):
        """Pour from the big jug until it is empty or the small one is full."""
        poured = min(big, 3 - small)
        yield small + poured, big - poured

    @invariant
    def NotWanted(self, small, big):
        """The big jug never holds what is wanted: a counterexample is the way to it."""
        return big != self.wanted
