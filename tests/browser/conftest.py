"""The built book on loopback, and headless Chromium, which may ask no other host for anything."""

import functools
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
AXE = ROOT / "scripts" / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = ("--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
             "--disable-component-update --disable-sync").split() + ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]

#: What the theme itself leaves to be desired: rule ids of axe, and nothing else.
THEME = {"label-content-name-mismatch", "summary-name", "region", "aria-required-children"}
#: What the theme says on the console on a first visit, and Playwright.
CHATTER = ("[PST]", "Got invalid theme mode", "[togglebutton]", "Service Worker registration blocked by Playwright")


class Handler(SimpleHTTPRequestHandler):
    """Serves folders under given prefixes, quietly."""

    def __init__(self, *arguments, folders, **more):
        self.folders = folders
        super().__init__(*arguments, directory="/", **more)

    def translate_path(self, path):
        for prefix, folder in self.folders.items():
            if path.startswith(prefix):
                self.directory = str(folder)
                return super().translate_path("/" + path[len(prefix):])
        return super().translate_path("/nowhere")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    """A folder whose files are served under /scratch/."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="session")
def base(scratch):
    """The address of a server that has the book at /book/, the player's script at /static/ and scratch pages."""
    folders = {"/book/": SITE, "/static/": ROOT / "dslab" / "show" / "static", "/scratch/": scratch}
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, folders=folders))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: run `sudo apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, base):
    """`open_page(path, **context options)`: a page, with what it asked of others and what went wrong in `trouble`."""
    contexts = []

    def open_it(path, **options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}, "service_workers": "block"} | options))
        contexts.append(context)
        page = context.new_page()
        page.trouble = []

        def gate(route):
            if route.request.url.startswith((base, "data:", "blob:")):
                route.continue_()
            else:
                page.trouble.append(f"asks for {route.request.url}")
                route.abort()

        context.route("**/*", gate)
        page.on("pageerror", lambda error: page.trouble.append(f"error: {error}"))
        page.on("console", lambda message: page.trouble.append(f"console: {message.text}")
                if message.type in ("error", "warning") and not message.text.startswith(CHATTER) else None)
        page.goto(f"{base}{path}", wait_until="load")
        return page

    yield open_it
    for context in contexts:
        context.close()


def axe(page, *, allowed=frozenset()) -> list[str]:
    """What axe finds on a page beyond the `allowed` rules."""
    assert AXE.is_file(), "axe-core is not there: run `make site` on a machine with npm"
    # A colour that is still changing is neither the old one nor the new one.
    page.add_style_tag(content="*, *::before, *::after { transition: none !important; animation: none !important; }")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}" for each in found if each["id"] not in allowed]
