"""Grade a notebook from a shell: its cells run in a process of their own, its exercises are checked from here."""

import json
import re
from dataclasses import replace
from pathlib import Path

from dslab.errors import DslabError
from dslab.learn.grading import Report, exercise_named, grade
from dslab.learn.remote import Lost, Submission

__all__ = ["check_notebook"]


def cells_of(path: Path) -> list[str]:
    """The code cells of a notebook. Raises DslabError where the file is none."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DslabError(f"{path} can't be read: {error.strerror}.") from None
    except ValueError:
        raise DslabError(f"{path} is no notebook: it is not JSON.") from None
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        raise DslabError(f"{path} is no notebook: it has no cells.")
    return ["".join(cell.get("source", "")) for cell in data["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def check_notebook(path: Path, exercise: str | None = None) -> list[Report]:
    """A report for each check(…) in the notebook, or for the named exercise alone.

    Raises DslabError where the notebook has no exercise, or not the one that is asked for.
    """
    if exercise is not None:
        exercise_named(exercise)
    cells = cells_of(path)
    if not any("check(" in cell for cell in cells):
        raise DslabError(f"{path} has no exercise: no cell calls check(\"name\", your_answer).")
    with Submission(cells, str(Path(path).resolve().parent)) as submission:
        try:
            found, error = submission.checks()
        except Lost as lost:
            found, error = [], str(lost)
        # A submission that calls check twice for one exercise is graded on the last call, as a reader would expect.
        latest = {name: thing for name, thing, _ in found}
        asked = [exercise] if exercise else list(latest) or _named_in(cells)
        return [_report(name, latest, error, path) for name in asked]


def _report(name: str, latest: dict, error: str | None, path: Path) -> Report:
    exercise = exercise_named(name)
    if name in latest:
        return grade(exercise, latest[name])
    if error is None:
        raise DslabError(f"{path} has no exercise {name!r}: it has {', '.join(latest) or 'none'}.")
    sentence = f"The notebook never came to check(\"{name}\", …): {error}"
    return grade(replace(exercise, accepts=lambda _: sentence), None)


def _named_in(cells: list[str]) -> list[str]:


    return [name for name in dict.fromkeys(re.findall(r"check\(\s*[\"']([\w-]+)[\"']", "\n".join(cells)))]
