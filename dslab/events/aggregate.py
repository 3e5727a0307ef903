"""Aggregates: a state folded from a stream, and decisions made on it.

The form is the decider (Jérémie Chassaing, "Functional Event Sourcing Decider",
2021): `decide` says which events a command causes, or refuses it; `evolve` says
what an event does to the state. Both are pure, so the state is always the fold of
the stream's events, and nothing else needs to be stored.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from dslab.errors import DslabError, demand_number
from dslab.events.contract import (
    ANY,
    Event,
    IdTaken,
    NewEvent,
    Store,
    WrongExpectedVersion,
    demand_text,
)

__all__ = ["Decider", "handle", "load"]

#: The namespace of the ids of events that a named command caused (RFC 4122, section
#: 4.3).
COMMANDS = UUID("6f0a1f5e-6b0d-4f43-9d3c-0d5a4b1e7c18")


class Decider(NamedTuple):
    """The two functions of an aggregate, and where they begin.

    initial  the state before any event.
    decide   decide(command, state) → list of NewEvent. Raises what refuses the
             command.
    evolve   evolve(state, event) → state.
    """

    initial: Any
    decide: Callable[[Any, Any], list[NewEvent]]
    evolve: Callable[[Any, Event], Any]


def load(store: Store, stream: str, decider: Decider) -> tuple[Any, int]:
    """The state of a stream, folded from its events, and its version."""
    events = store.read(stream)
    return reduce(decider.evolve, events, decider.initial), len(events) - 1


def handle(
    store: Store,
    stream: str,
    decider: Decider,
    command: Any,
    *,
    command_id: str | None = None,
    attempts: int = 5,
) -> list[Event]:
    """Load, decide, append; up to `attempts` times, where another writer is faster.

    command_id  a name for this command in this stream. A caller who never heard
                back may ask again under the same name: the command is done once.
                Without one, each call is a command of its own.

    Returns the events that were appended. What `decide` raises to refuse the
    command goes through.
    """
    demand_number("attempts", attempts)
    if command_id is not None:
        demand_text("command's id", command_id, "transfer-4711")
    for _ in range(attempts):
        events, version = _decided(store, stream, decider, command, command_id)
        try:
            return store.append(stream, events, version)
        except WrongExpectedVersion:
            continue
        except IdTaken:
            if version == ANY:
                raise
            # Else another attempt at this command was faster, on a newer state.
    raise DslabError(
        f"{attempts} attempts on stream {stream!r} met other writers each time: "
        "try again later, or split the stream."
    )


def _decided(
    store: Store,
    stream: str,
    decider: Decider,
    command: Any,
    command_id: str | None,
) -> tuple[list[NewEvent], int | str]:
    """What the command causes, and the version that it is decided on.

    Where it was done before, that is decided on the state of then, and the version
    is ANY: the same command causes the same events, and the store answers with
    those that stand there. Where it causes others it is another command, and the
    store says so.
    """
    events = store.read(stream)
    if command_id is None:
        state = reduce(decider.evolve, events, decider.initial)
        return decider.decide(command, state), len(events) - 1
    first, before = _id(stream, command_id, 0), len(events)
    for place, event in enumerate(events):
        if event.id == first:
            before = place
    state = reduce(decider.evolve, events[:before], decider.initial)
    caused = [
        replace(event, id=_id(stream, command_id, number))
        for number, event in enumerate(decider.decide(command, state))
    ]
    return caused, before - 1 if before == len(events) else ANY


def _id(stream: str, command_id: str, number: int) -> str:
    # As JSON, in which no two triples are the same text.
    return str(uuid5(COMMANDS, json.dumps([stream, command_id, number])))
