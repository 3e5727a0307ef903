"""The view of the clients' history: points moved by hand and keys, and Python's answers."""

import itertools
import json
from random import Random

import pytest

from dslab.check import MODELS, linearizable
from dslab.check.linearizable import by_key
from dslab.live import cap_lab
from dslab.protocols.quorum_register import AvailableRegister
from dslab.run import Event, History
from dslab.show import history, play, runs
from dslab.sim import Cluster
from dslab.values import plain
from tests.browser.conftest import axe, settle
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored


def stale_run() -> Cluster:
    """A stale read in a cut, a call without an answer, one that is refused, a node that is down."""
    shop = Cluster(AvailableRegister, 3, seed=5, clients=2, title="A store that always answers")
    anna, ben = shop.client("c1"), shop.client("c2")
    shop.run(until=anna.write("x", 1, to="n1")).run(60)
    shop.partition("n1 c1", "n2 n3 c2")
    shop.run(until=anna.write("x", 2, to="n1")).run(until=ben.read("x", to="n3"))
    shop.crash("n2")
    shop.run(until=anna.write("x", 5, to="n2", timeout=30)).run(
        until=ben.cas("x", 1, 2, to="n3")
    ).run(20)
    shop.heal()
    read = anna.read("x", to="n1")
    return shop.run(until=ben.write("x", 9, to="n3")).run(until=read).run(20)


@pytest.fixture(scope="module")
def run():
    return stale_run()


@pytest.fixture
def player(show, run):
    """Opens a page with the history of `run`, its bad core marked: (page, the element)."""

    def open_it(html=None, **options):
        page = show(html or play(linearizable(run, "kv"), "history")._repr_html_(), **options)
        return page, page.locator("dslab-trace")

    return open_it


def recorded(text: str) -> History:
    """A history of one register in shorthand, as `0:w1( 1:r( 0) 1)=1 2?`: process, call with "(",
    return with ")", no answer with "?".
    """
    events, calls = [], {}
    for word in text.split():
        process = int(word[0])
        if word.endswith("("):
            calls[process] = {"r": "read", "w": "write"}[word[2]], int(word[3:-1] or 0) or None
            events.append(Event(process, "invoke", calls[process][0], None, calls[process][1]))
        else:
            f, value = calls[process]
            events.append(
                Event(
                    process,
                    "info" if word[1] == "?" else "ok",
                    f,
                    None,
                    int(word[3:] or 0) or None if f == "read" else value,
                )
            )
    return History(events)


OVERLAP = "0:w1( 0) 0:w2( 1:r( 2:r( 0) 1)=1 2)=2"


def word(element):
    return element.locator(".word").inner_text()


def point(element, words):
    return element.get_by_role("slider", name=f"Point of {words}", exact=True)


def test_calls_faults_and_outcomes_are_the_run_s(player, run):
    page, element = player()
    told = element.evaluate("player => player.views[0].calls.map(({ told }) => told)")
    operations = run.trace.history().operations
    assert (
        len(told) == len(operations)
        and told[2]
        == f"c2 read x → 1, called at {operations[2].start:.1f} ms, over at "
        f"{operations[2].end:.1f} ms"
    )
    assert [each.split(",")[0] for each in told if "(" in each] == [
        "c1 write x 5 (no answer)",
        "c2 cas x from 1 to 2 (refused)",
    ]
    assert (
        element.locator(".fault.cut").count() == 1 and element.locator(".fault.down").count() == 1
    )
    assert element.locator(".faultname").all_text_contents()[0].startswith("✂ n1 c1 | n2 n3 c2")
    assert (
        element.locator(".bar.core").count() == 3
        and element.locator(".point").count() == len(operations) - 1
    )
    assert page.trouble == []


def test_the_word_names_the_first_call_that_can_t_be(player, run):
    _, element = player()
    assert (
        word(element)
        == "✗ Not in this order. Place 3: c2’s read x returned 1, but the register x holds "
        "2 at that point. One call without an answer is left out."
    )
    assert "impossible here: it returned 1, but" in point(element, "c2 read x → 1").get_attribute(
        "aria-valuetext"
    )
    element.get_by_role("button", name="Suggest an order").click()
    assert (
        word(element)
        == "✗ No order of these calls is legal. The 3 calls marked ◆ alone can’t be put into any."
    )


