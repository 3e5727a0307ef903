"""What the book says of its chapters comes from the chapters, and a mistake there is a sentence."""

import json
import re
from io import StringIO

import pytest
import yaml
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from dslab.errors import DslabError
from scripts.site.chapters import bibliographies, chapters, glossary, parts
from scripts.sphinx import chapters as gathering

OPENING = """# Clocks

Time.

**You can then** order *events*.

*30 minutes · you need nothing*"""


class Book:
    """A book of one part with one chapter, and what writes more into it."""

    def __init__(self, root):
        self.root = root
        self.contents("book/time", "notebooks/07_clocks")
        self.notebook("notebooks/07_clocks", OPENING, "## Exercises\n\n### 07.1 Order them ★★")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def contents(self, *pages):
        part = {"caption": "Time", "chapters": [{"file": page} for page in pages]}
        self.write("_toc.yml", yaml.safe_dump({"root": "book/preface", "parts": [part]}))

    def notebook(self, page, *texts, code=""):
        cells = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in texts]
        cell = {"cell_type": "code", "source": code, "outputs": [], "execution_count": None}
        data = {"cells": [*cells, cell | {"metadata": {}}], "metadata": {}}
        self.write(f"{page}.ipynb", json.dumps(data | {"nbformat": 4, "nbformat_minor": 4}))


@pytest.fixture
def book(tmp_path):
    return Book(tmp_path)


def test_a_chapter_is_read_from_its_notebook(book):
    book.notebook("notebooks/07_clocks", OPENING, "### 07.1 A ★\n", code='check("a", 1)')
    [part] = parts(book.root)
    [chapter] = part.chapters
    assert (part.caption, part.opener) == ("Time", "book/time")
    assert (chapter.number, chapter.title, chapter.minutes) == ("07", "Clocks", 30)
    assert chapter.aim == "order *events*." and chapter.folder.as_posix() == "dslab/chapters/clocks"
    assert (chapter.exercises, chapter.checked) == (("07.1 A ★",), ("a",))


def test_a_part_may_begin_with_its_first_chapter_and_one_without_chapters_is_none(book):
    book.contents("notebooks/07_clocks")
    assert parts(book.root)[0].opener is None
    book.contents("book/glossary")
    assert parts(book.root) == []


@pytest.mark.parametrize(
    "line, said",
    [
        ("# Clocks", "a title"),
        ("**You can then** order *events*.", "its aim"),
        ("*30 minutes · you need nothing*", "its minutes"),
    ],
)
def test_what_a_notebook_s_opening_lacks_is_named(book, line, said):
    book.notebook("notebooks/07_clocks", OPENING.replace(line, ""))
    with pytest.raises(DslabError, match=rf"^notebooks/07_clocks\.ipynb lacks {said} \(`.*\.$"):
        chapters(book.root)


def test_a_notebook_that_is_none_or_not_there_is_named(book):
    book.write("notebooks/07_clocks.ipynb", "{")
    with pytest.raises(DslabError, match=r"^notebooks/07_clocks\.ipynb is no notebook: "):
        chapters(book.root)
    book.contents("notebooks/08_more")
    with pytest.raises(DslabError, match=r"^_toc\.yml names notebooks/08_more, and there is no "):
        chapters(book.root)


@pytest.mark.parametrize("text", ["parts: [", "parts: 1", "root: a", "parts: [{caption: a}]", ""])
def test_a_table_of_contents_that_is_none_is_one_sentence(book, text):
    book.write("_toc.yml", text)
    with pytest.raises(DslabError, match=r"^_toc\.yml is no table of contents: it needs [^\n]*$"):
        chapters(book.root)


def test_terms_are_gathered_in_the_alphabet_s_order(book):
    book.write("dslab/chapters/clocks/glossary.md", "split vote\n: One\n  two.\n\nLamport\n: L.\n")
    found = glossary(book.root, "split-brain\n: Both.")
    assert [(term.name, term.meaning, bool(term.chapter)) for term in found] == [
        ("Lamport", "L.", True),
        ("split-brain", "Both.", False),
        ("split vote", "One two.", True),
    ]


def test_a_term_that_is_explained_twice_is_refused(book):
    book.write("dslab/chapters/clocks/glossary.md", "Term\n: One.\n")
    with pytest.raises(
        DslabError,
        match=r"^dslab/chapters/clocks/glossary\.md explains 'Term', as book/glossary\.md does",
    ):
        glossary(book.root, "term\n: Two.")


@pytest.mark.parametrize("text", ["# Terms", "term", "term\n  Meaning.", ": Meaning."])
def test_a_block_that_is_no_term_is_named(book, text):
    with pytest.raises(DslabError, match=r"^book/glossary\.md has a block that is no term: "):
        glossary(book.root, text)


