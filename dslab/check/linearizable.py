"""Linearizability: is there one order of all calls that a single copy could have answered so?

Herlihy and Wing, "Linearizability: A Correctness Condition for Concurrent Objects", TOPLAS 12(3), 1990. Every call takes
effect at one moment between its invocation and its return; a call of unknown outcome at some later moment, or never. The
search is Wing and Gong's (JPDC 17, 1993) with the memory of Lowe (CPE 29(4), 2017), on bitmasks: operations are numbered
by return, so the next one that must take effect is the lowest zero bit, and those that may come before it are one
expression. Keys don't affect each other (locality, Herlihy and Wing, section 3.3), so each is checked on its own.
"""

from typing import Any, Iterable, NamedTuple

from dslab.check.explain import core, reasons
from dslab.check.models import Model, model_named
from dslab.check.source import demand, history_of
from dslab.history import Operation
from dslab.values import canonical, show
from dslab.verdict import Verdict

__all__ = ["BUDGET", "linearizable"]

#: Configurations (sets of operations that have taken effect, with the state) that are looked at before giving up.
BUDGET = 2_000_000


def linearizable(history, model: str | Model = "register", *, budget: int = BUDGET) -> Verdict:
    """Whether `history` is linearizable for `model`.

    history  a History, or whatever has one: a Trace, a Cluster.
    model    one of MODELS by its name, such as "register" or "kv", or a subclass of `dslab.check.Model`.
    budget   configurations to look at; past them the verdict is undecided (`holds` is None).

    Raises DslabError where the history has an operation that the model doesn't know.
    """
    model = model_named(model)
    source, history = history, history_of(history, "linearizable")
    demand(history, model)
    looked_at, keys = 0, by_key(history.operations)
    explored = {"operations": len(history.operations), "keys": len(keys)}
    for key, operations in keys.items():
        outcome = search(operations, model, budget - looked_at)
        looked_at += outcome.configurations
        explored["configurations"] = looked_at
        where = "" if key is None else f" of key {show(key)}"
        if outcome.holds is None:
            return Verdict(None, "linearizable", f"The budget of {budget:,} configurations ran out: the first {outcome.reached} "
                           f"of the {len(operations)} operations{where} have an order, the rest is not decided. Raise the budget.",
                           explored=explored)
        if not outcome.holds:
            bad = core(operations, lambda ops: search(ops, model, budget).holds is False)
            sentences = reasons(bad)
            return Verdict(False, "linearizable", sentences[-1], tuple(sentences[:-1]), history.only(bad),
                           trace=source if hasattr(source, "records") else getattr(source, "trace", None),
                           explored=explored)
    return Verdict(True, "linearizable", "There is an order of all operations, each at a moment between its call and its "
                   f"return, that a single {model.name} would have answered in the same way.", explored=explored)


def by_key(operations: Iterable[Operation]) -> dict[Any, list[Operation]]:
    """The operations that may have happened, under their keys, in the order of keys."""
    found: dict[Any, list[Operation]] = {}
    for op in operations:
        if op.outcome != "fail":
            found.setdefault(op.key, []).append(op)
    return {key: found[key] for key in sorted(found, key=canonical)}


class Outcome(NamedTuple):
    """What a search found: `reached` is the most operations that ever had an order."""

    holds: bool | None
    configurations: int
    reached: int


def search(operations: list[Operation], model: Model, budget: int) -> Outcome:
    """Look for an order of `operations`, all of one key, that `model` would have answered."""
    done = sorted((op for op in operations if op.returned is not None), key=lambda op: op.returned)
    # A read whose answer nobody saw restricts nothing.
    unknown = sorted((op for op in operations if op.returned is None and op.f not in model.reads),
                     key=lambda op: op.invoked)
    ops = done + unknown
    required = (1 << len(done)) - 1
    before = _before(ops, done)
    reads = _mask(number for number, op in enumerate(ops) if op.f in model.reads)
    earlier_twin = _earlier_twins(ops, len(done))
    legal_reads: dict[Any, int] = {}
    answers: dict[tuple[Any, int], tuple[bool, Any]] = {}
    seen: set[tuple[int, Any]] = set()
    stack = [(0, model.initial)]
    reached = 0
    while stack:
        linearized, state = stack.pop()
        if state not in legal_reads:
            legal_reads[state] = _mask(n for n, op in enumerate(ops) if reads >> n & 1 and model.step(state, op)[0])
        # A read that fits now may as well take effect now: it stands in nobody's way.
        while True:
            if linearized & required == required:
                return Outcome(True, len(seen), len(done))
            deadline = (~linearized & (linearized + 1)).bit_length() - 1
            candidates = before[deadline] & ~linearized
            absorbed = candidates & legal_reads[state]
            if not absorbed:
                break
            linearized |= absorbed
        if (linearized, state) in seen:
            continue
        seen.add((linearized, state))
        reached = max(reached, (linearized & required).bit_count())
        if len(seen) > budget:
            return Outcome(None, len(seen), reached)
        candidates &= ~reads
        while candidates:
            number = candidates.bit_length() - 1  # The latest first, so that the earliest is on top of the stack.
            bit = 1 << number
            candidates ^= bit
            if earlier_twin[number] & ~linearized:
                continue
            answer = answers.get((state, number))
            if answer is None:
                answer = answers[state, number] = model.step(state, ops[number])
            if answer[0]:
                stack.append((linearized | bit, answer[1]))
    return Outcome(False, len(seen), reached)


def _before(ops: list[Operation], done: list[Operation]) -> list[int]:
    """For each completed operation, the mask of the operations called before it returned."""
    calls = sorted(range(len(ops)), key=lambda number: ops[number].invoked)
    masks, mask, place = [], 0, 0
    for op in done:
        while place < len(calls) and ops[calls[place]].invoked < op.returned:
            mask |= 1 << calls[place]
            place += 1
        masks.append(mask)
    return masks


def _earlier_twins(ops: list[Operation], first_unknown: int) -> list[int]:
    """For each operation of unknown outcome, the one before it that asked the same: identical ones are used in order."""
    last: dict[tuple, int] = {}
    twins = [0] * len(ops)
    for number in range(first_unknown, len(ops)):
        same = ops[number].f, ops[number].value
        if same in last:
            twins[number] = 1 << last[same]
        last[same] = number
    return twins


def _mask(numbers: Iterable[int]) -> int:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask
