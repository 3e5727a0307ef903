"""The one error that a reader is meant to see, and what its sentences have in common."""

import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["DslabError", "demand_number", "imported", "instead"]


class DslabError(ValueError):
    """Bad input, told in one sentence: what is wrong, where, and what to do.

    Every error that a reader can cause is one of these; the command line prints its sentence and
    exits with 2.
    """


def demand_number(name: str, value: Any, least: int = 1, whole: bool = True) -> None:
    """Raise DslabError unless `value` is a number, `least` or more."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int if whole else (int, float))
        or not value >= least
    ):
        raise DslabError(
            f"{name}={value!r}: give a {'whole ' if whole else ''}number, {least} or more."
        )


def instead(name: Any, known: Iterable[str], words: str = "choose") -> str:
    """How a sentence ends that refuses a name: with the nearest of those that are known, and all.

    >>> "there is no protocol 'rafft': " + instead("rafft", ["echo", "raft"])
    "there is no protocol 'rafft': did you mean raft? There are echo, raft."
    """
    known = list(known)
    near = get_close_matches(str(name), known, 1)
    if near and len(known) == 1:
        return f"did you mean {near[0]}?"
    start = f"did you mean {near[0]}? There are" if near else words
    return f"{start} {', '.join(known) or 'none'}."


def imported(module: str, file: str = "") -> ModuleType:
    """A module that a reader may have written. Raises DslabError where it can't be imported, which
    names `file`, or else the module.
    """
    try:
        return import_module(module)
    except (Exception, SystemExit) as error:
        raise DslabError(f"{file or module} can't be imported: {error_at(error)}.") from None


def error_at(error: BaseException) -> str:
    """An error of a file's own code in words: its kind, its line where known, and what it says."""
    if isinstance(error, SyntaxError):
        line, said = error.lineno, error.msg
    else:
        places = traceback.extract_tb(error.__traceback__)
        own = [each for each in places if each.filename != __file__ and "importlib" not in each[0]]
        line, said = own[-1].lineno if own else None, str(error)
    where = f" in line {line}" if line else ""
    return f"{type(error).__name__}{where}{f' ({said:.200})' if said else ''}"
