"""The explorer: exact counts, shortest counterexamples, and reductions that hide nothing."""

import math
import re
from enum import Enum
from itertools import permutations, product

import pytest

from dslab.check.models import Register
from dslab.errors import DslabError
from dslab.explore.client_views import Seen
from dslab.explore.clients import caller
from dslab.explore.liveness import eventually
from dslab.explore.nodes import Nodes
from dslab.explore.schedule import Stepper
from dslab.explore.search import explore, walk
from dslab.explore.shrinking import shrunk
from dslab.explore.spec import Spec, action, goal, invariant
from dslab.explore.specs import DieHard, Missionaries, Paxos, Peterson, TwoPhase
from dslab.node import ContractError, Message, Node, Part, Reply, Timer
from dslab.protocols.raft import Raft
from dslab.run.trace import Trace
from tests.explore.paxos_register import PaxosRegister, paxos_register

NAMES = ("n1", "n2", "n3")

#: Distinct states, and the depth where it is published: what other explorers count for the same
#: specifications.
COUNTS = [
    (TwoPhase(3), 288, 11),
    (TwoPhase(5), 8_832, None),
    (TwoPhase(7), 296_448, None),
    (Paxos(1, 1, 1), 25, None),
    (Paxos(2, 2, 1), 145, None),
    (Paxos(3, 1, 1), 1_681, None),
    (Paxos(3, 2, 1), 3_921, None),
    (Paxos(3, 3, 1), 6_801, None),
    (Paxos(3, 1, 2), 68_921, None),
    (Paxos(3, 2, 2), 185_369, None),
    (DieHard(None), 16, None),
    (Missionaries(3, wanted=False), 64, None),
    (Missionaries(4, wanted=False), 98, None),
    (Peterson(), 42, None),
]


@pytest.mark.parametrize(
    "spec, states, depth", COUNTS, ids=lambda value: repr(value) if isinstance(value, Spec) else ""
)
def test_exact_counts(spec, states, depth):
    found = explore(spec)
    assert found.holds is True or isinstance(spec, Missionaries) and spec.pairs == 4
    assert (found.states, found.depth if depth else None) == (states, depth)


def test_the_actor_form_has_the_count_of_the_example_that_it_follows():
    found = explore(paxos_register())
    assert found.holds and found.states == 16_668
    # As short as the example's own discovery.
    assert found.reached["value_chosen"].count("deliver") == 8


def test_depth_first_finds_the_same_states():
    for system in (TwoPhase(3), Peterson(), paxos_register()):
        assert explore(system, order="depth").states == explore(system).states


def test_the_counterexample_is_the_solution_and_as_short_as_any():
    found = explore(DieHard())
    assert not found.holds and found.rule == "NotWanted" and found.depth == 7
    assert found.sentence == "After 6 steps NotWanted is broken."
    assert [event.data for event in found.trace.events[1:]] == [
        "FillBig",
        "BigToSmall",
        "EmptySmall",
        "BigToSmall",
        "FillBig",
        "BigToSmall",
    ]
    assert found.trace.state("DieHard") == {"small": 3, "big": 4}
    assert explore(Missionaries(3)).depth == 12 and explore(Missionaries(4)).holds is True


def test_a_specification_s_run_can_be_stored_and_played():
    trace = explore(DieHard()).trace
    assert Trace.from_json(trace.as_json()).sentences() == trace.sentences()
    assert trace.sentences()[1] == "step 1: FillBig; big 0 → 5."


class Lamps(Spec):
    """Lamps that are switched on one by one, and a rule that n of them break."""

    variables = ("lamps",)

    def __init__(self, count, limit):
        self.count, self.limit = count, limit

    def initial(self):
        yield ((0,) * self.count,)

    @action
    def On(self, lamps):
        for place, lamp in enumerate(lamps):
            if not lamp:
                yield (lamps[:place] + (1,) + lamps[place + 1 :],)

    @action
    def Never(self, lamps):
        return ()

    @invariant
    def Few(self, lamps):
        return sum(lamps) < self.limit

    @goal
    def Three(self, lamps):
        return sum(lamps) == 3

    def canonical(self, state):
        return (tuple(sorted(state[0])),)


