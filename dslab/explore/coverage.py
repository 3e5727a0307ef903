"""Which lines of a protocol's handlers have been run, and which of their branches were taken.

Python's own tracing (sys.settrace) tells each instruction before it is run, and a compiled function
knows where in its source each stands. So a branch is taken where the next instruction after its
test stands in its body, be it on the same line.
"""

import ast
import inspect
import sys
import textwrap

from dslab.explore.clients import Caller

__all__ = ["Lines"]

#: Where the bases of all nodes stand, which no protocol has written.
HOUSE = "dslab.node", "dslab.part"


class Lines:
    """In a `with`, notes what is run of the handlers of `classes`, inherited ones included."""

    def __init__(self, classes):
        self.functions = {
            value.__code__: f"{kind.__name__}.{name}"
            for each in classes
            for piece in (*each.parts.values(), each)
            for kind in reversed(piece.__mro__)
            if kind.__module__ not in HOUSE and kind not in (Caller, object)
            for name, value in vars(kind).items()
            if hasattr(value, "__code__")
        }
        self.lines = {
            (code, line)
            for code in self.functions
            for _, _, line in code.co_lines()
            if line is not None and line != code.co_firstlineno
        }
        self.branches = {code: _branches(code) for code in self.functions}
        self.run: set[tuple] = set()
        self.taken: set[tuple] = set()  # (code, number of the branch, whether its test was true).

    def __enter__(self):
        self._old = sys.gettrace()
        sys.settrace(self._call)

    def __exit__(self, *_):
        sys.settrace(self._old)

    def _call(self, frame, event, _):
        code = frame.f_code
        if code not in self.functions:
            return None
        frame.f_trace_opcodes = True
        tests, open_tests = self.branches[code].tests, []

        def step(frame, event, _):
            if event == "line":
                self.run.add((code, frame.f_lineno))
            elif event == "opcode":
                asked, bodies = tests.get(frame.f_lasti, (None, None))
                if asked is not None:
                    for number in open_tests:
                        if number not in asked:
                            self.taken.add((code, number, number in bodies))
                    open_tests[:] = asked
            elif event == "return":
                # What leaves the function out of a test has left the branch aside.
                self.taken.update((code, number, False) for number in open_tests)
            return step

        return step

    def missing(self) -> list[str]:
        """In words, what was never run: functions, one way of a branch, and other lines."""
        found = []
        for code, name in self.functions.items():
            lines = sorted(line for other, line in self.lines if other is code)
            left = [line for line in lines if (code, line) not in self.run]
            if lines and left == lines:
                found.append(name)
                continue
            told: set[int] = set()
            for number, branch in enumerate(self.branches[code].all):
                was = {way for way in (True, False) if (code, number, way) in self.taken}
                if was == {False} or was == {True} and not branch.text.startswith("for"):
                    found.append(
                        f"{name}: "
                        + (
                            f"'{branch.text}' was never false"
                            if True in was
                            else f"the branch at '{branch.text}' was never taken"
                        )
                    )
                    told |= set(branch.lines if False in was else branch.others)
            found += [
                f"{name}, line {line - code.co_firstlineno + 1}"
                for line in left
                if line not in told
            ]
        return found


class _Branch:
    """A place in a function's source where it goes one way or another."""

    def __init__(self, node: ast.AST, source: str):
        self.test = node.iter if isinstance(node, ast.For) else node.test
        first = [node.target] if isinstance(node, ast.For) else []
        self.body = first + (node.body if isinstance(node.body, list) else [node.body])
        others = node.orelse if isinstance(node.orelse, list) else [node.orelse]
        self.lines = {
            line for part in self.body for line in range(part.lineno, part.end_lineno + 1)
        } - {node.test.lineno if hasattr(node, "test") else node.lineno}
        self.others = {line for part in others for line in range(part.lineno, part.end_lineno + 1)}
        text = " ".join((ast.get_source_segment(source, self.test) or "…").split())
        self.text = (
            f"for … in {text}"
            if isinstance(node, ast.For)
            else f"{'while' if isinstance(node, ast.While) else 'if'} {text}"
        )


class _Branches:
    """A function's branches, and which tests and bodies each instruction (by offset) is in."""

    def __init__(self, branches: list[_Branch], tests: dict[int, tuple]):
        self.all, self.tests = branches, tests


def _branches(code) -> _Branches:
    try:
        lines, first = inspect.getsourcelines(code)
        source = textwrap.dedent("".join(lines))
        tree = ast.parse(source)
    except (OSError, SyntaxError, TypeError):
        return _Branches([], {})  # Typed in where nothing keeps the text: there are lines still.
    indent = len(lines[0]) - len(lines[0].lstrip())
    nodes = [
        node for node in ast.walk(tree) if isinstance(node, (ast.If, ast.While, ast.For, ast.IfExp))
    ]
    nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    branches = [_Branch(node, source) for node in nodes]
    tests = {}
    for place, (line, end, start, stop) in enumerate(code.co_positions()):
        if None not in (line, end, start, stop):
            span = (line - first + 1, start - indent), (end - first + 1, stop - indent)
            if any(_covers(span, each.test) for each in branches):
                # The jump itself, which some versions of Python say stands where the whole
                # statement does.
                continue
            tests[2 * place] = (
                [number for number, each in enumerate(branches) if _within(span, [each.test])],
                {number for number, each in enumerate(branches) if _within(span, each.body)},
            )
    for branch in branches:
        branch.lines, branch.others = (
            {line + first - 1 for line in part} for part in (branch.lines, branch.others)
        )
    return _Branches(branches, tests)


def _covers(span, node) -> bool:
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return span[0] <= start and end <= span[1] and span != (start, end)


def _within(span, nodes) -> bool:
    return any(
        (node.lineno, node.col_offset) <= span[0]
        and span[1] <= (node.end_lineno, node.end_col_offset)
        for node in nodes
    )
