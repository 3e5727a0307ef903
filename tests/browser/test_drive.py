"""A scenario driven by hand: the element on a page, with Python behind it as a notebook's widget
would have it.
"""

import tomllib

import pytest

from dslab.scenario import Scenario
from dslab.show import drive
from tests.browser.conftest import axe, settle, widgets_ready
from tests.browser.easel import calls
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored

MODEL = """({ key = "", python = "python" } = {}) => {
  const listeners = new Set(),
    ask = window[python];
  const model = (window.model = {
    answers: 0,
    on: (_, listener) => listeners.add(listener),
    off: (_, listener) => listeners.delete(listener),
    send: async (message) => {
      const answer = await ask(message);
      listeners.forEach((listener) => listener(answer));
      model.answers++;
    },
  });
  const drive = document.createElement("dslab-drive");
  drive.setAttribute("scenario", key);
  drive.model = model;
  document.querySelector("main").append(drive);
}"""


def scenario(**more):
    return Scenario(
        {
            "title": "To be driven",
            "protocol": "raft",
            "nodes": 3,
            "clients": 1,
            "seed": 1,
            "duration": 600,
        }
        | more
    )


@pytest.fixture
def live(show):
    """Opens a page with a live drive of a scenario, and returns (page, the drive's Python side)."""

    def open_it(at=None, asked=None, **options):
        driven = drive(asked or scenario())
        page = show("", anew=True, **options)
        calls(page, "python", driven.handle)
        page.evaluate(MODEL, {"key": driven.key})
        page.locator("dslab-trace svg[role=group]").wait_for()
        if at is not None:
            page.locator("dslab-trace").evaluate(
                "(player, at) => player.go(player.run.stepAt(at * 1000))", at
            )
            settle(page)
        return page, driven

    return open_it


def item(page, key, branch=0):
    return page.locator("dslab-trace").nth(branch).locator(f'[data-key="{key}"]').first


def press(page, name, branch=0):
    """Press a button of the palette and wait for what comes of it."""
    answered(
        page,
        page.locator("dslab-drive section.branch")
        .nth(branch)
        .get_by_role("button", name=name, exact=True)
        .click,
    )


def answered(page, act):
    """Do `act`, and wait for Python's answer and what it draws."""
    count = page.evaluate("model.answers")
    act()
    page.wait_for_function("count => model.answers > count", arg=count)
    page.wait_for_function(
        "() => [...document.querySelector('dslab-drive').parts.values()].every(({ trace "
        "}) => trace.built && trace.painted)"
    )
    settle(page)


def sentence(page, branch=0):
    return page.locator("dslab-trace .sentence").nth(branch).inner_text().split(None, 1)[1]


def steps_of(driven, branch=0):
    return [(word, options) for _, word, options in driven.branches[branch].scenario.steps]


def test_a_click_crashes_a_node_and_another_restarts_it(live):
    page, driven = live(at=300)
    item(page, "node n2").click()
    press(page, "Crash")
    assert (
        sentence(page).endswith("n2 crashes.")
        and item(page, "node n2").get_attribute("aria-label") == "n2, down"
    )
    press(page, "Restart from its disk")
    assert item(page, "node n2").get_attribute("aria-label").endswith("up")
    assert steps_of(driven) == [("crash", {"node": "n2"}), ("restart", {"node": "n2"})]
    assert page.trouble == []


def test_by_keys_alone_a_node_is_paused_and_the_focus_stays_with_it(live):
    page, driven = live(at=300)
    page.locator("dslab-trace").evaluate("player => player.views[0].lanes[0].group.focus()")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settle(page)
    page.get_by_role("button", name="Pause", exact=True).focus()
    page.keyboard.press("Enter")
    item(page, "node n2").and_(page.locator('[aria-label*="paused"]')).wait_for()
    assert (
        page.evaluate(
            "document.querySelector('dslab-drive').shadowRoot.activeElement.shadowRoot.activeElement.dataset.key"
        )
        == "node n2"
    )
    assert steps_of(driven) == [("pause", {"node": "n2"})]


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Crash, its last write lost", ("crash", {"node": "n1", "lost": 1})),
        ("Isolate", ("isolate", {"node": "n1"})),
        ("500 ms ahead", ("clock", {"node": "n1", "ahead": 500})),
        ("Twice as fast", ("clock", {"node": "n1", "rate": 2})),
    ],
)
def test_what_a_node_can_suffer(live, name, expected):
    page, driven = live(at=300)
    item(page, "node n1").click()
    press(page, name)
    assert steps_of(driven) == [expected] and page.locator(".problem").inner_text() == ""


