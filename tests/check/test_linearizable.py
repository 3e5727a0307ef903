"""The linearizability checker against brute force, the classics, and its explanations."""

import itertools
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dslab.check import MODELS, Model, linearizable, sequential
from dslab.check.linearizable import by_key
from dslab.errors import DslabError
from dslab.run import Event, History


def history(text: str) -> History:
    """A history in shorthand, one event a word: `0:w1( 1:r( 0) 1)=1` — process, call with "(",
    return with ")".
    """
    events, calls = [], {}
    for word in text.split():
        process, rest = word.split(":")
        if rest.endswith("("):
            f, value = {"r": "read", "w": "write", "c": "cas"}[rest[0]], rest[1:-1]
            value = (
                None
                if not value
                else tuple(map(int, value.split(",")))
                if f == "cas"
                else int(value)
            )
            calls[process] = f, value
            events.append(Event(int(process), "invoke", f, None, value))
        else:
            f, value = calls[process]
            kind = {")": "ok", "!": "fail", "?": "info"}[rest[0]]
            if f == "read" and kind == "ok":
                value = None if rest[2:] in ("", "-") else int(rest[2:])
            events.append(Event(int(process), kind, f, None, value))
    return History(events)


def brute_force(events: History, model: Model) -> bool:
    """Every subset of the calls with unknown outcome, in every order."""
    for operations in by_key(events.operations).values():
        done = [op for op in operations if op.returned is not None]
        unknown = [op for op in operations if op.returned is None]
        if not any(
            _ordered(order, model)
            for size in range(len(unknown) + 1)
            for some in itertools.combinations(unknown, size)
            for order in itertools.permutations(done + list(some))
        ):
            return False
    return True


def _ordered(order, model):
    state = model.initial
    for place, op in enumerate(order):
        if any(
            later.returned is not None and later.returned < op.invoked
            for later in order[place + 1 :]
        ):
            return False
        fits, state = model.step(state, op)
        if not fits:
            return False
    return True


@st.composite
def small_histories(draw, functions, several=False):
    """`several` for models whose read answers many values. Up to six calls of three processes on up
    to two keys, with random answers and outcomes.
    """
    events, open_calls = [], {}
    lanes = [0, 1, 2]
    calls = 0
    for _ in range(draw(st.integers(2, 12))):
        lane = draw(st.sampled_from(lanes))
        value, key = draw(st.integers(0, 2)), draw(st.sampled_from([None, None, "x"]))
        if lane in open_calls:
            event = open_calls.pop(lane)
            kind = draw(st.sampled_from(["ok", "ok", "ok", "info", "fail"]))
            result = (
                event.value
                if event.f not in ("read", "get")
                else draw(st.sampled_from([None, 0, 1, 2]))
            )
            if event.f == "get":
                result = draw(st.sampled_from([None, "", "0", "1", "01", "11", "2"]))
            elif event.f == "contains":
                result = draw(st.booleans())
            elif event.f == "dequeue" or event.f == "read" and several:
                result = draw(
                    st.sampled_from(
                        [None, 0, 1, 2]
                        if event.f == "dequeue"
                        else [(), (0,), (1,), (0, 1), (1, 1), (1, 0, 2)]
                    )
                )
            events.append(
                Event(
                    event.process, kind, event.f, event.key, result if kind == "ok" else event.value
                )
            )
            if kind == "info":
                lanes[lanes.index(lane)] = lane + 3
        elif calls < 6:
            calls += 1
            f = draw(st.sampled_from(functions))
            argument = {
                "read": None,
                "get": None,
                "dequeue": None,
                "cas": (value, draw(st.integers(0, 2))),
            }.get(f, value)
            if f in ("put", "append") and not several:
                argument = str(value)
            open_calls[lane] = Event(lane, "invoke", f, key, argument)
            events.append(open_calls[lane])
    return History(events)


@pytest.mark.parametrize(
    "model, functions",
    [
        ("register", ["read", "write"]),
        ("cas-register", ["read", "write", "cas"]),
        ("kv", ["get", "put", "append"]),
        ("kv", ["get", "get", "append"]),
        ("set", ["contains", "read", "add", "remove"]),
        ("set", ["contains", "read", "add"]),
        ("list", ["append", "read"]),
        ("queue", ["enqueue", "dequeue"]),
        ("lock", ["acquire", "release"]),
    ],
)
def test_agrees_with_brute_force(model, functions):
    seen = {True: 0, False: 0}

    @settings(max_examples=1000, deadline=None, derandomize=True, database=None)
    @given(small_histories(functions, model in ("set", "list")))
    def agrees(events):
        expected = brute_force(events, MODELS[model])
        verdict = linearizable(events, model)
        assert verdict.holds is expected is linearizable(events, model, explain=False).holds
        seen[expected] += 1
        if not expected:
            assert not brute_force(verdict.history, MODELS[model]), "the core is no violation"

    agrees()
    assert min(seen.values()) > 100, f"the histories are too one-sided to test anything: {seen}"


