"""The checkers beside linearizability: each against its definition, tried out by brute force on
small random histories.
"""

import re
from itertools import permutations
from random import Random

import pytest

from dslab.check import MODELS, Model, linearizable
from dslab.check.causal import causal
from dslab.check.sequential import sequential
from dslab.check.sessions import GUARANTEES, sessions
from dslab.check.staleness import bounded_staleness, convergence, same_states
from dslab.errors import DslabError
from dslab.run import Event, History


def history(*lines):
    """Calls that don't overlap: "0 write x 1", "1 read x 1"; "-" is the initial value."""
    events = []
    for place, line in enumerate(lines):
        process, f, key, value = line.split()
        value = None if value == "-" else int(value)
        events.append(
            Event(int(process), "invoke", f, key, value if f == "write" else None, place * 10.0)
        )
        events.append(Event(int(process), "ok", f, key, value, place * 10.0 + 5))
    return History(events)


def random_history(seed, processes=3, calls=7, keys="x"):
    """Calls of some processes, overlapping at random; somebody wrote the answers, or nobody."""
    random, events, open_calls, number, names = (
        Random(f"history {seed}"),
        [],
        {},
        0,
        list(range(processes)),
    )
    while number < calls or open_calls:
        process = random.randrange(processes)
        if process in open_calls:
            f, key, value = open_calls.pop(process)
            answer = value if f == "write" else random.choice([None, *range(1, number + 1)])
            outcome = "info" if f == "write" and random.random() < 0.1 else "ok"
            events.append(
                Event(names[process], outcome, f, key, answer if outcome == "ok" else value)
            )
            if outcome == "info":  # The process is gone, and another takes its place.
                names[process] = max(names) + 1
        elif number < calls:
            number += 1
            f = random.choice(["read", "write"])
            open_calls[process] = f, random.choice(keys), number if f == "write" else None
            events.append(Event(names[process], "invoke", *open_calls[process]))
    return History(events)


def explains(order, model="kv") -> bool:
    states = {}
    for op in order:
        possible, states[op.key] = MODELS[model].step(states.get(op.key, MODELS[model].initial), op)
        if not possible:
            return False
    return True


def sequential_by_force(found) -> bool:
    """Some order of all operations, answered ones at least, that keeps every process's own."""
    sure = [op for op in found.operations if op.outcome == "ok"]
    maybe = [op for op in found.operations if op.outcome == "info"]
    for size in range(len(maybe) + 1):
        for order in permutations(sure + maybe[:size]):
            if all(
                a.process != b.process or a.invoked < b.invoked
                for n, a in enumerate(order)
                for b in order[n + 1 :]
            ) and explains(order):
                return True
    return False


def test_sequential_consistency_by_force():
    verdicts = []
    for seed in range(400):
        found = random_history(seed, processes=2, calls=6, keys="xy")
        verdict = sequential(found)
        assert verdict.holds == sequential_by_force(found), (seed, found)
        verdicts.append(verdict.holds)
        if linearizable(found, "kv"):
            assert verdict.holds
        if not verdict.holds:  # What is shown is itself not sequential.
            assert not sequential(verdict.history).holds
    assert 50 < sum(verdicts) < 350


def test_sequential_keeps_each_process_s_order_and_not_the_clock():
    late = history("0 write x 1", "1 read x -")
    assert sequential(late) and not linearizable(late, "kv")
    stale = history("0 write x 1", "0 read x -")
    assert repr(sequential(stale)).splitlines() == [
        "✗ sequential: violated. These 2 operations have no order: for each there is one "
        "that must come before it, all the way round.",
        "  1. “process 0 write x 1” comes before “process 0 read x → –”: process 0 made "
        "them in this order.",
        "  2. “process 0 read x → –” comes before “process 0 write x 1”: it still "
        "returned the initial value.",
        "  looked at 2 operations, 2 configurations",
    ]
    # Which write the first read saw can't be told.
    again = sequential(history("0 write x 1", "1 write x 1", "2 read x 1", "2 read x -"))
    assert (
        again.sentence.startswith("No order of these 4 operations")
        and again.reasons[-1]
        == "In the order of process 2: “process 2 read x → 1”, then “process 2 read x → –”."
    )
    # Each key alone is sequential, both together are not.
    both = history("0 write x 1", "0 read y -", "1 write y 1", "1 read x -")
    assert not sequential(both)


