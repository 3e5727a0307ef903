"""The explanations: the smallest bad core is the real reason, and the sentence about it is true."""

import re
from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings

from dslab.check import MODELS, Model, linearizable
from dslab.run.history import Event, History, Operation
from tests.check.test_linearizable import brute_force, history, small_histories

FUNCTIONS = {
    "register": ["read", "write"],
    "cas-register": ["read", "write", "cas", "cas"],
    "kv": ["get", "put", "append", "append"],
}


def calls(*steps, times=False) -> History:
    """A history of key x: (process, f, value) begins a call, (process, outcome, value) ends it."""
    events, open_calls = [], {}
    for number, (process, what, value) in enumerate(steps):
        time = 10.0 * number if times else None
        if what in ("ok", "info", "fail"):
            events.append(Event(process, what, open_calls.pop(process), "x", value, time))
        else:
            open_calls[process] = what
            events.append(Event(process, "invoke", what, "x", value, time))
    return History(events)


def done(process, f, value=None, result=None):
    """A call that nothing overlaps."""
    return (process, f, value), (process, "ok", result if f in ("read", "get") else value)


def may_have_written(operations, values):
    for op in operations:
        if op.f not in ("read", "get"):
            written = op.value[1] if op.f == "cas" else op.value
            if any(
                written == value
                or isinstance(written, str)
                and isinstance(value, str)
                and written in value
                for value in values
            ):
                yield op


def almost_right(seed: int, model: str) -> History:
    """What three clients see of one copy, where at most one answer is that of another moment, or a
    refused call succeeds. Values come again.
    """
    random, sequential, state = Random(seed), MODELS[model], None
    events, open_calls, states, calls = [], {}, [None], 0
    while calls < 7 or open_calls:
        lane = random.randrange(3)
        if lane in open_calls:
            event, answer = open_calls[lane]
            if answer is None and random.random() < 0.6:  # It takes effect now, and returns later.
                fits, after = sequential.step(
                    state, Operation(0, event.f, None, event.value, state, "ok", 0, 1)
                )
                state = after if fits else state
                states.append(state)
                open_calls[lane] = (
                    event,
                    (
                        "ok" if fits else "fail",
                        state if event.f in ("read", "get") else event.value,
                    ),
                )
            elif answer is not None:
                events.append(replace(event, type=answer[0], value=answer[1]))
                del open_calls[lane]
        elif calls < 7:
            calls += 1
            f, value = (
                random.choice(FUNCTIONS[model]),
                random.choice("ab") if model == "kv" else random.randrange(2),
            )
            value = {
                "read": None,
                "get": None,
                "cas": (random.randrange(2), random.randrange(2)),
            }.get(f, value)
            events.append(Event(lane, "invoke", f, None, value))
            open_calls[lane] = events[-1], None
    reads = [
        place
        for place, event in enumerate(events)
        if event.type == "ok" and event.f in ("read", "get")
    ]
    refused = [place for place, event in enumerate(events) if event.type == "fail"]
    if refused and random.random() < 0.7:
        wrong = random.choice(refused)
        events[wrong] = replace(events[wrong], type="ok")
    elif reads:
        wrong = random.choice(reads)
        events[wrong] = replace(events[wrong], value=random.choice(states))
    return History(events)


def test_the_sentence_is_the_reason():
    """The calls that the sentence names, with all that may have written what they found, can't be
    put in order by themselves.
    """
    kinds = Counter()
    for model, seed in product(FUNCTIONS, range(1000)):
        events = almost_right(seed, model)
        verdict = linearizable(events, model)
        if verdict.holds:
            continue
        named = [
            op for op in verdict.history.operations if f"“{op}”" in verdict.sentence
        ] or verdict.history.operations
        found = [
            op.result if op.f in ("read", "get") else op.value[0]
            for op in named
            if op.outcome == "ok" and op.f in ("read", "get", "cas")
        ]
        whole = {str(op) for op in [*named, *may_have_written(events.operations, found)]}
        rest = events.only(op for op in events.operations if str(op) in whole)
        assert not brute_force(rest, MODELS[model]), f"{verdict!r} is not the reason in {events!r}"
        kinds[re.sub(r"“.*?”|\d+|–", "…", verdict.sentence).partition(":")[0]] += 1
    # Every kind of sentence has been put to the test.
    for part in (
        "nobody had written by then",
        "is stale",
        "goes back in time",
        "succeeded, but",
        "each replaced",
        "misses",
        "No order of",
    ):
        assert sum(count for kind, count in kinds.items() if part in kind) >= 3, (part, kinds)


