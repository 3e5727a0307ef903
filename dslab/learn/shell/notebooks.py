"""Grade a notebook from a shell: cells run in a process of their own, and are checked from here."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from dslab.errors import DslabError
from dslab.learn.grading import Report, exercise_named, grade
from dslab.learn.shell.remote import LOST, Submission

__all__ = ["check_notebook"]

#: How many cells' errors a report tells.
NOTES = 3


def cells_of(path: Path) -> list[str]:
    """The code cells of a notebook. Raises DslabError where the file is none."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DslabError(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise DslabError(f"{path} is no notebook: it is not JSON.") from None
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        raise DslabError(f"{path} is no notebook: it has no cells.")
    for number, cell in enumerate(data["cells"], 1):
        if wrong := _wrong(cell):
            raise DslabError(f"{path} is no notebook: cell {number} {wrong}.")
    return ["".join(cell["source"]) for cell in data["cells"] if cell["cell_type"] == "code"]


def _wrong(cell: Any) -> str:
    """What makes this no cell; nothing where it is one."""
    if not isinstance(cell, dict):
        return f"is {cell!r:.60}, and not an object"
    if "cell_type" not in cell:
        return 'has no "cell_type"'
    if cell["cell_type"] != "code":
        return ""
    if "source" not in cell:
        return 'has no "source"'
    lines = cell["source"] if isinstance(cell["source"], list) else [cell["source"]]
    if not all(isinstance(line, str) for line in lines):
        what = "a text, or a list of texts, belongs there"
        return f'has {cell["source"]!r:.60} for its "source": {what}'
    return ""


def check_notebook(path: Path, exercise: str | None = None) -> list[Report]:
    """A report for each exercise in the notebook, or for the named one alone.

    Raises DslabError where the notebook has no exercise, or not the one that is asked for.
    """
    if exercise is not None:
        exercise_named(exercise)
    cells = cells_of(path)
    if not any("check(" in cell for cell in cells):
        raise DslabError(f'{path} has no exercise: no cell calls check("name", your_answer).')
    folder, written, reports = str(Path(path).resolve().parent), exercises_in(cells), []
    submission, found, errors = _opened(cells, folder)
    try:
        names = [exercise_named(name).name for name in dict.fromkeys([*written, *found])]
        if exercise is not None and exercise not in names:
            raise DslabError(
                f"{path} has no exercise {exercise!r}: it has {', '.join(names) or 'none'}."
            )
        for name in [exercise] if exercise else names:
            if submission.lost:
                # The exercise before this one ended the process: that was its loss alone.
                submission.close()
                submission, found, errors = _opened(cells, folder)
            reports.append(
                _noted(grade(exercise_named(name), found[name]), written.get(name), errors)
                if name in found
                else _never_came(name, written[name], errors)
            )
    finally:
        submission.close()
    if not reports:
        raise DslabError(f'{path} has no exercise: no cell came to check("name", your_answer).')
    return reports


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
    return f"cell {cell}: {error}" if error.startswith(LOST) else f"cell {cell} raised {error}"


def exercises_in(cells: list[str]) -> dict[str, int]:
    """The exercises that cells check, each with the number of the last cell that does, from 1."""
    found = {}
    for number, cell in enumerate(cells, 1):
        code = "\n".join(line for line in cell.splitlines() if not line.lstrip().startswith("#"))
        found |= dict.fromkeys(re.findall(r"\bcheck\(\s*[\"']([^\"'\n]+)[\"']", code), number)
    return found


def _opened(cells: list[str], folder: str) -> tuple[Submission, dict, dict]:
    """A process in which the cells have run: all of them, or those before the one that ended it."""
    submission = Submission(folder)
    found, errors = submission.run(cells)
    if submission.lost:
        submission.close()
        submission = Submission(folder)
        found, _ = submission.run(cells[: max(errors) - 1])
    return submission, found, errors


def _never_came(name: str, cell: int, errors: dict[int, str]) -> Report:
    """The report where no cell handed over a submission: what went wrong in the cell that should
    have, or before it.
    """
    lost = [number for number in errors if number <= cell and errors[number].startswith(LOST)]
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
