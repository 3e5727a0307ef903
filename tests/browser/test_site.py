"""The built book as a whole: its front page, its search, the dark, hints and questions."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import SITE
from tests.browser.test_pages import PAGES


def test_the_site_is_built():
    missing = [page for page in PAGES if not (SITE / f"{page}.html").is_file()]
    assert not missing, f"run `make site`: {missing} are not built"


def test_the_front_page_leads_into_the_book(open_page):
    page = open_page("/book/index.html")
    page.wait_for_url("**/book/preface.html")
    page.get_by_role("link", name="How this book works").first.click()
    page.wait_for_url("**/notebooks/00_start.html")
    page.locator("a.right-next").click()
    page.wait_for_url("**/book/cap_theorem.html")
    page.locator("a.left-prev").click()
    page.wait_for_url("**/notebooks/00_start.html")


def test_search_finds_a_word(open_page):
    page = open_page("/book/search.html?q=indistinguishable")
    page.locator("#search-results li a").first.wait_for()
    page.get_by_text("The CAP theorem").or_(page.get_by_text("Glossary")).first.wait_for()
    assert page.trouble == []


def test_dark_mode_is_one_click_and_the_player_follows(open_page):
    page = open_page("/book/notebooks/12_raft_election.html", color_scheme="light")
    player = page.locator("dslab-trace").first
    assert player.get_attribute("dark") is None
    for _ in range(3):
        page.locator("button.theme-switch-button:visible").first.click()
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator("dslab-trace[dark]").first.wait_for(state="attached")


def test_hints_are_hidden_until_they_are_asked_for(open_page):
    page = open_page("/book/notebooks/12_raft_election.html")
    hint = (
        page.get_by_text("Take Figure 2", exact=False)
        .or_(page.get_by_text("take Figure 2", exact=False))
        .first
    )
    assert not hint.is_visible()
    page.get_by_text("A first hint").click()
    assert hint.is_visible()


def test_words_that_tell_the_answer_wait_for_the_guess(open_page):
    page = open_page("/book/notebooks/00_start.html")
    question, answer = (
        page.locator("dslab-predict").nth(1),
        page.get_by_text("Two were charged and two were not", exact=False),
    )
    question.scroll_into_view_if_needed()
    waiting = page.locator(".after-guess")
    waiting.first.wait_for()
    expect(answer).to_be_hidden()
    assert question.locator("css=details .dslab-table").first.is_hidden()
    question.get_by_role("radio", name="3").check()
    question.get_by_role("button", name="Commit, then see").click()
    answer.wait_for()
    page.reload()
    question.scroll_into_view_if_needed()
    question.locator(".verdict").wait_for()
    answer.wait_for()


def test_who_would_rather_not_guess_reads_on_and_so_does_paper(open_page):
    page = open_page("/book/notebooks/00_start.html")
    words, last = (
        page.get_by_text("The stage shows who stands where", exact=False),
        page.get_by_text("It is always the last messenger", exact=False),
    )
    page.locator("dslab-predict").last.scroll_into_view_if_needed()
    page.locator("dslab-predict").first.scroll_into_view_if_needed()
    onward = page.get_by_role("button", name="Read on without a guess")
    onward.first.press("Enter")
    words.wait_for()
    assert words.evaluate("words => document.activeElement === words")
    expect(last).to_be_hidden()
    page.emulate_media(media="print")
    assert last.is_visible() and not onward.first.is_visible()


def test_mathematics_is_typeset_from_the_site_itself(open_page, scratch):
    html = Path(SITE / "search.html").read_text()
    assert (SITE / "_static" / "vendor" / "mathjax" / "tex-mml-chtml.js").is_file(), html[:0]
    (scratch / "math.html").write_text(
        '<!doctype html><html lang="en"><title>m</title><p>\\(x^2\\)</p>'
        '<script src="/book/_static/vendor/mathjax/tex-mml-chtml.js"></script>'
    )
    page = open_page("/scratch/math.html")
    page.locator("mjx-container").wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    assert page.trouble == []
