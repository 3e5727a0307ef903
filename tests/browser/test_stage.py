"""The cluster stage: what it shows is what Python says, and everything on it is reached by keys."""

import pytest

from dslab.protocols.quorum_register import QuorumRegister
from dslab.protocols.raft import Raft
from dslab.show import play
from dslab.sim import Cluster
from tests.browser.conftest import axe, settle, widgets_ready
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored
from tests.browser.test_event_views import gallery
from tests.browser.test_player import rich_run


@pytest.fixture(scope="module")
def run():
    return rich_run()


@pytest.fixture
def stage(show, run):
    """Opens a page with the stage of a run at a moment and returns (page, the element)."""

    def open_it(at=None, trace=None, **options):
        page = show(play(trace or run, "stage", at=at)._repr_html_(), **options)
        return page, page.locator("dslab-trace")

    return open_it


def item(element, key):
    return element.locator(f'[data-key="{key}"]')


def focused(page):
    return page.evaluate(
        "document.querySelector('dslab-trace').shadowRoot.activeElement?.dataset.key"
    )


def under_way(trace, event):
    """The sends that have left and not all arrived after `event`."""
    open_copies = {}
    for number, record in enumerate(trace.records):
        if record[1] in ("deliver", "lose"):
            open_copies.setdefault(record[4], []).append(number)
    return [
        number
        for number, record in enumerate(trace.records[: event + 1])
        if record[1] == "send"
        and any(arrival > event for arrival in open_copies.get(number, [len(trace.records)]))
    ]


def test_every_node_is_named_with_its_role_term_and_health(stage, run):
    page, element = stage()
    steps = run.trace.steps()
    for step in range(0, len(steps), 40):
        element.evaluate("(player, step) => player.go(step)", step)
        settle(page)
        last = (steps[step + 1][0] if step + 1 < len(steps) else len(run.trace)) - 1
        for node in run.names:
            started = any(
                record[1] == "start" and record[2] == node
                for record in run.trace.records[: last + 1]
            )
            state = run.trace.state(node, last)
            name = item(element, f"node {node}").get_attribute("aria-label")
            if state is not None:
                assert name.startswith(f"{node}, {state['role']} of term {state['current_term']}, ")
            elif started:
                assert name.startswith(f"{node}, down")
    assert page.trouble == []


def test_a_paused_node_and_one_that_is_down_say_so_in_words_and_signs(stage, run):
    page, element = stage()
    for kind, node, word, sign in (("pause", "n5", "paused", "‖"), ("crash", "n4", "down", "✕")):
        event = next(number for number, record in enumerate(run.trace.records) if record[1] == kind)
        element.evaluate("(player, event) => player.go(player.run.stepOf[event])", event)
        settle(page)
        assert item(element, f"node {node}").get_attribute("aria-label").endswith(word)
        assert element.locator(".node .sign").nth(run.names.index(node)).text_content() == sign


def test_messages_under_way_are_those_of_the_trace(stage, run):
    page, element = stage()
    steps = run.trace.steps()
    for step in range(3, len(steps) - 1, 37):
        element.evaluate("(player, step) => player.go(step)", step)
        settle(page)
        shown = element.evaluate(
            "player => "
            "[...player.shadowRoot.querySelectorAll('.message:not(.lands)')].map((each) => "
            "Number(each.dataset.key.split(' ')[1]))"
        )
        assert sorted(set(shown)) == under_way(run.trace, steps[step + 1][0] - 1)


def test_an_arc_is_the_part_of_a_timer_that_is_left(stage, run):
    page, element = stage()
    at = run.trace.steps()[2][0]
    due = next(
        record[5][1] for record in run.trace.records if record[1] == "set" and record[2] == "n1"
    )
    element.evaluate("(player, event) => player.go(player.run.stepOf[event])", at)
    settle(page)
    full = element.locator(".node .arc").first.get_attribute("d")
    half = element.evaluate(
        "(player, due) => { const stage = player.views[0]; stage.move(due / 2, 0); "
        "return [stage.lanes[0].arcs.firstChild.getAttribute('d'), stage.plan.arc(0, 0.5)]; }",
        due,
    )
    assert half[0] == half[1] != full


