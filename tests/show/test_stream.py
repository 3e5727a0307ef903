"""Streams and choices of runs, as Python hands them to the page."""

import json
import re

import pytest

from dslab.errors import DslabError
from dslab.events import EventStore, NewEvent, handle
from dslab.events.aggregate import Decider
from dslab.events.bank import ACCOUNT, Deposit, Open, Withdraw
from dslab.run import Recorder
from dslab.show import play, runs, stream


@pytest.fixture
def store(tmp_path):
    store = EventStore(tmp_path / "bank.db")
    for name, command in [
        ("ann", Open("Ann")),
        ("bob", Open("Bob")),
        ("ann", Deposit(100)),
        ("ann", Withdraw(30)),
    ]:
        handle(store, name, ACCOUNT, command)
    return store


def test_each_event_is_a_step_with_the_state_that_it_folds_to(store):
    trace = stream(store.read_all(), ACCOUNT)
    assert trace.nodes == ("ann", "bob")
    assert trace.sentences()[-2:] == [
        "position 3: MoneyDeposited(amount=100); balance 0 → 100.",
        "position 4: MoneyWithdrawn(amount=30); balance 100 → 70.",
    ]
    assert trace.state("ann") == {
        "version": 2,
        "event": "MoneyWithdrawn",
        "data": {"amount": 30},
        "owner": "Ann",
        "balance": 70,
    }


def test_a_state_that_is_a_plain_value_is_one_field(tmp_path):
    store = EventStore(tmp_path / "count.db")
    store.append("clicks", [NewEvent("Clicked", {}) for _ in range(3)], -1)
    counting = Decider(0, lambda command, state: [], lambda state, event: state + 1)
    assert stream(store.read("clicks"), counting).state("clicks")["state"] == 3


def test_no_events_is_a_sentence(store):
    with pytest.raises(DslabError, match="there are no events to show"):
        stream(store.read("nobody"), ACCOUNT)


def test_a_choice_holds_every_run_and_where_it_opens():
    def one(name):
        recorder = Recorder("a", title=name)
        recorder.act("a", "acts", by=name)
        return recorder

    html = runs({"one": one("x"), "two": play(one("y"), at=3)}, "space-time")._repr_html_()
    data = json.loads(re.search(r'json">(.*?)</script>', html)[1])
    assert (
        data["first"] == "one"
        and data["at"] == {"two": 3}
        and [run["title"] for run in data["runs"].values()] == ["x", "y"]
    )
    assert 'views="space-time"' in html
    with pytest.raises(DslabError, match="needs a run to show"):
        runs({})
