"""The player, with a reader's hands: keys, clicks, phones, screen readers, bad data, no scripts."""

import json

import pytest

from dslab.explore import Nodes, explore
from dslab.node import Request
from dslab.protocols.raft import Raft
from dslab.run import Recorder
from dslab.show import page as show_page
from dslab.show import play
from dslab.sim import Cluster
from dslab.values import plain
from tests.browser.conftest import axe, patient, settle, widgets_ready


def rich_run() -> Cluster:
    """A run with every kind of event."""
    cluster = Cluster(Raft, 5, seed=7, clients=2, loss=0.02, duplicate=0.02, title="A rich run")

    def story(cluster):
        yield cluster.after(300)
        yield cluster.client("c1").write("x", 1)
        cluster.mark("The switch fails.")
        cluster.partition("n1 n2 c1", "n3 n4 n5 c2")
        stuck = cluster.client("c1").write("x", 2, to="n1", timeout=300)
        yield cluster.after(300)
        yield cluster.client("c2").write("x", 3)
        yield cluster.client("c2").cas("x", 3, 4)
        yield cluster.client("c2").cas("x", 3, 5)
        yield cluster.client("c2").read("x")
        yield stuck
        cluster.crash("n4")
        cluster.pause("n5")
        yield cluster.after(50)
        cluster.resume("n5")
        cluster.restart("n4")
        cluster.heal()
        cluster.cut("n1", "n2")
        yield cluster.after(100)
        cluster.heal()
        cluster.slow("n1", "n2 n3", (20, 30.5))
        cluster.clock("n2", ahead=-12.34, rate=1.5)
        for checksums in (True, False):
            cluster.disturb(corrupt=0.2, reorder=0.1, checksums=checksums)
            yield cluster.after(60)
        cluster.disturb()
        message = len(cluster.trace)
        cluster.post("c1", "n1", Request(99, "read", "x"))
        cluster.drop(message)
        cluster.duplicate(message)
        cluster.crash("n3", lost=2, torn=True)
        cluster.crash_during("n2")

    return cluster.script(story).run(2600)


@pytest.fixture(scope="module")
def run():
    return rich_run()


@pytest.fixture
def player(show, run):
    """Opens a page with the player of `run` and returns (page, the element)."""

    def open_it(html=None, at=None, **options):
        page = show(html if html is not None else play(run, at=at)._repr_html_(), **options)
        return page, page.locator("dslab-trace")

    return open_it


def sentence(element):
    return element.locator(".sentence").inner_text().split(None, 1)[1]


def test_every_sentence_is_python_s(player, run):
    page, element = player()
    assert {record[1] for record in run.trace.records} >= {
        "start",
        "send",
        "deliver",
        "lose",
        "set",
        "cancel",
        "fire",
        "crash",
        "restart",
        "pause",
        "resume",
        "cut",
        "heal",
        "fault",
        "invoke",
        "ok",
        "fail",
        "info",
        "mark",
    }
    assert {record[5] for record in run.trace.records if record[1] == "lose"} >= {
        "loss",
        "cut",
        "down",
        "corrupt",
        "dropped",
    }
    assert any(record[5] is not None for record in run.trace.records if record[1] == "deliver")
    said = element.evaluate(
        "player => player.run.steps.map((_, step) => player.run.sentence(step))"
    )
    assert said == run.trace.sentences()


def test_a_run_without_a_clock_goes_by_steps(player):
    class ForgetsItsVote(Raft):
        durable = ("current_term", "log")

    def one_leader_a_term(view):
        terms = [node.current_term for node in view if node.role == "leader"]
        return len(terms) == len(set(terms))

    found = explore(
        Nodes(
            dict.fromkeys(("n1", "n2", "n3"), ForgetsItsVote),
            fires={"ElectionTimeout": 2, "Heartbeat": 0},
            crashes=1,
            invariants=[one_leader_a_term],
        )
    )
    page, element = player(play(found.trace)._repr_html_())
    said = element.evaluate(
        "player => player.run.steps.map((_, step) => player.run.sentence(step))"
    )
    assert said == found.trace.sentences() and said[0] == "step 0: n1 starts; sets ElectionTimeout."
    assert page.trouble == []


def test_every_state_is_python_s(player, run):
    _, element = player()
    events = range(0, len(run.trace), 97)
    for node in run.names:
        lane = run.names.index(node)
        for event in events:
            shown = element.evaluate(
                """(player, [lane, event]) => {
                  const state = player.run.stateAfter(lane, event);
                  return (
                    state &&
                    state[player.run.fields.indexOf("current_term")] >= 0 &&
                    player.run.values[state[player.run.fields.indexOf("current_term")]]
                  );
                }""",
                [lane, event],
            )
            state = run.trace.state(node, event)
            assert shown == (None if state is None else state["current_term"])


