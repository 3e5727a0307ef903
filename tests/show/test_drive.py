"""A scenario under the reader's hand: what the page asks of Python, and what it is told."""

import json
import sys

import pytest

from dslab.errors import DslabError
from dslab.run.trace import Trace
from dslab.scenario import Scenario
from dslab.show import drive


def scenario(**more):
    return Scenario(
        {
            "title": "To be driven",
            "protocol": "raft",
            "nodes": 3,
            "clients": 1,
            "seed": 1,
            "duration": 600,
        }
        | more
    )


@pytest.fixture
def driven():
    return drive(scenario())


def ask(driven, do, **more):
    """An answer, which has gone through JSON as it would on its way to a page."""
    answer = json.loads(json.dumps(driven.handle({"do": do, **more})))
    assert answer["problem"] is None, answer["problem"]
    return answer


def trace_of(branch) -> Trace:
    return Trace.from_json(json.loads(branch["trace"]))


def test_a_click_is_one_more_step_and_the_past_stays_as_it_was(driven):
    before = ask(driven, "open")["branches"][0]
    after = ask(driven, "act", branch=1, step={"at": 300.001, "crash": "n1"}, seen=300)
    (branch,) = after["branches"]
    old, new = trace_of(before).sentences(), trace_of(branch).sentences()
    common = next(number for number, (one, other) in enumerate(zip(old, new)) if one != other)
    assert new[common] == "300.0 ms: n1 crashes." and after["at"] == 300.001
    assert driven.scenario.steps == [(300.001, "crash", {"node": "n1"})]
    assert (
        Scenario.parse(branch["toml"]) == driven.scenario == Scenario.from_link(branch["link"])[0]
    )


def test_acting_where_the_future_was_seen_keeps_it_as_another_branch(driven):
    ask(driven, "act", branch=1, step={"at": 400.001, "crash": "n1"}, seen=400)
    answer = ask(driven, "act", branch=1, step={"at": 300.001, "pause": "n2"}, seen=500)
    main, other = answer["branches"]
    assert "crash" in main["toml"] and "pause" not in main["toml"]
    assert "pause" in other["toml"] and "crash" not in other["toml"]
    assert "n2 pauses." in other["parts"]["words"] and other["parts"]["with"] == 1
    step = other["parts"]["step"]
    one, two = (
        trace_of(main | {"trace": driven.branches[0].trace.dumps()}).sentences(),
        trace_of(other).sentences(),
    )
    assert one[:step] == two[:step] and one[step] != two[step]


def test_a_branch_without_a_step_is_the_same_run(driven):
    answer = ask(driven, "branch", branch=1, at=300)
    assert answer["branches"][1]["parts"] == {
        "step": None,
        "with": 1,
        "words": "The same steps as in “main”.",
    }
    assert answer["branches"][0]["run"] == answer["branches"][1]["run"]


def test_a_run_that_the_page_has_is_not_sent_again(driven):
    run = ask(driven, "open")["branches"][0]["run"]
    assert ask(driven, "open", has=[run])["branches"][0]["trace"] is None


def test_undo_goes_back_step_by_step(driven):
    states = [ask(driven, "open")["branches"]]
    states.append(ask(driven, "act", branch=1, step={"at": 100, "crash": "n1"}, seen=0)["branches"])
    states.append(ask(driven, "branch", branch=1, at=200)["branches"])
    states.append(ask(driven, "name", branch=2, name="the other")["branches"])
    assert states[-1][1]["name"] == "the other"
    for expected in reversed(states[:-1]):
        assert ask(driven, "undo")["branches"] == expected
    assert driven.handle({"do": "undo"})["problem"] == "there is nothing to undo."


@pytest.mark.parametrize(
    "message, words",
    [
        (
            {"do": "act", "branch": 1, "step": {"at": 300, "restart": "n1"}},
            "only a crashed node restarts",
        ),
        ({"do": "act", "branch": 1, "step": {"at": 300, "explode": "n1"}}, "explode"),
        ({"do": "act", "branch": 1, "step": {"at": 300, "drop": 0}}, "no message"),
        ({"do": "act", "branch": 9, "step": {"at": 300, "crash": "n1"}}, "this branch is closed"),
        ({"do": "close", "branch": 1}, "the only branch"),
        ({"do": "name", "branch": 1, "name": "  "}, "needs a name"),
        ({"do": "open", "link": "#s=broken"}, "cut short or damaged"),
        ({"do": "dance"}, "KeyError"),
    ],
)
def test_what_can_t_be_done_is_a_sentence_and_changes_nothing(driven, message, words):
    before = ask(driven, "open")["branches"]
    answer = driven.handle(message)
    assert words in answer["problem"] and answer["branches"] == before and answer["undo"] == 0


def test_there_are_only_so_many_branches(driven):
    for _ in range(5):
        ask(driven, "branch", branch=1, at=100)
    assert "close one first" in driven.handle({"do": "branch", "branch": 1, "at": 100})["problem"]
    assert len(ask(driven, "close", branch=3)["branches"]) == 5


def test_acting_at_the_end_lets_the_run_go_on(driven):
    ask(driven, "act", branch=1, step={"at": 599.5, "crash": "n1"}, seen=599)
    assert driven.branches[0].trace.events[-1].time > 1_000_000
    ask(driven, "longer", branch=1)
    assert driven.branches[0].trace.events[-1].time > 2_000_000


def test_a_link_takes_the_place_of_the_scenario(driven):
    other = scenario(protocol="quorum-register").plus({"at": 50, "isolate": "n3"})
    answer = ask(driven, "open", link="#" + other.link(60))
    assert (
        driven.scenario == other
        and answer["at"] == 60
        and answer["branches"][0]["name"] == "from the link"
    )


def test_a_closed_branch_s_children_are_compared_with_the_first(driven):
    ask(driven, "branch", branch=1, at=200)
    ask(driven, "act", branch=2, step={"at": 250, "crash": "n1"}, seen=0)
    ask(driven, "branch", branch=2, at=300)
    answer = ask(driven, "close", branch=2)
    assert [branch["number"] for branch in answer["branches"]] == [1, 3] and answer["branches"][1][
        "parts"
    ]["with"] == 1


def test_a_notebook_holds_the_recorded_run_and_the_live_one(driven):
    bundle = driven._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"].startswith(
        f'<dslab-drive class="dslab" scenario="{driven.key}"><dslab-trace'
    ) and bundle["text/plain"] == repr(driven)


def test_without_anywidget_the_recorded_run_is_left(driven, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    assert set(driven._repr_mimebundle_()) == {"text/html", "text/plain"}


def test_only_a_scenario_can_be_driven():
    with pytest.raises(DslabError, match="drive\\(\\) takes a Scenario"):
        drive(42)
