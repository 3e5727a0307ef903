"""Why a history is not linearizable, in words: its smallest part that isn't (`cores`)."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from dslab.check.cores import PLAIN, READS, Core, findings, part, present, written
from dslab.check.models import Model
from dslab.run.history import Operation
from dslab.values import show

__all__ = ["reasons"]


def reasons(core: Core, model: Model) -> list[str]:
    """A minimal violation in words: what returned before what began, and what can't be."""
    bad = sorted(core.operations, key=lambda op: op.invoked)
    orders, sentences = _orders(bad), []
    if core.elements is not None:
        alone = ", ".join(map(show, core.elements)) or "no element"
        sentences.append(f"The calls are told as far as they concern {alone}.")
    for op in bad:
        if op.start is not None:
            end = (
                "with no answer by then"
                if op.returned is None
                else f"returned at {_number(op.end)} ms"
            )
            sentences.append(f"{_call(op)}: called at {_number(op.start)} ms, {end}.")
        elif len(bad) > 1 and not any(op in pair for pair in orders):
            sentences.append(f"{_call(op)} overlaps all the others.")
    for first, second in orders:
        sentences.append(
            f"{_call(first)} returned before {_call(second)} was called, so it comes "
            "first in any order."
        )
    if not core.others:
        return sentences + _conclusion(bad, model)
    return [*sentences, _whatever(bad, core.others)]


def _whatever(bad, others: int) -> str:
    """What can't be, where other calls are left to chance."""
    rest = "the other call" if others == 1 else f"the other {others:,} calls"
    if len(bad) == 1:
        return f"{_call(bad[0])} can't have got this answer, whatever {rest} did."
    calls = " and ".join(map(_call, bad)) if len(bad) <= TRIED else f"these {len(bad)} calls"
    both = "both" if len(bad) == 2 else "all"
    return f"{calls} can't {both} have got the answers that they got, whatever {rest} did."


def _call(op: Operation) -> str:
    return f"“{op}”"


def _number(milliseconds: float) -> str:
    return f"{milliseconds:.3f}".rstrip("0").rstrip(".")


def _named(value: Any) -> str:
    return "the initial value" if value is None else show(value)


def _precedes(a: Operation, b: Operation) -> bool:
    """a was over before b began."""
    return a.returned is not None and a.returned < b.invoked


def _orders(bad):
    """Pairs (a, b) with a over before b began, leaving out those that follow from two others."""
    return [
        (a, b)
        for a in bad
        for b in bad
        if _precedes(a, b) and not any(_precedes(a, c) and _precedes(c, b) for c in bad)
    ]


def _conclusion(bad, model) -> list[str]:
    """What can't be, in a sentence; before it, where orders are few, what was tried."""
    functions = {op.f for op in bad}
    rules = ()
    if model.of(bad[0]) is not None:
        rules = _never_added, _taken_by_both, _lacks
    elif functions <= {*PLAIN}:
        rules = _from_nowhere, _stale, _taken_twice, _back_in_time, _seen_before
    elif functions <= {*PLAIN, "append"}:
        rules = _of_no_pieces, _misses_an_append
    for sentence in filter(None, (rule(bad) for rule in rules)):
        return [sentence]
    ends = _dead_ends(bad, model)
    tried = [_tried(*end, model) for end in ends[:TRIED]]
    if len(ends) == 1:
        return tried
    respect = " that respects this" if _orders(bad) else ""
    last = (
        f"No order of these {len(bad)} operations{respect} gives each of them the answer that "
        "it got."
    )
    return [*tried, last] if len(ends) <= TRIED else [last]


#: So many orders are told one by one.
TRIED = 4


def _dead_ends(bad, model) -> list[tuple[list[Operation], Any, list[Operation]]]:
    """(operations in an order that fits, the state after them, those of which none can be next), up
    to one more than are told.

    A call of unknown outcome that nothing needs is left out of the orders where it can be.
    """
    found, seen = [], set()

    def go_on(done, state):
        key = frozenset(map(id, done)), state
        if key in seen or len(found) > TRIED:
            return
        seen.add(key)
        left = [op for op in bad if op not in done]
        ready = [op for op in left if not any(_precedes(other, op) for other in left)]
        after = [(op, new) for op in ready for fits, new in [model.step(state, op)] if fits]
        if not after:
            found.append((done, state, ready))
        for op, new in after:
            go_on([*done, op], new)

    go_on([], model.initial)
    return found


def _tried(done, state, ready, model) -> str:
    after = "At the start" if not done else "After " + ", then ".join(map(_call, done))
    what = (
        f"{_call(ready[0])} can't be"
        if len(ready) == 1
        else f"neither {' nor '.join(map(_call, ready))} can be"
        if len(ready) == 2
        else f"none of {', '.join(map(_call, ready))} can be"
    )
    return f"{after} the {model.noun} {model.words(state)}, so {what} next."


# Rules, each with its sentence where it applies. All that may have written a found value is in
# `bad`; see `core`.


def _sources(bad, value, *, but=None) -> list[Operation]:
    """What may have written `value`."""
    return [op for op in bad if op.f not in READS and op is not but and written(op) == value]


def _from_nowhere(bad):
    for op, value in findings(bad):
        if value is not None and not _sources(bad, value, but=op):
            if op.f in READS:
                return f"{_call(op)} returned a value that nobody had written by then."
            return f"{_call(op)} succeeded, but nobody had written {show(value)} by then."


