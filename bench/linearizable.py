"""CPU time of the linearizability checker, and of Porcupine's on the same histories.

    PORCUPINE=~/porcupine python bench/linearizable.py

Porcupine (github.com/anishathalye/porcupine) is written in Go. Its checkout holds the histories:
Jepsen's of etcd, and those of a key-value store with 10 and 50 clients. Both sides get the same
events and the same models, and neither's time includes reading the files. The second ratio is with
the smallest violated part and its explanation in words, which Porcupine's check doesn't look for.
"""

import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dslab.check import Model, linearizable
from dslab.run import Event, History

HERE = Path(__file__).parent


class Etcd(Model):
    """A register whose compare-and-set may also be seen to fail: then the value was another, and
    the call `missed`.
    """

    functions = frozenset({"read", "write", "cas", "missed"})
    reads = frozenset({"read", "missed"})

    def step(self, state, op):
        if op.f == "read":
            return op.outcome == "info" or op.result == state, state
        if op.f == "write":
            return True, op.value
        old, new = op.value
        return (old == state, new) if op.f == "cas" else (old != state, state)


def jepsen(text: str) -> History:
    """A log of Jepsen's test of etcd: `INFO  jepsen.util - 3	:invoke	:cas	[1 2]`."""
    events, calls = [], {}
    for process, kind, f, value in re.findall(
        r"^INFO\s+jepsen\.util\s+-\s+(\d+)\s+:(\w+)\s+:(\w+)\s+(.*)$", text, re.MULTILINE
    ):
        numbers = tuple(re.findall(r"\d+", value))
        value = numbers if f == "cas" else numbers[0] if numbers else None
        if kind == "invoke":
            calls[process] = len(events)
        elif f == "read" and kind == "fail":
            kind = (
                "info"  # It timed out, and the process goes on; what nobody saw restricts nothing.
            )
        elif f == "cas" and kind == "fail":
            call = events[calls[process]]
            f = kind = "missed"
            events[calls[process]] = Event(process, "invoke", f, None, call.value)
        events.append(Event(process, {"missed": "ok"}.get(kind, kind), f, None, value))
        if f == "read" and kind == "info":
            del events[calls[process]], events[-1]
            calls = {name: place - (place > calls[process]) for name, place in calls.items()}
    return History(events)


def key_values(text: str) -> History:
    """A log of one map a line: `{:process 9, :type :invoke, :f :append, :key "0", :value "x"}`."""
    lines = re.findall(
        r':process (\d+), :type :(\w+), :f :(\w+), :key "(.*?)", :value (?:nil|"(.*)")', text
    )
    return History(
        Event(process, kind, f, key, None if f == "get" and kind == "invoke" else value)
        for process, kind, f, key, value in lines
    )


def histories(checkout: Path) -> dict[str, list[tuple[str, History]]]:
    """The checkout's histories, by group; empty files are left out."""
    logs = [
        path
        for path in sorted((checkout / "test_data" / "jepsen").glob("*.log"))
        if path.stat().st_size
    ]
    groups = {"etcd": [(path.stem, jepsen(path.read_text())) for path in logs]}
    for clients in (10, 50):
        groups[f"kv, {clients} clients"] = [
            (name, key_values((checkout / "test_data" / "kv" / f"{name}.txt").read_text()))
            for name in (f"c{clients}-ok", f"c{clients}-bad")
        ]
    return groups


def for_porcupine(name: str, history: History, model: str) -> dict:
    """A history as porcupine/main.go reads it: calls and returns by id, those that never returned
    at the end.
    """
    rows = []
    for number, op in enumerate(history.operations):
        call = {
            "process": number,
            "id": number,
            "call": True,
            "f": op.f,
            "key": op.key or "",
            "value": op.value or "",
        }
        if op.f in ("cas", "missed"):
            call |= {"old": op.value[0], "value": op.value[1]}
        rows.append((op.invoked, call))
        answer = {
            "process": number,
            "id": number,
            "call": False,
            "f": op.f,
            "value": op.result if isinstance(op.result, str) else "",
            "unknown": op.returned is None,
        }
        rows.append((len(history.events) + number if op.returned is None else op.returned, answer))
    return {
        "name": name,
        "model": model,
        "events": [row for _, row in sorted(rows, key=lambda row: row[0])],
    }


def porcupine(checkout: Path, cases: list[dict]) -> dict[str, dict]:
    """What Porcupine answers to each, with its CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / "porcupine" / "main.go", folder)
        Path(folder, "go.mod").write_text(
            "module bench\n\nrequire github.com/anishathalye/porcupine v0.0.0\n\n"
            f"replace github.com/anishathalye/porcupine => {checkout.resolve()}\n"
        )
        subprocess.run(
            ["go", "build", "-mod=mod", "-o", "bench", "."],
            cwd=folder,
            check=True,
            env=os.environ | {"GOFLAGS": "", "GOPROXY": "off"},
        )
        return json.loads(
            subprocess.run(
                [str(Path(folder, "bench"))],
                input=json.dumps(cases),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )


def ours(history: History, model, explain: bool) -> tuple[bool | None, float]:
    """The verdict and its CPU seconds; a short search is made again and again."""
    gc.collect()
    start, runs = time.process_time(), 0
    while not runs or time.process_time() - start < 0.05:
        verdict = linearizable(history, model, explain=explain)
        runs += 1
    return verdict.holds, (time.process_time() - start) / runs


def main() -> None:
    checkout = Path(os.environ.get("PORCUPINE", "")).expanduser()
    if (
        not os.environ.get("PORCUPINE")
        or not (checkout / "test_data" / "jepsen").is_dir()
        or not shutil.which("go")
    ):
        print(
            "linearizability against Porcupine is left out: put `go` on the PATH "
            "(Debian: golang-go) and set PORCUPINE to a checkout of "
            "github.com/anishathalye/porcupine."
        )
        return
    groups = histories(checkout)
    models = {group: ("etcd", Etcd()) if group == "etcd" else ("kv", "kv") for group in groups}
    theirs = porcupine(
        checkout,
        [
            for_porcupine(name, history, models[group][0])
            for group, each in groups.items()
            for name, history in each
        ],
    )
    for group, each in groups.items():
        said = {
            explain: {name: ours(history, models[group][1], explain) for name, history in each}
            for explain in (False, True)
        }
        for name, (holds, _) in [pair for one in said.values() for pair in one.items()]:
            if holds is not theirs[name]["Holds"]:
                sys.exit(f"{name}: this package says {holds}, Porcupine {theirs[name]['Holds']}.")
        peer = sum(theirs[name]["Seconds"] for name, _ in each)
        verdict, explained = (
            sum(seconds for _, seconds in one.values()) / peer for one in said.values()
        )
        print(
            f"linearizability, {group}: CPU time / Porcupine's {verdict:.3f}, with "
            f"explanations {explained:.3f}; "
            f"{len(each)} histories, {sum(holds for holds, _ in said[False].values())} of "
            "them linearizable, and both agree on each"
        )


if __name__ == "__main__":
    main()
