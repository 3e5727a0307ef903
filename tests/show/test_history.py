"""A history on a page: the run of clients that it becomes, and a verdict's bad core."""

import pytest

from dslab.check import linearizable
from dslab.errors import DslabError
from dslab.protocols.quorum_register import AvailableRegister
from dslab.run import Event, History
from dslab.run.trace import Trace
from dslab.show import history, play
from dslab.show.history import as_trace
from dslab.sim import Cluster

EVENTS = [
    Event(0, "invoke", "write", "x", 1),
    Event(1, "invoke", "read", "x"),
    Event(0, "ok", "write", "x", 1),
    Event("b", "invoke", "cas", "x", (1, 2)),
    Event(1, "ok", "read", "x", None),
    Event("b", "fail", "cas", "x", (1, 2)),
    Event(1, "invoke", "read", "x"),
    Event(0, "invoke", "write", "x", 3),
    Event(1, "ok", "read", "x", None),
    Event(0, "info", "write", "x", 3),
]


def stale_run() -> Cluster:
    shop = Cluster(AvailableRegister, 3, seed=5, clients=2, title="A store that always answers")
    shop.run(until=shop.client("c1").write("x", 1, to="n1")).run(60)
    shop.partition("n1 c1", "n2 n3 c2")
    shop.run(until=shop.client("c1").write("x", 2, to="n1"))
    return shop.run(until=shop.client("c2").read("x", to="n3"))


def test_a_history_becomes_a_run_of_clients_that_has_the_same_history():
    recorded = History(EVENTS)
    trace = Trace.from_json(as_trace(recorded, "Recorded").as_json())
    assert trace.lanes == ("process 0", "process 1", "b")
    assert [
        (op.process, op.f, op.key, op.value, op.result, op.outcome, op.invoked, op.returned)
        for op in trace.history().operations
    ] == [
        (op.process, op.f, op.key, op.value, op.result, op.outcome, op.invoked, op.returned)
        for op in recorded.operations
    ]
    assert trace.sentences()[5] == "5.0 ms: b's cas is refused: nothing was done."


def test_times_are_kept():
    timed = History(
        [Event(0, "invoke", "read", time=12.5), Event(0, "ok", "read", value=1, time=13.25)]
    )
    assert [record[0] for record in as_trace(timed, "").records] == [12_500, 13_250]


def test_the_bad_core_is_named_by_the_calls_of_the_whole_history():
    recorded = History(EVENTS)
    verdict = linearizable(recorded, "cas-register")
    shown = history(recorded, verdict, model="cas-register").attributes()
    calls = [
        place
        for place, event in enumerate(recorded.events)
        if event.type == "invoke" and (event.process, event.f) in ((0, "write"), (1, "read"))
    ]
    assert (
        shown["core"] == " ".join(map(str, [calls[0], calls[2]]))
        and shown["model"] == "cas-register"
    )


def test_a_verdict_brings_its_core_to_the_history_of_its_run():
    cluster = stale_run()
    verdict = linearizable(cluster)
    records = cluster.trace.records
    numbers = [int(number) for number in play(verdict, "history").attributes()["core"].split()]
    assert [records[number][1] for number in numbers] == ["invoke"] * len(
        verdict.history.operations
    )
    assert [records[number][5] for number in numbers] == [
        (op.process, op.f, op.key, op.value) for op in verdict.history.operations
    ]
    assert (
        "core" not in play(verdict).attributes()
        and "core" not in play(cluster, "history").attributes()
    )


def test_a_part_of_a_part_knows_its_places_in_the_whole():
    whole = History(EVENTS)
    part = whole.only(whole.operations[1:])
    assert [whole.events[place] for place in part.places] == list(part.events)
    again = part.only(part.operations[-1:])
    assert [whole.events[place] for place in again.places] == list(again.events)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (
            lambda: history(3),
            "shows a dslab.run.history.History, and this is a int: a run is shown by play",
        ),
        (
            lambda: history(History(EVENTS[:6]), linearizable(History(EVENTS), "cas-register")),
            "this verdict is about another history",
        ),
    ],
)
def test_bad_input_is_one_sentence(call, sentence):
    with pytest.raises(DslabError, match=sentence):
        call()
