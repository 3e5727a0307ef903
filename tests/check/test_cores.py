"""The smallest part of a violated history, of every model and of a reader's own: it is violated
whatever the other calls did, needs each of its calls, and names what is missing or doubled.
"""

from dataclasses import replace
from itertools import combinations, permutations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from dslab.check import MODELS, Model, linearizable
from dslab.check import cores as module
from dslab.check.cores import chance, core
from dslab.check.linearizable import search
from dslab.run.history import Event, History
from tests.check.test_linearizable import brute_force, small_histories

FUNCTIONS = {
    "set": ["add", "add", "remove", "contains", "read"],
    "queue": ["enqueue", "enqueue", "dequeue"],
    "list": ["append", "append", "read"],
    "lock": ["acquire", "release"],
}


class Counter(Model):
    """A reader's own, as the docstring of `Model` has it."""

    functions = frozenset({"increment", "read"})
    reads = frozenset({"read"})
    initial = 0

    def step(self, state, op):
        if op.f == "increment":
            return op.outcome == "info" or op.result == state + 1, state + 1
        return op.outcome == "info" or op.result == state, state


def histories(model):
    return small_histories(FUNCTIONS[model], several=model in ("set", "list"))


def quick(test):
    return settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.filter_too_much],
    )(test)


def ordered(operations, model) -> bool:
    """Whether these calls of one key have an order: every choice of what those that are left to
    chance did, and every order of the rest.
    """
    left = [op for op in operations if op.outcome in ("maybe", "info")]
    done = [op for op in operations if op.outcome == "ok"]
    for size in range(len(left) + 1):
        for some in combinations(left, size):
            for order in permutations(done + [replace(op, outcome="info") for op in some]):
                if follows(order, model):
                    return True
    return False


def follows(order, model) -> bool:
    state = model.initial
    for place, op in enumerate(order):
        later = order[place + 1 :]
        if any(each.returned is not None and each.returned < op.invoked for each in later):
            return False
        fits, state = model.step(state, op)
        if not fits:
            return False
    return True


def calls_of_one_key(events):
    return [op for op in events.operations if op.key is None and op.outcome != "fail"]


@pytest.mark.parametrize("model", ["set", "queue", "list"])
def test_an_order_of_all_elements_is_one_of_some(model):
    """What `Model.restricted` promises."""
    kind = MODELS[model]

    @quick
    @given(histories(model))
    def promised(events):
        operations = calls_of_one_key(events)
        assume(ordered(operations, kind))
        for size in range(3):
            for some in combinations(range(3), size):
                rest = [kind.restricted(op, frozenset({None, *some})) for op in operations]
                assert ordered([op for op in rest if op is not None], kind), (some, events)

    promised()


@pytest.mark.parametrize("model", FUNCTIONS)
def test_the_core_is_violated_whatever_the_others_did(model, monkeypatch):
    kind = MODELS[model]
    monkeypatch.setattr(module, "FEW", 0)  # So that all that can be is left to chance.

    @quick
    @given(histories(model))
    def is_the_reason(events):
        operations = calls_of_one_key(events)
        assume(not ordered(operations, kind))
        least = core(operations, lambda rest: search(rest, kind, 10_000).holds is False, kind)
        kept = {op.invoked for op in least.operations}
        elements = operations
        if least.elements is not None:
            told = (kind.restricted(op, frozenset(least.elements)) for op in operations)
            elements = [op for op in told if op is not None]
        others = [chance(op) for op in elements if op.invoked not in kept]
        others = [op for op in others if op.f not in kind.reads]
        assert not ordered([*least.operations, *others], kind), events
        for op in least.operations:
            rest = [other for other in least.operations if other is not op]
            more = [] if op.f in kind.reads or op.outcome == "info" else [chance(op)]
            known = {each.invoked for each in rest}
            if op.outcome == "ok" and least.others == len(others):
                assert ordered([*rest, *others, *more], kind) or not known, (op, events)

    is_the_reason()


