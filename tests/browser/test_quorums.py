"""The quorum grid, with a reader's hands, and the same numbers and sentences as Python's."""

import json
from itertools import product

import pytest

from dslab.show import quorums
from tests.browser.conftest import axe, settle
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored


@pytest.fixture
def grid(show):
    """Opens a page with a quorum grid and returns (page, the element)."""

    def open_it(*sizes, html=None, options=None, **more):
        page = show(html or quorums(*sizes, **more)._repr_html_(), **(options or {}))
        return page, page.locator("dslab-quorums")

    return open_it


def pair(page, element):
    settle(page)
    return element.locator(".pair").inner_text()


def said(page, element):
    settle(page)
    sign, answer = element.locator(".answer").inner_text().split(" ", 1)
    assert sign == ("✗" if "don't meet" in answer else "✓")
    return [answer, *element.locator(".said li").all_text_contents()]


def node(element, name):
    return element.locator(f".nodes button[name={name}]")


def test_every_number_and_sentence_is_python_s(show):
    page = show("<p>numbers</p>")
    settings = [
        quorums(replicas, read, write, spares=spares, failed=failed)
        for replicas in range(1, 8)
        for read, write in product(range(1, replicas + 1), repeat=2)
        for spares in (0, 1)
        for failed in ((), ("n1", "s1")[: 1 + spares])
    ]
    settings += [
        quorums(rows * columns, grid=(rows, columns), failed=failed)
        for rows, columns in product(range(1, 5), repeat=2)
        if rows * columns <= 12
        for failed in ((), ("n1",))
    ]
    settings += [quorums(16, 8, 9), quorums(16, 8, 8)]
    answers = page.evaluate(
        """async (settings) => {
          const { counts, example, readers, sentences, writers } =
            await import("/static/parts/quorums-sets.js");
          return settings.map((each) => ({
            counts: counts(each),
            example: example(each),
            sentences: sentences(each),
            sets: each.replicas < 13 ? [readers(each), writers(each)] : null,
          }));
        }""",
        [json.loads(each.dumps()) for each in settings],
    )
    for setting, answer in zip(settings, answers, strict=True):
        assert (
            answer["counts"] == setting.counts() and answer["sentences"] == setting.sentences()
        ), setting.data()
        assert answer["example"] == [list(some) for some in setting.example()]
        if answer["sets"]:
            assert [[tuple(one) for one in some] for some in answer["sets"]] == [
                setting.readers(),
                setting.writers(),
            ]


def test_sets_are_chosen_by_click_and_the_overlap_is_named(grid):
    page, element = grid(5, 2, 3)
    assert (
        pair(page, element)
        == "The read {n1 n2} and the write {n3 n4 n5} don’t meet: the read misses the write."
    )
    node(element, "n3").click()
    assert pair(page, element) == "The read {n1 n2 n3} and the write {n3 n4 n5} meet in {n3}."
    assert (
        node(element, "n3").get_attribute("aria-label") == "n3, in the read set, in the write set"
        and node(element, "n3").get_attribute("aria-pressed") == "true"
    )
    assert (
        node(element, "n3").locator("circle.read").count()
        == node(element, "n3").locator("rect.write").count()
        == 1
    )
    node(element, "n1").click()
    node(element, "n2").click()
    assert "The read set is no quorum: it has 1 of 2 nodes." in pair(page, element)
    element.get_by_role("radio", name="failed").check()
    node(element, "n3").click()
    assert (
        "With {n3} failed, this read can’t finish. With {n3} failed, this write can’t finish."
        in pair(page, element)
    )
    assert said(page, element) == quorums(5, 2, 3, failed=("n3",)).sentences()
    assert page.trouble == []


def test_sets_are_chosen_by_keys(grid):
    page, element = grid(5, 3, 3)
    node(element, "n1").focus()
    page.keyboard.press("ArrowRight")
    assert element.evaluate("grid => grid.shadowRoot.activeElement.name") == "n2"
    page.keyboard.press("w")
    page.keyboard.press("r")
    page.keyboard.press("f")
    settle(page)
    assert node(element, "n2").get_attribute("aria-label") == "n2, in the write set, failed"
    page.keyboard.press(" ")
    settle(page)
    assert (
        node(element, "n2").get_attribute("aria-label")
        == "n2, in the read set, in the write set, failed"
    )


def test_sizes_are_chosen_by_sliders(grid):
    page, element = grid(5, 3, 3)
    assert (
        said(page, element) == quorums(5, 3, 3).sentences()
        and element.get_by_role("combobox", name="Quorums").input_value() == "majority"
    )
    slider = element.get_by_role("slider", name="Read quorum R")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert (
        said(page, element) == quorums(5, 2, 3).sentences()
        and element.get_by_role("combobox", name="Quorums").input_value() == "sizes"
    )
    assert (
        pair(page, element)
        == "The read {n1 n2} and the write {n3 n4 n5} don’t meet: the read misses the write."
    )
    element.get_by_role("combobox", name="Quorums").select_option("majority")
    assert said(page, element) == quorums(5).sentences()


