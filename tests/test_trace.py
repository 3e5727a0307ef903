"""Traces: what they answer, their words, and their JSON, damaged data included."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dslab.check import linearizable
from dslab.errors import DslabError
from dslab.node import Message, Node, Timer
from dslab.protocols.quorum_register import QuorumRegister
from dslab.protocols.raft import Raft
from dslab.run import Recorder
from dslab.run.trace import KINDS, Trace, TraceError
from dslab.sim import Cluster
from dslab.values import Map, plain, show


def eventful() -> Trace:
    """A run that has an event of every kind."""
    cluster = Cluster(Raft, 3, seed=29, loss=0.05, duplicate=0.05, clients=2, title="everything")
    cluster.trace.replay = "eventful()"

    def scenario(cluster):
        yield cluster.after(400)
        cluster.mark("A leader is there.")
        one, two = cluster.client("c1"), cluster.client("c2")
        yield one.write("x", 1)
        yield two.cas("x", 1, (2, 3))
        yield one.cas("x", 1, 9)
        yield two.read("x")
        cluster.partition("n1", "n2 n3")
        cluster.pause("n3")
        cluster.clock("n3", rate=2.0)
        yield one.write("y", "lost?", to="n1", timeout=60)
        cluster.resume("n3")
        cluster.heal()
        cluster.crash("n2")
        yield cluster.after(300)
        cluster.restart("n2")
        yield one.read("y")

    cluster.script(scenario).run(3000)
    return cluster.trace


@pytest.fixture(scope="module")
def trace() -> Trace:
    return eventful()


def test_the_run_has_every_kind_of_event(trace):
    # Specifications act, and recorders tell.
    assert {event.kind for event in trace.events} == set(KINDS) - {"act", "tell"}


class TestQuestions:
    def test_counts_agree_with_the_events(self, trace):
        for kind in KINDS:
            assert trace.count(kind) == sum(event.kind == kind for event in trace.events)

    def test_counts_of_one_class_add_up(self, trace):
        for kind, classes in [
            ("send", ["RequestVote", "Vote", "AppendEntries", "Appended", "Request", "Reply"]),
            ("set", ["ElectionTimeout", "Heartbeat"]),
            ("cancel", ["ElectionTimeout", "Heartbeat"]),
            ("fire", ["ElectionTimeout", "Heartbeat"]),
        ]:
            counts = [trace.count(kind, name) for name in classes]
            assert sum(counts) == trace.count(kind) and any(counts)
        assert trace.count("deliver", "Vote") > 0 == trace.count("deliver", "Pong")

    def test_the_state_of_a_node_at_any_moment(self, trace):
        crash = next(number for number, event in enumerate(trace.events) if event.kind == "crash")
        restart = next(
            number for number, event in enumerate(trace.events) if event.kind == "restart"
        )
        assert trace.state("n2", 0) is None, "only n1 has started by then"
        assert trace.state("n2", crash - 1)["log"]
        assert trace.state("n2", crash) is None and trace.state("n2", restart - 1) is None
        back = trace.state("n2", restart)
        assert back["log"] == trace.state("n2", crash - 1)["log"] and back["commit_index"] == 0
        assert trace.state("n2")["commit_index"] > 0

    def test_an_unknown_node_is_named(self, trace):
        with pytest.raises(
            TraceError, match="there is no node 'n9' in this run: it has n1, n2, n3."
        ):
            trace.state("n9")

    def test_refs_point_back_to_what_they_belong_to(self, trace):
        cause = {
            "deliver": "send",
            "lose": "send",
            "fire": "set",
            "ok": "invoke",
            "fail": "invoke",
            "info": "invoke",
        }
        events = trace.events
        for number, event in enumerate(events):
            assert (event.ref is not None) == (event.kind in cause)
            if event.ref is not None:
                source = events[event.ref]
                assert event.ref < number and source.kind == cause[event.kind]
                if event.kind in ("deliver", "lose"):
                    assert (source.place, source.other) == (event.other, event.place)
                else:
                    assert source.place == event.place

    def test_every_message_is_delivered_or_lost_or_on_its_way(self, trace):
        end = trace.events[-1].time
        ends = {event.ref for event in trace.events if event.kind in ("deliver", "lose")}
        for number, event in enumerate(trace.events):
            if event.kind == "send" and number not in ends:
                assert event.time > end - 10_000, f"{event} came to no end"

    def test_repr_says_how_much_there_is(self, trace):
        assert repr(trace).startswith(
            "trace 'everything': "
        ) and "of 3 nodes, 2 clients in " in repr(trace)
        assert repr(Trace(["n1"])) == "trace '': 0 events of 1 node in 0 ms"


class TestWords:
    def test_a_step_is_one_handler_with_all_its_effects(self, trace):
        """Lost or not: what a handler sends belongs to its step, and no other node's effects do."""
        numbers = [number for number, _ in trace.steps()] + [len(trace)]
        for first, end in zip(numbers, numbers[1:]):
            effects = trace.events[first + 1 : end]
            if effects:
                assert trace.events[first].kind in (
                    "start",
                    "deliver",
                    "fire",
                    "restart",
                    "invoke",
                ), trace.sentences()[numbers.index(first)]
            assert {event.place for event in effects} <= {trace.events[first].place}

    def test_every_kind_of_event_in_words(self, trace):
        words = "\n".join(trace.sentences())
        for part in [
            "n1 starts; sets ElectionTimeout for ",
            "ms: A leader is there.",
            "c1 calls write x 1; sends Request(",
            "c1's write returns.",
            "c2's cas returns.",
            "c1's cas is refused: precondition-failed.",
            "c2's read returns (2, 3).",
            "the links n1→n2, n1→n3, n2→n1, n3→n1 go down.",
            "n3 pauses.",
            "n3 goes on.",
            "c1 gives up waiting for its write: timeout.",
            "all links are up again.",
            "n2 crashes.",
            "n2 restarts from its disk; sets ElectionTimeout",
            "can't cross the cut.",
            " is lost.",
            "finds n2 down.",
            "'s ElectionTimeout runs out; current_term 0 → 1; ",
            "cancels ElectionTimeout",
        ]:
            assert part in words, part

    def test_one_message_to_several_is_one_phrase(self):
        class Shout(Message):
            word: str

        class Wake(Timer):
            pass

        class Crier(Node):
            cried: int = 0

            def on_start(self):
                if self.id == "n1":
                    self.set_timer(Wake(), 5)

            def on_Wake(self):
                self.cried += 1
                self.broadcast(Shout("hear"))
                self.send("n2", Shout("you"))

            def on_Shout(self, sender, m):
                pass

        cluster = Cluster(Crier, 3, clients=0, delay=1)
        cluster.partition("n1", "n2")
        assert cluster.run(10).trace.sentences() == [
            "0.0 ms: n1 starts; sets Wake for 5.0 ms.",
            "0.0 ms: n2 starts.",
            "0.0 ms: n3 starts.",
            "0.0 ms: the links n1→n2, n2→n1 go down.",
            "5.0 ms: n1's Wake runs out; cried 0 → 1; sends Shout(word=hear) to n2, n3; "
            "sends Shout(word=you) to n2.",
            "5.0 ms: Shout(word=hear) from n1 to n2 can't cross the cut.",
            "5.0 ms: Shout(word=you) from n1 to n2 can't cross the cut.",
            "6.0 ms: n3 receives Shout(word=hear) from n1.",
        ]

    def test_a_long_list_that_grows_is_said_by_what_it_gains(self):
        class Fill(Timer):
            pass

        class Keeper(Node):
            log: tuple = ()

            def on_start(self):
                self.set_timer(Fill(), 1)

            def on_Fill(self):
                self.log += ((len(self.log), "x"),)
                self.set_timer(Fill(), 1)

        words = Cluster(Keeper, 1, clients=0).run(12).trace.sentences()
        assert (
            "; log () → ((0, x)); " in words[1]
            and "; log ((0, x), (1, x)) → ((0, x), (1, x), (2, x)); " in words[3]
        )
        assert "; log gains (9, x) and has 10 items; " in words[10]

    def test_read_back_from_json_they_are_the_same(self, trace):
        assert Trace.from_json(trace.as_json()).sentences() == trace.sentences()


