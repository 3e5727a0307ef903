"""Pages that gather what chapters bring: `{chapters}` lists them, `{terms}` is the glossary, and
`{references}` the bibliography.

On a part's page `{chapters}` lists that part's, elsewhere the whole book's. `{terms}` holds the
terms of the whole book, and adds those of the chapters. `{references}` prints all of
book/references.bib and of the chapters' files.
"""

import hashlib
from os.path import relpath
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from dslab.errors import DslabError
from scripts.site.chapters import bibliographies, glossary, parts

ROOT = Path(__file__).resolve().parents[2]


class Gathering(SphinxDirective):
    """Writes Markdown from the chapters' data, to be read as if it stood on the page."""

    def run(self) -> list[nodes.Node]:
        # A page is read again when chapters have changed: see `outdated`.
        self.env.metadata[self.env.docname]["chapters"] = state()
        holder = nodes.Element()
        try:
            text = "\n".join(self.lines())
        except DslabError as error:
            raise self.error(str(error)) from error
        place = self.get_source_info()[0]
        self.state.nested_parse(StringList(text.splitlines(), place), self.content_offset, holder)
        return holder.children

    def link(self, text: str, page: str, suffix: str) -> str:
        """A link from this page to another one of the book."""
        return f"[{text}]({relpath(page, Path(self.env.docname).parent)}{suffix})"


def times(chapter) -> str:
    """How long a chapter takes, with its exercises apart."""
    reading = f"{chapter.minutes} minutes"
    if not chapter.exercise_minutes:
        return reading
    return f"{reading}, and {chapter.exercise_minutes} for the exercises"


class Chapters(Gathering):
    """The chapters, with their aims and exercises on a part's page, by parts elsewhere."""

    def lines(self) -> list[str]:
        book = parts(ROOT)
        for part in book:
            if part.opener == self.env.docname:
                return [line for chapter in part.chapters for line in self.item(chapter)]
        return [self.part(part) for part in book]

    def item(self, chapter) -> list[str]:
        tasks = " · ".join(chapter.exercises)
        found = [f"- {self.title(chapter)}, {times(chapter)}. You can then {chapter.aim}", ""]
        return [*found, f"  *Exercises:* {tasks}", ""] if tasks else found

    def title(self, chapter) -> str:
        return self.link(f"{chapter.number} · {chapter.title}", chapter.page, ".ipynb")

    def part(self, part) -> str:
        caption = self.link(part.caption, part.opener, ".md") if part.opener else part.caption
        titles = [
            f"{self.title(chapter)} ({times(chapter)}): {chapter.aim}" for chapter in part.chapters
        ]
        return f"- **{caption}.** {' '.join(titles)}"


class Terms(Gathering):
    """The glossary; a chapter's term links the chapter."""

    has_content = True

    def lines(self) -> list[str]:
        entries = []
        for term in glossary(ROOT, "\n".join(self.content)):
            where = term.chapter and self.link(term.chapter.number, term.chapter.page, ".ipynb")
            entries += [term.name, f"  {term.meaning} {where or ''}".rstrip(), ""]
        return [":::{glossary}", *entries, ":::"]


class References(Gathering):
    """The bibliography. Its ids are made when its page is read, and so it is read again, too."""

    def lines(self) -> list[str]:
        return ["```{bibliography}", ":all:", "```"]


def state() -> str:
    """A hash of all that the directives read beside their own page, and of how they write it."""
    try:
        book, sources = parts(ROOT), bibliographies(ROOT)
    except DslabError:
        return "broken"
    total = hashlib.sha256(repr(book).encode())
    texts = [ROOT / chapter.folder / "glossary.md" for part in book for chapter in part.chapters]
    for path in (*texts, *sources, Path(__file__)):
        total.update(path.read_bytes() if path.is_file() else b"-")
    return total.hexdigest()


def outdated(app, env, added, changed, removed) -> list[str]:
    """The pages that gather, where a chapter has changed since they were read."""
    now = state()
    return [page for page, about in env.metadata.items() if about.get("chapters", now) != now]


def with_references(app, config) -> None:
    """Have the bibliography read all chapters' references."""
    try:
        config.bibtex_bibfiles = [str(path) for path in bibliographies(ROOT)]
    except DslabError as error:
        raise ExtensionError(str(error)) from error


def setup(app) -> dict:
    """Add the directives to the book."""
    app.add_directive("chapters", Chapters)
    app.add_directive("terms", Terms)
    app.add_directive("references", References)
    app.connect("config-inited", with_references)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
