"""The book without a network: the service worker, from a subpath, with the server really gone."""

import pytest

from tests.browser.conftest import SITE, patient
from tests.browser.reader import Reader, Server, cached, settled

CHAPTERS = ("notebooks/00_start", "notebooks/03_cap", "notebooks/12_raft_election")


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path)
    yield found
    found.stop()


@pytest.fixture
def reader(browser, server):
    found = Reader(browser, server)
    yield found
    found.context.close()


def test_after_one_visit_the_book_opens_and_is_searched_without_a_network(server, reader):
    settled(reader.visit("book/preface.html")).close()
    server.stop()
    for chapter in CHAPTERS:
        page = reader.visit(f"{chapter}.html")
        assert page.locator("article h1").count() == 1
        if page.locator("dslab-trace").count():
            page.wait_for_function(
                "() => document.querySelector('dslab-trace').run?.steps.length > 0"
            )
        assert reader.trouble == []
        page.close()
    page = reader.visit("search.html?q=partition")
    page.locator("#search-results li a").first.wait_for()
    assert reader.trouble == []
    server.start()


def test_python_is_kept_only_on_request_and_then_whole(server, reader):
    page = settled(reader.visit("book/preface.html"))
    [paths] = cached(page).values()
    assert not [path for path in paths if "/python/" in path or "/lite/" in path]
    page.get_by_role("button", name="Keep this book and its Python").click()
    page.get_by_text("This book and its Python open without a network.").wait_for()
    [paths] = cached(page).values()
    assert "/some/where/python/pyodide.asm.packed" in paths and not [
        path for path in paths if "/lite/" in path
    ]


def test_a_chapter_that_was_run_once_runs_without_a_network(server, reader):
    def live():
        page = settled(reader.visit("notebooks/00_start.html"))
        page.get_by_role("button", name="Run this page").click()
        page.get_by_text("Python is ready.").wait_for()
        return page

    page = live()
    # The rest comes by itself: controls, and the notebooks of other chapters.
    wanted = {
        "/some/where/_static/run/widgets.mjs",
        "/some/where/_static/run/vendor/widgets.mjs",
        "/some/where/_sources/notebooks/03_cap.ipynb",
    }
    while not wanted <= set(*cached(page).values()):  # pytest's own limit ends the wait.
        page.wait_for_timeout(200)
    page.close()
    server.stop()
    page = live()
    # On a page that is apart from all others a cell can be interrupted.
    assert page.evaluate("() => crossOriginIsolated")
    page.get_by_role("button", name="Run all", exact=True).click()
    cells = page.locator(".run-cell-bar").count()
    page.get_by_text(f"Python is ready. Of {cells} cells: {cells} ran here.").wait_for()
    assert reader.trouble == []
    server.start()


def test_a_new_edition_is_offered_and_replaces_the_old_one_whole(server, reader):
    page = settled(reader.visit("book/glossary.html"))
    [old] = cached(page)
    server.change("book/glossary.html", "<h1>", "<h1>Second edition: ")
    server.change(
        "_static/book.css", "table.dslab-table {", ":root { --edition: 2; } table.dslab-table {"
    )
    server.publish()
    page.reload()
    edition = (
        "() => [document.querySelector('h1')?.textContent.includes('Second edition'), "
        "getComputedStyle(document.documentElement).getPropertyValue('--edition')]"
    )
    assert page.evaluate(edition) == [False, ""]
    page.get_by_text("A newer edition of this book is here.").wait_for()
    page.get_by_role("button", name="Load it").click()
    page.wait_for_function(
        "() => document.querySelector('h1')?.textContent.includes('Second edition')"
    )
    assert page.evaluate(edition) == [True, "2"]
    [new] = cached(page)
    assert new != old


def test_a_newer_edition_comes_by_itself_when_no_page_of_the_old_one_is_left(server, reader):
    page = settled(reader.visit("book/glossary.html"))
    server.change("book/glossary.html", "<h1>", "<h1>Second edition: ")
    server.publish()
    page.reload()
    page.get_by_text("A newer edition of this book is here.").wait_for()
    assert "Second edition" not in page.locator("article h1").inner_text()
    page.close()
    # A browser holds on to a closed page for a moment.
    while (
        "Second edition"
        not in (page := reader.visit("book/glossary.html")).locator("article h1").inner_text()
    ):
        page.close()
    while len(cached(page)) > 1:
        page.wait_for_timeout(100)
    assert reader.trouble == []


def test_a_build_that_is_not_whole_is_not_kept(server, reader):
    server.change("_static/book.css", "table.dslab-table {", "table.other {")
    page = reader.visit("book/glossary.html")
    state = page.evaluate("""async () => {
      const found = await navigator.serviceWorker.register("../service-worker.js", {
        scope: "../",
      });
      while (found.installing) await new Promise((done) => setTimeout(done, 50));
      return found.waiting || found.active ? "kept" : "refused";
    }""")
    assert state == "refused" and reader.trouble == []
    assert page.get_by_role("heading", name="Glossary").count() == 1


def test_a_book_opened_as_a_file_is_read_without_any_of_this(browser):
    page = patient(browser).new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"file://{SITE}/book/glossary.html")
    assert errors == [] and page.locator(".dslab-offline").count() == 0
    page.close()
