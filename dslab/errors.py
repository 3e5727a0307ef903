"""The one error that a reader is meant to see, and what asks for a number."""

from typing import Any

__all__ = ["DslabError", "demand_number"]


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
