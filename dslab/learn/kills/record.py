"""Mutants that are as right as the answer that they were made of, why, and what shows it.

They stand in `solutions/equivalent/NAME.py`, found by the exercise's name:

    from dslab.learn.kills.record import Change, Equivalent

    equivalent = [
        Equivalent(
            "The vote was cleared when the term began.",
            explored({"ElectionTimeout": 2}, crashes=1),
            Change("MyRaft.on_ElectionTimeout", "self.voted_for = None", ""),
        ),
    ]

`dslab kills NAME` prints each survivor's Change, to be copied there. A test holds that each of
these mutants is still made, that the grader still takes it for right, and that what is to show it
does.
"""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dslab.errors import DslabError
from dslab.learn.kills.deriving import Change

__all__ = ["Change", "Equivalent", "equivalent_file", "recorded"]


class Equivalent:
    """Some mutants, and why they are as right as the answers.

    why      the reason, in a sentence.
    shown    (answer, mutant) → how they differ, in a sentence, or None where they don't; both as
             they are submitted. See `dslab.learn.kills.alike` for what there is.
    changes  the mutants.
    """

    def __init__(self, why: str, shown: Callable[[Any, Any], str | None], *changes: Change):
        self.why, self.shown, self.changes = why, shown, changes


def equivalent_file(answers: Path) -> Path:
    """Where the record of a file of answers stands, if there is one."""
    return answers.parent / "equivalent" / answers.name


def recorded(answers: Path) -> dict[Change, Equivalent]:
    """What is recorded of the mutants of a file of answers. Raises DslabError where the same change
    is recorded twice.
    """
    path = equivalent_file(answers)
    if not path.is_file():
        return {}
    found: dict[Change, Equivalent] = {}
    for group in runpy.run_path(str(path))["equivalent"]:
        for change in group.changes:
            if change in found:
                raise DslabError(f"{path} records {change!r} twice: leave one out.")
            found[change] = group
    return found
