"""Sleep sets: of two steps that don't touch each other, one order is enough.

Godefroid, *Partial-Order Methods for the Verification of Concurrent Systems*, LNCS 1032, 1996,
chapter 5. If t was tried in a state before u, and the two are independent, then after u there is no
need to try t: t and then u led to the same state. So t sleeps in that branch until a step comes
that depends on it. A state that is met again with fewer sleeping steps than before makes up for
those that are now awake.

What it keeps: every reachable state, and so every invariant of a state, every goal, every deadlock
and whether each action was ever taken. What it doesn't promise: that a counterexample is the
shortest; and it is not used for liveness, which needs every step between two states. What it saves
is steps, not states. Persistent and ample sets (Peled 1993; Flanagan and Godefroid 2005) save
states too, but a node's steps may only stand for all others' if no further message can reach it and
no rule sees them, and in a protocol everybody writes to everybody: tests/explore/test_persistent.py
counts how little even an oracle would save.
"""

from dslab.errors import DslabError
from dslab.explore.search import Search

__all__ = ["SleepSetSearch"]

NONE = frozenset()
#: Said of a state that has not been looked at: all its steps are to be tried but those asleep.
ALL = None


class SleepSetSearch(Search):
    """A breadth-first search with sleep sets, of a system that has `independent`."""

    def __init__(self, system, *args):
        super().__init__(system, *args)
        if why := system.irreducible():
            raise DslabError(f"reduce=True can't be used here: {why}")
        self.asleep: dict = {}  # By state, the steps that need not be tried in it.

    def _levels(self, level, depth):
        self.todo, self.following = dict.fromkeys(level, ALL), {}
        while self.todo:
            self.depth += ALL in self.todo.values()
            if self.depth == depth:
                self.complete = False
                return None
            for state in list(self.todo):
                if broken := self._try(state, self.todo.pop(state)):
                    self.depth += 1
                    return broken
                if len(self.parents) >= self.budget:
                    self.complete = False
                    return None
            self.todo, self.following = self.following, {}
            if self.progress:
                self.progress(len(self.parents))
        return None

    def _try(self, state, only):
        """Take the steps of `state` that are awake, or ALL; (rule, state) where one is broken."""
        system, sleeping = self.system, self.asleep.get(state, NONE)
        enabled, before = 0, list(sleeping)
        self.here, self.cut, system.cut = state, self.cut or system.cut, False
        for number, (name, action) in enumerate(self.actions):
            for new in action(state):
                enabled += 1
                step = system.move(name)
                if step in sleeping or only is not ALL and step not in only:
                    continue
                self.taken[number] += 1
                self.generated += 1
                if broken := self._meet(
                    state,
                    new,
                    frozenset(other for other in before if system.independent(other, step)),
                ):
                    return broken
                before.append(step)
        if self.deadlock and not enabled and not system.cut:
            return "deadlock", state
        return None

    def _meet(self, state, new, sleeping):
        if new not in self.parents:
            self.parents[new], self.asleep[new], self.following[new] = state, sleeping, ALL
            return self._judge(new)
        woken = self.asleep.get(new, NONE) - sleeping
        if woken:
            self.asleep[new] &= sleeping
            turn = self.todo if new in self.todo else self.following
            if turn.get(new, NONE) is not ALL:
                # It has been looked at, so what has woken up needs another look.
                turn[new] = turn.get(new, NONE) | woken
        return None
