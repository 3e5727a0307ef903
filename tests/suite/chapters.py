"""Which chapter a test belongs to; `--only CHAPTER`, what concerns one; and `--quick`, the core.

A test belongs to the chapter that its mark names, `@pytest.mark.chapter("raft_election")`, or whose
notebook or page it is asked of: no list says so.
"""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: The chapters that are there, and their notebooks.
NOTEBOOKS = {
    path.stem.partition("_")[2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
}


def page(path: Path) -> str:
    """A page's name in the book: `notebooks/12_raft_election`."""
    return path.relative_to(ROOT).with_suffix("").as_posix()


def find(word: str) -> str:
    """The chapter that is meant by `12`, `raft_election` or `12_raft_election`."""
    for name, path in NOTEBOOKS.items():
        if word in (name, path.stem, path.stem.partition("_")[0]):
            return name
    there = ", ".join(path.stem for path in NOTEBOOKS.values())
    raise pytest.UsageError(f"there is no chapter {word!r}: there are {there}.")


def asked_of(item) -> set:
    """The pages that a test is asked of: its own notebook, or what its parameters name."""
    paths = {item.path}
    for value in getattr(getattr(item, "callspec", None), "params", {}).values():
        if isinstance(value, str):
            value = ROOT / (value if "/" in value else f"notebooks/{value}")
        if isinstance(value, Path):
            paths.add(value)
    return {page(path) for path in paths if path.is_relative_to(ROOT)}


def chapter_of(item) -> str | None:
    """The name of a test's chapter, such as `raft_election`, or None where it has none."""
    if mark := item.get_closest_marker("chapter"):
        return mark.args[0]
    pages = asked_of(item)
    return next((name for name, path in NOTEBOOKS.items() if page(path) in pages), None)


def references(name: str) -> set[str]:
    """The reference pages that a chapter sends its readers to."""
    found = re.findall(r"\breference/(\w+)", NOTEBOOKS[name].read_text(encoding="utf-8"))
    return {f"book/reference/{each}" for each in found}


#: What `--quick` leaves out: what needs a browser, kernels, servers or a grader's processes, and
#: what compares with brute force.
SLOW = (
    "notebooks/",
    "book/",
    "tests/book/",
    "tests/browser/",
    "tests/check/test_linearizable.py",
    "tests/check/test_mutants.py",
    "tests/check/test_weaker.py",
    "tests/events/test_store.py",
    "tests/explore/",
    "tests/learn/",
    "tests/live/",
    "tests/test_sweep.py",
    "tests/tidy/test_suite.py",
)


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="run the core's tests, and none of SLOW")
    parser.addoption(
        "--only",
        metavar="CHAPTER",
        help="run what concerns one chapter, such as 12: its "
        "notebook, its page, its exercises and the reference pages that it names",
    )


def pytest_configure(config):
    config.addinivalue_line("markers", "chapter(name): the test belongs to this chapter")
    if config.option.only:
        config.option.only = find(config.option.only)


def pytest_collection_modifyitems(config, items):
    keep = items
    if name := config.option.only:
        wanted = references(name)
        keep = [item for item in keep if chapter_of(item) == name or wanted & asked_of(item)]
    if config.option.quick:
        keep = [item for item in keep if not item.nodeid.startswith(SLOW)]
    kept = set(keep)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = keep


if __name__ == "__main__":
    try:
        find(sys.argv[1])
    except pytest.UsageError as error:
        sys.exit(f"dslab: {error}")
