"""Values come back from JSON as they went, and what is no value is refused."""

import json
import sys
import types
from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, Flag
from types import MappingProxyType
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslab.errors import DslabError
from dslab.machine import Command
from dslab.node import Message, Reply, Request
from dslab.protocols import paxos
from dslab.protocols.paxos import Paxos
from dslab.protocols.quorum_register import QuorumRegister
from dslab.protocols.raft import AppendEntries, Entry, Raft, Vote
from dslab.values import Map, canonical
from dslab.wire import decode, dumps, encode, loads, name_of, names, stand_in, vocabulary
from tests.protocols.test_clusters import ForgetsItsLog


class Colour(Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1


class Rights(Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: int


@dataclass(frozen=True)
class Price:
    amount: Decimal


KNOWN = vocabulary(Raft) | names(Colour, Rights, Point, Price)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False)
    | st.decimals(allow_nan=False)
    | st.binary(max_size=3)
    | st.sampled_from([*Colour, Rights(0), *Rights, Rights.READ | Rights.WRITE])
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
        | st.builds(Point, inner, inner)
        | st.builds(Price, st.decimals(allow_nan=False))
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


def same(one, other):
    """Equal, and of the same classes, however deep: 1 is no True, a tuple no list."""
    if type(one) is not type(other) or one != other:
        return False
    if isinstance(one, (dict, Map, MappingProxyType)):
        pairs = zip(sorted(one.items(), key=canonical), sorted(other.items(), key=canonical))
        return all(same(*each) for pair in pairs for each in zip(*pair))
    if isinstance(one, (list, tuple)):
        return all(map(same, one, other))
    return True


@given(
    st.recursive(
        values,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.sets(scalars, max_size=3)
            | st.dictionaries(keys, inner, max_size=3)
            | st.dictionaries(keys, inner, max_size=3).map(MappingProxyType)
            | st.tuples(inner, inner)
        ),
        max_leaves=8,
    )
)
def test_what_can_change_comes_back_so_only_where_it_is_asked_for(value):
    data = loads(dumps(value))
    assert same(decode(data, KNOWN, mutable=True), value)
    again = decode(data, KNOWN)
    hash(again)  # A node may hold it.
    assert dumps(decode(loads(dumps(again)), KNOWN)) == dumps(again)


def test_lists_and_tuples_are_told_apart():
    assert decode(encode([1, (2, [3])]), {}, mutable=True) == [1, (2, [3])]
    assert decode(encode([1, (2, [3])]), {}) == (1, (2, (3,)))
    assert decode(encode({1: {2}}), {}) == Map({1: frozenset({2})})


def test_not_a_number_and_infinity_are_numbers_to_python():
    assert decode(loads(dumps((float("inf"), float("-inf")))), {}) == (float("inf"), float("-inf"))
    assert str(decode(loads(dumps(float("nan"))), {})) == "nan"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["$", "items", "text", "member", "flags", "term", "command", "x"]),
                inner
                | st.sampled_from(
                    [
                        "set",
                        "map",
                        "list",
                        "dict",
                        "Decimal",
                        "bytes",
                        "float",
                        "sNaN",
                        "raft.Entry",
                    ]
                )
                | st.sampled_from([name_of(kind) for kind in (Colour, Rights, Point)]),
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
    assert {"raft.Entry", "machine.Command", "raft.AppendEntries", "machine.KeyValue"} <= set(KNOWN)
    assert vocabulary(ForgetsItsLog)["raft.Vote"] is Vote and "values.Value" not in KNOWN
    assert KNOWN["message.Request"] is Request and KNOWN["message.Reply"] is Reply


def test_two_protocols_may_have_messages_of_one_name():
    for kind, other in ((QuorumRegister, Paxos), (Paxos, QuorumRegister)):
        own, foreign = (sys.modules[each.__module__].Retry() for each in (kind, other))
        again = decode(loads(dumps(own)), vocabulary(kind))
        assert type(again) is type(own)
        with pytest.raises(DslabError, match="Retry' with the fields .none. is nothing that is kn"):
            decode(loads(dumps(foreign)), vocabulary(kind))
    assert dumps(paxos.Retry()) == b'{"$":"paxos.Retry"}'


def test_two_modules_of_one_name_in_one_vocabulary_are_told():
    """A reader's own raft.py beside ours."""
    other = types.ModuleType("raft")
    other.Vote = type("Vote", (Message,), {"__module__": "raft"})
    sys.modules["raft"] = other
    try:
        mine = type("Mine", (Raft,), {"__module__": "raft"})
        with pytest.raises(DslabError, match="Mine knows two classes raft.Vote, of raft and dslab"):
            vocabulary(mine)
    finally:
        del sys.modules["raft"]


