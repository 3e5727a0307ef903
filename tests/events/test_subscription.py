"""Readers of all events: each event once or again, none passed over."""

import pytest

from dslab.events import EventStore, NewEvent, StoreError


@pytest.fixture
def store():
    return EventStore()


def deposit(amount):
    return NewEvent("Deposited", {"amount": amount})


def test_a_subscription_goes_on_where_it_stopped(store):
    store.append("a", [deposit(n) for n in range(5)])
    reader = store.subscribe(batch=2)
    assert [e.position for e in reader.poll()] == [1, 2]
    again = store.subscribe(after=reader.position)
    assert [e.position for e in again] == [3, 4, 5]
    assert again.poll() == []
    store.append("b", deposit(1))
    assert [e.position for e in again.poll()] == [6]


def test_a_follower_waits_for_what_comes(store):
    store.append("a", deposit(1))
    arrivals = iter([True, False])

    def wait():
        more = next(arrivals)
        if more:
            store.append("a", deposit(2))
        return more

    assert [e.position for e in store.subscribe().follow(wait)] == [1, 2]


def handled(events, fails_at):
    done = []
    for event in events:
        if event.position == fails_at:
            raise RuntimeError(done)
        done.append(event.position)
    return done


@pytest.mark.parametrize("fails_at", [1, 40, 61])
@pytest.mark.parametrize(
    "read",
    [lambda reader: reader.poll(), lambda reader: reader, lambda reader: reader.follow(bool)],
    ids=["poll", "loop", "follow"],
)
def test_an_event_whose_handling_fails_comes_again_and_what_follows_it(store, fails_at, read):
    store.append("a", [deposit(n) for n in range(61)])
    reader = store.subscribe()
    with pytest.raises(RuntimeError):
        handled(read(reader), fails_at)
    assert reader.position == fails_at - 1
    assert handled(read(reader), None) == list(range(fails_at, 62))
    assert reader.position == 61 and reader.poll() == []


def test_an_old_batch_takes_no_position_back(store):
    store.append("a", [deposit(n) for n in range(4)])
    reader = store.subscribe(batch=2)
    old = reader.poll()
    assert handled(old, None) + handled(reader.poll(), None) == [1, 2, 3, 4]
    assert handled(old, None) == [1, 2] and reader.position == 4


def test_a_position_beyond_the_end_is_told(tmp_path):
    """A store put back to an older copy would give positions again that a reader has passed."""
    with EventStore(tmp_path / "bank.db") as store:
        store.append("a", [deposit(n) for n in range(25)])
        reader = store.subscribe(after=25)
        assert reader.poll() == []
    with EventStore(tmp_path / "backup.db") as older:
        older.append("a", [deposit(n) for n in range(10)])
        with pytest.raises(StoreError, match="at position 25, but the last event is at 10"):
            older.subscribe(after=reader.position)
        reader.store = older
        for read in (reader.poll, lambda: list(reader)):
            with pytest.raises(StoreError, match="an older copy"):
                read()
        assert older.subscribe(after=10).poll() == []
