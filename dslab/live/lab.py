"""The lab of the CAP chapter: a real etcd, one member cut off, and what each side still answers.

Where etcd is not installed, the lab plays a recorded run of the same steps and says so. The
environment variable DSLAB_LAB forces one of them: `live` or `recorded`. `python -m
dslab.live.record_labs` records the run again.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dslab.errors import DslabError
from dslab.live.process import ServerMissing
from dslab.run.history import Event, History
from dslab.run.trace import Trace
from dslab.show.table import Table

__all__ = ["CapLab", "Step", "cap_lab", "live_run"]

RECORDING = Path(__file__).parent / "recordings" / "cap.json"
NODES, MAJORITY, MINORITY, KEY = ("n1", "n2", "n3"), "n1", "n3", "balance"
SERIALIZABLE = "serializable read"
#: How many seconds a client waits: where no answer can come, and where one will. etcd itself gives
#: up after 6.
SHORT, LONG = 2.0, 20.0
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
    """What the lab saw. It shows itself as a table; `trace` is for the player.

    steps    what happened, in order.
    origin   whether this was a real run or a recorded one, in words.
    version  etcd's.
    """

    steps: tuple[Step, ...]
    origin: str
    version: str = ""

    def history(self, reads: str) -> History:
        """What clients saw: all writes, and reads of a kind, "linearizable" or "serializable"."""
        wanted = {"linearizable": "read", "serializable": SERIALIZABLE}.get(reads)
        if wanted is None:
            raise DslabError(f"{reads!r} is no kind of read: choose linearizable or serializable.")
        events = []
        for process, step in enumerate(self.steps):
            if step.f in ("write", wanted):
                f = _operation(step.f)
                events.append(Event(process, "invoke", f, KEY, step.value))
                events.append(
                    Event(process, step.outcome, f, KEY, step.result if f == "read" else step.value)
                )
        return History(events)

    @property
    def trace(self) -> Trace:
        """The run for the player. Its times number the steps: real times differ each time."""
        lanes = {
            step.client: f"{step.client} at {step.member}" for step in self.steps if step.client
        }
        trace = Trace(NODES, lanes.values(), title="etcd: one of three members cut off")

        def add(time, kind, place=None, ref=None, data=None):
            trace.records.append((time, kind, place, None, ref, data, None))

        add(0, "mark", data="Times number the lab's steps")
        for number, step in enumerate(self.steps):
            now, lane = (number + 1) * 10_000, lanes.get(step.client)
            if step.f == "cut":
                add(
                    now,
                    "cut",
                    data=tuple(
                        (a, b) for a in NODES for b in NODES if MINORITY in (a, b) and a != b
                    ),
                )
            elif step.f == "heal":
                add(now, "heal")
            else:
                if step.f == SERIALIZABLE:
                    add(now, "mark", data=f"{step.client} asks for a serializable read")
                call = len(trace)
                add(now, "invoke", lane, data=(number, _operation(step.f), KEY, step.value))
                add(
                    now + 8_000,
                    step.outcome,
                    lane,
                    call,
                    step.result if step.outcome == "ok" else "no answer",
                )
        return trace

    def _table(self) -> Table:
        rows = []
        for number, step in enumerate(self.steps, 1):
            if step.f in FAULTS:
                rows.append((number, "", FAULTS[step.f], ""))
            else:
                asked = f"{step.f} {step.value}" if step.value is not None else step.f
                answer = (
                    "no answer"
                    if step.outcome == "info"
                    else "ok"
                    if step.f == "write"
                    else step.result
                )
                rows.append((number, f"{step.client} at {step.member}", asked, answer))
        return Table(("step", "who", "what", "answer"), rows)

    def __repr__(self):
        return repr(self._table())

    def _repr_html_(self):
        return self._table()._repr_html_()


def _operation(f: str) -> str:
    """The operation of a step as a history names it: both kinds of read are reads."""
    return "read" if f == SERIALIZABLE else f


def cap_lab() -> CapLab:
    """Run the lab on a real etcd, or play the recorded run where there is none.

    The result's `origin` says which.

    Raises DslabError where DSLAB_LAB has no meaning or etcd doesn't do its part, ServerMissing
    where DSLAB_LAB is `live` and etcd, or the package that asks it, is not installed.
    """
    wanted = os.environ.get("DSLAB_LAB", "")
    if wanted not in ("", "live", "recorded"):
        raise DslabError(f"DSLAB_LAB is {wanted!r}: set it to live or recorded, or leave it out.")
    if wanted == "recorded":
        return _recorded("as DSLAB_LAB asks")
    try:
        return live_run()
    except ServerMissing as missing:
        if wanted == "live":
            raise
        return _recorded(f"since {str(missing).split(':')[0]}")


def _recorded(why: str) -> CapLab:
    try:
        data = json.loads(RECORDING.read_text(encoding="utf-8"))
        return CapLab(
            tuple(Step(**step) for step in data["steps"]),
            f"a recorded run of etcd {data['version']}, {why}",
            data["version"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise DslabError(
            f"the recorded run {RECORDING.name} is missing or damaged: install dslab again."
        ) from None


def live_run() -> CapLab:
    """The lab on a real etcd. Raises ServerMissing."""
    try:
        from dslab.live.etcd import EtcdCluster
    except ModuleNotFoundError as error:
        # Not everybody who plays recorded runs has the client's package.
        raise ServerMissing(
            f"the package {error.name} is not installed here: run `pip install {error.name}`, "
            "or use the recorded run (DSLAB_LAB=recorded)."
        ) from None
    with EtcdCluster(len(NODES)) as etcd:
        return CapLab(
            tuple(_story(etcd)),
            f"a real etcd {etcd.version}, three members on this machine",
            etcd.version,
        )


def _story(etcd) -> Iterator[Step]:
    """The lab, step by step.

    What each call brings doesn't hang on timing: a member that is cut off can't answer, however
    long its client waits, and a client of the majority waits longer than any election takes.
    """
    yield _call(etcd, "alice", MAJORITY, "write", "100")
    # The third member has the write before it is cut off: what it answers then is stale, not empty.
    etcd.wait(
        lambda: etcd.get(MINORITY, KEY, serializable=True) == "100",
        "did not replicate the first write",
    )
    yield _call(etcd, "bob", MINORITY, "read")
    etcd.isolate(MINORITY)
    yield Step("cut")
    # Whoever led before, the majority has a leader of its own, and the third member knows that it
    # has none.
    etcd.wait(
        lambda: etcd.status(MAJORITY).leader not in (None, MINORITY),
        "elected no leader among the majority",
    )
    etcd.wait(lambda: etcd.status(MINORITY).leader is None, "left the third member with a leader")
    yield _call(etcd, "alice", MAJORITY, "write", "40")
    yield _call(etcd, "alice", MAJORITY, "read")
    yield _call(etcd, "bob", MINORITY, "write", "70", patience=SHORT)
    yield _call(etcd, "bob", MINORITY, "read", patience=SHORT)
    yield _call(etcd, "bob", MINORITY, SERIALIZABLE)
    etcd.heal()
    yield Step("heal")
    etcd.wait(lambda: etcd.get(MINORITY, KEY) is not None, "did not come together again")
    yield _call(etcd, "bob", MINORITY, "read")


def _call(
    etcd, client: str, member: str, f: str, value: str | None = None, patience: float = LONG
) -> Step:
    from dslab.live.etcd import NoAnswer

    try:
        if f == "write":
            result = etcd.put(member, KEY, value, patience=patience)
        else:
            result = etcd.get(member, KEY, serializable=f == SERIALIZABLE, patience=patience)
        return Step(f, client, member, value, "ok", result)
    except NoAnswer:
        return Step(f, client, member, value, "info")