def test_a_stand_in_goes_back_under_the_name_it_came_by():
    for name in ("__main__.Gossip", "detector:__main__.Gossip", "a.b.Gossip"):
        value = decode({"$": name, "rumour": "x"}, {}, stand_in)
        assert encode(value) == {"$": name, "rumour": "x"} and value.rumour == "x"


@pytest.mark.parametrize(
    "data, sentence",
    [
        ({"$": "Oops", "a": 1}, "'Oops' with the fields a is nothing that is known here"),
        ({"$": "Vote", "term": 1, "granted": True}, "'Vote' with the fields term, granted is noth"),
        (
            {"$": "raft.Vote", "term": 1},
            "'raft.Vote' .* is known here: its fields are term, granted",
        ),
        (
            {"$": "tests.test_wire.Colour", "member": "BLUE"},
            "no tests.test_wire.Colour can be made",
        ),
        ({"$": "bytes", "text": "xy"}, "no bytes can be made of"),
        ({"$": "Decimal", "text": "one"}, "no Decimal can be made of"),
        ({"$": "Decimal", "text": "sNaN"}, "no Decimal can be made of"),
        ({"$": "map", "items": [[{"$": "Decimal", "text": "sNaN"}, 1]]}, "no Decimal can be made"),
        ({"$": "set", "items": 3}, "the items of a set are 3"),
        ({"$": "map", "items": "ab"}, "the items of a map are 'ab'"),
        ({"$": "map", "items": [[1]]}, "the items of a map are .*: they must be pairs"),
        (json.loads("[" * 300 + "]" * 300), "nested too deeply"),
        # What Python would take, and no `encode` writes.
        ({"$": "float", "text": "1_0"}, "no float can be made of"),
        ({"$": "float", "text": "1.5"}, "no float can be made of"),
        ({"$": "Decimal", "text": " 1 "}, "no Decimal can be made of"),
        ({"$": "Decimal", "text": "1_0"}, "no Decimal can be made of"),
        ({"$": "bytes", "text": "0A"}, "no bytes can be made of"),
        ({"$": "bytes", "text": "0a", "more": 1}, "no bytes can be made of"),
        ({"$": "list", "items": [], "more": 1}, "a list has items and nothing else"),
        ({"$": "tests.test_wire.Rights", "flags": -1}, "no tests.test_wire.Rights can be made"),
        ({"$": "tests.test_wire.Rights", "flags": 1}, "no tests.test_wire.Rights can be made"),
        ({"$": "tests.test_wire.Colour", "flags": 1}, "no tests.test_wire.Colour can be made"),
        (
            {"$": "tests.test_wire.Colour", "member": "CRIMSON"},
            "no tests.test_wire.Colour can be made",
        ),
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


class Loud(str):
    """A text with more to it."""


@dataclass
class Loose:
    x: int = 0


@pytest.mark.parametrize("name", ["B", ".b", ":c.D", "a:C", "dslab.raft.Vote", "a.B.", "a:b:c.D"])
def test_a_name_that_a_stand_in_could_not_keep_is_refused(name):
    with pytest.raises(DslabError, match="is no name for"):
        stand_in(name, ("x",))


def test_a_field_may_be_called_self():
    value = decode({"$": "a.B", "self": 3}, {}, stand_in)
    assert value.self == 3 and encode(value) == {"$": "a.B", "self": 3}


@pytest.mark.parametrize(
    "value",
    [
        print,
        object(),
        Vote,
        1j,
        Decimal("sNaN"),
        bytearray(b"x"),
        # They would come back as what they are derived from.
        Loud("x"),
        OrderedDict(a=1),
        Counter("a"),
        defaultdict(int),
        Loose(),
    ],
)
def test_what_is_no_value_can_t_be_sent(value):
    with pytest.raises(DslabError, match="can't be sent or stored"):
        encode((AppendEntries(1, 0, 0, (value,), 0),))


def test_a_number_that_can_t_be_written_is_told():
    with pytest.raises(DslabError, match="this can't be sent or stored"):
        dumps((10**1000,))
    assert decode(loads(dumps(1 - 10**1000)), {}) == 1 - 10**1000


def test_what_is_written_is_no_deeper_than_what_is_read():
    value = 1
    for _ in range(200):
        value = (value,)
    assert decode(loads(dumps(value)), {}) == value
    with pytest.raises(DslabError, match="can't be sent or stored: it is nested too deeply"):
        dumps((value,))
