"""Clients: how they ask, are sent on, give up, and what the history says of it."""

from itertools import count
from random import Random

import pytest

from dslab.check import linearizable
from dslab.errors import DslabError
from dslab.protocols.raft import Raft
from dslab.sim import Cluster
from tests.sim.worlds import Desk


def ask(cluster, *call, client="c1", **where):
    event = cluster.client(client).call(*call, **where)
    cluster.run(until=event)
    return event.value


def targets(cluster) -> list[str]:
    return [
        event.other
        for event in cluster.trace.events
        if event.kind == "send" and event.place == "c1"
    ]


def test_a_call_returns_its_outcome_and_value():
    cluster = Cluster(Desk, 3)
    assert ask(cluster, "write", None, 5, to="n2") == ("ok", None)
    assert ask(cluster, "read", to="n2") == ("ok", 5)
    assert ask(cluster, "read", to="n1") == ("ok", None)
    assert ask(cluster, "refuse") == ("fail", "no")
    assert [str(op) for op in cluster.history.operations] == [
        "c1 write 5",
        "c1 read → 5",
        "c1 read → –",
        "c1 refuse (refused)",
    ]


def test_a_client_stays_with_whom_it_knows():
    cluster = Cluster(Desk, 5, seed=2)
    for _ in range(6):
        ask(cluster, "read")
    assert len(set(targets(cluster))) == 1


def test_who_is_asked_first_comes_from_the_seed():
    def first(seed):
        cluster = Cluster(Desk, 5, seed=seed)
        ask(cluster, "read")
        return targets(cluster)[0]

    assert {first(seed) for seed in range(40)} == {"n1", "n2", "n3", "n4", "n5"}
    assert [first(seed) for seed in range(40)] == [first(seed) for seed in range(40)]


class TestRedirects:
    def test_to_the_leader_that_is_named(self):
        cluster = Cluster(Desk, 3, seed=1)
        cluster.client().contact = "n1"
        assert ask(cluster, "elsewhere", None, "n3") == ("ok", "n3")
        assert targets(cluster) == ["n1", "n3"]
        assert ask(cluster, "read") == ("ok", None) and targets(cluster) == ["n1", "n3", "n3"], (
            "it remembers who led"
        )

    def test_to_any_other_node_while_nobody_knows_the_leader(self):
        for seed in range(20):
            cluster = Cluster(Desk, 3, seed=seed)
            cluster.client().contact = "n1"
            assert ask(cluster, "elsewhere") == ("ok", "n3")
            asked = targets(cluster)
            assert asked[-1] == "n3" and all(a != b for a, b in zip(asked, asked[1:]))

    def test_the_repeated_request_has_the_same_number(self):
        cluster = Cluster(Desk, 3)
        cluster.client().contact = "n2"
        ask(cluster, "elsewhere", None, "n3")
        sent = [
            event.data
            for event in cluster.trace.events
            if event.kind == "send" and event.place == "c1"
        ]
        assert len(sent) == 2 and sent[0] == sent[1]
        ask(cluster, "read")
        assert targets(cluster)[-1] == "n3" and cluster.trace.events[-3].data is not None

    def test_a_call_to_one_node_is_not_sent_on(self):
        cluster = Cluster(Desk, 3)
        assert ask(cluster, "elsewhere", None, "n3", to="n1") == ("fail", "not-leader")
        assert targets(cluster) == ["n1"]

    def test_with_raft_every_client_finds_the_leader(self):
        cluster = Cluster(Raft, 5, seed=6, clients=3).run(500)
        for number, name in enumerate(cluster.clients):
            assert ask(cluster, "write", "x", number, client=name) == ("ok", None)
        (leader,) = (name for name, node in cluster.nodes.items() if node.role == "leader")
        assert {client.contact for client in cluster.clients.values()} == {leader}