def test_a_timer_fires_now(live):
    page, driven = live(at=300)
    leader = next(
        name
        for name, node in driven.branches[0].outcome.cluster.nodes.items()
        if node.role == "leader"
    )
    follower = "n1" if leader != "n1" else "n2"
    item(page, f"node {follower}").click()
    press(page, "Fire ElectionTimeout now")
    assert steps_of(driven) == [("fire", {"node": follower, "timer": "ElectionTimeout"})]
    assert f"{follower}'s ElectionTimeout runs out" in sentence(page)


def test_two_nodes_are_a_link(live):
    page, driven = live(at=300)
    item(page, "node n1").click()
    item(page, "node n2").click(modifiers=["Shift"])
    press(page, "Cut n1 → n2")
    assert steps_of(driven) == [("cut", {"from": "n1", "to": "n2"})]
    assert page.locator("dslab-trace .walls line.solid").count() == 1
    press(page, "Cut both ways")
    press(page, "Slow n1 → n2")
    press(page, "Heal all links")
    assert [word for word, _ in steps_of(driven)] == ["cut", "partition", "slow", "heal"]
    assert page.locator("dslab-trace .walls > *").count() == 0


@pytest.mark.parametrize(
    "name, word",
    [
        ("Drop", "drop"),
        ("Deliver now", "deliver"),
        ("Send once more", "duplicate"),
        ("Hold back 50 ms", "delay"),
    ],
)
def test_a_message_on_its_way(live, name, word):
    page, driven = live()
    page.locator("dslab-trace").evaluate("""(player) => {
      const flight = player.views[0].world.flights.find(({ begin, due }) => due - begin > 3000);
      player.go(player.run.stepOf[flight.from]);
      player.views[0].choose(`message ${flight.from}`);
    }""")
    settle(page)
    press(page, name)
    assert [each for each, _ in steps_of(driven)] == [word] and page.locator(
        ".problem"
    ).inner_text() == ""
    if word == "drop":
        assert sentence(page).endswith("is dropped.")


def test_a_client_calls(live):
    page, driven = live(at=300)
    item(page, "client c1").click()
    page.get_by_role("combobox", name="Operation").select_option("cas")
    page.get_by_role("textbox", name="old").fill("0")
    press(page, "Call")
    assert steps_of(driven) == [("call", {"client": "c1", "f": "cas", "key": "x", "value": [0, 1]})]
    assert "c1 calls cas x (0, 1)" in sentence(page)


def test_going_back_and_acting_keeps_the_old_future_as_a_branch(live):
    page, driven = live(at=500)
    page.locator("dslab-trace").evaluate("player => player.go(player.run.stepAt(300000))")
    settle(page)
    item(page, "node n1").click()
    press(page, "Crash")
    assert [branch.name for branch in driven.branches] == ["main", "branch 2"] and steps_of(
        driven
    ) == []
    assert "n1 crashes" in sentence(page, 1) and "≠ Here the branches part." in sentence(page, 1)
    told = page.locator(".parts").nth(1).inner_text()
    assert "The same as “main” for" in told and told.endswith("ms: n1 crashes. Go there")
    # They share their moment.
    page.locator("dslab-trace").first.evaluate("player => player.go(player.run.steps.length - 1)")
    settle(page)
    assert (
        page.locator("dslab-trace").nth(1).evaluate("player => player.run.stepTimes[player.step]")
        > 500_000
    )
    page.get_by_role("button", name="Go there").click()
    settle(page)
    assert "n1 crashes" in sentence(page, 1)


def test_a_zoom_stays_when_the_run_is_another_and_goes_over_to_a_branch(live):
    page, _ = live(at=300)
    window = (
        "(player) => { const { from, to } = player.views.find((view) => "
        "view.constructor.zooms); return [from, to]; }"
    )
    page.get_by_role("button", name="Zoom in").click()
    settle(page)
    zoomed = page.locator("dslab-trace").evaluate(window)
    item(page, "node n1").click()
    press(page, "Crash")
    assert page.locator("dslab-trace").evaluate(window) == zoomed
    press(page, "Branch here")
    assert page.locator("dslab-trace").nth(1).evaluate(window) == zoomed