def test_a_point_is_moved_by_keys_and_the_player_stays_where_it_is(player):
    page, element = player(history(recorded(OVERLAP))._repr_html_())
    assert "process 1’s read returned 1, but the register holds 2 at that point" in word(element)
    read = point(element, "process 1 read → 1")
    assert (
        read.get_attribute("aria-valuetext")
        == "place 3 of 4, after process 0 write 2, before process 2 read → 2, impossible "
        "here: it returned 1, but the register holds 2 at that point"
    )
    read.focus()
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert (
        word(element).startswith("✓ This order is legal")
        and element.evaluate("player => player.step") == 0
    )
    assert (
        read.get_attribute("aria-valuetext")
        == "place 2 of 4, after process 0 write 1, before process 0 write 2"
    )
    assert element.evaluate("player => [...player.lit]") == ["call 3"]
    page.keyboard.press("ArrowLeft")
    assert (
        word(element)
        == "process 1 read → 1 can’t pass process 0 write 1: one was over before the other "
        "was called."
    )
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert word(element) == "process 1 read → 1 is last already."
    page.keyboard.press("ArrowDown")
    assert (
        element.evaluate("player => player.shadowRoot.activeElement.call.words")
        == "process 2 read → 2"
    )
    assert element.locator(".point[tabindex='0']").count() == 1
    inside = element.evaluate(
        "player => player.views[0].points.order.map(({ begin, end, time }) => begin <= "
        "time && time <= end)"
    )
    assert inside == [True] * 4


def test_a_point_is_dragged_inside_its_call(player):
    page, element = player(history(recorded(OVERLAP))._repr_html_())
    box = point(element, "process 0 write 2").bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 60, steps=5)
    settle(page)
    assert "Not in this order" in word(element)  # The checker speaks at the drop.
    page.mouse.up()
    settle(page)
    assert element.evaluate(
        "player => { const call = player.views[0].calls[1]; return call.time === call.end; }"
    )
    assert element.evaluate("player => player.views[0].points.order.map(({ words }) => words)") == [
        "process 0 write 1",
        "process 1 read → 1",
        "process 0 write 2",
        "process 2 read → 2",
    ]
    assert word(element).startswith("✓ This order is legal")


def test_a_call_without_an_answer_is_placed_or_left_out(player):
    page, element = player(history(recorded("0:w1( 0? 1:r( 1)=1"))._repr_html_())
    assert (
        word(element)
        == "✗ Not in this order. Place 1: process 1’s read returned 1, but the register "
        "holds nothing at that point. One call without an answer is left out."
    )
    lost = point(element, "process 0 write 1 (no answer)")
    assert lost.get_attribute("aria-valuetext") == "left out"
    lost.focus()
    page.keyboard.press("Enter")
    settle(page)
    assert lost.get_attribute("aria-valuetext") == "place 1 of 2, before process 1 read → 1"
    assert (
        word(element)
        == "✓ This order is legal: one copy, asked in this order, would have answered so."
    )
    lost.click()
    settle(page)
    assert lost.get_attribute(
        "aria-valuetext"
    ) == "left out" and "One call without an answer is left out" in word(element)


def test_suggest_puts_the_points_into_a_legal_order_in_words(player):
    page, element = player(history(recorded(OVERLAP))._repr_html_())
    element.get_by_text("This order in words").click()
    element.get_by_role("button", name="Suggest an order").click()
    settle(page)
    assert word(element).startswith("✓")
    assert element.locator(".history ol li").all_text_contents() == [
        "process 0 write 1",
        "process 1 read → 1",
        "process 0 write 2",
        "process 2 read → 2",
    ]


def test_another_object_may_be_chosen(player):
    events = [
        Event(0, "invoke", "append", None, "a"),
        Event(0, "ok", "append", None, "a"),
        Event(0, "invoke", "read"),
        Event(0, "ok", "read", None, ("a",)),
    ]
    page, element = player(history(History(events))._repr_html_())
    assert element.get_by_role("combobox", name="One copy of a").locator(
        "option"
    ).all_text_contents() == ["list", "key-value store"] and word(element).startswith("✓")
    element.get_by_role("combobox", name="One copy of a").select_option("kv")
    assert "returned (a), but the register holds a at that point" in word(element)


