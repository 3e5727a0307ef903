"""Anomalies of transactions: by example, and against every order of small random histories."""

from itertools import permutations
from random import Random

import pytest

from dslab.check.transactions import ANOMALIES, LEVELS, transactions
from dslab.errors import DslabError
from dslab.run import Event, History


def steps(text, asked):
    """ "ax1 ry12 rz": append 1 to x, read (1, 2) from y, read nothing from z."""
    return tuple(
        ("append", step[1], int(step[2]))
        if step[0] == "a"
        else ("r", step[1], None if asked else tuple(map(int, step[2:])))
        for step in text.split()
    )


def history(*texts):
    """One transaction after the other, each by its own process; "!" means refused."""
    events = []
    for process, text in enumerate(texts):
        refused = text.startswith("!")
        text = text.lstrip("!")
        events.append(Event(process, "invoke", "txn", None, steps(text, True)))
        events.append(
            Event(process, "fail" if refused else "ok", "txn", None, steps(text, refused))
        )
    return History(events)


EXAMPLES = {
    "internal": ["ax1 rx"],
    "duplicate": ["ax1", "rx11"],
    "incompatible-order": ["ax1", "ax2", "rx12", "rx21"],
    "G0": ["ax1 ay1", "ax2 ay2", "rx12", "ry21"],
    "G1a": ["!ax1", "rx1"],
    "G1b": ["ax1 ax2", "rx1", "rx12"],
    "G1c": ["ax1 ry1", "ay1 rx1"],
    "G-single": ["ax1 ay1", "rx ry1", "rx1"],
    "G2": ["rx ay1", "ry ax1", "rx1 ry1"],
}


@pytest.mark.parametrize("anomaly", ANOMALIES)
def test_each_anomaly(anomaly):
    verdict = transactions(history(*EXAMPLES[anomaly]))
    assert (verdict.holds, verdict.rule) == (False, "serializable") and verdict.sentence.startswith(
        (f"{anomaly}: ", f"{anomaly} (")
    ), verdict
    allowed = [level for level, count in LEVELS.items() if ANOMALIES.index(anomaly) >= count]
    assert [
        level for level in LEVELS if transactions(history(*EXAMPLES[anomaly]), level)
    ] == allowed


def test_a_cycle_in_words():
    assert repr(transactions(history(*EXAMPLES["G2"]))).splitlines() == [
        "✗ serializable: violated. G2 (write skew): T1 → T2 → T1 is a cycle, so these "
        "transactions have no order.",
        "  1. T1 is “process 0 [r x → (), append y 1]”.",
        "  2. T2 is “process 1 [r y → (), append x 1]”.",
        "  3. T1 comes before T2 (rw): it read x as (), before T2 appended 1.",
        "  4. T2 comes before T1 (rw): it read y as (), before T1 appended 1.",
        "  looked at 3 transactions",
    ]


def run_in_order(programs):
    """What the transactions read, one after the other."""
    lists, found = {}, []
    for program in programs:
        done = []
        for f, key, value in program:
            if f == "append":
                lists[key] = (*lists.get(key, ()), value)
                done.append((f, key, value))
            else:
                done.append((f, key, lists.get(key, ())))
        found.append(tuple(done))
    return found


def random_programs(random, count):
    number, programs = 0, []
    for _ in range(count):
        program = []
        for _ in range(random.randint(1, 3)):
            key = random.choice("xy")
            if random.random() < 0.5:
                number += 1
                program.append(("append", key, number))
            else:
                program.append(("r", key, None))
        programs.append(tuple(program))
    return programs


def as_history(programs, answers):
    return History(
        [
            event
            for process, (asked, got) in enumerate(zip(programs, answers))
            for event in (
                Event(process, "invoke", "txn", None, asked),
                Event(process, "ok", "txn", None, got),
            )
        ]
    )


def test_what_ran_in_some_order_has_no_anomaly():
    for seed in range(300):
        random = Random(f"serial {seed}")
        programs = random_programs(random, 5)
        order = random.sample(range(5), 5)
        answers = dict(zip(order, run_in_order([programs[place] for place in order])))
        assert transactions(as_history(programs, [answers[place] for place in range(5)])), seed


def test_where_all_lists_are_read_at_the_end_it_agrees_with_every_order_tried():
    verdicts = []
    for seed in range(600):
        random = Random(f"any {seed}")
        programs = random_programs(random, 4)
        final = {
            key: random.sample(values, len(values))
            for key in "xy"
            for values in [
                [v for program in programs for f, k, v in program if f == "append" and k == key]
            ]
        }
        last = tuple(("r", key, tuple(final[key])) for key in "xy")
        answers = [
            tuple(
                (
                    f,
                    key,
                    value
                    if f == "append"
                    else tuple(final[key][: random.randint(0, len(final[key]))]),
                )
                for f, key, value in program
            )
            for program in programs
        ] + [last]
        programs.append((("r", "x", None), ("r", "y", None)))
        serial = any(
            [answers[place] for place in order]
            == run_in_order([programs[place] for place in order])
            for order in permutations(range(5))
        )
        verdict = transactions(as_history(programs, answers))
        assert verdict.holds == serial, (seed, verdict)
        verdicts.append(serial)
    assert 20 < sum(verdicts) < 580


def test_bad_input_is_told_in_a_sentence():
    with pytest.raises(DslabError, match="no isolation level"):
        transactions(history("ax1"), "strict")
    with pytest.raises(DslabError, match="1 is appended to x twice"):
        transactions(history("ax1", "ax1"))
    with pytest.raises(DslabError, match='takes operations "txn"'):
        transactions(History([Event(0, "invoke", "read", "x")]))
    with pytest.raises(DslabError, match="other steps"):
        transactions(
            History(
                [
                    Event(0, "invoke", "txn", None, (("r", "x", None),)),
                    Event(0, "ok", "txn", None, (("r", "y", ()),)),
                ]
            )
        )
