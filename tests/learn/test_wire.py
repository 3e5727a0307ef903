"""What crosses the process boundary is data: values of dslab's classes, stand-ins for others, and
no code.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslab.errors import DslabError
from dslab.learn.shell.wire import decode, stand_in
from dslab.machine import Command
from dslab.protocols.raft import AppendEntries, Entry, Vote
from dslab.values import Map, plain

plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.tuples(inner, inner)
        | st.frozensets(st.integers(), max_size=3)
        | st.dictionaries(st.text(alphabet="abc", min_size=1), inner, max_size=3).map(Map)
    ),
    max_leaves=8,
)


@given(plain_values)
def test_values_come_back_as_they_went(value):
    assert decode(json.loads(json.dumps(plain(value)))) == value


@pytest.mark.parametrize(
    "message",
    [Vote(3, True), AppendEntries(1, 0, 0, (Entry(1, Command("c1", 1, "write", "x", 5)),), 0)],
)
def test_messages_of_dslab_are_the_classes_they_were(message):
    again = decode(json.loads(json.dumps(plain(message))))
    assert again == message and type(again) is type(message)


def test_a_message_that_a_submission_invents_has_a_stand_in():
    one, two = decode({"$": "Gossip", "rumour": "x"}), decode({"$": "Gossip", "rumour": "y"})
    assert type(one) is type(two) and one.rumour == "x" and type(one).__name__ == "Gossip"
    assert plain(one) == {"$": "Gossip", "rumour": "x"}


def test_a_name_of_ours_with_other_fields_is_not_ours():
    assert type(decode({"$": "Vote", "colour": "red"})) is not Vote


@pytest.mark.parametrize(
    "data",
    [
        {"$": "X", "a: int = __import__('os').abort()": 1},
        {"$": "X", "lambda": 1},
        {"$": "X", "__class__": 1},
        {"$": "X y", "a": 1},
        {"$": "", "a": 1},
    ],
)
def test_names_that_would_be_code_are_refused(data):
    with pytest.raises(DslabError, match="is no name for a message or a field"):
        decode(data)


@pytest.mark.parametrize("data", [{"$": ["list"]}, {"$": "set"}, {"$": None, "a": 1}, [[], {}]])
def test_damaged_data_is_only_data(data):
    decode(data)


def test_stand_ins_are_the_same_class_each_time():
    assert stand_in("A", ("x",)) is stand_in("A", ("x",)) is not stand_in("A", ("y",))
