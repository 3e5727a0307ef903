"""Transactions: anomalies by example, and each level beside its definition on small histories."""

from random import Random

import pytest

from dslab.check.transactions import ANOMALIES, LEVELS, transactions
from dslab.errors import DslabError
from dslab.run import Event, History
from tests.check.isolation import LISTS, REGISTERS, allows, as_history, random_txns

RU, RC, RR = "read-uncommitted", "read-committed", "repeatable-read"
SI, SER = "snapshot-isolation", "serializable"


def steps(text, asked):
    """ "ax1 ry12 rz wu3 ru3 rv-": append 1 to x, read (1, 2) from y, () from z, write 3 to the
    register u and read it, read nothing from the register v.
    """
    found = []
    for step in text.split():
        f = {"a": "append", "w": "w", "r": "r"}[step[0]]
        value = tuple(map(int, step[2:])) if step[1] in "xyz" and f == "r" else step[2:]
        if isinstance(value, str):
            value = None if value == "-" else int(value)
        found.append((f, step[1], None if asked and f == "r" else value))
    return tuple(found)


def history(*texts, at_once=True):
    """Transactions by processes of their own, all at once or one after the other; "!" means
    refused, "?" of unknown outcome, "2:" by process 2.
    """
    calls, ends = [], []
    for number, text in enumerate(texts):
        process, _, text = text.rpartition(":")
        process = int(process) if process else number
        outcome = {"!": "fail", "?": "info"}.get(text[0], "ok")
        text = text.lstrip("!?")
        calls.append(Event(process, "invoke", "txn", None, steps(text, True)))
        ends.append(Event(process, outcome, "txn", None, steps(text, outcome != "ok")))
    return History(
        calls + ends if at_once else [event for pair in zip(calls, ends) for event in pair]
    )


EXAMPLES = {
    "future-read": (["rx1 ax1"], RU),
    "internal": (["ax1 rx"], RU),
    "garbage-read": (["ax1", "rx2"], RU),
    "duplicate": (["ax1", "rx11"], RU),
    "incompatible-order": (["ax1", "ax2", "rx12", "rx21"], RU),
    "G0": (["ax1 ay1", "ax2 ay2", "rx12", "ry21"], RU),
    "G1a": (["!ax1", "rx1"], RC),
    "dirty-update": (["!ax1", "ax2", "rx12"], RC),
    "G1b": (["ax1 ax2", "rx1", "rx12"], RC),
    "G1c": (["ax1 ry1", "ay1 rx1"], RC),
    "unrepeatable-read": (["ax1", "rx rx1"], RR),
    "lost-update": (["rx ax1", "rx ax2"], RR),
    "G-single": (["ax1 ay1", "rx ry1", "rx1"], RR),
    "G-nonadjacent": (["ax1", "rx1 ry", "ay1", "ry1 rx"], RR),
    "G2-item": (["rx ay1", "ry ax1", "rx1 ry1"], SER),
}


def found_in(texts, level):
    return {one.name for one in transactions(history(*texts), level).anomalies}


@pytest.mark.parametrize("anomaly", ANOMALIES)
def test_each_anomaly(anomaly):
    texts, weakest = EXAMPLES[anomaly]
    kinds = [RU, RC, RR, SI, SER]
    forbidden = kinds[kinds.index(weakest) :]
    if anomaly == "G2-item":
        forbidden = [RR, SER]
    for kind in kinds:
        verdict = transactions(history(*texts), kind)
        assert verdict.holds == (kind not in forbidden), (kind, verdict)
        if kind in forbidden:
            assert anomaly in found_in(texts, kind), (kind, verdict)
            assert anomaly in repr(verdict)


@pytest.mark.parametrize(
    "texts, level, name",
    [
        (["ax1 ay1", "rx1 ry"], SER, "G-single"),  # What nobody read comes after what lacks it.
        (["ax1 ay1", "rx1 ry"], SI, "G-single"),
        (["rx ay1", "ry ax1"], SER, "G2-item"),
        (["ax1", "rx1 ry", "ay1", "ry1 rx"], SI, "G-nonadjacent"),
        (["ru- wu1", "ru- wu2"], SI, "lost-update"),
        (["wu1 wv1", "ru1 rv-"], SI, "G-single"),
        (["wu1 wu2", "ru1"], RC, "G1b"),
        (["!wu1", "ru1"], RC, "G1a"),
        (["wu1 ru-"], RU, "internal"),
        (["ru1 wu1"], RU, "future-read"),
        (["ru5", "wu1"], RU, "garbage-read"),
        (["wu1 rv1", "wv1 ru1"], RC, "G1c"),
        (["wu1", "wu2", "ru1 ru2"], RR, "unrepeatable-read"),
        # Who read 1 and wrote 2 came between: no writer of v fits.
        (["wu1", "ru1 wu2 wv2", "rv2 ru1"], SER, "G-single"),
        # Whichever write was last, one reader saw them the other way round.
        (["wu1", "wu2", "wv1", "wv2", "ru1 rv1", "ru2 rv1", "ru1 rv2", "ru2 rv2"], SER, "G2-item"),
    ],
)
def test_anomalies_that_must_be_inferred(texts, level, name):
    verdict = transactions(history(*texts), level)
    assert verdict.holds is False and name in {one.name for one in verdict.anomalies}, verdict


def test_write_skew_is_snapshot_isolated():
    assert transactions(history("rx ay1", "ry ax1"), SI)
    assert transactions(history("ru- wv1", "rv- wu1"), SI)


