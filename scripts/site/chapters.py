"""What the book knows of its chapters, from what a chapter is: its line in _toc.yml, its notebook,
and its folder in dslab/chapters.

The notebook's opening gives the title, the minutes and the aim, its headings the exercises. Beside
a chapter's exercises its folder may hold `glossary.md`, the terms that it explains, and
`references.bib`, the sources that it alone cites.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from dslab.errors import DslabError

#: Where terms and sources stand that belong to no chapter alone.
COMMON = Path("book")
HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
AIM = re.compile(r"^\*\*You can then\*\* (.+)$", re.MULTILINE)
MINUTES = re.compile(r"^\*(\d+) minutes", re.MULTILINE)
EXERCISE = re.compile(r"^### (\d\d\.\d+ .+ ★+)$", re.MULTILINE)
CHECKED = re.compile(r'\bcheck\("([\w-]+)"')
#: What an exercise takes by its stars, in minutes, as chapter 00 tells the reader.
STARS = {1: 15, 2: 30, 3: 60, 4: 240}
#: A definition list's entry: the term, and below it its meaning behind a colon.
TERM = re.compile(r"(?P<term>[^\n:][^\n]*)\n: (?P<meaning>[^\n]+(?:\n  [^\n]+)*)")
REFERENCE = re.compile(r"^@\w+\{\s*([^,\s]+)", re.MULTILINE)


@dataclass(frozen=True)
class Chapter:
    """A chapter as its notebook opens it."""

    page: str  #: As in _toc.yml: notebooks/12_raft_election.
    title: str
    minutes: int  #: To read and run it, without its exercises.
    aim: str  #: What "You can then" is followed by.
    exercises: tuple[str, ...]  #: Number, title and stars of each.
    checked: tuple[str, ...]  #: The names of those that a cell grades.

    @property
    def number(self) -> str:
        """Two digits, as in the notebook's name."""
        return self.page.split("/")[-1].split("_")[0]

    @property
    def exercise_minutes(self) -> int:
        """What its exercises take, by their stars."""
        return sum(STARS[exercise.count("★")] for exercise in self.exercises)

    @property
    def folder(self) -> Path:
        """Of its exercises and data, seen from the root."""
        return Path("dslab", "chapters", self.page.split("/")[-1].split("_", 1)[-1])


@dataclass(frozen=True)
class Part:
    """A part of the book that has chapters."""

    caption: str
    opener: str | None  #: The page before the first chapter, if there is one.
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Term:
    """An entry of the glossary."""

    name: str
    meaning: str
    chapter: Chapter | None  #: None for a term of the whole book.


def parts(root: Path) -> list[Part]:
    """The parts of the book that have chapters, in its order. Raises DslabError where _toc.yml or a
    notebook isn't what it should be.
    """
    found = []
    for part in _table_of_contents(root)["parts"]:
        pages = [each["file"] for each in part["chapters"]]
        notebooks = [page for page in pages if page.startswith("notebooks/")]
        if notebooks:
            opener = None if pages[0] in notebooks else pages[0]
            read = tuple(_read(root, page) for page in notebooks)
            found.append(Part(part["caption"], opener, read))
    return found


def chapters(root: Path) -> list[Chapter]:
    """All chapters, in the book's order."""
    return [chapter for part in parts(root) for chapter in part.chapters]


def _table_of_contents(root: Path) -> dict:
    try:
        found = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
        for part in found["parts"]:
            assert isinstance(part["caption"], str)
            assert all(isinstance(each["file"], str) for each in part["chapters"])
    except (yaml.YAMLError, KeyError, TypeError, AssertionError) as error:
        raise DslabError(
            "_toc.yml is no table of contents: it needs `parts`, each with a `caption` and "
            "`chapters`, each of these with a `file`."
        ) from error
    return found


def _read(root: Path, page: str) -> Chapter:
    path = root / f"{page}.ipynb"
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except FileNotFoundError as error:
        raise DslabError(f"_toc.yml names {page}, and there is no {page}.ipynb.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DslabError(f"{page}.ipynb is no notebook: {error!r}.") from error
    text = "\n\n".join(source for kind, source in sources if kind == "markdown")
    code = "\n".join(source for kind, source in sources if kind == "code")
    opening = {
        "a title (`# …`)": HEADING.search(text),
        "its aim (`**You can then** …`)": AIM.search(text),
        "its minutes (`*90 minutes · …*`)": MINUTES.search(text),
    }
    for what, match in opening.items():
        if match is None:
            raise DslabError(f"{page}.ipynb lacks {what} in its first cell.")
    title, aim, minutes = (match[1] for match in opening.values())
    return Chapter(
        page,
        title,
        int(minutes),
        aim,
        tuple(EXERCISE.findall(text)),
        tuple(dict.fromkeys(CHECKED.findall(code))),
    )


def glossary(root: Path, common: str) -> list[Term]:
    """The terms of all chapters and the `common` ones, in the alphabet's order. Raises DslabError
    for one that is explained twice.
    """
    sources = [(None, "book/glossary.md", common)]
    for chapter in chapters(root):
        path = chapter.folder / "glossary.md"
        if (root / path).is_file():
            text = (root / path).read_text(encoding="utf-8")
            sources.append((chapter, path.as_posix(), text))
    found, places = {}, {}
    for chapter, place, text in sources:
        for block in filter(None, re.split(r"\n\s*\n", text.strip())):
            entry = TERM.fullmatch(block)
            if entry is None:
                raise DslabError(
                    f"{place} has a block that is no term: {block.splitlines()[0]!r}; write the "
                    "term, and on the next line `: ` and what it means."
                )
            key = entry["term"].strip().casefold().replace("-", " ")
            if key in found:
                raise DslabError(
                    f"{place} explains {entry['term'].strip()!r}, as {places[key]} does: keep one."
                )
            meaning = " ".join(entry["meaning"].split())
            found[key], places[key] = Term(entry["term"].strip(), meaning, chapter), place
    return [found[key] for key in sorted(found)]


def bibliographies(root: Path) -> list[Path]:
    """The BibTeX files of the book and of its chapters. Raises DslabError for a reference that two
    of them have.
    """
    found = [COMMON / "references.bib"]
    found += [chapter.folder / "references.bib" for chapter in chapters(root)]
    found = [path for path in found if (root / path).is_file()]
    places = {}
    for path in found:
        for key in REFERENCE.findall((root / path).read_text(encoding="utf-8")):
            if key in places:
                raise DslabError(
                    f"{path} has the reference {key!r}, as {places[key]} does: keep it in "
                    f"{COMMON / 'references.bib'} alone."
                )
            places[key] = path
    return [root / path for path in found]
