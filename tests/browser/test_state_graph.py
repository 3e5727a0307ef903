"""The state graph, walked through with keys, pointer and search."""

import json

import pytest

from dslab.explore import Nodes, explore
from dslab.explore.specs import DieHard, Paxos, Peterson, TwoPhase
from dslab.show import play, state_graph
from dslab.values import show as in_words
from tests.browser.conftest import axe, settle
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored
from tests.explore.test_graph import Pinger


def paxos(acceptors=2):
    spec = Paxos(acceptors, 2, 1)
    return state_graph(
        explore(spec, graph=True),
        decided=lambda ballot, voted, messages: spec.chosen(messages),
        title="Paxos",
    )


@pytest.fixture
def states(show):
    def open_it(element, **options):
        page = show(element if isinstance(element, str) else element._repr_html_(), **options)
        return page, page.locator("dslab-state-graph").first

    return open_it


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
    settle(page)


def sentence(element):
    return element.locator(".sentence").inner_text()


def test_the_page_knows_what_python_knows(states):
    page, element = states(paxos())
    assert element.locator(".numbers").inner_text() == "145 states, 240 steps, 12 deep."
    legend = element.locator(".legend").inner_text()
    assert all(
        each in legend
        for each in ("● 0-valent: 55", "■ 1-valent: 55", "◆ bivalent: 35", "◎ SomethingIsChosen")
    )
    said = element.evaluate("e => Array.from({length: e.graph.count}, (_, n) => e.graph.words(n))")
    graph = explore(Paxos(2, 2, 1), graph=True).graph
    assert sorted(said) == sorted(
        "; ".join(f"{name} {in_words(value)}" for name, value in graph.describe(number).items())
        for number in range(145)
    )
    assert page.trouble == []


def test_no_two_states_stand_on_each_other_and_all_are_in_the_picture(states):
    for element, options in (
        (paxos(), {}),
        (state_graph(explore(TwoPhase(5), graph=True)), {}),
        (paxos(), {"viewport": {"width": 320, "height": 800}}),
    ):
        page, widget = states(element, **options)
        assert (
            widget.evaluate("""(e) => {
              const { at, width, height } = e.picture,
                seen = new Set();
              for (let n = 0; n < e.graph.count; n++) {
                if (
                  at[2 * n] < 4 ||
                  at[2 * n] > width - 4 ||
                  at[2 * n + 1] < 4 ||
                  at[2 * n + 1] > height - 4
                )
                  return `${n} is outside`;
                seen.add(`${at[2 * n]} ${at[2 * n + 1]}`);
              }
              return seen.size === e.graph.count;
            }""")
            is True
        )


def test_walking_with_the_arrow_keys(states):
    page, element = states(paxos())
    element.locator("canvas").focus()
    assert sentence(element).startswith(
        "State 1 of 145, depth 0 · ◆ bivalent · ▶ a start. Step 1 of 2: Phase1a, to state "
    )
    press(page, "ArrowDown")
    assert "Step 2 of 2: Phase1a" in sentence(element)
    target = sentence(element).rsplit(" ", 1)[1].rstrip(".")
    press(page, "ArrowRight")
    assert sentence(element).startswith(f"State {target} of 145, depth 1")
    press(page, "ArrowRight", "ArrowRight")
    assert "depth 3" in sentence(element)
    press(page, "ArrowLeft", "ArrowLeft")
    assert sentence(element).startswith(f"State {target} of 145")
    press(page, "ArrowRight", "Home")
    assert sentence(element).startswith("State 1 of 145")
    press(page, "ArrowUp", "ArrowUp")
    assert "Step 1 of 2" in sentence(element)
    assert element.locator("canvas").get_attribute("aria-label") == f"States. {sentence(element)}"


def test_where_nothing_leads_on_the_walk_ends(states):
    page, element = states(paxos())
    element.locator("canvas").focus()
    press(page, *["ArrowRight"] * 14)
    assert "depth 12" in sentence(element) and sentence(element).endswith(" No step leads on.")
    assert element.locator(".panel .name", has_text="No step leads on").is_visible()


