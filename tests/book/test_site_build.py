"""The build of the site: one sentence and exit code 2 where it can't be made."""

import errno
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from dslab.errors import DslabError
from scripts.sentences import ending
from scripts.site import __main__ as build
from scripts.site import folders, jupyterlite, pyodide, run_this_page


@pytest.fixture(autouse=True)
def workshop(tmp_path, monkeypatch):
    """A build folder of its own, on a machine without npm, where no page is built."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(build, "BUILD", tmp_path)
    monkeypatch.setattr(build, "ASSETS", tmp_path / "assets")
    monkeypatch.setattr(build, "pages", lambda vendored: pytest.fail("a book was built"))
    return tmp_path


def raises(error):
    def function(*arguments):
        raise error

    return function


def test_without_npm_the_build_says_so(capsys):
    assert build.modules() is False
    assert (
        capsys.readouterr().out
        == "npm is not installed: the pages will load MathJax and Pyodide from their public "
        "addresses.\n"
    )


#: What npm says where there is no network.
OFFLINE = """npm error code EAI_AGAIN
npm error syscall getaddrinfo
npm error request to https://registry.example/esbuild failed, reason: getaddrinfo EAI_AGAIN
npm error A complete log of this run can be found in a file
"""


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """An npm that notes how it is called, and has no network."""
    web = tmp_path / "web"
    web.mkdir()
    (web / "package-lock.json").write_text("{}")
    (web / "said").write_text(OFFLINE)
    (web / "npm").write_text('#!/bin/sh\necho "$@" > called\ncat said >&2\nexit 1\n')
    (web / "npm").chmod(0o755)
    monkeypatch.setattr(build, "WEB", web)
    monkeypatch.setattr(shutil, "which", lambda name: str(web / name))
    return web


def test_an_npm_without_a_network_is_told_and_done_without(npm, monkeypatch, capfd):
    monkeypatch.delenv("CI", raising=False)
    assert build.modules() is False
    out, err = capfd.readouterr()
    assert out.splitlines()[1] == (
        "npm could not fetch its packages (request to https://registry.example/esbuild failed, "
        "reason: getaddrinfo EAI_AGAIN): the pages will load MathJax and Pyodide from their "
        "public addresses. Run `make site` again with a network."
    )
    assert err == "" and "--fetch-retries=1" in (npm / "called").read_text()


def test_under_ci_nothing_is_done_without(npm, monkeypatch, capfd):
    monkeypatch.setenv("CI", "true")
    assert ending(build.build) == 2
    assert capfd.readouterr().err == (
        "dslab: npm could not fetch what scripts/web/package-lock.json pins (request to "
        "https://registry.example/esbuild failed, reason: getaddrinfo EAI_AGAIN).\n"
    )


def test_what_is_wrong_with_a_part_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(pyodide, "assemble", raises(DslabError("the wheel of a is another.")))
    assert ending(build.build) == 2
    assert capsys.readouterr().err == "dslab: the wheel of a is another.\n"


def test_a_full_disk_is_one_line(monkeypatch, capsys):
    full = OSError(errno.ENOSPC, "No space left on device", "build/lite")
    monkeypatch.setattr(pyodide, "assemble", lambda with_npm: None)
    monkeypatch.setattr(jupyterlite, "build", raises(full))
    assert ending(build.build) == 2
    assert capsys.readouterr().err == (
        "dslab: stopped, and kept what was finished: No space left on device (build/lite).\n"
    )


def test_what_fails_while_a_folder_is_copied_is_one_line(workshop, monkeypatch, capsys):
    """shutil gathers the errors of a whole tree into one of its own, without a number."""
    (workshop / "from").mkdir()
    (workshop / "from" / "wheel").symlink_to("nowhere")
    monkeypatch.setattr(
        pyodide, "assemble", lambda with_npm: folders.publish(workshop / "from", workshop / "to")
    )
    assert ending(build.build) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "No such file or directory" in line and f"({workshop / 'to' / 'wheel'})" in line


def test_an_editor_that_can_t_be_bundled_is_one_sentence(workshop, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess((), 1))
    with pytest.raises(DslabError, match=r"^esbuild could not bundle codemirror\.mjs; [^\n]*$"):
        run_this_page.write_assets(workshop, bundled=True)


def test_without_npm_the_configuration_still_finds_what_the_site_is_built_with():
    data = yaml.safe_load(build.config(vendored=False).read_text(encoding="utf-8"))
    for name, folder in data["sphinx"]["local_extensions"].items():
        assert Path(folder).is_absolute()
        assert Path(folder, *name.split(".")).with_suffix(".py").is_file()
    assert "mathjax_path" not in data["sphinx"]["config"]
