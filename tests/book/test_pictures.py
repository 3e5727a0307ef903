"""The runs on the reference pages are what today's protocols do."""

import pytest

from scripts.pictures import RUNS, html, pictures


@pytest.mark.parametrize("path", pictures(), ids=lambda path: path.stem)
def test_a_page_shows_the_run_that_the_protocol_makes(path):
    stored = path.with_suffix(".html").read_text(encoding="utf-8")
    assert stored == html(path), "run `make notebooks`"


def test_every_stored_run_is_made_by_a_file_beside_it_and_shown_on_a_page():
    made = {path.stem for path in pictures()}
    pages = "".join(path.read_text(encoding="utf-8") for path in RUNS.parent.glob("*.md"))
    assert made and made == {path.stem for path in RUNS.glob("*.html")}
    assert [name for name in made if f":file: runs/{name}.html" not in pages] == []
