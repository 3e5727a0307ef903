"""Parts of a node: their fields, messages and timers, in every environment."""

import asyncio
import pickle

import pytest

from dslab.explore import Nodes, explore
from dslab.live.client import Client
from dslab.live.disk import Disk
from dslab.node import ContractError, Message, Node, Part, Reply, Timer, rehearse
from dslab.sim import Cluster
from dslab.values import Map
from dslab.wire import decode, dumps, loads, vocabulary


class Beat(Message):
    count: int = 0


class Tick(Timer):
    """Time to beat."""


class Counter(Part):
    period = 20

    beats: int = 0
    heard: Map = Map()
    durable = ("beats",)
    indications = ("beat",)

    def on_start(self):
        self.set_timer(Tick(), self.period)

    def on_Tick(self):
        self.beats += 1
        self.broadcast(Beat(self.beats))
        self.set_timer(Tick(), self.period)

    def on_Beat(self, sender, m):
        assert type(m) is Beat, "a part hears its messages as it declares them"
        self.heard |= {sender: m.count}
        self.indicate("beat", sender, m.count)


class Two(Node):
    """Two parts of one class, and a field of its own."""

    left = Counter()
    right = Counter(period=30)
    noted: tuple = ()
    durable = ("noted",)

    def on_left_beat(self, sender, count):
        self.noted += ((sender, count),)

    def on_Request(self, client, m):
        self.send(client, Reply(m.id, (self.left.beats, self.right.beats)))


class Answering(Part):
    asked: int = 0
    durable = ("asked",)

    def on_Request(self, client, m):
        self.asked += 1
        self.send(client, Reply(m.id, (self.id, self.name, self.asked)))


class Shop(Node):
    """All it does its part does."""

    answers = Answering()


class Outer(Part):
    inner = Counter()
    told: int = 0

    def on_inner_beat(self, sender, count):
        self.told = count


class Nested(Node):
    outer = Outer()


class Quick(Node):
    counter = Counter(period=5)


#: What no field and no part may be called.
NODE_WORDS = """id peers now outbox timers name rules durable fields parts pictured start copy leads
on_start receive send broadcast disk fire recover set_timer""".split()
PART_WORDS = """id peers now name node owner durable fields parts indications send indicate
broadcast set_timer""".split()


def node(kind=Two, **fields):
    one = kind("n1", ["n2", "n3"])
    vars(one).update(fields)
    return one


