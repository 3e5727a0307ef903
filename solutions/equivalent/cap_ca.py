"""Schedules for 03.2 that are as right as the answer's: all orders of the calls are tried by hand,
where the grader asks the checker.
"""

import runpy
from itertools import combinations, permutations
from pathlib import Path

from dslab.chapters.cap.claims import CLAIMS
from dslab.chapters.cap.steps import perform

ANSWER = runpy.run_path(str(Path(__file__).parents[1] / "cap_ca.py"))["answer"]
FAULTS = "partition", "heal", "crash", "restart"


def right(answer) -> bool:
    """Each schedule is no longer than the answer's, and costs the store what it keeps in peace."""
    return all(
        len(answer[name]) <= len(steps) and broken(CLAIMS[name], answer[name])
        for name, steps in ANSWER.items()
    )


def broken(store, steps) -> bool:
    peace = [step for step in steps if step[0] not in FAULTS]
    return (unserved(store, steps) > unserved(store, peace)) or (
        stale(store, steps) and not stale(store, peace)
    )


def unserved(store, steps) -> int:
    """How many calls at nodes that run are not answered."""
    operations = perform(store, steps).history.operations
    calls = [(n, step) for n, step in enumerate(steps) if step[0] in ("read", "write")]
    down = [{step[1] for step in steps[:n] if step[0] == "crash"} for n, _ in calls]
    return sum(
        op.outcome != "ok" and step[1] not in gone
        for op, (_, step), gone in zip(operations, calls, down)
    )


def stale(store, steps) -> bool:
    """Whether no order explains the answers; a write that nobody answered may have happened."""
    operations = perform(store, steps).history.operations
    answered = [op for op in operations if op.outcome == "ok"]
    maybe = [op for op in operations if op.outcome == "info" and op.f == "write"]
    some = (each for n in range(len(maybe) + 1) for each in combinations(maybe, n))
    return not any(explains(order) for done in some for order in permutations([*answered, *done]))


def explains(order) -> bool:
    """Whether each read gives what was written last before it, and nobody comes before whoever had
    ended when they began.
    """
    value = None
    for place, op in enumerate(order):
        if any(
            later.returned is not None and later.returned < op.invoked
            for later in order[place + 1 :]
        ):
            return False
        if op.f == "write":
            value = op.value
        elif op.outcome == "ok" and op.result != value:
            return False
    return True
