"""What a submission prints, in this Python: a page's Python prints the same."""

import io
from contextlib import redirect_stdout

#: Prints the reports of the `answers` above it.
GRADED = """
from dslab.learn import check
for name, answer in answers.items():
    print(check(name, answer))
"""


def printed(code):
    """What code prints in this Python."""
    stream = io.StringIO()
    with redirect_stdout(stream):
        exec(compile(code, "<cell>", "exec"), {"__name__": "__main__"})
    return stream.getvalue().rstrip("\n")
