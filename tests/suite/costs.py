"""What the tests cost: CPU seconds by area and by chapter, with the browser's and every other
child's own, printed at the end of a run and written to build/costs.json.

A worker looks at its whole tree of processes after each test and after its clearing up, before
which a page's process still lives. What happens in between is the next test's. Seconds of CPU time
are told, since a busy machine changes those least.
"""

import json
from collections import Counter
from pathlib import Path, PurePosixPath

import psutil
import pytest

from tests.suite.chapters import chapter_of

FILE = Path(__file__).parents[2] / "build" / "costs.json"


class Tree:
    """CPU seconds of this process and all that descend from it.

    A process that ended is in its parent's account of children only where that waited for it (the
    parent of a browser's pages doesn't), so each is counted while it lives, and of what a parent
    accounts for only that which was not seen before.
    """

    def __init__(self):
        self.me, self.seen = psutil.Process(), {}
        self.more()

    def more(self) -> float:
        """What was spent since the last look."""
        now = {}
        for process in (self.me, *self.me.children(recursive=True)):
            try:
                user, system, *children = process.cpu_times()[:4]
                now[process] = user + system, sum(children)
            except psutil.NoSuchProcess:
                pass
        lived, waited = (
            sum(now[each][kind] - self.seen.get(each, (0, 0))[kind] for each in now)
            for kind in (0, 1)
        )
        ended = sum(sum(self.seen[each]) for each in self.seen.keys() - now.keys())
        self.seen = now
        return lived + max(0.0, waited - ended)


def measured() -> dict[str, float]:
    """What each test cost when it ran last."""
    try:
        return json.loads(FILE.read_text(encoding="utf-8"))["tests"]
    except (OSError, ValueError, KeyError):  # None has run here, or a run was cut off in writing.
        return {}


def area(file: str) -> str:
    """Where a file's costs are told: the folder below tests/, or the notebooks' own runs."""
    path = PurePosixPath(file)
    if path.suffix == ".ipynb":
        return "nbval"
    return "/".join(path.parts[:2]) if len(path.parts) > 2 else path.parts[0]


class Meter:
    """Measures each test where it runs, and adds them up where the run is told of."""

    def __init__(self):
        self.tree, self.cost = Tree(), 0.0
        self.by_test, self.by_chapter = {}, Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        if call.when in ("call", "teardown"):
            self.cost += self.tree.more()
        if call.when == "teardown":
            report.user_properties += [("cpu", self.cost), ("chapter", chapter_of(item))]
            self.cost = 0.0
        return report

    def pytest_runtest_logreport(self, report):
        told = dict(report.user_properties)
        if report.when == "teardown" and "cpu" in told:
            self.by_test[report.nodeid] = told["cpu"]
            if told["chapter"]:
                self.by_chapter[told["chapter"]] += told["cpu"]

    def by(self, part) -> dict[str, float]:
        """The costs of what `part` of a test's file gives, dearest first."""
        found = Counter()
        for test, cost in self.by_test.items():
            found[part(test.partition("::")[0])] += cost
        return {name: round(cost, 1) for name, cost in found.most_common()}

    def pytest_terminal_summary(self, terminalreporter):
        if not self.by_test:
            return
        areas, chapters = self.by(area), self.by_chapter.most_common()
        terminalreporter.section("CPU seconds, Chromium and other processes included")
        for name, cost in [*areas.items(), ("all", sum(areas.values()))]:
            terminalreporter.write_line(f"{cost:8.1f}  {name}")
        if chapters:
            terminalreporter.write_line("of these by chapter:")
        for name, cost in chapters:
            terminalreporter.write_line(f"{cost:8.1f}  {name}")

    def pytest_sessionfinish(self, session):
        if self.by_test and not hasattr(session.config, "workerinput"):
            FILE.parent.mkdir(exist_ok=True)
            told = {
                "areas": self.by(area),
                "chapters": {name: round(cost, 1) for name, cost in self.by_chapter.most_common()},
                "files": self.by(str),
                "tests": measured() | {name: round(cost, 2) for name, cost in self.by_test.items()},
            }
            FILE.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def pytest_configure(config):
    config.pluginmanager.register(Meter(), "costs")
