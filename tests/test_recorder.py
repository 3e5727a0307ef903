"""Runs written down by hand play like any other."""

import json

import pytest

from dslab.errors import DslabError
from dslab.run import Recorder
from dslab.run.trace import Trace


def recorded() -> Trace:
    recorder = Recorder("orders", "payments", title="By hand")
    recorder.act("orders", "an order is placed", open=[7], total=10)
    sent = recorder.send("orders", "payments", {"order": 7})
    recorder.deliver(sent, paid=0)
    recorder.act("payments", "the card is charged", paid=10)
    recorder.lose(recorder.send("payments", "orders", "paid"), "loss")
    recorder.crash("orders")
    recorder.start("orders", open=[7])
    recorder.at(20)
    recorder.mark("The end.")
    return recorder.trace


def test_a_lane_s_state_is_what_its_acts_have_said():
    trace = recorded()
    assert (
        trace.state("orders", 0) == {"open": (7,), "total": 10} and trace.state("orders", 7) is None
    )
    assert trace.state("orders") == {"open": (7,)} and trace.state("payments") == {"paid": 10}


def test_it_is_told_in_its_own_sentences_and_units():
    assert recorded().sentences()[0] == "step 0: an order is placed."
    assert (
        "step 4: the card is charged." in recorded().sentences()
        and recorded().sentences()[-1] == "step 20: The end.."
    )
    assert repr(recorded()).endswith("up to step 20")


def test_it_survives_json_with_its_unit():
    again = Trace.from_json(json.loads(recorded().dumps()))
    assert (
        again.dumps() == recorded().dumps()
        and again.sentences() == recorded().sentences()
        and again.unit == "step"
    )


def test_the_clock_s_unit_is_left_out_of_other_runs():
    assert "unit" not in Trace(["a"]).as_json()


@pytest.mark.parametrize(
    "wrong, words",
    [
        (
            lambda recorder: recorder.act("nobody", "acts"),
            "there is no lane 'nobody' in this run: it has a",
        ),
        (lambda recorder: recorder.send("a", "b", 1), "there is no lane 'b'"),
        (lambda recorder: (recorder.at(5), recorder.at(4)), "step 4 lies before step 5"),
    ],
)
def test_bad_input_is_a_sentence(wrong, words):
    with pytest.raises(DslabError, match=words):
        wrong(Recorder("a"))
