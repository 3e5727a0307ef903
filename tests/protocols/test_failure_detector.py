"""◇P, property by property: Chandra and Toueg, "Unreliable Failure Detectors for Reliable
Distributed Systems", 1996. The detector is a part of a node that trusts the first who is not
suspected.
"""

import pytest

from dslab.explore import Nodes, explore
from dslab.node import Node, Reply
from dslab.protocols.failure_detector import Alive, EventuallyPerfect, Tick
from dslab.sim import Cluster


class Trusting(Node):
    """Trusts the first node by name that its detector doesn't suspect."""

    detector = EventuallyPerfect()
    trusted: str = ""
    mistakes: int = 0

    def on_start(self):
        self.choose()

    def on_detector_suspect(self, peer):
        self.choose()

    def on_detector_restore(self, peer):
        self.mistakes += 1
        self.choose()

    def choose(self):
        self.trusted = min({self.id, *self.peers} - self.detector.suspected)

    def on_Request(self, client, m):
        self.send(client, Reply(m.id, self.trusted))


def suspected(cluster):
    return {name: set(node.detector.suspected) for name, node in cluster.nodes.items() if node}


def test_strong_completeness_who_crashes_is_suspected_for_good_by_all_who_run():
    """Section 2.2, properties of ◇P."""
    cluster = Cluster(Trusting, 4, seed=3).run(500)
    cluster.crash("n1")
    cluster.run(500)
    for _ in range(20):
        cluster.run(100)
        assert suspected(cluster) == {name: {"n1"} for name in ("n2", "n3", "n4")}
    assert {node.trusted for node in cluster.nodes.values() if node} == {"n2"}


@pytest.mark.parametrize("seed", range(5))
def test_eventual_strong_accuracy_after_finitely_many_mistakes_nobody_is_suspected(seed):
    """Section 2.2: a peer may be silent for 170 ms; four ticks are always enough, two are not."""
    cluster = Cluster(Trusting, 3, seed=seed, delay=(1, 120)).run(20_000)
    mistakes = [node.mistakes for node in cluster.nodes.values()]
    cluster.run(20_000)
    assert sum(mistakes) > 0
    assert [node.mistakes for node in cluster.nodes.values()] == mistakes, "there are no more"
    timeouts = [
        ticks for node in cluster.nodes.values() for ticks in node.detector.timeouts.values()
    ]
    assert set(timeouts) <= {3, 4}
    assert suspected(cluster) == {"n1": set(), "n2": set(), "n3": set()}


def detector(**fields):
    """A bare node whose detector has these fields; what it has sent and set is taken away."""
    node = Trusting("n1", ["n2", "n3"])
    node.start()
    for name, value in fields.items():
        setattr(node.detector, name, value)
    node.outbox, node.timers = [], {}
    return node


def tick(node):
    kind = next(iter(detector_timers(node)))
    node.fire(kind())


def detector_timers(node):
    fresh = Trusting("n1", ["n2", "n3"])
    fresh.start()
    return fresh.timers


def test_figure_10_each_process_says_at_every_tick_that_it_is_alive():
    node = detector()
    tick(node)
    assert [(to, type(m).__name__) for to, m in node.outbox] == [
        ("n2", "detector.Alive"),
        ("n3", "detector.Alive"),
    ]
    assert all(isinstance(m, Alive) for _, m in node.outbox)
    [(timer, low, high)] = node.timers.values()
    assert isinstance(timer, Tick) and (low, high) == (50, 50)


def test_figure_10_who_is_silent_for_longer_than_its_timeout_is_suspected():
    node = detector()
    tick(node)
    tick(node)
    assert node.detector.suspected == frozenset(), "two ticks are not longer than two"
    tick(node)
    assert node.detector.suspected == {"n2", "n3"} and node.trusted == "n1"


def test_figure_10_a_mistake_is_taken_back_and_makes_the_timeout_longer():
    node = detector()
    for _ in range(3):
        tick(node)
    node.receive("n2", next(m for _, m in sent_by(node)))
    assert node.detector.suspected == {"n3"} and node.mistakes == 1
    assert node.detector.timeout_of("n2") == 3 and node.detector.timeout_of("n3") == 2
    for _ in range(3):
        tick(node)
    assert node.detector.suspected == {"n3"}, "three ticks are not longer than three now"
    tick(node)
    assert node.detector.suspected == {"n2", "n3"}


def sent_by(node):
    outbox, node.outbox = node.outbox, []
    return outbox


def test_a_word_in_time_is_no_mistake():
    node = detector()
    tick(node)
    alive = sent_by(node)[0][1]
    tick(node)
    node.receive("n2", alive)
    tick(node)
    assert node.detector.suspected == {"n3"} and node.mistakes == 0
    assert dict(node.detector.timeouts) == {}


def test_what_it_learned_outlives_a_crash_and_what_it_suspects_does_not():
    cluster = Cluster(Trusting, 3, seed=1, delay=(1, 400)).run(5000)
    learned = cluster["n1"].detector.timeouts
    assert any(learned.values())
    cluster.crash("n1")
    cluster.restart("n1")
    assert cluster["n1"].detector.timeouts == learned
    assert cluster["n1"].detector.suspected == frozenset()


def mistaken(view):
    """Nobody suspects a node that is up: no detector can promise it."""
    return not any(view[peer] for node in view for peer in node.detector.suspected)


def test_no_detector_is_accurate_at_once_and_the_explorer_shows_why():
    nodes = dict.fromkeys(("n1", "n2"), Trusting)
    found = explore(Nodes(nodes, fires={"detector.Tick": 3}, invariants=[mistaken]))
    assert found.holds is False and len(found.steps) == 3
    assert {step[0] for step in found.steps} == {"fire"}
    assert explore(Nodes(nodes, fires={"detector.Tick": 2}, invariants=[mistaken])).holds
