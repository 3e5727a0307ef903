"""What the book has promised to cover, and which cells cover it. `pytest -s tests/book` prints what
is to come.
"""

import csv
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
ROWS = {
    row["id"]: row
    for row in csv.DictReader((Path(__file__).parent / "coverage.csv").open(encoding="utf-8"))
}
CHAPTERS = {path.stem[:2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
#: Rows that stand for the whole book, and are not of one cell.
EVERYWHERE = {"all"}


def tags(path):
    return {
        tag
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and (cell.outputs or cell.source)
        for tag in cell.metadata.get("tags", ())
        if tag.startswith("SEED-")
    }


def chapters_of(row):
    found = set()
    for part in row["chapters"].replace(" ", "").split(","):
        if match := re.fullmatch(r"(\d\d)-(\d\d)", part):
            found |= {f"{number:02d}" for number in range(int(match[1]), int(match[2]) + 1)}
        elif part not in EVERYWHERE:
            found.add(part)
    return found


def test_all_149_rows_are_there():
    assert len(ROWS) == 149 and list(ROWS) == [f"SEED-{number:03d}" for number in range(1, 150)]


@pytest.mark.parametrize("path", CHAPTERS.values(), ids=lambda path: path.stem)
def test_a_chapter_covers_what_it_alone_is_to_cover(path):
    """A row that names several chapters may be covered in any of them that is there."""
    chapter = path.stem[:2]
    covered = set().union(*map(tags, CHAPTERS.values()))
    missing = [
        f"{id} {row['topic']}"
        for id, row in ROWS.items()
        if chapter in chapters_of(row) and chapters_of(row) <= set(CHAPTERS) and id not in covered
    ]
    assert not missing
    assert tags(path) <= set(ROWS)


def test_what_is_to_come_is_known(capsys):
    covered = set().union(*map(tags, CHAPTERS.values()))
    to_come = [id for id in ROWS if id not in covered]
    with capsys.disabled():
        print(f"\n{len(covered)} of {len(ROWS)} rows are covered; {len(to_come)} are to come")
    assert covered and covered <= set(ROWS)
