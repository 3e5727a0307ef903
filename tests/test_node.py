"""The node contract: what a protocol may do, and the sentence that it gets for anything else."""

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from dslab.node import ContractError, Message, Node, Timer, rehearse
from dslab.sim import Cluster
from dslab.values import Map

ROOT = Path(__file__).parent.parent


class Ping(Message):
    number: int = 0


class Pong(Message):
    number: int = 0


class Tick(Timer):
    """Time to ping."""


class Counter(Node):
    heard: int = 0
    names: frozenset = frozenset()
    limit = 9  # Without an annotation: a constant of the class, no field.
    shared: ClassVar[int] = 3
    durable = ("heard",)

    def on_start(self):
        self.set_timer(Tick(), 10, 20)

    def on_Ping(self, sender, m):
        self.heard += 1
        self.names |= {sender}
        self.send(sender, Pong(m.number))

    def on_Tick(self):
        self.broadcast(Ping())
        self.cancel_timer(Tick)


def node(kind=Counter):
    return kind("n1", ["n2", "n3"])


class TestFields:
    def test_are_the_annotated_attributes_with_their_initial_values(self):
        assert vars(node()) == {"heard": 0, "names": frozenset()}
        assert repr(node()) == "Counter n1: heard=0, names={}"

    def test_of_a_subclass_come_after_those_of_its_base(self):
        class Louder(Counter):
            volume: int = 11
            heard = 5

        assert list(vars(node(Louder)).items()) == [
            ("heard", 5),
            ("names", frozenset()),
            ("volume", 11),
        ]
        assert vars(node()) == {"heard": 0, "names": frozenset()}, "the base is as it was"

    def test_peers_never_include_the_node(self):
        assert Cluster(Counter, 3)["n2"].peers == ("n1", "n3")

    def test_without_an_initial_value(self):
        with pytest.raises(
            ContractError, match="Bad.term has no initial value: write `term: type = value`."
        ):

            class Bad(Node):
                term: int

    @pytest.mark.parametrize(
        "initial, name", [([], "list"), ({}, "dict"), (set(), "set"), (bytearray(), "bytearray")]
    )
    def test_that_start_mutable(self, initial, name):
        with pytest.raises(
            ContractError,
            match=f"Bad.log starts as a mutable {name}: use a tuple, Map or frozenset.",
        ):
            type("Bad", (Node,), {"__annotations__": {"log": object}, "log": initial})

    def test_that_hold_something_mutable(self):
        with pytest.raises(
            ContractError, match="Bad.log starts as a tuple that holds something mu"
        ):
            type("Bad", (Node,), {"__annotations__": {"log": object}, "log": ([],)})
        with pytest.raises(ContractError, match="Bad.heard starts as a mutable list"):
            type("Bad", (Counter,), {"heard": []})

    def test_durable_ones_must_exist(self):
        with pytest.raises(
            ContractError, match="Bad.durable names 'vote', which is not a field: declare it as"
        ):

            class Bad(Node):
                voted_for: str = ""
                durable = ("vote",)

    def test_durable_without_its_comma(self):
        with pytest.raises(
            ContractError,
            match=r'Bad.durable is the text .voted_for.: write `durable = \("voted_for",\)`',
        ):

            class Bad(Node):
                voted_for: str = ""
                durable = "voted_for"


class TestEffects:
    def test_are_collected_and_not_carried_out(self):
        one = node()
        one.receive("n2", Ping(4))
        assert one.outbox == [("n2", Pong(4))] and one.timers == {}
        assert one.heard == 1 and one.names == {"n2"}

    def test_of_timers(self):
        one = node()
        one.start()
        assert one.timers == {Tick: (Tick(), 10, 20)}
        one.set_timer(Tick(), 5)
        assert one.timers == {Tick: (Tick(), 5, 5)}, (
            "setting it again replaces it, and one number is both ends"
        )
        one.fire(Tick())
        assert one.timers == {Tick: None}
        assert one.outbox == [("n2", Ping()), ("n3", Ping())]

    @pytest.mark.parametrize(
        "low, high", [(-1, 5), (5, 4), (-3, None), (float("nan"), 5), ("5", 6), (None, None)]
    )
    def test_a_timer_needs_a_range(self, low, high):
        with pytest.raises(ContractError, match=r"set_timer\(Tick\(\), .*milliseconds, 0 or more"):
            node().set_timer(Tick(), low, high)

    def test_a_timer_is_an_instance(self):
        with pytest.raises(
            ContractError,
            match=r"set_timer takes a timer, such as Tick\(\), and got the class Tick.",
        ):
            node().set_timer(Tick, 5)

    def test_cancelling_takes_the_class(self):
        with pytest.raises(
            ContractError,
            match=r"cancel_timer takes the class of a timer, and got Tick\(\): write "
            r"`self.cancel_timer\(Tick\)`.",
        ):
            node().cancel_timer(Tick())
        with pytest.raises(ContractError, match=r"got 3: write it as in `self.cancel_timer\(Heart"):
            node().cancel_timer(3)