class Unreduced(Lamps):
    canonical = None


def test_symmetry_looks_at_fewer_states_and_its_counterexample_is_real():
    whole, reduced = explore(Unreduced(6, 9)), explore(Lamps(6, 9))
    assert (whole.states, reduced.states) == (64, 7) and whole.holds and reduced.holds
    broken = explore(Lamps(6, 4))
    assert not broken.holds and broken.depth == explore(Unreduced(6, 4)).depth == 5
    states = [event.state["lamps"] for event in broken.trace.events]
    assert all(
        sum(a != b for a, b in zip(one, other)) == 1 for one, other in zip(states, states[1:])
    )


def test_what_was_never_taken_or_reached_is_said():
    found = explore(Lamps(2, 9))
    assert found.holds is False and found.sentence == "Three is never reached."
    assert found.taken == {"On": 3, "Never": 0} and "never taken: Never" in repr(found)


def test_budgets_end_a_search_without_an_answer():
    found = explore(TwoPhase(5), budget=1000)
    assert found.holds is None and not found.complete and "give a larger budget" in found.sentence
    assert explore(TwoPhase(3), depth=5).holds is None
    with pytest.raises(DslabError, match="order='wide'"):
        explore(TwoPhase(3), order="wide")
    for budget in (0, "100", True):
        with pytest.raises(DslabError, match=f"budget={budget!r}: give a whole number"):
            explore(TwoPhase(3), budget=budget)


def test_a_deadlock_is_a_broken_rule_where_it_is_asked_for():
    assert explore(Lamps(3, 9)).holds
    found = explore(Lamps(3, 9), deadlock=True)
    assert found.rule == "deadlock" and found.sentence == "After 3 steps no action can be taken."


def test_what_a_bound_leaves_out_is_no_deadlock():
    """Each server's timer is pending: only the bound keeps it from running out."""
    for reduce in (False, True):
        found = explore(
            elections(fires={"ElectionTimeout": 1, "Heartbeat": 0}), deadlock=True, reduce=reduce
        )
        assert found.holds and not found.complete
        stuck = explore(Nodes({"a": Sender, "b": Receiver}), deadlock=True, reduce=reduce)
        assert (
            stuck.rule == "deadlock" and stuck.sentence == "After 2 steps no action can be taken."
        )


def test_random_walks_find_what_is_there_and_promise_nothing():
    found = walk(DieHard(), walks=100, length=100, seed=1)
    assert found.holds is False and found.trace.state("DieHard")["big"] == 4
    assert repr(walk(DieHard(), seed=1)) == repr(walk(DieHard(), seed=1))
    passed = walk(Lamps(4, 9), walks=3, seed=1)
    assert passed.holds is None and passed.reached["Three"] is not None
    with pytest.raises(DslabError, match="walks=0"):
        walk(DieHard(), walks=0)


# Node classes.


def one_leader_a_term(view):
    terms = [node.current_term for node in view if node.role == "leader"]
    return len(terms) == len(set(terms))


def somebody_leads(view):
    return any(node.role == "leader" for node in view)


def elections(kind=Raft, **more):
    return Nodes(
        dict.fromkeys(NAMES, kind),
        **{
            "fires": {"ElectionTimeout": 2, "Heartbeat": 0},
            "invariants": [one_leader_a_term],
            "goals": [somebody_leads],
        }
        | more,
    )


class ForgetsItsVote(Raft):
    durable = ("current_term", "log")


class VotesTwice(Raft):
    def on_RequestVote(self, candidate, m):
        self.voted_for = None
        super().on_RequestVote(candidate, m)


class CountsHalf(Raft):
    def on_Vote(self, voter, m):
        self.peers, peers = self.peers[:1], self.peers
        super().on_Vote(voter, m)
        self.peers = peers


def test_all_elections_of_raft_within_bounds():
    found = explore(elections(coverage=True))
    assert found.holds and found.states == 9_076 and not found.complete
    assert "Raft.on_Request" in found.never_run and not any(
        line.startswith("Raft.on_RequestVote") for line in found.never_run
    )


