"""Scenario files: the ones that ship give what was read, and a wrong one is told in a sentence."""

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dslab.check import MODELS, figures, linearizable
from dslab.errors import DslabError
from dslab.protocols import protocol, protocol_names
from dslab.protocols.raft import Raft
from dslab.run.steps import CLOCK
from dslab.run.steps import WORDS as STEP_WORDS
from dslab.run.trace import Trace
from dslab.scenario import shrink_scenario
from dslab.scenario.file import CHECKS, EVENTS, NUMBER, WORDS, Scenario
from dslab.scenario.rules import rules_of
from dslab.scenario.steps import file_world
from dslab.scenario.words import EXAMPLE
from dslab.show import play
from dslab.sim.byzantine import BEHAVIOURS
from dslab.sim.nemesis import NEMESES
from dslab.sim.steps import own_options

#: The words that a step of a file may have.
STEPS = file_world(3, 1, Raft).words
ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "scenarios").glob("*.toml"))
HOLDS = {
    "leader_cut_off": True,
    "split_brain": False,
    "swizzle": True,
    "byzantine": False,
    "equivocation": False,
    "lost_fsync": False,
    "torn_write": False,
    "crash_mid_step": True,
    "corruption": False,
    "checksums": True,
    "bridge": True,
    "fast_clock": True,
    "lost_votes": True,
}
TOLD = ("cut", "heal", "crash", "restart", "fault", "mark", "invoke", "ok", "fail", "info")


