"""What a submission prints, in this Python: a page's Python prints the same."""

import io
from contextlib import redirect_stdout


def graded(name: str) -> str:
    """Code that prints the report on the `answer` above it."""
    return f'\nfrom dslab.learn import check\nprint(check("{name}", answer))\n'


def printed(code):
    """What code prints in this Python."""
    stream = io.StringIO()
    with redirect_stdout(stream):
        exec(compile(code, "<cell>", "exec"), {"__name__": "__main__"})
    return stream.getvalue().rstrip("\n")