def test_steps_forward_and_back_by_keys_and_buttons(player, run):
    page, element = player()
    steps = run.trace.sentences()
    element.locator("canvas").focus()
    assert sentence(element) == steps[0]
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    settle(page)
    assert sentence(element) == steps[3]
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert sentence(element) == steps[2]
    page.keyboard.press("End")
    settle(page)
    assert sentence(element) == " ".join(steps[-1].split())
    element.get_by_role("button", name="To the start").click()
    element.get_by_role("button", name="One step on").click()
    settle(page)
    assert sentence(element) == steps[1]


def test_scrubbing_shows_the_state_of_that_moment_and_marks_what_changed(player, run):
    page, element = player()
    number = next(
        n for n, (event, _) in enumerate(run.trace.steps()) if run.trace.records[event][1] == "fire"
    )
    element.get_by_role("slider", name="Step").fill(str(number))
    settle(page)
    assert sentence(element) == " ".join(run.trace.sentences()[number].split())
    marked = element.locator("td.new")
    assert marked.count() >= 3
    assert (
        page.evaluate(
            "getComputedStyle(document.querySelector('dslab-trace').shadowRoot"
            ".querySelector('td.new'), '::before').content"
        )
        == '"● "'
    )


def test_playing_reaches_the_end_and_stops(player):
    page, element = player(apart=True)
    page.clock.install()
    element.get_by_role("slider", name="Step").fill("395")
    element.get_by_role("combobox", name="Speed").select_option("16")
    element.get_by_role("button", name="Play").click()
    page.clock.run_for(600_000)
    assert element.get_by_role("button", name="Play").is_visible()
    assert element.evaluate("player => player.step === player.run.steps.length - 1")


def test_it_opens_at_a_moment(player, run):
    _, element = player(at=700)
    step = element.evaluate("player => player.step")
    event = run.trace.steps()[step][0]
    assert (
        run.trace.records[event][0]
        <= 700_000
        < run.trace.records[run.trace.steps()[step + 1][0]][0]
    )


def test_the_run_in_words_is_a_list_to_jump_from(player, run):
    page, element = player()
    element.get_by_text("The run in words").click()
    element.locator("ol li button").nth(5).click()
    settle(page)
    assert sentence(element) == run.trace.sentences()[5]
    assert element.locator("ol li[aria-current]").inner_text() == run.trace.sentences()[5]


def test_a_click_on_the_picture_goes_there_and_zoom_keeps_the_place(player):
    page, element = player()
    element.locator("canvas").click(position={"x": 700, "y": 60})
    settle(page)
    assert element.evaluate("player => player.step") > 0
    before = element.evaluate("player => player.views[0].to - player.views[0].from")
    page.keyboard.press("+")
    assert element.evaluate("player => player.views[0].to - player.views[0].from") < before
    page.keyboard.press("0")
    assert element.evaluate("player => player.views[0].to") >= element.evaluate(
        "player => player.run.end"
    )