class TestDeclaration:
    def test_fields_are_the_node_s_under_dotted_names(self):
        assert vars(node()) == {
            "noted": (),
            "left.beats": 0,
            "left.heard": Map(),
            "right.beats": 0,
            "right.heard": Map(),
        }
        assert Two.durable == ("noted", "left.beats", "right.beats")
        assert repr(node()) == (
            "Two n1: noted=(), left.beats=0, left.heard={}, right.beats=0, right.heard={}"
        )

    def test_a_view_reads_and_rebinds_them(self):
        one = node()
        one.left.beats += 4
        assert (one.left.beats, one.right.beats, vars(one)["left.beats"]) == (4, 0, 4)
        assert (one.left.name, one.left.id, one.left.peers) == ("left", "n1", ("n2", "n3"))
        assert repr(one.left) == "Counter left of n1" and repr(Two.left) == "Counter()"

    def test_constants_and_initial_values_may_be_given(self):
        class Fast(Node):
            counter = Counter(period=5, beats=7)

        assert (node(Fast).counter.period, node(Fast).counter.beats) == (5, 7)
        assert Counter.period == 20 and Counter.beats == 0

    @pytest.mark.parametrize(
        "name", "speed on_Tick send _seen id peers name node now owner fields parts durable".split()
    )
    def test_others_are_refused(self, name):
        with pytest.raises(ContractError, match=f"Counter has no constant or field '{name}'"):
            Counter(**{name: 1})

    def test_a_subclass_may_put_another_part_in_its_place(self):
        class Other(Two):
            left = Answering()

        assert list(Other.fields) == ["noted", "right.beats", "right.heard", "left.asked"]
        assert Other.durable == ("noted", "right.beats", "left.asked")
        assert "left.beats" in Two.fields

    def test_parts_of_parts_have_longer_names(self):
        assert list(Nested.fields) == ["outer.told", "outer.inner.beats", "outer.inner.heard"]
        assert Nested.durable == ("outer.inner.beats",)
        one = node(Nested)
        assert one.outer.inner.owner.name == "outer" and one.outer.inner.node is one

    def test_a_field_and_a_part_of_one_name(self):
        class Base(Node):
            log: tuple = ()

        with pytest.raises(ContractError, match="Bad.log is a field and a part"):

            class Bad(Base):
                log = Counter()

    def test_a_field_that_every_part_has(self):
        with pytest.raises(ContractError, match="Bad.name is a word of every part"):

            class Bad(Part):
                name: str = ""

    def test_three_parts_that_all_answer_clients(self):
        parts = {name: Answering() for name in ("one", "two", "three")}
        with pytest.raises(ContractError, match="one, two and three of Bad all take a Request"):
            type("Bad", (Node,), parts)

    def test_two_parts_that_both_answer_clients(self):
        with pytest.raises(
            ContractError,
            match="one and two of Bad both take a Request: declare `on_Request` in Bad",
        ):

            class Bad(Node):
                one = Answering()
                two = Answering()

    def test_one_part_twice(self):
        part = Counter()
        with pytest.raises(ContractError) as caught:

            class Bad(Node):
                one = part
                two = part

        assert str(caught.value) == "one and two of Bad are one part: write `Counter()` for each."

    def test_what_is_computed_is_no_constant(self):
        class Doubling(Counter):
            inner = Answering()

            @property
            def twice(self):
                return 2 * self.beats

        for name in ("twice", "inner"):
            with pytest.raises(ContractError, match=f"Doubling has no constant or field '{name}'"):
                Doubling(**{name: 3})

    @pytest.mark.parametrize("name", ["beats", "period"])
    @pytest.mark.parametrize(
        "value, words", [([], "a mutable list"), (([],), "a tuple that holds something mutable")]
    )
    def test_what_all_nodes_would_share(self, name, value, words):
        with pytest.raises(ContractError, match=rf"Counter\({name}=…\) is {words}: use a tuple"):
            Counter(**{name: value})

    def test_constants_have_names(self):
        with pytest.raises(ContractError, match=r"Counter\(7\): give each constant by its name"):
            Counter(7)

    def test_an_initialiser_of_its_own(self):
        with pytest.raises(ContractError, match="Bad has an initialiser of its own, and a part"):

            class Bad(Part):
                def __init__(self, size):
                    self.size = size

    @pytest.mark.parametrize(
        "base, name",
        [(Node, name) for name in NODE_WORDS] + [(Part, name) for name in PART_WORDS],
        ids=lambda each: getattr(each, "__name__", each),
    )
    def test_words_of_every_node_and_part(self, base, name):
        sentence = rf"Bad.{name} is a word of every {base.__name__.lower()}: give the %s another"
        with pytest.raises(ContractError, match=sentence % "part"):
            type("Bad", (base,), {name: Counter()})
        with pytest.raises(ContractError, match=sentence % "field"):
            type("Bad", (base,), {name: "boo", "__annotations__": {name: str}})

    @pytest.mark.parametrize(
        "base, name",
        [(Node, "id"), (Node, "outbox"), (Node, "fields"), (Part, "node"), (Part, "now")],
    )
    def test_words_that_an_instance_fills(self, base, name):
        with pytest.raises(ContractError, match=f"Bad.{name} is a word of .*: give the constant"):
            type("Bad", (base,), {name: 3})

    def test_what_would_be_no_part_without_a_word(self):
        mixin = type("Mixin", (), {"clock": Counter()})
        for content, bases, sentence in [
            ({"clock": Counter}, (Node,), "Bad.clock is the class Counter: each part has a name"),
            ({"all": [Counter()]}, (Node,), r"Bad.all holds a part: .* write `all = Counter\(\)`"),
            ({"all": {1: Counter()}}, (Part,), "Bad.all holds a part"),
            ({}, (mixin, Node), "Mixin.clock is a part in a class that is no Node or Part: derive"),
        ]:
            with pytest.raises(ContractError, match=sentence):
                type("Bad", bases, content)

    def test_a_class_of_parts_may_be_declared_in_a_node(self):
        class Holder(Node):
            class Clock(Counter):
                """A clock."""

            clock = Clock()

        assert list(Holder.parts) == ["clock"]

    def test_one_that_comes_when_its_node_s_class_was_made(self):
        kind = type("Late", (Node,), {})
        kind.clock = Counter()
        with pytest.raises(ContractError, match="a Counter was put into Late when the class was"):
            kind("n1", []).clock  # noqa: B018

    @pytest.mark.parametrize(
        "content", [{"left": None}, {"left": 0, "__annotations__": {"left": int}}]
    )
    def test_a_subclass_can_t_take_a_part_away(self, content):
        with pytest.raises(ContractError, match="Bad.left is a part of its base: a subclass may"):
            type("Bad", (Two,), content)

    def test_a_node_may_name_a_part_s_field_durable(self):
        class Careful(Node):
            left = Counter()
            own: int = 0
            durable = ("left.heard", "own", "left.beats")

        assert Careful.durable == ("left.heard", "own", "left.beats")

        class Other(Careful):
            left = Counter()

        assert Other.durable == ("own", "left.beats"), "it is another part"
        with pytest.raises(ContractError, match="durable names 'left.speed', which is not a field"):
            type("Bad", (Careful,), {"durable": ("left.speed",)})

    def test_what_is_declared_and_what_is_seen_can_be_pickled(self):
        class Fast(Node):
            counter = Counter(period=5)

        again = pickle.loads(pickle.dumps(Fast.counter))
        assert (type(again).__name__, again.period, again.node) == ("Counter", 5, None)
        one = node(Quick)
        one.counter.beats = 3
        view = pickle.loads(pickle.dumps(one.counter))
        assert (view.period, view.beats, view.node.id) == (5, 3, "n1")