@pytest.mark.parametrize("model", FUNCTIONS)
def test_no_part_of_the_core_can_be_left_out(model):
    """Without any one read it holds; a write may have to stay for a read of its value."""

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(small_histories(FUNCTIONS[model]))
    def is_minimal(events):
        verdict = linearizable(events, model)
        if verdict.holds:
            return
        operations = verdict.history.operations
        for op in operations:
            if op.f in ("read", "get"):
                assert linearizable(
                    verdict.history.only([other for other in operations if other is not op]), model
                ).holds

    is_minimal()


def test_values_that_are_written_twice_do_not_mislead():
    """The read of 1 is fine, as 1 was written again; what is wrong is the read of 2 after it."""
    verdict = linearizable(history("0:w1( 0:) 0:w2( 0:) 0:w1( 0:) 1:r( 1:)=1 1:r( 1:)=2"))
    assert verdict.sentence == (
        "“process 1 read → 2” is stale: “process 0 write 1” had returned before, "
        "so the read must return 1 or something written later."
    )


def test_a_value_that_is_written_only_later():
    noise = " ".join(f"0:w{n}( 0:) 2:r( 2:)={n}" for n in range(10, 30))
    verdict = linearizable(history(f"{noise} 1:r( 1:)=99 0:w99( 0:) {noise}"))
    assert (
        verdict.sentence
        == "“process 1 read → 99” returned a value that nobody had written by then."
    )
    assert len(verdict.history.operations) == 1


def test_a_read_that_is_still_open_is_not_blamed():
    """The slow read returns what is written after the violation."""
    verdict = linearizable(history("0:w1( 0:) 3:r( 0:w2( 0:) 1:r( 1:)=1 0:w5( 0:) 3:)=5"))
    assert "“process 1 read → 1” is stale" in verdict.sentence


def test_values_that_return_again_and_again():
    verdict = linearizable(history("0:w1( 1:w2( 2:r( 2:)=1 2:r( 2:)=2 2:r( 2:)=1 0:) 1:)"))
    assert verdict.sentence == (
        "“process 2 read → 1” goes back in time: “process 2 read → 1” had found 1 and then "
        "“process 2 read → 2” 2, and 1 was there only once."
    )


def test_the_initial_value_does_not_return():
    verdict = linearizable(history("0:w1( 1:r( 1:)=1 2:r( 2:)=- 0:)"))
    assert verdict.sentence == (
        "“process 2 read → –” goes back in time: “process 1 read → 1” had returned "
        "before it was called, "
        "so 1 was there already, and nothing can bring the initial value back."
    )