def test_arrow_keys_walk_over_nodes_clients_and_messages(stage):
    page, element = stage(at=650)
    item(element, "node n1").focus()
    seen = []
    for _ in range(9):
        seen.append(focused(page))
        page.keyboard.press("ArrowDown")
    assert seen[:7] == [
        "node n1",
        "node n2",
        "node n3",
        "node n4",
        "node n5",
        "client c1",
        "client c2",
    ] and seen[7].startswith("message ")
    page.keyboard.press("ArrowUp")
    assert element.locator('[tabindex="0"][role=button]').count() == 1
    item(element, "node n1").focus()
    before = element.evaluate("player => player.step")
    page.keyboard.press("ArrowRight")
    assert element.evaluate("player => player.step") == before + 1


def test_what_is_chosen_tells_its_details(stage, run):
    page, element = stage(at=650)
    item(element, "node n3").focus()
    page.keyboard.press("Enter")
    settle(page)
    assert item(element, "node n3").get_attribute("aria-pressed") == "true"
    assert element.locator(".panel").inner_text().startswith("n3, follower of term 2, up\n")
    assert "ElectionTimeout runs out in " in element.locator(".panel").inner_text()
    assert element.locator(".panel button").count() == 0  # Nothing can be done where no Python is.
    page.keyboard.press("Escape")
    settle(page)
    assert "Choose a node" in element.locator(".panel").inner_text()
    message = element.locator(".message").first
    message.focus()
    page.keyboard.press("Enter")
    settle(page)
    send = int(message.get_attribute("data-key").split()[1])
    assert f"event {send}" in element.locator(".panel").inner_text()


def test_the_focus_of_a_message_that_arrives_goes_to_its_receiver(stage):
    page, element = stage(at=535.6)
    key = element.evaluate(
        "player => "
        "[...player.shadowRoot.querySelectorAll('.message:not(.lands)')].at(-1).dataset.key"
    )
    item(element, key).focus()
    receiver = element.evaluate(
        "(player, send) => player.run.lanes[player.run.other[send]]", int(key.split()[1])
    )
    element.evaluate("player => player.go(player.run.steps.length - 1)")
    settle(page)
    assert focused(page).endswith(receiver)


def test_the_stage_takes_the_focus_from_nobody(stage):
    page, element = stage(at=535.6)
    item(element, "node n1").click()
    page.locator("h1").click()
    element.get_by_role("button", name="One step on").focus()
    page.keyboard.press("Enter")
    settle(page)
    assert (
        page.evaluate("document.querySelector('dslab-trace').shadowRoot.activeElement.className")
        == "step"
    )


def test_the_gallery_s_example_ends_with_two_leaders(show):
    page = show(gallery("stage")._repr_html_())
    page.locator("dslab-trace").get_by_role("button", name="To the end").click()
    settle(page)
    assert page.locator("dslab-trace .leads").count() == 2
    assert gallery("space_time").trace.count("ok") == 1


def cut_run(*cuts):
    cluster = Cluster(Raft, 5, clients=0, title="Cut")
    cluster.run(20)
    for senders, receivers in cuts:
        cluster.cut(senders, receivers)
    return cluster.run(20).trace


def test_a_partition_is_a_wall_and_a_one_way_cut_an_arrow_with_a_bar(stage):
    cluster = Cluster(Raft, 5, clients=0, title="Parted")
    cluster.partition("n1 n2", "n3 n4 n5")
    _, element = stage(at=20, trace=cluster.run(20).trace)
    assert (
        element.locator(".walls path.wall").count() == 1
        and element.locator(".scissors").count() == 1
    )
    assert "Cut: n1 n2 | n3 n4 n5." in element.locator("svg[role=group]").get_attribute(
        "aria-label"
    )
    _, element = stage(at=40, trace=cut_run(("n1", "n3")))
    assert (
        element.locator(".walls line.thin").count() == 1
        and element.locator(".walls line.solid").count() == 1
    )
    _, element = stage(at=40, trace=cut_run(("n1", "n3"), ("n3", "n1")))
    assert element.locator(".walls line.wall").count() == 1


def test_parts_that_lie_in_pieces_on_the_ring_get_a_bar_on_each_link(stage):
    cluster = Cluster(Raft, 4, clients=0, title="Every other")
    cluster.partition("n1 n3", "n2 n4")
    _, element = stage(at=20, trace=cluster.run(20).trace)
    assert (
        element.locator(".walls line.wall").count() == 4
        and element.locator(".walls path").count() == 0
    )


def positions(element):
    return element.evaluate(
        "player => "
        "Object.fromEntries([...player.shadowRoot.querySelectorAll('.message:not(.lands)')]"
        ".map((each) => [each.dataset.key, each.getAttribute('transform')]))"
    )