class TestIndications:
    def test_one_that_is_not_named(self):
        class Hasty(Counter):
            def on_Tick(self):
                self.indicate("bea")

        one = type("Holder", (Node,), {"part": Hasty()})("n1", [])
        with pytest.raises(
            ContractError, match="Hasty indicates 'bea', which is none of Hasty.ind"
        ):
            one.part.on_Tick()

    def test_a_handler_of_one_that_never_comes(self):
        with pytest.raises(
            ContractError, match="Bad.on_left_baet: left never indicates that, but beat; `indica"
        ):
            type("Bad", (Two,), {"on_left_baet": lambda self: None})

    def test_two_that_one_handler_would_hear(self):
        long = type("Long", (Part,), {"indications": ("b_c",)})
        short = type("Short", (Part,), {"indications": ("c",)})
        with pytest.raises(ContractError, match="Bad.on_a_b_c would hear of two parts, a and a_b"):
            type("Bad", (Node,), {"a": long(), "a_b": short()})
        type("Good", (Node,), {"a": Counter(), "a_b": short(), "on_a_b_c": lambda self: None})

    def test_a_message_that_such_a_handler_would_hear(self):
        kind = type("left_beat", (Message,), {})
        with pytest.raises(ContractError, match="on_left_beat of Two hears what left indicates"):
            node().receive("n2", kind())


class TestMessages:
    def test_of_two_parts_of_one_class_each_hears_its_own(self):
        cluster = Cluster(Two, 2, seed=1).run(119)
        one = cluster["n1"]
        assert (one.left.beats, one.right.beats) == (5, 3), "every 20 and every 30 ms"
        assert set(one.left.heard) == set(one.right.heard) == {"n2"}
        assert one.left.heard["n2"] > one.right.heard["n2"]
        assert one.noted and one.noted[-1] == ("n2", max(count for _, count in one.noted))

    def test_the_trace_names_the_part(self):
        trace = Cluster(Two, 2, seed=1).run(119).trace
        sentences = "\n".join(trace.sentences())
        assert "n1 receives left.Beat(count=1) from n2" in sentences
        assert "left.heard {} → {n2: 1}" in sentences and "sets right.Tick for" in sentences

    def test_a_request_goes_to_the_part_that_takes_it(self):
        cluster = Cluster(Shop, 1)
        call = cluster.client().call("x")
        cluster.run(until=call)
        assert call.value == ("ok", ("n1", "answers", 1))

    def test_an_inner_part_tells_the_part_around_it(self):
        cluster = Cluster(Nested, 2, seed=1).run(50)
        assert cluster["n1"].outer.told > 0
        assert "outer.inner.Beat" in "\n".join(cluster.trace.sentences())

    def test_without_a_handler(self):
        class Deaf(Part):
            def on_start(self):
                self.broadcast(Beat())

        class Has(Node):
            ear = Deaf()

        with pytest.raises(
            ContractError, match=r"Has.ear has no handler for Beat: write `def on_B"
        ):
            Cluster(Has, 2).run(50)

    def test_they_can_be_pickled(self):
        one = node()
        one.left.send("n2", Beat(3))
        message = one.outbox[0][1]
        again = pickle.loads(pickle.dumps(message))
        assert again == message and type(again) is type(message) is not Beat