class TestCompareAndSet:
    def sentence(self, text):
        return linearizable(history(text), "cas-register").sentence

    def test_of_what_nobody_wrote(self):
        assert self.sentence("0:w1( 0:) 1:c3,2( 1:)") == (
            "“process 1 cas from 3 to 2” succeeded, but nobody had written 3 by then."
        )

    def test_that_can_not_have_written_what_it_found(self):
        assert (
            self.sentence("1:c3,3( 1:)")
            == "“process 1 cas from 3 to 3” succeeded, but nobody had written 3 by then."
        )

    def test_of_what_was_overwritten(self):
        assert self.sentence("0:w1( 0:) 0:w2( 0:) 1:c1,3( 1:)") == (
            "“process 1 cas from 1 to 3” succeeded, but “process 0 write 2” had returned "
            "before, so 1 was gone."
        )

    def test_of_the_initial_value_too_late(self):
        events = History(
            [
                Event(0, "invoke", "write", None, 1),
                Event(0, "ok", "write", None, 1),
                Event(1, "invoke", "cas", None, (None, 2)),
                Event(1, "ok", "cas", None, (None, 2)),
            ]
        )
        assert linearizable(events, "cas-register").sentence == (
            "“process 1 cas from – to 2” succeeded, but “process 0 write 1” had returned "
            "before, so the initial value was gone."
        )

    def test_two_that_both_win(self):
        assert self.sentence("0:w1( 0:) 1:c1,2( 2:c1,3( 1:) 2:)") == (
            "“process 1 cas from 1 to 2” and “process 2 cas from 1 to 3” each replaced "
            "1, which was there only once."
        )

    def test_three_of_what_was_there_twice(self):
        assert self.sentence("0:w1( 9:w1( 1:c1,2( 2:c1,3( 3:c1,4( 1:) 2:) 3:) 0:) 9:)").endswith(
            "each replaced 1, which was there only 2 times."
        )

    def test_one_that_changes_nothing_uses_nothing_up(self):
        assert linearizable(
            history("0:w1( 0:) 1:c1,1( 2:c1,1( 1:) 2:) 3:c1,2( 3:)"), "cas-register"
        ).holds

    def test_a_read_of_what_one_replaced(self):
        assert self.sentence("0:w1( 0:) 1:c1,2( 1:) 2:r( 2:)=1") == (
            "“process 2 read → 1” is stale: “process 1 cas from 1 to 2” had returned before, "
            "so the read must return 2 or something written later."
        )

    def test_one_of_unknown_outcome_may_have_written(self):
        assert linearizable(
            history("0:w1( 0:) 1:c1,2( 1:? 2:r( 2:)=1 2:r( 2:)=2"), "cas-register"
        ).holds
        assert self.sentence("0:w1( 0:) 1:c1,2( 1:? 2:r( 2:)=2 2:r( 2:)=1").startswith(
            "“process 2 read → 1” goes back in time"
        )

    def test_one_that_was_refused_wrote_nothing(self):
        assert self.sentence("0:w1( 0:) 1:c1,2( 1:! 2:r( 2:)=2") == (
            "“process 2 read → 2” returned a value that nobody had written by then."
        )

    def test_one_that_is_open_at_the_violation(self):
        """It succeeds later, on a value that is written later."""
        verdict = linearizable(
            history("0:w1( 0:) 1:c7,8( 0:w2( 0:) 2:r( 2:)=1 0:w7( 0:) 1:)"), "cas-register"
        )
        assert "“process 2 read → 1” is stale" in verdict.sentence
        assert len(verdict.history.operations) == 3


