"""What can be explored: a system of states and actions.

States can be hashed, and an action gives the states that may come next. What they mean is the
system's affair: `dslab.explore.spec` makes one of guarded actions in the manner of TLA+,
`dslab.explore.nodes` one of Node classes with all orders of their messages, timers and crashes.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from dslab.errors import DslabError

__all__ = ["System", "demand_system", "telling"]


class System:
    """What can be explored.

    name        for sentences.
    actions     (name, function) pairs: a function takes a state and gives the states after the
                action; none where it can't be taken.
    invariants  (name, function) pairs, true of every reachable state.
    goals       (name, function) pairs, each true of some reachable state.
    canonical   a function that gives the same state for all that symmetry makes equal, or None.
    cut         whether its own bounds have left out steps so far.
    withheld    whether steps that `fairness` demands were among them: a timer that would run out,
                but not a crash.
    """

    name = "system"
    actions: list[tuple[str, Callable[[Any], Iterable[Hashable]]]] = []
    invariants: list[tuple[str, Callable[[Any], bool]]] = []
    goals: list[tuple[str, Callable[[Any], bool]]] = []
    canonical: Callable[[Any], Hashable] | None = None
    cut: bool = False
    withheld: bool = False

    def initial(self) -> Iterable[Hashable]:
        """The states in which it may begin."""
        raise NotImplementedError

    def path(self, states: list) -> Any:
        """The run through `states`, each a successor of the last, as a `dslab.run.trace.Trace`."""
        raise NotImplementedError

    def steps(self, states: list) -> list[tuple]:
        """The same run as steps of `dslab.explore.schedule`, where a system has such."""
        return []

    def predicate(self, rule: Callable) -> Callable[[Any], bool]:
        """A rule as its author writes it, as a function of a state."""
        return rule

    def reading(self, function: Callable) -> Callable[[Any], Any]:
        """What a function that is written as the rules are says of a state, whatever it says."""
        return self.predicate(function)

    def state(self, state) -> dict[str, Any]:
        """A state's variables by name, for a reader."""
        return {"state": state}

    def label(self, action: str) -> str:
        """The step that the action of this name has given last, in words."""
        return action

    def fairness(self) -> list[tuple[str, Callable[[Any, Any], bool]]]:
        """The steps that are taken in the end if they can always be taken: (name, whether a step
        from one state to another is such).
        """
        return []

    def names(self, one, other) -> str:
        """The action that leads from one state to another."""
        for name, action in self.actions:
            for new in action(one):
                if new == other:
                    return name
        raise DslabError(
            f"no action of {self.name} leads from {one!r} to {other!r}: its actions give "
            "different answers for one state."
        )

    def irreducible(self) -> str | None:
        """Why `explore(…, reduce=True)` can't be used, in a sentence; None where `move` and
        `independent` say which steps may change places.
        """
        return f"{self.name} doesn't say which of its actions are independent of each other."

    def move(self, name: str) -> Hashable:
        """Which step of action `name` led to the state that it has just given."""
        raise NotImplementedError

    def independent(self, one, other) -> bool:
        """Whether two steps, where both can be taken, lead to the same state in either order, and
        neither makes the other impossible.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Raise DslabError where a look at the first states shows its author's mistake."""

    def never_run(self) -> list[str]:
        """Parts of the system's code that no explored step has run, in words."""
        return []


@contextmanager
def telling(system, path: Callable[[], list]) -> Iterator[None]:
    """To an error in a handler, action or rule, add the run that led there."""
    try:
        yield
    except Exception as error:
        if states := path():
            error.add_note(
                "after this run:\n"
                + "\n".join(
                    f"  {number}. {sentence}"
                    for number, sentence in enumerate(system.path(states).sentences(), 1)
                )
            )
        raise


def demand_system(system, asked: str) -> None:
    """Raise DslabError unless this is a System that can start."""
    if isinstance(system, type) and issubclass(system, System):
        raise DslabError(
            f"{asked}() takes a system, and {system.__name__} is the class of one: write "
            f"{system.__name__}(…)."
        )
    if not isinstance(system, System):
        what = (
            f"the class {system.__name__}"
            if isinstance(system, type)
            else f"a {type(system).__name__}"
        )
        raise DslabError(
            f'{asked}() takes a system, a Spec or Nodes({{"n1": …}}), but this is {what}.'
        )
    system.check()
