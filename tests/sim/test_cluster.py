"""Clusters: time, crashes, restarts, pauses, scripts, and the sentences for what can't be."""

import pytest

from dslab.errors import DslabError
from dslab.node import ContractError
from dslab.sim import Cluster
from tests.sim.worlds import Note, Sender, Ticker


def kinds(cluster, *wanted) -> list[str]:
    return [event.kind for event in cluster.trace.events if event.kind in wanted]


class TestTime:
    def test_is_in_milliseconds(self):
        cluster = Cluster(Ticker, 1)
        assert cluster.now == 0 and cluster.run(12.5).now == 12.5
        assert cluster["n1"].beats == 1 and cluster.run(7.5).now == 20
        assert cluster.run(0).now == 20

    def test_running_in_pieces_is_running_at_once(self):
        whole, pieces = Cluster(Ticker, 3, seed=5), Cluster(Ticker, 3, seed=5)
        whole.run(100)
        for _ in range(10):
            pieces.run(10)
        assert pieces.run(1).trace.dumps() == whole.run(1).trace.dumps()

    def test_until_an_event(self):
        cluster = Cluster(Ticker, 1)
        cluster.run(until=cluster.after(42))
        assert cluster.now == 42

    def test_later_calls_back(self):
        cluster, seen = Cluster(Ticker, 1), []
        cluster.later(5, lambda: seen.append(cluster.now))
        cluster.run(10)
        assert seen == [5]

    def test_a_timer_fires_within_its_range_and_as_often_early_as_late(self):
        from dslab.protocols.raft import Raft

        waits = []
        for seed in range(100):
            waits += [
                event.data[1]
                for event in Cluster(Raft, 3, seed=seed).trace.events
                if event.kind == "set"
            ]
        assert len(waits) == 300 and min(waits) >= 150_000 and max(waits) <= 300_000
        assert 210_000 < sum(waits) / len(waits) < 240_000

    def test_nodes_may_have_names(self):
        cluster = Cluster(Sender, ["n1", "paris", "rome"]).run(30)
        assert cluster["rome"].got == (0,) and cluster["paris"].peers == ("n1", "rome")


class TestCrash:
    def test_keeps_durable_fields_and_loses_the_others(self):
        cluster = Cluster(Ticker, 2).run(35)
        cluster.crash("n1")
        assert cluster["n1"] is None and "n1: down" in repr(cluster)
        cluster.run(50).restart("n1")
        assert (cluster["n1"].beats, cluster["n1"].since_boot) == (3, 0)
        assert cluster["n2"].beats == 8, "the others go on"
        assert kinds(cluster, "crash", "restart") == ["crash", "restart"]

    def test_timers_of_the_life_before_do_not_fire(self):
        cluster = Cluster(Ticker, 1).run(5)
        cluster.crash("n1")
        cluster.restart("n1")
        assert cluster.run(9.9)["n1"].beats == 0, "the first life's timer was due at 10 ms"
        assert cluster.run(0.2)["n1"].beats == 1

    def test_messages_that_arrive_meanwhile_are_lost(self):
        cluster = Cluster(Ticker, 2, delay=5)
        cluster.crash("n2")
        cluster.post("n1", "n2", Note(0))
        cluster.run(6).restart("n2")
        assert cluster.run(3)["n2"].beats == 0
        assert [event.data for event in cluster.trace.events if event.kind == "lose"] == ["down"]

    def test_the_disk_is_that_of_the_last_handler_that_ran(self):
        cluster = Cluster(Ticker, 1).run(10.1)
        cluster.crash("n1")
        cluster.restart("n1")
        cluster.crash("n1")
        cluster.restart("n1")
        assert cluster["n1"].beats == 1

    @pytest.mark.parametrize(
        "act, sentence",
        [
            (
                lambda c: (c.crash("n1"), c.crash("n1")),
                "n1 is down already: restart it before you crash it again.",
            ),
            (lambda c: c.restart("n1"), "n1 is up: only a crashed node restarts."),
            (lambda c: c.crash("n9"), "there is no node 'n9' in this cluster: it has n1, n2."),
            (lambda c: c.restart("n9"), "there is no node 'n9' in this cluster: it has n1, n2."),
            (lambda c: c["n9"], "there is no node 'n9' in this cluster: it has n1, n2."),
        ],
    )
    def test_what_can_not_be(self, act, sentence):
        with pytest.raises(DslabError) as caught:
            act(Cluster(Ticker, 2))
        assert str(caught.value) == sentence


