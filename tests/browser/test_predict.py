"""Guess before you see, as a reader does it."""

import functools
import json

import pytest

from dslab.protocols.raft import Raft
from dslab.show import play, predict, predictions
from dslab.sim import Cluster
from tests.browser.conftest import axe, patient, settle, widgets_ready
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored

CHOICE = predict(
    "leader",
    "Who leads after a second?",
    ("n1", "n2", "n3"),
    answer="n2",
    why="`ElectionTimeout` of n2 ran out first.",
)
NUMBER = predict("rounds", "How long does it take?", answer=12, unit="ms", within=2)
TEXT = predict("why", "Why can't n3 lead?", answer="Its log is too short.")


@pytest.fixture
def show(show):
    """A page keeps the guesses of a visit in its memory, so each test is a visit."""
    return functools.partial(show, anew=True)


def html(*elements):
    return "".join(each._repr_html_() for each in elements)


def everything(page):
    """All text that a reader of this page can come upon, shadow roots included."""
    return page.evaluate("""() => {
      const seen = (root) =>
        [...root.childNodes]
          .map((node) =>
            node.nodeType === 3
              ? node.textContent
              : ["SCRIPT", "STYLE"].includes(node.localName?.toUpperCase()) ||
                  (node.checkVisibility && !node.checkVisibility())
                ? ""
                : node.shadowRoot
                  ? seen(node.shadowRoot)
                  : seen(node),
          )
          .join(" ");
      return seen(document.body);
    }""")


def answer(page, number, choose, sure=None):
    element = page.locator("dslab-predict").nth(number)
    choose(element)
    if sure:
        element.get_by_role("slider", name="How sure").fill(str(sure))
    element.get_by_role("button", name="Commit").click()
    return element


def test_nothing_of_the_answer_shows_before_the_guess(show):
    run = Cluster(Raft, 3, clients=0, title="The secret run").run(100)
    page = show(
        html(
            predict(
                "q",
                "Who leads?",
                ("n1", "n2"),
                answer="n2",
                why="Because of timers.",
                then=play(run),
            )
        )
    )
    text = everything(page)
    assert (
        "Who leads?" in text and "timers" not in text and "✓" not in text and "secret" not in text
    )
    assert (
        not page.locator("dslab-trace").is_visible()
        and not page.get_by_text("What happened").is_visible()
    )
    answer(page, 0, lambda element: element.get_by_role("radio", name="n2").check())
    assert (
        "Because of timers." in everything(page)
        and page.locator("dslab-trace").get_by_text("The secret run").is_visible()
    )
    page.locator("dslab-trace").get_by_role("button", name="To the end").click()
    settle(page)
    assert (
        page.locator("dslab-trace").evaluate(
            "player => player.step === player.run.steps.length - 1 && player.width > 300"
        )
        and page.trouble == []
    )


def test_a_wrong_choice_is_marked_with_a_sign_and_can_t_be_changed(show):
    page = show(html(CHOICE))
    element = answer(page, 0, lambda element: element.get_by_role("radio", name="n3").check(), 80)
    assert element.locator(".verdict").inner_text() == "✗ Wrong. You were 80 % sure."
    assert element.locator(".true").inner_text().split("\n") == ["✓", "n2", "what happened"]
    assert element.locator(".false").inner_text().split("\n") == ["✗", "n3", "your guess"]
    assert element.locator("code").inner_text() == "ElectionTimeout"
    assert element.locator("input, button, form").count() == 0
    assert element.evaluate("element => element.shadowRoot.activeElement.className") == "verdict"


def test_by_keyboard_alone(show):
    page = show(html(CHOICE))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "75 %, rather sure"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator(".verdict").inner_text() == "✓ Right. You were 75 % sure."


def test_what_is_typed_is_no_key_of_the_page(show):
    page = show(html(TEXT))
    page.evaluate(
        "() => { const heard = (window.heard = []); addEventListener('keydown', (event) => "
        "heard.push(event.key)); }"
    )
    page.get_by_role("textbox").focus()
    page.keyboard.type("a/b?")
    assert (
        page.get_by_role("textbox").input_value() == "a/b?"
        and page.evaluate("heard.filter((key) => key !== 'Shift')") == []
    )


@pytest.mark.parametrize(
    "guess, word", [("10", "Right"), ("14", "Right"), ("14.5", "Wrong"), ("-3", "Wrong")]
)
def test_a_number_may_be_off_by_a_little(show, guess, word):
    page = show(html(NUMBER))
    element = answer(
        page,
        0,
        lambda element: element.get_by_role("spinbutton", name="How long does it take? In ms").fill(
            guess
        ),
    )
    assert (
        word in element.locator(".verdict").inner_text()
        and element.locator(".true").last.inner_text().split("\n")[1] == "12 ms"
    )


