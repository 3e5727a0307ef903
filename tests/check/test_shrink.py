"""Shrinking: what is left fails, is part of what was given, and can't lose any single step."""

from hypothesis import given
from hypothesis import strategies as st

from dslab.check.shrink import shrink


@given(st.lists(st.integers(0, 9), max_size=60), st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_what_is_left_is_minimal_and_in_order(steps, needed):
    def fails(part):
        rest = iter(part)
        return all(any(step == want for step in rest) for want in needed)  # `needed` is a subsequence of it.

    if fails(steps):
        assert shrink(steps, fails) == needed


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40))
def test_no_single_step_can_be_left_out(steps):
    def fails(part):
        return sum(part) >= sum(steps) / 2

    kept = shrink(steps, fails)
    assert fails(kept)
    assert not any(fails(kept[:place] + kept[place + 1:]) for place in range(len(kept))) or sum(steps) == 0


def test_nothing_is_left_where_nothing_is_needed():
    assert shrink([1, 2, 3], lambda part: True) == []


def test_a_hundred_steps_cost_few_runs():
    asked = []

    def fails(part):
        asked.append(part)
        return {17, 83} <= set(part)

    assert shrink(list(range(100)), fails) == [17, 83]
    assert len(asked) < 60
