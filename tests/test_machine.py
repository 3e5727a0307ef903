"""Machines: what each operation answers, and that no request raises, since each server would fall
over it. Sessions: each command is executed once, in whatever order they come.
"""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslab import machine
from dslab.check import Model, linearizable
from dslab.explore import Nodes, caller, explore
from dslab.machine import Command, KeyValue, Ledger, Lock, Machine, Session, Sessions
from dslab.node import ContractError, Reply, Request
from dslab.protocols.raft import Raft
from dslab.sim import Cluster
from dslab.values import Map


def asked(f, key=None, value=None, client="c1", id=1):
    return Command(client, id, f, key, value)


@pytest.mark.parametrize(
    "store, command, after",
    [
        (Map(), ("cas", "x", (None, 1)), (Map(x=1), None, None)),
        (Map(), ("cas", "x", (1, 2)), (Map(), None, "key-does-not-exist")),
        (Map(x=3), ("cas", "x", (1, 2)), (Map(x=3), None, "precondition-failed")),
        (Map(x=1), ("cas", "x", (1, 2)), (Map(x=2), None, None)),
        (Map(x=1), ("cas", "x", 5), (Map(x=1), None, "malformed-request")),
        (Map(x="a"), ("append", "x", "b"), (Map(x="ab"), None, None)),
        (Map(x="a"), ("append", "x", 1), (Map(x="a"), None, "precondition-failed")),
        (Map(), ("append", "x", "b"), (Map(x="b"), None, None)),
        (Map(x=1), ("read", "x"), (Map(x=1), 1, None)),
        (Map(x=1), ("dance", "x", None), (Map(x=1), None, "not-supported")),
    ],
)
def test_an_operation_on_a_store_and_what_it_leaves(store, command, after):
    assert KeyValue(store).apply(asked(*command)) == (KeyValue(after[0]), *after[1:])


def run(start, *commands):
    """The machine after the commands, and their answers."""
    answers = []
    for command in commands:
        start, value, error = start.apply(command)
        answers.append(error or value)
    return start, answers


def test_a_lock_has_one_holder_who_alone_releases_it():
    lock, answers = run(
        Lock(),
        asked("acquire", "door", client="a"),
        asked("acquire", "door", client="b"),
        asked("acquire", "door", client="a"),
        asked("release", "door", client="b"),
        asked("acquire", "gate", client="b"),
        asked("release", "door", client="a"),
        asked("release", "door", client="a"),
        asked("acquire", "door", client="b"),
        asked("paint", "door"),
    )
    held, no = "lock-is-held", "not-the-holder"
    assert answers == [1, held, held, no, 2, None, no, 3, "not-supported"]
    assert lock == Lock(Map(door="b", gate="b"), 3)


def test_a_ledger_moves_what_is_there():
    ledger, answers = run(
        Ledger(),
        asked("deposit", None, ("a", 5)),
        asked("deposit", None, ("b", 1)),
        asked("transfer", None, ("a", "b", 3)),
        asked("transfer", None, ("a", "b", 3)),
        asked("transfer", None, ("a", "c", 1)),
        asked("transfer", None, ("b", "b", 4)),
        asked("read", None, "b"),
        asked("read", None, "c"),
        asked("close", None, "b"),
    )
    assert ledger == Ledger(Map(a=2, b=4))
    failed, missing = "precondition-failed", "key-does-not-exist"
    assert answers == [None, None, None, failed, missing, None, 4, None, "not-supported"]


@pytest.mark.parametrize("amount", [0, -1, 1.5, True, None, "1"])
def test_a_ledger_refuses_what_is_no_amount(amount):
    books = Ledger(Map(a=5, b=5))
    for command in (
        asked("deposit", None, ("a", amount)),
        asked("transfer", None, ("a", "b", amount)),
    ):
        assert books.apply(command) == (books, None, "malformed-request")


transfers = st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.integers(1, 9))


