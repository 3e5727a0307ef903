"""The runs on the reference pages are what today's protocols do."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("pictures", ROOT / "scripts" / "pictures.py")
pictures = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(pictures)


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_page_shows_the_run_that_the_protocol_makes(name):
    stored = (pictures.RUNS / f"{name}.html").read_text(encoding="utf-8")
    assert stored == pictures.text(pictures.PICTURES[name]()), "run `make notebooks`"


def test_every_stored_run_is_made_here_and_shown_on_a_page():
    stored = {path.stem for path in pictures.RUNS.iterdir()}
    pages = "".join(path.read_text(encoding="utf-8") for path in pictures.RUNS.parent.glob("*.md"))
    assert stored == set(pictures.PICTURES) and all(
        f":file: runs/{name}.html" in pages for name in stored
    )