class TestAppends:
    def test_a_lost_one(self):
        verdict = linearizable(
            calls(
                *done(0, "put", "a"),
                *done(0, "append", "b"),
                *done(1, "append", "c"),
                *done(2, "get", None, "ac"),
            ),
            "kv",
        )
        assert (
            verdict.sentence
            == "“process 2 get x → ac” misses “process 0 append x b”, which had returned "
            "before it was called."
        )

    def test_the_value_before_the_first(self):
        verdict = linearizable(calls(*done(0, "append", "b"), *done(2, "get", None, "")), "kv")
        assert (
            verdict.sentence
            == "“process 2 get x → ''” misses “process 0 append x b”, which had returned "
            "before it was called."
        )

    def test_one_applied_twice(self):
        verdict = linearizable(
            calls(*done(0, "put", "a"), *done(0, "append", "b"), *done(1, "get", None, "abb")), "kv"
        )
        assert [str(op) for op in verdict.history.operations] == [
            "process 0 put x a",
            "process 0 append x b",
            "process 1 get x → abb",
        ]
        assert (
            verdict.sentence
            == "After “process 0 put x a”, then “process 0 append x b” the key-value store "
            "holds ab, so “process 1 get x → abb” can't be next."
        )

    def test_in_an_order_that_can_not_be(self):
        verdict = linearizable(
            calls(*done(0, "append", "a"), *done(0, "append", "b"), *done(1, "get", None, "ba")),
            "kv",
        )
        assert (
            verdict.sentence
            == "After “process 0 append x a”, then “process 0 append x b” the key-value "
            "store holds ab, so “process 1 get x → ba” can't be next."
        )

    def test_what_nobody_wrote(self):
        verdict = linearizable(calls(*done(0, "append", "a"), *done(1, "get", None, "az")), "kv")
        assert (
            verdict.sentence
            == "“process 1 get x → az” returned a value that nobody had written by then."
        )

    def test_the_put_that_a_value_begins_with_stays(self):
        verdict = linearizable(
            calls(*done(0, "put", "a"), *done(0, "append", "b"), *done(1, "get", None, "a")), "kv"
        )
        assert [op.f for op in verdict.history.operations] == ["put", "append", "get"]

    def test_what_is_put_anew_ends_them(self):
        assert linearizable(
            calls(*done(0, "append", "a"), *done(1, "put", "c"), *done(1, "get", None, "c")), "kv"
        ).holds
        verdict = linearizable(
            calls(*done(0, "append", "a"), *done(1, "put", "c"), *done(1, "get", None, "a")), "kv"
        )
        assert not verdict.holds and "misses" not in verdict.sentence

    def test_one_of_unknown_outcome(self):
        lost = [(0, "append", "a"), (0, "info", "a")]
        assert linearizable(
            calls(*lost, *done(1, "get", None, ""), *done(1, "get", None, "a")), "kv"
        ).holds
        verdict = linearizable(
            calls(*lost, *done(1, "get", None, "a"), *done(1, "get", None, "")), "kv"
        )
        assert verdict.holds is False and "process 0 append x a (outcome unknown)" in "".join(
            map(str, verdict.history.operations)
        )

    def test_numbers(self):
        assert linearizable(
            calls(*done(0, "append", 2), *done(0, "append", 3), *done(1, "get", None, 5)), "kv"
        ).holds
        verdict = linearizable(
            calls(*done(0, "append", 2), *done(0, "append", 3), *done(1, "get", None, 4)), "kv"
        )
        assert (
            verdict.sentence
            == "After “process 0 append x 2”, then “process 0 append x 3” the key-value "
            "store holds 5, so “process 1 get x → 4” can't be next."
        )


def test_zero_is_a_value_of_a_key_and_not_its_absence():
    assert not linearizable(calls(*done(0, "put", 0), *done(1, "get", None, None)), "kv")
    assert not linearizable(calls(*done(1, "get", None, False)), "kv")
    assert linearizable(calls(*done(1, "get", None, "")), "kv") and linearizable(
        calls(*done(0, "put", ""), *done(1, "get")), "kv"
    )


class TestWords:
    def test_with_times(self):
        verdict = linearizable(
            calls(
                *done(0, "write", 1),
                (1, "write", 2),
                *done(2, "read", None, 2),
                *done(2, "read", None, 1),
                times=True,
            )
        )
        assert verdict.reasons == (
            "“process 0 write x 1”: called at 0 ms, returned at 10 ms.",
            "“process 1 write x 2 (outcome unknown)”: called at 20 ms, with no answer by then.",
            "“process 2 read x → 2”: called at 30 ms, returned at 40 ms.",
            "“process 2 read x → 1”: called at 50 ms, returned at 60 ms.",
            "“process 0 write x 1” returned before “process 1 write x 2 (outcome "
            "unknown)” was called, so it comes first in any order.",
            "“process 0 write x 1” returned before “process 2 read x → 2” was called, so "
            "it comes first in any order.",
            "“process 2 read x → 2” returned before “process 2 read x → 1” was called, "
            "so it comes first in any order.",
        )

    def test_large_times_are_not_rounded(self):
        events = [
            Event(0, "invoke", "read", None, None, 12345678.125),
            Event(0, "ok", "read", None, 3, 12345679.5),
        ]
        assert linearizable(History(events)).reasons == (
            "“process 0 read → 3”: called at 12345678.125 ms, returned at 12345679.5 ms.",
        )

    def test_what_overlaps_everything_is_named(self):
        verdict = linearizable(history("1:c1,2( 2:c1,3( 0:w1( 0:) 1:) 2:)"), "cas-register")
        assert verdict.reasons == (
            "“process 1 cas from 1 to 2” overlaps all the others.",
            "“process 2 cas from 1 to 3” overlaps all the others.",
            "“process 0 write 1” overlaps all the others.",
        )
        assert verdict.sentence.endswith("each replaced 1, which was there only once.")


