"""The design board, as a reader decides on it."""

import json
from random import Random

import pytest

from dslab.show import design_board
from dslab.show.design_board import conflicts
from tests.browser.conftest import axe, patient, settle, widgets_ready
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored
from tests.show.test_design_board import CHEAP, CHOICES, FAST, FIGURES, FRESH, board


@pytest.fixture
def drawn(show):
    def open_it(element=None, **options):
        page = show(
            element if isinstance(element, str) else (element or board())._repr_html_(), **options
        )
        return page, page.locator("dslab-design-board")

    return open_it


def choose(page, *options):
    for option in options:
        page.locator("label.option", has=page.get_by_text(option, exact=True)).get_by_role(
            "radio"
        ).check()
    settle(page)


def lines(element):
    return [
        [part for part in line.split("\n") if part]
        for line in element.locator(".requirement").all_inner_texts()
    ]


def moves(element):
    return [text.partition(": ")[2] for text in element.locator(".moving li").all_text_contents()]


def marks(element):
    """Beside each option the signs of the requirements that it would meet."""
    return dict(
        zip(
            ("all", "most", "one", "3", "5"),
            (
                "".join(mark.locator("b, i").all_text_contents())
                for mark in element.locator(".marks").all()
            ),
        )
    )


def status(element):
    return element.locator(".sentence").inner_text()


def test_each_requirement_says_whether_it_is_met_by_how_much_and_what_moves_it(drawn):
    page, element = drawn()
    choose(page, "most", "3")
    assert lines(element) == [
        ["✗", "It is fast", "ms 30 ms, at most 20 ms: 10 ms too much"],
        ["✓", "It is fresh", "stale 0, at most 0: just so"],
        ["✓", "It answers", "answered 96 %, at least 95 %: 1 % to spare"],
    ]
    assert moves(element) == [
        "Moved by copies (all: 20 ms ✓, one: 5 ms ✓) and nodes (5: 35 ms ✗).",
        "Moved by copies (one: 40 ✗).",
        "Moved by copies (all: 90 % ✗) and nodes (5: 99.5 % ✓).",
    ]
    assert status(element) == "2 of 3 requirements are met; missed: “It is fast”."
    choose(page, "all")
    assert (
        moves(element)[2] == "Moved by copies (most: 96 % ✓) and nodes (5: 80 % ✗)."
        and "5 % too little" in lines(element)[2][-1]
    )
    assert page.trouble == []


def test_each_option_shows_what_it_would_meet(drawn):
    page, element = drawn()
    choose(page, "most", "3")
    assert marks(element) == {"all": "✓✓✗", "most": "✗✓✓", "one": "✓✗✗", "3": "✗✓✓", "5": "✗✓✓"}
    choose(page, "5")
    assert marks(element) == {"all": "✗✓✗", "most": "✗✓✓", "one": "", "3": "✗✓✓", "5": "✗✓✓"}
    assert page.get_by_role("radio", name="all (meets 1 of 3)").count() == 1


def test_a_map_of_all_designs_leads_to_each(drawn):
    page, element = drawn()
    cells = element.locator(".map button")
    assert cells.all_inner_texts() == ["2", "1", "2", "2", "1", "–"] and cells.last.is_disabled()
    assert (
        element.locator(".map [aria-current]").get_attribute("aria-label") == "all, 3: meets 2 of 3"
    )
    cells.nth(3).click()
    settle(page)
    assert (
        element.evaluate("e => e.options(e.chosen)") == ["most", "5"]
        and page.get_by_role("radio", name="most").is_checked()
        and page.get_by_role("radio", name="5").is_checked()
    )
    assert (
        element.locator(".map [aria-current]").get_attribute("aria-label")
        == "most, 5: meets 2 of 3"
    )
    whole = design_board("cart", [FRESH], CHOICES, FIGURES)
    page, element = drawn(whole)
    assert element.locator(".map button.whole").all_inner_texts() == ["✓ 1"] * 4


def test_the_map_is_walked_with_arrows_and_a_design_chosen_with_enter(drawn):
    """All designs but the last, which has no run, in a table of two options by three."""
    page, element = drawn()

    def focused():
        return element.evaluate("e => e.shadowRoot.activeElement?.getAttribute('aria-label')")

    element.locator(".map [tabindex='0']").focus()
    assert focused() == "all, 3: meets 2 of 3"
    for key, there in [
        ("ArrowRight", "all, 5: meets 1 of 3"),
        ("ArrowRight", "all, 5: meets 1 of 3"),
        ("ArrowDown", "most, 5: meets 2 of 3"),
        ("ArrowDown", "most, 5: meets 2 of 3"),
        ("ArrowLeft", "most, 3: meets 2 of 3"),
        ("ArrowDown", "one, 3: meets 1 of 3"),
        ("ArrowRight", "one, 3: meets 1 of 3"),
        ("ArrowUp", "most, 3: meets 2 of 3"),
    ]:
        page.keyboard.press(key)
        assert focused() == there, f"after {key}"
    assert (
        element.locator(".map [aria-current]").get_attribute("aria-label") == "all, 3: meets 2 of 3"
    ), "walking chooses nothing"
    page.keyboard.press("Enter")
    settle(page)
    assert (
        element.evaluate("e => e.options(e.chosen)") == ["most", "3"]
        and focused() == "most, 3: meets 2 of 3"
    )
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert focused() == "most, 3: meets 2 of 3", "one stop for Tab, where the reader was"


def test_a_board_with_too_many_designs_for_a_map_has_none(drawn):
    page, element = drawn(
        design_board("cart", [FAST], {"a": range(9), "b": range(9)}, lambda a, b: {"ms": a * b})
    )
    assert (
        element.locator(".map").is_hidden() and lines(element)[0][0] == "✓" and page.trouble == []
    )


