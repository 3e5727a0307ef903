"""Two-phase commit (Gray and Lamport, "Consensus on transaction commit", TODS 2006, section 3).

The transaction manager is spontaneous: it may abort at any time. Messages stay, so a message is
received as often as anyone likes, and nothing says that it is received at all.
"""

from dslab.explore.spec import Spec, action, goal, invariant
from dslab.values import Map

__all__ = ["TwoPhase"]


class TwoPhase(Spec):
    """`managers` resource managers. `prepared` and the messages are sets, held as bits: one for
    each manager's Prepared, then one for Commit and one for Abort.
    """

    variables = "rm", "tm", "prepared", "messages"

    def __init__(self, managers: int = 3):
        self.managers = managers
        self._bits = [(r, 1 << r) for r in range(managers)]
        self._all, self._commit, self._abort = (1 << managers) - 1, 1 << managers, 2 << managers

    def initial(self):
        """All resource managers work, and nothing is sent."""
        yield ("working",) * self.managers, "init", 0, 0

    @action
    def TMRcvPrepared(self, rm, tm, prepared, messages):
        """The transaction manager hears that one is prepared."""
        if tm == "init":
            for _, bit in self._bits:
                if messages & bit:
                    yield rm, tm, prepared | bit, messages

    @action
    def TMCommit(self, rm, tm, prepared, messages):
        """It commits once all are prepared."""
        if tm == "init" and prepared == self._all:
            yield rm, "done", prepared, messages | self._commit

    @action
    def TMAbort(self, rm, tm, prepared, messages):
        """It aborts as long as it has not decided."""
        if tm == "init":
            yield rm, "done", prepared, messages | self._abort

    @action
    def RMPrepare(self, rm, tm, prepared, messages):
        """A resource manager is prepared, and says so."""
        for r, bit in self._bits:
            if rm[r] == "working":
                yield rm[:r] + ("prepared",) + rm[r + 1 :], tm, prepared, messages | bit

    @action
    def RMChooseToAbort(self, rm, tm, prepared, messages):
        """One that works aborts by itself."""
        for r, _ in self._bits:
            if rm[r] == "working":
                yield rm[:r] + ("aborted",) + rm[r + 1 :], tm, prepared, messages

    @action
    def RMRcvCommit(self, rm, tm, prepared, messages):
        """One hears that the transaction commits."""
        if messages & self._commit:
            for r, _ in self._bits:
                yield rm[:r] + ("committed",) + rm[r + 1 :], tm, prepared, messages

    @action
    def RMRcvAbort(self, rm, tm, prepared, messages):
        """One hears that it aborts."""
        if messages & self._abort:
            for r, _ in self._bits:
                yield rm[:r] + ("aborted",) + rm[r + 1 :], tm, prepared, messages

    @invariant
    def Consistent(self, rm, tm, prepared, messages):
        """Never has one committed and another aborted."""
        return "committed" not in rm or "aborted" not in rm

    @goal
    def AllCommit(self, rm, tm, prepared, messages):
        """All can commit."""
        return rm == ("committed",) * self.managers

    def state(self, state):
        """With the messages by name."""
        rm, tm, prepared, messages = state
        named = [f"Prepared {r}" for r in range(self.managers)] + ["Commit", "Abort"]
        return {
            "rm": Map(enumerate(rm)),
            "tm": tm,
            "prepared": frozenset(r for r, bit in self._bits if prepared & bit),
            "messages": frozenset(
                name for place, name in enumerate(named) if messages >> place & 1
            ),
        }
