"""The same seed gives the same bytes: in another process, by another PYTHONHASHSEED, strict."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.scenarios import everything

ROOT = Path(__file__).parents[1]
CHILD = (
    "import hashlib; from tests.scenarios import everything; "
    "print(hashlib.sha256(everything().trace.dumps().encode()).hexdigest())"
)


def in_process(hash_seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_two_processes_with_different_hash_seeds_write_the_same_trace():
    assert (
        in_process("1")
        == in_process("2")
        == hashlib.sha256(everything().trace.dumps().encode()).hexdigest()
    )


def test_the_scenario_has_what_could_differ():
    trace = everything().trace
    for kind in (
        "lose",
        "crash",
        "restart",
        "pause",
        "resume",
        "cut",
        "heal",
        "fault",
        "ok",
        "info",
    ):
        assert trace.count(kind) > 0, f"no {kind}: the comparison would prove less"


def test_strict_mode_changes_nothing():
    assert everything(strict=True).trace.dumps() == everything(strict=False).trace.dumps()
