"""Limits on what a submission may compute, so that an endless loop ends in a sentence; and what
went wrong in it, in words.

The limits count lines and calls (dslab.learn.counting), not seconds: the same submission gets the
same verdict on any machine, and in a browser. What they can't count (a loop in C, a sleep, another
thread) is ended from outside, where a submission runs in a process apart: dslab.learn.keeping.
"""

import sys
import traceback
from collections.abc import Callable
from contextlib import contextmanager, nullcontext

from dslab.errors import DslabError
from dslab.learn.counting import counting, file_of

__all__ = [
    "BudgetExceeded",
    "CALLS",
    "LINES",
    "Lost",
    "Raised",
    "WORK",
    "budget",
    "elsewhere",
    "in_words",
    "is_over",
    "limited",
    "limited_throughout",
    "passed_on",
    "place_of",
    "submitted",
    "text_of",
    "wills",
]

#: Lines of the submission's own code in one call from dslab. A Raft handler takes some ten.
LINES = 100_000
#: Calls from dslab while one property is tested. A few thousand is usual.
CALLS = 100_000
#: Lines in all of these calls.
WORK = 5_000_000


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


class Budget:
    """What a block may compute, and what it has: calls, and lines in all calls that are over."""

    __slots__ = ("lines", "calls", "work", "called", "used", "over")

    def __init__(self, lines: int, calls: int, work: int, called: int = 0, used: int = 0):
        self.lines, self.calls, self.work = lines, calls, work
        self.called, self.used, self.over = called, used, False

    def call(self, lines: int) -> None:
        """Count a call, and the lines of the one before. Raises BudgetExceeded."""
        self.called += 1
        self.used += lines
        if self.called > self.calls:
            self.exceeded(
                f"it was called more than {self.calls:,} times: look for a timer of no time, "
                "or for messages that answer each other for ever."
            )
        if self.used > self.work:
            self.exceeded(
                f"its calls ran more than {self.work:,} lines in all: look for messages or calls "
                "that grow in number."
            )

    def exceeded(self, sentence: str) -> None:
        """Raise BudgetExceeded."""
        self.over = True
        for will in wills:
            will(sentence)
        raise BudgetExceeded(sentence)


#: What to do when a budget is exceeded, before the submission hears of it: it may swallow that.
wills: list[Callable[[str | None], None]] = []
_budgets: list[Budget] = []
#: Whether the submission is in this process, so that its lines can be counted here.
_here = [True]


@contextmanager
def limited(
    lines: int = LINES, calls: int = CALLS, work: int = WORK, called: int = 0, used: int = 0
):
    """Run a block in which each call into code outside dslab and the libraries may take so many
    lines, and in which there may be so many such calls, of so many lines in all. Raises
    BudgetExceeded inside that code.

    called, used  calls and lines that are taken off before it begins.
    """
    budget, left = Budget(lines, calls, work, called, used), lines

    def begun():
        nonlocal left
        before, left = lines - left, lines
        budget.call(before)

    def line():
        nonlocal left
        left -= 1
        if left < 0:
            budget.exceeded(
                f"one call ran more than {lines:,} lines: look for a loop that never ends."
            )

    _budgets.append(budget)
    try:
        if _here[0]:
            with counting(_counted, begun, line):
                yield budget
        else:
            yield budget
    finally:
        _budgets.pop()
        budget.used += lines - left
        if _budgets:
            _budgets[-1].used += budget.used - used
        if budget.over:
            for will in wills:
                will(None)


@contextmanager
def elsewhere():
    """A block in which the submission is in another process, and its lines are counted there."""
    before, _here[0] = _here[0], False
    try:
        yield
    finally:
        _here[0] = before


def budget() -> Budget | None:
    """The budget of the innermost block, if there is one."""
    return _budgets[-1] if _budgets else None


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


def is_over() -> bool:
    """Whether the budget of the innermost block is exceeded."""
    return bool(_budgets) and _budgets[-1].over


def passed_on(error: BaseException) -> BaseException:
    """What a submission raised. An interruption by who sits before a notebook is raised again; in
    a process apart there is none, and whoever raises it there means the grader.
    """
    if isinstance(error, KeyboardInterrupt) and not wills:
        raise error
    return error


def submitted(frame) -> bool:
    """Whether a frame runs a submission's code."""
    return _counted(file_of(frame))


def place_of(error: BaseException) -> str:
    """Where in the submission an error came from, "on_Vote, line 7"; "" for none of its lines."""
    try:
        frames = [
            frame for frame in traceback.extract_tb(error.__traceback__) if _counted(frame.filename)
        ]
        return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    except Exception:  # An error may hide its traceback.
        return ""


def text_of(error: BaseException) -> str:
    """What an error says, cut to 500 characters; what it raises when it is asked to say it."""
    try:
        return str.__str__(str(error))[:500]
    except BaseException as another:
        return f"its text can't be told, for that raises {type(another).__name__}"


def _notes(error: BaseException) -> list[str]:
    try:
        return [note for note in getattr(error, "__notes__", ()) if type(note) is str]
    except Exception:
        return []


def in_words(error: BaseException) -> str:
    """What went wrong in a submission, in a sentence that says where."""
    if isinstance(error, Raised):
        kind, text, place = error.kind, error.text, error.place
    else:
        with limited():
            text = text_of(error)
        kind, place = str(type.__getattribute__(type(error), "__name__")), place_of(error)
    while_ = ", ".join(dict.fromkeys(_notes(error)))
    tail = (f" ({place})" if place else "") + (f", {while_}" if while_ else "") + "."
    text = text.rstrip(".")
    match kind:
        case "BudgetExceeded":
            return f"Your code did not come to an end: {text}{tail}"
        case "RecursionError":
            return f"Your code calls itself without an end{tail}"
        case "DslabError" | "ContractError":
            return text + tail
        case "Lost":  # Wherever the grader was just then.
            return text + "."
    return f"Your code raised {kind}" + (f": {text}" if text else "") + tail
