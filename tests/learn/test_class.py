"""A class's folder: every file is read or told in a sentence, nobody sees or harms another's, and
an interrupted run goes on where it was.
"""

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest

from dslab.learn.shell import place, results
from dslab.learn.shell.cells import cells_of, exercises_in, plain_python
from dslab.learn.shell.folder import check_folder
from dslab.learn.shell.notebooks import check_notebook
from dslab.learn.shell.record import Record
from dslab.learn.shell.sandbox import sandbox
from tests.learn.material import ROOT
from tests.learn.notebooks import notebook
from tests.learn.test_folder import grade

ANSWER = "from dslab.learn import check\ncheck('read-a-trace', {'1': 'n3'})"


def data(*sources) -> dict:
    cells = [{"cell_type": "code", "source": source} for source in sources]
    return {"cells": cells, "nbformat": 4, "metadata": {}}


def third(*sources) -> dict:
    cells = [{"cell_type": "code", "input": each, "language": "python"} for each in sources]
    return {"worksheets": [{"cells": cells}], "nbformat": 3, "metadata": {}}


def text(what=None, coding="utf-8") -> bytes:
    return json.dumps(what or data(ANSWER)).encode(coding)


READ = {
    "plain": text(),
    "a BOM": text(coding="utf-8-sig"),
    "UTF-16": text(coding="utf-16"),
    "CRLF": json.dumps(data(ANSWER.replace("\n", "\r\n")), indent=1).replace("\n", "\r\n").encode(),
    "nbformat 3": text(third(*ANSWER.split("\n"))),
    "a null beside it": text(data(None, ANSWER)),
    "half a character": text(data("'\ud83d'", ANSWER)),
    "as chk": text(data("from dslab.learn import check as chk\nchk('read-a-trace', {'1': 'n3'})")),
    "by module": text(data("import dslab.learn\ndslab.learn.check('read-a-trace', {'1': 'n3'})")),
    "everything": text(data("from dslab.learn import *\ncheck('read-a-trace', {'1': 'n3'})")),
    "in a function": text(
        data(
            "from dslab.learn import check\ndef f(name):\n    check(name, {'1': 'n3'})\n"
            "for part in ['read']: f(part + '-a-trace')"
        )
    ),
    "with magics": text(
        data(
            "%%html\n<b>", "%matplotlib inline\n!ls\nx = !ls\n?print\nprint?\nx = (10\n% 3)", ANSWER
        )
    ),
    "with await": text(data(f"import asyncio\nawait asyncio.sleep(0)\n{ANSWER}")),
    "as in a kernel": text(data("display(1)\nget_ipython().run_line_magic('time', '')", ANSWER)),
    "much output": text(data(ANSWER) | {"more": "x" * 10_000_000}),
}


@pytest.mark.parametrize("name", READ)
def test_a_notebook_is_read_however_it_was_written(name, tmp_path):
    (tmp_path / "nb.ipynb").write_bytes(READ[name])
    [report] = check_notebook(tmp_path / "nb.ipynb")
    assert report.exercise.name == "read-a-trace" and report.score == 1 and report.notes == ()


