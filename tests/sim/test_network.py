"""Links: delays, loss, duplication, reordering and cuts, all from the seed."""

import pytest

from dslab.errors import DslabError
from dslab.sim import Cluster
from dslab.sim.faults import between, partition
from tests.sim.worlds import Many, Note, Sender


def burst(**network) -> Cluster:
    """n1 sends 2,000 notes to n2."""
    return Cluster(Many, 2, clients=0, strict=False, **network).run(200)


def arrived(cluster) -> tuple:
    return cluster["n2"].got


class TestChance:
    def test_without_faults_everything_arrives_once(self):
        assert sorted(arrived(burst())) == list(range(2000))

    @pytest.mark.parametrize("loss", [0.1, 0.5])
    def test_loss_is_the_share_that_vanishes(self, loss):
        cluster = burst(loss=loss)
        lost = cluster.trace.count("lose", "Note")
        assert abs(lost / 2000 - loss) < 0.05
        assert len(arrived(cluster)) == len(set(arrived(cluster))) == 2000 - lost
        assert {event.data for event in cluster.trace.events if event.kind == "lose"} == {"loss"}

    @pytest.mark.parametrize("duplicate", [0.1, 0.5])
    def test_duplicate_is_the_share_that_arrives_twice(self, duplicate):
        got = arrived(burst(duplicate=duplicate))
        twice = len(got) - 2000
        assert set(got) == set(range(2000)) and max(map(got.count, set(got))) == 2
        assert abs(twice / 2000 - duplicate) < 0.05

    def test_all_or_nothing(self):
        assert arrived(burst(loss=1)) == ()
        assert len(arrived(burst(duplicate=1))) == 4000

    def test_a_delay_range_reorders(self):
        got = arrived(burst(delay=(1, 10)))
        assert got != tuple(sorted(got))
        assert burst(delay=(1, 10)).trace.dumps() == burst(delay=(1, 10)).trace.dumps()

    def test_a_fixed_delay_keeps_the_order(self):
        assert arrived(burst(delay=4)) == tuple(range(2000))

    def test_each_message_takes_as_long_as_its_link_may(self):
        records = burst(delay=(2, 5)).trace.records
        times = [record[0] - records[record[4]][0] for record in records if record[1] == "deliver"]
        assert len(times) == 2000 and min(times) >= 2000 and max(times) <= 5000
        assert min(times) < 2100 and max(times) > 4900, "the whole range is used"

    def test_another_seed_gives_another_run(self):
        runs = [burst(seed=seed, loss=0.2).trace.dumps() for seed in (0, 0, 1)]
        assert runs[0] == runs[1] != runs[2]

    def test_more_traffic_does_not_move_timers(self):
        """Each purpose has a stream of chance of its own."""
        from dslab.protocols.raft import Raft

        def firsts(**more):
            trace = Cluster(Raft, 5, seed=3, **more).trace
            return [event.data for event in trace.events if event.kind == "set"]

        assert firsts(clients=1) == firsts(clients=4, loss=0.5)

    def test_disturb_changes_it_from_now_on(self):
        cluster = Cluster(Sender, 2, clients=0)
        cluster.network.disturb(loss=1)
        cluster.run(20)
        assert arrived(cluster) == ()
        cluster.network.disturb()
        cluster.post("n1", "n2", Note(7))
        assert arrived(cluster.run(20)) == (7,)