def test_a_reader_knows_how_near_a_number_must_be(show):
    page = show(html(NUMBER, predict("exact", "How many?", answer=3)))
    assert (
        "ms, ± 2 is right" in page.locator("dslab-predict").first.locator("fieldset").inner_text()
        and "±" not in page.locator("dslab-predict").last.locator("fieldset").inner_text()
    )


def test_on_paper_there_is_room_for_a_guess_and_no_button(show):
    page = show(html(NUMBER))
    page.emulate_media(media="print")
    assert (
        page.get_by_role("button").count() == 0
        and not page.get_by_role("slider", include_hidden=True).is_visible()
        and page.get_by_role("spinbutton").is_visible()
    )


def test_a_text_is_compared_by_the_reader(show):
    page = show(html(TEXT))
    element = answer(
        page, 0, lambda element: element.get_by_role("textbox").fill("n3 lacks entries"), 90
    )
    assert (
        element.locator(".verdict").inner_text() == "? Compare. You were 90 % sure."
        and element.locator(".true").inner_text().split("\n")[1] == "Its log is too short."
    )
    element.get_by_role("button", name="Yes, it was right").click()
    assert element.locator(".verdict").inner_text() == "✓ Right. You were 90 % sure."


def test_the_very_words_of_the_answer_are_right_at_once(show):
    page = show(html(TEXT))
    element = answer(
        page, 0, lambda element: element.get_by_role("textbox").fill(" its  log is too short")
    )
    assert "Right" in element.locator(".verdict").inner_text()


@pytest.mark.parametrize(
    "element, plea",
    [
        (CHOICE, "Choose an answer first."),
        (NUMBER, "Write a number first."),
        (TEXT, "Write your guess first."),
    ],
)
def test_no_guess_no_answer(show, element, plea):
    page = show(html(element))
    page.get_by_role("button", name="Commit").click()
    assert page.get_by_role("alert").inner_text() == plea and page.locator(".verdict").count() == 0


def test_a_guess_is_there_after_a_reload_and_belongs_to_its_page(show, scratch, open_page):
    page = show(html(CHOICE, NUMBER))
    answer(page, 0, lambda element: element.get_by_role("radio", name="n2").check(), 70)
    page.reload()
    widgets_ready(page)
    assert page.locator(".verdict").inner_text() == "✓ Right. You were 70 % sure."
    kept = page.evaluate(
        "JSON.parse(localStorage.getItem('dslab:predict:/scratch/widgets.html#leader'))"
    )
    assert kept == {
        "question": "Who leads after a second?",
        "guess": "n2",
        "sure": 70,
        "right": True,
        "page": "Widgets",
    }
    (scratch / "other.html").write_text((scratch / "widgets.html").read_text())
    page.goto(page.url.replace("widgets", "other"))
    widgets_ready(page)
    assert page.locator(".verdict").count() == 0


def test_a_guess_at_another_question_under_the_same_name_doesn_t_count(show):
    page = show(html(CHOICE))
    page.evaluate("""() => {
      for (const [id, guess] of [
        ["leader", { question: "Another?", guess: "n2", sure: 70, right: true, page: "W" }],
        ["rounds", "rubbish"],
      ])
        localStorage.setItem(
          `dslab:predict:/scratch/widgets.html#${id}`,
          JSON.stringify(guess),
        );
    }""")
    page.reload()
    widgets_ready(page)
    assert page.locator(".verdict").count() == 0 and page.trouble == []


def test_with_storage_blocked_it_works_in_this_visit_and_says_so(show, browser, base, scratch):
    show(html(CHOICE, predictions()))
    page = patient(browser).new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new "
        "DOMException('blocked', 'SecurityError'); } })"
    )
    page.goto(f"{base}/scratch/widgets.html")
    widgets_ready(page)
    element = answer(page, 0, lambda element: element.get_by_role("radio", name="n2").check())
    assert "This browser keeps nothing" in element.locator(".note").last.inner_text()
    assert page.locator("dslab-predictions").get_by_text("1 of 1 was right").is_visible()
    page.close()


def guesses(*pairs):
    """Kept guesses at `sure` %, right or wrong."""
    return {
        f"dslab:predict:/scratch/{place}.html#q{number}": {
            "question": f"Question {number}?",
            "guess": "a",
            "sure": sure,
            "right": right,
            "page": place.title(),
        }
        for number, (place, sure, right) in enumerate(pairs)
    }


def keep(page, kept):
    page.evaluate(
        "kept => { for (const [name, guess] of Object.entries(kept)) "
        "localStorage.setItem(name, JSON.stringify(guess)); }",
        kept,
    )
    page.reload()
    widgets_ready(page)


