"""Liveness: does something good happen in the end, in every fair run?

    eventually(
        Peterson(),
        lambda at, flag, turn: at[0] == "critical",
        after=lambda at, flag, turn: at[0] == "waiting",
    )

A run that never gets there stays, from some moment on, within states from which each can be reached
again: a strongly connected part of the states that are not good. It is fair if each fair step is
taken in that part, or can't be taken in some state of it (weak fairness; Lamport, *Specifying
Systems*, 2002, section 8.4). So the parts are looked at one by one (Tarjan, "Depth-first search and
linear graph algorithms", SIAM J. Computing 1(2), 1972).

Where the system's bounds cut runs off, a run that goes on beyond them is not seen, and the answer
is only about the rest: `holds` is then None, never True. Nor is a run called fair because a bound
withholds the step that fairness demands, such as a timer that has run out as often as it may: what
is found to be broken is broken without bounds too.
"""

from collections.abc import Callable
from typing import Any

from dslab.errors import DslabError, demand_number
from dslab.explore.search import BUDGET, Exploration
from dslab.explore.system import System, demand_system

__all__ = ["eventually"]


def eventually(
    system: System,
    good: Callable,
    *,
    after: Callable | None = None,
    fair=None,
    rule: str = "eventually",
    budget: int = BUDGET,
) -> Exploration:
    """Whether every fair run of `system` gets to a state for which `good` is true: from the start,
    or whenever `after` was true.

    good, after  functions as the system's rules are: of the variables of a Spec, of the View of
                 Nodes.
    fair         (name, relation) pairs; relation(one, other) says whether this step from one state
                 to another is of that kind. The system's own `fairness()` where none are given.
    """
    demand_system(system, "eventually")
    demand_number("budget", budget)
    for name, given in (("good", good), ("after", after)):
        if not callable(given) and (given is not None or name == "good"):
            raise DslabError(
                f"eventually(): {name} is {given!r}: give a function as the system's rules "
                "are, such as `lambda view: …`."
            )
    graph = _Graph(
        system, system.predicate(good), system.predicate(after) if after else None, budget
    )
    fair = list(system.fairness() if fair is None else fair)
    if graph.complete:
        for part in graph.parts():
            if graph.is_fair(part, fair):
                return graph.violated(part, fair, rule)
    holds = True if graph.complete and not graph.cut else None
    sentence = {
        True: "Every fair run gets there.",
        None: "No fair run that stays within the bounds fails to get there; runs that go on "
        "beyond them were not looked at.",
    }[holds]
    if not graph.complete:
        sentence = (
            f"There are more than {budget:,} states: give a larger budget, or smaller bounds."
        )
    return Exploration(
        holds,
        rule,
        sentence,
        explored={"states": len(graph.states), "parts": graph.looked},
        states=len(graph.states),
        complete=holds is True,
    )


