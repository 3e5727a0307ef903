"""What `make notebooks` makes of a notebook, and what a notebook may ask for."""

import json
import re

import nbformat
import pytest

from dslab.errors import DslabError
from dslab.learn import known_exercises
from scripts.notebooks import ROOT, name_cells, named

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def named_cells(*ids):
    cells = [nbformat.NotebookNode(id=each) for each in ids]
    name_cells(cells, "12-raft")
    return [cell.id for cell in cells]


@pytest.mark.parametrize(
    "ids, found",
    [
        (["a-name", "other"], ["a-name", "other"]),
        (["1a2b3c4d", "other"], ["12-raft-00", "other"]),
        (["12-raft-01", "1a2b3c4d", "x"], ["12-raft-01", "12-raft-02", "12-raft-03"]),
        (["same", "same"], ["same", "12-raft-01"]),
        (["", "12-raft-00"], ["12-raft-01", "12-raft-00"]),
    ],
)
def test_each_cell_has_an_id_of_its_own_that_lasts(ids, found):
    assert named_cells(*ids) == found
    assert named_cells(*found) == found, "the same bytes the next time"


KNOWN = {"03_cap": None, "12_raft_election": None, "gallery": None}


@pytest.mark.parametrize("word", ["12", "raft_election", "12_raft_election", "x/12_raft_election"])
def test_a_notebook_is_meant_by_its_number_or_name(word):
    assert named(word, KNOWN) == "12_raft_election" and named("gallery", KNOWN) == "gallery"


def test_a_notebook_that_is_not_there_is_one_sentence():
    with pytest.raises(DslabError, match="there is no notebook '13'.*: there are 03_cap, 12_raft"):
        named("13", KNOWN)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_asks_for_exercises_that_are_there(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    asked = set(re.findall(r'\bcheck\("([^"]*)"', code))
    assert asked and asked <= set(known_exercises())