TOLD = {
    "empty": (b"", "it is empty"),
    "R": (text(data(ANSWER) | {"metadata": {"kernelspec": {"language": "R"}}}), "a notebook of r"),
    "binary": (bytes(range(256)), "it is not JSON"),
    "deep": (b"[" * 100_000, "it is not JSON"),
    "a cell of null": (text({"cells": [None]}), "cell 1 is None, and not an object"),
    "sheets of null": (text({"worksheets": [None]}), "no cell calls check"),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_is_none_is_told_in_a_sentence(name, tmp_path):
    content, sentence = TOLD[name]
    (tmp_path / "nb.ipynb").write_bytes(content)
    [graded] = check_folder(tmp_path)
    assert sentence in graded.problem and graded.reports == []


def test_no_file_of_a_folder_ends_the_run(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "a folder.ipynb").mkdir()
    (folder / "gone.ipynb").symlink_to(folder / "nothing")
    (folder / "link.ipynb").symlink_to(folder / "UPPER.IPYNB")
    os.mkfifo(folder / "pipe.ipynb")
    for name in ("UPPER.IPYNB", "=1+1.ipynb", "two\nlines\x1b[31m.ipynb"):
        (folder / name).write_bytes(READ["plain"])
    (folder / "unknown.ipynb").write_bytes(text(data(ANSWER.replace("read-a-trace", "read-trace"))))
    run = grade(folder, "--csv", folder / "scores.csv", "--html", folder / "pages")
    assert run.stderr == "" and run.returncode == 1
    lines = run.stdout.splitlines()
    assert len(lines) == 7 and "two lines\\x1b[31m.ipynb: read-a-trace 1/6" in lines
    rows = list(csv.DictReader((folder / "scores.csv").open(newline="")))
    assert {row["notebook"]: row["problem"] or row["score"] for row in rows} == {
        "'=1+1.ipynb": "1",
        "UPPER.IPYNB": "1",
        "link.ipynb": "1",
        "two lines\\x1b[31m.ipynb": "1",
        "gone.ipynb": f"{folder}/gone.ipynb can't be read: No such file or directory.",
        "pipe.ipynb": f"{folder}/pipe.ipynb can't be read: it is no file.",
        "unknown.ipynb": rows[-1]["problem"],
    }
    assert "did you mean read-a-trace?" in rows[-1]["problem"]
    assert len(list((folder / "pages").glob("*.html"))) == 7


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\n=1", "＝1"])
def test_no_cell_of_a_table_is_a_formula(text):
    assert results.cell(text)[0] not in results.FORMULA and results.cell("a" + text)[0] == "a"


SPIES = """
import os, pathlib
from dslab.learn import check
pathlib.Path("bob.ipynb").write_text("mine")
pathlib.Path("data.csv").write_text("mine")
found = sorted(str(each) for each in pathlib.Path("..").rglob("*") if each.is_file())
check("read-a-trace", {"1": open("table.txt").read(), "2": " ".join(found)})
"""


def test_a_submission_sees_its_own_folder_and_what_is_shared(tmp_path):
    folder = tmp_path / "class"
    (folder / "ann" / "more").mkdir(parents=True)
    (folder / "bob").mkdir()
    (folder / "shared").mkdir()
    notebook(folder / "ann" / "hw.ipynb", SPIES)
    notebook(folder / "ann" / "other.ipynb", "1")
    notebook(folder / "bob" / "hw.ipynb", ANSWER)
    for name in ("data.csv", "shared/x.csv", "ann/table.txt", "ann/more/y.csv", "ann/other.py"):
        (folder / name).write_text("n3")
    (folder / "bob" / "secret.txt").write_text("bob's")
    (folder / "passwords").symlink_to("/etc/passwd")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    [report] = check_notebook(folder / "ann" / "hw.ipynb", root=folder)
    assert report.results[0].points == 1
    seen = report.results[1].got.split()
    assert sorted(seen) == sorted(
        ["../ann/bob.ipynb", "../ann/data.csv", "../ann/more/y.csv", "../ann/table.txt"]
        + ["../data.csv", "../shared/x.csv"]
    )
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_home_is_not_copied(tmp_path, monkeypatch):
    monkeypatch.setattr(place, "FILES", 3)
    path = notebook(tmp_path / "nb.ipynb", ANSWER)
    for number in range(10):
        (tmp_path / f"{number}.txt").write_text("x")
    with place.Place(path) as there:
        assert len(list(there.path.iterdir())) == 3
    assert not there.path.exists()


def test_an_interrupted_run_is_taken_up_again(tmp_path, monkeypatch):
    folder, kept = tmp_path / "class", tmp_path / "kept.jsonl"
    folder.mkdir()
    for name in ("ann", "bob", "eve"):
        notebook(folder / f"{name}.ipynb", ANSWER)
    graded = check_folder(folder, record=Record(kept))
    first = next(graded)
    graded.close()
    asked = []

    def counts(path, *more, **others):
        asked.append(path.stem)
        return check_notebook(path, *more, **others)

    monkeypatch.setattr("dslab.learn.shell.folder.check_notebook", counts)
    with kept.open("a") as file:
        file.write('{"notebook": "bob.ipynb", "dig')  # What a full disk or a kill leaves.
    again = list(check_folder(folder, record=Record(kept)))
    assert asked == ["bob", "eve"] and repr(again[0]) == repr(first)
    assert again[0].reports[0]._repr_html_() == first.reports[0]._repr_html_()
    asked.clear()
    notebook(folder / "eve.ipynb", ANSWER, "1")
    list(check_folder(folder, record=Record(kept)))
    assert asked == ["eve"]
    asked.clear()
    (folder / "data.csv").write_text("new")
    list(check_folder(folder, record=Record(kept)))
    assert asked == ["ann", "bob", "eve"]


MAGICS = {
    "x = (10\n  % 3)": "x = (10\n  % 3)",
    'x = """\n%who\n!ls\n"""': 'x = """\n%who\n!ls\n"""',
    "x = 10 \\\n  % 3": "x = 10 \\\n  % 3",
    "%who\nx = 1": "pass\nx = 1",
    "if True:\n    !ls": "if True:\n    pass",
    "%%bash\nls": "",
    "%%time\nx = 1": "\nx = 1",
    "files = !ls": "files = None",
    "?print": "pass",
    "print??": "pass",
    "x = 'a?'": "x = 'a?'",
    "f(1,\n!ls\n)": "f(1,\n!ls\n)",
}


@pytest.mark.parametrize("cell", MAGICS)
def test_a_line_is_ipython_s_only_where_a_statement_begins(cell):
    assert plain_python(cell) == MAGICS[cell]


def test_exercises_are_found_by_whatever_name():
    cells = [
        "from dslab.learn import check as chk",
        "import dslab.learn as learn\nlearn.check('b', 1)",
        "chk('a', 1)\nhistory.check('no', 1)\n# check('no', 1)\nx = \"check('no', 1)\"",
        "check(name='c', submission=1)\ndef (",
        "import dslab.learn\ndslab.learn.check('d', 1)",
    ]
    assert exercises_in(cells) == {"b": 2, "a": 3, "d": 5}


def test_a_teacher_is_asked_for_trust_where_there_is_no_sandbox(tmp_path):
    path = notebook(tmp_path / "nb.ipynb", f"open({str(tmp_path / 'x')!r}, 'w')", ANSWER)
    command = [Path(os.sys.executable), "-m", "dslab", "check-notebook", path]
    without = {**os.environ, "PATH": str(tmp_path)}
    run = subprocess.run(command, env=without, capture_output=True, text=True)
    assert run.returncode == 2 and run.stderr.count("\n") == 1 and run.stdout == ""
    assert "Submissions run with your rights here" in run.stderr and "--trust" in run.stderr
    assert not (tmp_path / "x").exists()


BWRAP = """#!/bin/sh
echo "$@" >> {log}
while [ "$1" != -- ]; do
    if [ "$1" = --chdir ]; then cd "$2"; fi
    shift
done
shift
exec "$@"
"""


def test_bubblewrap_is_asked_to_show_a_submission_nothing_of_others(tmp_path):
    """By what stands for it here, which notes how it is called."""
    log, path = tmp_path / "log", notebook(tmp_path / "class.ipynb", ANSWER)
    (tmp_path / "bwrap").write_text(BWRAP.format(log=log))
    (tmp_path / "bwrap").chmod(0o755)
    with_it = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "SECRET": "x"}
    command = [os.sys.executable, "-m", "dslab", "check-notebook", path, "--json"]
    run = subprocess.run(command, env=with_it, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (1, "") and json.loads(run.stdout)[0]["score"] == 1
    _, call = log.read_text().splitlines()
    words = call.split(" -- ")[0].split()
    assert {"--unshare-all", "--die-with-parent", "--new-session"} <= set(words)
    written = [words[at + 1] for at, word in enumerate(words) if word == "--bind"]
    shown = [words[at + 1] for at, word in enumerate(words) if word == "--ro-bind-try"]
    assert len(written) == 1 and Path(written[0]).name.startswith("dslab-")
    assert not any(tmp_path.is_relative_to(each) or Path.home() == Path(each) for each in shown)
    assert not any(ROOT == Path(each) for each in shown) and str(ROOT / "dslab") in shown


def test_cells_are_code_alone(tmp_path):
    assert cells_of(notebook(tmp_path / "nb.ipynb", "a", "b")) == ["a", "b"]


if sandbox():  # Where bubblewrap is installed, and allowed.

    def test_bubblewrap_shows_a_submission_nothing_of_others(tmp_path):
        spies = """
import os, socket
from dslab.learn import check
def told(what):
    try: return str(what())
    except OSError: return "no"
check("read-a-trace", {"1": told(lambda: os.listdir(%r)), "2": told(lambda: open(%r, "w")),
    "3": told(lambda: socket.create_connection(("127.0.0.1", 9))), "4": str(os.getpid() < 10)})
"""
        path = notebook(tmp_path / "nb.ipynb", spies % (str(tmp_path), str(tmp_path / "x")))
        [report] = check_notebook(path)
        assert [result.got for result in report.results[:4]] == ["no", "no", "no", "yes"]