def test_the_keys_are_listed(player):
    page, element = player()
    element.locator("canvas").focus()
    page.keyboard.press("?")
    assert element.get_by_text("one step back, one step on").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(player, scheme, width):
    page, element = player(viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (element.get_attribute("dark") is not None) == (scheme == "dark")


def test_five_thousand_events_load_and_scrub(player):
    cluster = Cluster(Raft, 5, seed=1, clients=2, title="Long")
    while len(cluster.trace) < 5000:
        cluster.run(100)
    page, element = player(play(cluster)._repr_html_())
    last = element.evaluate("player => player.run.steps.length - 1")
    for step in (last, last // 2, last // 3):
        element.get_by_role("slider", name="Step").fill(str(step))
        settle(page)
        assert sentence(element) == " ".join(cluster.trace.sentences()[step].split())
    assert page.trouble == []


def test_logs_that_grow_part_and_shrink_are_what_they_were(player):
    run, logs = Recorder("n1", "n2", title="Logs"), {"n1": ((1, "a"),), "n2": ()}
    for lane, keep, entry in [
        ("n1", 9, "b"),
        ("n2", 9, "c"),
        ("n1", 9, "d"),
        ("n2", 0, "a"),
        ("n2", 9, "b"),
        ("n2", 9, "e"),
        ("n1", 1, "x"),
        ("n2", 2, "d"),
    ]:
        logs[lane] = (*logs[lane][:keep], (1, entry))
        run.act(lane, "changes", log=logs[lane], size=len(logs[lane]))
    _, element = player(play(run.trace)._repr_html_())
    seen = element.evaluate(
        "({ run }) => run.steps.map(({ first }) => "
        "run.values[run.stateAfter(run.place[first], first)[run.fields.indexOf('log')]])"
    )
    assert seen == [plain(event.state["log"]) for event in run.trace.events]


def test_a_run_of_format_version_1_plays(player):
    """What pages stored before lists were kept by what they grow by."""
    data = {
        "format": "dslab-trace",
        "version": 1,
        "title": "An old page",
        "replay": "",
        "nodes": ["n1"],
        "clients": [],
        "fields": ["log"],
        "values": [[], ["a"], ["a", "b"], "appends"],
        "kind": "rll",
        "time": [0, 5000, 5000],
        "place": [0, 0, 0],
        "other": [-1, -1, -1],
        "ref": [0, 0, 0],
        "data": [-1, 3, 3],
        "state": [1, 0, 0, 1, 0, 1, 1, 0, 2],
    }
    _, element = player(
        f'<dslab-trace><script type="application/json">{json.dumps(data)}</script></dslab-trace>'
    )
    assert element.evaluate("({ run }) => run.values[run.stateAfter(0, 2)[0]]") == ["a", "b"]


def test_without_scripts_there_is_a_picture_with_words(player, run):
    page, element = player(java_script_enabled=False)
    picture = element.locator("img")
    assert picture.is_visible()
    assert picture.get_attribute("alt").startswith("A rich run. Space-time diagram: ")


def test_a_dark_page_is_printed_light_and_dark_again_afterwards(player):
    page, element = player(at=300, color_scheme="dark")
    # No frame comes between the event and the printed page.
    paper, screen = (
        element.evaluate(
            """(player, event) => {
              dispatchEvent(new Event(event));
              const view = player.views[0];
              return [
                player.hasAttribute("dark"),
                ...view.canvas.getContext("2d").getImageData(2, 2, 1, 1).data,
              ];
            }""",
            event,
        )
        for event in ("beforeprint", "afterprint")
    )
    assert paper == [False, 255, 255, 255, 255] and screen[0] is True and screen[1] < 40


def test_the_theme_follows_the_system_while_the_page_is_open(player):
    page, element = player(color_scheme="light")
    page.emulate_media(color_scheme="dark")
    page.locator("dslab-trace[dark]").wait_for()


def test_what_stands_below_a_sentence_does_not_jump_back_when_the_next_is_shorter(player, run):
    page, element = player(viewport={"width": 360, "height": 800})
    sentences = run.trace.sentences()
    long = max(range(len(sentences)), key=lambda step: len(sentences[step]))
    element.evaluate("(player, step) => player.go(step)", long)
    settle(page)
    settle(page)
    tall = element.locator(".sentence").bounding_box()["height"]
    element.evaluate("player => player.go(0)")
    settle(page)
    assert sentence(element).startswith("0.0 ms: n1 starts") and element.locator(
        ".sentence"
    ).bounding_box()["height"] >= min(tall, 180)


def test_a_node_that_has_not_started_is_not_down(show, run):
    page = show(play(run, "stage", "fields")._repr_html_())
    player = page.locator("dslab-trace")
    assert player.locator("tbody tr").first.locator("td").all_inner_texts() == [
        "0",
        *["not started"] * 4,
    ]
    assert player.locator("[data-key='node n2']").get_attribute("aria-label") == "n2, not started"


def broken(change):
    data = rich_run().trace.as_json()
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    "text, words",
    [
        (
            '{"format": "dslab-trace", "version": 9}',
            "This run has format version 9, and this page plays version 2",
        ),
        ('{"format": "photo"}', "This is no recorded run of dslab"),
        ('{"format": "dslab-tr', "is cut short"),
        (lambda: broken(lambda d: d["time"].pop()), "is cut short"),
        (lambda: broken(lambda d: d["state"].pop()), "is cut short or damaged"),
        (lambda: broken(lambda d: d["grows"].reverse()), "is cut short or damaged"),
        (lambda: broken(lambda d: d.update(kind="Z" + d["kind"][1:])), "unknown kind “Z”"),
        (lambda: broken(lambda d: d.update(values=d["values"][:2])), "is cut short or damaged"),
    ],
)
def test_bad_data_is_a_sentence_in_place_of_the_picture(player, text, words):
    text = text() if callable(text) else text
    page, element = player(
        f'<dslab-trace><script type="application/json">{text}</script><img alt="still" '
        'src="data:,"></dslab-trace><p id="after">on</p>'
    )
    assert words in element.locator(".bad").inner_text()
    assert page.locator("#after").is_visible()
    assert [each for each in page.trouble if not each.startswith("asks for data:")] == []


def test_an_element_without_data_says_so(player):
    _, element = player("<dslab-trace></dslab-trace>")
    assert "is missing from the page" in element.locator(".bad").inner_text()


def test_a_page_of_its_own_plays_without_a_server(browser, run, tmp_path):
    path = tmp_path / "run.html"
    path.write_text(show_page(run.trace), encoding="utf-8")
    page = patient(browser).new_page()
    trouble = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(path.as_uri())
    widgets_ready(page)
    page.locator("dslab-trace").get_by_role("button", name="To the end").click()
    assert (
        page.locator("dslab-trace").evaluate(
            "player => player.step === player.run.steps.length - 1"
        )
        and trouble == []
    )
    widget = page.locator("dslab-trace .widget").first  # The stylesheets are in the page too.
    assert widget.evaluate("each => getComputedStyle(each).borderRadius") == "8px"
    page.close()


def test_elements_of_one_run_share_their_moment(show, run):
    other = Cluster(Raft, 3, clients=0, title="Another run").run(300)
    page = show(
        play(run)._repr_html_() + play(run, at=700)._repr_html_() + play(other)._repr_html_()
    )
    first, second, third = (page.locator("dslab-trace").nth(number) for number in range(3))
    assert (
        first.evaluate("player => player.step") == 0
        and second.evaluate("player => player.step") > 0
    )
    first.get_by_role("slider", name="Step").fill("55")
    settle(page)
    assert sentence(second) == sentence(first) and third.evaluate("player => player.step") == 0
    assert first.evaluate("(one, other) => one.run === other.run", second.element_handle())


def test_branches_share_their_time(show):
    one, other = (
        Cluster(Raft, 3, clients=0, seed=seed, title=f"Seed {seed}").run(600) for seed in (1, 2)
    )
    page = show(
        "".join(
            play(each)._repr_html_().replace("<dslab-trace", '<dslab-trace group="branches"')
            for each in (one, other)
        )
    )
    page.locator("dslab-trace").first.get_by_role("button", name="To the end").click()
    settle(page)
    assert (
        page.locator("dslab-trace").last.evaluate("player => player.run.stepTimes[player.step]")
        > 500_000
    )


def test_what_is_pointed_at_lights_in_every_view_of_the_run(show, run):
    page = show(play(run)._repr_html_() * 2)
    first, second = page.locator("dslab-trace").first, page.locator("dslab-trace").last
    box = first.locator("canvas").bounding_box()
    x, y = first.evaluate("""(player) => {
          const view = player.views[0],
            arrow = view.run.arrows.find(
              (each) => each.arrivals[0].time > view.from && each.begin > view.from + 20000,
            );
          return [
            view.x((arrow.begin + arrow.arrivals[0].time) / 2),
            (view.y(arrow.from) + view.y(arrow.to)) / 2,
          ];
        }""")
    page.mouse.move(box["x"] + x, box["y"] + y)
    settle(page)
    assert second.evaluate("player => [...player.lit][0]").startswith("message ")
    page.mouse.move(box["x"] + 5, box["y"] + 50)
    settle(page)
    assert second.evaluate("player => [...player.lit]") == ["node n1"]


def test_a_link_opens_the_run_at_its_moment(show, open_page, run):
    page = show(
        play(run)._repr_html_()
        + play(Cluster(Raft, 3, clients=0, title="Another").run(900))._repr_html_()
    )
    first, second = page.locator("dslab-trace").first, page.locator("dslab-trace").last
    second.get_by_role("slider", name="Step").fill("30")
    address = second.evaluate("player => player.address()")
    step = second.evaluate("player => player.step")
    again = open_page(address[address.index("/scratch") :])
    widgets_ready(again)
    settle(again)
    assert again.locator("dslab-trace").last.evaluate(
        "player => player.run.stepTimes[player.step]"
    ) == second.evaluate("player => player.run.stepTimes[player.step]")
    assert step == 30 and again.locator("dslab-trace").first.evaluate("player => player.step") == 0
    page.evaluate("location.hash = '#t=700'")
    settle(page)
    assert 690_000 < first.evaluate("player => player.run.stepTimes[player.step]") <= 700_000


def test_an_unknown_view_is_a_sentence(show, run):
    page = show(play(run)._repr_html_().replace("<dslab-trace", '<dslab-trace views="hologram"'))
    assert "There is no view “hologram”" in page.locator("dslab-trace .bad").inner_text()


def test_on_paper_the_picture_stays_and_the_buttons_go(player):
    page, element = player(at=700)
    page.emulate_media(media="print")
    settle(page)
    assert (
        element.locator("canvas").is_visible()
        and element.locator(".sentence").is_visible()
        and element.locator("table").is_visible()
    )
    assert (
        not element.locator(".controls").is_visible()
        and not element.locator(".account").is_visible()
    )