def dslab(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "dslab", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ,
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_outcome_is_the_one_that_was_read(path, request):
    assert path.stem in HOLDS, f"say in HOLDS whether {path.stem} holds, and run `make golden`"
    outcome = Scenario.read(path).run()
    assert outcome.holds is HOLDS[path.stem]
    trace = outcome.cluster.trace
    # What went wrong and what clients saw: every step of the longer ones would fill a book.
    told = [
        sentence
        for number, sentence in trace.steps()
        if trace.records[number][1] in TOLD
        or trace.records[number][5] in ("corrupt", "dropped")
        or ", altered on its way" in sentence
    ]
    found = "\n".join([repr(outcome), "", *told]) + "\n"
    golden = ROOT / "tests" / "golden" / f"scenario_{path.stem}.txt"
    if request.config.getoption("--rewrite-golden"):
        golden.write_text(found, encoding="utf-8")
    assert found.splitlines() == golden.read_text(encoding="utf-8").splitlines()


def test_an_outcome_is_asked_and_shown_like_its_cluster():
    outcome = Scenario({"protocol": "raft", "seed": 3, "duration": 800, "workload": ["x"]}).run()
    assert figures(outcome) == figures(outcome.cluster) and linearizable(outcome).holds is True
    assert play(outcome).dumps() == play(outcome.cluster).dumps()


def test_from_the_shell_with_a_seed_a_trace_and_a_page(tmp_path):
    trace, page = tmp_path / "run.json", tmp_path / "run.html"
    run = dslab("run", ROOT / "scenarios" / "split_brain.toml", "--trace", trace, "--html", page)
    assert run.returncode == 1 and "✗ linearizable: violated." in run.stdout and run.stderr == ""
    assert Trace.from_json(json.loads(trace.read_text())).sentences()[-1].startswith("7")
    assert '<dslab-trace class="dslab" run=' in page.read_text() and "http" not in re.sub(
        r"http://www.w3.org/\S+", "", page.read_text()
    )
    other = dslab("run", ROOT / "scenarios" / "leader_cut_off.toml", "--seed", 8)
    assert (
        other.returncode == 0
        and other.stdout != dslab("run", ROOT / "scenarios" / "leader_cut_off.toml").stdout
    )


GOOD = {"protocol": "raft", "duration": 100}
LIVE = GOOD | {"mode": "liveness", "quiet_at": 50}


def step(**words):
    return GOOD | {"step": [{"at": 1, **words}]}


@pytest.mark.parametrize(
    "data, sentence",
    [
        ({"duration": 100}, "protocol is missing"),
        ({"protocol": "raft"}, "duration is missing"),
        (GOOD | {"protocol": "zab"}, "there is no protocol 'zab': choose async-primary-backup"),
        (GOOD | {"zzz": 3}, "there is no 'zzz' in a scenario: it has title, protocol"),
        (
            GOOD | {"titel": "x"},
            "there is no 'titel' in a scenario: did you mean title\\? There are",
        ),
        (GOOD | {"steps": []}, "there is no 'steps' in a scenario: did you mean step\\? There are"),
        (GOOD | {"check": ["linearisable"]}, "did you mean linearizable\\? There are linearizable"),
        (GOOD | {"model": "kvv"}, "there is no model 'kvv': did you mean kv\\?"),
        (GOOD | {"mode": "safty"}, "there is no mode 'safty': did you mean safety\\?"),
        (step(nemesis="swizle"), "there is no nemesis 'swizle': did you mean swizzle\\?"),
        (step(fire={"node": "n1", "timer": "Hartbeat"}), "'Hartbeat': did you mean Heartbeat\\?"),
        (step(crash={"node": "n1", "lots": 1}), "has no option 'lots': did you mean lost\\? There"),
        (GOOD | {"nodes": "five"}, "nodes is 'five', but a whole number belongs there"),
        (GOOD | {"model": "tree"}, "there is no model 'tree'"),
        (GOOD | {"check": ["fast"]}, "there is no check 'fast'"),
        (GOOD | {"checksums": 1}, "checksums is 1, but true or false belongs there"),
        (GOOD | {"nodes": 0}, "nodes is 0, but it must be from 1 to 1,000"),
        (GOOD | {"loss": 2}, "loss=2 is no share"),
        (GOOD | {"delay": [5, 1]}, "is no delay"),
        (GOOD | {"delay": [0, 0]}, "a message takes some time"),
        (GOOD | {"workload": [1]}, "it is a list of keys"),
        (GOOD | {"duration": -1}, "duration is -1, but it must be from 0 to 1,000,000,000"),
        (GOOD | {"mode": "fun"}, "there is no mode 'fun': choose safety, liveness"),
        (GOOD | {"mode": "liveness"}, "a liveness run says with quiet_at when faults end"),
        (GOOD | {"mode": "safety", "quiet_at": 5}, "a safety run has none"),
        (GOOD | {"quiet_at": 500}, "quiet_at is 500 ms, but the run ends at 100"),
        (
            LIVE | {"step": [{"at": 50, "crash": "n1"}]},
            "step 1: crash at 50 ms, but in a liveness run faults end at 50",
        ),
        (GOOD | {"step": [{"heal": True}]}, "step 1: `at` says when"),
        (GOOD | {"step": ["heal"]}, "step 1: this is 'heal', but a step is a table"),
        (GOOD | {"step": [{"at": True, "heal": True}]}, "step 1: `at` says when"),
        (step(explode="n1"), "step 1: {'explode': 'n1'} is no step: write one of fire, deliver, "),
        (step(isolat="n1"), "step 1: .* is no step: write isolate, or another of fire"),
        (step(heal=True, crash="n1"), "step 1: .*'heal': True, 'crash': 'n1'} is no step: write"),
        (step(), "step 1: {} is no step: write one of"),
        (step(again={"from": "n1"}), "is no step: write"),
        (step(wait=5), "{'wait': 5} is no step here: so many ms pass; in a file, `at` says when"),
        (step(nemesis="godzilla"), "there is no nemesis 'godzilla': choose majority_ring"),
        (
            step(nemesis={"name": "swizzle", "speed": 3}),
            "`nemesis` has no option 'speed': it has name, after, hold",
        ),
        (
            step(nemesis={"name": "swizzle", "hold": 0}),
            "hold is 0, but a number from 0.001 to 1,000,000,000",
        ),
        (step(crash="n9"), "step 1: there is no node 'n9' in this cluster: it has n1, n2, n3"),
        (
            step(crash={"node": "n1", "slowly": True}),
            "`crash` has no option 'slowly': it has node, lost, torn",
        ),
        (step(crash={"lost": 1}), "`crash` needs 'node'"),
        (
            step(crash={"node": "n1", "lost": -1}),
            "`crash`: lost is -1, but a whole number from 0 to 1,000,000,000 belongs there",
        ),
        (step(crash=5), "`crash`: node is 5, but the name of a node"),
        (step(bridge="n1 n2"), "node is 'n1 n2', but the name of one node belongs there"),
        (step(partition=["n1 c9", "n2"]), "there is no node or client 'c9'"),
        (step(partition=["n1 n2"]), "a partition needs two groups"),
        (step(partition="n1"), "groups is 'n1', but a list of groups"),
        (step(cut=["n1"]), "`cut` is \\['n1'\\], but it takes a table with from, to"),
        (step(slow={"from": "n1", "to": "n2", "delay": [9, 1]}), "is no delay"),
        (step(slow="n1"), "`slow` is 'n1', but it takes a table with from, to, delay"),
        (step(disturb={"loss": 7}), "`disturb`: loss is 7, but a share from 0 to 1 belongs there"),
        (step(read={"to": ["n1"]}), r"to is .'n1'., but the name of one node belongs there"),
        (step(write=["n1 ", 5]), "there is no node 'n1 ' in this cluster"),
        (step(call={"to": ["n1"], "f": "read"}), "but the name of one node belongs there"),
        (
            step(clock={"node": "n1", "rate": 0}),
            "rate is 0, but a number from 0.001 to 1,000 belongs there",
        ),
        (step(heal=False), "`heal` is False, but true belongs there"),
        (
            step(byzantine={"node": "n1", "behaviour": "charm"}),
            "there is no Byzantine behaviour 'charm'",
        ),
        (step(byzantine="n1"), "`byzantine` needs 'behaviour'"),
        (
            step(nemesis={"name": "flapping", "times": 2.5}),
            "step 1: `nemesis`: times is 2.5, but a whole number from 1 to 1,000,000,000",
        ),
        (
            step(nemesis={"name": "flapping", "times": 0}),
            "times is 0, but a whole number from 1 to",
        ),
        (
            step(nemesis={"name": "bridge", "after": -5}),
            "step 1: `nemesis`: after is -5, but a number from 0 to",
        ),
        (step(clock="n1"), "`clock` needs 'ahead' or 'rate'"),
        (
            GOOD | {"step": [{"at": 100, "heal": True}]},
            "step 1: heal at 100 ms, but the run ends at 100",
        ),
        (
            GOOD | {"step": {"at": 1, "heal": True}},
            "step is .*, but steps, each under \\[\\[step\\]\\], belongs there",
        ),
        (GOOD | {"nodes": 10**20}, "it must be from 1 to 1,000"),
        (GOOD | {"clients": 1001}, "it must be from 0 to 1,000"),
        (GOOD | {"clients": 0, "workload": ["x"]}, "there is a workload and no client to do it"),
        (
            step(call={"f": "write", "key": "x", "value": date(2024, 2, 29)}),
            "value is datetime.date\\(2024, 2, 29\\), but a text, a finite number",
        ),
        (
            step(call={"key": [{"a": float("inf")}]}),
            "`call`: key is .*, but a text, a finite number",
        ),
        (step(drop=-3), "message is -3, but a whole number"),
        (step(drop="Vote"), "message is 'Vote', but a whole number"),
        (step(delay={"message": 3}), "`delay` needs 'by': it takes message, by"),
        (step(drop={"from": "n1"}), "`drop` needs 'to': it takes from, to, kind?"),
        (step(drop={"from": "n1", "to": "n9"}), "there is no node or client 'n9'"),
        (step(drop={"from": "n1", "message": 3}), "`drop` has no option"),
        (step(write=["n9", 5]), "there is no node 'n9'"),
        (step(write="n1"), "`write` is 'n1', but it takes a table with to, value"),
        (GOOD | {"outstanding": 0}, "outstanding is 0, but it must be from 1 to 1,000"),
        (
            step(fire={"node": "n1", "timer": "Alarm"}),
            "Raft has no timer 'Alarm': it has ElectionTimeout, Heartbeat",
        ),
        (step(mark=3), "sentence is 3, but a text"),
        (step(call={"client": "c9"}), "there is no client 'c9': this cluster has c1"),
        (step(call={"to": "n7"}), "there is no node 'n7'"),
        (
            GOOD
            | {"protocol": "quorum-register", "step": [{"at": 1, "nemesis": "isolate_leader"}]},
            "isolate_leader needs a protocol with a leader, and QuorumRegister names none",
        ),
    ],
)
def test_a_wrong_word_is_named_with_its_place(data, sentence):
    with pytest.raises(DslabError, match=sentence):
        Scenario(data)


@pytest.mark.parametrize(
    "words, sentence",
    [
        ({"drop": 2}, "step 1: event 2 is no message but a start"),
        ({"drop": 9999}, "step 1: there is no event 9999 at 1.0 ms"),
        ({"restart": "n1"}, "step 1: n1 is up"),
        (
            {"fire": {"node": "n1", "timer": "Heartbeat"}},
            "step 1: n1 has no Heartbeat pending at 1.0 ms: it has ElectionTimeout",
        ),
        ({"resume": "n2"}, "step 1: n2 is not paused"),
    ],
)
def test_a_step_that_is_impossible_at_its_moment_is_named(words, sentence):
    with pytest.raises(DslabError, match=sentence):
        Scenario(step(**words)).run()


any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.floats()
    | st.sampled_from(["n1", "c1", "swizzle", "", "x"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["node", "name", "message", "hold", "from", "to", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=4,
)


@given(st.sampled_from(sorted(STEPS)), any_json, st.sampled_from(sorted(WORDS)), any_json)
def test_no_value_of_a_word_gives_another_error_than_a_sentence(word, value, top, other):
    for data in (step(**{word: value}), GOOD | {top: other}):
        try:
            Scenario(data)
        except DslabError as error:
            assert "\n" not in str(error) and str(error).startswith("scenario")


# Every word, with what may stand behind it in a cluster of four nodes and two clients.
names = st.sampled_from(["n1", "n2", "n3", "n4"])
some = st.lists(names, min_size=1, max_size=2, unique=True).map(" ".join)
ACTS = st.one_of(
    some.map(lambda node: {"isolate": node}),
    names.map(lambda node: {"bridge": node}),
    st.just({"heal": True}),
    st.just({"mark": "Look “here”\t\\ \x7f €"}),
    st.just({"partition": ["n1 n2 c1", "n3 n4"]}),
    st.tuples(names, some).map(lambda pair: {"cut": list(pair)}),
    st.builds(
        lambda a, b, d: {"slow": {"from": a, "to": b, "delay": [d, d + 20]}},
        some,
        some,
        st.integers(0, 30),
    ),
    st.builds(
        lambda **shares: {"disturb": shares},
        loss=st.floats(0, 0.5),
        reorder=st.floats(0, 1),
        corrupt=st.floats(0, 0.3),
        duplicate=st.floats(0, 0.3),
    ),
    st.builds(
        lambda node, ahead, rate: {"clock": {"node": node, "ahead": ahead, "rate": rate}},
        names,
        st.integers(-100, 100),
        st.floats(0.2, 4),
    ),
    st.sampled_from(["majority_ring", "swizzle", "isolate_leader", "flapping"]).map(
        lambda name: {"nemesis": {"name": name, "hold": 40}}
    ),
    st.builds(
        lambda node, how: {"byzantine": {"node": node, "behaviour": how}},
        st.just("n4"),
        st.sampled_from(["equivocate", "silent", "replay"]),
    ),
    st.builds(
        lambda node, sends: {"crash_during": {"node": node, "sends": sends}},
        st.just("n3"),
        st.integers(0, 3),
    ),
)


@st.composite
def scenarios(draw):
    acts = draw(st.lists(st.tuples(st.integers(0, 390).map(lambda at: at / 2), ACTS), max_size=5))
    kept = [
        {"at": at, **act}
        for number, (at, act) in enumerate(acts)
        if not any(
            word in other
            for _, other in acts[:number]
            for word in act
            if word in ("byzantine", "crash_during")
        )
    ]
    return Scenario(
        {
            "protocol": draw(st.sampled_from(["raft", "async-primary-backup"])),
            "nodes": 4,
            "clients": 2,
            "seed": draw(st.integers(0, 99)),
            "duration": 200,
            "workload": ["x"],
            "loss": 0.02,
            "title": draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=9)),
            "step": kept,
        }
    )


@given(scenarios())
def test_a_scenario_reads_back_from_its_text_and_its_link(scenario):
    assert Scenario.parse(scenario.toml()) == scenario
    assert Scenario.from_link(scenario.link()) == (scenario, None)
    assert Scenario.from_link("http://127.0.0.1:8000/play.html#" + scenario.link(123.456)) == (
        scenario,
        123.456,
    )


def test_every_file_reads_back_from_its_text():
    for path in FILES:
        assert Scenario.parse(Scenario.read(path).toml()) == Scenario.read(path)


def records_before(scenario, moment):
    cluster = scenario.start().run(scenario.data["duration"])
    return [record for record in cluster.trace.records if record[0] < moment * 1000]


@settings(max_examples=60, deadline=None)
@given(scenarios(), st.integers(1, 199), st.data())
def test_a_step_changes_nothing_before_its_moment(scenario, moment, data):
    before = records_before(scenario.upto(moment - 0.001), moment)
    assert before == records_before(scenario, moment), "nor do the steps of the scenario itself"
    words = [data.draw(ACTS.filter(lambda act: not {"byzantine", "crash_during"} & set(act)))]
    under_way = sorted({copy.number for copy in scenario.start().run(moment).env.under_way()})
    if under_way:
        message = data.draw(st.sampled_from(under_way))
        words += [
            {"drop": message},
            {"duplicate": message},
            {"deliver": message},
            {"delay": {"message": message, "by": 5}},
        ]
    for act in words:
        branch = scenario.upto(moment - 0.001).plus({"at": moment, **act})
        assert records_before(branch, moment) == before


def test_one_more_step_comes_after_those_of_its_moment():
    scenario = (
        Scenario(step(mark="first") | {"duration": 10})
        .plus({"at": 5, "mark": "third"})
        .plus({"at": 1, "mark": "second"})
    )
    assert [options["sentence"] for _, _, options in scenario.steps] == ["first", "second", "third"]
    assert (
        scenario.upto(1)
        == Scenario(step(mark="first") | {"duration": 10}).plus({"at": 1, "mark": "second"})
        and len(scenario.steps) == 3
    )
    with pytest.raises(DslabError, match="there is no node 'n8'"):
        scenario.plus({"at": 3, "crash": "n8"})


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda link: "", "holds no scenario: it must end in #s="),
        (lambda link: "t=5", "holds no scenario"),
        (lambda link: link[:40], "is cut short or damaged: copy the whole link again"),
        (lambda link: link.replace("s=", "s=*"), "is cut short or damaged"),
        (lambda link: "s=W10", "is cut short or damaged"),
        (lambda link: "s=é", "is cut short or damaged"),
        (lambda link: "s=", "is cut short or damaged"),
        (lambda link: link + "&t=soon", "t=soon in this link is no moment"),
        (lambda link: link + "&t=-1", "t=-1 in this link is no moment"),
        (lambda link: link + "&t=nan", "is no moment"),
        (lambda link: "s=e30", "the scenario in this link: protocol is missing"),
    ],
)
def test_a_damaged_link_is_told(change, sentence):
    with pytest.raises(DslabError, match=sentence):
        Scenario.from_link(change(Scenario(GOOD).link()))


