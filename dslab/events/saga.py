"""Sagas: a long transaction as steps, each of which can be undone in its meaning.

Hector Garcia-Molina and Kenneth Salem, "Sagas", SIGMOD 1987: a saga T1 … Tn with
compensations C1 … Cn-1 runs either T1 … Tn, or T1 … Tj, Cj … C1 for some j < n
(section 2). Others see what the steps did before the saga is done: isolation is
lost.

The orchestrator keeps its log in the event store, one stream a saga, and writes an
event before and after each call. After a crash it reads the stream and goes on
where it was. It can't know whether the call that was open arrived, so it calls
again: each call carries the same key each time, and a service that has seen the key
does nothing twice.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.events.contract import NewEvent, Store
from dslab.values import Map, counted

__all__ = ["Crashed", "Rejected", "Saga", "Step", "every_crash", "run"]


class Rejected(DslabError):
    """A service says no: nothing was done, and the saga turns back."""


class Crashed(DslabError):
    """The orchestrator was made to crash here; run the saga again to go on."""


class Step(NamedTuple):
    """One step of a saga.

    action        action(key) does it, and raises Rejected where it can't be done.
    compensation  compensation(key) undoes its meaning.

    Both must do nothing where they did it before under this key. A step without a
    compensation can't be undone: what follows it must not be rejected (the pivot of
    the saga).
    """

    name: str
    action: Callable[[str], Any]
    compensation: Callable[[str], Any] | None = None


class Saga(NamedTuple):
    """A saga's name, such as "order-7", and its steps in order."""

    name: str
    steps: tuple[Step, ...]


#: What the log says of a step, and what that makes of it.
STATUS = {
    "StepBegun": "doing",
    "StepDone": "done",
    "StepRejected": "rejected",
    "UndoBegun": "undoing",
    "Undone": "undone",
    "UndoFailed": "stuck",
}


def run(
    saga: Saga,
    store: Store,
    *,
    attempts: int = 3,
    crash_at: int | None = None,
    recorder=None,
) -> str:
    """Run `saga` to its end, from wherever its log says that it is.

    Returns "completed", "compensated" or "parked".

    parked    a compensation failed `attempts` times: a person must look at it.
    crash_at  for tests and demonstrations: crash before writing the event of this
              number, counted from the stream's start. Raises Crashed.
    recorder  a dslab.run.recorder.Recorder with a lane "saga", where what happens
              is to be shown.
    """
    return _Orchestrator(saga, store, attempts, crash_at, recorder).run()


class _Orchestrator:
    def __init__(self, saga, store, attempts, crash_at, recorder):
        self.saga, self.store, self.attempts, self.crash_at, self.recorder = (
            saga,
            store,
            attempts,
            crash_at,
            recorder,
        )
        self.status = dict.fromkeys((step.name for step in saga.steps), "waiting")
        if len(self.status) < len(saga.steps):
            raise DslabError(
                f"two steps of {saga.name} have the same name: name each one "
                "differently."
            )
        self.written = 0
        for event in store.read(saga.name):
            self._note(event.type, event.data["step"])

    def run(self) -> str:
        written = counted({"events": self.written})
        self._show(
            f"the orchestrator begins {self.saga.name}"
            if not self.written
            else f"the orchestrator reads its log of {written} and goes on"
        )
        if not any(
            status in ("rejected", "undoing", "undone", "stuck")
            for status in self.status.values()
        ):
            if self._forward():
                return self._end("completed")
        return self._end("compensated" if self._back() else "parked")

    def _forward(self) -> bool:
        """Do the steps that are not done; False where one is rejected."""
        for step in self.saga.steps:
            if self.status[step.name] == "done":
                continue
            if self.status[step.name] == "waiting":
                self._write("StepBegun", step)
            try:
                step.action(self._key(step))
            except Rejected as refusal:
                self._write("StepRejected", step, f": {refusal}")
                return False
            self._write("StepDone", step)
        return True

    def _back(self) -> bool:
        """Undo the steps that were done, the last first; False where one can't."""
        for step in reversed(self.saga.steps):
            if self.status[step.name] not in ("done", "undoing"):
                continue
            if self.status[step.name] == "done":
                self._write("UndoBegun", step)
            if not self._undo(step):
                self._write("UndoFailed", step)
                return False
            self._write("Undone", step)
        return "stuck" not in self.status.values()

    def _undo(self, step: Step) -> bool:
        if step.compensation is None:
            return False
        for _ in range(self.attempts):
            try:
                step.compensation(self._key(step))
                return True
            except Rejected:
                continue
        return False

    def _key(self, step: Step) -> str:
        return f"{self.saga.name}/{step.name}"

    def _write(self, kind: str, step: Step, why: str = "") -> None:
        if self.written == self.crash_at:
            self._show(
                f"the orchestrator crashes before it writes {kind} of {step.name}",
                crashed=True,
            )
            raise Crashed(
                f"{self.saga.name} crashed before it wrote {kind} of {step.name}: "
                "run it again to go on."
            )
        self.store.append(
            self.saga.name, [NewEvent(kind, {"step": step.name})], self.written - 1
        )
        self._note(kind, step.name)
        self._show(f"{kind} of {step.name}{why}")

    def _note(self, kind: str, step: str) -> None:
        self.status[step] = STATUS[kind]
        self.written += 1

    def _end(self, outcome: str) -> str:
        self._show(f"{self.saga.name} is {outcome}", outcome=outcome)
        return outcome

    def _show(
        self, sentence: str, crashed: bool = False, outcome: str | None = None
    ) -> None:
        if self.recorder is not None:
            self.recorder.act(
                "saga",
                sentence,
                steps=tuple(self.status),
                status=Map(self.status),
                written=self.written,
                crashed=crashed,
                outcome=outcome,
            )


def every_crash(
    saga: Saga, store: Callable[[], Store], recorder: Callable[[str], Any]
) -> dict[str, Any]:
    """One run without a crash, and one for each event of its log with a crash
    before that event.

    After a crash the saga is run again, to its end.

    store     makes an empty store for each run.
    recorder  makes a dslab.run.recorder.Recorder with a lane "saga" from a title.
    Returns the recorders by what happens in their run.
    """
    whole = recorder(f"{saga.name}, without a crash")
    log = store()
    run(saga, log, recorder=whole)
    found = {"no crash": whole}
    for number, event in enumerate(log.read(saga.name)):
        name = f"a crash before {event.type} of {event.data['step']}"
        found[name] = again = recorder(f"{saga.name}, with {name}")
        log = store()
        try:
            run(saga, log, crash_at=number, recorder=again)
        except Crashed:
            run(saga, log, recorder=again)
    return found