class TestTimeouts:
    def silent(self, **more):
        cluster = Cluster(Desk, 3, clients=2, **more)
        cluster.crash("n1")
        return cluster

    def test_leave_the_outcome_unknown(self):
        cluster = self.silent()
        assert ask(cluster, "write", "x", 1, to="n1", timeout=75) == ("info", "timeout")
        assert cluster.now == 75
        assert str(cluster.history.operations[0]) == "c1 write x 1 (outcome unknown)"

    def test_the_client_goes_on_under_a_new_process_number(self):
        cluster = self.silent()
        numbers = []
        for name in ("c1", "c2", "c1"):
            ask(cluster, "write", "x", 1, to="n1", timeout=10, client=name)
            numbers.append(cluster.client(name).process)
        assert numbers == [2, 3, 4]
        ask(cluster, "read", "x", to="n2")
        assert [event.process for event in cluster.history.events if event.type == "invoke"] == [
            0,
            1,
            2,
            4,
        ]

    def test_it_asks_another_node_next(self):
        cluster = self.silent()
        cluster.client().contact = "n1"
        ask(cluster, "read", timeout=10)
        assert cluster.client().contact is None

    def test_an_answer_that_comes_too_late_is_passed_over(self):
        cluster = Cluster(Desk, 1, delay=30)
        assert ask(cluster, "write", "x", 1, timeout=50) == ("info", "timeout")
        assert ask(cluster, "read", "x", timeout=100) == ("ok", 1)
        assert cluster.now == 110, "the late answer to the write at 60 ms did not end the read"
        assert [event.type for event in cluster.history.events] == [
            "invoke",
            "info",
            "invoke",
            "ok",
        ]
        assert cluster.trace.count("deliver", "Reply") == 2

    def test_an_answer_in_time_disarms_them(self):
        cluster = Cluster(Desk, 1, delay=1)
        assert ask(cluster, "read", timeout=20) == ("ok", None)
        open_call = cluster.client().call("silence", timeout=100)
        cluster.run(until=open_call)
        assert cluster.now == 102, "the timeout of the call before did not end this one at 20 ms"

    def test_a_request_that_is_repeated_by_the_network_is_answered_once(self):
        cluster = Cluster(Desk, 1, duplicate=1)
        assert ask(cluster, "read") == ("ok", None)
        cluster.run(50)
        assert cluster["n1"].asked == 2
        assert [event.type for event in cluster.history.events] == ["invoke", "ok"]

    def test_of_two_answers_the_first_counts(self):
        cluster = Cluster(Desk, 1, delay=1)
        assert ask(cluster, "twice") == ("ok", 1)
        cluster.run(10)
        assert ask(cluster, "read") == ("ok", None)


class TestBadInput:
    def test_an_unknown_client(self):
        with pytest.raises(DslabError, match="there is no client 'c3': this cluster has c1, c2."):
            Cluster(Desk, 1, clients=2).client("c3")
        with pytest.raises(DslabError, match="there is no client 'c1': this cluster has none."):
            Cluster(Desk, 1, clients=0).client()

    def test_an_unknown_node(self):
        cluster = Cluster(Desk, 1)
        with pytest.raises(DslabError, match="there is no node 'n2' in this cluster: it has n1."):
            cluster.client().read(to="n2")
        assert cluster.client().read(to="n1") is not None, "the refused call is not open"

    def test_two_calls_at_once(self):
        client = Cluster(Desk, 1).client()
        client.read()
        with pytest.raises(
            DslabError, match="c1 already has a call open: wait for it, or use another client."
        ):
            client.read()

    @pytest.mark.parametrize("key, value", [(["k"], 1), ("k", [1]), ("k", {"a": 1})])
    def test_mutable_keys_and_values(self, key, value):
        client = Cluster(Desk, 1).client()
        with pytest.raises(
            DslabError,
            match="is mutable: give keys and values that can't change, such as numbers, "
            "strings and tuples.",
        ):
            client.write(key, value)
        client.write("k", (1,))

    @pytest.mark.parametrize("timeout", [-1, None, "soon"])
    def test_a_timeout(self, timeout):
        cluster = Cluster(Desk, 1)
        with pytest.raises(DslabError, match="milliseconds to wait, 0 or more"):
            cluster.client().read(timeout=timeout)
        assert cluster.trace.count("invoke") == 0
        cluster.client().read()


