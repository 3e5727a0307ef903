"""Which lines of a protocol's handlers have been run."""

import sys

from dslab.check.callers import Caller
from dslab.node import Node

__all__ = ["Lines"]


class Lines:
    """In a `with`, notes which lines of the handlers of `classes` are run, by Python's own tracing."""

    def __init__(self, classes):
        self.functions = {value.__code__: f"{kind.__name__}.{name}" for each in classes for kind in reversed(each.__mro__) if kind not in (Node, Caller, object)
                          for name, value in vars(kind).items() if hasattr(value, "__code__")}
        self.lines = {(code, line) for code in self.functions for _, _, line in code.co_lines() if line is not None and line != code.co_firstlineno}
        self.run: set[tuple] = set()

    def __enter__(self):
        self._old = sys.gettrace()
        sys.settrace(self._call)

    def __exit__(self, *_):
        sys.settrace(self._old)

    def _call(self, frame, event, _):
        return self._line if frame.f_code in self.functions else None

    def _line(self, frame, event, _):
        self.run.add((frame.f_code, frame.f_lineno))
        return self._line

    def missing(self) -> list[str]:
        """In words, what was never run: whole functions, or single lines of those that were."""
        found = []
        for code, name in self.functions.items():
            lines = sorted(line for other, line in self.lines if other is code)
            left = [line for line in lines if (code, line) not in self.run]
            if lines and left == lines:
                found.append(name)
            else:
                found += [f"{name}, line {line - code.co_firstlineno + 1}" for line in left]
        return found