def test_a_reference_that_two_files_have_is_refused(book):
    book.write("book/references.bib", "@book{a, title={A}}\n@misc{b, title={B}}\n")
    book.write("dslab/chapters/clocks/references.bib", "@book{c, title={C}}\n")
    assert len(bibliographies(book.root)) == 2
    book.write("dslab/chapters/clocks/references.bib", "@article{ b, title={B}}\n")
    with pytest.raises(
        DslabError,
        match=r"^dslab/chapters/clocks/references\.bib has the reference 'b', as "
        r"book/references\.bib does: keep it in book/references\.bib alone\.$",
    ):
        bibliographies(book.root)


@pytest.fixture
def built(book, monkeypatch):
    """Builds the small book with Sphinx, and gives a page's text."""
    monkeypatch.setattr(gathering, "ROOT", book.root)
    book.write("book/preface.md", "# Preface\n\n```{chapters}\n```\n")
    book.write("book/time.md", "# Time\n\n```{chapters}\n```\n")
    book.write("book/glossary.md", "# Glossary\n\n:::{terms}\nb\n: The b.\n:::\n")
    book.write("book/references.bib", "@misc{one, author={A}, title={First}, year={1978}}\n")
    book.write("book/bibliography.md", "# Bibliography\n\n```{references}\n```\n")
    book.write("book/other.md", "---\norphan: true\n---\n# Other\n\n{term}`a`\n")
    toctree = "```{toctree}\n:glob:\n\nbook/*\nnotebooks/*\n```\n"
    book.write("index.md", f"# Book\n\n{toctree}")
    settings = {
        "extensions": ["myst_nb", "sphinxcontrib.bibtex", "scripts.sphinx.chapters"],
        "myst_enable_extensions": ["colon_fence"],
        "nb_execution_mode": "off",
        "exclude_patterns": ["dslab", "html", "jupyter_execute"],
    }

    def build():
        warnings = StringIO()
        app = Sphinx(
            srcdir=book.root,
            confdir=None,
            outdir=book.root / "html",
            doctreedir=book.root / "trees",
            buildername="html",
            confoverrides=settings,
            status=None,
            warning=warnings,
        )
        app.build()
        # A second application in one process registers everything anew, and says so.
        lines = warnings.getvalue().splitlines()
        return [line for line in lines if "already registered" not in line]

    return build


def text_of(book, page):
    html = (book.root / "html" / f"{page}.html").read_text(encoding="utf-8")
    body = re.search(r'<div class="body" role="main">(.*?)<div class="sphinxsidebar"', html, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body[1]).split())


def test_pages_gather_what_chapters_bring_and_are_read_again_when_a_chapter_comes(book, built):
    book.write("dslab/chapters/clocks/glossary.md", "a\n: The a.\n")
    assert built() == []
    listed = "Time . 07 · Clocks (30 minutes, and 30 for the exercises): order events ."
    assert listed in text_of(book, "book/preface")
    listed = "07 · Clocks , 30 minutes, and 30 for the exercises. You can then order events ."
    assert f"{listed} Exercises: 07.1 Order them ★★" in text_of(book, "book/time")
    assert re.search(r"\ba .*The a\. 07 b .*The b\.", text_of(book, "book/glossary"))
    book.contents("book/time", "notebooks/07_clocks", "notebooks/08_more")
    book.notebook("notebooks/08_more", OPENING.replace("Clocks", "More"))
    book.write("dslab/chapters/more/glossary.md", "ab\n: The ab.\n")
    later = "@misc{more, author={B}, title={Second}, year={1979}}\n"
    book.write("dslab/chapters/more/references.bib", later)
    assert built() == []
    assert re.search(r"First.* Second", text_of(book, "book/bibliography"))
    assert "08 · More (30 minutes): " in text_of(book, "book/preface")
    assert "The ab. 08" in text_of(book, "book/glossary")


def test_a_mistake_in_a_chapter_is_a_warning_where_it_is_gathered(book, built):
    book.write("dslab/chapters/clocks/glossary.md", "a\n: The a.\n\nb\n: Another b.\n")
    said = "dslab/chapters/clocks/glossary.md explains 'b', as book/glossary.md does: keep one."
    assert any(f"glossary.md:3: ERROR: {said}" in line for line in built())


def test_a_reference_that_two_files_have_ends_the_build(book, built):
    book.write("dslab/chapters/clocks/references.bib", "@book{one, title={A}}\n")
    with pytest.raises(
        ExtensionError, match="has the reference 'one', as book/references.bib does"
    ):
        built()
