"""Grade a folder of notebooks, one submission after the other, each in a process of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dslab.errors import DslabError
from dslab.learn.grading import Report, exercise_named
from dslab.learn.shell.notebooks import check_notebook
from dslab.learn.shell.place import is_notebook
from dslab.learn.shell.record import Record

__all__ = ["Graded", "check_folder", "notebooks_in"]


class Graded(NamedTuple):
    """One notebook by its path in the folder, with its reports or why there are none."""

    notebook: str
    reports: list[Report]
    problem: str = ""

    @property
    def done(self) -> bool:
        """Whether every exercise of the notebook earned everything."""
        return not self.problem and all(report.done for report in self.reports)

    @property
    def name(self) -> str:
        """The notebook's path on one line, whatever characters are in it."""
        return printable(self.notebook)

    def __str__(self):
        scores = ", ".join(
            f"{report.exercise.name} {report.score}/{report.exercise.points}"
            for report in self.reports
        )
        return f"{self.name}: {printable(self.problem or scores)}"


def printable(text: str) -> str:
    """A text on one line: what no terminal or table shows is written as Python would."""
    return "".join(
        each if each.isprintable() else ascii(each)[1:-1] for each in text.replace("\n", " ")
    )


def notebooks_in(folder: Path) -> list[Path]:
    """The notebooks below a folder, by name. Raises DslabError where there is none."""
    found = sorted(
        path
        for path in Path(folder).rglob("*")
        if is_notebook(path) and ".ipynb_checkpoints" not in path.parts and not path.is_dir()
    )
    if not found:
        raise DslabError(f"{folder} holds no notebooks: put files that end in .ipynb there.")
    return found


def check_folder(
    folder: Path,
    exercise: str | None = None,
    *,
    hidden: tuple[Path, ...] = (),
    record: Record | None = None,
) -> Iterator[Graded]:
    """Grade each notebook below `folder`.

    hidden  files and folders there that no submission is to see, such as those of scores.
    record  what is graded already: what has not changed since then isn't graded again.

    Raises DslabError where there is none.
    """
    folder = Path(folder)
    if exercise is not None:
        exercise_named(exercise)
    return _graded(folder, notebooks_in(folder), exercise, hidden, record)


def _graded(folder, notebooks, exercise, hidden, record):
    for path in _progress(notebooks):
        name = path.relative_to(folder).as_posix()
        digest = record and record.digest(path, folder, exercise, hidden)
        known = record and record.get(name, digest)
        if known:
            yield Graded(name, *known)
            continue
        try:
            graded = Graded(name, check_notebook(path, exercise, root=folder, hidden=hidden))
        except DslabError as error:
            graded = Graded(name, [], str(error))
        except (Exception, RecursionError) as error:  # No file ends the run.
            sentence = f"{path} can't be graded ({type(error).__name__}: {error!s:.200})."
            graded = Graded(name, [], sentence)
        if record:
            record.add(name, digest, graded.reports, graded.problem)
        yield graded


def _progress(notebooks):
    try:
        from tqdm import tqdm
    except ImportError:  # The book's environment has it; a grader's machine may not.
        return notebooks
    return tqdm(notebooks, unit="notebook", leave=False, disable=None)
