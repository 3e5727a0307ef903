"""The package's own code, quoted in a chapter: what you read there is what runs."""

import inspect
from textwrap import dedent

from dslab.errors import DslabError

__all__ = ["Source", "source"]


class Source:
    """A piece of code that shows itself highlighted."""

    def __init__(self, code: str):
        self.code = code

    def _repr_markdown_(self):
        return f"```python\n{self.code}```\n"

    def __repr__(self):
        return self.code


def source(*pieces) -> Source:
    """The source of functions, methods or classes, in order: `source(Raft.on_RequestVote)`."""
    try:
        return Source("\n".join(dedent(inspect.getsource(piece)) for piece in pieces))
    except (TypeError, OSError):
        raise DslabError(
            "source(...) shows functions, methods and classes that are written in a file or cell."
        ) from None
