"""What of a folder is graded: a line of JSON for each notebook, written as soon as it is.

A notebook is known by a digest of its bytes, of what lies beside it, of the exercise that was asked
for, and of this package: whatever of these changes, it is graded again.
"""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from dslab.errors import DslabError
from dslab.learn.exercise import Exercise
from dslab.learn.finding import exercise_named
from dslab.learn.report import Report, Result
from dslab.learn.shell.place import Place

__all__ = ["Record"]

PACKAGE = Path(__file__).parents[2]


class Record:
    """The record in a file, which need not be there yet."""

    def __init__(self, path: Path):
        self.path, self._known = path, {}
        lines = []
        try:
            if path.exists():
                lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DslabError(f"{path} can't be read ({error}): remove it.") from None
        self._cut_short = bool(lines and lines[-1])  # By what ended a run.
        for line in lines:
            try:
                each = json.loads(line)
                self._known[each["notebook"]] = each
            except (ValueError, TypeError, KeyError):
                pass

    def digest(self, notebook: Path, root: Path, exercise: str | None, hidden: tuple) -> str:
        """What a notebook's reports hang on."""
        total = sha256(f"{_package()} {exercise}".encode())
        for path in [notebook, *sorted(Place.sources_of(notebook, root, (*hidden, self.path)))]:
            total.update(f"\n{path.relative_to(root)}\n".encode(errors="surrogateescape"))
            total.update(_content(path))
        return total.hexdigest()

    def get(self, notebook: str, digest: str) -> tuple[list[Report], str] | None:
        """The reports and the problem of a notebook; None where it must be graded."""
        each = self._known.get(notebook)
        if each is None or each.get("digest") != digest:
            return None
        try:
            return [_report(data) for data in each["reports"]], each["problem"]
        except (DslabError, LookupError, TypeError, ValueError):
            return None

    def add(self, notebook: str, digest: str, reports: list[Report], problem: str) -> None:
        """Write down what a notebook earned. Raises DslabError."""
        data = {
            "notebook": notebook,
            "digest": digest,
            "problem": problem,
            "reports": [_data(report) for report in reports],
        }
        self._known[notebook] = data
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write("\n" * self._cut_short + json.dumps(data) + "\n")
            self._cut_short = False
        except OSError as error:
            raise DslabError(f"{self.path} can't be written: {error.strerror}.") from None


def _data(report: Report) -> dict:
    return {
        "exercise": report.exercise.name,
        "title": report.exercise.title,
        "results": [[result.property.id, result.as_data()] for result in report.results],
        "looked_at": report.looked_at,
        "notes": report.notes,
    }


def _report(data: dict) -> Report:
    if not data["results"]:
        return Report(Exercise(data["exercise"], data["title"], "CODE", 0, ()), ())
    exercise = exercise_named(data["exercise"])
    properties = {each.id: each for each in exercise.properties}
    results = tuple(Result.of(properties[id], result) for id, result in data["results"])
    return Report(exercise, results, data["looked_at"], tuple(data["notes"]))


def _content(path: Path) -> bytes:
    try:
        return sha256(path.read_bytes()).digest() if path.is_file() else b"no file"
    except OSError as error:
        return str(error.errno).encode()


@cache
def _package() -> str:
    total = sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        total.update(_content(path))
    return total.hexdigest()