class TestPause:
    def test_nothing_is_lost_and_everything_waits(self):
        cluster = Cluster(Sender, 2, delay=2, clients=0)
        cluster.pause("n2")
        for number in (5, 6, 7):
            cluster.post("n1", "n2", Note(number))
        cluster.run(50)
        assert cluster["n2"].got == () and cluster.trace.count("lose") == 0
        cluster.resume("n2")
        assert cluster["n2"].got == (5, 6, 7, 0), "in the order of arrival, at once"

    def test_a_timer_that_ran_out_fires_on_waking(self):
        cluster = Cluster(Ticker, 1).run(15)
        cluster.pause("n1")
        assert cluster.run(100)["n1"].beats == 1
        cluster.resume("n1")
        assert cluster["n1"].beats == 2, "one timer was pending, and fires once"
        assert cluster.run(10.1)["n1"].beats == 3

    def test_others_do_not_notice(self):
        cluster = Cluster(Ticker, 2)
        cluster.pause("n1")
        assert cluster.run(55)["n2"].beats == 5

    def test_what_had_arrived_before_a_cut_is_handled(self):
        cluster = Cluster(Sender, 2, delay=2, clients=0)
        cluster.pause("n2")
        cluster.run(10).partition("n1", "n2")
        cluster.resume("n2")
        assert cluster["n2"].got == (0,)

    def test_what_a_cut_kept_out_is_not_handled(self):
        cluster = Cluster(Sender, 2, delay=2, clients=0)
        cluster.run(2).pause("n2")
        cluster.partition("n1", "n2")
        cluster.run(10).heal()
        cluster.resume("n2")
        assert cluster["n2"].got == () and cluster.trace.count("lose") == 1

    def test_a_crash_in_a_pause_loses_what_waited(self):
        cluster = Cluster(Sender, 2, delay=2, clients=0)
        cluster.pause("n2")
        cluster.run(10).crash("n2")
        assert [(event.kind, event.data) for event in cluster.trace.events[-2:]] == [
            ("crash", None),
            ("lose", "down"),
        ]
        cluster.restart("n2")
        assert cluster.run(20)["n2"].got == ()

    @pytest.mark.parametrize(
        "act, sentence",
        [
            (lambda c: (c.pause("n1"), c.pause("n1")), "n1 is paused already."),
            (
                lambda c: (c.crash("n1"), c.pause("n1")),
                "n1 is down: only a node that runs can be paused.",
            ),
            (lambda c: c.resume("n1"), "n1 is not paused."),
            (
                lambda c: (c.pause("n1"), c.crash("n1"), c.restart("n1"), c.resume("n1")),
                "n1 is not paused.",
            ),
            (lambda c: c.pause("n9"), "there is no node 'n9' in this cluster: it has n1, n2."),
            (lambda c: c.resume("n9"), "there is no node 'n9' in this cluster: it has n1, n2."),
        ],
    )
    def test_what_can_not_be(self, act, sentence):
        with pytest.raises(DslabError) as caught:
            act(Cluster(Ticker, 2))
        assert str(caught.value) == sentence


class TestScripts:
    def test_run_beside_the_nodes(self):
        def scenario(cluster):
            yield cluster.after(25)
            cluster.crash("n1")
            cluster.mark("One is gone.")
            yield cluster.after(25)
            cluster.restart("n1")

        cluster = Cluster(Ticker, 2).script(scenario).run(75)
        assert (cluster["n1"].beats, cluster["n2"].beats) == (4, 7)
        assert [
            (event.time, event.kind)
            for event in cluster.trace.events
            if event.kind in ("crash", "mark", "restart")
        ] == [(25_000, "crash"), (25_000, "mark"), (50_000, "restart")]

    def test_mistakes_in_them_come_out(self):
        def scenario(cluster):
            yield cluster.after(5)
            cluster.crash("n9")

        with pytest.raises(DslabError, match="there is no node 'n9'"):
            Cluster(Ticker, 2).script(scenario).run(10)

    def test_without_a_yield(self):
        def scenario(cluster):
            cluster.mark("now")

        with pytest.raises(
            DslabError,
            match=r"scenario\(\) is no script: write a function with `yield "
            r"cluster.after\(200\)` in it.",
        ):
            Cluster(Ticker, 2).script(scenario)


class TestBadInput:
    @pytest.mark.parametrize("nodes", [0, -1, [], ["a", "a"]])
    def test_nodes(self, nodes):
        with pytest.raises(
            DslabError, match="a cluster needs one node or more, each with a name of its own."
        ):
            Cluster(Ticker, nodes)

    def test_a_node_with_the_name_of_a_client(self):
        with pytest.raises(
            DslabError, match="c1 is the name of a node and of a client: give the node another."
        ):
            Cluster(Ticker, ["c1", "c2"])
        assert Cluster(Ticker, ["c1", "c2"], clients=0).names == ("c1", "c2")

    @pytest.mark.parametrize("duration", [None, -1])
    def test_durations(self, duration):
        with pytest.raises(
            DslabError, match=rf"run\({duration}\): give the milliseconds to run, 0 or more."
        ):
            Cluster(Ticker, 1).run(duration)

    def test_delays_of_events(self):
        with pytest.raises(
            DslabError, match=r"after\(-1\): give the milliseconds to wait, 0 or more."
        ):
            Cluster(Ticker, 1).after(-1)

    def test_a_message_to_nobody(self):
        class Lost(Sender):
            def on_Burst(self):
                self.send("n7", Note(1))

        with pytest.raises(
            DslabError, match=r"n1 sends Note\(number=1\) to 'n7', which is not in this cluster."
        ):
            Cluster(Lost, 2).run(50)

    def test_an_error_in_a_handler_says_where(self):
        class Broken(Sender):
            def on_Note(self, sender, m):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError) as caught:
            Cluster(Broken, 2, delay=3, seed=8).run(50)
        assert caught.value.__notes__ == ["while n2 handled Note(number=0) at 4.0 ms (seed 8)"]

    def test_a_missing_handler(self):
        class Deaf(Sender):
            on_Note = None

        with pytest.raises(
            ContractError,
            match=r"Deaf has no handler for Note: write `def on_Note\(self, sender, m\)`.",
        ):
            Cluster(Deaf, 2).run(50)
