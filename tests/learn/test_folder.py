"""A folder of submissions: a table, and a page of feedback for each author."""

import csv
import subprocess
import sys

from tests.learn.material import ROOT
from tests.learn.notebooks import notebook
from tests.learn.test_shell import CHECK, SOLUTION, handler


def grade(folder, *more):
    return subprocess.run(
        [sys.executable, "-m", "dslab", "check-notebook", "--trust", str(folder), *map(str, more)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def test_each_author_gets_a_row_and_a_page_whatever_the_others_do(tmp_path):
    folder = tmp_path / "submissions"
    (folder / "late").mkdir(parents=True)
    notebook(folder / "ann.ipynb", SOLUTION, CHECK)
    notebook(folder / "bob.ipynb", SOLUTION.replace('"total", "charged"', '"total",'), CHECK)
    notebook(folder / "eve.ipynb", handler("__import__('os')._exit(0)"), CHECK)
    notebook(folder / "late" / "zoe.ipynb", "print('nothing yet')")
    (folder / "json.py").write_text(
        "raise SystemExit  # A file that bears the name of a module of Python's."
    )
    run = grade(folder, "--csv", tmp_path / "scores.csv", "--html", tmp_path / "pages")
    assert (run.returncode, run.stderr) == (1, "")
    rows = {
        row["notebook"]: row for row in csv.DictReader((tmp_path / "scores.csv").open(newline=""))
    }
    assert [rows["ann.ipynb"][column] for column in ("exercise", "score", "of", "broken")] == [
        "at-most-once",
        "6",
        "6",
        "",
    ]
    assert rows["bob.ipynb"]["broken"] == "crash"
    assert rows["eve.ipynb"]["score"] == "0" and rows["eve.ipynb"]["broken"].split()[0] == "charges"
    assert "has no exercise" in rows["late/zoe.ipynb"]["problem"]
    assert run.stdout.splitlines()[0] == "ann.ipynb: at-most-once 6/6"
    page = (tmp_path / "pages" / "bob.html").read_text()
    assert "<dslab-trace" in page and "is answered with 60" in page
    assert (tmp_path / "pages" / "static" / "dslab.js").exists()
    assert "../static/dslab.js" in (tmp_path / "pages" / "late" / "zoe.html").read_text()


def test_a_folder_that_cannot_be_graded_says_so_at_once(tmp_path):
    run = grade(tmp_path)
    assert run.returncode == 2 and "holds no notebooks" in run.stderr
    notebook(tmp_path / "ann.ipynb", SOLUTION, CHECK)
    run = grade(tmp_path, "--csv", tmp_path / "nowhere" / "scores.csv")
    assert (
        run.returncode == 2
        and "scores.csv can't be written: No such file or directory" in run.stderr
        and run.stdout == ""
    )
    run = grade(tmp_path / "ann.ipynb", "--csv", tmp_path / "scores.csv")
    assert run.returncode == 2 and "give a folder" in run.stderr
