"""The lab of the CAP chapter: a real etcd, one member cut off, and what each side still answers.

Where etcd is not installed, the lab plays a recorded run of the same steps and says so. The environment variable DSLAB_LAB
forces one of them: `live` or `recorded`. `python -m dslab.live.lab` records the run again.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterator

from dslab.errors import DslabError
from dslab.history import Event, History
from dslab.live.process import ServerMissing
from dslab.show.table import Table
from dslab.trace import Trace

__all__ = ["CapLab", "Step", "cap_lab"]

RECORDING = Path(__file__).parent / "recordings" / "cap.json"
NODES, MAJORITY, MINORITY, KEY = ("n1", "n2", "n3"), "n1", "n3", "balance"
FAULTS = {"cut": "n3 is cut off from n1 and n2", "heal": "the links are up again"}


@dataclass(frozen=True)
class Step:
    """One thing that happened: a fault, or a client's call at a member with what came of it.

    f        cut, heal, write, read (linearizable) or serializable read.
    outcome  ok, or info where no answer came.
    """

    f: str
    client: str = ""
    member: str = ""
    value: str | None = None
    outcome: str = ""
    result: str | None = None


@dataclass(frozen=True)
class CapLab:
    """What the lab saw. It shows itself as a table; `trace` is for the player."""

    steps: tuple[Step, ...]
    origin: str

    def history(self, reads: str) -> History:
        """What the clients saw: all writes, and the reads of one kind, "linearizable" or "serializable"."""
        wanted = {"linearizable": "read", "serializable": "serializable read"}.get(reads)
        if wanted is None:
            raise DslabError(f"{reads!r} is no kind of read: choose linearizable or serializable.")
        events = []
        for process, step in enumerate(self.steps):
            if step.f in ("write", wanted):
                f = "write" if step.f == "write" else "read"
                events.append(Event(process, "invoke", f, KEY, step.value))
                events.append(Event(process, step.outcome, f, KEY, step.result if f == "read" else step.value))
        return History(events)

    @property
    def trace(self) -> Trace:
        """The run for the player. Its times number the steps: a real run's times differ each time."""
        trace = Trace(NODES, ("alice", "bob"), title="etcd: one of three members cut off")
        for number, step in enumerate(self.steps):
            now = number * 10_000
            if step.f == "cut":
                pairs = tuple((a, b) for a in NODES for b in NODES if MINORITY in (a, b) and a != b)
                trace.records.append((now, "cut", None, None, None, pairs, None))
            elif step.f == "heal":
                trace.records.append((now, "heal", None, None, None, None, None))
            else:
                call, f = (number, step.f.replace("serializable ", ""), f"{KEY} at {step.member}", step.value), len(trace.records)
                trace.records.append((now, "invoke", step.client, None, None, call, None))
                answer = step.result if step.outcome == "ok" else "no answer"
                trace.records.append((now + 6_000, step.outcome, step.client, None, f, answer, None))
        return trace

    def _table(self) -> Table:
        rows = []
        for number, step in enumerate(self.steps, 1):
            if step.f in FAULTS:
                rows.append((number, "", FAULTS[step.f], ""))
            else:
                asked = f"{step.f} {step.value}" if step.value is not None else step.f
                answer = "no answer" if step.outcome == "info" else "ok" if step.f == "write" else step.result
                rows.append((number, f"{step.client} at {step.member}", asked, answer))
        return Table(("step", "who", "what", "answer"), rows)

    def __repr__(self):
        return repr(self._table())

    def _repr_html_(self):
        return self._table()._repr_html_()


def cap_lab() -> CapLab:
    """Run the lab on a real etcd, or play the recorded run where there is none; `origin` says which."""
    wanted = os.environ.get("DSLAB_LAB", "")
    if wanted not in ("", "live", "recorded"):
        raise DslabError(f"DSLAB_LAB is {wanted!r}: set it to live or recorded, or leave it out.")
    if wanted == "recorded":
        return _recorded("as DSLAB_LAB asks")
    try:
        return _live()
    except (ServerMissing, ImportError) as error:
        if wanted == "live":
            raise
        return _recorded("since a real etcd can't be started here" if isinstance(error, ImportError) else "since etcd is not installed here")


def _recorded(why: str) -> CapLab:
    try:
        data = json.loads(RECORDING.read_text(encoding="utf-8"))
        return CapLab(tuple(Step(**step) for step in data["steps"]), f"a recorded run of etcd {data['version']}, {why}")
    except (OSError, ValueError, KeyError, TypeError):
        raise DslabError(f"the recorded run {RECORDING.name} is missing or damaged: install dslab again.") from None


def _live() -> CapLab:
    from dslab.live.etcd import EtcdCluster

    with EtcdCluster(3) as etcd:
        return CapLab(tuple(_story(etcd)), f"a real etcd {etcd.version}, three members on this machine")


def _story(etcd) -> Iterator[Step]:
    """The lab, step by step."""
    def call(client, member, f, value=None):
        from dslab.live.etcd import NoAnswer
        try:
            result = etcd.put(member, KEY, value) if f == "write" else etcd.get(member, KEY, serializable=f != "read")
            return Step(f, client, member, value, "ok", result)
        except NoAnswer:
            return Step(f, client, member, value, "info")

    yield call("alice", MAJORITY, "write", "100")
    # The third member has the write, too, before it is cut off: what it answers later is stale, not empty.
    etcd.wait(lambda: etcd.get(MINORITY, KEY, serializable=True) == "100", "did not replicate the first write")
    yield call("bob", MINORITY, "read")
    etcd.isolate(MINORITY)
    yield Step("cut")
    etcd.wait(lambda: etcd.leader(MAJORITY) not in (None, MINORITY) and etcd.get(MAJORITY, KEY), "elected no leader among the majority")
    yield call("alice", MAJORITY, "write", "40")
    yield call("alice", MAJORITY, "read")
    yield call("bob", MINORITY, "write", "70")
    yield call("bob", MINORITY, "read")
    yield call("bob", MINORITY, "serializable read")
    etcd.heal()
    yield Step("heal")
    etcd.wait(lambda: etcd.get(MINORITY, KEY) is not None, "did not come together again")
    yield call("bob", MINORITY, "read")


def record() -> None:
    """Write the recording anew, from a real run."""
    lab = _live()
    version = lab.origin.split(",")[0].removeprefix("a real etcd ")
    RECORDING.write_text(json.dumps({"version": version, "steps": [asdict(step) for step in lab.steps]}, indent=1) + "\n", encoding="utf-8")
    print(lab, f"written to {RECORDING.name}", sep="\n", file=sys.stderr)


if __name__ == "__main__":
    record()
