"""The book without Jupyter Book: the same sources give the same pages."""

import re
import subprocess
import sys

from tests.browser.conftest import ROOT, SITE


def articles(folder):
    """The text of each page, by its address; not the pages that Sphinx makes by itself."""
    pages = [
        page for part in ("book", "notebooks") for page in sorted((folder / part).rglob("*.html"))
    ]
    return {
        page.relative_to(folder).as_posix(): re.search(
            r"<article[^>]*>(.*?)</article>", page.read_text(encoding="utf-8"), re.DOTALL
        )[1]
        for page in pages
    }


def test_plain_sphinx_builds_the_same_pages_without_a_warning(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-q",
            "-b",
            "html",
            "-c",
            "scripts/sphinx",
            "-W",
            "-n",
            "--keep-going",
            ".",
            str(tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    plain, made = articles(tmp_path), articles(SITE)
    assert len(plain) > 15 and plain.keys() == made.keys()
    assert [page for page in plain if plain[page] != made[page]] == []