@pytest.mark.parametrize(
    "text, holds",
    [
        ("0:w1( 0:) 1:r( 1:)=1", True),
        ("0:w1( 0:) 1:r( 1:)=-", False),
        ("0:w1( 1:r( 1:)=1 0:)", True),
        ("0:w1( 1:r( 1:)=- 0:)", True),
        ("0:w1( 1:r( 1:)=1 2:r( 2:)=- 0:)", False),
        ("0:w1( 0:? 1:r( 1:)=1", True),
        ("0:w1( 0:? 1:r( 1:)=-", True),
        ("0:w1( 0:? 1:r( 1:)=1 1:r( 1:)=-", False),
        ("0:w1( 0:! 1:r( 1:)=1", False),
        ("0:w1( 0:) 0:w2( 0:) 1:r( 1:)=1", False),
        ("0:w1( 1:w2( 0:) 1:) 2:r( 2:)=1 3:r( 3:)=2", False),
        ("0:r( 0:)=7", False),
        ("", True),
    ],
)
def test_classics_of_a_register(text, holds):
    assert linearizable(history(text), "register").holds is holds


@pytest.mark.parametrize(
    "text, holds",
    [
        ("0:w1( 0:) 1:c1,2( 1:) 0:r( 0:)=2", True),
        ("0:w1( 0:) 1:c3,2( 1:)", False),
        ("0:w1( 0:) 1:c1,2( 2:c1,3( 1:) 2:)", False),
        ("0:w1( 0:) 1:c1,2( 2:c1,3( 1:) 2:! 0:r( 0:)=2", True),
        ("0:w1( 0:) 1:c1,2( 1:? 0:r( 0:)=2", True),
    ],
)
def test_classics_of_compare_and_set(text, holds):
    assert linearizable(history(text), "cas-register").holds is holds


def test_keys_do_not_affect_each_other():
    events = [
        Event(0, "invoke", "write", "x", 1),
        Event(0, "ok", "write", "x", 1),
        Event(1, "invoke", "read", "y", None),
        Event(1, "ok", "read", "y", None),
    ]
    assert linearizable(History(events))
    assert not linearizable(
        History(events + [Event(1, "invoke", "read", "x", None), Event(1, "ok", "read", "x", None)])
    )


def test_a_stale_read_is_explained():
    verdict = linearizable(history("0:w1( 0:) 0:w2( 0:) 2:w9( 3:r( 1:r( 1:)=1 3:)=9 2:)"))
    assert verdict.sentence == (
        "“process 1 read → 1” is stale: “process 0 write 2” had returned before, "
        "so the read must return 2 or something written later."
    )
    assert [str(op) for op in verdict.history.operations] == [
        "process 0 write 1",
        "process 0 write 2",
        "process 1 read → 1",
    ]


def test_a_new_old_inversion_is_explained():
    verdict = linearizable(history("0:w1( 0:) 1:w2( 2:r( 2:)=2 3:r( 3:)=1 1:)"))
    assert "goes back in time" in verdict.sentence and "“process 3 read → 1”" in verdict.sentence
    assert len(verdict.history.operations) == 4


def test_a_value_out_of_nowhere_is_explained():
    verdict = linearizable(history("0:w1( 0:) 1:r( 1:)=5"))
    assert (
        verdict.sentence == "“process 1 read → 5” returned a value that nobody had written by then."
    )
    assert len(verdict.history.operations) == 1


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_the_core_is_minimal(seed):
    bad = linearizable(atomic_history(seed, calls=40, stale_at=20), "register")
    if bad.holds:
        return
    operations = bad.history.operations
    for op in operations:
        if op.f == "read":
            rest = bad.history.only([other for other in operations if other is not op])
            assert linearizable(rest, "register").holds, f"{op} is not needed"


def atomic_history(
    seed: int, calls: int, *, clients: int = 5, stale_at: int | None = None
) -> History:
    """What `clients` clients see of one atomic cas-register; the read after call `stale_at` returns
    an old value.
    """
    random, events, value, old, number = Random(seed), [], None, None, 0
    open_calls = {}
    process = list(range(clients))
    while number < calls or open_calls:
        lane = random.randrange(clients)
        if lane not in open_calls and number < calls:
            number += 1
            f = random.choice(
                ["read", "write"] if stale_at is not None else ["read", "write", "cas"]
            )
            argument = {"read": None, "write": number, "cas": (random.randrange(number), number)}[f]
            open_calls[lane] = [f, argument, None]
            events.append(Event(process[lane], "invoke", f, None, argument))
        elif lane in open_calls:
            f, argument, _ = open_calls.pop(lane)
            kind = "ok"
            if f == "write":
                old, value = value, argument
            elif f == "cas" and argument[0] == value:
                old, value = value, argument[1]
            elif f == "cas":
                kind = "fail"
            answer = value if f == "read" else argument
            if f == "read" and stale_at is not None and number > stale_at:
                answer, stale_at = old, 10**9
            if random.random() < 0.05 and kind == "ok":
                kind, process[lane] = "info", process[lane] + clients
            events.append(
                Event(process[lane] - (clients if kind == "info" else 0), kind, f, None, answer)
            )
    return History(events)


