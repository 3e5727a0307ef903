"""Submissions that never end, run in a page: budgets end them there as they do in CPython."""

import ast
import re
from pathlib import Path

import pytest

from tests.browser.chapter import Chapter
from tests.browser.conftest import guarded, visit
from tests.browser.submissions import graded, printed
from tests.learn import programs
from tests.learn.test_counting import DIFFER, LINES
from tests.suite.chapters import NOTEBOOKS, page

#: Code that never ends, in the ways that budgets end it.
ENDLESS = (
    """
from dslab.node import Node

class Loops(Node):
    def on_Request(self, client, m):
        while True: pass

class Swallows(Node):
    def on_Request(self, client, m):
        while True:
            try:
                m.nothing
            except Exception:
                pass

class Descends(Node):
    def on_Request(self, client, m):
        self.on_Request(client, m)

answer = Loops
"""
    + graded("at-most-once")
    + """
for kind in (Swallows, Descends):
    print(check("at-most-once", kind))
"""
)

#: Pythons differ in which lines of a loop they count (3.14 passes over a bare `try:`), and so in
#: the line at which a budget ends.
END_OF_BUDGET = re.compile(r"line \d+(?=\))")

#: Counts the lines of tests/learn/programs.py, in both ways.
COUNTS = """
from dslab.learn.counting import monitored, traced

def lines(way, program):
    seen = []
    with way(lambda file: file == "programs", lambda: None, lambda: seen.append(1)):
        program()
    return len(seen)

tuple({name: lines(way, programs[name]) for name in names} for way in (monitored, traced))
"""


@pytest.fixture(scope="module")
def session(browser, base):
    context, first = guarded(browser, base), next(iter(NOTEBOOKS.values()))
    yield Chapter(visit(context, f"{base}/book/{page(first)}.html")).go_live()
    context.close()


def test_what_never_ends_gets_the_same_report_in_the_browser(session):
    assert END_OF_BUDGET.sub("line …", session.run(2, ENDLESS)) == END_OF_BUDGET.sub(
        "line …", printed(ENDLESS)
    )


def test_lines_are_counted_in_the_browser_as_elsewhere(session):
    code = Path(programs.__file__).read_text(encoding="utf-8")
    shown = session.run(
        2,
        f"programs = {{}}\nexec(compile({code!r}, 'programs', 'exec'), programs)\nnames = "
        f"{[*LINES, *DIFFER]!r}\n{COUNTS}",
    )
    monitored, traced = ast.literal_eval(shown)
    assert monitored == traced and monitored.items() >= LINES.items()


def test_in_the_browser_not_even_code_that_catches_everything_escapes(session):
    swallows = (
        "            try:\n                m.nothing\n           "
        " except BaseException:\n    "
        "            pass\n"
    )
    shown = session.run(
        2,
        "from dslab.learn import check\nfrom dslab.node import Node\nclass "
        "Escapes(Node):\n    def on_Request(self, client, m):\n        while True:\n"
        f"{swallows}print(check('at-most-once', Escapes))",
    )
    assert "Your code did not come to an end: one call ran more than 100,000 lines" in shown