class TestSeveralOpenCalls:
    def three(self, **more):
        """One client with three calls open, at three nodes."""
        cluster = Cluster(Desk, 3, outstanding=3, **more)
        client = cluster.client()
        return cluster, [client.write("x", name, to=name) for name in cluster.names]

    def test_each_is_answered_on_its_own(self):
        cluster, calls = self.three(seed=3)
        assert not cluster.client().idle
        cluster.run(50)
        assert [call.value for call in calls] == [("ok", None)] * 3 and cluster.client().idle
        ids = [e.data.id for e in cluster.trace.events if e.kind == "send" and e.place == "c1"]
        assert sorted(ids) == [1, 2, 3], "one request each"

    def test_they_are_three_processes_of_the_history(self):
        cluster, _ = self.three()
        cluster.run(50)
        operations = cluster.history.operations
        assert [op.process for op in operations] == [0, 1, 2]
        first_end = min(op.returned for op in operations)
        assert all(op.invoked < first_end for op in operations), "all were open at once"

    def test_processes_are_used_again_and_one_more_call_is_refused(self):
        cluster, calls = self.three()
        with pytest.raises(
            DslabError, match="c1 already has 3 calls open: wait for one of them, or use another"
        ):
            cluster.client().read("x")
        cluster.run(until=calls[0])
        cluster.client().read("x", to="n1")
        cluster.run(50)
        assert len({op.process for op in cluster.history.operations}) == 3
        assert len(cluster.history) == 4

    def test_only_the_process_without_an_answer_is_replaced(self):
        cluster = Cluster(Desk, 3, outstanding=3)
        cluster.crash("n2")
        calls = [cluster.client().write("x", name, to=name, timeout=60) for name in cluster.names]
        cluster.run(100)
        assert [call.value[0] for call in calls] == ["ok", "info", "ok"]
        for name in ("n1", "n3", "n1"):
            cluster.client().read("x", to=name)
        cluster.run(50)
        processes = [op.process for op in cluster.history.operations]
        assert processes[:3] == [0, 1, 2] and set(processes[3:]) == {0, 2, 3}

    def test_an_answer_to_one_doesn_t_end_another(self):
        """The second's link is slow: the third is answered first, the second much later."""
        cluster = Cluster(Desk, 3, outstanding=3, delay=(1, 1))
        cluster.slow("c1", "n2", (400, 400))
        calls = [cluster.client().call("read", to=name) for name in cluster.names]
        cluster.run(10)
        assert [call.triggered for call in calls] == [True, False, True]
        cluster.run(until=calls[1])
        assert cluster.now > 400 and calls[1].value == ("ok", None)

    def test_ids_may_come_in_any_order_and_go_on_after_the_greatest(self):
        cluster = Cluster(Desk, 3, outstanding=4)
        client = cluster.client()
        for id in (100, 90, None, 95):
            client.read("x", id=id)
        ids = [e.data.id for e in cluster.trace.events if e.kind == "send" and e.place == "c1"]
        assert ids == [100, 90, 101, 95]

    @pytest.mark.parametrize("id", [1, "2", True, 2.0])
    def test_an_id_is_a_whole_number_that_the_client_has_not_used(self, id):
        cluster = Cluster(Desk, 3)
        cluster.run(until=cluster.client().read("x"))
        with pytest.raises(DslabError, match="give a whole number that no other request of c1"):
            cluster.client().read("x", id=id)
        assert cluster.client().idle and len(cluster.history) == 1

    @pytest.mark.parametrize("outstanding", [0, -1, 1.5, True])
    def test_how_many_is_a_whole_number_from_1_on(self, outstanding):
        with pytest.raises(DslabError, match="outstanding=.*give a whole number, 1 or more"):
            Cluster(Desk, 3, outstanding=outstanding)

    def test_one_call_at_a_time_is_as_it_was(self):
        runs = [Cluster(Raft, 3, seed=4, outstanding=n) for n in (1, 3)]
        for cluster in runs:
            cluster.run(500)
            for number in range(5):
                cluster.run(until=cluster.client().write("x", number))
        assert runs[0].trace.dumps() == runs[1].trace.dumps()


