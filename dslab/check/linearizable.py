"""Linearizability: is there one order of all calls that a single copy could have answered so?

Herlihy and Wing, "Linearizability: A Correctness Condition for Concurrent Objects", TOPLAS 12(3),
1990. Every call takes effect at one moment between its invocation and its return; a call of unknown
outcome at some later moment, or never. The search is Wing and Gong's (JPDC 17, 1993) with the
memory of Lowe (CPE 29(4), 2017), on bitmasks: operations are numbered by return, so the next one
that must take effect is the lowest zero bit, and those that may come before it are one expression.
Keys don't affect each other (locality, Herlihy and Wing, section 3.3), so each is checked on its
own.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from dslab.check.cores import core
from dslab.check.explain import reasons
from dslab.check.inputs import demand_known, history_of
from dslab.check.models import Model, model_named
from dslab.errors import demand_number
from dslab.run.history import SILENT, Operation
from dslab.values import canonical, show
from dslab.verdict import Verdict

__all__ = ["BUDGET", "linearizable"]

#: Configurations (sets of operations that have taken effect, with the state) that are looked at
#: before giving up.
BUDGET = 2_000_000
#: As many for each part that is tried when a violation is made small.
EXPLAINED = 100_000
#: How many of them each key gets at first, before it is the next key's turn.
SLICE = 200


def linearizable(
    history, model: str | Model = "register", *, budget: int = BUDGET, explain: bool = True
) -> Verdict:
    """Whether `history` is linearizable for `model`.

    history  a History, or whatever has one: a Trace, a Cluster.
    model    one of MODELS by its name, such as "register" or "kv", or a subclass of
             `dslab.check.Model`.
    budget   configurations to look at; past them the verdict is undecided (`holds` is None).
    explain  whether to look for the smallest part that can't have happened, which costs many times
             what the verdict does.

    Raises DslabError where the history has an operation that the model doesn't know.
    """
    model = model_named(model)
    demand_number("budget", budget)
    source, history = history, history_of(history, "linearizable")
    demand_known(history, model)
    searches = {
        key: OrderSearch(operations, model)
        for key, operations in by_key(history.operations).items()
    }
    bad, left = _in_turn(list(searches.values()), budget)
    explored = {
        "operations": len(history.operations),
        "keys": len(searches),
        "configurations": budget - left,
    }
    if bad is not None and not explain:
        return Verdict(
            False,
            "linearizable",
            "No order of all operations, each at a moment between its call and its "
            "return, gives these answers.",
            explored=explored,
        )
    if bad is not None:
        most = min(budget, EXPLAINED)
        least = core(bad.operations, lambda ops: search(ops, model, most).holds is False, model)
        sentences = reasons(least, model)
        return Verdict(
            False,
            "linearizable",
            sentences[-1],
            tuple(sentences[:-1]),
            history.only(least.operations),
            trace=source if hasattr(source, "records") else getattr(source, "trace", None),
            explored=explored,
        )
    for key, undecided in searches.items():
        if undecided.holds is None:
            where = "" if key is None else f" of key {show(key)}"
            return Verdict(
                None,
                "linearizable",
                f"The budget of {budget:,} configurations ran out: the first {undecided.reached} "
                f"of the {len(undecided.operations)} operations{where} have an order, the "
                "rest is not decided. Raise the budget.",
                explored=explored,
            )
    return Verdict(
        True,
        "linearizable",
        "There is an order of all operations, each at a moment between its call and its "
        f"return, that a single {model.noun} would have answered in the same way.",
        explored=explored,
    )


def _in_turn(searches: list["OrderSearch"], budget: int) -> tuple["OrderSearch | None", int]:
    """Let searches go on in turn until one finds a violation, all are done, or the budget is: a key
    that is hard to decide doesn't hide another that is easily seen to be wrong. Returns the one
    that found a violation, or None, and the budget left.
    """
    left, size = budget, SLICE
    while left > 0 and any(one.holds is None for one in searches):
        for one in searches:
            if one.holds is None:
                before = one.configurations
                one.run(min(size, left))
                left -= one.configurations - before
                if one.holds is False:
                    return one, left
        size *= 2
    return None, left


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
    one = OrderSearch(operations, model)
    one.run(budget)
    return Outcome(one.holds, one.configurations, one.reached)


class OrderSearch:
    """The search for an order of one key's operations. `holds` is None until it is decided; `run`
    goes on with it.

    Four things keep it small: reads that fit are taken at once; of operations that do the same only
    the one that is due first is tried; a configuration is passed over where a known one differs in
    nothing but that it has used fewer calls of unknown outcome; and where the state can only grow,
    it must be a part of what the next read answered.

    Deciding is NP-complete (Gibbons and Korach, "Testing shared memories", SIAM J. Computing 26(4),
    1997), so the number of configurations is exponential at worst: in how many calls are open at
    once, not in how long the history is. Masks are as long as a key has operations.
    """

    def __init__(self, operations: list[Operation], model: Model):
        self.operations, self.model = operations, model
        done = sorted(
            (op for op in operations if op.returned is not None), key=lambda op: op.returned
        )
        # A read whose answer nobody saw restricts nothing.
        unknown = sorted(
            (op for op in operations if op.returned is None and op.f not in model.reads),
            key=lambda op: op.invoked,
        )
        self.ops = ops = done + unknown
        self.required = (1 << len(done)) - 1
        self.before = _before(ops, done)
        self.alike, self.twins = _twins(ops, model)
        self.read = sum(1 << number for number, op in enumerate(ops) if op.f in model.reads)
        self.shrinks = sum(
            1 << number
            for number, op in enumerate(ops)
            if op.f not in model.reads and op.f not in model.grows
        )
        #: By state: the reads that were tried in it, and those that fit.
        self.legal_reads: dict[Any, tuple[int, int]] = {}
        self.answers: dict[tuple, tuple[bool, Any]] = {}
        #: Those that may have had no effect; see `dslab.check.cores.chance`.
        self.maybe = sum(1 << number for number, op in enumerate(ops) if op.outcome == "maybe")
        self.seen: dict[tuple[int, Any], list[int]] = {}
        self.stack = [(0, model.initial)]
        self.holds: bool | None = None
        self.configurations = self.reached = 0

    def run(self, most: int) -> None:
        """Look at up to `most` more configurations, or one more where there are too many."""
        stack, required, before, seen = self.stack, self.required, self.before, self.seen
        end = self.configurations + most
        while stack:
            if self.configurations > end:
                return
            linearized, state = stack.pop()
            if not self._may_grow(linearized, state):
                continue
            # A read that fits now may as well take effect now: it stands in nobody's way.
            while True:
                if linearized & required == required:
                    self.holds, self.reached = True, required.bit_length()
                    return
                # Operations are numbered by return: the lowest zero bit is due first, and whatever
                # takes effect now must have been called before that one returns.
                deadline = (~linearized & (linearized + 1)).bit_length() - 1
                candidates = before[deadline] & ~linearized
                absorbed = candidates & self.read and self._legal(state, candidates & self.read)
                if not absorbed:
                    break
                linearized |= absorbed
            # Of two configurations that differ only in which calls of unknown outcome took effect,
            # the one that has used fewer can do all that the other can.
            used = linearized & ~required
            fewer = seen.setdefault((linearized & required, state), [])
            if any(known & used == known for known in fewer):
                continue
            fewer.append(used)
            self.configurations += 1
            self.reached = max(self.reached, (linearized & required).bit_count())
            self._branch(linearized, state, candidates & ~self.read)
        self.holds = False

    def _legal(self, state: Any, reads: int) -> int:
        """Those of `reads` that fit in a state. Each kind is tried once in it."""
        known, legal = self.legal_reads.get(state, (0, 0))
        left = reads & ~known
        if left:
            while left:
                number = (left & -left).bit_length() - 1
                mask = self.alike[number]
                left &= ~mask
                known |= mask
                if self.model.step(state, self.ops[number])[0]:
                    legal |= mask
            self.legal_reads[state] = known, legal
        return reads & legal

    def _branch(self, linearized: int, state: Any, candidates: int) -> None:
        """Put what may take effect next on the stack, so that the earliest is on top."""
        answers, twins, left = self.answers, self.twins, candidates
        while left:
            number = left.bit_length() - 1
            bit = 1 << number
            left ^= bit
            if twins[number] & candidates:
                continue
            op = self.ops[number]
            answer = answers.get((state, number))
            if answer is None:
                if bit & self.maybe:
                    op = replace(op, outcome="info")
                answer = answers[state, number] = self.model.step(state, op)
            if bit & self.maybe:
                self.stack.append((linearized | bit, state))
            if answer[0]:
                self.stack.append((linearized | bit, answer[1]))

    def _may_grow(self, linearized: int, state: Any) -> bool:
        """Whether the next read that was answered can still find what it found, where until its
        return the state can only grow.
        """
        left = self.read & self.required & ~linearized
        if not self.model.grows or not left:
            return True
        number = (left & -left).bit_length() - 1
        return bool(self.shrinks & self.before[number] & ~linearized) or self.model.may_become(
            state, self.ops[number]
        )


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


def _twins(ops: list[Operation], model: Model) -> tuple[list[int], list[int]]:
    """For each operation the mask of all that ask and answer the same, and the mask of those among
    them that stand before it. Two that might both take effect now may change places, so it is
    enough to try the first.
    """
    masks: dict[tuple, int] = {}
    kinds, twins = [], []
    for number, op in enumerate(ops):
        kind = (
            op.f,
            op.value,
            op.result,
            None if op.f in SILENT else op.outcome,
            op.process if model.by_process else None,
        )
        kinds.append(kind)
        twins.append(masks.get(kind, 0))
        masks[kind] = twins[-1] | 1 << number
    return [masks[kind] for kind in kinds], twins
