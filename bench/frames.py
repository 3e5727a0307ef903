"""What a reader's browser has to do for a run of 5,000 events, from Chromium's own tracing.

A page shows the run as stage, space-time diagram and table of fields, under one set of controls,
then each of these by itself, and the log matrix and the clients' history. Printed are, beside what
they are to be held against:
- frames a second while the run is scrubbed from end to end in 300 moves of the slider, one for each
  frame that the browser asks for; and how much of a frame's 16.7 ms the main thread is at work (its
  own time, which other programs don't add to);
- the time from an element's appearance in the page, its script loaded, to the first frame drawn
  with its picture;
- the bytes of a page with five players of 5,000 events, each file compressed, beyond the theme.
"""

import functools
import gzip
import json
import shutil
import sys
import tempfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dslab.protocols.raft import Raft
from dslab.show import play
from dslab.show.element import STATIC
from dslab.sim import Cluster

EVENTS, FRAMES = 5000, 300
VIEWS = ("stage", "space-time", "fields")
ALONE = (*VIEWS, "logs", "history")
PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Frames</title><script '
    'type="module" src="/static/dslab.js"></script><body><main></main></body></html>'
)
CATEGORIES = [
    "-*",
    "blink.user_timing",
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "disabled-by-default-display.framedisplayed",
]
DRAWN = "Display::FrameDisplayed"
#: What the main thread does for a frame; other threads turn it into pixels.
MAIN = (
    "FireAnimationFrame",
    "UpdateLayoutTree",
    "Layout",
    "PrePaint",
    "Paint",
    "Layerize",
    "Commit",
)

#: Adds the elements, and marks their appearance and the frame after their first picture.
APPEAR = """(text) =>
  new Promise((done) => {
    const box = document.createElement("template");
    box.innerHTML = text;
    performance.mark("appears");
    document.querySelector("main").append(box.content);
    const show = () => {
      performance.mark("painted");
      // So that a frame is drawn after the mark in any case.
        document.body.style.background = "#fefefe";
      setTimeout(done, 300);
    };
    const look = () =>
      document.querySelector("dslab-trace").painted ? show() : requestAnimationFrame(look);
    look();
  })"""
#: Moves the slider once a frame, over the whole run.
SCRUB = """(frames) =>
  new Promise((done) => {
    const player = document.querySelector("dslab-trace"),
      slider = player.shadowRoot.querySelector(".scrub"),
      last = player.run.steps.length - 1;
    let frame = 0;
    performance.mark("scrub");
    const next = () => {
      if (frame > frames) return (performance.mark("scrubbed"), setTimeout(done, 100));
      slider.value = Math.round((last * frame++) / frames);
      slider.dispatchEvent(new Event("input"));
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  })"""


def long_run(seed: int):
    """A Raft cluster with clients, a partition and a crash, cut off at 5,000 events."""
    cluster = Cluster(Raft, 5, seed=seed, clients=2, title=f"Run {seed} of 5,000 events")
    number = 0
    while len(cluster.trace) < EVENTS:
        cluster.run(100)
        number += 1
        client = cluster.client(f"c{number % 2 + 1}")
        if client.idle:
            client.write("x", number)
        if number % 8 == 3:
            cluster.partition("n1 n2", "n3 n4 n5")
        elif number % 8 == 6:
            cluster.heal()
    del cluster.trace.records[EVENTS:]
    return cluster.trace


def traced(browser, page, act) -> list[dict]:
    """What Chromium says happened during `act()`."""
    browser.start_tracing(page=page, categories=CATEGORIES)
    act()
    return json.loads(browser.stop_tracing())["traceEvents"]


def mark(events, name: str) -> int:
    return next(
        event["ts"]
        for event in events
        if event["name"] == name and "blink.user_timing" in event["cat"]
    )


def frames(browser, page) -> tuple[float, float, float]:
    """(frames drawn a second; milliseconds of the main thread's own time a frame, and of that in
    the page's scripts).
    """
    events = traced(browser, page, lambda: page.evaluate(SCRUB, FRAMES))
    begin, end = mark(events, "scrub"), mark(events, "scrubbed")
    within = [event for event in events if begin <= event["ts"] <= end]
    drawn = sum(1 for event in within if event["name"] == DRAWN)
    spent = {
        name: sum(event.get("tdur", 0) for event in within if event["name"] == name) / FRAMES / 1000
        for name in MAIN
    }
    return drawn / (end - begin) * 1e6, sum(spent.values()), spent["FireAnimationFrame"]


def first_picture(browser, page, text: str) -> float:
    """Milliseconds from the elements' appearance to the first frame drawn with their picture."""
    events = traced(browser, page, lambda: page.evaluate(APPEAR, text))
    begin, painted = mark(events, "appears"), mark(events, "painted")
    return (
        min(event["ts"] for event in events if event["name"] == DRAWN and event["ts"] >= painted)
        - begin
    ) / 1000


def weight() -> tuple[int, int]:
    """(compressed bytes of five players of 5,000 events, of the scripts that they need)."""
    page = "".join(play(long_run(seed), *VIEWS)._repr_html_() for seed in range(5))
    scripts = sum(
        len(gzip.compress(path.read_bytes(), 6))
        for kind in ("js", "css")
        for path in STATIC.rglob(f"*.{kind}")
    )
    return len(gzip.compress(page.encode(), 6)), scripts


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve() -> tuple[ThreadingHTTPServer, str]:
    folder = Path(tempfile.mkdtemp(prefix="dslab-frames-"))
    shutil.copytree(STATIC, folder / "static")
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    server.folder = folder
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}/index.html"


def main() -> int:
    page_bytes, script_bytes = weight()
    print(
        f"a page with five players of {EVENTS:,} events: {page_bytes / 1000:.0f} KB and "
        f"{script_bytes / 1000:.0f} KB of scripts, compressed; "
        f"{(page_bytes + script_bytes) / 1_000_000:.2f} of the 1 MB that it may weigh"
    )
    chromium = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if chromium is None:
        print(
            "frames: not measured, since Chromium is not installed: run `sudo apt-get "
            "install chromium`",
            file=sys.stderr,
        )
        return 0
    from playwright.sync_api import sync_playwright

    server, address = serve()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 1400})
            for views in (VIEWS, *[(view,) for view in ALONE]):
                text = play(long_run(1), *views)._repr_html_()
                page.goto(address)
                page.evaluate(
                    "(names) => Promise.all(names.map((name) => import(`/static/${name}.js`)))",
                    ["trace", *(f"views/{view}" for view in views)],
                )
                appeared = first_picture(browser, page, text)
                for name, prepare in (
                    ("", None),
                    (
                        ", the whole run in its window",
                        "document.querySelector('dslab-trace').press('fit')",
                    ),
                ):
                    if prepare and "space-time" not in views:
                        continue
                    page.evaluate(prepare or "0")
                    rate, work, scripts = frames(browser, page)
                    print(
                        f"{' + '.join(views)}{name}: {rate:.0f} frames a second of 60 "
                        f"while scrubbing; the main thread works {work:.1f} of 16.7 ms a frame, "
                        f"{scripts:.1f} of them in scripts"
                        + ("" if prepare else f"; first picture after {appeared:.0f} of 200 ms")
                    )
            browser.close()
    finally:
        server.shutdown()
        shutil.rmtree(server.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
