"""Stream scrubber, pipeline board, saga lanes and choice of runs, with a reader's hands."""

import ast

import pytest

from dslab.events import EventStore, handle
from dslab.events.aggregate import Decider
from dslab.events.bank import ACCOUNT, Account, Deposit, Open
from dslab.events.bus import Group, Log, Queue
from dslab.run import Recorder
from dslab.show import play, stream
from tests.browser.conftest import ROOT, axe, settle
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored

#: What is inside the player of a choice of runs, in a page.
PLAYER = "document.querySelector('dslab-runs').shadowRoot.querySelector('dslab-trace')?.shadowRoot"


def gallery(name):
    """What the gallery's example of this name shows."""
    code = ast.parse((ROOT / "book" / "gallery" / f"{name}.py").read_text(encoding="utf-8"))
    last, space = code.body.pop(), {}
    exec(compile(code, name, "exec"), space)
    return eval(compile(ast.Expression(last.value), name, "eval"), space)


@pytest.fixture(scope="module")
def shown():
    return {name: gallery(name) for name in ("stream", "pipeline", "saga")}


def to(page, step, number=0):
    page.locator("dslab-trace").nth(number).get_by_role("slider", name="Step").fill(str(step))
    settle(page)


def test_a_stream_shows_the_state_as_of_every_event(show, shown):
    page = show(shown["stream"]._repr_html_())
    for step, balance in enumerate([0, 10_000, 7_000, 7_500, 100]):
        to(page, step)
        assert (
            page.locator(".fold tbody tr", has_text="balance")
            .locator("td")
            .nth(1)
            .inner_text()
            .endswith(str(balance))
        )
    assert page.locator(".events li.later").count() == 0 and page.trouble == []


def test_an_event_is_chosen_by_mouse_and_by_keyboard(show, shown):
    page = show(shown["stream"]._repr_html_())
    page.locator(".events button").nth(1).click()
    settle(page)
    assert (
        page.locator(".events li[aria-current]").inner_text().startswith("MoneyDeposited")
        and page.locator(".events li.later").count() == 3
    )
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    settle(page)
    assert page.locator("caption").inner_text() == "account-1, version 2 of 4"


def test_a_pinned_moment_is_compared_with_the_current_one(show, shown):
    page = show(shown["stream"]._repr_html_())
    to(page, 1)
    page.get_by_role("button", name="Pin this moment").click()
    to(page, 4)
    assert page.locator(".fold thead th").all_inner_texts()[1:] == ["pinned, version 1", "now"]
    assert page.locator(".fold tbody tr", has_text="balance").locator("td").all_inner_texts() == [
        "10000",
        "100",
    ]
    page.get_by_role("button", name="Remove the pin").click()
    settle(page)
    assert page.locator(".fold thead th").nth(1).inner_text() == "before"


def test_the_numbers_of_the_state_are_a_chart_to_go_by(show, shown):
    page = show(shown["stream"]._repr_html_())
    assert page.locator(".chart .name").all_inner_texts() == ["balance\n0 … 10000"]
    chart = page.locator(".chart svg").first.bounding_box()
    page.mouse.click(chart["x"] + chart["width"] * 0.9, chart["y"] + 10)
    settle(page)
    assert page.locator("caption").inner_text() == "account-1, version 4 of 4"
    page.mouse.move(chart["x"] + chart["width"] * 0.9, chart["y"] + 10)
    page.mouse.down()
    page.mouse.move(chart["x"] + chart["width"] * 0.3, chart["y"] + 10, steps=3)
    page.mouse.up()
    settle(page)
    assert (
        page.locator("caption").inner_text() == "account-1, version 1 of 4" and page.trouble == []
    )


def test_a_stream_of_which_only_the_end_is_shown_counts_its_versions(show):
    store = EventStore(":memory:")
    for command in (Open("Ann"), *[Deposit(100)] * 6):
        handle(store, "ann", ACCOUNT, command)
    page = show(
        play(
            stream(
                [event for event in store.read("ann") if event.version >= 4],
                Decider(Account("Ann", 300), None, ACCOUNT.evolve),
            ),
            "stream",
            at=6,
        )._repr_html_()
    )
    assert (
        page.locator("caption").inner_text() == "ann, version 5 of 6"
        and page.locator(".events").get_attribute("start") == "4"
    )


