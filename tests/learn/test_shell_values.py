"""What crosses the process boundary is data: dslab's values, stand-ins for others, no code."""

import json
import sys
from collections import Counter, OrderedDict, deque
from datetime import UTC
from decimal import Decimal
from enum import Enum, Flag, IntEnum, IntFlag, StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslab.errors import DslabError
from dslab.learn.shell.wire import Wire
from dslab.machine import Command
from dslab.message import Message, Timer, of_part, origin
from dslab.protocols import paxos, quorum_register
from dslab.protocols.raft import AppendEntries, ElectionTimeout, Entry, Vote
from dslab.values import Map, plain
from dslab.wire import name_of


def no_reference(thing):
    raise DslabError(f"{thing!r} has no form")


def kept_there(number):
    return f"object {number} of the other end"


def ends() -> tuple[Wire, Wire]:
    """The submission's end, and the grader's."""
    return Wire(no_reference, kept_there, inside=True), Wire(no_reference, kept_there)


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


class Right(Flag):
    READ, WRITE = 1, 2


class Bit(IntFlag):
    ONE, TWO = 1, 2


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
    | st.fractions()
    | st.complex_numbers(allow_nan=False)
    | st.datetimes(timezones=st.sampled_from([None, UTC]))
    | st.timedeltas()
    | st.sampled_from([*Suit, *Level, *Word, *Right, Right.READ | Right.WRITE, *Bit, 10**2000, ...])
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
        | st.lists(inner, max_size=3).map(lambda items: deque(items, 5))
        | st.dictionaries(single, inner, max_size=3).map(OrderedDict)
        | st.lists(single, max_size=3).map(Counter)
    ),
    max_leaves=8,
)


def same(one, other) -> bool:
    """Equal, and of the same types all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple, deque)):
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
    decoded = parent.decode({"$": name_of(Vote), "colour": "red"})
    assert not isinstance(decoded, Vote) and decoded.colour == "red"


def enum(**other) -> dict:
    good = {"name": "m.X", "value": 1, "members": {"a": 1}, "base": "Enum", "mixed": ""}
    return {"$": "enum"} | good | other


@pytest.mark.parametrize(
    "data",
    [
        {"$": "m.X", "a: int = __import__('os').abort()": 1},
        {"$": "m.X", "lambda": 1},
        {"$": "m.X", "__class__": 1},
        {"$": "m.X y", "a": 1},
        {"$": "m.", "a": 1},
        {"$": "", "a": 1},
        {"$": "m;n.X", "a": 1},
        {"$": "a b:m.X", "a": 1},
        enum(members={"a b": 1}),
        enum(name="m.X y"),
        {"$": "class", "name": "m.X", "fields": ["a b"]},
    ],
)
def test_names_that_would_be_code_are_refused(data):
    with pytest.raises(DslabError, match="is no name for a m"):
        ends()[1].decode(data)


@pytest.mark.parametrize(
    "data",
    [
        {"$": "set"},
        {"$": "Decimal", "text": "one"},
        {"$": "dict", "items": [[1]]},
        {"$": "set", "items": [{"$": "list", "items": []}]},
        {"$": "enum", "name": "m.X", "members": {"a": 1}},
        enum(members={"a": "x"}, value="x", base="IntEnum"),
        enum(name=1),
        enum(base="Node"),
        enum(value=2),
        {"$": "made", "of": "Fraction", "from": [1, 0]},
        {"$": "made", "of": "Popen", "from": [["true"]]},
        {"$": "constant", "name": "exit"},
        {"$": "class", "name": "m.X", "fields": 1},
        {"$": "class", "name": "m.X", "fields": [1]},
        {"$": "object", "number": 1, "colour": "red"},
        {"$": "m.X", "ﬁ": 1, "fi": 2},
    ],
)
def test_damaged_data_is_told_in_a_sentence(data):
    with pytest.raises(DslabError):
        ends()[1].decode(data)


@pytest.mark.parametrize("data", [{"$": ["list"]}, {"$": None, "a": 1}, {"a": 1}])
def test_what_names_no_class_is_a_map(data):
    assert ends()[1].decode(data) == Map({key: ends()[1].decode(data[key]) for key in data})


def test_the_grader_imports_nothing_that_a_submission_names():
    parent = ends()[1]
    for name in ("live.maelstrom.Anything", "learn.shell.__main__.Anything"):
        assert type(parent.decode({"$": name})).__name__ == "Anything"
    assert "dslab.learn.shell.__main__" not in sys.modules


def test_no_end_runs_the_command_line():
    child = ends()[0]
    for name in ("__main__.Anything", "learn.mutants.__main__.Anything"):
        assert name_of(type(child.decode({"$": name}))) == name
    assert "dslab.__main__" not in sys.modules


def test_what_has_no_form_stays_where_it_is():
    number = {"$": "object", "number": 3}
    child = Wire(lambda thing: number, kept_there, inside=True)
    for thing in (print, object(), type("Text", (str,), {})("x"), type("Own", (list,), {})()):
        assert child.encode([thing]) == {"$": "list", "items": [number]}
    assert ends()[1].decode(number) == "object 3 of the other end"


class Tick(Timer):
    round: int


def test_a_class_of_values_goes_by_its_name():
    there, back = there_and_back({Tick: (Tick(1), 5, 5), ElectionTimeout: None})
    tick, timeout = there
    assert type(there[tick][0]) is tick is not Tick and timeout is ElectionTimeout
    assert back == {Tick: (Tick(1), 5, 5), ElectionTimeout: None}


def test_a_message_of_a_part_goes_by_both_names():
    there, back = there_and_back(of_part("detector", Gossip)("x"))
    assert type(back) is of_part("detector", Gossip) and origin(type(there))[0] == "detector"


def test_numbers_that_are_none_cross_too():
    there, back = there_and_back([float("inf"), Decimal("1.10")])
    assert there == back == [float("inf"), Decimal("1.10")] and str(back[1]) == "1.10"