@pytest.mark.parametrize(
    "kind, bounds",
    [(ForgetsItsVote, {"crashes": 1}), (VotesTwice, {})],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bug_gives_the_shortest_run_which_replays(kind, bounds):
    system = elections(kind, **bounds)
    found = explore(system)
    assert not found.holds and found.rule == "one_leader_a_term"
    stepper = Stepper(kind, NAMES).start()
    steps = found.steps
    assert all(stepper.perform(step) for step in steps)
    assert system.replay(steps).records == found.trace.records
    leaders = [node.current_term for node in stepper.nodes.values() if node.role == "leader"]
    assert len(leaders) == 2 and leaders[0] == leaders[1]
    # None shorter: no run of fewer steps breaks it.
    assert explore(system, depth=len(steps)).holds is None


def test_the_replay_of_a_trace_is_an_expression_that_makes_it_again():
    system = elections(VotesTwice)
    trace = explore(system).trace
    space = {kind.__name__: kind for kind in (*Message.__subclasses__(), *Timer.__subclasses__())}
    assert eval(trace.replay, space | {"system": system}).records == trace.records


def test_what_goes_wrong_in_a_handler_is_told_with_the_run_that_led_there():
    class Stumbles(Raft):
        def on_Vote(self, voter, m):
            raise ZeroDivisionError("here")

    for look in (
        explore,
        lambda system: explore(system, reduce=True),
        lambda system: explore(system, order="depth"),
        walk,
    ):
        with pytest.raises(ZeroDivisionError) as caught:
            look(elections(Stumbles))
        what, run = caught.value.__notes__
        assert what.startswith("while n") and "handled Vote" in what
        assert (
            run.startswith("after this run:\n  1. step 0: n1 starts")
            and "sends Vote" in run.splitlines()[-1]
        )


@pytest.mark.parametrize("kind", [Raft, ForgetsItsVote, VotesTwice])
def test_symmetry_hides_no_violation_and_finds_none_of_its_own(kind):
    whole = explore(elections(kind, crashes=1, fires={"ElectionTimeout": 2, "Heartbeat": 0}))
    reduced = explore(
        elections(kind, crashes=1, fires={"ElectionTimeout": 2, "Heartbeat": 0}, symmetric=NAMES)
    )
    assert whole.holds == reduced.holds and whole.depth == reduced.depth
    assert reduced.states * 4 < whole.states or not whole.holds


class Ping(Message):
    number: int


class Late(Timer):
    pass


class Sender(Node):
    sent: int = 0

    def on_start(self):
        for number in (1, 2):
            self.send("b", Ping(number))


class Receiver(Node):
    got: tuple = ()

    def on_Ping(self, sender, m):
        self.got += (m.number,)


def orders(**more):
    found = set()

    def note(view):
        found.add(view["b"].got)
        return True

    explore(Nodes({"a": Sender, "b": Receiver}, invariants=[note], **more))
    return found


def test_messages_overtake_each_other_are_lost_and_doubled_as_far_as_allowed():
    assert orders() == {(), (1,), (2,), (1, 2), (2, 1)}
    assert orders(ordered=True) == {(), (1,), (1, 2)}
    assert orders(ordered=True, losses=1) == {(), (1,), (2,), (1, 2)}
    assert orders(duplicates=1) == {
        order
        for length in range(4)
        for order in product((1, 2), repeat=length)
        if all(order.count(n) <= 2 for n in (1, 2))
        and not (order.count(1) == order.count(2) == 2)
        and sum(order.count(n) == 2 for n in (1, 2)) <= 1
    }


class Once(Node):
    durable = ("count",)
    count: int = 0

    def on_start(self):
        self.set_timer(Late(), 10, 20)

    def on_Late(self):
        self.count += 1


def test_a_crash_keeps_durable_fields_and_a_restart_starts_again():
    counts = set()

    def note(view):
        counts.add(view["a"].count if view["a"] else "down")
        return True

    explore(Nodes({"a": Once}, crashes=1, invariants=[note]))
    assert counts == {0, 1, 2, "down"}


def test_a_boundary_stops_what_lies_behind_it_and_the_verdict_says_so():
    found = explore(
        Nodes(
            dict.fromkeys(NAMES, Raft),
            within=lambda view: all(node.current_term < 2 for node in view),
            fires={"Heartbeat": 0},
            invariants=[one_leader_a_term],
        ),
        budget=100_000,
    )
    assert found.holds and not found.complete and "within its bounds" in found.sentence


class Alive(Message):
    n: float


class Check(Timer):
    pass


class Watcher(Part):
    heard: tuple = ()

    def on_start(self):
        self.set_timer(Check(), 10)

    def on_Check(self):
        self.broadcast(Alive(1))
        self.broadcast(Alive(float("inf")))

    def on_Alive(self, sender, m):
        self.heard += (m.n,)


class Watched(Node):
    fast = Watcher()


class Suit(Enum):
    HEARTS = 1


class Card(Message):
    suit: Suit


class Dealer(Node):
    dealt: Suit | None = None

    def on_start(self):
        self.broadcast(Card(Suit.HEARTS))

    def on_Card(self, sender, m):
        self.dealt = m.suit


def heard_infinity(view):
    return all(math.inf not in node["fast.heard"] for node in map(vars, view))


def nothing_dealt(view):
    return all(node.dealt is None for node in view)


@pytest.mark.parametrize("kind, rule", [(Watched, heard_infinity), (Dealer, nothing_dealt)])
def test_a_message_without_an_expression_is_replayed_from_a_text(kind, rule):
    system = Nodes({"a": kind, "b": kind}, fires=1, invariants=[rule])
    found = explore(system)
    assert found.holds is False
    for trace in (found.trace, shrunk(system, found).trace):
        assert eval(trace.replay, {"system": system}).records == trace.records


def test_what_no_text_can_forge_has_no_replay():
    system = Nodes({"a": Dealer, "b": Dealer})
    assert system.replay([("forge", "a", "b", Card(Suit.HEARTS))]).replay == ""


def test_a_replay_takes_a_list_of_steps():
    for steps in (5, "crash", None):
        with pytest.raises(DslabError, match="give a list of steps"):
            elections().replay(steps)


@pytest.mark.parametrize("reduce", [False, True])
def test_the_step_that_breaks_a_rule_is_counted(reduce):
    system = Nodes({"a": Watched, "b": Watched}, fires=1, invariants=[heard_infinity])
    found = explore(system, reduce=reduce)
    assert found.transitions == sum(found.taken.values()) >= found.states - 1
    one = explore(Nodes({"a": Once}, invariants=[lambda view: view["a"].count == 0]), reduce=reduce)
    assert (one.states, one.transitions, one.taken["fire"]) == (2, 1, 1)
    assert "never taken: deliver" in repr(one) and "fire" not in repr(one).split("never taken")[1]


def test_a_node_that_breaks_the_contract_is_named():
    class Mutable(Node):
        items: tuple = ()

        def on_start(self):
            self.items = []

    with pytest.raises(
        ContractError, match="Mutable.on_start of a leaves something mutable in 'items'"
    ):
        explore(Nodes({"a": Mutable}))


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"nodes": {}}, "no node to explore"),
        ({"nodes": [Raft]}, "give a mapping from names to Node classes"),
        *[
            (
                {"nodes": {name: Raft}},
                re.escape(repr(name)) + " is no name for a node: give a text without",
            )
            for name in (1, "", "n 1", "n1\n", "n1,n2", None)
        ],
        ({"disks": {"n1": 3}}, r"disks\['n1'\]=3: give durable fields by node"),
        ({"disks": 3}, "disks=3: give durable fields by node"),
        ({"within": 5}, "within=… has 5, which is no function of a View"),
        (
            {"nodes": {"n1": Watched}, "fires": {"Check": 1}},
            "fires names 'Check', but no node here handles such a timer: they handle fast.Check.",
        ),
        ({"nodes": {"a": 3}}, "a is 3, which is no Node class"),
        ({"nodes": {"a": Raft("a")}}, "a is a node of class Raft: give the class itself"),
        (
            {"nodes": {"n1": Raft, "c": caller(("n9", "read"))}},
            "c calls 'n9', but there is no such node: there are n1, c",
        ),
        (
            {"fires": {"ElectionTimeuot": 1}},
            "fires names 'ElectionTimeuot', but no node here handles such a timer: they handle "
            "ElectionTimeout, Heartbeat.",
        ),
        ({"fires": {"Heartbeat": -1}}, r"fires\['Heartbeat'\]=-1: give a whole number, 0 or more"),
        ({"fires": "1"}, "fires='1': give a whole number"),
        ({"crashes": -1}, "crashes=-1"),
        ({"losses": True}, "losses=True"),
        ({"symmetric": ("n1", "n9")}, "there is no node 'n9' here: there are n1, n2, n3"),
        ({"invariants": ["safe"]}, "invariants=… has 'safe', which is no function of a View"),
        (
            {"nodes": {"n1": Raft, "c": caller(("n1", "read"))}, "symmetric": ("n1", "c")},
            "these are of different classes",
        ),
        (
            {
                "nodes": {"n1": Raft, "n2": Raft, "c": caller(("n1", "read"), ("n1", "read"))},
                "symmetric": ("n1", "n2"),
            },
            "c calls n1 later on",
        ),
    ],
)
def test_bad_input_is_told_in_a_sentence(arguments, sentence):
    with pytest.raises(DslabError, match=sentence):
        Nodes(**({"nodes": dict.fromkeys(NAMES, Raft)} | arguments))