def test_causal_consistency_and_its_patterns():
    examples = {
        "ThinAirRead": ("cc", ["0 read x 7"]),
        "WriteCOInitRead": ("cc", ["0 write x 1", "0 write y 1", "1 read y 1", "1 read x -"]),
        "WriteCORead": (
            "cc",
            ["0 write x 1", "0 write x 2", "0 write y 1", "1 read y 1", "1 read x 1"],
        ),
        "CyclicCF": (
            "ccv",
            ["0 write x 1", "1 write x 2", "2 read x 1", "2 read x 2", "3 read x 2", "3 read x 1"],
        ),
        "CyclicHB": (
            "cm",
            ["0 write x 1", "1 write x 2", "2 read x 1", "2 read x 2", "2 read x 1"],
        ),
        "CyclicCO": ("cc", ["0 read x 1", "0 write y 1", "1 read y 1", "1 write x 1"]),
    }
    for pattern, (kind, lines) in examples.items():
        found = causal(history(*lines), kind)
        assert (found.holds, found.rule) == (
            False,
            {"cc": "causal", "ccv": "causal-convergence", "cm": "causal-memory"}[kind],
        ), found
        assert found.sentence.endswith(f" ({pattern}).")
        assert not causal(found.history, kind)  # What is shown is bad by itself.
    orphan = causal(history(*examples["WriteCOInitRead"][1]))
    assert (
        orphan.sentence
        == "“process 1 read x → –” returned the initial value, but “process 0 write x 1” is "
        "among its causes (WriteCOInitRead)."
    )
    assert orphan.reasons == (
        "“process 0 write x 1” comes before “process 0 write y 1”: process 0 made them "
        "in this order.",
        "“process 0 write y 1” comes before “process 1 read y → 1”, which returned what it wrote.",
        "“process 1 read y → 1” comes before “process 1 read x → –”: process 1 made them "
        "in this order.",
    )
    # Two processes that see two writes in different orders: causal, and neither convergent nor
    # sequential.
    split = history(*examples["CyclicCF"][1])
    assert (
        causal(split, "cc")
        and causal(split, "cm")
        and not causal(split, "ccv")
        and not sequential(split)
    )


def test_whatever_is_sequential_is_causal_of_every_kind_and_keeps_the_sessions():
    seen = 0
    for seed in range(1500):
        found = random_history(seed, processes=3, calls=6, keys="xy")
        if sequential(found):
            seen += 1
            assert all(causal(found, kind) for kind in ("cc", "ccv", "cm")), seed
        elif not causal(found, "cc"):
            assert not causal(found, "ccv") and not causal(found, "cm")
    assert seen > 150


def test_whatever_is_linearizable_keeps_every_session_and_is_never_stale():
    seen = 0
    for seed in range(1500):
        found = random_history(seed, processes=3, calls=6)
        if linearizable(found):
            seen += 1
            assert sessions(found) and bounded_staleness(found, versions=0)
    assert seen > 150


@pytest.mark.parametrize(
    "guarantee, lines",
    [
        ("read-your-writes", ["0 write x 1", "0 read x -"]),
        ("monotonic-reads", ["0 write x 1", "0 write x 2", "1 read x 2", "1 read x 1"]),
        ("monotonic-writes", ["0 write x 1", "0 write y 2", "1 read y 2", "1 read x -"]),
        (
            "writes-follow-reads",
            ["0 write x 1", "1 read x 1", "1 write y 2", "2 read y 2", "2 read x -"],
        ),
    ],
)
def test_each_session_guarantee_is_broken_alone(guarantee, lines):
    found = history(*lines)
    assert [name for name in GUARANTEES if not sessions(found, name)] == [guarantee]
    verdict = sessions(found)
    assert verdict.rule == guarantee and len(verdict.reasons) == len(verdict.history.operations)


def test_overlapping_writes_have_no_order():
    events = [
        Event(0, "invoke", "write", "x", 1),
        Event(1, "invoke", "write", "x", 2),
        Event(0, "ok", "write", "x", 1),
        Event(1, "ok", "write", "x", 2),
    ]
    reads = [Event(2, kind, "read", "x", value) for value in (1, 2, 1) for kind in ("invoke", "ok")]
    assert sessions(History(events + reads))


def test_staleness_counts_versions_and_time():
    found = history("0 write x 1", "0 write x 2", "0 write x 3", "1 read x 1")
    assert bounded_staleness(found, versions=2) and not bounded_staleness(found, versions=1)
    assert (
        "was 2 versions out of date; allowed is 1 version."
        in bounded_staleness(found, versions=1).sentence
    )
    assert bounded_staleness(found, within=15) and not bounded_staleness(found, within=14)
    with pytest.raises(DslabError, match="either versions"):
        bounded_staleness(found)


def test_convergence_needs_late_reads_that_agree():
    assert convergence(history("0 write x 1", "1 read x 1", "2 read x 1"))
    split = convergence(history("0 write x 1", "1 read x 1", "2 read x -"))
    assert not split and split.sentence.startswith("After the last write of x")
    assert convergence(history("0 write x 1")).holds is None
    assert (
        convergence(history("0 write x 1", "1 read x 9")).sentence
        == "All agree on 9 of x, which nobody wrote."
    )
    assert convergence(history("0 write x 1", "1 read x 1"), quiet=6).holds is None
    assert same_states({"n1": (1,), "n2": (1,)}) and not same_states({"n1": (1,), "n2": (2,)})