@given(st.lists(transfers, max_size=20))
def test_no_transfer_makes_or_loses_money_or_overdraws(moves):
    books = Ledger(Map(a=10, b=5, c=0))
    for move in moves:
        books, _, _ = books.apply(asked("transfer", None, move))
        assert sum(books.balances.values()) == 15 and min(books.balances.values()) >= 0


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: st.tuples(inner, inner) | st.tuples(inner, inner, inner) | st.just(Map(a=1)),
    max_leaves=4,
)
words = "read write cas append get put acquire release deposit transfer else".split()


@given(anything, anything, st.sampled_from(words), anything)
def test_no_request_raises(old, key, f, value):
    for start in (KeyValue(Map({key: old})), Lock(Map({key: "c2"})), Ledger(Map({key: 3}))):
        after, _, error = start.apply(Command("c1", 1, f, key, value))
        assert error is None or after is start, "an error promises that nothing was changed"


class Odd(Machine):
    """Its answer to every command is given to it."""

    answer: Any = None
    state: Any = 0

    def apply(self, command):
        return self.answer(self) if callable(self.answer) else self.answer


def raises(machine):
    raise KeyError("x")


BROKEN = [
    (Odd(raises), r"Odd.apply raises KeyError \('x'\) for .*c1"),
    (Machine(), "Machine.apply raises NotImplementedError"),
    (Odd(5), "Odd.apply returns 5 for Command"),
    (Odd(lambda machine: (machine, 1)), r"Odd.apply returns \(Odd\(.*\) for Command"),
    (Odd((None, 1, None)), "Odd.apply returns None as the machine after it"),
    (Odd((Odd, 1, None)), "Odd.apply returns <class .*Odd'> as the machine after it"),
    (Odd(lambda machine: (machine, None, 7)), "returns 7 as its error, which is no text"),
    (Odd(lambda machine: (machine, None, "not-leader")), "'not-leader', which is the protocol's"),
    (Odd(lambda machine: (Odd(raises, 1), None, "no")), "the error 'no' and has changed the state"),
    (Odd(lambda machine: (Odd(raises, False), None, "no")), "'no' and has changed the state"),
    (Odd(lambda machine: (machine, [], None)), r"returns an answer that holds something mutable"),
    (Lock, r"is no Machine: write `machine = Lock\(\)`"),
    (None, "the machine is None, which is no Machine: write"),
    (5, "the machine is 5, which is no Machine: write"),
    ("kv", "the machine is 'kv', which is no Machine: write"),
]


@pytest.mark.parametrize("wrong, sentence", BROKEN)
def test_a_machine_that_breaks_its_promises_is_told_with_the_command(wrong, sentence):
    with pytest.raises(ContractError, match=sentence):
        Sessions().apply(wrong, asked("write", "x", 1))


@pytest.mark.parametrize("wrong, sentence", BROKEN)
def test_so_is_one_on_a_log(wrong, sentence):
    kind = type("Replicated", (Raft,), {"machine": wrong})
    cluster = Cluster(kind, 1, clients=1)
    with pytest.raises(ContractError, match=sentence):
        cluster.run(until=cluster.client().write("x", 1))


def test_a_machine_whose_state_can_change_is_told_and_not_the_handler_alone():
    machine = Odd(lambda machine: (Odd(raises, []), 1, None))
    cluster = Cluster(type("Replicated", (Raft,), {"machine": machine}), 1, clients=1)
    sentence = "Odd.apply, in Replicated.on_Request of n1, leaves something mutable in 'machine'"
    with pytest.raises(ContractError, match=sentence):
        cluster.run(until=cluster.client().write("x", 1))


def test_an_error_of_a_machine_that_is_the_same_again_is_no_change():
    machine = Odd(lambda machine: (Odd(machine.answer, 0), None, "no"))
    _, after, answer = Sessions().apply(machine, asked("write", "x", 1))
    assert after == machine and answer == (None, "no")


