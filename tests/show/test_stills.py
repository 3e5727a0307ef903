"""The still pictures of streams, boards and sagas: what stands on paper, and where no script runs."""

import json
import xml.dom.minidom

import pytest

from dslab.events import EventStore, handle
from dslab.events.aggregate import Decider
from dslab.events.bank import ACCOUNT, Deposit, Open
from dslab.events.bus import Group, Log, Queue
from dslab.events.saga import Crashed, Rejected, Saga, Step, every_crash, run
from dslab.protocols.raft import Raft
from dslab.recorder import Recorder
from dslab.show import play, runs, stream
from dslab.show.stills import PICTURES
from dslab.sim import Cluster
from dslab.trace import Trace


def words(picture) -> list[str]:
    return [text.firstChild.data for text in xml.dom.minidom.parseString(picture).getElementsByTagName("text") if text.firstChild]


def account(deposits=3):
    store = EventStore(":memory:")
    for command in (Open("Ann"), *[Deposit(100)] * deposits):
        handle(store, "ann", ACCOUNT, command)
    return stream(store.read("ann"), ACCOUNT, title="Ann's account")


def board():
    recorder = Recorder("payments", "ledger", "mail", "jobs", "totals", title="A board")
    log, jobs = Log("payments", partitions=2, recorder=recorder), Queue("jobs", limit=1, recorder=recorder)
    groups = [Group(log, name, members=("1",), limit=2, recorder=recorder) for name in ("ledger", "mail")]
    for key, event in [("ann", "+10"), ("bob", "+5"), ("ann", "oops")] + [("ann", f"+{number}") for number in range(20)]:
        log.publish(key, event)
    groups[0].retry(groups[0].poll("1"))
    for group in groups:
        group.poll("1")
    for job in ("print", "send"):
        jobs.publish("ann", job)
    jobs.reject(jobs.get())
    jobs.get()
    recorder.act("totals", "the totals are rebuilt", position=3, ann=10)
    return recorder.trace


def saga():
    def no_courier(key):
        raise Rejected("no courier is free")

    def nothing(key):
        return None

    steps = (Step("reserve", nothing, nothing), Step("charge", nothing, nothing), Step("ship", no_courier, nothing))
    return Saga("order-7", steps)


def one_saga(**more):
    recorder = Recorder("saga", title="An order")
    try:
        run(saga(), EventStore(":memory:"), recorder=recorder, **more)
    except Crashed:
        pass
    return recorder.trace


def test_a_stream_shows_its_events_and_the_state_before_and_after_the_one_asked_for():
    said = words(play(account(), "stream", at=3).picture())
    assert said[:2] == ["Ann's account", "ann, version 2 of 3"] and "2. MoneyDeposited amount 100" in said
    assert said[-3:] == ["balance", "100", "● 200"]
    assert words(play(account(), "stream").picture())[-1] == "● 300"
    assert words(play(account(), "stream", at=0).picture())[1] == "ann, before its first event"


def test_a_long_stream_shows_the_events_around_the_moment():
    picture = play(account(60), "stream", at=40).picture()
    said = [text for text in words(picture) if "Money" in text]
    assert len(said) == 16 and "39. MoneyDeposited amount 100" in said and len(picture) < 6000


def test_a_state_that_folds_to_a_number_has_a_row():
    store = EventStore(":memory:")
    handle(store, "clicks", ACCOUNT, Open("x"))
    trace = stream(store.read("clicks"), Decider(0, None, lambda count, event: count + 1))
    assert words(play(trace, "stream").picture())[-2:] == ["state", "● 1"]


def test_a_board_shows_places_lags_tries_hands_dead_letters_and_read_models():
    said = words(play(board(), "pipeline").picture())
    assert {"payments", "jobs", "totals", "partition 0", "partition 1", "waiting", "in hand", "✗ dead letters", "empty", "read model at event 3", "ann: 10"} <= set(said)
    assert any("ledger: lag" in each and "mail: lag" in each for each in said)
    assert any("◐" in each and "↻1" in each and "◐" in each.partition("↻")[2] for each in said[:-1]) and any(each.startswith("⚑ ") for each in said)
    assert any(each.endswith(" more") for each in said), "a long row begins at the first group's place"


def test_a_saga_shows_what_became_of_each_step():
    said = words(play(one_saga(), "saga").picture())
    assert said.count("undone") == 2 and "rejected" in said and said[-1] == "The saga is compensated."
    crashed = words(play(one_saga(crash_at=3), "saga").picture())
    assert crashed[-1] == "✕ The orchestrator is down. Its log holds 3 events." and "called, no answer yet" in crashed


def test_a_choice_of_runs_shows_the_first_one_s_view():
    shown = runs(every_crash(saga(), lambda: EventStore(":memory:"), lambda title: Recorder("saga", title=title)), "saga")
    assert "The saga is compensated." in words(shown.picture()) and "Saga lanes of order-7, without a crash" in shown.words()


@pytest.mark.parametrize("trace, view", [(account, "stream"), (board, "pipeline"), (one_saga, "saga")])
def test_the_same_picture_each_time_and_after_a_journey_through_a_file(trace, view):
    again = Trace.from_json(json.loads(trace().dumps()))
    assert play(trace(), view).picture() == play(trace(), view).picture() == play(again, view).picture()


@pytest.mark.parametrize("view", PICTURES)
def test_a_run_that_lacks_what_a_view_shows_is_a_space_time_diagram(view):
    cluster = Cluster(Raft, 3, title="No such thing").run(50)
    assert play(cluster, view).picture() == play(cluster).picture() and play(cluster, view).words().startswith("Space-time diagram of No such thing")


def test_the_first_view_with_a_picture_is_drawn():
    assert words(play(account(), "fields", "stream").picture())[1].startswith("ann, version")
