"""Limits in process: an endless loop ends in a sentence, and the old tracer is there again."""

import sys

import pytest

from dslab.learn.limits import BudgetExceeded, Raised, in_words, limited


def spin():
    while True:
        pass  # noqa: E701


def count_to(n):
    total = 0
    for number in range(n):
        total += number
    return total


def swallow():
    while True:
        try:
            spin()
        except Exception:
            pass


@pytest.mark.parametrize(
    "endless",
    [
        spin,
        swallow,
        lambda: [0 for _ in iter(int, 1)],
        lambda: sum(1 for _ in iter(int, 1)),
        lambda: max(iter(int, 1), key=lambda n: n),
    ],
)
def test_an_endless_loop_ends(endless):
    with pytest.raises(
        BudgetExceeded, match="look for a loop that never ends|look for a timer of no time"
    ):
        with limited(20_000, 20_000):
            endless()


def test_the_limit_is_the_same_each_time():
    def least(n):
        for budget in range(10, 2_000, 10):
            try:
                with limited(budget):
                    count_to(n)
                return budget
            except BudgetExceeded:
                pass

    assert least(300) == least(300) > least(100)


def test_each_call_has_its_own_budget_and_calls_are_counted():
    from dslab.learn.grading import kept  # Any function of dslab that calls back.

    def calls(n):
        for _ in range(n):
            kept(lambda _: count_to(10), object())

    with limited(200, 50):
        kept(lambda _: count_to(10), object())
    with pytest.raises(BudgetExceeded):
        with limited(10**6, 50):
            calls(60)


def test_the_tracer_that_was_there_comes_back():
    def tracer(*_):
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        with pytest.raises(BudgetExceeded), limited(100):
            spin()
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


def test_a_limit_inside_a_limit_leaves_the_outer_one_in_place():
    with pytest.raises(BudgetExceeded):
        with limited(5_000):
            with pytest.raises(BudgetExceeded), limited(100):
                spin()
            spin()


def words_of(function):
    try:
        with limited(10_000):
            function()
    except BaseException as error:
        return in_words(error)


def raises(error):
    raise error


@pytest.mark.parametrize(
    "function, sentence",
    [
        (lambda: raises(KeyError("x")), "Your code raised KeyError: 'x' (raises, line "),
        (lambda: raises(SystemExit()), "Your code raised SystemExit (raises, line "),
        (
            spin,
            "Your code did not come to an end: one call ran more than 10,000 lines: look "
            "for a loop that never ends (spin, line ",
        ),
        (
            lambda: raises(Raised("ValueError", "no", "on_Vote, line 3")),
            "Your code raised ValueError: no (on_Vote, line 3).",
        ),
        (
            lambda: raises(Raised("BudgetExceeded", "too much", "")),
            "Your code did not come to an end: too much.",
        ),
    ],
)
def test_what_went_wrong_is_said_in_words(function, sentence):
    assert words_of(function).startswith(sentence)