def test_a_branch_is_named_and_closed_and_all_is_undone(live):
    page, driven = live(at=300)
    press(page, "Branch here")
    name = page.get_by_role("textbox", name="Name of this branch").nth(1)
    name.fill("without n1")
    name.press("Enter")
    page.locator("section[aria-label='Branch without n1']").wait_for()
    press(page, "Close")
    assert [branch.name for branch in driven.branches] == ["without n1"]
    for _ in range(3):
        answered(page, page.get_by_role("button", name="Undo").click)
    assert [branch.name for branch in driven.branches] == ["main"] and page.get_by_role(
        "button", name="Undo"
    ).is_disabled()


def test_what_can_t_be_done_is_said_in_sight_and_nothing_is_lost(live):
    page, driven = live(at=300, viewport={"width": 360, "height": 700})
    page.get_by_text("What you did").scroll_into_view_if_needed()
    page.locator("dslab-trace").evaluate("player => player.act({ restart: 'n1' })")
    page.locator(".problem:not(:empty)").wait_for()
    assert (
        "only a crashed node restarts" in page.locator(".problem").inner_text()
        and steps_of(driven) == []
    )
    assert 0 <= page.locator(".problem").bounding_box()["y"] < 700


def test_what_you_did_is_a_file_and_a_link_that_opens_it(live):
    page, driven = live(at=300)
    item(page, "node n1").click()
    press(page, "Crash")
    page.get_by_text("What you did").click()
    text = page.locator("pre").inner_text()
    assert Scenario.parse(text) == driven.scenario and tomllib.loads(text)["step"] == [
        {"at": driven.scenario.steps[0][0], "crash": "n1"}
    ]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download it").click()
    assert (
        download.value.suggested_filename == "main.toml"
        and Scenario.read(download.value.path()) == driven.scenario
    )
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy a link to it").click()
    address = page.get_by_role("link", name="This is the link.").get_attribute("href")
    opened, moment = Scenario.from_link(address)
    assert opened == driven.scenario and moment == pytest.approx(driven.scenario.steps[0][0])


def test_a_link_s_scenario_opens_at_its_moment_where_python_is(show):
    driven = drive(scenario())
    other = scenario(title="From a link").plus({"at": 250, "crash": "n3"})
    page = show("", anew=True)
    page.evaluate("hash => { location.hash = hash; }", other.link(250))
    calls(page, "python", driven.handle)
    page.evaluate(MODEL, {"key": driven.key})
    page.locator("dslab-trace svg[role=group]").wait_for()
    settle(page)
    assert driven.scenario == other and sentence(page).endswith("n3 crashes.")


@pytest.fixture
def pair(show):
    """Opens a page with two live drives, at address `hash`; returns (page, their Python sides)."""

    def open_it(hash=""):
        page = show("", anew=True)
        page.evaluate("hash => { location.hash = hash; }", hash)
        drives = drive(scenario(title="One")), drive(scenario(title="Two"))
        for number, driven in enumerate(drives):
            calls(page, f"python{number}", driven.handle)
            page.evaluate(MODEL, {"key": driven.key, "python": f"python{number}"})
            page.locator("dslab-drive").nth(number).locator("svg[role=group]").wait_for()
        settle(page)
        return page, drives

    return open_it


def titles(drives):
    return [driven.scenario.data["title"] for driven in drives]


def test_a_link_opens_in_the_drive_that_it_was_copied_from(pair):
    page, drives = pair()
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator("dslab-drive").nth(1).get_by_role(
        "button", name="Copy a link to this moment"
    ).click()
    hash = page.evaluate("location.hash")
    assert f"&of={drives[1].key}&t=" in hash
    page, drives = pair(hash)
    assert [driven.branches[0].name for driven in drives] == ["main", "from the link"] and titles(
        drives
    ) == ["One", "Two"]
    assert page.locator("dslab-drive .note:visible").count() == 0


def test_a_link_from_elsewhere_is_offered_in_the_first_drive(pair):
    page, drives = pair(scenario(title="Three").link(60) + "&of=12345678")
    assert titles(drives) == ["One", "Two"]
    page.get_by_role("button", name="Open it here").click()
    page.locator("dslab-trace .title", has_text="Three").wait_for()
    assert (
        titles(drives) == ["Three", "Two"]
        and page.locator("dslab-drive .note:visible").count() == 0
    )


