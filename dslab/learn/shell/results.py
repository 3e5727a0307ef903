"""What a teacher gets of a folder: a table, and a page for each author; both are whole at any
moment, whatever ends the run.
"""

import csv
import os
import shutil
from collections.abc import Iterable
from html import escape
from pathlib import Path, PurePosixPath

from dslab.errors import DslabError
from dslab.learn.shell.folder import Graded, printable

__all__ = ["Pages", "write_csv"]

STATIC = Path(__file__).parents[2] / "show" / "static"
#: With what a spreadsheet lets a formula begin.
FORMULA = "=+-@\t\r\n＝＋－＠|%"


def write_csv(graded: Iterable[Graded], path: Path) -> None:
    """A row for each notebook and exercise; `broken` holds the ids of properties. A text that a
    spreadsheet could take for a formula begins with an apostrophe.
    """
    try:
        with open(path, "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(("notebook", "exercise", "score", "of", "broken", "problem"))
            for each in graded:
                if each.problem:
                    rows.writerow((cell(each.name), "", "", "", "", cell(each.problem)))
                for report in each.reports:
                    broken = " ".join(
                        result.property.id for result in report.results if not result.verdict.holds
                    )
                    exercise, problem = report.exercise, ""
                    if not exercise.properties:
                        problem = exercise.title
                    texts = cell(broken), cell(problem)
                    scored = cell(exercise.name), report.score, exercise.points
                    rows.writerow((cell(each.name), *scored, *texts))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DslabError(f"{path} can't be written: {error.strerror}.") from None


def cell(text: str) -> str:
    """A text as a cell of a table, which is no formula."""
    text = printable(text)
    return "'" + text if text.lstrip()[:1] in tuple(FORMULA) else text


class Pages:
    """A page of feedback for each notebook, with the player's script beside them.

    A browser runs the script only from a server; opened as a file, a page shows pictures instead.
    """

    def __init__(self, folder: Path):
        self.folder, self._taken = Path(folder), set()
        with _told():
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.copytree(STATIC, self.folder / "static", dirs_exist_ok=True)

    def write(self, graded: Graded) -> None:
        """Write the page of a notebook. Raises DslabError."""
        path = PurePosixPath(graded.notebook)
        page = path.with_suffix(".html")
        if str(page).lower() in self._taken or str(page).startswith("static/"):
            page = path.with_name(path.name + ".html")
        self._taken.add(str(page).lower())
        target = self.folder / page
        new = target.with_name(f".{os.getpid()}.new")
        with _told():
            target.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(_page(graded), encoding="utf-8", errors="backslashreplace")
            os.replace(new, target)


class _told:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if isinstance(error, OSError):
            where, why = error.filename, error.strerror
            raise DslabError(f"{where} can't be written: {why}.") from None


def _page(graded: Graded) -> str:
    up = "../" * graded.notebook.count("/")
    body = (
        "".join(report._repr_html_() for report in graded.reports)
        or f"<p>{escape(printable(graded.problem))}</p>"
    )
    title = escape(graded.name)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta '
        'name="viewport" content="width=device-width">'
        f'<title>{title}</title><script type="module" src="{up}static/dslab.js"></script>'
        "<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: "
        "2rem auto; padding: 0 1rem } "
        "th { text-align: left; font-weight: normal }</style>"
        f"</head><body><h1>{title}</h1>{body}</body></html>\n"
    )
