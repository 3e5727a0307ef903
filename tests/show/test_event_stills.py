"""The stills of streams, boards and sagas: what stands on paper, and where no script runs."""

import json
import xml.dom.minidom

import pytest

from dslab.events import EventStore, handle
from dslab.events.aggregate import Decider
from dslab.events.bank import ACCOUNT, Deposit, Open
from dslab.events.bus import Group, Log, Queue
from dslab.events.saga import Crashed, Rejected, Saga, Step, every_crash, run
from dslab.protocols.raft import Raft
from dslab.run import Recorder
from dslab.run.trace import Trace
from dslab.show import play, runs, stream
from dslab.sim import Cluster


def words(picture) -> list[str]:
    return [
        text.firstChild.data
        for text in xml.dom.minidom.parseString(picture).getElementsByTagName("text")
        if text.firstChild
    ]


def account(deposits=3):
    store = EventStore(":memory:")
    for command in (Open("Ann"), *[Deposit(100)] * deposits):
        handle(store, "ann", ACCOUNT, command)
    return stream(store.read("ann"), ACCOUNT, title="Ann's account")


def board():
    recorder = Recorder("payments", "ledger", "mail", "jobs", "totals", title="A board")
    log, jobs = (
        Log("payments", partitions=2, recorder=recorder),
        Queue("jobs", limit=1, recorder=recorder),
    )
    groups = [
        Group(log, name, members=("1",), limit=2, recorder=recorder) for name in ("ledger", "mail")
    ]
    for key, event in [("ann", "+10"), ("bob", "+5"), ("ann", "oops")] + [
        ("ann", f"+{number}") for number in range(20)
    ]:
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


def test_a_group_that_is_far_behind_stands_at_the_beginning_of_what_is_recorded():
    recorder = Recorder("payments", "ledger", title="Behind")
    log = Log("payments", recorder=recorder)
    group = Group(log, "ledger", recorder=recorder)
    for number in range(90):
        log.publish("ann", number)
    group.commit(group.poll("1"))
    said = words(play(recorder.trace, "pipeline").picture())
    assert {"50 before", "⚑ ledger", "ledger: lag 89, read by 1"} <= set(said) and any(
        each.endswith(" more") for each in said
    )


def saga():
    def no_courier(key):
        raise Rejected("no courier is free")

    def nothing(key):
        return None

    steps = (
        Step("reserve", nothing, nothing),
        Step("charge", nothing, nothing),
        Step("ship", no_courier, nothing),
    )
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
    assert (
        said[:2] == ["Ann's account", "ann, version 2 of 3"]
        and "2. MoneyDeposited amount 100" in said
    )
    assert said[-3:] == ["balance", "100", "● 200"]
    assert words(play(account(), "stream").picture())[-1] == "● 300"
    assert words(play(account(), "stream", at=0).picture())[1] == "ann, version 0 of 3"


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
    assert {
        "payments",
        "jobs",
        "totals",
        "partition 0",
        "partition 1",
        "waiting",
        "in hand",
        "✗ dead letters",
        "empty",
        "read model at event 3",
        "ann: 10",
    } <= set(said)
    assert any("ledger: lag" in each and "mail: lag" in each for each in said)
    assert any(
        "◐" in each and "↻1" in each and "◐" in each.partition("↻")[2] for each in said[:-1]
    ) and any(each.startswith("⚑ ") for each in said)
    assert any(each.endswith(" more") for each in said), (
        "a long row begins at the first group's place"
    )


def test_a_saga_shows_what_became_of_each_step():
    said = words(play(one_saga(), "saga").picture())
    assert (
        said.count("undone") == 2 and "rejected" in said and said[-1] == "The saga is compensated."
    )
    crashed = words(play(one_saga(crash_at=3), "saga").picture())
    assert (
        crashed[-1] == "✕ The orchestrator is down. Its log holds 3 events."
        and "called, no answer yet" in crashed
    )


def test_a_choice_of_runs_shows_the_first_one_s_view():
    shown = runs(
        every_crash(
            saga(), lambda: EventStore(":memory:"), lambda title: Recorder("saga", title=title)
        ),
        "saga",
    )
    assert (
        "The saga is compensated." in words(shown.picture())
        and "order-7, without a crash. Saga lanes" in shown.words()
    )


@pytest.mark.parametrize(
    "trace, view", [(account, "stream"), (board, "pipeline"), (one_saga, "saga")]
)
def test_the_same_picture_each_time_and_after_a_journey_through_a_file(trace, view):
    again = Trace.from_json(json.loads(trace().dumps()))
    assert (
        play(trace(), view).picture()
        == play(trace(), view).picture()
        == play(again, view).picture()
    )


@pytest.mark.parametrize(
    "view, lacks",
    [
        ("stream", "no node has a field “event”"),
        ("pipeline", "no node has a field “partitions” or “queue”"),
        ("saga", "no node has the fields “steps” and “status”"),
    ],
)
def test_a_run_that_lacks_what_a_view_shows_says_so(view, lacks):
    player = play(Cluster(Raft, 3, title="No such thing").run(50), view)
    assert lacks in player.words() and lacks in words(player.picture())[1]


def test_what_is_drawn_is_said():
    assert play(account(), "stream", at=3).words() == (
        "Ann's account. Stream of ann, version 2 of 3. After MoneyDeposited amount 100: "
        "owner Ann, balance 200."
    )
    said = play(board(), "pipeline").words()
    assert (
        "partition 0 of payments holds" in said
        and "ledger: lag" in said
        and "queue jobs holds 0, 1 in hand, 1 dead" in said
        and "totals has ann 10" in said
    )
    assert "ship rejected. The saga is compensated." in play(one_saga(), "saga").words()