def test_a_stream_without_numbers_has_no_chart(show):
    store = EventStore(":memory:")
    handle(store, "ann", ACCOUNT, Open("Ann"))
    page = show(play(stream(store.read("ann"), ACCOUNT), "stream")._repr_html_())
    assert (
        page.locator(".chart").count() == 0
        and page.locator(".events li").count() == 1
        and page.trouble == []
    )


def test_a_board_shows_places_lag_tries_and_dead_letters(show, shown):
    player, page = shown["pipeline"], None
    page = show(player._repr_html_())
    trace, seen = player.trace, set()
    for step in range(len(trace.steps())):
        to(page, step)
        state = trace.state("payments", trace.steps()[step][0])
        assert page.locator(".boxes li.box").count() == sum(
            map(len, state["partitions"].values())
        ) + len((trace.state("ledger", trace.steps()[step][0]) or {}).get("dead", ()))
        group = trace.state("ledger", trace.steps()[step][0])
        if group:
            lag = {
                name: len(events) - group["offsets"][name]
                for name, events in state["partitions"].items()
            }
            assert [text.split(",")[0] for text in page.locator(".row .lag").all_inner_texts()] == [
                f"ledger: lag {lag[name]}" for name in state["partitions"]
            ]
            seen |= set(page.locator(".sign").all_inner_texts())
    assert {"◐", "↻1", "↻2"} <= set(" ".join(seen).split()) and page.locator(
        ".dead .box"
    ).inner_text().split() == ["ann", "oops"]


def test_groups_at_one_place_share_a_flag_and_a_long_log_shows_where_they_are(show):
    recorder = Recorder("payments", "ledger", "mail", title="Behind")
    log = Log("payments", recorder=recorder)
    groups = [Group(log, name, recorder=recorder) for name in ("ledger", "mail")]
    for number in range(90):
        log.publish("ann", f"+{number}")
    for group in groups:
        for _ in range(70):
            group.commit(group.poll("1"))
    page = show(play(recorder, "pipeline", at=1000)._repr_html_())
    flag = page.locator(".boxes .flag")

    def in_sight():
        seen, row = flag.bounding_box(), page.locator(".boxes").bounding_box()
        return row["x"] - 3 <= seen["x"] < row["x"] + row["width"] - 20

    assert (
        flag.all_inner_texts() == ["⚑ ledger, mail"]
        and flag.locator("..").get_attribute("title").startswith("offset 70: +70 of ann")
        and in_sight()
    )
    assert page.locator(".lag").all_inner_texts() == [
        "ledger: lag 20, read by 1 · mail: lag 20, read by 1"
    ]
    # The log's last 40 events are on the board, and the first group to read is far behind them.
    to(page, 91)
    assert (
        page.locator(".boxes li.box").count() == 40
        and "50 before" in flag.locator("..").inner_text()
        and in_sight()
        and page.trouble == []
    )


def test_a_long_queue_says_how_many_more_wait(show):
    recorder = Recorder("jobs", title="Nobody works")
    jobs = Queue("jobs", recorder=recorder)
    for number in range(70):
        jobs.publish("ann", number)
    page = show(play(recorder, "pipeline", at=100)._repr_html_())
    assert page.locator(".boxes li.box").count() == 60 and page.locator(
        ".boxes .more"
    ).all_inner_texts() == ["10 more", "empty"]


def test_a_crash_point_stands_in_its_step_and_opens_at_the_crash(show, shown):
    page = show(shown["saga"]._repr_html_())
    places = [
        [dot.get_attribute("aria-label") for dot in cell.locator(".dot").all()]
        for cell in page.locator(".cell").all()
    ]
    assert places == [
        ["a crash before StepBegun of reserve", "a crash before StepDone of reserve"],
        ["a crash before StepBegun of charge", "a crash before StepDone of charge"],
        ["a crash before StepBegun of ship", "a crash before StepRejected of ship"],
        [],
        ["a crash before UndoBegun of charge", "a crash before Undone of charge"],
        ["a crash before UndoBegun of reserve", "a crash before Undone of reserve"],
    ]
    assert page.locator(".dots .dot").all_text_contents() == ["○"]
    page.get_by_role("button", name="a crash before StepDone of charge").click()
    page.wait_for_function(f"() => {PLAYER}?.querySelector('.outcome')?.textContent")
    settle(page)
    assert (
        page.locator(".outcome").inner_text()
        == "✕ The orchestrator is down. Its log holds 3 events."
    )
    page.get_by_role("button", name="One step on").click()
    settle(page)
    assert "goes on" in page.locator(".sentence").inner_text() and page.trouble == []


