"""The built book on loopback, and headless Chromium, which may ask no other host for anything."""

import functools
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
AXE = ROOT / "scripts" / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split() + ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]

#: Five seconds, Playwright's own idea, are not enough for Python on a busy machine.
expect.set_options(timeout=60_000)

#: What the theme itself leaves to be desired: rule ids of axe, and nothing else.
THEME = {"label-content-name-mismatch", "summary-name", "region", "aria-required-children"}
#: What the theme says on the console on a first visit, and Playwright.
CHATTER = (
    "[PST]",
    "Got invalid theme mode",
    "[togglebutton]",
    "Service Worker registration blocked by Playwright",
)


class Handler(SimpleHTTPRequestHandler):
    """Serves folders under given prefixes, quietly."""

    def __init__(self, *arguments, folders, **more):
        self.folders = folders
        super().__init__(*arguments, directory="/", **more)

    def translate_path(self, path):
        for prefix, folder in self.folders.items():
            if path.startswith(prefix):
                self.directory = str(folder)
                return super().translate_path("/" + path[len(prefix) :])
        return super().translate_path("/nowhere")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    """A folder whose files are served under /scratch/."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="session")
def base(scratch):
    """The address of a server that has the book at /book/, the player's script at /static/ and
    scratch pages.
    """
    folders = {"/book/": SITE, "/static/": ROOT / "dslab" / "show" / "static", "/scratch/": scratch}
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, folders=folders))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(
    scope="package"
)  # Playwright holds an event loop, and other tests run their own in the same process.
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: run `sudo apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, base):
    """`open_page(path, **context options)`: a page, with what it asked of others and what went
    wrong in `trouble`.
    """
    contexts = []

    def open_it(path, **options):
        context = guarded(browser, base, **options)
        contexts.append(context)
        return visit(context, f"{base}{path}")

    yield open_it
    for context in contexts:
        context.close()


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Widgets</title><script type="module" src="/static/dslab.js"></script></head><body><main><h1>Widgets</h1>{}</main></body></html>"""


@pytest.fixture
def show(open_page, scratch):
    """`show(html, **context options)`: a page with these elements on it, once they are drawn."""

    def show_it(html, **options):
        (scratch / "widgets.html").write_text(PAGE.format(html), encoding="utf-8")
        page = open_page("/scratch/widgets.html", **options)
        if options.get("java_script_enabled", True):
            widgets_ready(page)
            settle(
                page
            )  # A first picture may give the page a scroll bar, and so itself another width.
        return page

    return show_it


def settle(page) -> None:
    """Let the frame that was asked for be painted."""
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def widgets_ready(page) -> None:
    """Wait until every widget of the page, and every widget inside another, has drawn its first
    picture, or said why it can't.
    """
    page.wait_for_function("""() => {
        const all = (root) => [...root.querySelectorAll("*")].flatMap((each) => [each, ...(each.shadowRoot ? all(each.shadowRoot) : [])]);
        return all(document).filter((each) => each.localName.startsWith("dslab-")).every((each) => each.painted || each.shadowRoot?.querySelector(".bad"));
    }""")


def guarded(browser, base, **options):
    """A browser context that may ask no other host for anything; what it tried stands in
    `trouble`.
    """
    context = browser.new_context(
        **({"viewport": {"width": 1280, "height": 900}, "service_workers": "block"} | options)
    )
    context.set_default_timeout(
        120_000
    )  # Longer than a busy machine takes; what never comes still ends before pytest's own limit.
    context.trouble = []

    def gate(route):
        if route.request.url.startswith((base, "data:", "blob:")):
            route.continue_()
        else:
            context.trouble.append(f"asks for {route.request.url}")
            route.abort()

    context.route("**/*", gate)
    return context


def visit(context, address):
    """A page of a guarded context; what goes wrong in it comes to the context's `trouble`."""
    page = context.new_page()
    page.trouble = context.trouble
    page.on("pageerror", lambda error: page.trouble.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: (
            page.trouble.append(f"console: {message.text}")
            if message.type in ("error", "warning") and not message.text.startswith(CHATTER)
            else None
        ),
    )
    page.goto(address, wait_until="load")
    return page


def axe(page, *, allowed=frozenset()) -> list[str]:
    """What axe finds on a page beyond the `allowed` rules."""
    assert AXE.is_file(), "axe-core is not there: run `make site` on a machine with npm"
    # A colour that is still changing is neither the old one nor the new one.
    page.add_style_tag(
        content="*, *::before, *::after { transition: none !important; "
        "animation: none !important; }"
    )
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["id"] not in allowed
    ]
