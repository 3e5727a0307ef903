"""Mutants that are as right as the answer that they were made of, why, and what shows it.

They stand in `solutions/equivalent/NAME.py`, found by the exercise's name:

    from dslab.learn.kills.alike import explored
    from dslab.learn.kills.record import Change, Equivalent

    equivalent = [
        Equivalent(
            "The vote was cleared when the term began.",
            explored({"ElectionTimeout": 2}, crashes=1),
            Change("MyRaft.on_ElectionTimeout", "self.voted_for = None", "pass"),
        ),
    ]

Where many are right, such as schedules that do the same in another order, the file may define
`right`, a function that says of an answer whether it is, by other means than the grader. Then none
of them need be listed, and the grader is held to it both ways.

`dslab kills NAME` prints each survivor's Change, to be copied there. It tries all that is recorded:
that each of these mutants is still made, that the grader takes it for right, and that what is to
show it does.
"""

import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.learn.kills.deriving import Change

__all__ = ["Change", "Equivalent", "Record", "equivalent_file", "recorded"]


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


class Record(NamedTuple):
    """What is recorded of the mutants of an exercise.

    known  the equivalent ones, each with the group that it stands in.
    right  (answer) → whether it is right, by other means than the grader; None where nothing says.
    """

    known: Mapping[Change, Equivalent]
    right: Callable[[Any], bool] | None = None


def recorded(answers: Path) -> Record:
    """The record that belongs to a file of answers; an empty one where there is none. Raises
    DslabError where the same change is recorded twice.
    """
    path = equivalent_file(answers)
    if not path.is_file():
        return Record({})
    file = runpy.run_path(str(path))
    known: dict[Change, Equivalent] = {}
    for group in file.get("equivalent", ()):
        for change in group.changes:
            if change in known:
                raise DslabError(f"{path} records {change!r} twice: leave one out.")
            known[change] = group
    return Record(known, file.get("right"))
