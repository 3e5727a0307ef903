"""The suite's own parts: a chapter's tests, the costs counted, and that CI skips nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.suite import chapters, costs, sharing

ROOT = Path(__file__).parents[2]
CHAPTERS, PAGES, EXERCISES = sharing.APART
BURNS = """
import sys, time
while time.process_time() < 0.3: pass  # A machine counts in ticks.
print("burnt", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("name", chapters.NOTEBOOKS)
def test_a_chapter_is_meant_by_its_number_its_name_or_both(name):
    stem = chapters.NOTEBOOKS[name].stem
    assert {chapters.find(word) for word in (name, stem, stem[:2])} == {name}


def test_an_unknown_chapter_is_one_sentence():
    run = [sys.executable, "-m", "tests.suite.chapters", "99"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    there = ", ".join(path.stem for path in chapters.NOTEBOOKS.values())
    assert (done.returncode, done.stderr) == (
        1,
        f"dslab: there is no chapter '99': there are {there}.\n",
    )


def test_only_runs_what_concerns_a_chapter():
    name, path = list(chapters.NOTEBOOKS.items())[-1]
    run = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--nbval", "--only", name]
    done = subprocess.run([*run], cwd=ROOT, capture_output=True, text=True, check=True)
    tests = [line for line in done.stdout.splitlines() if "::" in line]
    others = [other.stem for other in chapters.NOTEBOOKS.values() if other != path]
    assert not [test for test in tests if any(f"{other}]" in test for other in others)]
    for part in (
        f"{chapters.page(path)}.ipynb::",
        f"tests/browser/test_chapters.py::test_every_cell_prints_in_the_browser_what_it_prints_"
        f"elsewhere[{path.stem}]",
        f"tests/browser/test_pages.py::test_it_fits_a_phone_and_a_laptop[{chapters.page(path)}]",
    ):
        assert [test for test in tests if test.startswith(part)], part


@pytest.mark.parametrize(
    "test, piece",
    [
        ("tests/test_wire.py::test_a[notebooks/x-1]", "tests/test_wire.py"),
        ("notebooks/12_raft.ipynb::Cell 3", "notebooks/12_raft.ipynb"),
        (f"{CHAPTERS}::test_a[12_raft-answer]", f"{CHAPTERS}[12_raft]"),
        (f"{PAGES}::test_a[notebooks/12_raft]", f"{PAGES}[notebooks/12_raft]"),
        (f"{PAGES}::test_a", PAGES),
        (f"{EXERCISES}::test_a[cap-cp]", f"{EXERCISES}[cap-cp]"),
    ],
)
def test_what_stays_together(test, piece):
    assert sharing.piece(test) == piece


@pytest.mark.parametrize("path", [*sharing.APART, *chapters.SLOW])
def test_what_is_shared_out_or_left_out_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    "file, area",
    [
        ("tests/check/test_weaker.py", "tests/check"),
        ("tests/test_wire.py", "tests"),
        ("notebooks/12_raft.ipynb", "nbval"),
    ],
)
def test_areas(file, area):
    assert costs.area(file) == area


def test_costs_are_those_of_children_too_while_they_run_and_after():
    tree = costs.Tree()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", BURNS], **pipes) as child:
        child.stdout.readline()
        running = tree.more()
        child.communicate()
    assert running >= 0.25 > tree.more()
    subprocess.run([sys.executable, "-c", BURNS], input="", text=True, check=True)
    assert tree.more() >= 0.25


@pytest.mark.parametrize(
    "text",
    [
        "import pytest\ndef test(): pytest.skip('no font')",
        "import pytest\npytest.skip('no font', allow_module_level=True)",
    ],
)
@pytest.mark.parametrize("ci", [False, True])
def test_a_skip_is_a_failure_under_ci(text, ci, tmp_path):
    (tmp_path / "test_skips.py").write_text(text)
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    run = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-o", "addopts=", str(tmp_path)]
    done = subprocess.run(
        run,
        cwd=ROOT,
        env=environment | ({"CI": "true"} if ci else {}),
        capture_output=True,
        text=True,
    )
    said = "was skipped, and nothing may be under CI: Skipped: no font"
    assert (said in done.stdout, done.returncode in (0, 5)) == (ci, not ci)