def test_the_counterexample_is_walked_with_c_and_told_in_words(states):
    page, element = states(state_graph(explore(DieHard(), graph=True)))
    element.locator("canvas").focus()
    press(page, "c", "c", "c")
    assert "state 3 of the counterexample" in sentence(element) and "BigToSmall" in sentence(
        element
    )
    press(page, "c", "c", "c")
    assert "✗ NotWanted is broken" in sentence(element) and "/// 1 step not looked at" in sentence(
        element
    )
    element.get_by_text("The counterexample in words: 6 steps until NotWanted is broken").click()
    said = element.locator("ol li").all_inner_texts()
    assert (
        said[0] == "It begins: small 0; big 0."
        and said[1] == "FillBig: big 0 → 5."
        and said[6] == "BigToSmall: small 2 → 3; big 5 → 4."
        and len(said) == 7
    )
    element.locator("ol li button").nth(2).click()
    settle(page)
    assert "state 2 of the counterexample" in sentence(element)


def test_a_player_of_the_same_run_follows_and_leads(states):
    found = explore(DieHard(), graph=True)
    page, element = states(state_graph(found)._repr_html_() + play(found)._repr_html_())
    player = page.locator("dslab-trace")
    element.locator("canvas").focus()
    press(page, "c", "c", "c")
    assert (
        player.evaluate("player => player.step") == 3
        and "EmptySmall" in player.locator(".sentence").inner_text()
    )
    player.get_by_role("button", name="To the end").click()
    settle(page)
    assert "state 6 of the counterexample" in sentence(element)
    player.get_by_role("button", name="Play").click()
    assert page.trouble == []


def too_many(view):
    return all(node.heard < 2 for node in view)


def test_states_of_nodes_with_their_bounds_and_their_run(states):
    found = explore(
        Nodes({"n1": Pinger, "n2": Pinger}, fires={"Again": 2}, invariants=[too_many]), graph=True
    )
    page, element = states(state_graph(found)._repr_html_() + play(found)._repr_html_())
    assert "cut off by the bounds" in element.locator(".numbers").inner_text()
    element.locator("canvas").focus()
    press(page, *["c"] * (len(found.graph.path) - 1))
    assert "✗ too_many is broken" in sentence(element)
    player = page.locator("dslab-trace")
    assert player.evaluate("player => player.step === player.run.steps.length - 1")
    press(page, "ArrowLeft")
    assert player.evaluate("player => player.step === player.run.steps.length - 2")
    assert (
        "round: 2" in element.locator(".panel dl").inner_text()
        and "n2" in element.locator(".panel dt").all_inner_texts()
    )


def test_pointing_at_a_state_shows_it_and_a_click_chooses_it(states):
    page, element = states(paxos())
    canvas = element.locator("canvas")
    canvas.scroll_into_view_if_needed()
    x, y = element.evaluate("e => [e.picture.x(40), e.picture.y(40)]")
    canvas.hover(position={"x": x, "y": y})
    settle(page)
    assert element.locator(".panel .name").first.inner_text() == "State 41" and sentence(
        element
    ).startswith("State 1 of")
    canvas.click(position={"x": x, "y": y})
    settle(page)
    assert sentence(element).startswith("State 41 of 145")
    page.mouse.move(2, 2)
    element.locator(".panel button").first.click()
    settle(page)
    assert (
        not sentence(element).startswith("State 41 of 145")
        and element.evaluate("e => e.shadowRoot.activeElement.localName") == "canvas"
    )