def test_what_goes_wrong_at_the_start_has_no_run():
    class Stillborn(Raft):
        def on_start(self):
            raise ZeroDivisionError("here")

    for symmetric in ((), NAMES):
        with pytest.raises(ZeroDivisionError) as caught:
            explore(elections(Stillborn, symmetric=symmetric))
        assert caught.value.__notes__ == ["while n1 handled its start"]


def test_rules_of_the_same_name_are_all_asked():
    found = explore(
        elections(
            invariants=[lambda view: True, lambda view: True, lambda view: not somebody_leads(view)]
        )
    )
    assert found.holds is False and found.rule == "<lambda> (3)"
    assert (
        shrunk(
            elections(invariants=[lambda view: not somebody_leads(view)] * 2),
            explore(elections(invariants=[lambda view: not somebody_leads(view)] * 2)),
        ).holds
        is False
    )
    with pytest.raises(DslabError, match="makes runs of Nodes smaller, but this is a DieHard"):
        shrunk(DieHard(), explore(DieHard()))
    with pytest.raises(DslabError, match="good is 'critical': give a function"):
        eventually(Peterson(), "critical")


def test_what_is_no_system_is_told_in_a_sentence():
    for wrong, sentence in [
        (Raft, r"takes a system, a Spec or Nodes\(.*\), but this is the class Raft"),
        ({"n1": Raft}, "this is a dict"),
        (TwoPhase, r"TwoPhase is the class of one: write TwoPhase\(…\)"),
    ]:
        for look in (explore, walk, lambda system: eventually(system, somebody_leads)):
            with pytest.raises(DslabError, match=sentence):
                look(wrong)
    for call in ("n1", ("n1",), (1, "read"), ("n1", "cas", "x", 1, 2)):
        with pytest.raises(DslabError, match="is no call: write"):
            caller(call)


