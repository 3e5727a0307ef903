"""The command line as a reader uses it: what it prints, and its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

STALE = [
    (0, "invoke", "write", 1),
    (0, "ok", "write", 1),
    (1, "invoke", "read", None),
    (1, "ok", "read", None),
]


def dslab(*arguments, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "dslab", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
    )


@pytest.fixture
def stale(tmp_path):
    path = tmp_path / "stale.jsonl"
    path.write_text(
        "".join(
            json.dumps({"process": p, "type": t, "f": f, "value": v}) + "\n" for p, t, f, v in STALE
        )
    )
    return path


def test_a_violated_history_exits_with_1(stale):
    run = dslab("check", stale, "--model", "register")
    assert run.returncode == 1
    assert run.stdout.startswith(
        "✗ linearizable: violated. “process 1 read → –” is stale: “process 0 write 1” had returned"
    )
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "kind, code, says",
    [
        ("sequential", 0, "✓ sequential"),
        ("causal", 0, "✓ causal"),
        ("sessions", 0, "✓ sessions"),
        ("convergence", 1, "All read the initial value, although it was written."),
    ],
)
def test_weaker_kinds_of_consistency(stale, kind, code, says):
    run = dslab("check", stale, "--consistency", kind)
    assert run.returncode == code and says in run.stdout and run.stderr == ""


def test_transactions(tmp_path):
    path = tmp_path / "txn.jsonl"
    lines = [
        (0, "invoke", [["r", "x", None], ["append", "y", 1]]),
        (0, "ok", [["r", "x", []], ["append", "y", 1]]),
        (1, "invoke", [["r", "y", None], ["append", "x", 1]]),
        (1, "ok", [["r", "y", []], ["append", "x", 1]]),
        (2, "invoke", [["r", "x", None], ["r", "y", None]]),
        (2, "ok", [["r", "x", [1]], ["r", "y", [1]]]),
    ]
    path.write_text(
        "".join(
            json.dumps({"process": p, "type": t, "f": "txn", "value": v}) + "\n"
            for p, t, v in lines
        )
    )
    assert dslab("check", path, "--consistency", "transactions").stdout.startswith(
        "✗ serializable: violated. G2 (write skew): "
    )
    assert (
        dslab(
            "check", path, "--consistency", "transactions", "--level", "snapshot-isolation"
        ).returncode
        == 0
    )


def test_an_unknown_kind_of_consistency_is_told(stale):
    run = dslab("check", stale, "--consistency", "strong")
    assert (
        run.returncode == 2
        and "invalid choice: 'strong'" in run.stderr
        and run.stderr.count("\n") == 1
    )


@pytest.mark.parametrize(
    "lines, sentence",
    [
        (
            [(0, "invoke", "read"), (0, "invoke", "read")],
            "line 2: process 0 calls read while its call of line 1 is open",
        ),
        ([(0, "ok", "read")], 'line 1: process 0 gets "ok" without a call'),
        ([(0, "invoke", "write", {"a": 1})], "line 1: {'a': 1} is an object"),
    ],
)
def test_a_history_that_can_t_be_one_exits_with_2_and_a_sentence(lines, sentence, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text(
        "".join(
            json.dumps(dict(zip(("process", "type", "f", "value"), line))) + "\n" for line in lines
        )
    )
    run = dslab("check", path)
    assert (
        run.returncode == 2
        and sentence in run.stderr
        and run.stderr.count("\n") == 1
        and run.stdout == ""
    )


def test_an_unknown_model_or_option_is_told(stale):
    for words, sentence in (
        (("--model", "tree"), "invalid choice: 'tree'"),
        (("--speed", "3"), "unrecognized arguments: --speed 3"),
        (("--budget", "much"), "invalid int value: 'much'"),
    ):
        run = dslab("check", stale, *words)
        assert run.returncode == 2 and sentence in run.stderr and run.stderr.count("\n") == 1


def test_a_history_that_holds_exits_with_0(tmp_path):
    path = tmp_path / "fine.jsonl"
    path.write_text(
        '{"process": 0, "type": "invoke", "f": "read"}\n{"process": 0, "type": "ok", "f": "read"}\n'
    )
    run = dslab("check", path)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("✓ linearizable: holds.")


def test_json_for_machines(stale):
    run = dslab("check", stale, "--json")
    verdict = json.loads(run.stdout)
    assert run.returncode == 1
    assert verdict["holds"] is False and verdict["rule"] == "linearizable"
    assert [event["type"] for event in verdict["history"]] == ["invoke", "ok", "invoke", "ok"]


def test_an_exhausted_budget_exits_with_3(tmp_path):
    together = [(process, "invoke", "write", process) for process in range(6)] + [
        (process, "ok", "write", process) for process in range(6)
    ]
    events = [*together, (9, "invoke", "read", None), (9, "ok", "read", 0)]
    (tmp_path / "history.jsonl").write_text(
        "".join(
            json.dumps(dict(zip(("process", "type", "f", "value"), event))) + "\n"
            for event in events
        )
    )
    run = dslab("check", tmp_path / "history.jsonl", "--model", "register", "--budget", "2")
    assert run.returncode == 3 and run.stdout.startswith(
        "? linearizable: undecided. The budget of 2 configurations ran out"
    )
    for budget in ("0", "-1"):
        run = dslab("check", tmp_path / "history.jsonl", "--model", "register", "--budget", budget)
        assert (
            run.returncode == 2
            and f"budget={budget}: give a whole number, 1 or more." in run.stderr
        )


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["check", "nowhere.jsonl"], "nowhere.jsonl can't be read: No such file or directory."),
        (["check"], "the following arguments are required: HISTORY.jsonl"),
        (["check", "x", "--model", "stack"], "invalid choice: 'stack'"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, sentence):
    run = dslab(*arguments)
    assert run.returncode == 2
    assert run.stderr.startswith("dslab: ") and sentence in run.stderr
    assert run.stderr.count("\n") == 1 and run.stdout == ""


def test_a_bad_line_is_named(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"process": 0, "type": "invoke", "f": "read"}\nnonsense\n')
    run = dslab("check", path)
    assert run.returncode == 2 and "bad.jsonl, line 2: this is no JSON object" in run.stderr


def test_the_words_do_not_depend_on_the_hash_seed(stale):
    assert (
        dslab("check", stale, PYTHONHASHSEED="1").stdout
        == dslab("check", stale, PYTHONHASHSEED="2").stdout
    )