def test_a_client_goes_on_in_another_row_while_a_call_stays_open(player, monkeypatch):
    monkeypatch.setenv("DSLAB_LAB", "recorded")
    _, element = player(play(cap_lab(), "history")._repr_html_())
    assert element.locator(".who").inner_text().split("\n") == [
        "cut",
        "alice at n1",
        "bob at n3",
        "↳ again",
        "↳ again",
    ]


# The same answers as Python's.

FUNCTIONS = {
    "register": "read write",
    "cas-register": "read write cas",
    "kv": "get put append cas",
    "set": "add remove contains read",
    "queue": "enqueue dequeue",
    "list": "append read",
    "lock": "acquire release",
}


def random_history(model: str, random: Random) -> History:
    """Up to seven calls of three processes on up to two keys; most answers are those of one copy,
    asked at random moments.
    """
    instance, events, calls, process, states = MODELS[model], [], {}, 3, {}
    clients = {0: 0, 1: 1, 2: 2}
    for _ in range(14):
        who = random.randrange(3)
        if who not in calls:
            if sum(event.type == "invoke" for event in events) == 7:
                continue
            f, key = (
                random.choice(FUNCTIONS[model].split()),
                random.choice([None, "x"]) if model in ("kv", "cas-register") else None,
            )
            value = {"cas": (random.choice([None, "a", "b"]), random.choice("ab"))}.get(
                f,
                random.choice("ab")
                if f in ("write", "put", "append", "add", "remove", "contains", "enqueue")
                else None,
            )
            calls[who] = f, key, value
            events.append(Event(clients[who], "invoke", f, key, value))
            continue
        f, key, value = calls.pop(who)
        kind = random.choice(["ok"] * 7 + ["info", "fail"])
        state = states.get(key, instance.initial)
        if (
            model == "lock"
            and random.random() < 0.9
            and (state is not None if f == "acquire" else state != clients[who])
        ):
            kind = "fail"
        result = value
        if kind == "ok" and f in ("read", "get", "contains", "dequeue"):
            guess = (
                [None, "a", "b", "ab", ""]
                if model not in ("set", "list")
                else [("a",), ("a", "b"), (), ("b", "a")]
            )
            truth = (
                state
                if f in ("read", "get")
                else (value in state)
                if f == "contains"
                else (state[0] if state else None)
            )
            result = (
                (truth if not isinstance(truth, frozenset) else tuple(sorted(truth)))
                if random.random() < 0.8
                else random.choice(guess)
                if f != "contains"
                else not truth
            )
        if kind != "fail":
            probe = History(
                [
                    Event(clients[who], "invoke", f, key, value),
                    Event(clients[who], kind, f, key, result),
                ]
            ).operations[0]
            states[key] = instance.step(state, probe)[1]
        events.append(Event(clients[who], kind, f, key, result))
        if kind == "info":
            clients[who], process = process, process + 1
    return History(events)


def as_data(op):
    return {
        name: plain(getattr(op, name))
        for name in ("process", "f", "key", "value", "result", "outcome", "invoked", "returned")
    } | {"returned": op.returned if op.outcome == "ok" else None}


def legal(order, model) -> bool:
    states = {}
    for op in order:
        fits, states[op.key] = model.step(states.get(op.key, model.initial), op)
        if not fits:
            return False
    return True


