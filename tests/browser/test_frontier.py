"""The frontier plot: axes, limits, keys, pointer, table."""

import json

import pytest

from dslab.show import Figure, frontier
from tests.browser.conftest import axe, settle
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored

FIGURES = {
    "write": Figure("ms", log=True),
    "answered": Figure("%", more=True),
    "stale": Figure("%"),
}
#: protocol, nodes, write, answered, stale
RUNS = [
    ("majority", 3, 12, 96, 0),
    ("majority", 5, 14, 99, 0),
    ("local", 3, 2, 100, 40),
    ("local", 5, 3, 100, 55),
    ("leader", 3, 30, 92, 0),
    ("leader", 5, None, 0, None),
]
POINTS = [dict(zip(("protocol", "nodes", "write", "answered", "stale"), run)) for run in RUNS]


def plot(**more):
    return frontier(
        POINTS,
        FIGURES,
        **{"x": "write", "y": "stale", "series": "protocol", "title": "Writes and staleness"}
        | more,
    )


@pytest.fixture
def drawn(show):
    def open_it(element=None, **options):
        page = show(
            element if isinstance(element, str) else (element or plot())._repr_html_(), **options
        )
        return page, page.locator("dslab-frontier")

    return open_it


def sentence(element):
    return element.locator(".sentence").inner_text()


def front(element):
    return element.evaluate("e => e.front.map((number) => e.content.points[number].name)")


def limit(page, name, value):
    details = page.locator("details", has_text="Limits")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    page.get_by_role("slider", name=name).fill(str(value))
    settle(page)


@pytest.mark.parametrize("x", FIGURES)
@pytest.mark.parametrize("y", FIGURES)
def test_the_frontier_is_python_s_for_every_pair_of_axes(drawn, x, y):
    if x == y:
        return
    page, element = drawn()
    element.get_by_role("combobox", name="Across axis").select_option(x)
    element.get_by_role("combobox", name="Up axis").select_option(y)
    settle(page)
    assert front(element) == plot(x=x, y=y).frontier and page.trouble == []


def test_what_stands_on_the_frontier_is_said_and_drawn(drawn):
    _, element = drawn()
    assert (
        sentence(element)
        == "On the frontier between write and stale: majority 3, local 3. Each other run is "
        "beaten by one of them. One run lacks one of these figures."
    )
    assert element.locator("svg text.name").all_text_contents() == ["majority 3", "local 3"]
    assert element.locator("svg .edge").count() == 1 and element.locator("svg g").count() == 5
    assert (
        "● majority" in element.locator(".legend").inner_text()
        and "■ local" in element.locator(".legend").inner_text()
    )


def test_keys_walk_from_run_to_run(drawn):
    page, element = drawn()
    element.locator("svg[role=img]").focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    assert (
        sentence(element)
        == "protocol local, nodes 3: write 2 ms, answered 100 %, stale 40 %; on the frontier."
    )
    page.keyboard.press("ArrowUp")
    settle(page)
    assert (
        sentence(element)
        == "protocol local, nodes 5: write 3 ms, answered 100 %, stale 55 %; local 3 beats it."
    )
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    settle(page)
    assert sentence(element).startswith("protocol leader, nodes 3") and sentence(element).endswith(
        "majority 3 beats it."
    )
    assert element.locator("svg[role=img]").get_attribute("aria-label").endswith(sentence(element))


def test_pointing_shows_a_run_and_a_click_keeps_it(drawn):
    page, element = drawn()
    box = element.locator("svg[role=img]").bounding_box()
    x, y = element.evaluate("e => e.at(1)")
    page.mouse.move(box["x"] + x, box["y"] + y)
    settle(page)
    assert sentence(element).startswith("protocol majority, nodes 5")
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    settle(page)
    assert sentence(element).startswith("On the frontier")
    page.mouse.click(box["x"] + x, box["y"] + y)
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    settle(page)
    assert sentence(element).startswith("protocol majority, nodes 5")


def test_a_finger_needn_t_be_as_exact_as_a_mouse(drawn):
    page, element = drawn(viewport={"width": 360, "height": 800}, has_touch=True)
    picture = element.locator("svg[role=img]")
    x, y = element.evaluate("e => e.at(3)")
    picture.tap(position={"x": x + 20, "y": y + 8})
    settle(page)
    assert sentence(element).startswith("protocol local, nodes 5")
    page.mouse.click(picture.bounding_box()["x"] + x - 20, picture.bounding_box()["y"] + y - 8)
    settle(page)
    assert sentence(element).startswith("protocol local, nodes 5"), (
        "what lies beside every sign changes nothing"
    )