class TestHandlers:
    def test_missing_for_a_message(self):
        with pytest.raises(
            ContractError,
            match=r"Counter has no handler for Pong: write `def on_Pong\(self, sender, m\)`.",
        ):
            node().receive("n2", Pong(1))

    def test_missing_for_a_timer(self):
        class Late(Timer):
            pass

        with pytest.raises(
            ContractError, match=r"Counter has no handler for Late: write `def on_Late\(self\)`."
        ):
            node().fire(Late())

    def test_a_variant_overrides_one(self):
        class Deaf(Counter):
            def on_Ping(self, sender, m):
                pass

        plain, deaf = node(), node(Deaf)
        for one in (plain, deaf, plain):
            one.receive("n2", Ping())
        assert (plain.heard, deaf.heard) == (2, 0)


class TestCopies:
    def test_are_equal_and_apart(self):
        one = node()
        one.receive("n2", Ping())
        twin = one.copy()
        assert vars(twin) == vars(one) and (twin.id, twin.peers) == (one.id, one.peers)
        assert twin.outbox == [] and twin.timers == {}
        twin.receive("n3", Ping())
        assert (one.heard, twin.heard) == (1, 2) and one.names == {"n2"}

    def test_recovery_keeps_the_durable_fields_alone(self):
        one = node()
        one.receive("n2", Ping())
        back = Counter.recover("n1", ["n2", "n3"], one.disk())
        assert one.disk() == {"heard": 1}
        assert vars(back) == {"heard": 1, "names": frozenset()}


