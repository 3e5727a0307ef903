"""Sagas: every crash point, every rejection, and services that are called twice."""

import pytest

from dslab.errors import DslabError
from dslab.events import EventStore
from dslab.events.saga import Crashed, Rejected, Saga, Step, run
from dslab.run import Recorder


class Service:
    """Does each key once, undoes it once, and keeps what it was asked."""

    def __init__(self, refuses=(), cannot_undo=()):
        self.done, self.calls, self.refuses, self.cannot_undo = [], [], refuses, cannot_undo

    def act(self, key):
        self.calls.append(key)
        if key.split("/")[1] in self.refuses:
            raise Rejected("no")
        if key not in self.done:
            self.done.append(key)

    def undo(self, key):
        self.calls.append("undo " + key)
        if key.split("/")[1] in self.cannot_undo:
            raise Rejected("can't")
        if key in self.done:
            self.done.remove(key)


def order(service, *names):
    return Saga(
        "order-1",
        tuple(
            Step(name, service.act, service.undo) for name in names or ("reserve", "charge", "ship")
        ),
    )


def resumed(saga, store, crash_at):
    """Run to a crash and then to the end."""
    try:
        return run(saga, store, crash_at=crash_at)
    except Crashed:
        return run(saga, store)


def test_all_steps_are_done_in_order(tmp_path):
    service = Service()
    assert run(order(service), EventStore(tmp_path / "s.db")) == "completed"
    assert service.done == ["order-1/reserve", "order-1/charge", "order-1/ship"]


@pytest.mark.parametrize("refused", ["reserve", "charge", "ship"])
@pytest.mark.parametrize("crash_at", range(11))
def test_a_rejected_saga_undoes_what_was_done_in_reverse_from_every_crash_point(
    tmp_path, refused, crash_at
):
    service = Service(refuses=(refused,))
    assert resumed(order(service), EventStore(tmp_path / "s.db"), crash_at) == "compensated"
    assert service.done == []
    before = ["reserve", "charge", "ship"][: ["reserve", "charge", "ship"].index(refused)]
    undone = list(dict.fromkeys(call for call in service.calls if call.startswith("undo ")))
    assert undone == [f"undo order-1/{name}" for name in reversed(before)]


@pytest.mark.parametrize("crash_at", range(7))
def test_a_saga_completes_from_every_crash_point_with_each_effect_once(tmp_path, crash_at):
    service = Service()
    assert resumed(order(service), EventStore(tmp_path / "s.db"), crash_at) == "completed"
    assert service.done == ["order-1/reserve", "order-1/charge", "order-1/ship"]
    # A call whose answer was not written down is made again.
    assert len(service.calls) == (4 if crash_at in (1, 3, 5) else 3)


def test_a_crash_at_each_event_of_each_attempt_still_ends(tmp_path):
    service, store, crashes = Service(refuses=("ship",)), EventStore(tmp_path / "s.db"), 0
    while True:
        try:
            outcome = run(order(service), store, crash_at=crashes)
            break
        except Crashed:
            crashes += 1
    assert (outcome, service.done, crashes) == ("compensated", [], 10)


def test_a_compensation_that_fails_is_parked_and_stays_parked(tmp_path):
    service, store = (
        Service(refuses=("ship",), cannot_undo=("charge",)),
        EventStore(tmp_path / "s.db"),
    )
    assert run(order(service), store) == "parked"
    assert service.done == ["order-1/reserve", "order-1/charge"]
    assert run(order(service), store) == "parked"


def test_a_step_that_can_t_be_undone_parks_what_is_rejected_after_it(tmp_path):
    service = Service(refuses=("ship",))
    saga = Saga("order-1", (Step("charge", service.act), Step("ship", service.act, service.undo)))
    assert run(saga, EventStore(tmp_path / "s.db")) == "parked"


def test_a_finished_saga_does_nothing_again(tmp_path):
    service, store = Service(), EventStore(tmp_path / "s.db")
    run(order(service), store)
    calls = len(service.calls)
    assert run(order(service), store) == "completed" and len(service.calls) == calls


def test_two_steps_of_one_name_are_refused(tmp_path):
    with pytest.raises(DslabError, match="two steps of order-1 have the same name"):
        run(order(Service(), "pay", "pay"), EventStore(tmp_path / "s.db"))


def test_what_happens_is_recorded(tmp_path):
    recorder = Recorder("saga", title="One order")
    run(order(Service(refuses=("charge",))), EventStore(tmp_path / "s.db"), recorder=recorder)
    assert recorder.trace.state("saga")["outcome"] == "compensated"
    assert any("StepRejected of charge: no" in sentence for sentence in recorder.trace.sentences())