def spec(start, take=lambda x: [(x + 1,)]):
    class Counter(Spec):
        variables = ("x",)

        def initial(self):
            return start

        @action
        def Add(self, x):
            return take(x)

    return Counter()


@pytest.mark.parametrize(
    "start, take, sentence",
    [
        (
            [0],
            lambda x: [],
            "initial gives 0, which is no state: yield a tuple with a value for each "
            "variable, `yield x,`",
        ),
        ([(0, 1)], lambda x: [], r"initial gives \(0, 1\), which is no state"),
        ([([],)], lambda x: [], r"initial gives \(\[\],\), which can change"),
        (None, lambda x: [], "initial yields no states"),
        ([(0,)], lambda x: (x + 1,), "Add gives 1, which is no state"),
        ([(0,)], lambda x: None, "Add yields no states"),
    ],
)
def test_a_specification_that_yields_no_states_is_told_in_a_sentence(start, take, sentence):
    with pytest.raises(DslabError, match=sentence):
        explore(spec(start, take))


def test_a_rule_that_fails_is_named_with_what_is_down():
    def led_by_n1(view):
        return view["n1"].role != "king"

    with pytest.raises(AttributeError) as caught:
        explore(elections(crashes=1, invariants=[led_by_n1]))
    assert (
        caught.value.__notes__[0]
        == "while led_by_n1 looked at a state; n1 is down, and None in the view"
    )


