"""Sequential consistency: one order of all operations that keeps each process's own order, whatever
the clock says.

Lamport, "How to make a multiprocessor computer that correctly executes multiprocess programs", IEEE
TC C-28(9), 1979. Unlike linearizability it can't be checked key by key: two keys that are each
sequential may not be so together.
"""

from typing import Any

from dslab.check.cores import sensible
from dslab.check.inputs import demand_known, history_of, programs_of, trace_of, writes_read
from dslab.check.models import Model, model_named
from dslab.check.precedence import circle
from dslab.check.shrink import shrink
from dslab.errors import DslabError, demand_number
from dslab.run.history import History, Operation
from dslab.verdict import Verdict

__all__ = ["sequential"]

BUDGET = 500_000


def sequential(history, model: str | Model = "kv", *, budget: int = BUDGET) -> Verdict:
    """Whether `history` is sequentially consistent for `model`. Arguments as for `linearizable`."""
    model = model_named(model)
    demand_number("budget", budget)
    source, history = history, history_of(history, "sequential")
    demand_known(history, model)
    programs = list(programs_of(history).values())
    holds, looked = _search(programs, model, budget)
    explored = {"operations": len(history.operations), "configurations": looked}
    if holds is None:
        return Verdict(
            None,
            "sequential",
            f"The budget of {budget:,} configurations ran out: raise it.",
            explored=explored,
        )
    if holds:
        return Verdict(
            True,
            "sequential",
            "There is one order of all operations that keeps each process's own order, "
            "and that a single "
            f"{model.noun} would have answered in the same way.",
            explored=explored,
        )
    known = [op for program in programs for op in program]

    def violated(rest):
        return sensible(rest, known) and _search(_programs(rest), model, budget)[0] is False

    bad = sorted(shrink(known, violated), key=lambda op: op.invoked)
    sentence, reasons = _reasons(history.only(bad))
    return Verdict(
        False,
        "sequential",
        sentence,
        tuple(reasons),
        history.only(bad),
        trace=trace_of(source),
        explored=explored,
    )


def _reasons(bad: History) -> tuple[str, list[str]]:
    """(a sentence, the reasons for it) of a smallest violated part."""
    programs = _programs(list(bad.operations))
    try:
        found = circle(programs, writes_read(bad, "sequential"))
    except DslabError:
        found = []  # Values that come again, or other operations than reads and writes.
    if found:
        return (
            f"These {len(bad)} operations have no order: for each there is one that must "
            "come before it, all the way round.",
            found,
        )
    return (
        f"No order of these {len(bad)} operations that keeps each process's own order "
        "gives each of them its answer.",
        [
            f"In the order of {program[0].who}: "
            + ", then ".join(f"“{op}”" for op in program)
            + "."
            for program in programs
        ],
    )


def _programs(operations: list[Operation]) -> list[list[Operation]]:
    found: dict[Any, list[Operation]] = {}
    for op in sorted(operations, key=lambda op: op.invoked):
        found.setdefault(op.process, []).append(op)
    return list(found.values())


def _search(programs: list[list[Operation]], model: Model, budget: int) -> tuple[bool | None, int]:
    """(whether there is such an order, configurations looked at)."""
    keys = {
        key: place
        for place, key in enumerate(dict.fromkeys(op.key for program in programs for op in program))
    }
    # Where a process ends with an operation of unknown outcome, that one need not have happened.
    need = tuple(len(program) - (program[-1].outcome == "info") for program in programs)
    seen, stack = set(), [((0,) * len(programs), (model.initial,) * len(keys))]
    while stack:
        done, states = stack.pop()
        done = _absorb(programs, model, keys, done, states)
        if all(count >= least for count, least in zip(done, need)):
            return True, len(seen)
        if (done, states) in seen:
            continue
        seen.add((done, states))
        if len(seen) > budget:
            return None, len(seen)
        for place, (program, count) in enumerate(zip(programs, done)):
            if count < len(program):
                op = program[count]
                at = keys[op.key]
                possible, after = model.step(states[at], op)
                if possible:
                    stack.append(
                        (
                            (*done[:place], count + 1, *done[place + 1 :]),
                            (*states[:at], after, *states[at + 1 :]),
                        )
                    )
    return False, len(seen)


def _absorb(programs, model, keys, done, states) -> tuple[int, ...]:
    """A read that fits now may as well come now: it stands in nobody's way."""
    done = list(done)
    for place, program in enumerate(programs):
        while done[place] < len(program):
            op = program[done[place]]
            if op.f not in model.reads or not model.step(states[keys[op.key]], op)[0]:
                break
            done[place] += 1
    return tuple(done)