class Lock(Model):
    name, functions, initial = "lock", frozenset({"acquire", "release"}), "free"

    def step(self, state, op):
        wanted, after = {"acquire": ("free", "held"), "release": ("held", "free")}[op.f]
        return state == wanted, after


class Sum(Model):
    name, functions, reads, initial = "counter", frozenset({"add", "read"}), frozenset({"read"}), 0

    def step(self, state, op):
        return (True, state + op.value) if op.f == "add" else (op.result == state, state)


class TestModelsOfOnesOwn:
    def test_nothing_that_may_matter_is_left_out(self):
        verdict = linearizable(
            calls(
                *done(0, "acquire"),
                *done(0, "release"),
                *done(1, "acquire"),
                *done(2, "acquire"),
                *done(0, "release"),
            ),
            Lock,
        )
        assert [op.f for op in verdict.history.operations] == [
            "acquire",
            "release",
            "acquire",
            "acquire",
        ]
        assert verdict.sentence == (
            "After “process 0 acquire x”, then “process 0 release x”, then “process 1 "
            "acquire x” the lock holds held, "
            "so “process 2 acquire x” can't be next."
        )

    def test_nothing_is_said_of_values_that_it_makes_itself(self):
        verdict = linearizable(
            calls(*done(0, "add", 2), *done(0, "add", 3), *done(1, "read", None, 4)), Sum
        )
        assert (
            len(verdict.history.operations) == 3
            and "the counter holds 5, so “process 1 read x → 4” can't be next" in verdict.sentence
        )

    def test_one_call_alone(self):
        assert (
            linearizable(calls(*done(0, "release")), Lock).sentence
            == "At the start the lock holds free, so “process 0 release x” can't be next."
        )


@pytest.mark.parametrize(
    "model, steps, sentence",
    [
        (
            "queue",
            [
                done("a", "enqueue", 1),
                done("b", "enqueue", 2),
                ((("a", "dequeue", None), ("a", "ok", 2))),
            ],
            "After “a enqueue x 1”, then “b enqueue x 2” the queue holds "
            "(1, 2), so “a dequeue x → 2” can't be next.",
        ),
        (
            "lock",
            [done("a", "acquire"), done("b", "acquire")],
            "After “a acquire x” the lock is held by a, so “b acquire x” can't be next.",
        ),
        (
            "lock",
            [done("a", "release")],
            "At the start the lock is free, so “a release x” can't be next.",
        ),
        (
            "set",
            [done("a", "add", 1), (("b", "contains", 1), ("b", "ok", False))],
            "“b contains x 1 → no” lacks 1: “a add x 1” had returned before.",
        ),
        (
            "list",
            [done("a", "append", 1), done("b", "append", 2), done("b", "read", None, (2, 1))],
            "After “a append x 1”, then “b append x 2” the list holds "
            "(1, 2), so “b read x → (2, 1)” can't be next.",
        ),
    ],
)
def test_each_model_says_what_it_holds_where_no_answer_fits(model, steps, sentence):
    assert (
        linearizable(calls(*(event for step in steps for event in step)), model).sentence
        == sentence
    )


def test_a_few_orders_are_told_one_by_one():
    overlapping = [("a", "append", 1), ("b", "append", 2), ("a", "ok", 1), ("b", "ok", 2)]
    reads = [("c", "read", None), ("d", "read", None), ("c", "ok", (1, 2)), ("d", "ok", (2, 1))]
    both = linearizable(calls(*overlapping, *reads), "list")
    tried = [reason for reason in both.reasons if reason.startswith("After")]
    assert (
        len(tried) > 1
        and both.sentence
        == "No order of these 4 operations that respects this gives each of them the answer "
        "that it got."
    )