class TestModes:
    def test_faults_end_at_quiet_at(self):
        acts = [
            {"at": 10, "nemesis": "crash_storm"},
            {"at": 10, "nemesis": {"name": "flapping", "hold": 30, "times": 50}},
            {"at": 20, "disturb": {"loss": 0.5}},
            {"at": 20, "clock": {"node": "n1", "rate": 3}},
            {"at": 20, "slow": {"from": "n1", "to": "n2", "delay": [90, 99]}},
            {"at": 5, "crash_during": "n2"},
        ]
        outcome = Scenario(
            GOOD | {"nodes": 5, "duration": 1500, "quiet_at": 100, "step": acts}
        ).run()
        late = {event.kind for event in outcome.cluster.trace.events if event.time > 100_000}
        assert outcome.holds is True and not late & {"cut", "crash", "pause", "fault"}
        assert (
            outcome.cluster.network.reliable
            and not outcome.cluster.network.slowed
            and all(
                outcome.cluster.shown(n) == outcome.cluster.env.now for n in outcome.cluster.names
            )
        )

    def test_a_liveness_run_names_who_got_nothing_done_and_why(self):
        """A follower's disk forgets what it had acknowledged: the leader never looks back that far,
        and a cluster of two stands still.
        """
        data = {
            "protocol": "raft",
            "nodes": 2,
            "clients": 2,
            "workload": ["x"],
            "duration": 1500,
            "quiet_at": 1000,
            "within": 800,
            "check": ["linearizable"],
        }
        elected = {"at": 10, "fire": {"node": "n1", "timer": "ElectionTimeout"}}
        standstill = data | {
            "step": [
                elected,
                {"at": 900, "crash": {"node": "n2", "lost": 60}},
                {"at": 901, "restart": "n2"},
            ]
        }
        assert Scenario(data | {"step": [elected]}).run().holds is True
        verdict = Scenario(standstill).run().verdicts[-1]
        assert (
            verdict.rule == "progress"
            and verdict.sentence
            == "c1, c2 got nothing done in 800 ms although nothing was wrong any more."
        )
        assert verdict.reasons == (
            "c1's last call, last sent to n1, got no answer.",
            "c2's last call, last sent to n1, got no answer.",
            "n1 believes that it leads.",
        )

    def test_a_safety_run_demands_no_progress(self):
        outcome = Scenario(
            GOOD
            | {
                "duration": 500,
                "workload": ["x"],
                "check": ["linearizable"],
                "mode": "safety",
                "step": [{"at": 0, "crash": "n1 n2 n3"}],
            }
        ).run()
        assert outcome.holds is True and [verdict.rule for verdict in outcome.verdicts] == [
            "linearizable"
        ]


