"""Look at every state that a system can reach.

    explore(TwoPhase(3))
    explore(Nodes({"n1": Raft, "n2": Raft}, fires=2, invariants=[election_safety]))

Breadth first, a counterexample is as short as any: a state is met on a shortest way to it first.
Only the parent of each state is kept, which is enough to walk back from a bad one; the action that
led from one to the other is found again when a path is asked for. Each state costs its actions and
its rules once, and memory for as long as the search lasts, since a state that was forgotten would
be looked at again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from dslab.errors import DslabError, demand_number
from dslab.explore.graph import Graph, graph_of
from dslab.explore.system import System, demand_system, telling
from dslab.run.trace import Trace
from dslab.verdict import Verdict

__all__ = ["Exploration", "explore", "walk"]

#: How many states to look at where nothing else is said.
BUDGET = 2_000_000


@dataclass(frozen=True)
class Exploration(Verdict):
    """A verdict with what was looked at.

    states, depth  how many distinct states, and how many of them stand in the longest of all
                   shortest paths.
    transitions    how many steps were tried, those that lead to known states included.
    taken          how often each action was taken; 0 for one that never could be.
    reached        for each goal the shortest run that reaches it, as a Trace, or None.
    complete       whether nothing was left out for the sake of a budget or bound.
    never_run      handlers and lines that no step has run.
    graph          the states and all steps between them, where they were asked for.
    steps          of Nodes, the run that breaks the rule as a schedule: `system.replay(steps)`
                   makes it again, `shrunk` makes it small.
    """

    states: int = 0
    depth: int = 0
    transitions: int = 0
    taken: dict[str, int] = field(default_factory=dict)
    reached: dict[str, Any] = field(default_factory=dict)
    complete: bool = True
    never_run: tuple[str, ...] = ()
    graph: Graph | None = None
    steps: tuple[tuple, ...] = ()

    def __repr__(self):
        lines = [super().__repr__()]
        lines += [
            f"  goal {name}: {'not reached' if run is None else 'reached in ' + _steps(run)}"
            for name, run in self.reached.items()
        ]
        never = [name for name, count in self.taken.items() if not count]
        if never:
            lines.append("  never taken: " + ", ".join(never))
        lines += [f"  never run: {place}" for place in self.never_run]
        return "\n".join(lines)


def explore(
    system: System,
    *,
    order: str = "breadth",
    budget: int = BUDGET,
    depth: int | None = None,
    deadlock: bool = False,
    graph: bool = False,
    reduce: bool = False,
    progress: Callable[[int], Any] | None = None,
) -> Exploration:
    """Look at every reachable state, until an invariant is broken.

    order     "breadth" for shortest counterexamples, or "depth", which needs less memory for what
              is on its way.
    budget    at most so many states; `holds` is None where it runs out.
    depth     at most so many states in a path (breadth first only).
    deadlock  whether a state without successors breaks a rule; not one that has none because a
              bound leaves them out.
    graph     keep the states and the steps between them, to be shown by `dslab.show.state_graph`.
    reduce    try independent steps in one order only (breadth first; `dslab.explore.sleep_sets`
              says what this keeps).
    progress  called with the number of states, now and then.
    """
    demand_system(system, "explore")
    if order not in ("breadth", "depth"):
        raise DslabError(
            f'order={order!r}: give "breadth" or "depth", or use walk() for random runs.'
        )
    if depth is not None:
        demand_number("depth", depth)
        if order == "depth":
            raise DslabError(
                f"depth={depth!r} with order={order!r}: bound the depth of a breadth-first search."
            )
    demand_number("budget", budget)
    if reduce and order == "depth":
        raise DslabError('reduce=True goes with a breadth-first search: leave out order="depth".')
    search = (_reduced() if reduce else Search)(system, budget, deadlock, progress)
    with telling(system, lambda: [] if search.here is None else search.path_to(search.here)):
        bad = search.run(breadth=order == "breadth", depth=depth)
    result = search.result(bad)
    return replace(result, graph=graph_of(search, bad)) if graph else result


def _reduced() -> type["Search"]:
    from dslab.explore.sleep_sets import SleepSetSearch  # Here, for it is a kind of Search itself.

    return SleepSetSearch


class Search:
    """The states found so far, each with its parent."""

    def __init__(self, system, budget, deadlock, progress):
        self.system, self.budget, self.deadlock, self.progress = system, budget, deadlock, progress
        self.actions, self.invariants = list(system.actions), list(system.invariants)
        self.goals = list(system.goals)
        self.parents: dict[Any, Any] = {}
        self.here: Any = None  # The state whose steps are being taken.
        self.generated, self.taken = 0, [0] * len(self.actions)
        self.depth, self.complete = 0, True
        self.cut = False  # The system's own `cut` is about the last state alone.
        self.found: dict[str, Any] = {}  # The first state of each goal, and the paths to those
        self.walked: dict[Any, list] = {}  # that were found on a random walk.

    def run(self, breadth: bool, depth: int | None):
        """Returns (rule, state) where a rule is broken, else None."""
        first = []
        for state in self.system.initial():
            state = self.system.canonical(state) if self.system.canonical else state
            if state not in self.parents:
                self.parents[state] = None
                first.append(state)
                if broken := self._judge(state):
                    self.depth = 1
                    return broken
        if not first:
            raise DslabError(f"{self.system.name} has no initial state.")
        return self._levels(first, depth) if breadth else self._stack(first)

    def _levels(self, level, depth):
        while level:
            self.depth += 1
            if self.depth == depth:
                self.complete = False
                return None
            following = []
            for state in level:
                if broken := self._expand(state, following):
                    self.depth += 1
                    return broken
                if len(self.parents) >= self.budget:
                    self.complete = False
                    return None
            level = following
            if self.progress:
                self.progress(len(self.parents))
        return None

    def _stack(self, stack):
        while stack:
            if broken := self._expand(stack.pop(), stack):
                return broken
            if len(self.parents) >= self.budget:
                self.complete = False
                return None
        return None

    def _expand(self, state, new_ones):
        """Add what comes after `state`; (rule, state) where a rule is broken."""
        parents, canonical, taken = self.parents, self.system.canonical, self.taken
        before, self.here = self.generated, state
        self.cut, self.system.cut = self.cut or self.system.cut, False
        for number, (_, action) in enumerate(self.actions):
            count = 0
            broken = None
            for new in action(state):
                count += 1
                if canonical is not None:
                    new = canonical(new)
                if new not in parents:
                    parents[new] = state
                    new_ones.append(new)
                    if broken := self._judge(new):
                        break
            taken[number] += count
            self.generated += count
            if broken:
                return broken
        if self.deadlock and self.generated == before and not self.system.cut:
            return "deadlock", state
        return None

    def _judge(self, state):
        for name, holds in self.invariants:
            if not holds(state):
                return name, state
        if len(self.found) < len(self.goals):
            for name, is_there in self.goals:
                if name not in self.found and is_there(state):
                    self.found[name] = state
        return None

    def walk(self, path: list, length: int, chance: Random):
        """Make `path` a random run of up to `length` steps; (rule, state) where it breaks one."""
        bad = self.meet(path)
        while not bad and len(path) <= length:
            options = [
                (number, new)
                for number, (_, action) in enumerate(self.actions)
                for new in action(path[-1])
            ]
            if not options:
                break
            number, new = chance.choice(options)
            self.taken[number] += 1
            self.generated += 1
            path.append(new)
            bad = self.meet(path)
        return bad

    def meet(self, path: list):
        """The last state of a random walk."""
        self.parents.setdefault(path[-1], None)
        self.depth = max(self.depth, len(path))
        met = len(self.found)
        bad = self._judge(path[-1])
        if bad or len(self.found) > met:
            self.walked[path[-1]] = list(path)
        return bad

    def path_to(self, state) -> list:
        """A shortest way to `state` (by breadth): states, each a successor of the last."""
        if state in self.walked:
            return self.walked[state]
        chain = []
        while state is not None:
            chain.append(state)
            state = self.parents[state]
        chain.reverse()
        canonical = self.system.canonical
        if canonical is None:
            return chain
        # The chain holds one state of each symmetric family: walk again, from a real one, through
        # the families.
        path = [next(state for state in self.system.initial() if canonical(state) == chain[0])]
        for family in chain[1:]:
            path.append(
                next(
                    new
                    for _, action in self.system.actions
                    for new in action(path[-1])
                    if canonical(new) == family
                )
            )
        return path

    def result(self, bad, *, sentence: str = "", replay: str = "") -> Exploration:
        """What was found; `bad` is (rule, state), or None where nothing is broken."""
        system, complete = self.system, self.complete and not (self.cut or self.system.cut)
        reached = {
            name: system.path(self.path_to(self.found[name])) if name in self.found else None
            for name, _ in self.goals
        }
        missed = [name for name, run in reached.items() if run is None]
        path = self.path_to(bad[1]) if bad else []
        trace = system.path(path) if bad else None
        if bad:
            holds, rule = False, bad[0]
            sentence = broken_after(len(path) - 1, rule)
        elif not self.complete:
            holds, rule = None, "budget"
            sentence = sentence or (
                f"Nothing is broken in the first {len(self.parents):,} states of "
                f"{system.name}, and there are more: "
                "give a larger budget, or smaller bounds."
            )
        elif missed:
            holds, rule = False if complete else None, missed[0]
            sentence = f"{missed[0]} is never reached{'' if complete else ' within the bounds'}."
        else:
            holds, rule = (
                True,
                ", ".join(name for name, _ in (*self.invariants, *self.goals)) or "no rule",
            )
            sentence = (
                f"All {len(self.parents):,} states of "
                f"{system.name}{'' if complete else ' within its bounds'} were looked at."
            )
        return Exploration(
            holds,
            rule,
            sentence,
            tuple(trace.sentences()) if trace else (),
            trace=trace,
            replay=replay,
            explored={"states": len(self.parents), "transitions": self.generated},
            states=len(self.parents),
            depth=self.depth,
            transitions=self.generated,
            taken=dict(zip([name for name, _ in self.actions], self.taken)),
            reached=reached,
            complete=complete,
            never_run=tuple(system.never_run()),
            steps=tuple(system.steps(path)),
        )


def walk(system: System, *, walks: int = 100, length: int = 100, seed: int = 0) -> Exploration:
    """Random runs of up to `length` steps through a system that is too large to be looked at whole.

    Where nothing is broken, `holds` is None: it says only what these runs met.
    """
    demand_system(system, "walk")
    demand_number("walks", walks)
    demand_number("length", length)
    search, chance = Search(system, BUDGET, False, None), Random(f"walk {seed}")
    search.complete, starts = False, list(system.initial())
    for _ in range(walks):
        path = [chance.choice(starts)]
        with telling(system, lambda path=path: path):
            bad = search.walk(path, length, chance)
        if bad:
            return search.result(
                bad, replay=f"walk(system, walks={walks}, length={length}, seed={seed})"
            )
    return search.result(
        None,
        sentence=f"Nothing is broken in {walks:,} random runs, which look at a part of all states.",
    )


def broken_after(steps: int, rule: str) -> str:
    """The sentence of a run that breaks a rule with its last step."""
    what = "no action can be taken" if rule == "deadlock" else f"{rule} is broken"
    return f"After {_counted(steps)} {what}."


def _steps(run: Trace) -> str:
    """How many steps a run has; that its nodes are there, or its first state, is none."""
    return _counted(sum(run.records[first][1] != "start" for first, _ in run.steps()))


def _counted(steps: int) -> str:
    return f"{steps} step{'' if steps == 1 else 's'}"