class TestSessions:
    def apply(self, *commands, sessions=None, store=None):
        sessions, store = sessions or Sessions(), store or KeyValue()
        answers = []
        for command in commands:
            sessions, store, answer = sessions.apply(store, command)
            answers.append(answer)
        return sessions, store, answers

    def test_an_older_id_that_was_never_executed_is_executed(self):
        """One client with two open calls, the first of which is slow."""
        _, store, answers = self.apply(
            asked("append", "x", "a", id=100), asked("append", "x", "b", id=90)
        )
        assert store.store == Map(x="ab") and answers == [(None, None)] * 2

    def test_a_repeated_command_gets_its_own_first_answer(self):
        sessions, store, _ = self.apply(
            asked("write", "x", 1, id=1), asked("read", "x", id=2), asked("write", "x", 2, id=3)
        )
        again, same, answers = self.apply(
            asked("read", "x", id=2), asked("write", "x", 1, id=1), sessions=sessions, store=store
        )
        assert (again, same) == (sessions, store) and answers == [(1, None), (None, None)]

    def test_an_error_is_an_answer_too(self):
        cas = asked("cas", "x", (1, 2), id=1)
        _, store, answers = self.apply(cas, asked("write", "x", 1, id=2), cas)
        assert answers[0] == answers[2] == (None, "key-does-not-exist") and store.store == Map(x=1)

    @given(st.permutations(range(30)), st.randoms())
    def test_in_any_order_and_repeated_each_is_executed_once(self, ids, chance):
        commands = [asked("append", "x", (id,), id=id) for id in ids]
        stream = []
        for command in commands:
            stream.append(command)
            stream += chance.sample(stream, chance.randrange(3) % (len(stream) + 1))
        sessions, store, answers = self.apply(*stream)
        assert store.store["x"] == tuple(ids)
        assert sessions.clients["c1"].done == ((0, 29),) and sessions.count == 30
        assert all(answer in (None, (None, None)) for answer in answers)

    def test_who_has_forgotten_the_answer_stays_silent(self):
        commands = [asked("append", "x", (id,), id=id) for id in range(machine.ANSWERS + 1)]
        _, store, answers = self.apply(*commands, commands[0], commands[-1])
        assert answers[-2:] == [None, (None, None)] and len(store.store["x"]) == len(commands)

    def test_many_gaps_are_remembered_and_the_lowest_is_closed(self):
        ids = range(0, 2 * machine.RANGES, 2)
        sessions, store, _ = self.apply(*(asked("write", "x", id, id=id) for id in ids))
        assert len(sessions.clients["c1"].done) == machine.RANGES
        sessions, store, _ = self.apply(
            asked("write", "x", "new", id=9999), sessions=sessions, store=store
        )
        session = sessions.clients["c1"]
        assert len(session.done) == machine.RANGES and session.done[0] == (0, 2)
        after = self.apply(asked("write", "x", "late", id=1), sessions=sessions, store=store)
        assert after == (sessions, store, [None]), "nobody knows whether it was done: no answer"
        _, store, answers = self.apply(
            asked("write", "x", "late", id=3), sessions=sessions, store=store
        )
        assert store.store == Map(x="late") and answers == [(None, None)]

    def test_the_client_that_was_silent_for_longest_is_forgotten(self):
        many = [asked("write", "x", 1, client=f"c{n}") for n in range(machine.CLIENTS)]
        sessions, store, _ = self.apply(*many)
        sessions, store, _ = self.apply(
            asked("write", "x", 2, client="c0", id=2),
            asked("write", "x", 3, client="new"),
            sessions=sessions,
            store=store,
        )
        assert len(sessions.clients) == machine.CLIENTS
        assert "c0" in sessions.clients and "c1" not in sessions.clients

    def test_a_session_in_words(self):
        sessions, _, _ = self.apply(asked("write", "x", 1, id=4))
        assert sessions.clients["c1"] == Session(((4, 4),), ((4, None, None),), 1)


