"""Grade a folder of notebooks, one submission after the other, each in a process of its own: a
table, and a page for each author.
"""

import csv
import shutil
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

from dslab.errors import DslabError
from dslab.learn.grading import Report, exercise_named
from dslab.learn.shell.notebooks import check_notebook

__all__ = ["Graded", "check_folder", "write_csv", "write_pages"]

STATIC = Path(__file__).parents[2] / "show" / "static"


class Graded(NamedTuple):
    """One notebook, with its reports or the sentence why there are none."""

    notebook: str
    reports: list[Report]
    problem: str = ""

    @property
    def done(self) -> bool:
        """Whether every exercise of the notebook earned everything."""
        return not self.problem and all(report.done for report in self.reports)

    def __str__(self):
        scores = ", ".join(
            f"{report.exercise.name} {report.score}/{report.exercise.points}"
            for report in self.reports
        )
        return f"{self.notebook}: {self.problem or scores}"


def check_folder(folder: Path, exercise: str | None = None) -> Iterator[Graded]:
    """Grade each notebook below `folder`, in the order of their names. Raises DslabError where
    there is none.
    """
    folder = Path(folder)
    if exercise is not None:
        exercise_named(exercise)
    notebooks = sorted(
        path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    )
    if not notebooks:
        raise DslabError(f"{folder} holds no notebooks: put files that end in .ipynb there.")
    return _graded(folder, notebooks, exercise)


def _graded(folder, notebooks, exercise):
    for path in _progress(notebooks):
        name = path.relative_to(folder).as_posix()
        try:
            yield Graded(name, check_notebook(path, exercise))
        except DslabError as error:
            yield Graded(name, [], str(error))


def _progress(notebooks):
    try:
        from tqdm import tqdm
    except ImportError:  # The book's environment has it; a grader's machine may not.
        return notebooks
    return tqdm(notebooks, unit="notebook", leave=False, disable=None)


def write_csv(graded: Iterable[Graded], path: Path) -> None:
    """A row for each notebook and exercise; `broken` holds the ids of properties."""
    try:
        with open(path, "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(("notebook", "exercise", "score", "of", "broken", "problem"))
            for each in graded:
                if each.problem:
                    rows.writerow((each.notebook, "", "", "", "", each.problem))
                for report in each.reports:
                    broken = " ".join(
                        result.property.id for result in report.results if not result.verdict.holds
                    )
                    exercise = report.exercise
                    scored = exercise.name, report.score, exercise.points
                    rows.writerow((each.notebook, *scored, broken, ""))
    except OSError as error:
        raise DslabError(f"{path} can't be written: {error.strerror}.") from None


def write_pages(graded: Iterable[Graded], folder: Path) -> None:
    """A page of feedback for each notebook, with the player's script beside them.

    A browser runs the script only from a server; opened as a file, a page shows pictures instead.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(STATIC, folder / "static", dirs_exist_ok=True)
        for each in graded:
            path = folder / Path(each.notebook).with_suffix(".html")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_page(each), encoding="utf-8")
    except OSError as error:
        raise DslabError(f"{error.filename} can't be written: {error.strerror}.") from None


def _page(graded: Graded) -> str:
    up = "../" * graded.notebook.count("/")
    body = (
        "".join(report._repr_html_() for report in graded.reports)
        or f"<p>{escape(graded.problem)}</p>"
    )
    title = escape(graded.notebook)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta '
        'name="viewport" content="width=device-width">'
        f'<title>{title}</title><script type="module" src="{up}static/dslab.js"></script>'
        "<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: "
        "2rem auto; padding: 0 1rem } "
        "th { text-align: left; font-weight: normal }</style>"
        f"</head><body><h1>{title}</h1>{body}</body></html>\n"
    )
