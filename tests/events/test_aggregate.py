"""Deciders: the state is the fold, and a lost race is decided again."""

import pytest

from dslab.errors import DslabError
from dslab.events import Decider, EventStore, NewEvent, handle, load


def decide(command, balance):
    if command < 0 and balance + command < 0:
        raise DslabError(f"{-command} is more than the balance of {balance}.")
    return [NewEvent("Moved", {"amount": command})]


ACCOUNT = Decider(0, decide, lambda balance, event: balance + event.data["amount"])


def test_the_state_is_the_fold_of_the_events():
    store = EventStore()
    for amount in (10, 5, -12):
        handle(store, "a", ACCOUNT, amount)
    assert load(store, "a", ACCOUNT) == (3, 2)
    with pytest.raises(DslabError, match="4 is more than the balance of 3"):
        handle(store, "a", ACCOUNT, -4)
    assert len(store) == 3


def test_a_lost_race_is_decided_again_on_the_new_state():
    store = EventStore()
    handle(store, "a", ACCOUNT, 100)
    raced = []

    def racing(command, balance):
        if not raced:
            raced.append(balance)
            handle(store, "a", ACCOUNT, -80)
        return decide(command, balance)

    with pytest.raises(DslabError, match="80 is more than the balance of 20"):
        handle(store, "a", ACCOUNT._replace(decide=racing), -80)
    assert load(store, "a", ACCOUNT)[0] == 20


def test_a_race_lost_every_time_is_told():
    store = EventStore()

    def always_late(command, balance):
        handle(store, "a", ACCOUNT, 1)
        return decide(command, balance)

    with pytest.raises(DslabError, match="3 attempts on stream 'a' met other writers each time"):
        handle(store, "a", ACCOUNT._replace(decide=always_late), 1, attempts=3)