class TestJson:
    def test_round_trip(self, trace):
        back = Trace.from_json(json.loads(trace.dumps()))
        assert (back.nodes, back.clients, back.title, back.replay) == (
            trace.nodes,
            trace.clients,
            "everything",
            "eventful()",
        )
        assert len(back) == len(trace)
        for ours, theirs in zip(trace.events, back.events):
            assert theirs[:5] == ours[:5] and theirs.data == plain(ours.data)
            assert theirs.state == (
                None
                if ours.state is None
                else {name: plain(value) for name, value in ours.state.items()}
            )
        assert back.dumps() == trace.dumps(), "packing it again gives the same bytes"

    def test_round_trip_of_nothing(self):
        empty = Trace(["n1"], title="nothing yet")
        assert Trace.from_json(empty.as_json()).dumps() == empty.dumps()
        assert empty.sentences() == [] and len(empty.history()) == 0

    def test_answers_are_the_same(self, trace):
        back = Trace.from_json(trace.as_json())
        assert str(back.history()) == str(trace.history())
        assert linearizable(back, "kv").holds is linearizable(trace, "kv").holds is True
        for node in trace.nodes:
            assert show(back.state(node)) == show(
                {name: plain(value) for name, value in trace.state(node).items()}
            )
        for kind in KINDS:
            for name in (None, "Vote", "ElectionTimeout"):
                assert back.count(kind, name) == trace.count(kind, name)

    def test_true_is_not_1(self):
        class Note(Message):
            what: object

        class Keeper(Node):
            kept: object = 0

            def on_start(self):
                for what in (1, True, 1.0, "1", (0, True), (0, 1), Map(a=(1,)), Map(a=(True,))):
                    self.send(self.id, Note(what))

            def on_Note(self, sender, m):
                self.kept = m.what

        trace = Cluster(Keeper, 1, delay=(1, 1), clients=0).run(5).trace
        back = Trace.from_json(json.loads(trace.dumps()))
        kept = [event.state["kept"] for event in back.events if event.state]
        wanted = [0, 1, True, 1.0, "1", [0, True], [0, 1], {"a": [1]}, {"a": [True]}]
        assert list(map(repr, kept)) == list(map(repr, wanted))

    def test_keys_and_values_that_are_tuples_are_checked_as_before(self):
        cluster = Cluster(QuorumRegister, 3, seed=1)
        for value in [("a", 1), ("b", 2)]:
            cluster.run(until=cluster.client().write(("key", 1), value))
        cluster.partition("n1 n2 n3", "c1")
        cluster.run(until=cluster.client().write(("key", 1), ("c", 3), timeout=50))
        cluster.run(until=cluster.client().cas(("key", 1), ("c", 3), ("d", 4), timeout=50))
        back = Trace.from_json(json.loads(cluster.trace.dumps()))
        assert back.history().operations == cluster.history.operations
        assert linearizable(back, "kv")

    def test_a_list_that_grows_costs_what_it_grows_by(self):
        def packed(steps):
            run, log = Recorder("n1", "n2", title="A log"), ()
            for number in range(steps):
                log += (f"entry {number}",)
                run.act(run.trace.nodes[number % 2], "appends", log=log)
            return run.trace

        short, long = packed(100), packed(400)
        assert len(long.dumps()) < 5 * len(short.dumps())
        assert long.dumps().count('"entry 7"') == 1
        back = Trace.from_json(json.loads(long.dumps()))
        assert [event.state["log"] for event in back.events] == [
            [f"entry {each}" for each in range(number + 1)] for number in range(400)
        ]
        assert back.dumps() == long.dumps()

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 1),
                st.integers(0, 5),
                st.lists(st.sampled_from([0, 1, True, 1.0, "1", (1,), None]), max_size=3),
            )
        )
    )
    def test_lists_that_grow_shrink_and_part(self, changes):
        run, logs = Recorder("n1", "n2"), [(), ()]
        for lane, keep, items in changes:
            logs[lane] = logs[lane][:keep] + tuple(items)
            run.act(f"n{lane + 1}", "changes", log=logs[lane], other=logs[1 - lane])
        back = Trace.from_json(json.loads(run.trace.dumps()))
        assert [repr(event.state) for event in back.events] == [
            repr({name: plain(value) for name, value in event.state.items()})
            for event in run.trace.events
        ]
        assert back.dumps() == run.trace.dumps()

    def test_version_1_is_read(self):
        data = {
            "format": "dslab-trace",
            "version": 1,
            "title": "",
            "replay": "",
            "nodes": ["n1"],
            "clients": [],
            "fields": ["log"],
            "values": [[], ["a"], ["a", "b"], "on"],
            "kind": "rll",
            "time": [0, 5, 5],
            "place": [0, 0, 0],
            "other": [-1, -1, -1],
            "ref": [0, 0, 0],
            "data": [-1, 3, 3],
            "state": [1, 0, 0, 1, 0, 1, 1, 0, 2],
        }
        assert [event.state for event in Trace.from_json(data).events] == [
            {"log": []},
            {"log": ["a"]},
            {"log": ["a", "b"]},
        ]

    def test_is_small(self, trace):
        assert len(trace.dumps()) < 50 * len(trace)


