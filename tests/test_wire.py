"""Values come back from JSON as they went, and what is no value is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslab.errors import DslabError
from dslab.machine import Command
from dslab.node import Reply, Request
from dslab.protocols.raft import AppendEntries, Entry, Raft, Vote
from dslab.values import Map
from dslab.wire import decode, dumps, encode, loads, vocabulary
from tests.protocols.test_clusters import ForgetsItsLog

KNOWN = vocabulary(Raft)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False)
)
keys = (
    st.text(alphabet="a$é\n", max_size=2)
    | st.integers()
    | st.tuples(st.integers(), st.text(max_size=2))
    | st.none()
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.frozensets(inner, max_size=3)
        | st.dictionaries(keys, inner, max_size=3).map(Map)
        | st.builds(
            Entry,
            st.integers(),
            st.builds(
                Command, st.text(max_size=3), st.integers(), st.text(max_size=3), inner, inner
            ),
        )
    ),
    max_leaves=12,
)


@given(values)
def test_values_come_back_as_they_went(value):
    again = decode(loads(dumps(value)), KNOWN)
    assert again == value and type(again) is type(value) and dumps(again) == dumps(value)
    assert b"\n" not in dumps(value)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["$", "items", "term", "command", "x"]),
                inner | st.sampled_from(["set", "map", "Entry", "Vote"]),
                max_size=3,
            )
        ),
        max_leaves=10,
    )
)
def test_any_json_is_a_value_or_refused(data):
    try:
        hash(decode(data, KNOWN))
    except DslabError:
        pass


def test_a_vocabulary_is_what_a_class_and_its_bases_name():
    assert {"Entry", "Command", "AppendEntries", "Request", "Reply", "Machine"} <= set(KNOWN)
    assert vocabulary(ForgetsItsLog)["Vote"] is Vote and "Value" not in KNOWN
    assert vocabulary(Raft)["Request"] is Request and vocabulary(Raft)["Reply"] is Reply


@pytest.mark.parametrize(
    "data, sentence",
    [
        ({"$": "Oops", "a": 1}, "'Oops' with the fields a is nothing that is known here"),
        ({"$": "Vote", "term": 1}, "'Vote' with the fields term"),
        ({"$": "set", "items": 3}, "the items of a set are 3"),
        ({"$": "map", "items": "ab"}, "the items of a map are 'ab'"),
        ({"$": "map", "items": [[1]]}, "'map' with the fields items is nothing"),
        (json.loads("[" * 300 + "]" * 300), "nested too deeply"),
    ],
)
def test_data_that_is_no_value_is_refused(data, sentence):
    with pytest.raises(DslabError, match=sentence):
        decode(data, KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        "[Infinity]",
        "1e999",
        "[-1e999]",
        "9" * 1001,
        "9" * 5000,
        b"\xff",
        "[" * 100_000,
    ],
)
def test_text_that_is_no_json_is_refused(text):
    with pytest.raises(DslabError):
        loads(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), print, object(), Vote, b"bytes"])
def test_what_is_no_value_can_t_be_sent(value):
    with pytest.raises(DslabError, match="can't be sent or stored"):
        encode((AppendEntries(1, 0, 0, (value,), 0),))


def test_a_number_that_can_t_be_written_is_told():
    with pytest.raises(DslabError, match="this can't be sent or stored"):
        dumps((10**5000,))