class _Graph:
    """The states, not good, that a run can be in once `after` was true, and the steps between."""

    def __init__(self, system, good, after, budget):
        self.system, self.looked, self.cut, self.complete = system, 0, False, True
        self.number: dict[Any, int] = {}
        self.states: list = []
        self.next: list[list[int]] = []
        #: Whether a bound withholds a step of a state that would be taken in the end.
        self.withheld: list[bool] = []
        self.parent: list[int | None] = []
        #: Every reachable state's parent, for the way to where `after` is true.
        self.ways: dict[Any, Any] = {}
        if system.canonical:
            raise DslabError("liveness needs every state: leave out the symmetry.")
        todo = [state for state in system.initial()]
        self.ways.update(dict.fromkeys(todo))
        starts = [state for state in todo if after is None or after(state)]
        for state in todo if after else ():  # Grows on the way, so that it is breadth first.
            for _, action in system.actions:
                for new in action(state):
                    if new not in self.ways:
                        self.ways[new] = state
                        todo.append(new)
                        if after(new):
                            starts.append(new)
            if len(self.ways) >= budget:
                self.complete = False
                break
        self._fill([state for state in starts if not good(state)], good, budget)

    def _fill(self, starts, good, budget):
        todo = [self._add(state, None) for state in starts if state not in self.number]
        for here in todo:
            self.system.cut = self.system.withheld = False
            following = []
            for _, action in self.system.actions:
                for new in action(self.states[here]):
                    if good(new):
                        continue
                    if new not in self.number:
                        todo.append(self._add(new, here))
                    following.append(self.number[new])
            self.next[here] = sorted(set(following))
            self.withheld[here] = self.system.withheld
            self.cut = self.cut or self.system.cut
            if len(self.states) >= budget:
                self.complete = False
                return

    def _add(self, state, parent) -> int:
        self.number[state] = len(self.states)
        self.states.append(state)
        self.next.append([])
        self.withheld.append(False)
        self.parent.append(parent)
        return len(self.states) - 1

    def parts(self):
        """The strongly connected parts, each a list of numbers; without recursion, for depth."""
        index, low, onto, stack, count = {}, {}, set(), [], 0
        for root in range(len(self.states)):
            if root in index:
                continue
            work = [(root, iter(self.next[root]))]
            index[root] = low[root] = count
            count += 1
            stack.append(root)
            onto.add(root)
            while work:
                here, rest = work[-1]
                for there in rest:
                    if there not in index:
                        index[there] = low[there] = count
                        count += 1
                        stack.append(there)
                        onto.add(there)
                        work.append((there, iter(self.next[there])))
                        break
                    if there in onto:
                        low[here] = min(low[here], index[there])
                else:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[here])
                    if low[here] == index[here]:
                        part = []
                        while not part or part[-1] != here:
                            part.append(stack.pop())
                            onto.discard(part[-1])
                        self.looked += 1
                        yield part

    def is_fair(self, part, fair) -> bool:
        """Whether a run may stay in this part for ever and be fair; in one state, it stops."""
        inside = set(part)
        moves = [
            (self.states[one], self.states[other])
            for one in part
            for other in self.next[one]
            if other in inside and other != one
        ]
        return all(
            any(relation(one, other) for one, other in moves)
            or not all(self._demanded(number, relation) for number in part)
            for _, relation in fair
        )

    def _demanded(self, number, relation) -> bool:
        """Whether a fair step can be taken in a state, or could be if no bound withheld it."""
        return self.withheld[number] or self._can(number, relation)

    def _can(self, number, relation) -> bool:
        state = self.states[number]
        return any(
            relation(state, new)
            for _, action in self.system.actions
            for new in action(state)
            if new != state
        )

    def violated(self, part, fair, rule) -> Exploration:
        """The verdict with a run that goes into `part` and round in it for ever."""
        path, here = [], min(part)
        way = here
        while way is not None:
            path.append(self.states[way])
            first, way = way, self.parent[way]
        before = self.ways.get(self.states[first])
        while before is not None:
            path.append(before)
            before = self.ways[before]
        path.reverse()
        cycle = self._cycle(here, set(part))
        trace = self.system.path(path + cycle)
        run = "A fair run" if fair else "A run"
        sentence = f"{run} never gets there: " + (
            f"its last {len(cycle)} steps repeat for ever."
            if cycle
            else "nothing more has to happen."
        )
        return Exploration(
            False,
            rule,
            sentence,
            tuple(trace.sentences()),
            trace=trace,
            explored={"states": len(self.states), "parts": self.looked},
            states=len(self.states),
            complete=not self.cut,
        )

    def _cycle(self, start, inside) -> list:
        """The shortest way round that visits every state of the part, as far as a walk from one to
        the next nearest finds it.
        """
        left, here, walked = inside - {start}, start, []
        while left or here != start:
            targets = left or {start}
            way = self._way(here, targets, inside)
            walked += way
            here = way[-1]
            left -= set(way)
        return [self.states[number] for number in walked]

    def _way(self, here, targets, inside) -> list[int]:
        parent, level = {here: None}, [here]
        while level:
            following = []
            for one in level:
                for other in self.next[one]:
                    if other in inside and other not in parent:
                        parent[other] = one
                        following.append(other)
                        if other in targets:
                            way = [other]
                            while parent[way[-1]] is not None:
                                way.append(parent[way[-1]])
                            return way[::-1][1:]
            level = following
        raise DslabError("this part of the states is not connected.")