class Hasty(PaxosRegister):
    """Answers a read although it has not heard of a decision."""

    def on_Request(self, client, m):
        if m.f == "read" and not self.decided:
            self.send(client, Reply(m.id))
        else:
            super().on_Request(client, m)


def test_what_clients_see_is_judged():
    found = explore(paxos_register(Hasty))
    assert not found.holds and found.rule == "linearizable"


def test_a_read_in_a_write_s_place_is_explained_by_a_write_of_unknown_outcome():
    class Store(Node):
        value: str = ""

        def on_Request(self, client, m):
            if m.f == "write":
                self.value = m.value
            else:
                self.send(client, Reply(m.id, self.value or None))

    found = explore(
        Nodes(
            {
                "s": Store,
                "c1": caller(("s", "write", None, "A")),
                "c2": caller(("s", "read"), ("s", "read")),
            },
            invariants=[lambda view: view.seen.linearizable(Register)],
        )
    )
    assert found.holds


# Liveness.


def waiting(at, flag, turn):
    return at[0] == "waiting"


def inside(at, flag, turn):
    return at[0] == "critical"


class Greedy(Peterson):
    """Whoever finds the other out goes in, whoever's turn it is."""

    @action
    def Enter(self, at, flag, turn):
        for me, now in self._move(at, "waiting", "critical"):
            if at[1 - me] not in ("critical", "lowering"):
                yield now, flag, turn


def test_who_waits_gets_in_if_processes_go_on():
    assert eventually(Peterson(), inside, after=waiting).holds is True


def test_what_clients_saw_is_asked_of_a_model_by_its_name_too():
    seen = Seen()
    for happened in (
        ("call", "c1", 1, "write", None, 7),
        ("reply", "c1", 1, None, None),
        ("call", "c1", 2, "read", None, None),
        ("reply", "c1", 2, 8, None),
    ):
        assert seen.linearizable("register") is seen.linearizable(Register) is True
        seen = seen.after((happened,))
    assert seen.linearizable("register") is seen.linearizable(Register) is False
    with pytest.raises(DslabError, match="there is no model 'registre'"):
        seen.linearizable("registre")


def test_words_of_a_verdict_count_as_readers_do():
    class Counter(Spec):
        variables = ("n",)

        def initial(self):
            yield (0,)

        @action
        def Up(self, n):
            if n < 2:
                yield (n + 1,)

        @goal
        def One(self, n):
            return n == 1

    assert "goal One: reached in 1 step\n" in repr(explore(Counter())) + "\n"
    never = repr(eventually(Counter(), lambda n: n == 7))
    assert never.startswith("✗ eventually: violated. A run never gets there: "), never


def test_without_fairness_nothing_has_to_happen():
    found = eventually(Peterson(), inside, after=waiting, fair=[])
    assert (
        found.holds is False
        and found.sentence == "A run never gets there: nothing more has to happen."
    )


def test_starvation_is_a_cycle_that_is_fair():
    found = eventually(Greedy(), inside, after=waiting)
    assert (
        found.holds is False
        and found.sentence == "A fair run never gets there: its last 6 steps repeat for ever."
    )
    states = [event.state for event in found.trace.events]
    assert states[-1] == states[-7] and all(state["at"][0] == "waiting" for state in states[-7:])
    assert {state["at"][1] for state in states[-7:]} >= {"critical", "waiting"}