def test_a_limit_greys_out_what_fails_it_and_the_rest_has_its_frontier(drawn):
    page, element = drawn()
    limit(page, "stale", 0)
    assert sentence(element).startswith(
        "3 of 5 runs are within the limits. On the frontier between write and stale: majority 3."
    )
    assert (
        element.locator("svg .limit").count() == 1
        and "struck out: fails a limit" in element.locator(".legend").inner_text()
    )
    limit(page, "answered", 196)
    assert (
        page.get_by_role("slider", name="answered").get_attribute("aria-valuetext")
        == "at least 98 %"
    )
    assert front(element) == ["majority 5"]
    limit(page, "write", 0)
    assert sentence(element).startswith(
        "0 of 5 runs are within the limits. No run is within the limits."
    )
    limit(page, "write", 200)
    limit(page, "answered", 0)
    limit(page, "stale", 200)
    assert (
        front(element) == ["majority 3", "local 3"] and element.locator("svg .limit").count() == 0
    )


def test_a_logarithmic_axis_is_for_figures_above_nothing(drawn):
    page, element = drawn()
    across, up = (
        element.get_by_role("checkbox", name="Across axis logarithmic"),
        element.get_by_role("checkbox", name="Up axis logarithmic"),
    )
    assert across.is_checked() and up.is_disabled() and not up.is_checked()
    spread = "e => [0, 2, 3].map((number) => e.at(number)[0])"
    log = element.evaluate(spread)
    across.uncheck()
    settle(page)
    even = element.evaluate(spread)
    assert (log[2] - log[1]) / (log[0] - log[1]) > 2 * (even[2] - even[1]) / (even[0] - even[1])


def test_the_table_has_every_run(drawn):
    page, element = drawn()
    limit(page, "stale", 0)
    element.get_by_text("All 6 runs as a table").click()
    rows = [row.split("\t") for row in element.locator("tbody tr").all_inner_texts()]
    assert (
        rows[0] == ["majority", "3", "12", "96", "0", "✓"]
        and rows[2] == ["local", "3", "2", "100", "40", "✗ stale"]
        and rows[5] == ["leader", "5", "–", "0", "–", "✗ stale"]
    )


def test_one_run_and_equal_figures_are_drawn(drawn):
    page, element = drawn(
        frontier(
            [{"n": 1, "a": 0, "b": 5}, {"n": 2, "a": 0, "b": 5}], {"a": Figure(), "b": Figure()}
        )
    )
    assert (
        front(element) == ["1", "2"]
        and element.evaluate("e => e.at(0).every(Number.isFinite)")
        and page.trouble == []
    )


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda data: data.update(version=2), "has format version 2"),
        (lambda data: data["points"][0]["values"].pop(), "cut short or damaged"),
        (lambda data: data.update(x=9), "cut short or damaged"),
        (lambda data: data.pop("points"), "cut short or damaged"),
        (lambda data: data.update(points=[]), "cut short or damaged"),
    ],
)
def test_bad_data_is_a_sentence(drawn, change, words):
    data = json.loads(plot().dumps())
    change(data)
    page, element = drawn(
        "<dslab-frontier><script "
        f'type="application/json">{json.dumps(data)}</script></dslab-frontier>'
    )
    assert words in element.locator(".bad").inner_text() and page.trouble == []


def test_without_scripts_there_is_a_picture_with_words(drawn):
    _, element = drawn(java_script_enabled=False)
    assert element.locator("img").is_visible() and "majority 3, local 3" in element.locator(
        "img"
    ).get_attribute("alt")


def limited(drawn, **options):
    page, element = drawn(**options)
    element.locator("svg[role=img]").focus()
    page.keyboard.press("ArrowRight")
    limit(page, "answered", 190)
    page.evaluate("document.activeElement.blur()")
    settle(page)
    return page, element


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(drawn, scheme, width):
    page, element = limited(drawn, viewport={"width": width, "height": 800}, color_scheme=scheme)
    element.get_by_text("All 6 runs as a table").click()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_stored(drawn, scheme, width):
    page, element = limited(drawn, viewport={"width": width, "height": 900}, color_scheme=scheme)
    looks_as_stored(page, element, "frontier")