def test_a_scenario_that_never_ends_says_how_far_it_came_and_keeps_what_it_has():
    outcome = Scenario(
        GOOD | {"duration": 1e9, "clients": 0, "budget": 2000, "check": ["linearizable"]}
    ).run()
    assert outcome.holds is None and 2000 < len(outcome.cluster.trace) < 2050
    assert re.match(
        r"The budget of 2,000 events was used up after [\d,]{5} of 1,000,000,000 ms: make "
        r"the run shorter",
        outcome.verdicts[-1].sentence,
    )


def test_messages_that_multiply_without_end_are_stopped_within_a_moment():
    """Each is doubled, and answered: in 50 ms there would be more than a machine holds."""
    data = GOOD | {
        "nodes": 5,
        "duplicate": 1.0,
        "delay": [0.01, 0.02],
        "budget": 20_000,
        "step": [{"at": 0, "byzantine": {"node": "n1", "behaviour": "replay"}}],
    }
    outcome = Scenario(data | {"duration": 100_000, "workload": ["x"]}).run()
    assert outcome.holds is None and 20_000 < len(outcome.cluster.trace) < 40_000


def test_a_budget_that_is_used_up_exits_with_2_and_writes_the_trace(tmp_path):
    path, trace = tmp_path / "long.toml", tmp_path / "run.json"
    path.write_text(Scenario(GOOD | {"duration": 1e9, "clients": 0, "budget": 500}).toml())
    run = dslab("run", path, "--trace", trace)
    assert (
        run.returncode == 2
        and "? end: undecided. The budget of 500 events was used up after" in run.stdout
        and run.stderr == ""
    )
    assert len(Trace.from_json(json.loads(trace.read_text()))) > 500