def test_the_page_agrees_with_python_about_every_design(drawn):
    page, element = drawn()
    for design, met in board().met.items():
        choose(page, *design)
        assert [line[0] == "✓" for line in lines(element)] == met


def test_what_no_design_gives_is_said(drawn):
    _, element = drawn()
    assert element.locator(".conflicts li").all_inner_texts() == [
        "No design here meets both “It is fast” and “It answers”."
    ]
    assert element.locator(".all").count() == 0


def test_conflicts_and_solutions_are_python_s(drawn):
    chance = Random(3)
    table = {
        design: {
            "ms": chance.choice([10, 30]),
            "stale": chance.choice([0, 1]),
            "answered": chance.choice([90, 99]),
        }
        for design in FIGURES
    }
    some = design_board("cart", [FAST, FRESH, CHEAP], CHOICES, table)
    _, element = drawn(some)
    assert element.evaluate("e => e.conflicts()") == [
        list(each) for each in conflicts(list(some.met.values()))
    ]
    whole = [", ".join(design) for design, met in some.met.items() if all(met)]
    assert element.locator(".all li").all_text_contents() == whole


def test_a_design_without_a_run_is_a_plain_sentence(drawn):
    page, element = drawn()
    choose(page, "one", "5")
    assert (
        status(element)
        == "There is no run of this design, so nothing is known of it: choose otherwise."
        and lines(element) == []
    )
    choose(page, "3")
    assert "the run has no figure; at least 95 % is asked" in lines(element)[2][-1]


def test_by_keyboard_alone(drawn):
    page, element = drawn()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    settle(page)
    assert element.evaluate("e => e.options(e.chosen)") == ["most", "5"]


def test_design_and_reason_are_there_after_a_reload(drawn):
    page, element = drawn()
    choose(page, "most", "5")
    element.get_by_role("textbox", name="Why this design?").fill("It answers.")
    page.reload()
    widgets_ready(page)
    assert (
        page.get_by_role("radio", name="most").is_checked()
        and page.get_by_role("radio", name="5").is_checked()
    )
    assert page.get_by_role("textbox", name="Why this design?").input_value() == "It answers."
    assert page.evaluate(
        "JSON.parse(localStorage.getItem('dslab:design:/scratch/widgets.html#cart'))"
    ) == {"options": ["most", "5"], "reason": "It answers."}


@pytest.mark.parametrize(
    "kept", ['"rubbish"', '{"options": ["gone", "5"]}', '{"options": 3, "reason": 4}', "{"]
)
def test_what_was_kept_of_another_board_does_no_harm(drawn, kept):
    page, element = drawn()
    page.evaluate(
        "kept => localStorage.setItem('dslab:design:/scratch/widgets.html#cart', kept)", kept
    )
    page.reload()
    widgets_ready(page)
    assert (
        len(lines(element)) == 3
        and page.get_by_role("radio", name="all").is_checked()
        and page.trouble == []
    )


def test_with_storage_blocked_it_says_so(drawn, browser, base):
    drawn()
    page = patient(browser).new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new "
        "DOMException('blocked', 'SecurityError'); } })"
    )
    page.goto(f"{base}/scratch/widgets.html")
    widgets_ready(page)
    choose(page, "most")
    assert (
        "This browser keeps nothing" in page.locator(".note").inner_text()
        and len(lines(page.locator("dslab-design-board"))) == 3
    )
    page.close()


def test_the_design_goes_out_as_text(drawn):
    page, element = drawn()
    choose(page, "most")
    element.get_by_role("textbox", name="Why this design?").fill("Nobody waits.")
    assert element.get_by_role("textbox").count() == 1
    element.get_by_role("button", name="Copy as text").click()
    page.wait_for_function(
        "() => document.querySelector('dslab-design-board').shadowRoot.querySelector('.note')"
        ".textContent.startsWith('The text')"
    )
    assert element.get_by_role("textbox", name="The design as text").input_value().split("\n") == [
        "A cart",
        "",
        "copies: most",
        "nodes: 3",
        "",
        "✗ It is fast (ms 30 ms, at most 20 ms: 10 ms too much)",
        "✓ It is fresh (stale 0, at most 0: just so)",
        "✓ It answers (answered 96 %, at least 95 %: 1 % to spare)",
        "",
        "Why: Nobody waits.",
    ]


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda data: data.update(version=2), "has format version 2"),
        (lambda data: data["table"].pop(), "cut short or damaged"),
        (lambda data: data["table"][0].pop(), "cut short or damaged"),
        (lambda data: data.pop("choices"), "cut short or damaged"),
        (lambda data: data.update(requirements=[]), "cut short or damaged"),
    ],
)
def test_bad_data_is_a_sentence(drawn, change, words):
    data = json.loads(board().dumps())
    change(data)
    page, element = drawn(
        f'<dslab-design-board><script type="application/json">{json.dumps(data)}</script>'
        "</dslab-design-board>"
    )
    assert words in element.locator(".bad").inner_text() and page.trouble == []


def test_without_scripts_there_is_a_table(drawn):
    _, element = drawn(java_script_enabled=False)
    assert element.locator("table").is_visible() and element.locator("tbody tr").count() == 5


def decided(drawn, **options):
    page, element = drawn(**options)
    choose(page, "most")
    element.get_by_role("textbox", name="Why this design?").fill("Nobody waits for the slowest.")
    page.evaluate("document.activeElement.blur()")
    settle(page)
    return page, element


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(drawn, scheme, width):
    page, _ = decided(drawn, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_stored(drawn, scheme, width):
    page, element = decided(drawn, viewport={"width": width, "height": 900}, color_scheme=scheme)
    looks_as_stored(page, element, "design-board")
