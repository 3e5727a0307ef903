"""Serves the built book on this machine and prints its address. Ends with Ctrl-C."""

import argparse
import json
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dslab.errors import DslabError
from scripts.sentences import ending

HOST, PORT = "127.0.0.1", 8000


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each. On pages that share nothing with other sites Stop keeps
    the reader's variables; on other hosts the service worker makes them so from the second visit on
    (book/offline/service-worker.js, which says why JupyterLite is left out).
    """

    isolate = False

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def end_headers(self):
        if self.isolate and not self.path.startswith("/lite/"):
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_):
        pass


def handler(site: Path) -> type[Quiet]:
    """What serves the book in `site`."""
    manifest = site / "offline.json"
    try:
        whole = manifest.is_file() and json.loads(manifest.read_text(encoding="utf-8"))["isolate"]
    except (ValueError, KeyError, TypeError) as error:
        raise DslabError(f"{manifest} is damaged: run `make site` again.") from error

    class Book(Quiet):
        isolate = whole  # A book that was built without npm takes parts from other hosts.

        def __init__(self, *args, **more):
            super().__init__(*args, directory=str(site), **more)

    return Book


class Server(ThreadingHTTPServer):
    """Says nothing of a browser that goes away in the middle of an answer."""

    def handle_error(self, request, client_address):
        """Tell what went wrong, unless it is that."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def listen(port: int | None, handler) -> ThreadingHTTPServer:
    """A server on `port`, or on the first free port from 8000 on where none was asked for."""
    for candidate in [port] if port is not None else range(PORT, PORT + 100):
        try:
            return Server((HOST, candidate), handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
    raise DslabError(
        f"port {port or f'{PORT} to {PORT + 99}'} can't be used ({reason}): "
        "choose another, as in `make book PORT=8123`."
    )


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--port", type=int, help=f"the port (default: the first free one from {PORT} on)"
    )
    parser.add_argument("--site", type=Path, default=Path("_build/html"))
    options = parser.parse_args()
    if not (options.site / "index.html").is_file():
        raise DslabError(f"{options.site} holds no built book: run `make site` first.")
    server = listen(options.port, handler(options.site))
    print(f"\nThe book is at http://{HOST}:{server.server_port}/ — Ctrl-C ends it.", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    sys.exit(ending(main))
