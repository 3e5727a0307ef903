"""States of Nodes that differ in nothing but names (Clarke, Enders, Filkorn and Jha, "Exploiting
symmetry in temporal logic model checking", Formal Methods in System Design 9, 1996).
"""

from itertools import permutations

from dslab.values import renamed

__all__ = ["Symmetry"]


class Symmetry:
    """Exchanges of `names`, and the least state that they make of one. It keeps what it has
    renamed, by number.
    """

    def __init__(self, system, names: tuple[str, ...]):
        self.system = system
        self.swaps = [dict(zip(names, order)) for order in permutations(names)][1:]
        self.swapped: list[tuple[dict, dict]] = [({}, {}) for _ in self.swaps]

    def least(self, state):
        """The least of all states that an exchange of names makes of this one."""
        return min(
            [state, *(self._exchange(state, *each) for each in zip(self.swaps, self.swapped))],
            key=_numbers,
        )

    def _exchange(self, state, names, known):
        system, (locals_, mail) = self.system, known
        places = list(state[: len(system.order)])
        for place, name in enumerate(system.order):
            number, there = state[place], system.place[names.get(name, name)]
            if number not in locals_:
                locals_[number] = system._number(system._locals[number].renamed(names, there))
            places[there] = locals_[number]
        for number in state[-3]:
            if number not in mail:
                mail[number] = system._envelope(*renamed(system._mail[number], names))
        return (
            *places,
            system._sorted(tuple(mail[number] for number in state[-3])),
            state[-2],
            state[-1].renamed(names),
        )


def _numbers(state):
    return state[:-1], repr(state[-1])
