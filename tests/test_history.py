"""Histories as files: what is read, and what is refused in which words."""

import pytest

from dslab.check import linearizable
from dslab.run.history import Event, History, HistoryError

GOOD = """\
{"process": 0, "type": "invoke", "f": "write", "key": "x", "value": 1, "time": 1}
{"process": 1, "type": "invoke", "f": "read", "key": "x", "time": 2}

{"process": 0, "type": "ok", "f": "write", "key": "x", "value": 1, "time": 4}
{"process": 1, "type": "ok", "f": "read", "key": "x", "value": 1, "time": 3}
"""


def test_calls_are_paired_in_the_order_of_time(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text(GOOD)
    found = History.read(path)
    assert [str(op) for op in found.operations] == ["process 0 write x 1", "process 1 read x → 1"]
    assert [(op.invoked, op.returned) for op in found.operations] == [(0, 3), (1, 2)]
    found.write(path)
    assert History.read(path).operations == found.operations


def test_sentences_name_a_client_where_the_history_does(tmp_path):
    """A client with two open calls is two processes, and one name."""
    events = [
        Event(0, "invoke", "write", "x", 1, client="c1"),
        Event(1, "invoke", "read", "x", client="c1"),
        Event(0, "ok", "write", "x", 1, client="c1"),
        Event("n2", "invoke", "read", "x"),
    ]
    named = ["c1 write x 1", "c1 read x (outcome unknown)", "n2 read x (outcome unknown)"]
    assert [str(op) for op in History(events).operations] == named
    path = tmp_path / "history.jsonl"
    History(events).write(path)
    assert [str(op) for op in History.read(path).operations] == named
    assert '"client"' not in path.read_text().splitlines()[-1]


@pytest.mark.parametrize(
    "lines, sentence",
    [
        ("[1, 2]", "line 1: a JSON object such as"),
        ("{", "line 1: this is no JSON object"),
        ('{"type": "ok", "f": "read"}', 'line 1: "process" is missing'),
        (
            '{"process": 0, "type": "okay", "f": "read"}',
            "\"type\" is 'okay': it must be one of invoke, ok, fail, info",
        ),
        (
            '{"process": 0, "type": "invoke", "f": "read", "client": 1}',
            '"client" is 1: it must be a name',
        ),
        (
            '{"process": true, "type": "ok", "f": "read"}',
            '"process" is True: it must be a number or a name',
        ),
        ('{"process": 0, "type": "invoke", "f": 3}', '"f" is 3'),
        ('{"process": 0, "type": "invoke", "f": "read", "time": "noon"}', "\"time\" is 'noon'"),
        (
            '{"process": 0, "type": "invoke", "f": "cas", "value": 3}',
            '"value" of a cas is 3: it must be [old, new]',
        ),
        ('{"process": 0, "type": "invoke", "f": "write", "value": {"a": 1}}', "is an object"),
        ('{"process": 0, "type": "invoke", "f": "write", "value": [1, {"a": 1}]}', "is an object"),
        (
            '{"process": 0, "type": "invoke", "f": "read", "time": NaN}',
            "line 1: NaN is no JSON value",
        ),
        ('{"process": 0, "type": "invoke", "f": "read", "time": 1e999}', "1e999 is no JSON value"),
        (
            '{"process": [0], "type": "invoke", "f": "read"}',
            '"process" is [0]: it must be a number or a name',
        ),
        ('{"process": 0, "type": "ok", "f": "read"}', 'line 1: process 0 gets "ok" without a call'),
        (
            '{"process": 0, "type": "invoke", "f": "read"}\n\n{"process": 0, "type": '
            '"invoke", "f": "read"}',
            "line 3: process 0 calls read while its call of line 1 is open",
        ),
        (
            '{"process": 0, "type": "invoke", "f": "read"}\n{"process": 0, "type": '
            '"info", "f": "read"}\n'
            '{"process": 0, "type": "invoke", "f": "read"}',
            "line 3: process 0 calls read while its call of line 1 is open",
        ),
        (
            '{"process": 0, "type": "invoke", "f": "read"}\n{"process": 0, "type": "ok", '
            '"f": "write"}',
            "line 2: process 0 called read, but this outcome is of write",
        ),
        (
            '{"process": 0, "type": "invoke", "f": "read", "time": 1}\n{"process": 0, '
            '"type": "ok", "f": "read"}',
            "line 2 has no time, but others have",
        ),
    ],
)
def test_a_malformed_history_is_refused_with_its_line(lines, sentence):
    with pytest.raises(HistoryError) as caught:
        History.parse(lines, "h.jsonl")
    assert sentence in str(caught.value)
    assert "h.jsonl" in str(caught.value)


@pytest.mark.parametrize(
    "events, sentence",
    [
        (
            [Event(0, "invoke", "write", "x", {1})],
            "line 1: process 0's write has {1}, a value that can change: give numbers, "
            "strings and tuples",
        ),
        ([Event(0, "invoke", "write", "x", ([{1}],))], "a value that can change"),
        ([Event(0, "invoke", "write", "x", {"a": 1})], "is an object"),
        (
            [Event(0, "okay", "read")],
            "line 1: \"type\" is 'okay': it must be one of invoke, ok, fail, info",
        ),
        ([Event([0], "invoke", "read")], '"process" is [0]: it must be a number or a name'),
        ([Event(0, "invoke", 3)], '"f" is 3'),
        ([Event(0, "invoke", "read", time="noon")], "\"time\" is 'noon': it must be a number"),
        ([Event(0, "invoke", "read", time=float("nan"))], '"time" is nan: it must be a number'),
        ([Event(0, "invoke", "cas", None, 3)], '"value" of a cas is 3: it must be [old, new]'),
        (
            [{"process": 0}],
            "line 1: a history is made of events, dslab.run.history.Event(process, type, "
            "f, key, value, time), but this is a dict",
        ),
        (None, "a history is made of a list of events, but this is a NoneType"),
        ("h.jsonl", "but this is a str: History.read takes a file"),
    ],
)
def test_events_that_can_t_be_are_refused_in_python_too(events, sentence):
    with pytest.raises(HistoryError) as caught:
        History(events)
    assert sentence in str(caught.value)


def test_lists_are_taken_for_tuples():
    """So that a history can be written as it stands in a file."""
    history = History(
        [Event(0, "invoke", "cas", "x", [1, [2]]), Event(0, "ok", "cas", "x", [1, [2]])]
    )
    assert history.operations[0].value == (1, (2,)) and not linearizable(history, "kv")