def test_somebody_who_waits_for_ever_is_stopped_too():
    """The client's call stays open, and leaves no event for ten million looks at it."""
    data = GOOD | {
        "protocol": "echo",
        "nodes": 1,
        "duration": 1e9,
        "budget": 1000,
        "workload": ["x"],
        "step": [{"at": 0, "crash": "n1"}, {"at": 0, "call": {"key": "x", "timeout": 1e9}}],
    }
    outcome = Scenario(data).run()
    assert outcome.holds is None and len(outcome.cluster.trace) < 1000
    assert "The budget of 1,000 events was used up" in outcome.verdicts[-1].sentence


ODD = (float("nan"), float("inf"), 1e308, 1e17, 1e-308, 0.0001, 0, -1, -1e308, 10**400)


def numbers():
    """Every place in a scenario where a number stands, as what makes a scenario of a number."""
    for word, kind in WORDS.items():
        if kind in (int, NUMBER):
            yield word, lambda number, word=word: {word: number}
    yield "quiet_at", lambda number: {"quiet_at": number, "mode": "liveness", "duration": 1e9}
    yield "within", lambda number: {"quiet_at": 1, "mode": "liveness", "within": number}
    yield "delay", lambda number: {"delay": [0, number]}
    yield "at", lambda number: step(at=number, heal=True)
    wanted = {"node": "n1", "from": "n1", "to": "n2", "message": 3, "by": 5, "delay": [1, 2]}
    for word in STEPS:
        for place, form in enumerate(STEP_WORDS[word].forms[CLOCK]):
            needed = {name: wanted[name] for name in form.kinds if name in wanted}
            for option in form.kinds:
                if word in ("mark", "call") or option in ("groups", "behaviour", "key", "value"):
                    continue
                yield (
                    f"{word} {option} {place}",
                    lambda number, word=word, option=option, needed=needed: step(
                        **{word: needed | {option: number}}
                    ),
                )
    yield "call", lambda number: step(call={"key": "x", "timeout": number})
    for name in NEMESES:
        for option in own_options(name):
            yield (
                f"{name} {option}",
                lambda number, name=name, option=option: step(
                    nemesis={"name": name, option: number}
                ),
            )