def test_a_message_that_stays_unanswered_is_a_run_that_ends():
    class Deaf(Node):
        def on_Ping(self, sender, m):
            pass

    def heard(view):
        return len(getattr(view["b"], "got", ())) == 2

    assert eventually(Nodes({"a": Sender, "b": Receiver}), heard).holds is True
    found = eventually(Nodes({"a": Sender, "b": Deaf}), heard)
    assert found.holds is False and "nothing more has to happen" in found.sentence


def test_liveness_within_bounds_is_never_more_than_undecided():
    found = eventually(elections(), somebody_leads)
    assert (
        found.holds is None and "runs that go on beyond them were not looked at" in found.sentence
    )


class Restless(Node):
    """a and b write to each other for ever, while c waits for its timer."""

    rung: bool = False

    def on_start(self):
        if self.id == "a":
            self.send("b", Ping(1))
        if self.id == "c":
            self.set_timer(Late(), 1)

    def on_Ping(self, sender, m):
        self.send(sender, m)

    def on_Late(self):
        self.rung = True


def test_a_run_is_not_called_fair_because_a_bound_withholds_what_fairness_demands():
    def rung(view):
        return view["c"].rung

    assert eventually(Nodes(dict.fromkeys("abc", Restless)), rung).holds is True
    # This one repeats, but only for want of the timer;
    assert eventually(Nodes(dict.fromkeys("abc", Restless), fires=0), rung).holds is None
    lost = elections(losses=2, fires={"ElectionTimeout": 1, "Heartbeat": 0})
    # and this one ends for want of another election.
    assert eventually(lost, somebody_leads).holds is None


def test_a_bound_on_faults_hides_no_run_that_ends():
    """One more crash might follow, but none has to."""

    def heard(view):
        return view["b"] is not None and len(view["b"].got) == 2

    for bounds in ({"losses": 1}, {"losses": 1, "crashes": 1}, {"losses": 1, "duplicates": 1}):
        found = eventually(Nodes({"a": Sender, "b": Receiver}, **bounds), heard)
        assert (
            found.holds is False
            and not found.complete
            and "nothing more has to happen" in found.sentence
        )


def test_a_violation_of_eventually_has_the_name_of_its_rule():
    found = eventually(Peterson(), lambda at, flag, turn: at[0] == "critical", rule="gets in")
    assert (found.holds, found.rule) == (False, "gets in") and "None" not in repr(found)


def test_a_goal_is_reached_in_so_many_steps_as_there_are_after_the_start():
    class Full(DieHard):
        @goal
        def BigIsFull(self, small, big):
            return big == 5

    assert "goal BigIsFull: reached in 1 step\n" in repr(explore(Full())) + "\n"


class Told(Message):
    what: object


class Teller(Node):
    """It says 1, True and 1.0, which are one to Python and three to a reader."""

    def on_start(self):
        for what in (1, True, 1.0):
            self.send("b", Told(what))


class Keeper(Node):
    kept: tuple = ()

    def on_Told(self, sender, m):
        self.kept += (m.what,)


def test_what_python_takes_for_equal_are_different_messages_and_states():
    heard = set()

    def note(view):
        heard.add(tuple(map(repr, view["b"].kept)))
        return True

    system = Nodes({"a": Teller, "b": Keeper}, invariants=[note])
    found = explore(system)
    # Each of the three may come first, second and last.
    assert found.states == 1 + 3 + 6 + 6
    assert {kept for kept in heard if len(kept) == 3} == set(permutations(("1", "True", "1.0")))

    def only_true(view):
        return repr(view["b"].kept) != "(True,)"

    found = explore(Nodes({"a": Teller, "b": Keeper}, invariants=[only_true]))
    assert repr(found.trace.state("b")) == "{'kept': (True,)}"


