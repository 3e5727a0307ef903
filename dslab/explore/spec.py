"""Specifications of guarded actions, in the manner of TLA+ (Lamport, *Specifying Systems*, 2002).

    class DieHard(Spec):
        variables = "small", "big"

        def initial(self):
            yield 0, 0

        @action
        def FillBig(self, small, big):
            yield small, 5

        @invariant
        def NotFour(self, small, big):
            return big != 4

A state is a tuple with a value for each variable. An action takes the variables and yields the
states that may follow, none where its guard is false. Values are immutable: numbers, strings,
tuples, frozensets. A set of few things is best a number whose bits say what is in it, which is
hashed in no time.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from dslab.errors import DslabError
from dslab.explore.system import System
from dslab.run.trace import Trace
from dslab.values import show

__all__ = ["Spec", "action", "goal", "invariant"]

#: How many microseconds a step takes in the trace: time has no meaning here, but a picture needs
#: one.
TICK = 1000


def action(function: Callable) -> Callable:
    """Mark a method as an action of its Spec."""
    function.part = "action"
    return function


def invariant(function: Callable) -> Callable:
    """Mark a method as true of every reachable state."""
    function.part = "invariant"
    return function


def goal(function: Callable) -> Callable:
    """Mark a method as true of some reachable state."""
    function.part = "goal"
    return function


class Spec(System):
    """A system of variables, initial states and actions.

    A subclass may override any of them by name.

    variables  their names, in the order in which they stand in a state.
    fair       names of actions that are taken in the end if they can always be taken (weak
               fairness); for `eventually`.
    """

    variables: ClassVar[tuple[str, ...]] = ()
    fair: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if isinstance(cls.variables, str):
            raise DslabError(
                f"{cls.__name__}.variables is the text {cls.variables!r}: write "
                f'`variables = "{cls.variables}",`, with the comma.'
            )

    @property
    def name(self) -> str:
        """The class's name."""
        return type(self).__name__

    @property
    def actions(self):
        """The methods marked with `action`, in the order of their definition."""
        return self._parts("action")

    @property
    def invariants(self):
        """The methods marked with `invariant`."""
        return self._parts("invariant")

    @property
    def goals(self):
        """The methods marked with `goal`."""
        return self._parts("goal")

    def _parts(self, part: str) -> list[tuple[str, Callable]]:
        # By order of first definition along the classes, so that a subclass that overrides an
        # action keeps its place.
        names = dict.fromkeys(name for kind in reversed(type(self).__mro__) for name in vars(kind))
        found = []
        for name in names:
            method = getattr(type(self), name, None)
            marks = [getattr(vars(kind).get(name), "part", None) for kind in type(self).__mro__]
            if part in marks and callable(method):
                found.append((name, _of_state(getattr(self, name))))
        return found

    def check(self):
        """Look at the first states and what follows them."""
        for state in self._states("initial", self.initial):
            for name, take in self.actions:
                self._states(name, lambda take=take, state=state: take(state))

    def _states(self, name: str, give: Callable) -> list[tuple]:
        """What an action gives. Raises DslabError unless these are states."""
        try:
            found = list(give())
        except NotImplementedError:
            raise DslabError(
                f"{self.name} has no initial state: write `def initial(self)`, which "
                f"yields a tuple of {', '.join(self.variables) or 'variables'}."
            ) from None
        except TypeError as error:
            if "iterable" not in str(error):
                raise
            raise DslabError(
                f"{self.name}.{name} yields no states ({error}): write `yield {self._example()}`."
            ) from None
        for state in found:
            if not isinstance(state, tuple) or len(state) != len(self.variables):
                raise DslabError(
                    f"{self.name}.{name} gives {state!r}, which is no state: yield a "
                    f"tuple with a value for each variable, `yield {self._example()}`."
                )
            try:
                hash(state)
            except TypeError:
                raise DslabError(
                    f"{self.name}.{name} gives {state!r}, which can change: use numbers, "
                    "strings, tuples and frozensets."
                ) from None
        return found

    def _example(self) -> str:
        return ", ".join(self.variables) + ("," if len(self.variables) == 1 else "")

    def state(self, state: tuple) -> dict[str, Any]:
        """A state's variables by name, for a reader; a Spec that packs them may override it."""
        return dict(zip(self.variables, state, strict=True))

    def predicate(self, rule):
        """A function of the variables as one of states."""
        return _of_state(rule)

    def fairness(self):
        """The actions named in `fair`. Raises DslabError for one that there isn't."""
        actions = dict(self.actions)
        for name in self.fair:
            if name not in actions:
                raise DslabError(
                    f"{self.name}.fair names {name!r}, which is no action: it has "
                    f"{', '.join(actions)}."
                )
        return [
            (name, lambda one, other, take=actions[name]: other in take(one)) for name in self.fair
        ]

    def path(self, states: list) -> Trace:
        """A run as a trace of one lane, its actions named."""
        trace = Trace([self.name], title=f"{self.name}: {len(states)} states", unit="step")
        trace.records.append((0, "start", self.name, None, None, None, self.state(states[0])))
        for number, (one, other) in enumerate(zip(states, states[1:]), 1):
            names, state = self.names(one, other), self.state(other)
            trace.records.append((number * TICK, "act", self.name, None, None, names, state))
        return trace

    def __repr__(self):
        constants = [
            f"{name}={show(value)}" for name, value in vars(self).items() if name[0] != "_"
        ]
        return f"{self.name}({', '.join(constants)})"


def _of_state(method: Callable) -> Callable:
    return lambda state: method(*state)
