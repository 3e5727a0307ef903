"""The bus: what a log and a queue promise, and what they don't."""

import pytest

from dslab.errors import DslabError
from dslab.events.bus import KEPT, Group, Log, Queue
from dslab.run import Recorder


def log_with(*events, partitions=1, **options):
    log = Log(partitions=partitions)
    for key, event in events:
        log.publish(key, event)
    return log, Group(log, "views", **options)


def test_events_of_one_key_are_in_one_partition_and_in_order():
    log, _ = log_with(*((key, number) for number in range(20) for key in "abcde"), partitions=3)
    for key in "abcde":
        homes = [[event for owner, event in events if owner == key] for events in log.partitions]
        assert sorted(map(len, homes)) == [0, 0, 20] and max(homes, key=len) == list(range(20))


def test_what_was_not_committed_is_read_again_after_a_rebalance():
    _, group = log_with(("a", 1), ("a", 2), ("a", 3))
    group.commit(group.poll("1"))
    group.poll("1")
    group.rebalance("2")
    assert group.poll("2").event == 2 and group.lag == 2


def test_each_partition_has_one_reader():
    log, group = log_with(
        *(((str(number)), number) for number in range(40)), partitions=4, members=("1", "2")
    )
    seen = {member: set() for member in group.assigned}
    for member in group.assigned:
        while delivery := group.poll(member):
            seen[member].add(delivery.partition)
    assert not seen["1"] & seen["2"] and seen["1"] | seen["2"] == {
        number for number, events in enumerate(log.partitions) if events
    }


def test_a_failing_event_holds_up_its_partition_until_it_is_put_aside():
    _, group = log_with(("a", "poison"), ("a", "good"), limit=3)
    tries = 0
    while (delivery := group.poll("1")).event == "poison":
        group.retry(delivery)
        tries += 1
    assert (tries, delivery.event, group.dead, group.lag) == (3, "good", (("a", "poison"),), 1)


def test_committing_an_older_delivery_takes_nothing_back():
    _, group = log_with(("a", 1), ("a", 2))
    first, second = group.poll("1"), group.poll("1")
    group.commit(second)
    group.commit(first)
    assert group.lag == 0


def test_a_queue_hands_out_each_message_once_until_it_is_rejected():
    queue = Queue()
    for event in (1, 2, 3):
        queue.publish("a", event)
    first, second = queue.get(), queue.get()
    assert queue.reject(first)
    queue.ack(second)
    # 2 was handled before 1.
    assert [queue.get().event, queue.get().event, queue.get()] == [1, 3, None]


def test_a_queue_puts_aside_what_fails_again_and_again():
    queue = Queue(limit=2)
    queue.publish("a", "poison")
    assert queue.reject(queue.get()) and not queue.reject(queue.get())
    assert queue.dead == (("a", "poison"),) and queue.get() is None


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda: Log(partitions=0), "a log of 0 partitions can hold nothing"),
        (lambda: log_with(members=()), "a group needs one member or more"),
        (lambda: log_with()[1].poll("9"), "'9' is no member of group views: it has 1"),
    ],
)
def test_bad_input_is_a_sentence(wrong, words):
    with pytest.raises(DslabError, match=words):
        wrong()


def test_a_message_is_acknowledged_once():
    queue = Queue()
    queue.publish("a", 1)
    delivery = queue.get()
    queue.ack(delivery)
    with pytest.raises(DslabError, match="1 of a is not in anybody's hands"):
        queue.ack(delivery)


def test_a_long_log_is_recorded_by_its_end_and_how_much_came_before():
    recorder = Recorder("log")
    log = Log(recorder=recorder)
    for number in range(KEPT + 2):
        log.publish("a", number)
    states = [record[6] for record in recorder.trace.records]
    assert [
        len(state["partitions"]["0"]) + state.get("before", {}).get("0", 0) for state in states
    ] == list(range(1, KEPT + 3))
    assert (
        states[-1]["before"]["0"] == 2
        and states[-1]["partitions"]["0"][0] == ("a", 2)
        and len(log.partitions[0]) == KEPT + 2
    )


def test_what_happens_is_recorded():
    recorder = Recorder("log", "views")
    log = Log(partitions=2, recorder=recorder)
    group = Group(log, "views", recorder=recorder)
    log.publish("a", 1)
    group.commit(group.poll("1"))
    assert [sentence.split(": ", 1)[1].rstrip(".") for sentence in recorder.trace.sentences()] == [
        "log appends 1 of a to partition 1 at offset 0",
        "views's reader 1 takes 1 of a",
        "views commits offset 1 of partition 1",
    ]