def in_real_time(order) -> bool:
    return not any(
        later.returned is not None and later.returned < op.invoked
        for place, op in enumerate(order)
        for later in order[place + 1 :]
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_page_s_answers_are_those_of_python_s_checker(show, name):
    page, random, model = show("<p>models</p>"), Random(name), MODELS[name]
    histories = [random_history(name, random) for _ in range(120)]
    verdicts = [linearizable(each, model).holds for each in histories]
    cases, orders = [], []
    for each in histories:
        ops = [op for ops in by_key(each.operations).values() for op in ops]
        shuffled = [random.sample(ops, len(ops)) for _ in range(4)] + [
            sorted(some, key=lambda op: op.invoked)
            for some in (ops, [op for op in ops if op.outcome == "ok"])
        ]
        orders.append(shuffled)
        cases.append(
            {
                "ops": [as_data(op) for op in ops],
                "orders": [[ops.index(op) for op in order] for order in shuffled],
            }
        )
    said = page.evaluate(
        """async ([name, cases]) => {
          const { MODELS, replay, suggest } = await import("/static/parts/history-models.js"),
            model = MODELS[name];
          return cases.map(({ ops, orders }) => ({
            replays: orders.map(
              (order) =>
                replay(
                  model,
                  order.map((at) => ops[at]),
                ) === null,
            ),
            order: suggest(model, ops).order?.map((op) => ops.indexOf(op)) ?? null,
          }));
        }""",
        [name, json.loads(json.dumps(cases))],
    )
    for each, verdict, shuffled, answer in zip(histories, verdicts, orders, said, strict=True):
        ops = [op for ops in by_key(each.operations).values() for op in ops]
        assert answer["replays"] == [legal(order, model) for order in shuffled], each
        assert (answer["order"] is not None) == verdict, each
        if verdict:
            order = [ops[at] for at in answer["order"]]
            assert (
                legal(order, model)
                and in_real_time(order)
                and all(op in order for op in ops if op.outcome == "ok")
            ), each
    assert {True, False} <= set(verdicts) and {True, False} <= set(
        itertools.chain(*(answer["replays"] for answer in said))
    )


def test_a_budget_that_runs_out_is_no_verdict(player, show):
    page = show("<p>models</p>")
    ops = [
        {
            "process": place,
            "f": "write",
            "key": None,
            "value": place,
            "result": None,
            "outcome": "ok",
            "invoked": place,
            "returned": 100 + place,
        }
        for place in range(12)
    ]
    ops.append(
        {
            "process": 12,
            "f": "read",
            "key": None,
            "value": None,
            "result": 99,
            "outcome": "ok",
            "invoked": 12,
            "returned": 112,
        }
    )
    assert page.evaluate(
        """async (ops) => {
          const { MODELS, suggest } = await import("/static/parts/history-models.js");
          return suggest(MODELS.register, ops, 500).order === undefined;
        }""",
        ops,
    )


# Data that doesn't fit.


def test_a_run_without_calls_an_unknown_model_and_unknown_operations_say_so(player):
    _, element = player(
        play(Cluster(AvailableRegister, 3, clients=0).run(100), "history")._repr_html_()
    )
    assert "No client called anything" in element.locator(".bad").inner_text()
    _, element = player(history(recorded(OVERLAP), model="blackboard")._repr_html_())
    assert (
        "There is no model “blackboard” of a sequential object: choose register, cas-register, kv"
        in element.locator(".bad").inner_text()
    )
    _, element = player(
        history(History([Event(0, "invoke", "hop"), Event(0, "ok", "hop", None, 1)]))._repr_html_()
    )
    assert (
        word(element)
        == "No model knows all of these operations (hop), so an order can’t be checked."
    )


def test_what_a_client_wrote_is_text(player):
    events = [
        Event(0, "invoke", "write", "<b>k</b>", "<img src=x onerror=alert(1)>"),
        Event(0, "ok", "write", "<b>k</b>", "<img src=x onerror=alert(1)>"),
    ]
    page, element = player(history(History(events))._repr_html_())
    assert element.locator(".history b, .history img").count() == 0 and page.trouble == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(player, scheme, width):
    page, _ = player(viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_it_did(player, scheme, width):
    page, element = player(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    element.get_by_role("slider", name="Step").fill("30")
    settle(page)
    looks_as_stored(page, element.locator(".views").first, "history")


def test_each_of_several_runs_brings_its_own_bad_core(show, run):
    fine = Cluster(AvailableRegister, 3, seed=5, title="Nothing goes wrong")
    fine.run(until=fine.client().write("x", 1))
    page = show(
        runs(
            {"stale": play(linearizable(run, "kv"), "history"), "fine": play(fine, "history")},
            label="Store",
        )._repr_html_()
    )
    element = page.locator("dslab-trace")
    element.locator(".bar.core").first.wait_for()
    assert element.locator(".bar.core").count() == 3
    page.get_by_role("combobox", name="Store").select_option("fine")
    element.locator(".title", has_text="Nothing goes wrong").wait_for()
    assert (
        element.locator(".bar").count() == 1
        and element.locator(".bar.core").count() == 0
        and page.trouble == []
    )
