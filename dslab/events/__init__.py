"""Events as the source of truth: the store, and aggregates that decide on it."""

from dslab.events.aggregate import Decider, handle, load
from dslab.events.store import (
    ANY,
    NO_STREAM,
    Event,
    EventStore,
    NewEvent,
    StoreError,
    WrongExpectedVersion,
)

__all__ = [
    "ANY",
    "Decider",
    "Event",
    "EventStore",
    "NO_STREAM",
    "NewEvent",
    "StoreError",
    "WrongExpectedVersion",
    "handle",
    "load",
]