def test_on_a_phone_no_step_of_a_saga_is_out_of_sight(show, shown):
    page = show(shown["saga"]._repr_html_(), viewport={"width": 360, "height": 800})
    assert page.locator(".saga .scroll").evaluate("box => box.scrollWidth <= box.clientWidth")
    tops = [cell.bounding_box()["y"] for cell in page.locator(".cell").all()]
    assert tops[0] < tops[1] < tops[2] == tops[3] and tops[1] == tops[4] and tops[0] == tops[5]


def test_a_saga_plays_and_every_crash_point_is_a_dot(show, shown):
    page = show(shown["saga"]._repr_html_())
    names = list(shown["saga"].players)
    dots = page.locator("button.dot")
    assert dots.count() == len(names) == 11
    page.get_by_role("button", name="To the end").click()
    settle(page)
    assert page.locator(".outcome").inner_text() == "The saga is compensated."
    assert (
        page.locator(".cell").all_inner_texts()[0].startswith("✓")
        and "undone" in page.locator(".cell.undo", has_text="undo reserve").inner_text()
    )
    for name in names[1:]:
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_function(
            f"(name) => {PLAYER}?.querySelector('.which')?.textContent === name", arg=name
        )
        texts = [shown["saga"].players[name].trace.sentences()]
        down = next(
            number
            for number, sentence in enumerate(texts[0])
            if "crashes before it writes" in sentence
        )
        to(page, down)
        assert page.locator(".outcome").inner_text().startswith("✕ The orchestrator is down.")
        page.get_by_role("button", name="To the end").click()
        settle(page)
        assert page.locator(".outcome").inner_text() == "The saga is compensated."
    assert page.trouble == []


def test_a_dot_keeps_the_keyboard_s_place(show, shown):
    page = show(shown["saga"]._repr_html_())
    page.locator("button.dot").nth(2).focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => {PLAYER}?.activeElement?.classList.contains('dot')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function(
        f"(name) => {PLAYER}?.querySelector('.which')?.textContent === name",
        arg=list(shown["saga"].players)[3],
    )


def test_other_views_get_a_select(show, shown):
    page = show(shown["saga"]._repr_html_().replace(' views="saga"', ' views="fields"'))
    page.get_by_label("Run").first.select_option(index=2)
    page.wait_for_function(
        "() => /a crash "
        "before/.test(document.querySelector('dslab-runs').shadowRoot.querySelector('dslab-trace')?.shadowRoot?.querySelector('.title')?.textContent)"
    )


@pytest.mark.parametrize(
    "view, words",
    [
        ("stream", "no field “event”"),
        ("pipeline", "no log and no queue"),
        ("saga", "This run has no saga"),
    ],
)
def test_a_run_that_lacks_what_a_view_shows_says_so(show, shown, view, words):
    other = {"stream": "saga", "pipeline": "stream", "saga": "stream"}[view]
    trace = (
        shown[other].trace
        if other == "stream"
        else next(iter(shown["saga"].players.values())).trace
    )
    page = show(
        f'<dslab-trace views="{view}"><script '
        f'type="application/json">{trace.dumps()}</script></dslab-trace>'
    )
    assert (
        words in page.locator(".bad").inner_text()
        and page.get_by_role("button", name="One step on").is_visible()
    )


def test_a_choice_without_runs_is_a_sentence(show):
    page = show(
        '<dslab-runs><script type="application/json">{"format": "dslab-runs", "version": '
        '1, "runs": {}}</script></dslab-runs>'
    )
    assert "has no run to begin with" in page.locator(".bad").inner_text()
    page = show(
        '<dslab-runs><script type="application/json">{"format": "dslab-runs", "version": '
        "7}</script></dslab-runs>"
    )
    assert "version 7" in page.locator(".bad").inner_text()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name, step", [("stream", 3), ("pipeline", 14), ("saga", 7)])
def test_looks(show, shown, name, step, width, scheme):
    page = show(
        shown[name]._repr_html_(), viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    to(page, step)
    assert axe(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= width
    looks_as_stored(page, page.locator("main > *").nth(1), name)