@pytest.mark.parametrize(
    "made", [each for _, each in numbers()], ids=[name for name, _ in numbers()]
)
def test_every_number_has_bounds(made):
    """An odd number is refused in one sentence, or the run with it ends."""
    refused = 0
    for number in ODD:
        try:
            Scenario(GOOD | {"budget": 500} | made(number)).run()
        except DslabError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused >= 4  # At least what is no number, and what has no end.


def test_a_link_can_t_raise_its_budget():
    link = Scenario(GOOD | {"budget": 5_000_000, "duration": 1e9}).link()
    assert Scenario.from_link(link)[0].data["budget"] == EVENTS
    modest = Scenario(GOOD | {"budget": 500})
    assert Scenario.from_link(modest.link())[0] == modest


@pytest.mark.parametrize("text", ["seed = " + "1" * 5000, "x = " + "[" * 5000, "a = 1\na = 2"])
def test_a_text_that_is_no_toml_is_told(text):
    with pytest.raises(DslabError, match="a.toml is no"):
        Scenario.parse(text, "a.toml")


@pytest.mark.parametrize("place", ["help", "page"])
def test_every_word_fault_nemesis_option_and_behaviour_is_named(place):
    text = (
        dslab("run", "--help").stdout
        if place == "help"
        else (ROOT / "book" / "reference" / "scenarios.md").read_text(encoding="utf-8")
    )
    for word in [
        *WORDS,
        *STEPS,
        *NEMESES,
        *BEHAVIOURS,
        *CHECKS,
        *MODELS,
        *(protocol_names() if place == "help" else ()),  # They come by themselves.
        *(rule for name in protocol_names() for rule in rules_of(protocol(name))),
        *(
            option
            for step in STEPS
            for form in STEP_WORDS[step].forms[CLOCK]
            for option in form.kinds
        ),
        *(option for name in NEMESES for option in own_options(name)),
    ]:
        assert re.search(rf"(?<![\w-]){word}(?![\w-])", text), word
    assert place == "page" or max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("module", ["dslab.check", "dslab.scenario", "dslab.explore"])
