"""Events as the source of truth: the store, and aggregates that decide on it."""

from dslab.events.aggregate import Decider, handle, load
from dslab.events.contract import (
    ANY,
    NO_STREAM,
    Event,
    IdTaken,
    NewEvent,
    Store,
    StoreError,
    WrongExpectedVersion,
)
from dslab.events.sqlite import EventStore

__all__ = [
    "ANY",
    "Decider",
    "Event",
    "EventStore",
    "IdTaken",
    "NO_STREAM",
    "NewEvent",
    "Store",
    "StoreError",
    "WrongExpectedVersion",
    "handle",
    "load",
]
