"""A limit on how much a submission may compute in one call, so that an endless loop ends in a sentence.

The limit counts instructions of Python, not seconds: the same submission gets the same verdict on any machine, and in a
browser. Lines would not do: `while True: pass` never begins a new one.
"""

import sys
from contextlib import contextmanager

__all__ = ["BudgetExceeded", "INSTRUCTIONS", "limited"]

#: Instructions of the submission's own code in one call from dslab. A Raft handler takes a few hundred.
INSTRUCTIONS = 500_000


class BudgetExceeded(BaseException):
    """The submission computed too long. Not an Exception, so that its own `except Exception` doesn't swallow it."""


@contextmanager
def limited(instructions: int = INSTRUCTIONS):
    """Run a block in which each call into code outside dslab and the libraries may take so many instructions."""
    left = instructions

    def count(frame, event, _):
        nonlocal left
        if event == "opcode":
            left -= 1
            if left < 0:
                raise BudgetExceeded(f"one call took more than {instructions:,} instructions: look for a loop that never ends.")
        return count

    def enter(frame, event, _):
        nonlocal left
        if not _counted(frame.f_code.co_filename):
            return None
        if frame.f_back is None or not _counted(frame.f_back.f_code.co_filename):
            left = instructions  # A new call from dslab.
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return count

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)


_PACKAGE = __file__.replace("\\", "/").rsplit("/learn/", 1)[0] + "/"
_known: dict[str, bool] = {}


def _counted(filename: str) -> bool:
    """Whether code of this file is a submission's: not dslab's own, nor a library's."""
    if filename not in _known:
        name = filename.replace("\\", "/")
        _known[filename] = not (name.startswith((_PACKAGE, "<frozen", "<string>")) or "/lib/python" in name
                                or "site-packages" in name)
    return _known[filename]
