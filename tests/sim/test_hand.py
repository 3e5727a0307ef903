"""One message or one timer by hand: what is pointed at happens, and nothing else moves."""

import pytest

from dslab.errors import DslabError
from dslab.sim import Cluster
from tests.sim.worlds import Note, Sender, Ticker


def posted(**more):
    """A cluster in which note 7 is under way from n1 to n2 for 10 ms, and its number."""
    cluster = Cluster(Sender, 2, clients=0, delay=10, **more).run(20)
    number = len(cluster.trace)
    cluster.post("n1", "n2", Note(7))
    return cluster, number


def got(cluster):
    return cluster["n2"].got


def test_a_dropped_message_is_lost_in_all_its_copies():
    cluster, number = posted()
    cluster.duplicate(number)
    cluster.drop(number)
    assert got(cluster.run(50)) == (0,)
    assert [record[5] for record in cluster.trace.records if record[1] == "lose"] == ["dropped"] * 2


def test_a_delivered_message_arrives_now_and_not_again():
    cluster, number = posted()
    cluster.deliver(number)
    assert got(cluster) == (0, 7)
    assert got(cluster.run(50)) == (0, 7)


def test_of_two_copies_one_is_delivered_and_the_other_keeps_its_time():
    cluster, number = posted()
    cluster.run(5).duplicate(number)
    cluster.deliver(number)
    assert (
        got(cluster) == (0, 7)
        and got(cluster.run(9)) == (0, 7)
        and got(cluster.run(2)) == (0, 7, 7)
    )


def test_a_message_that_arrived_long_ago_may_arrive_again():
    cluster, number = posted()
    cluster.run(100).duplicate(number)
    assert got(cluster.run(50)) == (0, 7, 7)


def test_a_delayed_message_comes_later_by_as_much():
    cluster, number = posted()
    cluster.delay(number, 25)
    assert got(cluster.run(34)) == (0,) and got(cluster.run(2)) == (0, 7)


def test_a_corrupted_message_can_be_pointed_at_too():
    for act, expected in (("deliver", 1), ("drop", 0)):
        cluster, number = posted(corrupt=1, checksums=False)
        before = len(got(cluster))
        getattr(cluster, act)(number)
        assert (
            len(got(cluster)) - before == expected
            and len(got(cluster.run(50))) - before == expected
        )


def test_a_timer_fires_now_and_not_again_at_its_time():
    cluster = Cluster(Ticker, 1, clients=0).run(4)
    cluster.fire("n1", "Beat")
    assert cluster["n1"].beats == 1
    cluster.run(9)
    assert cluster["n1"].beats == 1, "the beat of 10 ms was the one that came early"
    assert cluster.run(2)["n1"].beats == 2


def test_a_paused_node_s_timer_waits():
    cluster = Cluster(Ticker, 1, clients=0).run(4)
    cluster.pause("n1")
    cluster.fire("n1", "Beat")
    assert cluster["n1"].beats == 0
    cluster.resume("n1")
    assert cluster["n1"].beats == 1


def test_other_messages_take_as_long_as_they_would_have():
    def times(act):
        cluster = Cluster(Sender, 3, clients=0, seed=5).run(20)
        for number in range(10):
            cluster.post("n1", "n2", Note(number))
        act(cluster)
        for number in range(10, 20):
            cluster.post("n1", "n3", Note(number))
        cluster.run(50)
        return [
            event.time
            for event in cluster.trace.events
            if event.kind == "deliver" and event.place == "n3"
        ]

    last = len(Cluster(Sender, 3, clients=0, seed=5).run(20).trace)
    assert (
        times(lambda cluster: None)
        == times(lambda cluster: cluster.duplicate(last))
        == times(lambda cluster: cluster.drop(last + 3))
    )


@pytest.mark.parametrize(
    "act, sentence",
    [
        (lambda c, n: c.drop(999), "there is no event 999 at 20.0 ms: the run has"),
        (
            lambda c, n: c.deliver(0),
            "event 0 is no message but a start: name a message by the number of its send",
        ),
        (
            lambda c, n: c.run(50).drop(n),
            r"message \d+, Note\(number=7\) from n1 to n2, is not under way at 70.0 ms: "
            r"it has arrived or is lost",
        ),
        (
            lambda c, n: (c.pause("n2"), c.run(50), c.deliver(n)),
            "it may be waiting at n2, which is paused",
        ),
        (lambda c, n: c.delay(n, 0), "give the milliseconds to hold it back, more than 0"),
        (lambda c, n: c.delay(n, "long"), "give the milliseconds to hold it back, more than 0"),
        (lambda c, n: c.fire("n2", "Burst"), "n2 has no Burst pending at 20.0 ms: it has no timer"),
        (lambda c, n: c.fire("n9", "Burst"), "there is no node 'n9'"),
    ],
)
def test_what_can_t_be_done_is_told_and_changes_nothing(act, sentence):
    cluster, number = posted()
    with pytest.raises(DslabError, match=sentence):
        act(cluster, number)
    if cluster.now < 30:
        assert got(cluster.run(50)) == (0, 7)