class TestStrictMode:
    """Each of these runs well without it and goes wrong much later."""

    def broken(self, handler):
        kind = type("Broken", (Counter,), {"on_Ping": handler})
        with pytest.raises(ContractError) as caught:
            rehearse(node(kind), "receive", "n2", Ping())
        assert str(caught.value).startswith("Broken.on_Ping of n1 ")
        return str(caught.value)

    def test_lets_good_handlers_pass_and_run_once(self):
        one = node()
        for step, args, outbox, timers in [
            ("start", (), [], {Tick: (Tick(), 10, 20)}),
            ("receive", ("n2", Ping(1)), [("n2", Pong(1))], {}),
            ("fire", (Tick(),), [("n2", Ping()), ("n3", Ping())], {Tick: None}),
        ]:
            rehearse(one, step, *args)
            assert (one.outbox, one.timers) == (outbox, timers)
            one.outbox, one.timers = [], {}  # As the environment takes them.
        assert one.heard == 1

    def test_an_undeclared_attribute(self):
        def handler(self, sender, m):
            self.zeal, self.total = 1, 2

        assert self.broken(handler) == (
            "Broken.on_Ping of n1 sets 'total', which is not declared: "
            "write `total: type = initial value` in the class."
        )

    @pytest.mark.parametrize(
        "value, words",
        [
            ([1], "list (1)"),
            ({"b", "a"}, "set {a, b}"),
            ({"k": 1}, "dict {k: 1}"),
            (([1],), "tuple ((1))"),
        ],
    )
    def test_a_mutable_field(self, value, words):
        def handler(self, sender, m):
            self.names = value

        assert self.broken(handler) == (
            f"Broken.on_Ping of n1 leaves something mutable in 'names' ({words}): "
            "hold a tuple, frozenset or Map there, and rebind it to change it."
        )

    def test_what_a_log_held_already_is_not_looked_at_again(self):
        looked = []

        class Entry:
            def __hash__(self):
                looked.append(self)
                return 1

        class Keeper(Node):
            log: tuple = ()

            def on_Ping(self, sender, m):
                self.log += (m.number,)

        keeper = Keeper("n1", [])
        for _ in range(50):
            rehearse(keeper, "receive", "n2", Ping(Entry()))
        assert len(keeper.log) == len(looked) == 50
        with pytest.raises(ContractError, match="leaves something mutable in 'log'"):
            rehearse(keeper, "receive", "n2", Ping([]))

    def test_a_field_that_is_deleted(self):
        def handler(self, sender, m):
            del self.heard

        assert self.broken(handler) == (
            "Broken.on_Ping of n1 deletes 'heard': a field has a value always; rebind it."
        )

    def test_a_mutable_message(self):
        def handler(self, sender, m):
            self.send("n3", Ping([1]))

        assert "leaves something mutable in 'message to n3' (Ping Ping(number=(1)))" in self.broken(
            handler
        )

    def test_a_mutable_timer(self):
        class Later(Timer):
            names: object

        def handler(self, sender, m):
            self.set_timer(Later([1]), 5)

        assert "leaves something mutable in 'timer Later'" in self.broken(handler)

    def test_the_arguments_of_send_in_the_wrong_order(self):
        def handler(self, sender, m):
            self.send(Pong(), sender)

        assert self.broken(handler) == (
            "Broken.on_Ping of n1 sends n2 to Pong(number=0): "
            "write `self.send(name, message)`, with an instance of a Message class."
        )

    @pytest.mark.parametrize(
        "message, words", [(Pong, "the class Pong"), ("pong", "pong"), (None, "–")]
    )
    def test_what_is_no_message(self, message, words):
        def handler(self, sender, m):
            self.send(sender, message)

        assert f"sends {words} to n2: write `self.send(name, message)`" in self.broken(handler)

    def test_chance(self):
        numbers = itertools.count()

        def handler(self, sender, m):
            self.heard = next(numbers)

        assert self.broken(handler) == (
            "Broken.on_Ping of n1 does different things in the same state: a handler "
            "draws no random "
            "numbers, reads no clock and changes nothing outside its node."
        )

    def test_chance_in_a_message(self):
        numbers = itertools.count()

        def handler(self, sender, m):
            self.send(sender, Pong(next(numbers)))

        assert "does different things in the same state" in self.broken(handler)

    def test_chance_in_a_timer(self):
        numbers = itertools.count(1)

        def handler(self, sender, m):
            self.set_timer(Tick(), next(numbers))

        assert "does different things in the same state" in self.broken(handler)

    def test_something_shared_between_nodes(self):
        log = []

        def handler(self, sender, m):
            log.append(m)
            self.heard = len(log)

        assert "changes nothing outside its node" in self.broken(handler)

    def test_names_the_handler_of_a_timer_and_of_the_start(self):
        class Bad(Counter):
            def on_start(self):
                self.extra = 1

            def on_Tick(self):
                self.extra = 1

        for step, *args, name in (("start", "on_start"), ("fire", Tick(), "on_Tick")):
            with pytest.raises(ContractError, match=f"Bad.{name} of n1 sets 'extra'"):
                rehearse(node(Bad), step, *args)

    def test_is_on_in_a_cluster_unless_switched_off(self):
        class Forgetful(Counter):
            def on_start(self):
                self.extra = Map()

        with pytest.raises(ContractError, match="Forgetful.on_start of n1 sets 'extra'"):
            Cluster(Forgetful, 1)
        assert Cluster(Forgetful, 1, strict=False)["n1"].extra == Map()


SENTENCE = """
from dslab.node import *
class Ping(Message): pass
class Bad(Node):
    names: object = ()
    def on_Ping(self, sender, m):
        if m is None: pass
        WHAT
try: rehearse(Bad("n1", ["n2"]), "receive", "n2", Ping())
except ContractError as error: print(error)
"""


@pytest.mark.parametrize(
    "what",
    [
        "self.a = self.b = self.c = self.d = self.e = 1",
        'self.names = {"a", "b", "c", "d", "e", "f"}',
    ],
)
def test_the_words_do_not_depend_on_the_hash_seed(what):
    printed = {
        subprocess.run(
            [sys.executable, "-c", SENTENCE.replace("WHAT", what)],
            cwd=ROOT,
            check=True,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
        ).stdout
        for seed in range(1, 7)
    }
    assert len(printed) == 1 and "Bad.on_Ping" in printed.pop()