@pytest.mark.parametrize("seed", range(20))
def test_an_etcd_sized_history_is_decided(seed):
    events = atomic_history(seed, calls=90)
    assert len(events.events) >= 170
    verdict = linearizable(events, "cas-register")
    assert verdict.holds is True
    assert verdict.explored["configurations"] < 20_000


def test_a_key_that_is_hard_hides_none_that_is_easily_wrong():
    hard = [Event(process, "invoke", "write", "a", process) for process in range(30)]
    hard += [Event(process, "ok", "write", "a", process) for process in range(30)]
    hard += [
        event
        for number in (3, 5, 3)
        for event in (Event(99, "invoke", "read", "a"), Event(99, "ok", "read", "a", number))
    ]
    wrong = [Event(0, "invoke", "read", "b"), Event(0, "ok", "read", "b", 7)]
    assert linearizable(History(hard), budget=3000).holds is None
    assert linearizable(History(hard + wrong), budget=3000).holds is False


def test_fifty_clients_who_append_are_decided():
    """Each read shows the order so far; trying all orders of fifty open calls would not end."""
    events, text = [], ""
    for turn in range(20):
        events += [
            Event(client, "invoke", "append", "k", f"[{client}.{turn}]") for client in range(50)
        ]
        for client in sorted(range(50), key=lambda client: (client * 17 + turn) % 50):
            text += f"[{client}.{turn}]"
        events += [Event(client, "ok", "append", "k", f"[{client}.{turn}]") for client in range(50)]
        events += [Event(99, "invoke", "get", "k"), Event(99, "ok", "get", "k", text)]
    good = linearizable(History(events), "kv")
    assert good.holds and good.explored["configurations"] < 5000
    assert not linearizable(
        History([*events[:-1], Event(99, "ok", "get", "k", text[:-7] + "[0.0]")]),
        "kv",
        explain=False,
    )


def test_the_budget_is_counted_and_said():
    verdict = linearizable(atomic_history(3, calls=90), "cas-register", budget=5)
    assert verdict.holds is None
    assert "The budget of 5 configurations ran out" in verdict.sentence


def test_a_model_of_ones_own():
    class Counter(Model):
        name, functions, reads, initial = (
            "counter",
            frozenset({"add", "read"}),
            frozenset({"read"}),
            0,
        )

        def step(self, state, op):
            return (True, state + op.value) if op.f == "add" else (op.result == state, state)

    events = [
        Event(0, "invoke", "add", None, 2),
        Event(0, "ok", "add", None, 2),
        Event(0, "invoke", "read"),
        Event(0, "ok", "read", None, 2),
    ]
    assert linearizable(History(events), Counter)
    assert not linearizable(History(events[:3] + [Event(0, "ok", "read", None, 3)]), Counter)


def test_unknown_operation_and_model_are_named():
    events = History([Event(0, "invoke", "frobnicate")])
    with pytest.raises(DslabError, match="the model register has no operation 'frobnicate'"):
        linearizable(events)
    with pytest.raises(
        DslabError, match="there is no model 'stack': choose register, cas-register, kv"
    ):
        linearizable(events, "stack")
    with pytest.raises(DslabError, match="but this is a int"):
        linearizable(3)
    for wrong in ([], int, 3):
        with pytest.raises(DslabError, match="there is no model"):
            linearizable(events, wrong)


def test_a_model_that_is_no_model_is_told_in_a_sentence():
    def model(**parts):
        return type(
            "Mine",
            (Model,),
            {"functions": frozenset({"add"}), "step": lambda self, state, op: (True, state)}
            | parts,
        )

    adds = History([Event(0, "invoke", "add", None, 1), Event(0, "ok", "add")])
    for check in (linearizable, sequential):
        assert check(adds, model())
        for parts, sentence in [
            ({"functions": frozenset()}, "mine lacks `functions`"),
            ({"step": Model.step}, "mine lacks `step`"),
            ({"initial": []}, r"mine starts as \[\], which can change"),
            (
                {"step": lambda self, state, op: True},
                "mine.step gives True for “process 0 add 1”: return a pair",
            ),
            (
                {"step": lambda self, state, op: (True, [1])},
                r"mine.step leaves \[1\] after “process 0 add 1”, which can change",
            ),
        ]:
            with pytest.raises(DslabError, match=sentence):
                check(adds, model(**parts))
    with pytest.raises(DslabError, match="functions, reads and grows are sets of names"):
        model(functions="add")


def test_a_star_brings_each_model():
    names: dict = {}
    exec("from dslab.check import *", names)
    for model in MODELS.values():
        assert names[type(model).__name__] is type(model)