class TestRefusalsOfCopies:
    """A node refuses the copy of a request that it has; another one may be, or have been, done."""

    def test_a_leader_takes_one_copy_steps_down_and_refuses_the_next(self):
        cluster = Cluster(Raft, 3, seed=0, clients=2, duplicate=1.0, reorder=0.5, window=600).run(
            600
        )
        write = cluster.client("c1").write("x", 1, to="n3")
        cluster.run(12)
        cluster.isolate("n3")
        cluster.run(400)
        cluster.heal()
        cluster.run(1500)
        assert ask(cluster, "read", "x", client="c2") == ("ok", 1)
        assert write.value == ("info", "not-leader")
        assert linearizable(cluster.history, "kv").holds

    def test_a_follower_refuses_one_copy_is_elected_and_takes_the_next(self):
        cluster = Cluster(Raft, 3, seed=0, clients=2).run(600)
        (leader,) = (name for name, node in cluster.nodes.items() if node.leads())
        other = next(name for name in cluster.names if name != leader)
        write = cluster.client("c1").write("x", 1, to=other)
        request = cluster.oldest("c1", other)
        cluster.duplicate(request)
        cluster.deliver(request)
        cluster.delay(request, 1000)
        assert cluster.run(until=write) and write.value == ("info", "not-leader")
        cluster.crash(leader)
        cluster.fire(other, "ElectionTimeout")
        cluster.run(1500)
        assert ask(cluster, "read", "x", client="c2") == ("ok", 1)
        assert linearizable(cluster.history, "kv").holds

    @pytest.mark.parametrize("seed", range(60))
    def test_what_fails_was_not_done(self, seed):
        cluster = Cluster(
            Raft,
            3,
            seed=seed,
            clients=2,
            duplicate=0.3,
            reorder=0.3,
            window=400,
            outstanding=4,
            strict=False,
        ).run(600)
        chance, numbers = Random(seed), count()

        def work(client):
            while cluster.now < 3000:
                if client.idle:
                    to = chance.choice(cluster.names) if chance.random() < 0.6 else None
                    client.call("append", "y", (next(numbers),), to=to, timeout=500)
                yield cluster.after(chance.random() * 30)

        for client in cluster.clients.values():
            cluster.script(lambda _, client=client: work(client))
        for _ in range(3):
            cluster.run(450)
            leaders = [name for name, node in cluster.nodes.items() if node.leads()]
            if leaders:
                cluster.isolate(leaders[0])
                cluster.run(350)
                cluster.heal()
        cluster.run(1500)
        done = {entry.command.value for node in cluster.nodes.values() for entry in node.log}
        calls = cluster.history.operations
        assert any(call.outcome == "ok" for call in calls)
        assert not [call for call in calls if call.outcome == "fail" and call.value in done]

    @pytest.mark.parametrize("error", ["not-leader", "unavailable"])
    def test_what_passes_fails_a_call_only_where_there_is_no_copy(self, error):
        def outcome(**more):
            return ask(Cluster(Desk, 3, **more), "refuse", None, error, to="n1")[0]

        assert outcome() == "fail" and outcome(loss=0.1, reorder=1.0, seed=1) == "fail"
        assert outcome(duplicate=0.01) == "info"

    def test_a_copy_by_hand_of_what_was_refused_comes_too_late(self):
        cluster = Cluster(Desk, 3)
        ask(cluster, "refuse", None, "not-leader", to="n1")
        number = next(n for n, r in enumerate(cluster.trace.records) if r[1:3] == ("send", "c1"))
        with pytest.raises(DslabError, match="c1 knows that .* was not done.*before it is refused"):
            cluster.duplicate(number)

    def test_an_answer_to_the_call_itself_is_that_of_all_copies(self):
        assert ask(Cluster(Desk, 3, duplicate=1.0), "refuse") == ("fail", "no")
