"""A chapter in the reader's hands: edited, run, broken, stopped, left and come back to."""

import json
import re
import threading

import nbformat
import pytest
from playwright.sync_api import expect

from scripts import serve
from scripts.site import pyodide
from tests.browser.chapter import FINISHED, Chapter, kept, without_python
from tests.browser.conftest import ROOT, SITE, THEME, axe, guarded, patient, visit

START = "notebooks/00_start"
CELLS = [
    "".join(cell["source"])
    for cell in json.loads((ROOT / f"{START}.ipynb").read_text(encoding="utf-8"))["cells"]
    if cell["cell_type"] == "code"
]
#: Cells of the chapter, counted from 1: the run that is to be read, and the exercise.
PLAYS, EXERCISE = (
    CELLS.index("play(reading_run(), at=0)") + 1,
    next(number for number, text in enumerate(CELLS, 1) if 'check("at-most-once"' in text),
)
ENDLESS = "while True: pass"


@pytest.fixture(scope="module")
def shared(browser, base):
    """One live chapter for all tests that leave Python as they found it.

    Each test resets the page first.
    """
    context = guarded(browser, base, accept_downloads=True)
    chapter = Chapter(visit(context, f"{base}/book/{START}.html")).go_live()
    yield chapter
    context.close()


@pytest.fixture
def chapter(shared):
    yield shared
    for number in (2, 3, 5):
        button = shared.cell(number).get_by_role("button", name="Reset", exact=True)
        if button.is_enabled():
            button.click()
    assert shared.page.trouble == []


@pytest.fixture
def live(open_page):
    """`live(page, **options)`: a live chapter in a context of its own."""
    return lambda page=START, **options: Chapter(
        open_page(f"/book/{page}.html", **options)
    ).go_live()