def _stale(bad):
    """Something else was written after all possible writes of the value, before it was found."""
    writes = [op for op in bad if op.f not in READS and op.outcome == "ok"]
    for (op, value), write in product(findings(bad), writes):
        if (
            written(write) != value
            and _precedes(write, op)
            and all(_precedes(source, write) for source in _sources(bad, value, but=op))
        ):
            if op.f in READS:
                return (
                    f"{_call(op)} is stale: {_call(write)} had returned before, so the "
                    "read must return "
                    f"{show(written(write))} or something written later."
                )
            return (
                f"{_call(op)} succeeded, but {_call(write)} had returned before, so "
                f"{_named(value)} was gone."
            )


def _taken_twice(bad):
    """Each compare-and-set that changes a value uses up one occurrence of it."""
    for _, value in findings(bad):
        takers = [
            op for op, found in findings(bad) if op.f == "cas" and found == value != written(op)
        ]
        there = (value is None) + sum(
            op.f != "cas" or present(op.value[0]) != value for op in _sources(bad, value)
        )
        if len(takers) > there > 0:
            times = "once" if there == 1 else f"{there} times"
            return (
                f"{' and '.join(map(_call, takers))} each replaced {_named(value)}, which was "
                f"there only {times}."
            )


def _back_in_time(bad):
    """Another value was found before, and all that may have written it came after all that may have
    written this one.
    """
    for (first, x), (second, y) in product(findings(bad), repeat=2):
        later = _sources(bad, x, but=first)
        if (
            x not in (None, y)
            and later
            and _precedes(first, second)
            and all(_precedes(a, b) for a, b in product(_sources(bad, y, but=second), later))
        ):
            return (
                f"{_call(second)} goes back in time: {_call(first)} had returned before "
                "it was called, "
                f"so {show(x)} was there already, and nothing can bring {_named(y)} back."
            )


def _seen_before(bad):
    """A value that was there once is found, then another, then the first again."""
    for (one, y), (two, x), (three, again) in product(findings(bad), repeat=3):
        if (
            y == again != x
            and _precedes(one, two)
            and _precedes(two, three)
            and (y is None) + len(_sources(bad, y)) == 1
        ):
            return (
                f"{_call(three)} goes back in time: {_call(one)} had found {_named(y)} "
                f"and then {_call(two)} "
                f"{_named(x)}, and {_named(y)} was there only once."
            )


def _of_no_pieces(bad):
    """A text that can't be cut into pieces that somebody wrote."""
    pieces = {written(op) for op in bad if op.f not in READS} - {None}
    for op, value in findings(bad):
        if (
            op.f in READS
            and isinstance(value, str)
            and all(isinstance(piece, str) for piece in pieces)
        ):
            ends = {0}
            for start in range(len(value)):
                ends |= {
                    start + len(piece)
                    for piece in pieces
                    if start in ends and value.startswith(piece, start)
                }
            if len(value) not in ends:
                return f"{_call(op)} returned a value that nobody had written by then."


def _misses_an_append(bad):
    """An append was over before the read, nothing was put anew since, and the text lacks it."""
    appends = [
        op for op in bad if op.f == "append" and op.outcome == "ok" and written(op) is not None
    ]
    for (op, value), append in product(findings(bad), appends):
        if (
            op.f in READS
            and _precedes(append, op)
            and not part(written(append), value)
            and all(_precedes(other, append) for other in bad if other.f not in (*READS, "append"))
        ):
            return f"{_call(op)} misses {_call(append)}, which had returned before it was called."


# Of a set, a queue and a list: one element and what was done with it.

ADDS, TAKES = ("add", "enqueue", "append"), ("remove", "dequeue")


def _finds(bad) -> Iterator[tuple[Operation, Any]]:
    """Each call that found an element, with the element."""
    for op in bad:
        if op.outcome == "ok" and op.f == "read":
            yield from ((op, value) for value in dict.fromkeys(op.result or ()))
        elif op.outcome == "ok" and op.f == "contains" and op.result:
            yield op, op.value
        elif op.outcome == "ok" and op.f == "dequeue" and op.result is not None:
            yield op, op.result


def _never_added(bad):
    for op, value in _finds(bad):
        if not any(other.f in ADDS and other.value == value for other in bad):
            return f"{_call(op)} found {show(value)}, which nobody had put there by then."


def _taken_by_both(bad):
    """More dequeues of a value than enqueues that may have been."""
    found = [(op, value) for op, value in _finds(bad) if op.f == "dequeue"]
    for _, value in found:
        takers = [op for op, other in found if other == value]
        there = sum(op.f == "enqueue" and op.value == value for op in bad)
        if len(takers) > there > 0:
            times = "once" if there == 1 else f"{there} times"
            return (
                f"{' and '.join(map(_call, takers))} took {show(value)}, which was put there "
                f"only {times}."
            )


def _lacks(bad):
    """An element was there before a read or a test began, and nobody has taken it."""
    for put, op in product(bad, bad):
        if (
            put.f in ADDS
            and op.outcome == "ok"
            and _precedes(put, op)
            and (
                op.f == "read"
                and put.value not in (op.result or ())
                or op.f == "contains"
                and op.value == put.value
                and not op.result
            )
            and not any(other.f in TAKES for other in bad)
        ):
            return f"{_call(op)} lacks {show(put.value)}: {_call(put)} had returned before."
