"""States of Nodes that differ in nothing but names (Clarke, Enders, Filkorn and Jha, "Exploiting
symmetry in temporal logic model checking", Formal Methods in System Design 9, 1996).

Where nodes use names for nothing but equality, exchanging two of them all over a state gives a
state with the same future, but for the names. So one of each such family is enough to look at: the
least, by the numbers in it. With n names, each state is renamed n! - 1 times; that pays for small n
only, and saves up to n! times the states.
"""

from itertools import permutations

from dslab.explore.states import State, States

__all__ = ["Symmetry"]


class Symmetry:
    """Exchanges of `names`, and the least state that they make of one."""

    def __init__(self, states: States, names: tuple[str, ...]):
        orders = list(permutations(names))[1:]  # The first one changes nothing.
        self._renamings = [states.renaming(dict(zip(names, order))) for order in orders]

    def least(self, state: State) -> State:
        """The least of all states that an exchange of names makes of this one."""
        return min([state, *(rename(state) for rename in self._renamings)], key=_key)


def _key(state: State) -> tuple:
    return state[:-1], repr(state.seen)  # What clients have seen has no order of its own.
