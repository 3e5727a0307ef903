"""What crosses the process boundary is data: values of dslab's classes, stand-ins for others, and
no code.
"""

import json
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslab.errors import DslabError
from dslab.learn.shell.wire import Wire, name_of
from dslab.machine import Command
from dslab.node import Message
from dslab.protocols import paxos, quorum_register
from dslab.protocols.raft import AppendEntries, Entry, Vote
from dslab.values import Map, plain


def no_reference(thing):
    raise DslabError(f"{thing!r} has no form")


def ends() -> tuple[Wire, Wire]:
    """The submission's end, and the grader's."""
    return Wire(no_reference, {}, inside=True), Wire(no_reference, {})


def carried(wire, other, value):
    return other.decode(json.loads(json.dumps(wire.encode(value))))


def there_and_back(value):
    child, parent = ends()
    there = carried(child, parent, value)
    return there, carried(parent, child, there)


class Suit(Enum):
    HEARTS, SPADES = "♥", ("♠", 1)


class Level(IntEnum):
    LOW = 1


class Word(StrEnum):
    DONE = "done"


class Gossip(Message):
    rumour: object
    suit: Suit = Suit.HEARTS


single = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.decimals(allow_nan=False)
    | st.binary()
    | st.sampled_from([*Suit, *Level, *Word])
)
values = st.recursive(
    single,
    lambda inner: (
        st.tuples(inner, inner)
        | st.lists(inner, max_size=3)
        | st.frozensets(single, max_size=3)
        | st.sets(single, max_size=3)
        | st.dictionaries(single, inner, max_size=3)
        | st.dictionaries(st.integers(), inner, max_size=3).map(Map)
        | st.dictionaries(st.text(), inner, max_size=3).map(MappingProxyType)
        | st.builds(Gossip, inner)
    ),
    max_leaves=8,
)


def same(one, other) -> bool:
    """Equal, and of the same types all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (dict, Map, MappingProxyType)):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


@given(values)
def test_values_come_back_as_they_went(value):
    assert same(there_and_back(value)[1], value)


@given(st.lists(single) | st.dictionaries(st.text(), single))
def test_a_grader_sees_what_a_notebook_shows(value):
    assert repr(there_and_back(value)[0]) == repr(value)


@pytest.mark.parametrize(
    "message",
    [Vote(3, True), AppendEntries(1, 0, 0, (Entry(1, Command("c1", 1, "write", "x", 5)),), 0)],
)
def test_messages_of_dslab_are_the_classes_they_were(message):
    there, back = there_and_back(message)
    assert there == back == message and type(there) is type(back) is type(message)


def test_classes_of_one_name_are_told_apart_by_their_modules():
    for module in (paxos, quorum_register):
        retry = module.Retry(*([1] * len(module.Retry.__dataclass_fields__)))
        assert type(there_and_back(retry)[0]) is module.Retry


def test_a_message_that_a_submission_invents_has_a_stand_in():
    child, parent = ends()
    one, two = (carried(child, parent, Gossip(rumour)) for rumour in "xy")
    assert type(one) is type(two) is not Gossip and name_of(type(one)) == name_of(Gossip)
    assert (one.rumour, plain(one)) == ("x", plain(Gossip("x"))) and one.suit is two.suit


def test_a_name_of_ours_with_other_fields_is_not_ours():
    parent = ends()[1]
    decoded = parent.decode({"$": name_of(Vote), "fields": {"colour": "red"}})
    assert not isinstance(decoded, Vote) and decoded.colour == "red"


@pytest.mark.parametrize(
    "data",
    [
        {"$": "X", "fields": {"a: int = __import__('os').abort()": 1}},
        {"$": "X", "fields": {"lambda": 1}},
        {"$": "X", "fields": {"__class__": 1}},
        {"$": "X y", "fields": {"a": 1}},
        {"$": "", "fields": {"a": 1}},
        {"$": "X", "member": "a b", "value": 1, "mixed": ""},
    ],
)
def test_names_that_would_be_code_are_refused(data):
    with pytest.raises(DslabError, match="is no name for a message or a field"):
        ends()[1].decode(data)


@pytest.mark.parametrize(
    "data",
    [
        {"$": ["list"]},
        {"$": "set"},
        {"$": None, "fields": {}},
        {"a": 1},
        {"$": "Decimal", "text": "one"},
        {"$": "dict", "items": [[1]]},
        {"$": "set", "items": [{"$": "list", "items": []}]},
    ],
)
def test_damaged_data_is_told_in_a_sentence(data):
    with pytest.raises(DslabError):
        ends()[1].decode(data)


def test_the_grader_imports_nothing_that_a_submission_names():
    parent = ends()[1]
    decoded = parent.decode({"$": "dslab.live.maelstrom.Anything", "fields": {}})
    assert type(decoded).__name__ == "Anything"


def test_numbers_that_are_none_cross_too():
    there, back = there_and_back([float("inf"), Decimal("1.10")])
    assert there == back == [float("inf"), Decimal("1.10")] and str(back[1]) == "1.10"