class Latest(Node):
    """A register that takes a request for a repetition where it has done one of a greater id."""

    value: int | None = None
    last: int = 0
    answer: int | None = None

    def on_Request(self, client, m):
        if m.id > self.last:
            self.last = m.id
            self.value = m.value if m.f == "write" else self.value
            self.answer = self.value if m.f == "read" else None
        self.send(client, Reply(m.id, self.answer))


def test_a_client_makes_its_calls_in_order_and_keeps_so_many_open():
    calls = [("s", "read", number) for number in range(1, 6)]

    class Server(Node):
        def on_Request(self, client, m):
            self.send(client, Reply(m.id, m.key))

    def open_ones(view):
        _, operations = zip(*view.seen.ops)
        made = sorted(op[1] for each in operations for op in each)
        left = sum(not op[5] for each in operations for op in each)
        counts.add((len(made), left))
        return made == list(range(1, len(made) + 1)) and left <= 2

    counts = set()
    client = caller(*calls, outstanding=2)
    found = explore(Nodes({"s": Server, "c": client}, invariants=[open_ones]))
    assert found.holds
    assert counts == {(2, 2), (3, 2), (4, 2), (5, 2), (5, 1), (5, 0)}


@pytest.mark.parametrize("outstanding", [1, 2])
def test_only_a_client_with_two_calls_open_sees_what_goes_wrong_between_two(outstanding):
    client = caller(("s", "write", None, 1), ("s", "read"), ("s", "read"), outstanding=outstanding)

    def linearizable(view):
        return view.seen.linearizable(Register)

    found = explore(Nodes({"s": Latest, "c": client}, invariants=[linearizable]))
    assert found.holds is (outstanding == 1)


@pytest.mark.parametrize("outstanding", [0, 1.5, True])
def test_how_many_calls_a_client_has_open_is_a_whole_number(outstanding):
    with pytest.raises(DslabError, match="outstanding=.*give a whole number, 1 or more"):
        caller(("s", "read"), outstanding=outstanding)


def test_what_clients_see_tells_one_from_true():
    start = Seen().after((("call", "c", 1, "read", "x", None),))
    one, true = (start.after((("reply", "c", 1, each, None),)) for each in (1, True))
    assert one != true and "1" in repr(one) and "True" in repr(true)


class StepsDown(Node):
    """A leader that takes one request and refuses all further ones but reads."""

    value: int | None = None
    leading: bool = True

    def on_Request(self, client, m):
        if m.f == "read":
            self.send(client, Reply(m.id, self.value))
        elif self.leading:
            self.value, self.leading = m.value, False
        else:
            self.send(client, Reply(m.id, error="not-leader"))


class Refuses(StepsDown):
    """Says that it has not done what it has done."""

    def on_Request(self, client, m):
        super().on_Request(client, m)
        if m.f == "write":
            self.send(client, Reply(m.id, error="not-leader"))


def linearizable(view):
    return view.seen.linearizable(Register)


@pytest.mark.parametrize("reads", [0, 1])
def test_a_refusal_speaks_for_one_copy_of_a_request(reads):
    def explored(kind, **more):
        writer = caller(("n", "write", None, 1), *[("n", "read")] * reads)
        nodes = {"n": kind, "w": writer, "r": caller(("n", "read"), ("n", "read"))}
        system = Nodes(nodes, invariants=[linearizable], **more)
        return system, explore(system)

    assert explored(StepsDown, duplicates=1)[1].holds
    system, found = explored(Refuses)
    assert found.holds is False
    assert shrunk(system, found).rule == "linearizable"


def test_the_run_of_a_doubled_request_is_judged_as_the_explorer_judges_it():
    nodes = {"n": StepsDown, "w": caller(("n", "write", None, 1)), "r": caller(("n", "read"))}
    system = Nodes(nodes, duplicates=1, invariants=[linearizable])
    stepper = system.stepper().start()
    write, read = ("deliver", "w", "n"), ("deliver", "r", "n")
    steps = [("duplicate", "w", "n", "Request"), write, write, ("deliver", "n", "w"), read]
    assert all(stepper.perform(step) for step in [*steps, ("deliver", "n", "r")])
    assert linearizable(stepper.view)
