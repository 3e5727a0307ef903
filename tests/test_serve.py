"""`make book`'s last step: the server, its address, and a port that is taken."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from scripts.serve import handler, listen

ROOT = Path(__file__).parents[1]


@pytest.fixture
def site(tmp_path):
    (tmp_path / "index.html").write_text("<!doctype html><title>the book</title>")
    return tmp_path


def serve(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.serve", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


def test_the_address_is_printed_and_answers_on_loopback(site):
    server = serve("--site", site)
    try:
        line = next(line for line in server.stdout if "http" in line)
        address = line.split("at ")[1].split(" ")[0]
        assert address.startswith("http://127.0.0.1:")
        assert b"the book" in urllib.request.urlopen(address).read()
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize("whole", [True, False])
def test_pages_are_isolated_where_all_of_them_comes_from_the_site_and_jupyterlite_is_not(
    site, whole
):
    (site / "offline.json").write_text(json.dumps({"isolate": whole}))
    (site / "lite").mkdir()
    (site / "lite" / "index.html").write_text("<!doctype html><title>notebooks</title>")
    server = serve("--site", site)
    try:
        address = (
            next(line for line in server.stdout if "http" in line).split("at ")[1].split(" ")[0]
        )
        policies = [
            urllib.request.urlopen(address + path).headers["Cross-Origin-Embedder-Policy"]
            for path in ("index.html", "lite/index.html")
        ]
        assert policies == ["require-corp" if whole else None, None]
    finally:
        server.kill()
        server.communicate()


def test_a_taken_port_is_named_and_nothing_is_served(site):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = serve("--site", site, "--port", port)
        out, err = server.communicate()
    assert server.returncode == 2
    assert (
        err.startswith(f"dslab: port {port} can't be used (Address already in use)")
        and err.count("\n") == 1
    )


def test_without_a_port_the_next_free_one_is_taken(site):
    first, second = serve("--site", site), serve("--site", site)
    try:
        addresses = {
            next(line for line in server.stdout if "http" in line) for server in (first, second)
        }
        assert len(addresses) == 2
    finally:
        for server in (first, second):
            server.kill()
            server.communicate()


@pytest.mark.parametrize(
    "manifest, said",
    [(None, "holds no built book: run `make site`"), ("{", "offline.json is damaged: run `make")],
)
def test_a_folder_without_a_whole_book_is_one_sentence_and_exit_code_2(site, manifest, said):
    if manifest is None:
        (site / "index.html").unlink()
    else:
        (site / "offline.json").write_text(manifest)
    server = serve("--site", site)
    out, err = server.communicate()
    assert (server.returncode, out) == (2, "") and err.startswith(f"dslab: {site}")
    assert said in err and err.count("\n") == 1


def test_a_browser_that_goes_away_is_no_error(capsys):
    server = listen(None, handler(ROOT))
    try:
        for error in (BrokenPipeError(), ConnectionResetError()):
            try:
                raise error
            except ConnectionError:
                server.handle_error(None, ("127.0.0.1", 1))
        assert capsys.readouterr().err == ""
        try:
            raise ValueError("something else")
        except ValueError:
            server.handle_error(None, ("127.0.0.1", 1))
        assert "something else" in capsys.readouterr().err
    finally:
        server.server_close()
