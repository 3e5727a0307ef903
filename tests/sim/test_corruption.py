"""Messages altered on their way or held back: both ways to deal with them, from the seed."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslab.errors import DslabError
from dslab.node import Message, Node
from dslab.protocols.raft import Raft
from dslab.run.trace import Trace
from dslab.sim import Cluster
from dslab.sim.corruption import altered, rewritten
from dslab.values import Map, Value, plain, show
from tests.sim.test_network import arrived, burst
from tests.sim.worlds import Note, Sender


class Inner(Value):
    value: object
    more: Map


class Outer(Message):
    term: int
    parts: tuple
    nothing: object = None


leaves = st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=3), st.just("n1"))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.builds(Inner, inner, st.dictionaries(st.text(max_size=2), inner, max_size=2).map(Map)),
    ),
)


def differences(one, other) -> int:
    """In how many leaves two pieces of JSON data of the same shape differ."""
    if isinstance(one, (list, dict)):
        assert type(one) is type(other) and len(one) == len(other)
        pairs = (
            zip(one, other) if isinstance(one, list) else ((one[key], other[key]) for key in one)
        )
        return sum(differences(*pair) for pair in pairs)
    return int((type(one), one) != (type(other), other))


class TestAltered:
    @given(values, st.integers(0, 5))
    def test_exactly_one_leaf_differs_and_the_shape_stays(self, value, seed):
        message = Outer(3, (value,))
        found = altered(message, Random(seed), (("n1", "n2"),))
        assert differences(plain(message), plain(found)) == 1
        assert hash(found) is not None and found == altered(message, Random(seed), (("n1", "n2"),))

    def test_what_has_nothing_to_alter_gives_none(self):
        class Empty(Message):
            pass

        assert (
            altered(Empty(), Random(1)) is None
            and altered((None, (), frozenset({1})), Random(1)) is None
        )

    def test_a_node_s_name_becomes_another_node_s(self):
        assert {
            altered(("n1",), Random(seed), (("n1", "n2", "n3"), ("c1",))) for seed in range(20)
        } == {("n2",), ("n3",)}
        assert altered(("c1",), Random(1), (("n1",), ("c1",))) is None, "nobody else has a name"

    def test_fields_are_rewritten_however_deep(self):
        message = Outer(1, (Inner(5, Map(a=6)), Inner((7, 8), Map())))
        found = rewritten(message, lambda name, item: 0 if name == "value" else item)
        assert found == Outer(1, (Inner(0, Map(a=6)), Inner((0, 0), Map())))


def test_with_checksums_the_share_is_thrown_away():
    cluster = burst(corrupt=0.3)
    lost = [event.data for event in cluster.trace.events if event.kind == "lose"]
    assert set(lost) == {"corrupt"} and abs(len(lost) / 2000 - 0.3) < 0.05
    assert set(arrived(cluster)) <= set(range(2000)) and len(arrived(cluster)) == 2000 - len(lost)


class Some(Sender):
    count = 200


def test_without_checksums_the_node_handles_what_arrived_and_the_trace_says_both():
    def run():
        return Cluster(Some, 2, clients=0, corrupt=0.3, checksums=False).run(200)

    cluster = run()
    assert len(arrived(cluster)) == 200 and not cluster.trace.count("lose")
    changed = [
        event
        for event in cluster.trace.events
        if event.kind == "deliver" and event.data is not None
    ]
    assert 30 < len(changed) < 90
    assert all(
        isinstance(event.data, Note) and event.data != cluster.trace.records[event.ref][5]
        for event in changed
    )
    first = changed[0]
    said = (
        f"n2 receives {show(cluster.trace.records[first.ref][5])} from n1, altered on its way "
        f"to {show(first.data)};"
    )
    assert any(said in sentence for sentence in cluster.trace.sentences())
    assert Trace.from_json(cluster.trace.as_json()).sentences() == cluster.trace.sentences()
    assert run().trace.dumps() == cluster.trace.dumps()


def test_a_corrupted_message_meets_cuts_crashes_and_pauses_like_any_other():
    for act, undo, expected in (
        (lambda c: c.partition("n1", "n2"), lambda c: c.heal(), ()),
        (lambda c: c.crash("n2"), lambda c: c.restart("n2"), ()),
        (lambda c: c.pause("n2"), lambda c: c.resume("n2"), 1),
    ):
        cluster = Cluster(Sender, 2, clients=0, delay=10, corrupt=1, checksums=False).run(5)
        act(cluster)
        cluster.run(20)
        undo(cluster)
        got = arrived(cluster.run(20))
        assert got == expected or len(got) == expected


class Strict(Node):
    """Falls over a number that it doesn't know."""

    def on_Note(self, sender, m):
        {0: None}[m.number]


def test_a_handler_that_an_altered_message_breaks_takes_its_node_down_and_not_the_run():
    cluster = Cluster(Strict, 2, clients=0, corrupt=1, checksums=False)
    cluster.post("n1", "n2", Note(0))
    assert cluster.run(50)["n2"] is None
    assert any(
        "n2 crashes: it can't handle Note(number=" in sentence and "(KeyError: " in sentence
        for sentence in cluster.trace.sentences()
    )
    honest = Cluster(Strict, 2, clients=0)
    honest.post("n1", "n2", Note(5))
    with pytest.raises(KeyError):
        honest.run(50)


@pytest.mark.parametrize("seed", range(6))
def test_raft_with_checksums_takes_corruption_for_loss(seed):
    from dslab.scenario import Scenario

    noisy = Scenario(
        {
            "protocol": "raft",
            "nodes": 5,
            "duration": 1500,
            "workload": ["x"],
            "check": ["linearizable"],
            "clients": 2,
            "quiet_at": 1000,
            "corrupt": 0.2,
        }
    )
    assert noisy.run(seed).holds is True


class TestReordering:
    def test_the_share_is_held_back_by_up_to_the_window(self):
        cluster = burst(delay=4, reorder=0.2, window=30)
        records = cluster.trace.records
        times = [record[0] - records[record[4]][0] for record in records if record[1] == "deliver"]
        late = [time for time in times if time > 4000]
        assert abs(len(late) / 2000 - 0.2) < 0.05 and max(late) <= 34_000 and max(late) > 30_000
        assert arrived(cluster) != tuple(range(2000)) and sorted(arrived(cluster)) == list(
            range(2000)
        )

    def test_without_it_a_fixed_delay_keeps_the_order(self):
        assert arrived(burst(delay=4, reorder=0.0)) == tuple(range(2000))


@pytest.mark.parametrize(
    "more, sentence",
    [
        ({"corrupt": 2}, "corrupt=2 is no share"),
        ({"reorder": -1}, "reorder=-1 is no share"),
        ({"window": -5}, "is no delay"),
    ],
)
def test_bad_input_is_told(more, sentence):
    with pytest.raises(DslabError, match=sentence):
        Cluster(Raft, 3, **more)
