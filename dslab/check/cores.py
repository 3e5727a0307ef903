"""The smallest part of a history that can't be put in order.

A part must be wrong for the reason why the whole is, so what is left out must be left out in a way
that keeps an order of the whole an order of the part:

- Of a register, calls are left out while all that may have written a value stays as long as a call
  that found it does.
- Of an object made of elements (`Model.of`: a set, a queue, a list), whole elements are: a read is
  told as far as it concerns those that stay.
- Of any model, one of the reader's own too, a call is left to chance: it may have had its effect,
  at its time, or none, and have got any answer. What is wrong then is wrong with the calls that are
  not left to chance, whatever the others did.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

from dslab.check.models import Model
from dslab.check.shrink import shrink
from dslab.run.history import Operation

__all__ = ["CHECKS", "PLAIN", "READS", "Core", "core", "findings", "part", "present", "sensible"]
__all__ += ["written"]

READS = ("read", "get")
WRITES = ("write", "put", "append")  # They write the same whatever they find.
#: Operations after which the value is one that was asked for; `append` makes one of several.
PLAIN = (*READS, "write", "put", "cas")
#: How often a part is tried, for each way to make it smaller.
CHECKS = 300
#: So many calls are told all, so that a sentence may say what was tried, and what nobody did.
FEW = 6


class Core(NamedTuple):
    """A part that is still violated: without any one of its calls it is not, or makes no sense.

    operations  its calls, as far as they concern the `elements`.
    elements    what is left of what the object is made of; None where all of it is.
    others      how many calls are left to chance.
    """

    operations: list[Operation]
    elements: tuple[Any, ...] | None = None
    others: int = 0


def core(
    operations: list[Operation], violated: Callable[[list[Operation]], bool], model: Model
) -> Core:
    """A smallest part of `operations`, all of one key; `violated` says whether a part of them, or
    what `chance` makes of it, has no order.
    """
    known = _prefix(operations, violated)
    if (elements := _elements(known, model)) is not None:
        kept = tuple(shrink(elements, _tried(lambda some: violated(_of(known, some, model)))))
        told = kept if len(kept) < len(elements) else None
        part = _of(known, kept, model)
        return _needed(part, violated, model)._replace(elements=told)
    if {op.f for op in known} <= {*PLAIN, "append"}:
        return Core(shrink(known, lambda rest: sensible(rest, known) and violated(rest)))
    return _needed(known, violated, model)


def _needed(known, violated, model) -> Core:
    """The calls whose answers and effects are needed, where all others are left to chance; of a
    few calls, all.
    """
    if len(known) <= FEW:
        return Core(known)

    def others(rest):
        kept = {op.invoked for op in rest}
        return [chance(op) for op in known if op.invoked not in kept and op.f not in model.reads]

    needed = shrink(known, _tried(lambda rest: violated([*rest, *others(rest)])))
    return Core(needed, others=len(others(needed)))


def chance(op: Operation) -> Operation:
    """A call that may have had its effect, while it was open, or none, and any answer."""
    return op if op.outcome == "info" else replace(op, outcome="maybe", result=None)


def _tried(violated: Callable[[list], bool]) -> Callable[[list], bool]:
    """The same as often as CHECKS says; after that nothing more can be left out."""
    left = CHECKS

    def asked(part: list) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and violated(part)

    return asked


def _elements(operations, model: Model) -> list | None:
    """What the object holds of these calls, in their order; None where it has no elements."""
    found: dict[Any, None] = {}
    for op in operations:
        elements = model.of(op)
        if elements is None:
            return None
        found.update(dict.fromkeys(elements))
    return list(found)


def _of(operations, elements, model: Model) -> list[Operation]:
    """These calls as far as they concern some elements."""
    kept = frozenset(elements)
    told = (model.restricted(op, kept) for op in operations)
    return [op for op in told if op is not None]


def _prefix(operations, violated):
    """The operations as they are known at the first return at which the violation shows."""
    ends = sorted(op.returned for op in operations if op.returned is not None)
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high) // 2
        if violated(_known_at(operations, ends[middle])):
            high = middle
        else:
            low = middle + 1
    return _known_at(operations, ends[low])


def _known_at(operations, end):
    """What was called before `end`. A read open then says nothing yet; another open call may have
    an effect or not.
    """
    found = []
    for op in operations:
        is_open = op.returned is None or op.returned > end
        if op.invoked > end or is_open and op.f in READS:
            continue
        found.append(
            replace(op, returned=None, outcome="info", result=None)
            if is_open and op.f not in WRITES
            else op
        )
    return found


def sensible(rest, known) -> bool:
    """Whether every value found in `rest` still has all there that may have written it."""
    kept = {op.invoked for op in rest}
    dropped = [op for op in known if op.invoked not in kept and op.f not in READS]
    functions = {op.f for op in known}
    if not functions <= {*PLAIN, "append"}:
        # Any of its operations may have made any value.
        return not dropped
    found = {value for _, value in findings(rest)}
    if "append" in functions:
        return not any(part(written(op), value) for op, value in product(dropped, found))
    return found.isdisjoint(map(written, dropped))


def written(op: Operation) -> Any:
    """What is there after a write or a compare-and-set."""
    return present(op.value[1] if op.f == "cas" else op.value)


def present(value: Any) -> Any:
    """The value, where an empty text is as good as none."""
    return None if value == "" else value


def findings(operations) -> Iterator[tuple[Operation, Any]]:
    """Each operation that shows what was there, with what it showed."""
    for op in operations:
        if op.outcome == "ok" and op.f in READS:
            yield op, present(op.result)
        elif op.outcome == "ok" and op.f == "cas":
            yield op, present(op.value[0])


def part(piece: Any, value: Any) -> bool:
    """Whether appending `piece`, or appending to it, may have given `value`."""
    if piece is None or value is None:
        return piece is None
    return piece in value if isinstance(piece, str) and isinstance(value, str) else True
