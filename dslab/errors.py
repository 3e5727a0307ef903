"""The one error that a reader is meant to see."""

__all__ = ["DslabError"]


class DslabError(ValueError):
    """Bad input, told in one sentence: what is wrong, where, and what to do.

    Every error that a reader can cause is one of these; the command line prints its sentence and exits with 2.
    """