def test_the_chapter_s_guesses_with_their_calibration(show):
    page = show(html(CHOICE, NUMBER, predictions()))
    pairs = [
        ("widgets", 80, True),
        ("widgets", 80, True),
        ("widgets", 80, False),
        ("widgets", 80, True),
        ("widgets", 52, False),
        ("widgets", 58, True),
        ("other", 99, False),
    ]
    keep(page, guesses(*pairs))
    shown = page.locator("dslab-predictions")
    assert shown.locator("tbody tr").count() == 6
    assert shown.locator("li").all_inner_texts() == [
        "Of your guesses at 50 to 59 %, 1 of 2 was right.",
        "Of your guesses at 80 %, 3 of 4 were right.",
    ]
    brier = sum((sure / 100 - right) ** 2 for place, sure, right in pairs[:6]) / 6
    assert (
        f"Brier score {brier:.2f}" in shown.locator(".why").inner_text()
        and "72 % sure and 67 % right: you know what you know" in shown.locator(".why").inner_text()
    )
    assert "2 questions of this page are still open" in shown.get_by_role("status").inner_text()
    answer(page, 1, lambda element: element.get_by_role("spinbutton").fill("11"))
    assert shown.locator("tbody tr").first.inner_text().split("\t") == [
        "How long does it take?",
        "11 ms",
        "50 %",
        "✓ right",
    ]
    answer(page, 0, lambda element: element.get_by_role("radio", name="n1").check())
    assert "still open" not in shown.get_by_role("status").inner_text()
    assert shown.locator("tbody tr").first.inner_text().split("\t") == [
        "Who leads after a second?",
        "n1",
        "50 %",
        "✗ wrong",
    ]


def test_clearing_asks_twice_and_then_every_question_again(show):
    page = show(html(CHOICE, predictions()))
    answer(page, 0, lambda element: element.get_by_role("radio", name="n1").check())
    keep(page, guesses(("other", 60, True)))
    page.get_by_role("button", name="Clear and ask again").click()
    assert page.locator(".verdict").count() == 1
    page.get_by_role("button", name="Press again: this guess will be gone").click()
    assert page.locator(".verdict").count() == 0 and page.get_by_role("radio").count() == 3
    assert page.locator("dslab-predictions").get_by_text("There are none yet.").is_visible()
    assert page.evaluate("Object.keys(localStorage)") == ["dslab:predict:/scratch/other.html#q0"]


def test_the_book_s_guesses_stand_under_their_pages(show):
    page = show(html(predictions(book=True)))
    keep(page, guesses(("one", 60, True), ("two", 90, False)))
    assert [
        row.split("\t")[0] for row in page.locator("dslab-predictions tbody tr").all_inner_texts()
    ] == ["One", "Question 0?", "Two", "Question 1?"]
    assert page.get_by_role("link", name="Two").get_attribute("href") == "/scratch/two.html"


def test_without_scripts_the_question_stands_there_and_the_answer_is_folded(show):
    page = show(html(CHOICE), java_script_enabled=False)
    assert (
        page.get_by_text("Who leads after a second?").is_visible()
        and not page.get_by_text("n2. `Election").is_visible()
    )
    page.get_by_text("What happened").click()
    assert page.locator(".dslab-answer").is_visible()


@pytest.mark.parametrize(
    "change, words",
    [
        ({"version": 2}, "has format version 2"),
        ({"format": "photo"}, "This is no data for dslab-predict"),
        ({"answer": 9}, "has no answer"),
        ({"question": None}, "has no answer"),
    ],
)
def test_bad_data_is_a_sentence(show, change, words):
    data = json.dumps(json.loads(CHOICE.dumps()) | change)
    page = show(f'<dslab-predict><script type="application/json">{data}</script></dslab-predict>')
    assert words in page.locator(".bad").inner_text()


def test_what_a_question_says_is_no_markup(show):
    page = show(
        html(
            predict(
                "x", "<img src=x onerror=alert(1)>", ("<b>a</b>", "b"), answer="b", why="`<i>`"
            ),
            predictions(),
        )
    )
    answer(page, 0, lambda element: element.get_by_role("radio", name="<b>a</b>").check())
    assert page.locator("img, b, i").count() == 0 and page.trouble == []


def page_of_guesses(show, **options):
    page = show(html(CHOICE, NUMBER, TEXT, predictions()), **options)
    answer(page, 0, lambda element: element.get_by_role("radio", name="n3").check(), 80)
    answer(page, 1, lambda element: element.get_by_role("spinbutton").fill("11"), 60)
    return page


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(show, scheme, width):
    page = page_of_guesses(show, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_stored(show, scheme, width):
    page = page_of_guesses(show, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.evaluate("document.activeElement.blur()")
    looks_as_stored(page, page.locator("main"), "predict")
