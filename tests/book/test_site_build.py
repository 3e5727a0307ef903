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
        pyodide,
        "assemble",
        lambda with_npm: folders.publish(workshop / "from", workshop / "to"),
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
