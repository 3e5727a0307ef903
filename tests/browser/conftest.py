"""The built book on loopback, and headless Chromium, which may ask no other host for anything."""

import base64
import functools
import io
import re
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser import easel
from tests.suite.patience import PATIENCE

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
STATIC = ROOT / "dslab" / "show" / "static"
NPM = ROOT / "scripts" / "web" / "node_modules"
AXE = NPM / "axe-core" / "axe.min.js"
FONTS = NPM / "@fontsource"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --font-render-hinting=none --disable-lcd-text"
).split() + ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]

expect.set_options(timeout=PATIENCE)

#: What the theme itself leaves to be desired: rule ids of axe, and nothing else.
THEME = {"label-content-name-mismatch", "summary-name", "region", "aria-required-children"}
#: What the theme says on the console on a first visit, and Playwright.
CHATTER = (
    "[PST]",
    "Got invalid theme mode",
    "[togglebutton]",
    "Service Worker registration blocked by Playwright",
)


def in_our_fonts(text: str) -> str:
    """A script or a style sheet that takes the fonts of the tests, and not the machine's."""
    text = re.sub(r"\b(ui-)?monospace\b", "test-mono", text)
    return re.sub(r"\b(system-ui|sans-serif)\b", "test-sans", text)


class Handler(SimpleHTTPRequestHandler):
    """Serves folders under given prefixes, quietly; widgets under test draw in our fonts."""

    def __init__(self, *arguments, folders, **more):
        self.folders = folders
        super().__init__(*arguments, directory="/", **more)

    def translate_path(self, path):
        for prefix, folder in self.folders.items():
            if path.startswith(prefix):
                self.directory = str(folder)
                return super().translate_path("/" + path[len(prefix) :])
        return super().translate_path("/nowhere")

    def send_head(self):
        if self.path == "/favicon.ico":  # Chromium's own idea, which no page asked for.
            self.send_response(204)
            return self.end_headers()
        path = Path(self.translate_path(self.path))
        if not (self.path.startswith("/static/") and path.suffix in (".js", ".css")):
            return super().send_head()
        text = in_our_fonts(path.read_text(encoding="utf-8")).encode()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        return io.BytesIO(text)

    def end_headers(self):
        if self.path.startswith("/scratch/"):  # Another page a moment later, in the same second.
            self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    """A folder whose files are served under /scratch/."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="session")
def base(scratch):
    """A server's address: the book at /book/, the player's script at /static/, scratch pages."""
    folders = {"/book/": SITE, "/static/": STATIC, "/scratch/": scratch}
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, folders=folders))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


# Playwright holds an event loop, and other tests run their own in the same process.
@pytest.fixture(scope="package")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: run `sudo apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, timeout=PATIENCE
        )
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


def face(name: str, font: str, weight: int) -> str:
    """A face of a font from npm, which a page loads without asking anybody."""
    file = FONTS / font / "files" / f"{font}-latin-{weight}-normal.woff2"
    assert file.is_file(), f"{font} is not there: run `make site` on a machine with npm"
    data = base64.b64encode(file.read_bytes()).decode()
    return (
        f"@font-face {{ font-family: {name}; font-weight: {weight}; "
        f"src: url(data:font/woff2;base64,{data}); }}"
    )


@functools.cache
def faces() -> str:
    """The fonts of the tests, as a style sheet."""
    fonts = ("test-sans", "dejavu-sans"), ("test-mono", "dejavu-mono")
    return "\n".join(face(*font, weight) for font in fonts for weight in (400, 700))


#: A widget measures its words before it draws them, so the fonts are there before the widgets are.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Widgets</title>
<script>window.bare = new Set(["bare", "axe", ...Object.keys(window)]);</script>
<style>{faces} body {{ font-family: test-sans; }}</style><script type="module">
await Promise.all(Array.from(document.fonts, (face) => face.load()));
await import("/static/dslab.js");
</script></head><body><main><h1>Widgets</h1>{html}</main></body></html>"""
WIDGETS = "/scratch/widgets.html"


@pytest.fixture(scope="package")
def easels(browser, base):
    """The pages that `show` has made, for the next test."""
    made = []
    yield made
    for each in made:
        each.page.context.close()


@pytest.fixture
def show(open_page, scratch, browser, base, easels):
    """`show(html, **context options)`: a page with these elements on it, once they are drawn.

    Pages that a test gets are different ones, and are given to the next test, cleared. Where a
    module remembers, in a page, what a reader did, a test asks for it `anew`: it is loaded again. A
    test that changes what outlives that (its clock, its scripts) asks for one `apart`.
    """
    free = iter(easels[:])

    def page_for(html, anew, options):
        if not options.keys() <= easel.LATER:
            return open_page(WIDGETS, **options)
        if not (found := next(free, None)):
            context = guarded(browser, base)
            easels.append(found := easel.Easel(visit(context, f"{base}{WIDGETS}")))
        return found.show(f"{base}{WIDGETS}", html, anew, **options)

    def show_it(html, apart=False, anew=False, **options):
        (scratch / "widgets.html").write_text(
            PAGE.format(faces=faces(), html=html), encoding="utf-8"
        )
        page = open_page(WIDGETS, **options) if apart else page_for(html, anew, options)
        if options.get("java_script_enabled", True):
            widgets_ready(page)
            # A first picture may give the page a scroll bar, and so itself another width.
            settle(page)
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
        const all = (root) => [...root.querySelectorAll("*")].flatMap(
            (each) => [each, ...(each.shadowRoot ? all(each.shadowRoot) : [])]);
        const widgets = all(document).filter((each) => each.localName.startsWith("dslab-"));
        return widgets.every((each) => each.painted || each.shadowRoot?.querySelector(".bad"));
    }""")


def patient(browser, **options):
    """A browser context that waits as long as a slow machine takes."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    return context


def guarded(browser, base, **options):
    """A browser context that may ask no other host; what it tried stands in `trouble`."""
    usual = {"viewport": {"width": 1280, "height": 900}, "service_workers": "block"}
    context = patient(browser, **(usual | options))
    context.trouble = []

    def asked(request):
        if not request.url.startswith((base, "data:", "blob:")):
            context.trouble.append(f"asks for {request.url}")

    # Listening costs little; a route would hand each request to Python. No other host is found.
    context.on("request", asked)
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


def axe(page, *, allowed=frozenset(), rules=()) -> list[str]:
    """What axe finds on a page beyond the `allowed` rules; with `rules`, what these find."""
    assert AXE.is_file(), "axe-core is not there: run `make site` on a machine with npm"
    # A colour that is still changing is neither the old one nor the new one.
    page.add_style_tag(
        content="*, *::before, *::after { transition: none !important; "
        "animation: none !important; }"
    )
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["id"] not in allowed
    ]