def test_zoom_and_dragging_move_the_window_within_the_picture(states):
    page, element = states(paxos())
    element.locator("canvas").focus()
    press(page, "+", "+")
    assert element.evaluate("e => e.picture.zoom") > 2
    before = element.evaluate("e => [e.picture.left, e.picture.top]")
    box = element.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 500, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 150, steps=4)
    page.mouse.up()
    settle(page)
    after = element.evaluate("e => [e.picture.left, e.picture.top]")
    assert after == [before[0] - 120, before[1] - 50] and sentence(element).startswith("State 1 of")
    page.mouse.down()
    page.mouse.move(box["x"] - 4000, box["y"] + 150)
    page.mouse.up()
    assert element.evaluate("e => e.picture.left >= e.picture.width * (1 - e.picture.zoom)")
    press(page, "0")
    assert element.evaluate("e => [e.picture.zoom, e.picture.left, e.picture.top]") == [1, 0, 0]


PHONE = {"viewport": {"width": 360, "height": 800}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def phone(states):
    """A state graph on a phone: (page, element, `touch(kind, *points)`, shares of the canvas)."""
    page, element = states(paxos(), **PHONE)
    element.locator("canvas").scroll_into_view_if_needed()
    box, fingers = element.locator("canvas").bounding_box(), page.context.new_cdp_session(page)

    def touch(kind, *points):
        fingers.send(
            "Input.dispatchTouchEvent",
            {
                "type": f"touch{kind}",
                "touchPoints": [
                    {
                        "x": box["x"] + x * box["width"],
                        "y": box["y"] + y * box["height"],
                        "id": number,
                    }
                    for number, (x, y) in enumerate(points)
                ],
            },
        )
        settle(page)

    return page, element, touch


def window(element):
    return element.evaluate(
        "({picture}) => ({zoom: picture.zoom, x: (picture.width / 2 - picture.left) / "
        "picture.zoom, y: (picture.height / 2 - picture.top) / picture.zoom, left: picture.left})"
    )


def test_two_fingers_zoom_and_move_the_picture_and_not_the_page(phone):
    page, element, touch = phone
    before, scrolled = window(element), page.evaluate("[visualViewport.scale, scrollY]")
    touch("Start", (0.4, 0.5), (0.6, 0.5))
    touch("Move", (0.3, 0.5), (0.7, 0.5))
    touch("Move", (0.2, 0.5), (0.8, 0.5))
    touch("End")
    near = window(element)
    assert near["zoom"] == pytest.approx(3, abs=0.05) and (near["x"], near["y"]) == pytest.approx(
        (before["x"], before["y"]), abs=2
    )
    assert (
        sentence(element).startswith("State 1 of 145")
        and page.evaluate("[visualViewport.scale, scrollY]") == scrolled
    )
    touch("Start", (0.2, 0.5), (0.8, 0.5))
    touch("Move", (0.4, 0.5), (0.6, 0.5))
    touch("Move", (0.49, 0.5), (0.51, 0.5))
    touch("End")
    assert window(element)["zoom"] == 1 and page.trouble == []


def test_a_finger_taps_a_state_and_drags_the_picture_once_it_is_larger(phone):
    page, element, touch = phone
    element.get_by_role("button", name="Zoom in").tap()
    element.get_by_role("button", name="Zoom in").tap()
    settle(page)
    before = window(element)["left"]
    touch("Start", (0.6, 0.6))
    touch("Move", (0.5, 0.5))
    touch("Move", (0.4, 0.5))
    touch("End")
    assert window(element)["left"] < before - 30 and sentence(element).startswith("State 1 of 145")
    x, y = element.evaluate(
        "({picture}) => [picture.x(4) / picture.width, picture.y(4) / picture.height]"
    )
    touch("Start", (x, y))
    touch("End")
    assert sentence(element).startswith("State 5 of 145")


def test_shift_and_arrows_move_the_picture(states):
    page, element = states(paxos())
    element.locator("canvas").focus()
    press(page, "+", "+", "0", "+", "+")
    before = element.evaluate("e => [e.picture.left, e.picture.top]")
    press(page, "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowUp")
    assert element.evaluate("e => [e.picture.left, e.picture.top]") == [
        before[0] - 120,
        min(0, before[1] + 60),
    ]
    assert sentence(element).startswith("State 1 of 145")


def test_states_are_found_by_their_text(states):
    page, element = states(state_graph(explore(Peterson(), graph=True)))
    element.locator("canvas").focus()
    press(page, "/")
    page.keyboard.type("(waiting, ")
    settle(page)
    matches = [
        n for n in range(42) if "(waiting, " in element.evaluate("(e, n) => e.graph.words(n)", n)
    ]
    assert element.locator(".found").inner_text() == f"{len(matches)} states" and len(matches) > 1
    for number in (*matches, matches[0]):
        press(page, "Enter")
        assert sentence(element).startswith(f"State {number + 1} of 42")
    element.get_by_role("searchbox").fill("no such")
    assert element.locator(".found").inner_text() == "0 states"


def test_five_thousand_states_are_shown_and_say_what_is_missing(states):
    page, element = states(state_graph(explore(TwoPhase(5), graph=True)))
    assert (
        element.locator(".numbers").inner_text()
        == "The first 5,000 of 8,832 states, 17,005 steps, 9 deep. Left out: 5,705 steps "
        "beyond this picture."
    )
    assert (
        "zoom in for all" in element.locator(".legend").inner_text()
        and "/// something was left out" in element.locator(".legend").inner_text()
    )
    element.locator("canvas").focus()
    press(page, *["ArrowRight"] * 4, *["+"] * 5)
    assert "zoom in for all" not in element.locator(".legend").inner_text()
    inside = element.evaluate(
        "e => [e.picture.x(e.chosen), e.picture.y(e.chosen), e.picture.width, e.picture.height]"
    )
    assert 0 < inside[0] < inside[2] and 0 < inside[1] < inside[3] and page.trouble == []


def test_the_keys_are_listed(states):
    page, element = states(paxos())
    element.locator("canvas").focus()
    press(page, "?")
    assert (
        element.get_by_text("choose among the steps").is_visible()
        and element.get_by_text("next state of the counterexample").count() == 0
    )


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda data: data.update(version=2), "has format version 2"),
        (lambda data: data["to"].pop(), "cut short or damaged"),
        (lambda data: data["states"].pop(), "cut short or damaged"),
        (lambda data: data["to"].__setitem__(0, 999), "cut short or damaged"),
        (lambda data: data["path"].append(-1), "cut short or damaged"),
        (lambda data: data.pop("layers"), "cut short or damaged"),
        (lambda data: data.update(layers=[]), "cut short or damaged"),
    ],
)
def test_bad_data_is_a_sentence(states, change, words):
    data = json.loads(state_graph(explore(DieHard(), graph=True)).dumps())
    change(data)
    page, element = states(
        "<dslab-state-graph><script "
        f'type="application/json">{json.dumps(data)}</script></dslab-state-graph>'
        '<p id="after">on</p>'
    )
    assert (
        words in element.locator(".bad").inner_text()
        and page.locator("#after").is_visible()
        and page.trouble == []
    )


def test_without_scripts_there_is_a_picture_with_words(states):
    _, element = states(paxos(), java_script_enabled=False)
    assert element.locator("img").is_visible() and "35 bivalent" in element.locator(
        "img"
    ).get_attribute("alt")


def walked(states, first, **options):
    page, element = states(
        first._repr_html_() + state_graph(explore(DieHard(), graph=True))._repr_html_(), **options
    )
    element.locator("canvas").focus()
    press(page, "ArrowRight", "ArrowDown")
    page.locator("dslab-state-graph").last.locator("canvas").focus()
    press(page, "c", "c", "c")
    page.evaluate("document.activeElement.blur()")
    settle(page)
    return page


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(states, scheme, width):
    page = walked(states, paxos(), viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_stored(states, scheme, width):
    page = walked(states, paxos(1), viewport={"width": width, "height": 900}, color_scheme=scheme)
    looks_as_stored(
        page, page.locator("dslab-state-graph").first.locator(".picture"), "state-graph-valence"
    )
    looks_as_stored(page, page.locator("dslab-state-graph").last, "state-graph-path")