# More models of one copy.


def calls(*parts):
    events = []
    for process, f, value, result in parts:
        events += [Event(process, "invoke", f, None, value), Event(process, "ok", f, None, result)]
    return History(events)


@pytest.mark.parametrize(
    "model, good, bad",
    [
        (
            "set",
            [
                (0, "add", 1, 1),
                (1, "contains", 1, True),
                (0, "remove", 1, 1),
                (1, "read", None, ()),
            ],
            (1, "contains", 1, True),
        ),
        (
            "queue",
            [
                (0, "enqueue", 1, 1),
                (0, "enqueue", 2, 2),
                (1, "dequeue", None, 1),
                (1, "dequeue", None, 2),
            ],
            (0, "dequeue", None, 2),
        ),
        (
            "list",
            [(0, "append", 1, 1), (1, "append", 2, 2), (0, "read", None, (1, 2))],
            (1, "read", None, (2, 1)),
        ),
        (
            "lock",
            [(0, "acquire", None, None), (0, "release", None, None), (1, "acquire", None, None)],
            (0, "acquire", None, None),
        ),
    ],
)
def test_models(model, good, bad):
    assert linearizable(calls(*good), model)
    verdict = linearizable(calls(*good, bad), model)
    assert not verdict and str(verdict.history.operations[-1]) in repr(verdict)


class Counter(Model):
    functions = frozenset({"increment", "read"})
    reads = frozenset({"read"})
    initial = 0

    def step(self, state, op):
        if op.f == "increment":
            return op.outcome == "info" or op.result == state + 1, state + 1
        return op.result == state, state


def test_a_model_of_one_s_own():
    assert linearizable(
        calls((0, "increment", None, 1), (1, "increment", None, 2), (0, "read", None, 2)), Counter
    )
    found = linearizable(calls((0, "increment", None, 1), (1, "increment", None, 1)), Counter)
    assert not found and "“process 1 increment → 1”" in found.sentence + "".join(found.reasons)


def test_bad_input_is_told_in_a_sentence():
    twice = history("0 write x 1", "1 write x 1")
    for check in (causal, sessions, lambda found: bounded_staleness(found, versions=1)):
        with pytest.raises(DslabError, match="needs writes of different values"):
            check(twice)
    with pytest.raises(DslabError, match="takes reads and writes alone"):
        causal(calls((0, "enqueue", 1, 1)))
    with pytest.raises(DslabError, match="no kind of causal consistency"):
        causal(twice, "strong")
    with pytest.raises(DslabError, match="no session guarantee"):
        sessions(twice, "eventual")
    with pytest.raises(DslabError, match="versions='1': give a whole number, 0 or more"):
        bounded_staleness(twice, versions="1")
    with pytest.raises(DslabError, match="quiet=-4: give a number, 0 or more"):
        convergence(twice, quiet=-4)
    with pytest.raises(DslabError, match="budget=0: give a whole number, 1 or more"):
        sequential(twice, budget=0)
    with pytest.raises(DslabError, match="give a mapping from their names"):
        same_states([1, 2])
    with pytest.raises(DslabError, match="sequential\\(\\) checks a History"):
        sequential(7)


def test_the_reasons_of_a_circle_lead_from_each_call_to_the_next():
    """Not sequential, and each read's write is known: the reasons go round, and each is true."""
    told = 0
    for seed in range(2500):
        found = random_history(seed, processes=3, calls=6, keys="xy")
        verdict = sequential(found)
        if verdict.holds is False and "all the way round" in verdict.sentence:
            told += 1
            ends = [
                re.match("“(.*?)” comes before “(.*?)”(?:: |, )(.*)", reason).groups()
                for reason in verdict.reasons
            ]
            assert [other for _, other, _ in ends] == [one for one, _, _ in ends[1:] + ends[:1]], (
                verdict
            )
            places = {str(op): place for place, op in enumerate(verdict.history.operations)}
            for one, other, why in ends:
                a, b = (verdict.history.operations[places[name]] for name in (one, other))
                if "in this order" in why:
                    assert a.process == b.process and a.invoked < b.invoked
                elif "what it wrote" in why:
                    assert (a.f, b.f, a.key, a.value) == ("write", "read", b.key, b.result)
                elif "still returned" in why:
                    assert (a.f, b.f, a.key) == ("read", "write", b.key) and a.result != b.value
                else:
                    assert (a.f, b.f, a.key) == ("write", "write", b.key)
    assert told > 80