class TestStrictMode:
    def broken(self, **handlers):
        kind = type("Bad", (Counter,), handlers)
        holder = type("Holder", (Node,), {"part": kind()})
        one = holder("n1", ["n2"])
        one.part.send("n1", Beat())
        one.part.set_timer(Tick(), 1)
        message, timer = one.outbox.pop()[1], one.timers.popitem()[1][0]
        with pytest.raises(ContractError) as caught:
            if "on_Beat" in handlers:
                rehearse(one, "receive", "n2", message)
            else:
                rehearse(one, "fire", timer)
        return str(caught.value)

    def test_names_the_part_and_the_handler(self):
        def handler(self, sender, m):
            self.extra = 1

        assert self.broken(on_Beat=handler) == (
            "Holder.part.on_Beat of n1 sets 'part.extra', which is not declared: write "
            "`extra: type = initial value` in the class."
        )

    def test_a_mutable_field(self):
        def handler(self):
            self.heard = {}

        assert self.broken(on_Tick=handler).startswith(
            "Holder.part.on_Tick of n1 leaves something mutable in 'part.heard' (dict {})"
        )

    def test_a_mutable_message(self):
        def handler(self, sender, m):
            self.send("n2", Beat([]))

        assert "leaves something mutable in 'message to n2'" in self.broken(on_Beat=handler)

    def test_what_is_shared_between_nodes(self):
        log = []

        def handler(self, sender, m):
            log.append(1)
            self.beats = len(log)

        assert "does different things in the same state" in self.broken(on_Beat=handler)

    def test_what_was_never_declared_can_be_read_where_it_was_set(self):
        one = node()
        one.left.extra = 3
        assert one.left.extra == 3
        with pytest.raises(AttributeError, match="Counter has no attribute 'extra'"):
            one.right.extra  # noqa: B018

    def test_a_part_is_no_field(self):
        with pytest.raises(ContractError, match="Two.left is a part, and no field: it can't be se"):
            node().left = 3
        with pytest.raises(ContractError, match="Outer.inner is a part, and no field"):
            node(Nested).outer.inner = 3

    @pytest.mark.parametrize(
        "name, what",
        [("period", "a constant"), ("name", "a word of every part"), ("send", "a word of every p")],
    )
    def test_a_constant_is_no_field(self, name, what):
        with pytest.raises(ContractError, match=f"Counter.{name} is {what}"):
            setattr(node().left, name, 3)

    def test_a_field_that_is_deleted(self):
        def handler(self, sender, m):
            del self.heard

        assert self.broken(on_Beat=handler) == (
            "Holder.part.on_Beat of n1 deletes 'part.heard': a field has a value always; rebind it."
        )
        with pytest.raises(AttributeError, match="Counter has no field 'extra'"):
            del node().left.extra

    @pytest.mark.parametrize(
        "value, words", [(1, "'left.extra', which is not decl"), ([], "'left.extra'")]
    )
    def test_a_part_s_start_is_named_as_such(self, value, words):
        def on_start(self):
            self.extra = value

        kind = type("Bad", (Two,), {"left": type("Clock", (Counter,), {"on_start": on_start})()})
        with pytest.raises(ContractError, match=f"^Bad.left.on_start of n1 sets {words}"):
            rehearse(node(kind), "start")


class TestDurability:
    def test_a_crash_leaves_the_durable_fields_of_parts(self):
        cluster = Cluster(Two, 2, seed=1).run(100)
        beats, noted = cluster["n1"].left.beats, cluster["n1"].noted
        assert beats and noted and cluster["n1"].left.heard
        cluster.crash("n1")
        cluster.restart("n1")
        one = cluster["n1"]
        assert (one.left.beats, one.left.heard, one.noted) == (beats, Map(), noted)

    def test_a_disk_holds_them(self, tmp_path):
        one = node()
        one.left.beats, one.noted = 5, (("n2", 1),)
        disk = Disk(tmp_path, Two, "n1")
        disk.write(one.disk())
        disk.close()
        disk = Disk(tmp_path, Two, "n1")
        disk.close()
        back = Two.recover("n1", ["n2"], disk.fields)
        assert (back.left.beats, back.noted) == (5, (("n2", 1),))


