"""The small workload nodes in the simulator: they answer in every storm, come together after it,
and give no id twice.
"""

import pytest

from dslab.protocols import protocol, protocol_names
from dslab.protocols.broadcast import Broadcast
from dslab.protocols.g_counter import GCounter
from dslab.protocols.g_set import GSet, Merge
from dslab.protocols.unique_ids import UniqueIds
from dslab.sim import Cluster
from dslab.values import Map

SEEDS = range(15)


def stormy(node_class, seed, question, nodes=5):
    """Three clients ask `question(number)` while nodes crash and links are cut; then all is well
    for a while.
    """
    cluster, number = (
        Cluster(node_class, nodes, seed=seed, clients=3, loss=0.1, duplicate=0.1),
        iter(range(10**6)),
    )

    def client(name):
        while True:
            yield cluster.client(name).call(
                *question(next(number)), to=cluster.choose(cluster.names), timeout=50
            )
            yield cluster.after(5)

    def faults(cluster):
        for _ in range(8):
            yield cluster.after(60)
            name = cluster.choose(cluster.names)
            if cluster[name] is None:
                cluster.restart(name)
            elif cluster.chance.random() < 0.5:
                cluster.crash(name)
            else:
                cluster.heal()
                cluster.isolate(name)

    for name in cluster.clients:
        cluster.script(lambda _, name=name: client(name))
    cluster.script(faults).run(1200)
    for name in cluster.names:
        if cluster[name] is None:
            cluster.restart(name)
    cluster.heal()
    cluster.network.disturb()  # Nothing is lost any more.
    for client in cluster.clients.values():
        client.call = lambda *_, **__: cluster.env.event()  # And nobody asks anything more.
    cluster.run(1500)
    return cluster, cluster.history.operations


def asked(operations, *outcomes):
    """The values of the operations that ended so, or of all."""
    return {op.value for op in operations if not outcomes or op.outcome in outcomes}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_broadcast_reaches_everybody_after_the_storm(seed):
    cluster, operations = stormy(Broadcast, seed, lambda number: ("broadcast", None, number))
    states = {node.seen for node in cluster.nodes.values()}
    assert len(states) == 1 and asked(operations, "ok") <= states.pop() <= asked(operations)
    assert len(asked(operations, "ok")) > 30 and not any(
        any(node.untold.values()) for node in cluster.nodes.values()
    ), "everything is acknowledged"


def test_a_broadcast_follows_its_topology():
    cluster = Cluster(Broadcast, 4, seed=1, clients=1)
    line = Map(n1=("n2",), n2=("n1", "n3"), n3=("n2", "n4"), n4=("n3", "elsewhere"))
    for name in cluster.names:
        cluster.run(until=cluster.client().call("topology", None, line, to=name))
    cluster.run(until=cluster.client().call("broadcast", None, "x", to="n1")).run(100)
    used = {
        (record[2], record[3])
        for record in cluster.trace.records
        if record[1] == "send" and type(record[5]).__name__ == "Rumour"
    }
    assert used == {("n1", "n2"), ("n2", "n3"), ("n3", "n4")}
    assert all(node.seen == {"x"} for node in cluster.nodes.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_g_set_comes_together_with_every_element(seed):
    cluster, operations = stormy(GSet, seed, lambda number: ("add", None, number))
    states = {node.elements for node in cluster.nodes.values()}
    assert (
        len(states) == 1
        and asked(operations, "ok") <= states.pop() <= asked(operations)
        and len(asked(operations, "ok")) > 30
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_g_counter_counts_every_increment_once(seed):
    cluster, operations = stormy(GCounter, seed, lambda number: ("add", None, 1))
    sums = {sum(node.counts.values()) for node in cluster.nodes.values()}
    certain, possible = sum(op.outcome == "ok" for op in operations), len(operations)
    assert len(sums) == 1 and certain <= sums.pop() <= possible and certain > 30


def given(node_class, seed):
    _, operations = stormy(node_class, seed, lambda number: ("generate",))
    return [op.result for op in operations if op.outcome == "ok"]


class ForgetsWhatItGave(UniqueIds):
    durable = ()


def test_no_id_is_given_twice_unless_the_number_is_not_durable():
    for seed in SEEDS:
        ids = given(UniqueIds, seed)
        assert len(ids) > 30 and len(set(ids)) == len(ids)
    assert any(
        len(set(ids)) < len(ids) for ids in (given(ForgetsWhatItGave, seed) for seed in SEEDS)
    )


class OneNumber(GCounter):
    """Merges by adding: a state that is heard twice counts twice."""

    def on_Merge(self, peer, m):
        self.counts |= {
            name: count + self.counts.get(name, 0)
            for name, count in m.counts.items()
            if name != self.id
        }


def test_the_storm_finds_a_counter_that_adds_where_it_should_merge():
    cluster, operations = stormy(OneNumber, 0, lambda number: ("add", None, 1))
    assert max(sum(node.counts.values()) for node in cluster.nodes.values()) > len(operations)


@pytest.mark.parametrize("first, second", [({1, 2}, {2, 3}), (set(), {1}), ({1}, {1})])
def test_merging_is_idempotent_and_order_does_not_matter(first, second):
    def merged(*states):
        node = GSet("n1", ["n2"])
        for state in states:
            node.receive("n2", Merge(frozenset(state)))
        return node.elements

    assert (
        merged(first, second)
        == merged(second, first)
        == merged(first, second, first, second)
        == first | second
    )


@pytest.mark.parametrize("name", protocol_names())
def test_every_name_has_a_node_class_that_refuses_what_it_does_not_know(name):
    cluster = Cluster(protocol(name), 3, seed=1, clients=1).run(400)
    call = cluster.client().call("dance", to="n1")
    cluster.run(until=call)
    assert call.value in (("fail", "not-supported"), ("fail", "not-leader"))
