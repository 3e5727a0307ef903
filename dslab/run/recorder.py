"""A run written down by hand: for code that is no simulation, such as a bus, a saga or a projection
over a real store.

    recorder = Recorder("orders", "payments", title="A saga")
    recorder.act("orders", "the order is placed", status="open")
    play(recorder.trace, "saga")

Each act is a step with one sentence, and the state of its lane is what its acts have said so far.
So what happens outside the simulator is a trace like any other: it plays, and every view of a run
can show it.
"""

from typing import Any

from dslab.errors import DslabError
from dslab.run.trace import Trace
from dslab.values import frozen

__all__ = ["Recorder"]


class Recorder:
    """Writes a Trace. `lanes` are the names of what acts, and `unit` is what its time counts: one
    from act to act.
    """

    def __init__(self, *lanes: str, title: str = "", unit: str = "step"):
        self.trace = Trace(lanes, title=title, unit=unit)
        self._now = 0
        self._states: dict[str, dict[str, Any]] = {}

    def act(self, lane: str, sentence: str, **fields: Any) -> int:
        """`lane` does what the sentence says, and has these fields afterwards, beside its earlier
        ones. Returns the event's number.
        """
        self._known(lane)
        self._states[lane] = state = self._states.get(lane, {}) | {
            name: frozen(value) for name, value in fields.items()
        }
        return self._write("tell", lane, data=sentence, state=state)

    def send(self, sender: str, receiver: str, message: Any) -> int:
        """A message leaves; give the number that this returns to `deliver` or `lose`."""
        self._known(receiver)
        return self._write("send", self._known(sender), receiver, data=frozen(message))

    def deliver(self, sent: int, **fields: Any) -> int:
        """The message of event number `sent` arrives; its receiver then has these fields."""
        _, _, sender, receiver, *_ = self.trace.records[sent]
        if receiver not in self._states:
            self.start(receiver)
        self._states[receiver] = state = self._states.get(receiver, {}) | {
            name: frozen(value) for name, value in fields.items()
        }
        return self._write("deliver", receiver, sender, ref=sent, state=state)

    def lose(self, sent: int, why: str = "loss") -> int:
        """The message of event number `sent` is gone."""
        _, _, sender, receiver, *_ = self.trace.records[sent]
        return self._write("lose", receiver, sender, ref=sent, data=why)

    def crash(self, lane: str) -> int:
        """`lane` stops; nobody sees its fields until it starts again."""
        return self._write("crash", self._known(lane))

    def start(self, lane: str, **fields: Any) -> int:
        """`lane` begins, or is back after a crash, with these fields and no others."""
        kind = "restart" if lane in self._states else "start"
        self._states[lane] = state = {name: frozen(value) for name, value in fields.items()}
        return self._write(kind, self._known(lane), state=state)

    def mark(self, sentence: str) -> int:
        """A sentence for the reader of the run."""
        return self._write("mark", data=sentence)

    def at(self, time: float) -> None:
        """The next event happens at `time`, in units; time doesn't run backwards."""
        if time * 1000 < self._now:
            raise DslabError(
                f"{self.trace.unit} {time:g} lies before {self.trace.unit} "
                f"{self._now / 1000:g}, and time doesn't run backwards."
            )
        self._now = round(time * 1000)

    def _known(self, lane: str) -> str:
        if lane not in self.trace.nodes:
            raise DslabError(
                f"there is no lane {lane!r} in this run: it has {', '.join(self.trace.nodes)}."
            )
        return lane

    def _write(self, kind, place=None, other=None, ref=None, data=None, state=None) -> int:
        records = self.trace.records
        records.append((self._now, kind, place, other, ref, data, state))
        self._now += 1000
        return len(records) - 1
