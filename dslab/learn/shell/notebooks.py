"""Grade a notebook from a shell: cells run in a process of their own, and are checked from here."""

from dataclasses import replace
from pathlib import Path

from dslab.errors import DslabError
from dslab.learn.exercise import Exercise
from dslab.learn.grading import Report, cut_short, exercise_named, grade, reports
from dslab.learn.guarding import LOST, NO_END
from dslab.learn.limits import elsewhere
from dslab.learn.shell.cells import cells_of, exercises_in
from dslab.learn.shell.place import Place
from dslab.learn.shell.remote import Submission

__all__ = ["check_notebook"]

#: How many cells' errors a report tells.
NOTES = 3


def check_notebook(
    path: Path, exercise: str | None = None, *, root: Path | None = None, hidden: tuple = ()
) -> list[Report]:
    """A report for each exercise in the notebook, or for the named one alone.

    root    the folder that a class shares, where it isn't the notebook's own.
    hidden  files and folders there that the submission isn't to see.

    Raises DslabError where the notebook has no exercise, or not the one that is asked for.
    """
    if exercise is not None:
        exercise_named(exercise)
    cells = cells_of(Path(path))
    if not any("check" in cell for cell in cells):
        raise DslabError(f'{path} has no exercise: no cell calls check("name", your_answer).')
    with Held(cells, Place(path, root, hidden)) as held:
        names = list(dict.fromkeys([*held.written, *held.found]))
        if exercise is not None and exercise not in names:
            raise DslabError(
                f"{path} has no exercise {exercise!r}: it has {', '.join(names) or 'none'}."
            )
        found = [held.report(name) for name in ([exercise] if exercise else names)]
    if not found:
        raise DslabError(f'{path} has no exercise: no cell came to check("name", your_answer).')
    return found


class Held:
    """A notebook's cells that have run, in a process that may have to be started again."""

    def __init__(self, cells: list[str], place: Place):
        self.cells, self.place = cells, place
        self.written = exercises_in(cells)

    def __enter__(self) -> "Held":
        self._open()
        return self

    def __exit__(self, *_):
        self.submission.close()
        self.place.__exit__()

    def _open(self) -> None:
        """Run all cells, or those before the one that ended the process."""
        self.errors = self._run(self.cells)
        if self.submission.lost:
            self._close()
            self._run(self.cells[: max(self.errors) - 1])

    def _run(self, cells: list[str]) -> dict[int, str]:
        self.place.__enter__()
        self.submission = Submission(self.place.path, self.place.top)
        self.found, errors = self.submission.run(cells)
        return errors

    def _close(self) -> None:
        self.submission.close()
        self.place.__exit__()
        self.place = self.place.again()

    def report(self, name: str) -> Report:
        """The report on one exercise."""
        try:
            exercise = exercise_named(name)
        except DslabError as error:
            return Report(Exercise(name, str(error), "CODE", 0, ()), ())
        if self.submission.lost:
            # The exercise before this one ended the process: that was its loss alone.
            self._close()
            self._open()
        if name not in self.found:
            return _never_came(name, self.written.get(name, len(self.cells)), self.errors)
        return _noted(self._graded(exercise), self.written.get(name), self.errors)

    def _graded(self, exercise: Exercise) -> Report:
        self.submission.begins()
        report = Report(exercise, ())
        with elsewhere():
            for each in reports(exercise, self.found[exercise.name]):
                if self.submission.lost:
                    return cut_short(report, self.submission.lost)
                report = each
        return report


def _noted(report: Report, cell: int | None, errors: dict[int, str]) -> Report:
    """The report with the errors of cells up to the one that hands over its answer, which is not
    what it should be: they may be why.
    """
    before = [
        _raised(number, errors[number]) for number in sorted(errors) if number <= (cell or number)
    ]
    if report.done or not before:
        return report
    left_out = len(before) - NOTES
    more = [f"{left_out} more cell{'s' * (left_out > 1)} before the answer raised"]
    return replace(report, notes=tuple(before[:NOTES] + more * (left_out > 0)))


def _raised(cell: int, error: str) -> str:
    """What went wrong in a cell, in words."""
    return (
        f"cell {cell}: {error}"
        if error.startswith((LOST, NO_END))
        else f"cell {cell} raised {error}"
    )


def _never_came(name: str, cell: int, errors: dict[int, str]) -> Report:
    """The report where no cell handed over a submission: what went wrong in the cell that should
    have, or before it.
    """
    lost = [
        number for number in errors if number <= cell and errors[number].startswith((LOST, NO_END))
    ]
    if lost:
        why = _raised(lost[0], errors[lost[0]])
    elif cell in errors:
        before = (
            [number for number in sorted(errors) if number < cell]
            if errors[cell].startswith("NameError")
            else []
        )
        why = "; before it, ".join(
            _raised(number, errors[number]) for number in [cell, *before[-1:]]
        )
    else:
        why = f"cell {cell} was given nothing of yours"
    sentence = f'The notebook never came to check("{name}", …): {why.rstrip(".")}.'
    return grade(replace(exercise_named(name), accepts=lambda _: sentence), None)