class TestCuts:
    def test_a_partition_cuts_both_ways(self):
        cluster = Cluster(Sender, 5, clients=0)
        cluster.partition("n1 n2", "n3 n4 n5")
        assert cluster.network.down == {
            pair for a in ("n1", "n2") for b in ("n3", "n4", "n5") for pair in ((a, b), (b, a))
        }
        cluster.run(20)
        assert [len(cluster[name].got) for name in ("n2", "n3", "n4", "n5")] == [1, 0, 0, 0]

    def test_groups_are_given_in_three_ways(self):
        expected = between(["n1"], ["n2", "n3"])
        for groups in (
            ("n1", "n2 n3"),
            ("n1", "n2, n3"),
            (["n1"], ("n2", "n3")),
            ({"n1"}, {"n3", "n2"}),
        ):
            assert partition(groups, ("n1", "n2", "n3")) == expected

    def test_three_groups(self):
        assert len(partition(("n1", "n2", "n3"), ("n1", "n2", "n3"))) == 6

    def test_clients_keep_their_links_unless_named(self):
        cluster = Cluster(Sender, 2, clients=2)
        cluster.partition("n1 c1", "n2")
        assert cluster.network.down == between(["n1", "c1"], ["n2"])

    def test_a_cut_is_one_way(self):
        cluster = Cluster(Sender, 3, clients=0, delay=1)
        cluster.cut("n1", "n2")
        cluster.post("n2", "n1", Note(8))
        cluster.run(20)
        assert cluster["n1"].got == (8,) and cluster["n2"].got == () and cluster["n3"].got == (0,)
        assert cluster.trace.count("lose") == 1

    def test_cuts_add_up_until_all_are_healed(self):
        cluster = Cluster(Sender, 3, clients=0)
        cluster.cut("n1", "n2")
        cluster.cut("n1", "n3")
        assert cluster.network.down == {("n1", "n2"), ("n1", "n3")}
        cluster.heal()
        assert cluster.network.down == set()
        cluster.run(20)
        assert cluster["n2"].got == cluster["n3"].got == (0,)

    def test_isolate_leaves_clients_alone(self):
        cluster = Cluster(Sender, 3)
        cluster.isolate("n2")
        assert cluster.network.down == between(["n2"], ["n1", "n3"])

    def test_what_is_under_way_when_the_link_goes_down_is_lost(self):
        cluster = Cluster(Sender, 2, clients=0, delay=10)
        cluster.run(5).partition("n1", "n2")
        cluster.run(20).heal()
        assert arrived(cluster.run(50)) == ()
        assert [event.data for event in cluster.trace.events if event.kind == "lose"] == ["cut"]

    def test_what_is_under_way_during_a_short_cut_arrives(self):
        cluster = Cluster(Sender, 2, clients=0, delay=10)
        cluster.run(3).partition("n1", "n2")
        cluster.run(3).heal()
        assert arrived(cluster.run(50)) == (0,)

    def test_slow_links_have_a_delay_of_their_own(self):
        cluster = Cluster(Sender, 3, clients=0, delay=1)
        cluster.slow("n1", "n2", (30, 40))
        cluster.run(25)
        assert (cluster["n2"].got, cluster["n3"].got) == ((), (0,))
        assert cluster.run(20)["n2"].got == (0,)
        cluster.slow("n1", "n2", None)
        cluster.post("n1", "n2", Note(9))
        assert cluster.run(1.1)["n2"].got == (0, 9)


class TestBadInput:
    @pytest.mark.parametrize(
        "delay", [(5, 1), (-1, 5), "fast", (1, 2, 3), None, (1, float("inf")), float("nan")]
    )
    def test_delays(self, delay):
        with pytest.raises(DslabError, match="is no delay: "):
            Cluster(Sender, 2, delay=delay)

    @pytest.mark.parametrize("loss", [-0.1, 1.1, "half", None, float("nan")])
    def test_shares(self, loss):
        with pytest.raises(
            DslabError, match=f"loss={loss!r} is no share: it must be between 0 and 1."
        ):
            Cluster(Sender, 2, loss=loss)
        with pytest.raises(DslabError, match="duplicate=.* is no share"):
            Cluster(Sender, 2, duplicate=loss)

    @pytest.mark.parametrize(
        "groups, sentence",
        [
            ((), "a partition needs two groups or more"),
            (("n1 n2",), "a partition needs two groups or more"),
            (("n1 n2", ""), "a partition needs two groups or more"),
            (("n1", "n2 n9"), "there is no 'n9' in this cluster: it has n1, n2, n3, c1."),
            (("n1 n2", "n2 n3"), "n2 is in two groups of the partition: put each node into one."),
        ],
    )
    def test_partitions(self, groups, sentence):
        cluster = Cluster(Sender, 3)
        with pytest.raises(DslabError) as caught:
            cluster.partition(*groups)
        assert sentence in str(caught.value)
        assert cluster.network.down == set() and cluster.trace.count("cut") == 0, (
            "nothing is half done"
        )

    @pytest.mark.parametrize(
        "act",
        [
            lambda c: c.cut("n1", "n9"),
            lambda c: c.cut("n9", "n1"),
            lambda c: c.isolate("n9"),
            lambda c: c.slow("n9", "n1", 5),
        ],
    )
    def test_unknown_names(self, act):
        with pytest.raises(
            DslabError, match="there is no (node )?'n9' in this cluster: it has n1, n2, n3"
        ):
            act(Cluster(Sender, 3))