def test_a_link_that_is_put_into_the_address_of_an_open_page_opens_and_can_be_undone(pair):
    page, drives = pair()
    page.evaluate(
        "hash => { location.hash = hash; }", f"{scenario(title='Three').link()}&of={drives[1].key}"
    )
    page.locator("dslab-trace .title", has_text="Three").wait_for()
    assert titles(drives) == ["One", "Three"]
    page.locator("dslab-drive").nth(1).get_by_role("button", name="Undo").click()
    page.locator("dslab-trace .title", has_text="Two").wait_for()
    assert titles(drives) == ["One", "Two"]


def reload_at(page, hash):
    """Load the page again as one that is opened by a link."""
    page.evaluate("hash => history.replaceState(null, '', '#' + hash)", hash)
    page.reload()
    widgets_ready(page)


def test_without_python_a_link_is_told_beside_the_run_that_it_comes_from(show):
    one, two = drive(scenario(title="One")), drive(scenario(title="Two"))
    page = show(one._repr_html_() + two._repr_html_())
    reload_at(page, f"{two.scenario.link()}&of={two.key}")
    page.locator("dslab-drive .note:visible").wait_for()
    assert (
        page.locator("dslab-drive").nth(1).locator(".note").is_visible()
        and "“Two”" in page.locator("dslab-drive .note:visible").inner_text()
    )


def test_without_python_the_recorded_run_plays_and_a_link_is_told_in_words(show):
    page = show(drive(scenario())._repr_html_())
    trace = page.locator("dslab-trace")
    assert (
        trace.locator(".panel button").count() == 0
        and page.locator("dslab-drive .note:visible").count() == 0
    )
    trace.get_by_role("button", name="To the end").click()
    settle(page)
    assert trace.evaluate("player => player.step === player.run.steps.length - 1")
    assert page.trouble == []


@pytest.mark.parametrize(
    "link, words",
    [
        (
            scenario(title="A crash").plus({"at": 250, "crash": "n3"}).link(250),
            "“A crash”: raft, 3 nodes, 600 ms. What happens in it: 250 ms: crash n3.",
        ),
        ("s=e30x", "cut short or damaged"),
        ("s=", "cut short or damaged"),
    ],
)
def test_a_link_without_python_is_told_in_words(show, link, words):
    page = show(drive(scenario())._repr_html_())
    reload_at(page, link)
    page.locator("dslab-drive .note").wait_for()
    page.locator("dslab-trace .count").wait_for()
    assert words in page.locator("dslab-drive .note").inner_text()
    assert page.locator("dslab-trace").evaluate("player => player.step") == 0


def test_it_answers_after_it_was_moved_in_the_page(live):
    page, driven = live(at=300)
    page.evaluate(
        "() => { const drive = document.querySelector('dslab-drive'); drive.remove(); "
        "document.querySelector('main').append(drive); }"
    )
    item(page, "node n1").click()
    press(page, "Crash")
    assert steps_of(driven) == [("crash", {"node": "n1"})] and sentence(page).endswith(
        "n1 crashes."
    )


def test_an_answer_that_came_while_it_was_out_of_the_page_is_asked_for_again(show):
    """JupyterLab takes outputs out of the page and puts them back when cells are scrolled away."""
    driven = drive(scenario())
    page = show("", anew=True)
    calls(page, "python", driven.handle)
    page.evaluate("""() => { window.away = (message) => {
        window.taken ??= document.querySelector("dslab-drive");
        if (!model.answers) taken.remove();
        return python(message);
    }; }""")
    page.evaluate(MODEL, {"python": "away"})
    page.wait_for_function("() => window.model.answers === 1")
    page.evaluate("() => document.querySelector('main').append(taken)")
    page.locator("dslab-trace svg[role=group]").wait_for()
    assert page.trouble == []


def test_names_and_titles_are_text(live):
    page, _ = live(asked=scenario(title="<img src=x onerror=alert(1)>"))
    name = page.get_by_role("textbox", name="Name of this branch")
    name.fill("<b>bold</b>")
    name.press("Enter")
    page.locator("section[aria-label='Branch <b>bold</b>']").wait_for()
    assert page.locator("dslab-drive b, dslab-drive img").count() == 0 and page.trouble == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(live, scheme, width):
    page, _ = live(at=300, viewport={"width": width, "height": 800}, color_scheme=scheme)
    item(page, "node n1").click()
    press(page, "Branch here")
    page.get_by_text("What you did").first.click()
    settle(page)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_stored(live, scheme, width):
    page, _ = live(at=300, viewport={"width": width, "height": 900}, color_scheme=scheme)
    item(page, "node n1").click()
    press(page, "Isolate")
    looks_as_stored(page, page.locator("dslab-trace .stage"), "drive")
