"""Limits on what a submission may compute, so that an endless loop ends in a sentence; and what
went wrong in it, in words.

The limits count lines and calls (dslab.learn.counting), not seconds: the same submission gets the
same verdict on any machine, and in a browser. Before Python 3.12 a submission that catches even
`BaseException` in an endless loop escapes the limits; from a shell the process that holds it has a
limit on its time as well.
"""

import sys
import traceback
from contextlib import contextmanager, nullcontext

from dslab.errors import DslabError
from dslab.learn.counting import counting

__all__ = [
    "BudgetExceeded",
    "CALLS",
    "LINES",
    "Lost",
    "Raised",
    "in_words",
    "limited",
    "limited_throughout",
    "place_of",
]

#: Lines of the submission's own code in one call from dslab. A Raft handler takes some ten.
LINES = 100_000
#: Calls from dslab while one property is tested. A few thousand is usual.
CALLS = 100_000


class BudgetExceeded(BaseException):
    """The submission computed too long. Not an Exception, so that its own `except Exception`
    doesn't swallow it.
    """


class Lost(DslabError):
    """The submission can't be asked any more: the process that held it is gone."""


class Raised(Exception):
    """The submission raised an exception of class `kind`, in another process."""

    def __init__(self, kind: str, text: str, place: str):
        super().__init__(f"{kind}: {text}")
        self.kind, self.text, self.place = kind, text, place


@contextmanager
def limited(lines: int = LINES, calls: int = CALLS):
    """Run a block in which each call into code outside dslab and the libraries may take so many
    lines, and in which there may be so many such calls. Raises BudgetExceeded inside that code.
    """
    left, calls_left = lines, calls

    def begun():
        nonlocal left, calls_left
        left, calls_left = lines, calls_left - 1
        if calls_left < 0:
            raise BudgetExceeded(
                f"it was called more than {calls:,} times: look for a timer of no time, "
                "or for messages that answer each other for ever."
            )

    def line():
        nonlocal left
        left -= 1
        if left < 0:
            raise BudgetExceeded(
                f"one call ran more than {lines:,} lines: look for a loop that never ends."
            )

    with counting(_counted, begun, line):
        yield


def limited_throughout():
    """For a block that calls a submission again and again, each time in `limited`.

    What monitors code is set up once for all then, for Python looks at all code again when that
    comes or goes. Tracing is dear while it lasts, and nothing to begin with: it waits.
    """
    return limited() if hasattr(sys, "monitoring") else nullcontext()


_PACKAGE = __file__.replace("\\", "/").rsplit("/learn/", 1)[0] + "/"
_known: dict[str, bool] = {}


def _counted(filename: str) -> bool:
    """Whether code of this file is a submission's: not dslab's own, nor a library's."""
    if filename not in _known:
        name = filename.replace("\\", "/")
        _known[filename] = not (
            name.startswith((_PACKAGE, "<frozen", "<string>"))
            or "/lib/python" in name
            or "site-packages" in name
        )
    return _known[filename]


def place_of(error: BaseException) -> str:
    """Where in the submission an error came from, "on_Vote, line 7"; "" for none of its lines."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if _counted(frame.filename)
    ]
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else ""


def in_words(error: BaseException) -> str:
    """What went wrong in a submission, in a sentence that says where."""
    kind, text, place = (
        (error.kind, error.text, error.place)
        if isinstance(error, Raised)
        else (type(error).__name__, str(error), place_of(error))
    )
    while_ = ", ".join(dict.fromkeys(getattr(error, "__notes__", ())))
    tail = (f" ({place})" if place else "") + (f", {while_}" if while_ else "") + "."
    text = text.rstrip(".")
    match kind:
        case "BudgetExceeded":
            return f"Your code did not come to an end: {text}{tail}"
        case "RecursionError":
            return f"Your code calls itself without an end{tail}"
        case "DslabError" | "ContractError" | "Lost":
            return text + tail
    return f"Your code raised {kind}" + (f": {text}" if text else "") + tail