def test_sessions_and_real_time():
    stale = history("ax1", "rx", at_once=False)
    assert transactions(stale, SER) and transactions(stale, "strong-session-serializable")
    verdict = transactions(stale, "strict-serializable")
    assert verdict.sentence.startswith("G-single-realtime (read skew): "), verdict
    assert "it was over before T" in repr(verdict)
    assert not transactions(stale, "strong-snapshot-isolation")
    same = history("7:ax1", "7:rx", at_once=False)
    assert transactions(same, SI)
    verdict = transactions(same, "strong-session-snapshot-isolation")
    assert verdict.sentence.startswith("G-single-process (read skew): "), verdict


def test_what_is_unknown_may_have_happened_and_what_was_read_has():
    assert transactions(history("?ax1 ay1", "rx ry"))
    assert transactions(history("?ax1 ay1", "rx1 ry1"))
    assert not transactions(history("?ax1 ay1", "rx1 ry"))
    assert transactions(history("?ax1 ay1", "ax2 ay2", "rx12", "ry21"), RU)
    assert not transactions(history("?ax1 ay1", "ax2 ay2", "rx12", "ry21"), RC)
    assert transactions(history("!ax1", "rx"))


def test_all_anomalies_are_found_not_the_first_only():
    texts = ["!ax1", "rx1", "ay1 az1", "ay2 az2", "ry12", "rz21", "ru- wv1", "rv- wu1"]
    verdict = transactions(history(*texts))
    assert {one.name for one in verdict.anomalies} == {"G1a", "G0", "G2-item"}, verdict
    words = repr(verdict)
    assert "✗ serializable: violated. G1a (aborted read): " in words
    assert "Also G0 (dirty write): T1 → T2 → T1 is a cycle" in words
    assert "“process 6 [r u → –, w v 1]”" in words
    assert [one["name"] for one in verdict.as_json()["anomalies"]] == ["G1a", "G0", "G2-item"]


def test_a_cycle_in_words():
    assert repr(transactions(history(*EXAMPLES["G2-item"][0]))).splitlines() == [
        "✗ serializable: violated. G2-item (write skew): T1 → T2 → T1 is a cycle, so these "
        "transactions have no order.",
        "  1. T1 is “process 0 [r x → (), append y 1]”.",
        "  2. T2 is “process 1 [r y → (), append x 1]”.",
        "  3. T1 comes before T2 (rw): it read x as (), before T2 appended 1.",
        "  4. T2 comes before T1 (rw): it read y as (), before T1 appended 1.",
        "  looked at 3 transactions",
    ]


@pytest.mark.parametrize("values", [LISTS, REGISTERS])
@pytest.mark.parametrize("part", range(4))
def test_each_level_is_what_its_definition_says(values, part):
    """Both ways: nothing that the definition allows is refused, nothing that it forbids holds."""
    verdicts = {level: [] for level in LEVELS}
    for seed in range(part * 40, part * 40 + 40):
        txns = random_txns(Random(f"{values} {seed}"), values=values)
        for level, found in verdicts.items():
            verdict = transactions(as_history(txns), level)
            assert verdict.holds == allows(txns, level), (seed, level, verdict)
            found.append(verdict.holds)
    for level, found in verdicts.items():
        assert True in found and False in found, level


@pytest.mark.parametrize("seed", [347, 669, 670, 706, 804, 939, 1585, 1836])
def test_where_an_inferred_order_is_what_makes_the_cycle(seed):
    txns = random_txns(Random(f"{REGISTERS} {seed}"), values=REGISTERS)
    verdicts = {level: transactions(as_history(txns), level) for level in LEVELS}
    assert {level: found.holds for level, found in verdicts.items()} == {
        level: allows(txns, level) for level in LEVELS
    }
    assert any("that order follows from T" in repr(found) for found in verdicts.values())


def test_bad_input_is_told_in_a_sentence():
    def refused(match, events, level=SER):
        with pytest.raises(DslabError, match=match):
            transactions(events, level)

    refused("no isolation level: choose|did you mean", history("ax1"), "strict")
    refused("did you mean serializable", history("ax1"), "serialisable")
    refused("line 2: 1 is appended to x twice, by “process 0", history("ax1", "ax1"))
    refused("line 1: “process 0 .* uses x as a register", history("ax1 wx2"))
    refused("writes null to u", history("wu-"))
    call = Event(0, "invoke", "read", "x")
    refused(
        'line 1: process 0 calls read; transactions\\(\\) takes operations "txn"', History([call])
    )
    for value, words in (
        (None, "calls txn with None, no list of steps"),
        ((("r", "x"),), "calls txn with \\('r', 'x'\\) as step 1"),
        ((("r", "x", None), ("inc", "x", 1)), ".* as step 2"),
    ):
        refused(f"line 1: process 0 {words}", History([Event(0, "invoke", "txn", None, value)]))
    asked, other = (("r", "x", None),), (("r", "y", ()),)
    for got, words in (
        (None, "is answered txn with None"),
        (other, "as step 1, but .* came back: another step"),
        (asked * 2, "with 1 steps, but 2 came back"),
    ):
        events = [Event(0, "invoke", "txn", None, asked), Event(0, "ok", "txn", None, got)]
        refused(words, History(events))
    refused(
        "reads the list x as 3",
        History(
            [
                Event(0, "invoke", "txn", None, (("append", "x", 1), ("r", "x", None))),
                Event(0, "ok", "txn", None, (("append", "x", 1), ("r", "x", 3))),
            ]
        ),
    )


def test_the_budget_ends_the_search_with_a_word_on_how_far_it_came():
    txns = ["wu1", "wu2", "wv1", "wv2", "ru1 rv1", "ru2 rv1", "ru2 rv2"]
    assert transactions(history(*txns)).holds is True
    verdict = transactions(history(*txns), budget=3)
    assert verdict.holds is None and "budget of 3 steps ran out: the first " in verdict.sentence
