"""Crashes in the middle of a step, disks that lie, and clocks that are wrong."""

import pytest

from dslab.errors import DslabError
from dslab.node import Message, Node, Timer
from dslab.protocols.raft import Raft
from dslab.sim import Cluster


class Tick(Timer):
    pass


class Item(Message):
    number: int


class Writer(Node):
    """Each tick writes an item down and tells everybody."""

    durable = "items", "count"
    items: tuple = ()
    count: int = 0
    heard: tuple = ()
    times: tuple = ()

    def on_start(self):
        self.set_timer(Tick(), 10)

    def on_Tick(self):
        self.count += 1
        self.items += (self.count,)
        self.times += (self.now,)
        self.broadcast(Item(self.count))
        self.set_timer(Tick(), 10)

    def on_Item(self, sender, m):
        self.heard += (m.number,)


def heard(cluster, name):
    return cluster[name].heard


@pytest.mark.parametrize("written, sends", [(False, 0), (True, 0), (True, 1), (True, 2)])
def test_a_crash_in_the_middle_of_a_step_leaves_a_prefix_of_its_effects(written, sends):
    cluster = Cluster(Writer, 3, clients=0, delay=1)
    cluster.pause("n2", "n3")  # So that only n1 ticks.
    cluster.run(15)
    cluster.crash_during("n1", written=written, sends=sends)
    cluster.run(10)
    assert cluster["n1"] is None
    cluster.resume("n2", "n3")
    assert (heard(cluster, "n2"), heard(cluster, "n3")) == (
        (1,) + (2,) * (sends > 0),
        (1,) + (2,) * (sends > 1),
    )
    cluster.restart("n1")
    assert cluster["n1"].items == ((1, 2) if written else (1,))


def test_a_disk_that_lost_the_last_steps_gives_an_older_state():
    for lost, items in ((0, (1, 2, 3)), (1, (1, 2)), (2, (1,)), (9, ())):
        cluster = Cluster(Writer, 1, clients=0).run(35)
        cluster.crash("n1", lost=lost)
        cluster.restart("n1")
        assert (cluster["n1"].items, cluster["n1"].count) == (items, len(items))


def test_what_a_disk_has_lost_does_not_come_back_with_a_second_loss():
    cluster = Cluster(Writer, 1, clients=0).run(35)
    for lost, items in ((2, (1,)), (1, (1,)), (9, (1,))):
        cluster.crash("n1", lost=lost)
        cluster.restart("n1")
        assert cluster["n1"].items == items


def test_the_trace_says_what_a_disk_lost():
    for how, said in (
        ({"lost": 2}, "n1 crashes: its disk lost the last 2 steps, which changed items, count."),
        ({"torn": True}, "n1 crashes: its last write was torn, which changed items."),
        (
            {"lost": 1, "torn": True},
            "n1 crashes: its disk lost the last step and its last write was torn, which "
            "changed items, count.",
        ),
        ({}, "n1 crashes."),
    ):
        cluster = Cluster(Writer, 1, clients=0).run(35)
        cluster.crash("n1", **how)
        assert cluster.trace.sentences()[-1] == "35.0 ms: " + said


def test_a_torn_write_lacks_the_last_item_of_what_it_changed():
    cluster = Cluster(Writer, 1, clients=0).run(35)
    cluster.crash("n1", torn=True)
    cluster.restart("n1")
    assert (cluster["n1"].items, cluster["n1"].count) == ((1, 2), 3)


def test_a_clock_that_jumps_and_drifts_misleads_its_node_and_its_timers():
    cluster = Cluster(Writer, 2, clients=0).run(5)
    cluster.clock("n1", ahead=1000, rate=2.0)
    cluster.run(45)
    # The tick that was pending stays at 10 ms; from there on they come twice as fast, by a clock
    # that is right about its own pace.
    assert cluster["n1"].times == tuple(1015.0 + 10 * step for step in range(8))
    assert cluster["n2"].times == (10.0, 20.0, 30.0, 40.0)
    cluster.clock("n1", ahead=-500)
    assert cluster["n1"].now > cluster.shown("n1") / 1000


def test_a_disk_that_forgets_a_vote_lets_a_server_vote_twice():
    """Raft is safe on a disk that keeps its word (Ongaro and Ousterhout 2014, section 5)."""
    cluster = Cluster(Raft, 3, seed=1, clients=0).run(400)
    voter = next(name for name, node in cluster.nodes.items() if node.role == "follower")
    term, vote = cluster[voter].current_term, cluster[voter].voted_for
    steps = sum(
        1 for event in cluster.trace.events if event.place == voter and event.state is not None
    )
    cluster.crash(voter, lost=steps)
    cluster.restart(voter)
    assert (
        vote is not None
        and (cluster[voter].current_term, cluster[voter].voted_for) == (0, None)
        and term > 0
    )


def test_bad_input_is_told():
    cluster = Cluster(Writer, 1, clients=0)
    for wrong, sentence in [
        (lambda: cluster.crash("n1", lost=-1), "crash\\(lost=-1\\)"),
        (lambda: cluster.clock("n1", rate=0), "runs at more than 0"),
        (lambda: cluster.clock("n7"), "there is no node 'n7'"),
        (
            lambda: cluster.crash_during("n1", written=False, sends=1),
            "nothing is sent before the disk is written",
        ),
    ]:
        with pytest.raises(DslabError, match=sentence):
            wrong()