class TestDamage:
    @pytest.mark.parametrize("data", [None, [], "trace", 3, {}, {"format": "har"}])
    def test_what_is_no_trace(self, data):
        with pytest.raises(
            TraceError,
            match='this is no recorded run: a JSON object with "format": '
            '"dslab-trace" belongs here.',
        ):
            Trace.from_json(data)

    @pytest.mark.parametrize("version", [0, 3, None, "2"])
    def test_another_version(self, trace, version):
        with pytest.raises(
            TraceError,
            match=f"this run has format version {version!r}, and this dslab reads version 2: "
            "update dslab",
        ):
            Trace.from_json(trace.as_json() | {"version": version})

    @pytest.mark.parametrize(
        "column",
        [
            "nodes",
            "clients",
            "title",
            "fields",
            "values",
            "grows",
            "kind",
            "time",
            "place",
            "other",
            "ref",
            "data",
            "state",
        ],
    )
    @pytest.mark.parametrize("damage", ["gone", "null", "short", "long", "text"])
    def test_a_damaged_column(self, trace, column, damage):
        if (
            column == "title"
            and damage in ("short", "long", "text")
            or (column, damage)
            in [("nodes", "long"), ("clients", "long"), ("fields", "long"), ("values", "long")]
        ):
            return  # Any text is a title, and names or values that nothing uses do no harm.
        data = trace.as_json()
        match damage:
            case "gone":
                del data[column]
            case "null":
                data[column] = None
            case "short":
                data[column] = data[column][:-1]
            case "long":
                data[column] = data[column] * 2
            case "text":
                data[column] = "damaged"
        with pytest.raises(
            TraceError, match="this recorded run is cut short or damaged: record it again."
        ):
            Trace.from_json(data)

    @pytest.mark.parametrize(
        "roles", [None, "n1", [[0, True]], [[-1, True, ""]], [[10**6, True, "a"]], [[0, True, 7]]]
    )
    def test_damaged_roles(self, trace, roles):
        with pytest.raises(TraceError, match="cut short or damaged"):
            Trace.from_json(trace.as_json() | {"roles": roles})

    @pytest.mark.parametrize("pictured", [None, "log", {"log": 1}, {"flower": "log"}])
    def test_damaged_names_of_fields(self, trace, pictured):
        with pytest.raises(TraceError, match="cut short or damaged"):
            Trace.from_json(trace.as_json() | {"pictured": pictured})

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(st.data())
    def test_one_wrong_number_is_refused_or_harmless(self, trace, data):
        damaged = trace.as_json()
        column = damaged[
            data.draw(
                st.sampled_from(["grows", "time", "place", "other", "ref", "data", "state"]),
                "column",
            )
        ]
        place = data.draw(st.integers(0, len(column) - 1), "place")
        column[place] = data.draw(
            st.one_of(
                st.integers(-3, 5), st.sampled_from([10**6, -(10**6), None, "x", 1.5, [], {}])
            ),
            "value",
        )
        try:
            back = Trace.from_json(damaged)
        except TraceError as error:
            assert "damaged" in str(error)
            return
        # What was let through can be shown and asked.
        back.sentences(), back.dumps(), repr(back)
        for kind in KINDS:
            back.count(kind)
        try:
            back.history()
        except DslabError as error:
            assert "process" in str(error)
