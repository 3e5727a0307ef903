"""Deciders: the state is the fold, and a lost race is decided again."""

from decimal import Decimal

import pytest

from dslab.errors import DslabError
from dslab.events import Decider, EventStore, IdTaken, NewEvent, bank, handle, load
from dslab.events.bank import Deposit, Withdraw


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


@pytest.mark.parametrize(
    "asked, sentence",
    [
        ({"attempts": 0}, "attempts=0: give a whole number, 1 or more"),
        ({"attempts": 2.0}, "attempts=2.0: give a whole number, 1 or more"),
        ({"command_id": 5}, "5 is no command's id: give a text"),
        ({"command_id": ["x"]}, "is no command's id"),
        ({"command_id": frozenset()}, "is no command's id"),
        ({"command_id": ""}, "'' is no command's id"),
    ],
    ids=str,
)
def test_a_command_is_asked_for_in_whole_attempts_and_named_by_a_text(asked, sentence):
    store = EventStore()
    with pytest.raises(DslabError, match=sentence):
        handle(store, "a", ACCOUNT, 1, **asked)
    assert len(store) == 0


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


@pytest.mark.parametrize("amount", [100, -80])
def test_a_command_that_is_repeated_under_its_name_is_done_once(amount):
    store = EventStore()
    handle(store, "a", ACCOUNT, 90)
    done = handle(store, "a", ACCOUNT, amount, command_id="c-1")
    handle(store, "a", ACCOUNT, 5)
    assert handle(store, "a", ACCOUNT, amount, command_id="c-1") == done
    assert load(store, "a", ACCOUNT) == (95 + amount, 2)
    handle(store, "b", ACCOUNT, 7, command_id="c-1")  # A name is one stream's.
    assert load(store, "b", ACCOUNT) == (7, 0)
    with pytest.raises(IdTaken, match="is the id of #2 a@1 Moved"):
        handle(store, "a", ACCOUNT, amount + 1, command_id="c-1")


def test_a_command_of_several_events_is_repeated_whole():
    store = EventStore()
    double = ACCOUNT._replace(decide=lambda c, s: decide(c, s) + decide(c, s + c))
    done = handle(store, "a", double, 3, command_id="c/1")
    assert [event.version for event in done] == [0, 1]
    assert handle(store, "a", double, 3, command_id="c/1") == done
    assert len(handle(store, "a", double, 3, command_id="c")) == 2 and len(store) == 4


def test_an_attempt_that_another_attempt_at_the_same_command_overtook_is_made_again():
    """The slower one decided on an older state, and differently."""
    store, overtaken = EventStore(), []

    def to_hundred(command, balance):
        if not overtaken:
            overtaken.append(balance)
            handle(store, "a", ACCOUNT, 30)
            overtaken.append(handle(store, "a", filling, command, command_id="fill"))
        return [NewEvent("Moved", {"amount": 100 - balance})]

    filling = ACCOUNT._replace(decide=to_hundred)
    assert handle(store, "a", filling, "fill", command_id="fill") == overtaken[1]
    assert load(store, "a", ACCOUNT) == (100, 1)


@pytest.mark.parametrize("amount", [0.1, True, "5", None, Decimal(5)], ids=repr)
@pytest.mark.parametrize("command", [Deposit, Withdraw])
def test_an_account_takes_whole_cents(command, amount):
    store = EventStore()
    handle(store, "a", bank.ACCOUNT, bank.Open("Ada"))
    handle(store, "a", bank.ACCOUNT, Deposit(100))
    with pytest.raises(bank.Refused, match="is no amount: give whole cents"):
        handle(store, "a", bank.ACCOUNT, command(amount))
    assert len(store) == 2
