"""Aggregates: a state folded from a stream, and decisions made on it.

The form is the decider (Jérémie Chassaing, "Functional Event Sourcing Decider", 2021): `decide`
says which events a command causes, or refuses it; `evolve` says what an event does to the state.
Both are pure, so the state is always the fold of the stream's events, and nothing else needs to be
stored.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.events.store import Event, EventStore, NewEvent, WrongExpectedVersion

__all__ = ["Decider", "handle", "load"]


class Decider(NamedTuple):
    """initial: the state before any event. decide(command, state) → list of NewEvent. evolve(state,
    event) → state.
    """

    initial: Any
    decide: Callable[[Any, Any], list[NewEvent]]
    evolve: Callable[[Any, Event], Any]


def load(store: EventStore, stream: str, decider: Decider) -> tuple[Any, int]:
    """The state of a stream, folded from its events, and the version that it belongs to."""
    events = store.read(stream)
    return reduce(decider.evolve, events, decider.initial), len(events) - 1


def handle(
    store: EventStore, stream: str, decider: Decider, command: Any, *, attempts: int = 5
) -> list[Event]:
    """Load, decide, append; where another writer was faster, all again, up to `attempts` times.

    Returns the events that were appended. What `decide` raises to refuse the command goes through.
    """
    for _ in range(attempts):
        state, version = load(store, stream, decider)
        try:
            return store.append(stream, decider.decide(command, state), version)
        except WrongExpectedVersion:
            continue
    raise DslabError(
        f"{attempts} attempts on stream {stream!r} met other writers each time: try again "
        "later, or split the stream."
    )
