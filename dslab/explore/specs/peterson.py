"""Mutual exclusion for two (Peterson, "Myths about the mutual exclusion problem", IPL 1981)."""

from dslab.explore.spec import Spec, action, goal, invariant

__all__ = ["Peterson"]


def put(values: tuple, place: int, value) -> tuple:
    return values[:place] + (value,) + values[place + 1 :]


class Peterson(Spec):
    """Each process wants in, raises its flag, gives the turn away, waits, is in, and takes its flag
    down: six places, one step each.
    """

    variables = "at", "flag", "turn"

    def initial(self):
        """Both processes are outside."""
        yield ("outside", "outside"), (False, False), 0

    def _move(self, at, here, there):
        """Each process that is `here`, with the places after it has gone `there`."""
        for me in (0, 1):
            if at[me] == here:
                yield me, put(at, me, there)

    @action
    def Want(self, at, flag, turn):
        """A process wants to get in."""
        for _, now in self._move(at, "outside", "raising"):
            yield now, flag, turn

    @action
    def RaiseFlag(self, at, flag, turn):
        """It raises its flag."""
        for me, now in self._move(at, "raising", "giving"):
            yield now, put(flag, me, True), turn

    @action
    def GiveTurn(self, at, flag, turn):
        """It gives the turn to the other."""
        for me, now in self._move(at, "giving", "waiting"):
            yield now, flag, 1 - me

    @action
    def Enter(self, at, flag, turn):
        """It enters, once the other's flag is down or the turn is its own."""
        for me, now in self._move(at, "waiting", "critical"):
            if not flag[1 - me] or turn == me:
                yield now, flag, turn

    @action
    def Leave(self, at, flag, turn):
        """It leaves the critical section."""
        for _, now in self._move(at, "critical", "lowering"):
            yield now, flag, turn

    @action
    def LowerFlag(self, at, flag, turn):
        """It lowers its flag."""
        for me, now in self._move(at, "lowering", "outside"):
            yield now, put(flag, me, False), turn

    def fairness(self):
        """Each process goes on in the end, if it can; from outside it need not want in."""
        return [
            (
                f"process {me}",
                lambda one, other, me=me: one[0][me] != other[0][me] and one[0][me] != "outside",
            )
            for me in (0, 1)
        ]

    @invariant
    def MutualExclusion(self, at, flag, turn):
        """Never are both inside."""
        return at != ("critical", "critical")

    @goal
    def FirstGetsIn(self, at, flag, turn):
        """The first process can get in."""
        return at[0] == "critical"