def in_step(view):
    """Nobody has heard of more beats than there were."""
    return all(
        (view[sender].left if view[sender] else None) is None or count <= view[sender].left.beats
        for one in view
        for sender, count in one.left.heard.items()
    )


class TestExplorer:
    def test_counts_every_state_exactly(self):
        """Two nodes, each of whose left parts beats at most once in all, right parts never. The
        beat is not yet sent (1); sent by either (2); and heard (2).
        """
        nodes = dict.fromkeys(("n1", "n2"), Two)
        found = explore(Nodes(nodes, fires={"left.Tick": 1, "right.Tick": 0}, invariants=[in_step]))
        assert found.holds and found.states == 5
        both = explore(Nodes(nodes, fires={"left.Tick": 1, "right.Tick": 1}))
        assert both.states == 25, "the two parts don't touch each other"

    def test_a_bound_of_a_timer_that_no_part_has(self):
        with pytest.raises(ValueError, match="fires names 'middle.Tick', but no node here"):
            Nodes({"n1": Two}, fires={"middle.Tick": 1})

    def test_a_crash_keeps_the_durable_fields(self):
        def forgets(view):
            return all(view.disk(name)["left.beats"] == 0 for name in view.names)

        found = explore(
            Nodes({"n1": Two}, fires={"left.Tick": 1, "right.Tick": 0}, crashes=1,
                  invariants=[forgets])
        )  # fmt: skip
        assert found.holds is False and found.steps == (("fire", "n1", "left.Tick"),)

    def test_the_lines_of_parts_are_covered_too(self):
        system = Nodes({"n1": Two}, fires={"left.Tick": 1, "right.Tick": 1}, coverage=True)
        explore(system)
        assert "Counter.on_Beat" in system.never_run()
        assert "Counter.on_Tick" not in system.never_run()


class TestWire:
    def test_messages_of_parts_come_back_as_they_went(self):
        one = node()
        for part in (one.left, one.right):
            part.send("n2", Beat(3))
        left, right = (message for _, message in one.outbox)
        known = vocabulary(Two)
        for message in (left, right, Beat(3)):
            again = decode(loads(dumps(message)), known)
            assert again == message and type(again) is type(message)
        assert loads(dumps(left)) == {"$": "left:tests.test_part.Beat", "count": 3}
        assert left != right != Beat(3)

    def test_only_the_parts_that_there_are_and_what_they_hear(self):
        known = vocabulary(Two)
        assert "left:tests.test_part.Beat" in known and "left:tests.test_part.Tick" in known
        assert "middle:tests.test_part.Beat" not in known and "left:message.Request" not in known


class Slow(Two):
    """Each beat is written to the disk, which takes its time."""

    left = Counter(period=300)
    right = Counter(period=400)


def test_over_tcp(tmp_path):
    """Two servers whose parts hear each other, and one that starts again from its disk."""
    from dslab.live.frames import Address
    from dslab.live.process import free_ports
    from dslab.live.tcp import Server

    async def run():
        ports = free_ports(2)
        cluster = {name: Address("127.0.0.1", port) for name, port in zip(("n1", "n2"), ports)}
        servers = {name: Server(Slow, name, cluster, tmp_path / name) for name in cluster}
        tasks = {name: asyncio.create_task(server.run()) for name, server in servers.items()}

        async def until(there):
            while not there():
                for task in tasks.values():
                    if task.done():
                        task.result()  # Raises what it ended with.
                await asyncio.sleep(0.005)

        await until(lambda: all(hasattr(server, "_host") for server in servers.values()))
        nodes = {name: server._host.node for name, server in servers.items()}
        await until(lambda: nodes["n1"].left.heard.get("n2") and nodes["n1"].right.heard.get("n2"))
        async with Client(cluster) as client:
            outcome, beats = await client.call("read", to="n1")
        tasks["n1"].cancel()
        await asyncio.gather(tasks["n1"], return_exceptions=True)
        again = Server(Slow, "n1", cluster, tmp_path / "n1")
        tasks["n1"] = asyncio.create_task(again.run())
        await until(lambda: hasattr(again, "_host"))
        back = again._host.node.left.beats
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        return outcome, beats, back

    outcome, beats, back = asyncio.run(run())
    assert outcome == "ok" and min(beats) > 0 and back >= beats[0]
