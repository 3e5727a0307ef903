"""What each fault of a run changed, in words; where it changed nothing, it tested nothing."""

import pytest

from dslab.check import mattered
from dslab.sim import Cluster
from tests.sim.worlds import Note, Sender, Ticker


def told(act, node_class=Sender, nodes=3, rest=50, **more):
    """What is said of a run: n1 sends note 0 to everybody at 1 ms, and note 1 to n2 after `act`."""
    cluster = Cluster(node_class, nodes, clients=0, delay=10, **more).run(20)
    act(cluster)
    if node_class is Sender:
        cluster.post("n1", "n2", Note(1))
    return mattered(cluster.run(rest).trace)


@pytest.mark.parametrize(
    "act, sentence",
    [
        (
            lambda c: c.slow("n1", "n2", (20, 30)),
            "The slow links from 20 to {end} ms carried 1 message.",
        ),
        (
            lambda c: c.slow("n3", "n2", (20, 30)),
            "The slow links from 20 to {end} ms carried no message, so they tested nothing.",
        ),
        (
            lambda c: c.clock("n2", ahead=5),
            "n2's clock was wrong from 20 to 30 ms: it took 1 step by it.",
        ),
        (
            lambda c: c.clock("n3", rate=2),
            "n3's clock was wrong from 20 to 30 ms: it took no step by it.",
        ),
        (
            lambda c: c.crash_during("n3"),
            "n3 was to crash in the middle of a step from 20 ms on, and took none.",
        ),
        (
            lambda c: c.crash_during("n2"),
            "When n2 crashed at 30 ms, in the middle of this step: its disk is written, "
            "0 of its 0 messages leave.",
        ),
        (
            lambda c: c.byzantine("n3", "silent"),
            "n3 was Byzantine (silent) from 20 to 30 ms: it never lied, so it tested nothing.",
        ),
        (
            lambda c: c.crash("n3", lost=1),
            "When n3 crashed at 20 ms, its disk lost the last step, which changed nothing on it.",
        ),
        (
            lambda c: c.crash("n3", lost=2),
            "When n3 crashed at 20 ms, its disk lost the last 2 steps, which changed boots.",
        ),
        (
            lambda c: c.crash("n3", torn=True),
            "When n3 crashed at 20 ms, its last write was torn, which changed nothing on it.",
        ),
        (lambda c: c.disturb(corrupt=1), "1 message corrupted and thrown away."),
        (lambda c: c.disturb(corrupt=1, checksums=False), "1 message handled in an altered form."),
        (
            lambda c: c.disturb(reorder=1),
            "No message was overtaken from 20 to {end} ms, so that tested nothing.",
        ),
        (
            lambda c: c.pause("n2") or c.later(20, lambda: c.resume("n2")),
            "n2 was paused from 20 to 40 ms: 1 step waited for it.",
        ),
        (
            lambda c: c.disturb(loss=1e-9, duplicate=1),
            "No message was lost from 20 to {end} ms, so that tested nothing.",
        ),
    ],
)
def test_a_fault_is_told_with_what_it_changed(act, sentence):
    found = told(act)
    assert any(sentence.format(end=number) in found for number in range(20, 90)), found


def test_of_two_cuts_the_one_that_met_no_message_is_named():
    def act(cluster):
        cluster.partition("n1", "n2")
        cluster.run(5)
        cluster.partition("n1 n2", "n3")

    assert told(act) == (
        "The cut from 20 to 25 ms stopped 1 message.",
        "The cut from 25 to 25 ms crossed no message, so it tested nothing.",
    )


def test_links_that_go_down_at_one_moment_are_one_cut():
    def act(cluster):
        cluster.cut("n1", "n2")
        cluster.cut("n1", "n3")
        cluster.run(5)
        cluster.cut("n1", "n2 n3")  # They are down already.

    assert told(act) == ("The cut from 20 to 25 ms stopped 1 message.",)


def test_faults_of_a_network_that_nobody_uses_are_named():
    assert told(lambda c: c.disturb(loss=0.5), Ticker) == (
        "The network's faults from 20 to 60 ms met no message, so they tested nothing.",
    )


def test_messages_that_are_overtaken_are_counted():
    def act(cluster):
        cluster.disturb(reorder=0.5, window=40)
        for number in range(20):
            cluster.post("n1", "n3", Note(number))

    assert any(
        " messages overtaken on their link from 20 to " in sentence
        and not sentence.startswith("0 ")
        for sentence in told(act, rest=100)
    )


def test_what_was_done_by_hand_is_told():
    cluster = Cluster(Sender, 2, clients=0, delay=10).run(20)
    number = len(cluster.trace)
    cluster.post("n1", "n2", Note(7))
    cluster.delay(number, 5)
    cluster.deliver(number)
    cluster.duplicate(number)
    cluster.partition("n1", "n2")
    cluster.run(50)
    named = "Note(number=7) from n1 to n2"
    assert mattered(cluster.trace) == (
        f"By hand, {named} is held back for 5 ms.",
        f"By hand, {named} arrives ahead of its time.",
        f"By hand, {named} is on its way once more, and nothing came of it.",
        "The cut from 20 to 30 ms stopped 1 message.",
    )


def test_a_liar_s_lies_are_counted():
    cluster = Cluster(Ticker, 2, clients=0)
    cluster.byzantine("n1", "vote_twice")
    assert mattered(cluster.run(50).trace) == (
        "n1 was Byzantine (vote_twice) from 0 to 40 ms: it never lied, so it tested nothing.",
    )
