"""Immutable values: equality, order, JSON and words, whatever the hash seed."""

import dataclasses
import json
import os
import subprocess
import sys
from dataclasses import field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslab.errors import DslabError
from dslab.values import Map, Value, canonical, exact, majority, plain, same, show

ROOT = Path(__file__).parent.parent


class Entry(Value):
    term: int
    command: str = "noop"


class Mark(Value):
    """A value without fields."""


keys = st.one_of(
    st.none(),
    st.integers(-5, 5),
    st.text("abc", max_size=2),
    st.tuples(st.integers(0, 2)),
    st.frozensets(st.integers(0, 3)),
    st.builds(Entry, st.integers(0, 3)),
)
values = st.recursive(
    st.one_of(keys, st.booleans(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(
        st.tuples(inner, inner), st.frozensets(inner), st.dictionaries(keys, inner).map(Map)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "members, expected", [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), ("abcd", 3), ((), 1)]
)
def test_a_majority_is_more_than_half(members, expected):
    assert majority(members) == expected


@given(st.integers(1, 50))
def test_two_majorities_share_a_member(size):
    assert 2 * majority(size) > size


class TestValue:
    def test_is_a_frozen_dataclass(self):
        entry = Entry(1)
        assert entry == Entry(term=1, command="noop") and hash(entry) == hash(Entry(1))
        assert repr(entry) == "Entry(term=1, command='noop')"
        with pytest.raises(dataclasses.FrozenInstanceError):
            entry.term = 2
        with pytest.raises(TypeError, match="term"):
            Entry()
        assert dataclasses.replace(entry, term=4) == Entry(4)

    def test_classes_are_not_confused(self):
        class Other(Value):
            term: int
            command: str = "noop"

        assert Entry(1) != Other(1)

    def test_a_subclass_adds_fields(self):
        class Signed(Entry):
            signature: str = ""

        assert repr(Signed(1, "x", "me")).endswith("Signed(term=1, command='x', signature='me')")

    @pytest.mark.parametrize("name", ["d", "self_", "_d", "cls", "fields", "names"])
    def test_a_field_may_have_any_name(self, name):
        kind = type("Odd", (Value,), {"__annotations__": {name: int, "other": int}})
        assert vars(kind(3, 4)) == {name: 3, "other": 4}

    def test_what_dataclasses_can_do_it_can(self):
        class Checked(Value):
            low: int
            high: int = field(kw_only=True, default=9)
            both: tuple = field(default_factory=tuple)

            def __post_init__(self):
                if self.low > self.high:
                    raise ValueError("low is above high")

        assert Checked(1, high=2).both == ()
        with pytest.raises(ValueError, match="low is above high"):
            Checked(10)

    def test_a_subclass_inherits_the_check_of_its_base(self):
        class Positive(Value):
            number: int

            def __post_init__(self):
                if self.number <= 0:
                    raise ValueError("not positive")

        class Named(Positive):
            name: str = ""

        with pytest.raises(ValueError, match="not positive"):
            Named(0)

    def test_keyword_only_fields_come_by_name(self):
        class Ranged(Value):
            high: int = field(kw_only=True)
            low: int

        assert Ranged(1, high=2) == Ranged(low=1, high=2)
        with pytest.raises(TypeError):
            Ranged(1, 2)


class TestMap:
    @given(st.dictionaries(keys, st.integers()))
    def test_order_of_insertion_leaves_no_trace(self, items):
        one, other = Map(items), Map(dict(reversed(items.items())))
        assert one == other == items and hash(one) == hash(other)
        assert list(one) == list(other) and repr(one) == repr(other)
        assert dict(one) == items and len(one) == len(items)

    @given(st.dictionaries(keys, st.integers()), st.dictionaries(keys, st.integers()))
    def test_or_is_that_of_dicts_and_leaves_both_alone(self, left, right):
        one, other = Map(left), Map(right)
        assert one | other == Map(left | right) == one | right
        assert (one, other) == (Map(left), Map(right))

    def test_without(self):
        votes = Map(a=1, b=2, c=3)
        assert votes.without("a", "c", "z") == Map(b=2) and len(votes) == 3

    def test_can_not_be_changed_in_place(self):
        votes = Map(a=1)
        with pytest.raises(TypeError):
            votes["a"] = 2
        with pytest.raises(TypeError):
            del votes["a"]

    def test_or_equals_rebinds(self):
        votes = before = Map(a=1)
        votes |= {"b": 2}
        assert (before, votes) == (Map(a=1), Map(a=1, b=2))

    def test_mutable_items_can_not_be_hashed(self):
        with pytest.raises(TypeError, match="unhashable"):
            hash(Map(a=[1]))

    def test_repr(self):
        assert repr(Map(n2=1, n1=(2,))) == "Map(n1=(2,), n2=1)"
        assert repr(Map({1: "a", None: "b"})) == "Map({None: 'b', 1: 'a'})"


@given(values, values)
def test_canonical_is_a_total_order_that_agrees_with_equality(one, other):
    first, second = canonical(one), canonical(other)
    assert (first == second) == (one == other)
    assert [first < second, first == second, first > second].count(True) == 1


@given(values)
def test_plain_is_json(value):
    assert json.loads(json.dumps(plain(value))) == plain(value)


@given(values)
def test_a_value_and_its_json_read_the_same(value):
    assert show(plain(value)) == show(value)


@pytest.mark.parametrize(
    "value, data, words",
    [
        (None, None, "–"),
        (True, True, "yes"),
        (False, False, "no"),
        ("", "", "''"),
        ("n1", "n1", "n1"),
        (0.5, 0.5, "0.5"),
        (3.0, 3.0, "3"),
        ((1, (2,)), [1, [2]], "(1, (2))"),
        (frozenset({"b", "a"}), {"$": "set", "items": ["a", "b"]}, "{a, b}"),
        (frozenset(), {"$": "set", "items": []}, "{}"),
        (Map({2: "x", 1: None}), {"1": None, "2": "x"}, "{1: –, 2: x}"),
        (Entry(1, "x"), {"$": "Entry", "term": 1, "command": "x"}, "Entry(term=1, command=x)"),
        (Mark(), {"$": "Mark"}, "Mark"),
        (
            (Entry(1), Mark()),
            [{"$": "Entry", "term": 1, "command": "noop"}, {"$": "Mark"}],
            "(Entry(term=1, command=noop), Mark)",
        ),
    ],
)
def test_as_data_and_in_words(value, data, words):
    assert plain(value) == data and show(value) == words == show(data)


@pytest.mark.parametrize("value", [print, object(), Entry, 1j, b"bytes", (1, {2: lambda: 3})])
def test_what_a_node_may_not_hold_is_refused(value):
    with pytest.raises(
        DslabError, match="can't be part of a state or message: use numbers, strings, tuples"
    ):
        plain(value)


SET_ORDER = """
from dslab.values import *
names = frozenset(f"node-{i}" for i in range(40))
class Votes(Value):
    voters: frozenset
counted = list(Map({name: 1 for name in names}))
print(show(names), plain(names), counted, canonical(names), show(Votes(names)))
"""


def test_nothing_depends_on_the_order_of_sets():
    def printed(seed):
        return subprocess.run(
            [sys.executable, "-c", SET_ORDER],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert printed("1") == printed("2")


#: What Python takes for equal, and a page and a reader don't.
ONES = (1, 1.0, True)


@pytest.mark.parametrize(
    "inside",
    [
        lambda one: one,
        lambda one: (0, (1, one)),
        lambda one: frozenset({one}),
        lambda one: Map(x=(one,)),
        lambda one: Map({one: "x"}),
        lambda one: Entry(one, "x"),
        lambda one: {"a": [one]},
    ],
    ids=["bare", "tuple", "set", "map", "key", "dataclass", "json"],
)
def test_one_is_not_true_however_deep_it_stands(inside):
    for one in ONES:
        for other in ONES:
            alike = type(one) is type(other)
            assert same(inside(one), inside(other)) == alike
            if not isinstance(inside(one), dict):
                assert (exact(inside(one)) == exact(inside(other))) == alike
    assert same(0.0, 0.0) and not same(0.0, -0.0) and same(float("nan"), float("nan"))
    assert not same((1, 2), (1,)) and not same((), Mark())