def test_spare_nodes_make_quorums_sloppy(grid):
    page, element = grid(3, 2, 2)
    element.get_by_role("slider", name="Spare nodes").fill("1")
    assert said(page, element) == quorums(3, 2, 2, spares=1).sentences()
    assert (
        pair(page, element)
        == "The read {n1 n2} and the write {n3 s1} don’t meet: the read misses the write."
    )
    node(element, "s1").click()
    assert pair(page, element) == "A read asks the home replicas, and s1 is a spare node."
    assert node(element, "s1").get_attribute("aria-label") == "s1, spare, in the write set"


def test_a_grid_is_chosen_and_stands_as_one(grid):
    page, element = grid(9)
    element.get_by_role("combobox", name="Quorums").select_option("3")
    assert said(page, element) == quorums(9, grid=(3, 3)).sentences()
    tops = [node(element, f"n{number}").bounding_box()["y"] for number in (1, 3, 4)]
    assert (
        tops[0] == tops[1] < tops[2]
        and element.get_by_role("slider", name="Spare nodes").is_disabled()
    )
    node(element, "n3").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("w")
    read, write = quorums(9, grid=(3, 3)).example()
    assert "n6" in write and element.evaluate("grid => grid.shadowRoot.activeElement.name") == "n6"
    assert pair(page, element).startswith(
        f"The read {{{' '.join(read)}}} and the write "
        f"{{{' '.join(name for name in write if name != 'n6')}}}"
    )
    assert pair(page, element).endswith("The write set is no quorum.")


def test_all_pairs_are_a_picture_to_choose_from(grid):
    page, element = grid(5, 2, 3)
    assert (
        element.locator(".caption").inner_text()
        == "All pairs: 10 read quorums down, 10 write quorums across; 10 of 100 (empty, "
        "crossed) don’t meet."
    )
    cell = element.evaluate("grid => grid.cell")
    element.locator("canvas").click(position={"x": cell * 2.5, "y": cell * 3.5})
    shown = quorums(5, 2, 3)
    read, write = shown.readers()[3], shown.writers()[2]
    text = pair(page, element)
    assert f"The read {{{' '.join(read)}}} and the write {{{' '.join(write)}}}" in text
    page.keyboard.press("ArrowRight")
    assert f"the write {{{' '.join(shown.writers()[3])}}}" in pair(
        page, element
    ) and "Now {" in element.locator("canvas").get_attribute("aria-label")
    seen = set()
    for _ in range(10):
        element.get_by_role("button", name="Next pair that doesn’t meet").click()
        text = pair(page, element)
        assert "don’t meet" in text
        seen.add(text)
    assert len(seen) == 10


def test_more_quorums_than_can_be_drawn_are_counted_only(grid):
    page, element = grid(16)
    assert element.locator(".table").is_hidden() and said(page, element) == quorums(16).sentences()


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda data: data.update(version=9), "has format version 9"),
        (lambda data: data.update(read=0), "don't fit together"),
        (lambda data: data.update(grid=[2, 2]), "don't fit together"),
        (lambda data: data.pop("failed"), "don't fit together"),
        (lambda data: data.update(format="dslab-trace"), "no data for dslab-quorums"),
    ],
)
def test_bad_data_is_a_sentence_in_place_of_the_picture(grid, change, words):
    data = json.loads(quorums(5).dumps())
    change(data)
    page, element = grid(
        html="<dslab-quorums><script "
        f'type="application/json">{json.dumps(data)}</script></dslab-quorums><p id="after">on</p>'
    )
    assert (
        words in element.locator(".bad").inner_text()
        and page.locator("#after").is_visible()
        and page.trouble == []
    )


def test_without_scripts_there_is_a_picture_with_words(grid):
    _, element = grid(5, 2, 3, options={"java_script_enabled": False})
    assert (
        element.locator("img").is_visible()
        and element.locator("img").get_attribute("alt") == quorums(5, 2, 3).words()
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(grid, scheme, width):
    page, _ = grid(
        9, 3, 5, options={"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    )
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_it_did(grid, scheme, width):
    page, element = grid(
        5,
        2,
        3,
        spares=1,
        failed=("n2",),
        options={"viewport": {"width": width, "height": 1200}, "color_scheme": scheme},
    )
    element.get_by_role("radio", name="in the write set").check()
    node(element, "n1").click()
    page.mouse.move(0, 0)
    settle(page)
    looks_as_stored(page, element, "quorums")
