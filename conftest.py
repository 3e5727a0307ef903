"""Shared by all tests, and by the notebooks that are run as tests."""

import os

import pytest

pytest_plugins = ["tests.suite.chapters", "tests.suite.costs", "tests.suite.sharing"]


def pytest_addoption(parser):
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write the golden transcripts again, instead of comparing",
    )


def refused(report, name):
    """Under CI nothing is skipped: a skipped test, or file of tests, is a failed one."""
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{name} was skipped, and nothing may be under CI: {report.longrepr[-1]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return refused((yield), item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return refused((yield), collector.nodeid)
