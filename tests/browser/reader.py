"""A copy of the built book at its own address, and a reader whose browser keeps what it gets."""

import functools
import os
import shutil
import threading
from http.server import ThreadingHTTPServer

from scripts.site import offline
from tests.browser.conftest import CHATTER, SITE, Handler, patient


class Server:
    """A copy of the built book under /some/where/, on a server that can be stopped and changed."""

    def __init__(self, folder):
        self.folder, self.port = folder / "html", 0
        shutil.copytree(SITE, self.folder, copy_function=os.link)
        self.start()

    def start(self):
        self.server = ThreadingHTTPServer(
            ("127.0.0.1", self.port),
            functools.partial(Handler, folders={"/some/where/": self.folder}),
        )
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def address(self, path):
        return f"http://127.0.0.1:{self.port}/some/where/{path}"

    def change(self, path, old, new):
        """Change a file, which is a link to the built one."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert old in text
        (self.folder / path).unlink()
        (self.folder / path).write_text(text.replace(old, new), encoding="utf-8")

    def publish(self):
        """A new build from what is there."""
        offline.write(self.folder)


class Reader:
    """A browser's context with service workers. What its pages ask of other hosts and what goes
    wrong is in `trouble`.
    """

    def __init__(self, browser, server, chatter=()):
        self.server, self.trouble = server, []
        self.context = patient(browser, viewport={"width": 1280, "height": 900})
        self.chatter = CHATTER + tuple(chatter)
        self.context.on("request", self._asked)
        self.context.on("weberror", lambda error: self.trouble.append(f"error: {error.error}"))
        self.context.on("console", self._said)

    def _asked(self, request):
        if not request.url.startswith((f"http://127.0.0.1:{self.server.port}/", "data:", "blob:")):
            self.trouble.append(f"asks for {request.url}")

    def _said(self, message):
        # Chromium's own idea, while JupyterLite's page has no icon yet.
        unasked = message.location["url"].endswith("/favicon.ico")
        if (
            message.type in ("error", "warning")
            and not message.text.startswith(self.chatter)
            and not unasked
        ):
            self.trouble.append(f"console: {message.text}")

    def visit(self, path):
        page = self.context.new_page()
        page.goto(self.server.address(path), wait_until="load")
        return page


def settled(page):
    """Wait until the book is in the browser."""
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    page.wait_for_function("() => navigator.serviceWorker.controller")
    return page


def cached(page):
    """The paths in each cache."""
    return page.evaluate("""async () => {
      const found = {};
      for (const name of await caches.keys())
        found[name] = (await (await caches.open(name)).keys()).map(
          (each) => new URL(each.url).pathname,
        );
      return found;
    }""")