@pytest.fixture
def made_book():
    """The address of the book as `make book` serves it."""
    server = serve.listen(0, serve.handler(SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# Loading


def test_nothing_is_loaded_before_the_button_is_pressed(browser, base):
    context = guarded(browser, base)
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = visit(context, f"{base}/book/{START}.html")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if re.search(r"\.mjs|/python/|\.whl|run\.css|\.ipynb", url)]
    seen = page.evaluate_handle("""() => {
      const seen = [];
      new MutationObserver(() =>
        seen.push(document.querySelector(".run-line")?.textContent),
      ).observe(document.body, { childList: true, subtree: true, characterData: true });
      return seen;
    }""")
    Chapter(page).go_live()
    assert any(
        re.fullmatch(r"Python is loading: \d+\.\d of \d+\.\d MB …", words or "")
        for words in seen.json_value()
    )
    assert [url for url in asked if url.endswith("/pyodide.asm.packed")]
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter(each => "
        "/mjs|css|ipynb/.test(each.name)).reduce((sum, each) => sum + each.decodedBodySize, 0)"
    )
    total = float(re.search(r"of (\d+\.\d) MB", " ".join(filter(None, seen.json_value())))[1])
    assert total + sizes / 1e6 <= 16
    context.close()


def test_a_page_without_cells_has_no_button(open_page):
    page = open_page("/book/book/glossary.html")
    assert page.get_by_role("button", name="Run this page").count() == 0


def test_a_book_opened_as_a_file_says_what_to_do(browser):
    page = patient(browser).new_page()
    page.goto((SITE / f"{START}.html").as_uri())
    assert page.get_by_role("button", name="Run this page").is_disabled()
    assert "serve the book over HTTP" in page.locator(".run-words").inner_text()
    page.close()


def test_a_browser_without_webassembly_is_told(browser, base):
    context = guarded(browser, base)
    context.add_init_script("delete window.WebAssembly")
    page = visit(context, f"{base}/book/{START}.html")
    assert page.get_by_role("button", name="Run this page").is_disabled()
    assert "can't run Python in a page" in page.locator(".run-words").inner_text()
    context.close()


def test_python_that_does_not_arrive_is_a_sentence_and_can_be_tried_again(browser, base):
    context = guarded(browser, base)
    context.route("**/pyodide.asm.packed", lambda route: route.abort())
    context.route("**/config.json", lambda route: route.abort())
    page = visit(context, f"{base}/book/{START}.html")
    chapter = Chapter(page)
    button = page.get_by_role("button", name="Run this page")
    button.click()
    expect(page.locator(".run-words")).to_have_text(
        "This page could not be made live (Failed to fetch): check the connection and press again."
    )
    context.unroute("**/config.json")
    button.click()
    expect(chapter.warning).to_contain_text("Python could not be loaded")
    expect(chapter.warning).to_contain_text("check the connection")
    context.unroute("**/pyodide.asm.packed")
    assert chapter.run(2, "1 + 1") == "2"
    context.close()


def test_without_the_bundled_editor_cells_are_text_fields(browser, base):
    context = guarded(browser, base)
    context.route("**/vendor/*", lambda route: route.fulfill(status=404))
    chapter = Chapter(visit(context, f"{base}/book/{START}.html")).go_live()
    field = chapter.cell(2).get_by_role("textbox")
    field.fill("6 * 7")
    field.press("Control+Enter")
    expect(chapter.cell(2).locator(".cell_output")).to_have_text(re.compile("42"))
    context.close()


@pytest.mark.parametrize(
    "served_by_make_book",
    [False, True],
    ids=["by any server", "by make book, whose headers isolate the page"],
)
def test_a_book_built_without_npm_takes_pyodide_from_its_public_address(
    browser, base, made_book, served_by_make_book
):
    """The public address answers here with the files of the same Pyodide from npm, and with the
    headers that a page must not miss.
    """
    config = json.loads((SITE / "python" / "config.json").read_text(encoding="utf-8"))
    public, asked = pyodide.PUBLIC.format(version=config["version"]), []
    parts = {*pyodide.PARTS, "pyodide.mjs", *pyodide.PARTS.values()}
    config |= {
        "index": public,
        "files": {name: size for name, size in config["files"].items() if name not in parts},
    }

    def answer(route):
        asked.append(name := route.request.url.removeprefix(public))
        kind = {".mjs": "text/javascript", ".wasm": "application/wasm"}.get(
            name[name.rindex(".") :], "application/octet-stream"
        )
        route.fulfill(
            body=(pyodide.NPM / name).read_bytes(),
            content_type=kind,
            headers={
                "Access-Control-Allow-Origin": "*",
                "Cross-Origin-Resource-Policy": "cross-origin",
            },
        )

    address = made_book if served_by_make_book else f"{base}/book"
    context = guarded(browser, address)
    context.route(f"{public}**", answer)
    context.route("**/python/config.json", lambda route: route.fulfill(json=config))
    chapter = Chapter(visit(context, f"{address}/{START}.html")).go_live()
    assert chapter.run(2, "import dslab, sqlite3, sys\nsys.platform") == "'emscripten'"
    assert set(asked) == {*pyodide.PARTS}
    assert sorted(context.trouble) == [f"asks for {public}{name}" for name in sorted(asked)]
    context.close()


# Running


@pytest.mark.parametrize(
    "code, shown",
    [
        ("1 + 1", "2"),
        ("x = 3", ""),
        ("x = 4\nx;", ""),
        ("import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n'd'", "a\nb\nc\n'd'"),
        ("import asyncio\nawait asyncio.sleep(0)\nasync def five(): return 5\nawait five()", "5"),
        ("display('one')\ndisplay('two')\nNone", "'one'\n'two'"),
        (
            "{number: 'x' * 20 for number in range(5)}",
            "{0: 'xxxxxxxxxxxxxxxxxxxx',\n 1: 'xxxxxxxxxxxxxxxxxxxx',\n 2: "
            "'xxxxxxxxxxxxxxxxxxxx',\n 3: 'xxxxxxxxxxxxxxxxxxxx',\n 4: 'xxxxxxxxxxxxxxxxxxxx'}",
        ),
        (
            "from IPython.display import "
            "clear_output\nprint('gone')\nclear_output()\nprint('here')",
            "here",
        ),
        (
            "import inspect\ndef f():\n    return 1\nprint(inspect.getsource(f))",
            "def f():\n    return 1",
        ),
    ],
)
def test_a_cell_shows_what_a_notebook_shows(chapter, code, shown):
    assert chapter.run(2, code) == shown


@pytest.mark.parametrize(
    "code, selector",
    [
        ("from IPython.display import HTML\nHTML('<b id=\"mine\">bold</b>')", "b#mine"),
        (
            "from IPython.display import SVG\nSVG('<svg "
            'xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>\')',
            "svg circle",
        ),
        ("from IPython.display import Markdown\nMarkdown('# Big\\n\\n*soft*')", "em"),
        (
            "from dslab.show import source, table\nfrom dslab.protocols.raft import "
            "Raft\nsource(Raft.on_Vote)",
            ".run-code .tok-keyword",
        ),
        (
            "class Picture:\n    def _repr_png_(self):\n        return b'\\x89PNG'\nPicture()",
            "img[src^='data:image/png']",
        ),
        (
            "handle = display('first', display_id=True)\nfrom IPython.display import "
            "HTML\nhandle.update(HTML('<i>second</i>'))",
            "i",
        ),
        (
            'from IPython.display import HTML\nHTML(\'<p id="script">no</p>'
            '<script>document.getElementById("script").className = "ran"</script>\')',
            "p.ran",
        ),
    ],
)
def test_rich_outputs(chapter, code, selector):
    chapter.run(2, code)
    expect(chapter.cell(2).locator(f".cell_output {selector}").first).to_be_attached()


def test_an_error_shows_the_readers_lines_and_dslabs_and_no_others(chapter):
    shown = chapter.run(
        2,
        "from dslab.protocols.raft import Raft\nfrom dslab.sim import Cluster\ndef "
        "broken(cluster):\n    yield cluster.after(1)\n    1 / 0\n"
        "Cluster(Raft, 3, seed=1).script(broken).run(10)",
    )
    assert (
        "Cell 2, line 6\n" in shown
        and "Cell 2, line 5, in broken\n    1 / 0" in shown
        and shown.endswith("ZeroDivisionError: division by zero")
    )
    assert "dslab/sim/cluster.py" in shown
    assert not re.search(r"site-packages|simpy/|dslab_page|pyodide|<exec>|asyncio", shown)
    assert "failed" in chapter.note(2).inner_text()


def test_an_error_in_the_text_shows_its_place(chapter):
    shown = chapter.run(2, "x = 1\nif x\n    pass")
    assert "Cell 2, line 2" in shown and shown.endswith("SyntaxError: expected ':'")


@pytest.mark.parametrize(
    "code, words",
    [
        ("input('name? ')", "input() has nobody to ask in a page"),
        ("import subprocess\nsubprocess.run(['ls'])", "A page can't start other processes"),
        ("import os\nos.system('ls')", "A page can't start other processes"),
        (
            "import socket\nsocket.socket().connect(('127.0.0.1', 80))",
            "A page can't open network connections",
        ),
        (
            "import urllib.request\nurllib.request.urlopen('http://127.0.0.1/')",
            "A page can't open network connections",
        ),
        (
            "import threading\nthreading.Thread(target=print).start()",
            "A page's Python has one thread",
        ),
        ("import matplotlib.pyplot as plt\nplt.plot([1])", "Matplotlib can't be had in a page"),
        ("%timeit 1 + 1", "%timeit is a command of Jupyter's, not Python"),
        ("x = 1\n!ls", "!ls is a command of Jupyter's, not Python"),
    ],
)
def test_what_a_page_cannot_do_is_refused_in_a_sentence(chapter, code, words):
    shown = chapter.run(2, code)
    assert words in shown and "Traceback" not in shown


def test_a_million_lines_are_cut_with_a_sentence_and_the_page_stays_usable(chapter):
    shown = chapter.run(2, "for number in range(1_000_000): print(number)\nprint('the end')")
    assert shown.startswith("0\n1\n2\n")
    assert (
        "Cut here: this cell printed 6,888,898 characters, and the page keeps the first 200,000."
        in shown
    )
    assert len(shown) < 201_000
    assert chapter.run(3, "number") == "999999"


def test_a_thousand_pictures_are_cut_too(chapter):
    shown = chapter.run(2, "for number in range(1000): display(number)")
    assert "Cut here: this cell showed 1,000 outputs, and the page keeps the first 500." in shown


def test_a_name_from_a_cell_that_did_not_run_is_pointed_out(open_page):
    chapter = Chapter(open_page(f"/book/{START}.html")).go_live()
    assert "NameError" in chapter.run(PLAYS)
    advice = chapter.cell(PLAYS).locator(".run-advice")
    assert "Cell 1, which has to do with play, has not run." in advice.inner_text()
    advice.get_by_role("button", name="Run all above").click()
    chapter.page.wait_for_function(
        "() => document.querySelectorAll('[data-run=ok]').length === " + str(PLAYS)
    )
    assert chapter.cell(PLAYS).locator("dslab-trace").count() == 1


def test_a_folded_cell_s_buttons_are_in_sight_and_going_there_opens_it(chapter):
    chapter.cell(4).get_by_role("button", name="Run", exact=True).wait_for()
    assert not chapter.cell(4).locator(".cm-content").is_visible()
    chapter.write(3, "'before it'")
    chapter.page.keyboard.press("Shift+Enter")
    expect(chapter.cell(4).locator(".cm-content")).to_be_focused()


def test_a_queue_stops_at_the_first_error(chapter):
    chapter.run(5, "'ran before'")
    ran = chapter.note(5).inner_text()
    assert "ran [" in ran
    chapter.write(3, "1 / 0")
    chapter.cell(5).get_by_role("button", name="Run all above").click()
    chapter.page.wait_for_function(FINISHED)
    assert "failed" in chapter.note(3).inner_text()
    assert ran == chapter.note(5).inner_text() and chapter.shown(5) == "'ran before'"


def test_a_text_that_has_not_run_is_told_from_what_is_shown_below_it(chapter):
    cell, caption = chapter.cell(3), chapter.cell(3).locator(".run-caption")
    assert "Cell 3 · not run yet" == chapter.note(3).inner_text() and not caption.is_visible()
    chapter.write(3, "'mine'")
    assert "Cell 3 · not run yet · your text" == chapter.note(3).inner_text()
    expect(caption).to_have_text(
        "Your text has not run yet. What follows is the output of the book's text."
    )
    assert chapter.run(3) == "'mine'"
    expect(caption).to_be_hidden()
    chapter.write(3, "'other'")
    assert (
        chapter.note(3).inner_text().endswith("your text has changed since it ran")
        and chapter.shown(3) == "'mine'"
    )
    cell.get_by_role("button", name="Reset", exact=True).click()
    assert "Cell 3 · not run yet" == chapter.note(3).inner_text() and not caption.is_visible()


def test_while_a_cell_runs_its_last_output_stays_and_time_is_seen_to_pass(chapter):
    chapter.run(2, "'before'")
    chapter.start(2, "import asyncio\nawait asyncio.sleep(10_000)")
    expect(chapter.status).to_have_text(re.compile(r"Cell 2 of \d+ is running"))
    assert chapter.shown(2) == "'before'"
    expect(chapter.bar.locator(".run-more")).to_have_text(re.compile(r"\d+ s"))
    chapter.press("Stop")
    chapter.page.wait_for_function(FINISHED)
    assert "before" not in chapter.shown(2)


# Stopping


def test_stop_ends_an_endless_loop_and_says_what_was_lost(live):
    chapter = live()
    chapter.run(2, "kept = 1")
    chapter.start(3, ENDLESS)
    chapter.press("Stop")
    expect(chapter.warning).to_contain_text("your variables are gone, your text is kept")
    expect(chapter.bar).to_have_attribute("data-state", "ready")
    assert chapter.text(3) == [ENDLESS] and "stopped" in chapter.note(3).inner_text()
    assert "not run since Python was started again" in chapter.note(2).inner_text()
    assert "NameError" in chapter.run(5, "kept")


def test_stop_keeps_the_variables_from_the_first_visit_on_where_make_book_serves_the_page(
    browser, made_book
):
    context = guarded(browser, made_book)
    chapter = Chapter(visit(context, f"{made_book}/{START}.html")).go_live()
    chapter.run(2, "kept = 1")
    chapter.start(3, ENDLESS)
    chapter.press("Stop")
    chapter.page.wait_for_function(FINISHED)
    assert chapter.shown(3) == "Stopped in cell 3, line 1."
    assert chapter.run(5, "kept") == "1"
    # Code that takes the interrupt for itself is ended all the same.
    chapter.start(
        3,
        "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
    )
    chapter.press("Stop")
    expect(chapter.warning).to_contain_text("your variables are gone")
    assert context.trouble == []
    context.close()


def test_stop_ends_what_waits(chapter):
    chapter.run(2, "kept = 2")
    chapter.start(3, "import asyncio\nawait asyncio.sleep(10_000)")
    chapter.press("Stop")
    chapter.page.wait_for_function(FINISHED)
    assert "Stopped" in chapter.shown(3)
    assert chapter.run(5, "kept") == "2"


def test_used_up_memory_is_a_sentence_and_an_offer(live):
    chapter = live()
    shown = chapter.run(2, "kept = []\nwhile True: kept.append(bytearray(200_000_000))")
    assert "MemoryError" in shown
    advice = chapter.cell(2).locator(".run-advice")
    assert "Python has used up the memory that a page may take" in advice.inner_text()
    advice.get_by_role("button", name="Start Python again").click()
    expect(chapter.bar).to_have_attribute("data-state", "ready")
    assert chapter.run(3, "'still here'") == "'still here'"


def test_endless_recursion_is_an_error_like_another(chapter):
    assert "RecursionError" in chapter.run(2, "def down(): return down()\ndown()")
    assert chapter.run(3, "1") == "1"


# Keys


def test_keys_run_and_move_on_and_leave_the_editor(chapter):
    page = chapter.page
    chapter.write(2, "2")
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(FINISHED)
    assert chapter.shown(2) == "2"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Code of cell 3"
    chapter.write(2, "")
    page.keyboard.type("6 / 2  # a slash is a slash")
    assert chapter.text(2) == ["6 / 2  # a slash is a slash"]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Code of cell 2"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


# Widgets


def test_a_scenarios_slider_runs_it_again_in_the_page(chapter):
    number = next(
        n for n in range(1, 18) if any(line.startswith("live(run") for line in chapter.text(n))
    )
    chapter.cell(number).get_by_role("button", name="Run all above").click()
    output = chapter.cell(number).locator(".cell_output")
    expect(output.locator("dslab-trace")).to_have_count(1)
    slider = output.get_by_role("slider", name="seed")
    before = output.locator("dslab-trace script").text_content()
    slider.focus()
    chapter.page.keyboard.press("ArrowRight")
    chapter.page.wait_for_function(
        "([root, before]) => root.querySelector('dslab-trace script')?.textContent !== before",
        arg=[output.element_handle(), before],
    )
    assert "Three nodes, seed 8" in output.locator("dslab-trace script").text_content()


def test_widgets_call_python_back(chapter):
    chapter.run(
        2,
        "import ipywidgets\nbutton, label = ipywidgets.Button(description='Add'), "
        "ipywidgets.Label('0')\n"
        "def add(_):\n    label.value = str(int(label.value) + 1)\n    "
        "print('added')\nbutton.on_click(add)\nipywidgets.VBox([button, label])",
    )
    output = chapter.cell(2).locator(".cell_output")
    output.get_by_role("button", name="Add").click()
    expect(output.locator(".widget-label")).to_have_text("1")
    expect(output.locator(".stream")).to_have_text("added\n")
    assert chapter.run(3, "label.value") == "'1'"


def test_interact_shows_what_its_function_prints_and_fails_with(chapter):
    chapter.run(
        2,
        "from ipywidgets import interact\n@interact(n=(0, 5))\ndef share(n=2):\n    "
        "print('ten by', n)\n    return 10 / n\nNone",
    )
    output = chapter.cell(2).locator(".run-output-widget")
    expect(output).to_contain_text("ten by 2")
    expect(output).to_contain_text("5.0")
    chapter.cell(2).get_by_role("slider", name="n").focus()
    for _ in range(2):
        chapter.page.keyboard.press("ArrowLeft")
    expect(output).to_contain_text("ZeroDivisionError")


def test_anywidget_talks_both_ways(chapter):
    chapter.run(
        2,
        """import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = '''
    function render({ model, el }) {
      const button = document.createElement("button");
      const draw = () => { button.textContent = `count ${model.get("value")}`; };
      button.onclick = () => { model.set("value", model.get("value") + 1); model.save_changes(); };
      model.on("change:value", draw);
      draw();
      el.append(button);
    }
    export default { render };
    '''
    value = traitlets.Int(0).tag(sync=True)
counter = Counter(value=5)
counter""",
    )
    button = chapter.cell(2).get_by_role("button", name="count")
    button.click()
    expect(button).to_have_text("count 6")
    assert chapter.run(3, "counter.value") == "6"
    chapter.run(3, "counter.value = 40")
    expect(button).to_have_text("count 40")


# What is the reader's


def test_edits_survive_a_reload_and_a_tab_that_is_closed_while_a_cell_runs(browser, base):
    context = guarded(browser, base)
    chapter = Chapter(visit(context, f"{base}/book/{START}.html")).go_live()
    chapter.write(2, "mine = 1")
    chapter.start(3, ENDLESS)
    chapter.write(5, "written while a cell runs")
    with chapter.page.expect_event("close"):
        chapter.page.close(run_before_unload=True)
    without_python(context)
    page = visit(context, f"{base}/book/{START}.html")
    assert (
        page.locator(".run-words").inner_text() == "Your edits of 3 cells are kept in this browser."
    )
    again = Chapter(page).open()
    assert [again.text(number) for number in (2, 3, 5)] == [
        ["mine = 1"],
        [ENDLESS],
        ["written while a cell runs"],
    ]
    assert "your text" in again.note(2).inner_text()
    again.cell(2).get_by_role("button", name="Reset").click()
    assert again.text(2)[0] == "class Cashier(Node):"
    page.on("dialog", lambda dialog: dialog.accept())
    again.press("Reset page")
    page.reload()
    again.open()
    assert again.text(5)[0] == "def silent(cause):"
    context.close()


def test_an_edit_is_not_put_into_a_cell_whose_text_has_changed_in_the_book(browser, base):
    context = guarded(browser, base, permissions=["clipboard-read", "clipboard-write"])
    without_python(context)
    chapter = Chapter(visit(context, f"{base}/book/{START}.html")).open()
    chapter.write(PLAYS, "play(reading_run(), at=7)  # mine")
    kept(chapter.page, 1)
    chapter.page.close()

    def changed(old, new):
        def answer(route):
            response = route.fetch()
            text = response.text()
            assert old in text
            route.fulfill(response=response, body=text.replace(old, new))

        return answer

    name, bracket = (
        '<span class="n">{}</span>',
        '<span class="p">(</span><span class="n">reading_run</span>',
    )
    context.route(
        f"**/{START}.html", changed(name.format("play") + bracket, name.format("replay") + bracket)
    )
    context.route(
        f"**/{START}.ipynb", changed('"play(reading_run(), at=0)"', '"replay(reading_run(), at=0)"')
    )
    page = visit(context, f"{base}/book/{START}.html")
    again = Chapter(page).open()
    assert again.text(PLAYS) == ["replay(reading_run(), at=0)"]
    offer = again.cell(PLAYS).locator(".run-old")
    again.write(PLAYS, "another text")
    page.reload()
    again.open()
    assert again.text(PLAYS) == ["another text"]
    assert (
        "has changed since you edited it" in offer.inner_text()
        and "play(reading_run(), at=7)  # mine" in offer.inner_text()
    )
    offer.get_by_role("button", name="Copy my text").click()
    expect(offer.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "play(reading_run(), at=7)  # mine"
    offer.get_by_role("button", name="Discard my text").click()
    expect(offer).to_have_count(0)
    page.reload()
    again.open()
    assert again.text(PLAYS) == ["another text"] and offer.count() == 0
    context.close()


@pytest.mark.parametrize(
    "broken, word",
    [
        (
            "Storage.prototype.setItem = () => { throw new DOMException('no room', "
            "'QuotaExceededError'); }",
            "full",
        ),
        (
            "Object.defineProperty(window, 'localStorage', { get() { throw new "
            "DOMException('not allowed', 'SecurityError'); } })",
            "blocked",
        ),
    ],
)
def test_storage_that_fails_is_a_sentence_and_nothing_is_lost_while_the_tab_is_open(
    browser, base, broken, word
):
    context = guarded(browser, base, accept_downloads=True)
    context.add_init_script(broken)
    without_python(context)
    chapter = Chapter(visit(context, f"{base}/book/{START}.html")).open()
    chapter.write(2, "6 * 7")
    expect(chapter.bar).to_contain_text(f"This browser's storage is {word}")
    assert next(cell for cell in chapter.download()["cells"] if cell["id"] == "00-start-03")[
        "source"
    ] == ["6 * 7"]
    context.close()


def test_the_download_is_a_notebook_with_the_readers_text_and_outputs(chapter):
    chapter.run(2, "print('mine')\n6 * 7")
    notebook = chapter.download()
    nbformat.validate(nbformat.from_dict(notebook))
    published = json.loads((SITE / "_sources" / f"{START}.ipynb").read_text(encoding="utf-8"))
    assert [cell["id"] for cell in notebook["cells"]] == [cell["id"] for cell in published["cells"]]
    mine = next(cell for cell in notebook["cells"] if cell["id"] == "00-start-03")
    assert mine["source"] == ["print('mine')\n", "6 * 7"]
    assert [output["output_type"] for output in mine["outputs"]] == ["stream", "execute_result"]
    assert (
        mine["outputs"][1]["data"] == {"text/plain": ["42"]}
        and mine["outputs"][1]["execution_count"] == mine["execution_count"]
    )
    assert [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"] == [
        cell for cell in published["cells"] if cell["cell_type"] == "markdown"
    ]


def test_running_the_books_own_text_begins_no_exercise(chapter):
    """Run all, on a chapter that nobody has touched, says nothing about the reader."""
    begun = "() => Object.keys(localStorage).filter((key) => key.startsWith('dslab:score:'))"
    chapter.run(1)
    assert re.search(r"\b0 of \d+ points", chapter.run(EXERCISE)), (
        "the book's text has nothing solved"
    )
    assert chapter.page.evaluate(begun) == []
    chapter.write(3, "# mine")
    assert re.search(r"\b0 of \d+ points", chapter.run(EXERCISE))
    assert len(chapter.page.evaluate(begun)) == 1, "an attempt that earned nothing is an attempt"
    chapter.page.evaluate("() => localStorage.clear()")


def test_a_score_is_kept_and_can_be_taken_to_another_browser(browser, base, tmp_path):
    context = guarded(browser, base, accept_downloads=True)
    chapter = Chapter(visit(context, f"{base}/book/{START}.html")).go_live()
    chapter.run(1)
    report = chapter.run(
        2, 'check("read-a-trace", {"1": "", "2": "", "3": "", "4": "", "5": "", "6": ""})'
    )
    assert "0 of 6 points" in report
    report = chapter.run(EXERCISE)
    points = int(re.search(r"(\d+) of 6 points", report)[1])
    assert chapter.cell(EXERCISE).locator(".dslab-report dslab-trace").count() > 0, (
        "a counterexample that plays"
    )
    page = visit(context, f"{base}/book/book/progress.html")
    row = page.get_by_role("row", name="Charge at most once")
    expect(row).to_contain_text(f"{points} of 6")
    expect(row).to_contain_text("begun")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as a file").click()
    file = tmp_path / "dslab-progress.json"
    download.value.save_as(file)
    context.close()

    context = guarded(browser, base)
    page = visit(context, f"{base}/book/book/progress.html")
    row = page.get_by_role("row", name="Charge at most once")
    expect(row).not_to_contain_text("begun")
    page.locator("input[type=file]").set_input_files(file)
    expect(row).to_contain_text("begun")
    expect(page.get_by_role("status")).to_contain_text("Imported 2 scores and the text of 1 cell")
    for text, words in (
        ("{", "is cut short"),
        ('{"format": "photo"}', "is no progress file"),
        ('{"format": "dslab-progress", "version": 9, "entries": {}}', "has version 9"),
    ):
        page.locator("input[type=file]").set_input_files(
            {"name": "x.json", "mimeType": "application/json", "buffer": text.encode()}
        )
        expect(page.get_by_role("status")).to_contain_text(words)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Forget all scores").click()
    expect(row).not_to_contain_text("begun")
    page.goto(f"{base}/book/{START}.html")
    assert (
        page.locator(".run-words").inner_text() == "Your edits of 1 cell are kept in this browser."
    )
    context.close()


# Looks


def test_a_live_page_is_clean_for_axe_and_fits_a_phone(live):
    chapter = live()
    number = next(
        n for n in range(1, 18) if any(line.startswith("live(run") for line in chapter.text(n))
    )
    chapter.cell(number).get_by_role("button", name="Run all above").click()
    expect(chapter.cell(number).locator(".widget_view dslab-trace")).to_have_count(1)
    chapter.run(
        2,
        "print('x' * 500)\n1 / 0  # a comment, 'a string', 12, None\n@staticmethod\ndef f(): pass",
    )
    chapter.write(number + 1, "'not run yet'")
    for scheme, width in (("light", 1280), ("dark", 320)):
        chapter.page.emulate_media(color_scheme=scheme)
        chapter.page.set_viewport_size({"width": width, "height": 800})
        # The theme looks at what scrolls a moment after the window has changed.
        chapter.page.wait_for_function(
            """(scheme) =>
              document.documentElement.dataset.theme === scheme &&
              [...document.querySelectorAll("pre, .cell_output > .output")].every(
                (text) => text.scrollWidth <= text.clientWidth || text.tabIndex === 0,
              )""",
            arg=scheme,
        )
        assert axe(chapter.page, allowed=THEME) == []
        assert chapter.page.evaluate("document.documentElement.scrollWidth") <= width
    assert chapter.page.trouble == []
