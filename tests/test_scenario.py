"""Scenario files: the ones that ship give what was read, and a wrong one is told in a sentence."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dslab.errors import DslabError
from dslab.scenario import EVENTS, Scenario
from dslab.trace import Trace

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "scenarios").glob("*.toml"))
HOLDS = {"leader_cut_off": True, "split_brain": False, "swizzle": True}


def dslab(*arguments):
    return subprocess.run([sys.executable, "-m", "dslab", *map(str, arguments)], capture_output=True, text=True, cwd=ROOT, env=os.environ)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_outcome_is_the_one_that_was_read(path, request):
    outcome = Scenario.read(path).run()
    assert outcome.holds is HOLDS[path.stem]
    trace = outcome.cluster.trace
    # What went wrong and what clients saw: every step of the longer ones would fill a book.
    told = [sentence for number, sentence in trace.steps() if trace.records[number][1] in ("cut", "heal", "crash", "restart", "invoke", "ok", "fail", "info")]
    found = "\n".join([repr(outcome), "", *told]) + "\n"
    golden = ROOT / "tests" / "golden" / f"scenario_{path.stem}.txt"
    if request.config.getoption("--rewrite-golden"):
        golden.write_text(found, encoding="utf-8")
    assert found.splitlines() == golden.read_text(encoding="utf-8").splitlines()


def test_from_the_shell_with_a_seed_a_trace_and_a_page(tmp_path):
    trace, page = tmp_path / "run.json", tmp_path / "run.html"
    run = dslab("run", ROOT / "scenarios" / "split_brain.toml", "--trace", trace, "--html", page)
    assert run.returncode == 1 and "✗ linearizable: violated." in run.stdout and run.stderr == ""
    assert Trace.from_json(json.loads(trace.read_text())).sentences()[-1].startswith("7")
    assert '<dslab-trace class="dslab" run=' in page.read_text() and "http" not in re.sub(r"http://www.w3.org/\S+", "", page.read_text())
    other = dslab("run", ROOT / "scenarios" / "leader_cut_off.toml", "--seed", 8)
    assert other.returncode == 0 and other.stdout != dslab("run", ROOT / "scenarios" / "leader_cut_off.toml").stdout


GOOD = {"protocol": "raft", "duration": 100}


@pytest.mark.parametrize("data, sentence", [
    ({"duration": 100}, "protocol is missing"), ({"protocol": "raft"}, "duration is missing"),
    (GOOD | {"protocol": "zab"}, "there is no protocol 'zab': choose raft"), (GOOD | {"speed": 3}, "there is no 'speed' in a scenario"),
    (GOOD | {"nodes": "five"}, "nodes is 'five', which is of the wrong kind"), (GOOD | {"model": "tree"}, "there is no model 'tree'"),
    (GOOD | {"check": ["fast"]}, "there is no check 'fast'"), (GOOD | {"step": [{"heal": True}]}, "step 1: `at` says when"),
    (GOOD | {"step": [{"at": 1, "explode": "n1"}]}, "step 1 does explode: a step does one of"),
    (GOOD | {"step": [{"at": 1, "heal": True, "crash": "n1"}]}, "step 1 does heal, crash"),
    (GOOD | {"step": [{"at": 1, "nemesis": "godzilla"}]}, "there is no nemesis 'godzilla'"),
])
def test_a_wrong_word_is_named_with_its_place(data, sentence):
    with pytest.raises(DslabError, match=sentence):
        Scenario(data)


def test_an_unknown_node_is_named():
    with pytest.raises(DslabError, match="there is no node 'n9' in this cluster: it has n1, n2, n3"):
        Scenario(GOOD | {"step": [{"at": 1, "crash": "n9"}]}).run()


def test_a_scenario_that_never_ends_says_how_far_it_came():
    with pytest.raises(DslabError, match=f"the budget of {EVENTS:,} events is used up after .* of 1e\\+09 ms"):
        Scenario(GOOD | {"duration": 1e9, "clients": 0}).run()


def test_who_can_t_get_on_is_told():
    outcome = Scenario({"protocol": "naive-failover", "duration": 10, "quiet_at": 5, "step": [{"at": 8, "crash": "n1 n2 n3"}]}).run()
    assert outcome.holds is False and outcome.verdicts[-1].sentence.startswith("c1 got nothing done")


def test_a_file_that_is_none_is_told(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("protocol = ")
    for wrong, sentence in ((path, "is no TOML file"), (tmp_path / "none.toml", "can't be read: No such file or directory")):
        run = dslab("run", wrong)
        assert run.returncode == 2 and sentence in run.stderr and run.stderr.count("\n") == 1