@pytest.mark.parametrize("motion, moves", [("no-preference", True), ("reduce", False)])
def test_while_it_plays_messages_move_between_steps_unless_less_motion_is_asked_for(
    stage, motion, moves
):
    page, element = stage(at=535.6, reduced_motion=motion)
    # So slow that the step stays the same however long the machine takes to look.
    element.evaluate(
        "player => { player.speed.append(new Option('slow', 0.001)); player.speed.value = 0.001; }"
    )
    element.get_by_role("button", name="Play", exact=True).click()
    settle(page)
    step, first = element.evaluate("player => player.step"), positions(element)
    assert first
    for _ in range(10):
        settle(page)
    while moves and positions(element) == first:  # pytest's own limit ends the wait.
        settle(page)
    assert (
        element.evaluate("player => player.step") == step
        and positions(element).keys() == first.keys()
    )
    assert (positions(element) != first) == moves


def test_what_another_view_points_at_is_lit(show, run):
    page = show(play(run, "stage", at=650)._repr_html_() + play(run, at=650)._repr_html_())
    page.locator("dslab-trace").last.evaluate("player => player.light('node n2')")
    settle(page)
    assert page.locator("dslab-trace").first.locator(".node.lit [data-key='node n2']").count() == 1


def test_nothing_is_lit_any_longer_when_the_last_picture_of_a_run_is_gone(show, run):
    """A cell that runs again puts a new picture in the place of one that is pointed at."""
    page = show(play(run, "stage", at=650)._repr_html_())
    page.locator("dslab-trace").evaluate("player => player.light('node n2')")
    page.locator("dslab-trace").evaluate("""(player) => {
      const next = player.cloneNode(true);
      player.replaceWith(next);
    }""")
    widgets_ready(page)
    assert page.locator("dslab-trace").evaluate("player => [...player.lit]") == []


def test_a_protocol_without_role_and_term_is_shown_by_its_names(stage):
    cluster = Cluster(QuorumRegister, 3, title="Quorum")
    cluster.run(until=cluster.client().write("x", 1))
    _, element = stage(at=5, trace=cluster.trace)
    assert item(element, "node n1").get_attribute("aria-label") == "n1, up"
    assert (
        item(element, "client c1").get_attribute("aria-label") == "c1, a client, write x 1, waits …"
    )


def test_a_message_that_was_altered_on_its_way_says_so(stage):
    trace = (
        Cluster(Raft, 3, seed=1, clients=0, corrupt=0.3, checksums=False, title="Bits flip")
        .run(300)
        .trace
    )
    event = next(
        number
        for number, record in enumerate(trace.records)
        if record[1] == "deliver" and record[5] is not None
    )
    page, element = stage(trace=trace)
    element.evaluate("(player, event) => player.go(player.run.stepOf[event])", event)
    settle(page)
    assert "(altered) from" in element.locator(".message.lands").get_attribute("aria-label")


def test_a_run_without_nodes_is_a_sentence(show):
    from dslab.run.trace import Trace

    trace = Trace((), ("c1",), title="Nobody")
    trace.records.append((0, "mark", None, None, None, "Nothing is here.", None))
    page = show(play(trace, "stage")._repr_html_())
    assert "no nodes" in page.locator("dslab-trace .bad").inner_text()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(stage, scheme, width):
    page, _ = stage(at=650, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_stored(stage, scheme, width):
    page, element = stage(at=538.2, viewport={"width": width, "height": 900}, color_scheme=scheme)
    looks_as_stored(page, element, "stage")


def test_a_link_is_chosen_by_a_click_and_can_be_cut(show, run):
    page = show(
        play(run, "stage", at=250)._repr_html_().replace("<dslab-trace", "<dslab-trace live")
    )
    page.evaluate(
        "() => { const acts = (window.acts = []); document.addEventListener('dslab-act', "
        "(event) => acts.push(event.detail)); }"
    )
    x, y = page.locator("dslab-trace").evaluate("""(player) => {
      const box = player.shadowRoot
        .querySelector('[data-link="n3 n4"]')
        .getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    }""")
    page.mouse.click(x, y)
    settle(page)
    page.get_by_role("button", name="Cut n3 → n4").click()
    assert page.evaluate("window.acts.map(({ cut }) => cut)") == [["n3", "n4"]]
