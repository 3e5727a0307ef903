"""Schedules for 12.2 that are as right as those of the answer: seen in what the nodes hold, where
the grader looks at messages.
"""

import runpy
from pathlib import Path

from dslab.chapters.raft_election.mutants import MUTANTS
from dslab.explore.schedule import Stepper

ANSWER = runpy.run_path(str(Path(__file__).parents[1] / "raft_two_leaders.py"))["answer"]


def right(answer) -> bool:
    """Each schedule is no longer than the answer's, and makes two leaders of one term."""
    return all(
        len(answer[name]) <= len(steps) and two_leaders(MUTANTS[name], answer[name])
        for name, steps in ANSWER.items()
    )


def two_leaders(bug, steps) -> bool:
    stepper = Stepper(bug, ("n1", "n2", "n3"), lenient=True).start()
    led = set()
    for step in steps:
        stepper.perform(tuple(step))
        led |= {
            (node.current_term, node.id)
            for node in stepper.nodes.values()
            if node is not None and node.role == "leader"
        }
    return len(led) > len({term for term, _ in led})
