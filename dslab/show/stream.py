"""A stream of events as a run: each event a step, with the state folded up to it."""

from dslab.errors import DslabError
from dslab.run.recorder import Recorder
from dslab.run.trace import Trace
from dslab.values import Map, Value, counted, plain, show

__all__ = ["stream"]


def stream(events, decider, title: str = "") -> Trace:
    """A store's events as a trace: `play(stream(store.read("account-1"), ACCOUNT), "stream")`.

    events   what EventStore.read or read_all gives, of one stream or several, in order.
    decider  says how they fold: `initial` and `evolve`. Where its state is a Value, its fields
             stand side by side.
    """
    events = list(events)
    if not events:
        raise DslabError("there are no events to show: append some first, or name another stream.")
    recorder = Recorder(
        *dict.fromkeys(event.stream for event in events),
        title=title or counted({"events": len(events)}),
        unit="position",
    )
    states = dict.fromkeys(recorder.trace.nodes, decider.initial)
    for event in events:
        before = states[event.stream]
        states[event.stream] = state = decider.evolve(before, event)
        data = ", ".join(f"{name}={show(value)}" for name, value in event.data.items())
        recorder.at(event.position)
        recorder.act(
            event.stream,
            f"{event.type}({data})" + _change(before, state),
            version=event.version,
            event=event.type,
            data=Map(event.data),
            **_fields(state),
        )
    return recorder.trace


def _change(before, after) -> str:
    """What an event changed, in words."""
    old, new = _fields(before), _fields(after)
    return "".join(
        f"; {name} {show(old.get(name))} → {show(value)}"
        for name, value in new.items()
        if old.get(name) != value
    )


def _fields(state) -> dict:
    """The state's fields by name; a state that is no Value or mapping is one field."""
    if isinstance(state, Value):
        return {name: value for name, value in plain(state).items() if name != "$"}
    return dict(state) if isinstance(state, dict | Map) else {"state": state}
