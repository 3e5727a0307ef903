"""How the tests are shared out: a file's tests stay together, and the dearest come first.

A file of APART asks the same of many pages or exercises, and each of these is shared out by itself:
so a book of many chapters keeps all workers busy to the end. Beside a page an exercise of it may
stand, which stays with its page.
"""

import re
from collections import Counter

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.suite.costs import measured

APART = {
    "tests/browser/test_chapters.py": r"\[([\w/]+)",
    "tests/browser/test_pages.py": r"\[([\w/]+)",
    "tests/learn/test_every_exercise.py": r"\[([\w-]+)",
}


def piece(test: str) -> str:
    """What a test stays together with: its file, or there the page or exercise it is asked of."""
    file = test.partition("::")[0]
    asked = re.search(APART[file], test) if file in APART else None
    return f"{file}[{asked[1]}]" if asked else file


def by_piece() -> Counter:
    """What each piece cost when it ran last."""
    found = Counter()
    for test, cost in measured().items():
        found[piece(test)] += cost
    return found


class Pieces(LoadScopeScheduling):
    """Shares out pieces in the order in which they were collected."""

    def _split_scope(self, nodeid):
        return piece(nodeid)


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False
    return Pieces(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """In a worker: the browser's first, so that it starts once; then what cost most."""
    if hasattr(config, "workerinput"):
        costs = by_piece()

        def order(item):
            at = piece(item.nodeid)
            return not at.startswith("tests/browser/"), -costs[at], at

        items.sort(key=order)
