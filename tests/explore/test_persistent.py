"""What persistent sets could save at best: an oracle knows all states, and so what may still happen
to a node without its own doing.

The reference page quotes the two counts. They are why the explorer has no persistent or ample sets.
"""

from itertools import combinations

import pytest

from dslab.explore.search import Search
from tests.explore.paxos_register import paxos_register
from tests.explore.test_explore import elections


class Oracle:
    """All states by number, and the steps from each as (the node's place, step, next state)."""

    def __init__(self, system, seen):
        search = Search(system, 100_000, False, None)
        search.run(True, None)
        self.states, self.seen = list(search.parents), seen
        number = {state: place for place, state in enumerate(self.states)}
        self.steps = [
            [
                (system.move(name)[1], system.move(name), number[new])
                for name, action in system.actions
                for new in action(state)
            ]
            for state in self.states
        ]

    def persistent(self, start, nodes) -> bool:
        """Whether these nodes' steps stay, whatever others do (Godefroid 1996, section 4.1)."""
        known, todo = {start}, [start]
        own = {step for place, step, _ in self.steps[start] if place in nodes}
        for here in todo:
            if {step for place, step, _ in self.steps[here] if place in nodes} != own:
                return False
            for place, _, there in self.steps[here]:
                if place not in nodes and there not in known:
                    known.add(there)
                    todo.append(there)
        return True

    def chosen(self, here, known):
        """The steps of the first nodes that will do: persistent, seen by no rule, and not all of
        them to known states.
        """
        active = sorted({place for place, _, _ in self.steps[here]})
        for nodes in (
            nodes for count in range(1, len(active)) for nodes in combinations(active, count)
        ):
            mine = [step for step in self.steps[here] if step[0] in nodes]
            unseen = all(
                self.seen(self.states[here]) == self.seen(self.states[there])
                for _, _, there in mine
            )
            if (
                unseen
                and any(there not in known for _, _, there in mine)
                and self.persistent(here, nodes)
            ):
                return mine
        return self.steps[here]

    def reached(self) -> int:
        known, todo = {0}, [0]
        for here in todo:
            for _, _, there in self.chosen(here, known):
                if there not in known:
                    known.add(there)
                    todo.append(there)
        return len(known)


def roles(system):
    """What `one_leader_a_term` and `somebody_leads` look at."""

    def seen(state):
        nodes = [system.states.node(system.states.locals[number]) for number in state.nodes]
        return [(node.role, node.current_term) for node in nodes]

    return seen


@pytest.mark.parametrize(
    "system, seen, whole, left",
    [
        (elections(), roles, 9_076, 7_730),
        (paxos_register(), lambda _: lambda state: state[-1], 16_668, 8_371),
    ],
    ids=["Raft's elections", "Paxos"],
)
def test_even_an_oracle_saves_few_states(system, seen, whole, left):
    oracle = Oracle(system, seen(system))
    assert (len(oracle.states), oracle.reached()) == (whole, left)