@pytest.mark.parametrize("model", FUNCTIONS)
def test_a_part_that_is_told_whole_is_violated_by_itself(model):
    @quick
    @given(histories(model))
    def is_violated(events):
        verdict = linearizable(events, model)
        assert (verdict.holds is False) == (not brute_force(events, MODELS[model]))
        if verdict.holds is False and "whatever" not in verdict.sentence:
            assert not brute_force(verdict.history, MODELS[model]) or "as far as" in repr(verdict)

    is_violated()


def run(*calls) -> History:
    """A history without overlaps: (client, f, value, answer)."""
    events = []
    for number, (client, f, value, answer) in enumerate(calls):
        events.append(Event(number, "invoke", f, None, value, client=client))
        said = value if answer is None else answer
        events.append(Event(number, "ok", f, None, said, client=client))
    return History(events)


ADDS = [("c1", "add", number, None) for number in range(300)]
PAIRS = [("c1", f, None, None) for _ in range(50) for f in ("acquire", "release")]
COUNTS = [("c1", "increment", None, number + 1) for number in range(100)]
PUTS = [("c1", "enqueue", number, None) for number in range(100)]
TAKES = [("c2", "dequeue", None, number) for number in range(50)]
ITEMS = [("c1", "append", number, None) for number in range(100)]


@pytest.mark.parametrize(
    "model, calls, size, sentence",
    [
        (
            "set",
            [*ADDS, ("c2", "read", None, tuple(n for n in range(300) if n != 7))],
            2,
            "“c2 read → ()” lacks 7: “c1 add 7” had returned before.",
        ),
        (
            "set",
            [*ADDS, ("c2", "read", None, tuple(range(301)))],
            1,
            "“c2 read → (300)” found 300, which nobody had put there by then.",
        ),
        (
            "queue",
            [*PUTS, *TAKES, ("c3", "dequeue", None, 7)],
            3,
            "“c2 dequeue → 7” and “c3 dequeue → 7” took 7, which was put there only once.",
        ),
        (
            "queue",
            [*PUTS, *TAKES, ("c3", "dequeue", None, 70)],
            3,
            "After “c1 enqueue 69”, then “c1 enqueue 70” the queue holds (69, 70), so “c3 dequeue "
            "→ 70” can't be next.",
        ),
        (
            "list",
            [*ITEMS, ("c2", "read", None, (*range(40), 41, 40, *range(42, 100)))],
            3,
            "After “c1 append 40”, then “c1 append 41” the list holds (40, 41), so “c2 read → (41, "
            "40)” can't be next.",
        ),
        (
            Counter,
            [*COUNTS, ("c2", "increment", None, 57)],
            2,
            "“c1 increment → 100” and “c2 increment → 57” can't both have got the answers that "
            "they got, whatever the other 99 calls did.",
        ),
        (
            Counter,
            [*COUNTS[:30], ("c2", "read", None, 57)],
            1,
            "“c2 read → 57” can't have got this answer, whatever the other 30 calls did.",
        ),
    ],
)
def test_a_long_history_is_told_by_a_few_calls(model, calls, size, sentence):
    verdict = linearizable(run(*calls), model)
    assert verdict.sentence == sentence
    assert len(verdict.history.operations) == size and len(repr(verdict)) < 700


def test_a_lock_that_two_hold():
    acquired = Event("a", "invoke", "acquire"), Event("a", "ok", "acquire")
    events = [
        *(event for _ in range(50) for event in acquired_and_released("a")),
        *acquired,
        *(Event("b", kind, "acquire") for kind in ("invoke", "ok")),
    ]
    verdict = linearizable(History(events), "lock")
    assert verdict.sentence == (
        "“a acquire” and “b acquire” can't both have got the answers that they got, whatever the "
        "other 100 calls did."
    )


def acquired_and_released(who):
    return [Event(who, kind, f) for f in ("acquire", "release") for kind in ("invoke", "ok")]


def test_parts_are_tried_a_few_hundred_times_at_most():
    calls = 0

    def violated(rest):
        nonlocal calls
        calls += 1
        return search(rest, Counter(), 1000).holds is False

    found = run(*COUNTS, *COUNTS[:50], ("c2", "increment", None, 7))
    least = core(list(found.operations), violated, Counter())
    assert least.operations and calls <= module.CHECKS + 20
