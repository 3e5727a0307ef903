"""A process that opens, closes and appends to event stores as it is told: one JSON line a command,
one a reply. `test_no_loss.py` plays several of them against each other.

A command is [thread, verb, path, slot, …]; each thread keeps its stores in slots of its own. To
open a slot that is in use is what a notebook does where a cell is run again: the new store is made
before the old one is dropped.
"""

import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor

from dslab.events import EventStore, NewEvent

THREADS = 2


def told(events) -> list[list]:
    """What an acknowledgement says of each event."""
    return [[event.position, event.stream, event.version, event.id] for event in events]


def append(store, stream, count):
    return told(store.append(stream, [NewEvent("Wrote", {"part": n}) for n in range(count)]))


def act(stores: dict, verb: str, path: str, slot: int, *rest) -> list[list]:
    """Do one command with a thread's stores; returns what was acknowledged by it."""
    if verb == "open":
        stores[path, slot] = EventStore(path)
    elif verb == "close" and (path, slot) in stores:
        stores.pop((path, slot)).close()
    elif verb == "append" and (path, slot) in stores:
        return append(stores[path, slot], *rest)
    elif verb == "storm":
        return storm(path, *rest)
    return []


def storm(path: str, seed: int, count: int) -> list[list]:
    """Append `count` times, in the meantime opening, dropping and closing stores by chance."""
    chance, stores, acknowledged = random.Random(seed), [], []
    while len(acknowledged) < count:
        if not stores or chance.random() < 0.2:
            stores.append(EventStore(path))
        if chance.random() < 0.2:
            stores.pop(chance.randrange(len(stores))).close()
        elif chance.random() < 0.1:
            stores.clear()
        else:
            acknowledged += append(chance.choice(stores), f"s{chance.randrange(3)}", 1)
    return acknowledged


def reply(future) -> None:
    """Say what came of a command: what was acknowledged, or the error as a text."""
    error = future.exception()
    answer = future.result() if error is None else f"{type(error).__name__}: {error}"
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    workers = [(ThreadPoolExecutor(1), {}) for _ in range(THREADS)]
    for line in sys.stdin:
        thread, *command = json.loads(line)
        pool, stores = workers[thread]
        pool.submit(act, stores, *command).add_done_callback(reply)


if __name__ == "__main__":
    main()