def test_importing_simulates_nothing_and_loads_no_protocol(module):
    asked = (
        "import sys\n"
        "from dslab.node import Node\n"
        "def refuse(*_): raise SystemExit('a node was made')\n"
        "Node.__init__ = refuse\n"
        f"import {module}\n"
        "print(*(name for name in sys.modules if name.startswith('dslab.protocols.')))"
    )
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, cwd=ROOT)
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "", "")


def test_the_help_s_example_runs():
    assert Scenario.parse(EXAMPLE).run().holds


STORM = {
    "protocol": "naive-failover",
    "nodes": 5,
    "clients": 3,
    "seed": 4,
    "workload": ["x", "y"],
    "duration": 3000,
    "check": ["linearizable"],
    "step": [
        {"at": 50, "crash": "n5"},
        {"at": 100, "partition": ["n1 c1", "n2 n3 c2"]},
        {"at": 200, "slow": {"from": "n2", "to": "n3", "delay": [20, 30]}},
        {"at": 300, "nemesis": "flapping"},
        {"at": 900, "restart": "n5"},
        {"at": 2000, "clock": {"node": "n2", "ahead": 50}},
    ],
}


def violated(scenario):
    return [verdict.rule for verdict in scenario.run().verdicts if verdict.holds is False]


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(STORM),
        *(
            Scenario.read(ROOT / "scenarios" / f"{name}.toml")
            for name in ("lost_fsync", "torn_write", "byzantine", "corruption")
        ),
    ],
    ids=["storm", "lost fsync", "torn write", "byzantine", "corruption"],
)
def test_a_scenario_shrinks_to_one_that_breaks_the_same_rule_and_needs_each_step(scenario):
    small = shrink_scenario(scenario)
    assert (
        violated(small) == violated(scenario) == ["linearizable"]
        and Scenario.parse(small.toml()) == small
    )
    assert (
        small.data["duration"] < scenario.data["duration"]
        and small.data["nodes"] <= scenario.data["nodes"]
    )
    for place in range(len(small.steps)):
        rest = small.data["step"][:place] + small.data["step"][place + 1 :]
        try:
            assert not violated(Scenario(small.data | {"step": rest}))
        except DslabError:
            pass  # One of the others makes no sense without it.


