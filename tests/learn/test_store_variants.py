"""Right stores of any form earn everything, wrong ones are told the rule that they break."""

import statistics

import pytest

from dslab.learn import replay
from dslab.learn.finding import exercise_named
from dslab.learn.grading import grade
from tests.learn.right_stores import RIGHT
from tests.learn.wrong_stores import WRONG

pytestmark = pytest.mark.chapter("event_store")
EXERCISE = exercise_named("event-store")


@pytest.mark.parametrize("store", RIGHT, ids=lambda kind: kind.__name__)
def test_a_right_store_of_any_form_earns_everything(store):
    report = grade(EXERCISE, store)
    assert report.done, report


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_store_is_told_the_rule_that_it_breaks(name):
    rule, store = WRONG[name]
    [result] = grade(EXERCISE, store, only=[rule]).results
    verdict = result.verdict
    assert not verdict.holds and 1 <= len(verdict.reasons) - 1 <= 12, result
    again = eval(verdict.replay, {"replay": replay, store.__name__: store})
    assert tuple(again.sentences()) == verdict.reasons
    steps.append(len(verdict.reasons) - 1)


steps: list[int] = []


def test_counterexamples_are_short():
    assert not steps or statistics.median(steps) <= 4


@pytest.mark.parametrize(
    "name", ["zero is any", "RemembersVersions", "no rollback", "ChecksBefore"]
)
def test_a_wrong_store_loses_that_rule_alone(name):
    rule, store = WRONG[name]
    report = grade(EXERCISE, store)
    assert [each.property.id for each in report.results if not each.verdict.holds] == [rule]