def test_two_open_calls_of_one_client_that_raft_acknowledges_are_both_done():
    """Behind Maelstrom a msg_id need only be unique (doc/protocol.md): 90 may come after 100."""
    server = Raft("n1", [])
    server.start()
    server.fire(server.timers.popitem()[1][0])
    for id, value in ((100, 1), (90, 2)):
        server.receive("c1", Request(id, "write", "x", value))
    server.receive("c1", Request(91, "read", "x"))
    assert [m for _, m in server.outbox] == [Reply(100), Reply(90), Reply(91, 2)]


# Any machine on the replicated log.


class LockService(Raft):
    machine = Lock()


class Bank(Raft):
    machine = Ledger()


class Books(Model):
    """What a Ledger answers, as a model: it is its own specification."""

    functions = frozenset({"deposit", "transfer", "read"})
    reads = frozenset({"read"})
    initial = Ledger()

    def step(self, state, op):
        after, value, error = state.apply(asked(op.f, op.key, op.value))
        return error is None and (op.outcome == "info" or op.result == value), after


def stormy(kind, calls, seed, loss=0.05, timeout=400):
    """Three servers, three clients, a leader that is cut off and then crashes."""
    cluster = Cluster(kind, 3, seed=seed, clients=3, duplicate=0.1, loss=loss).run(600)
    chance = random.Random(seed)

    def work(client):
        while cluster.now < 4000:
            yield client.call(*calls(chance), timeout=timeout)
            yield cluster.after(chance.random() * 50)

    for client in cluster.clients.values():
        cluster.script(lambda _, client=client: work(client))
    cluster.run(800)
    leader = next(name for name, node in cluster.nodes.items() if node.leads())
    cluster.isolate(leader)
    cluster.run(900)
    cluster.heal()
    cluster.crash(leader)
    cluster.run(600)
    cluster.restart(leader)
    return cluster.run(2500)


@pytest.mark.parametrize("seed", range(3))
def test_a_lock_service_is_linearizable_through_faults(seed):
    """The checker's model knows a holder by its process, and a client that gives up goes on under
    another: here they wait.
    """
    word = lambda chance: (chance.choice(["acquire", "release"]), "door")  # noqa: E731
    cluster = stormy(LockService, word, seed, loss=0, timeout=100_000)
    done = [op for op in cluster.history.operations if op.outcome == "ok"]
    assert len({op.process for op in done if op.f == "acquire"}) > 1 and len(done) > 10
    assert linearizable(cluster.history, "lock").holds is True
    assert len({node.machine for node in cluster.nodes.values()}) == 1
    assert cluster["n1"].machine.granted >= sum(op.f == "acquire" for op in done)


@pytest.mark.parametrize("seed", range(3))
def test_a_ledger_is_linearizable_through_faults_and_no_money_is_lost(seed):
    def calls(chance):
        one, other = chance.sample("abc", 2)
        return chance.choice(
            [
                ("deposit", None, (one, chance.randint(1, 9))),
                ("transfer", None, (one, other, chance.randint(1, 9))),
                ("read", None, one),
            ]
        )

    cluster = stormy(Bank, calls, seed)
    assert sum(op.outcome == "ok" for op in cluster.history.operations) > 20
    assert linearizable(cluster.history, Books).holds is True
    assert len({node.machine for node in cluster.nodes.values()}) == 1


def test_the_explorer_looks_at_any_machine():
    """Two clients want one lock. In every order one gets it, and no two servers disagree."""

    def one_holder(view):
        return len({node.machine.holders.get("door") for node in view} - {None}) <= 1

    def refused(view):
        return any(
            "lock-is-held" in str(answer)
            for node in view
            for session in node.sessions.clients.values()
            for answer in session.answers
        )

    clients = {f"c{n}": caller(("n1", "acquire", "door")) for n in (1, 2)}
    system = Nodes(
        dict.fromkeys(("n1", "n2"), LockService) | clients,
        fires={"ElectionTimeout": 1, "Heartbeat": 1},
        invariants=[*Raft.rules, one_holder],
        goals=[refused],
    )
    found = explore(system, budget=60_000)
    assert found.holds is not False and found.reached["refused"]