def test_of_a_storm_the_partition_is_left():
    small = shrink_scenario(Scenario(STORM))
    assert (
        small.data["step"] == [STORM["step"][1]]
        and small.data["nodes"] == 3
        and small.data["duration"] < 1500
    )


def test_shrinking_from_a_shell(tmp_path):
    small = tmp_path / "small.toml"
    run = dslab("run", ROOT / "scenarios" / "torn_write.toml", "--shrink", small)
    assert run.returncode == 1 and violated(Scenario.read(small)) == ["linearizable"]
    run = dslab("run", ROOT / "scenarios" / "lost_votes.toml", "--shrink", tmp_path / "none.toml")
    assert (
        run.returncode == 2
        and "nothing is violated in this run, so there is nothing to make smaller" in run.stderr
        and not (tmp_path / "none.toml").exists()
    )


def test_a_run_of_which_nothing_is_demanded_says_so():
    assert (
        repr(Scenario(GOOD).run()).splitlines()[-1]
        == "Nothing was demanded of this run: `check` names what must hold."
    )


def test_a_place_that_cannot_be_written_costs_no_outcome(tmp_path):
    run = dslab(
        "run", ROOT / "scenarios" / "lost_votes.toml", "--trace", tmp_path / "nowhere" / "run.json"
    )
    assert (
        run.returncode == 2
        and "✓ linearizable: holds" in run.stdout
        and "run.json can't be written: No such file or directory." in run.stderr
    )


def test_a_file_that_is_none_is_told(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("protocol = ")
    for wrong, sentence in (
        (path, "is no TOML file"),
        (tmp_path / "none.toml", "can't be read: No such file or directory"),
    ):
        run = dslab("run", wrong)
        assert run.returncode == 2 and sentence in run.stderr and run.stderr.count("\n") == 1


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_judges_a_run(check):
    def call(at, client, f, key, to, value=None):
        return {
            "at": at,
            "call": {"client": client, "f": f, "key": key, "to": to}
            | ({"value": value} if value else {}),
        }

    # Each side writes its own key, and then doesn't see the other's: no order of all four
    # operations explains that.
    data = {
        "protocol": "available-register",
        "duration": 2000,
        "clients": 2,
        "nodes": 2,
        "check": [check],
        "step": [
            {"at": 0, "partition": ["n1 c1", "n2 c2"]},
            call(10, "c1", "write", "x", "n1", 1),
            call(10, "c2", "write", "y", "n2", 2),
            call(200, "c1", "read", "y", "n1"),
            call(200, "c2", "read", "x", "n2"),
            {"at": 400, "heal": True},
            *(
                call(1500 + 100 * number, client, "read", key, node)
                for number, (client, key, node) in enumerate([("c1", "y", "n1"), ("c2", "x", "n2")])
            ),
        ],
    }
    (verdict,) = Scenario(data).run().verdicts
    assert verdict.holds is (check not in ("linearizable", "sequential")), verdict
