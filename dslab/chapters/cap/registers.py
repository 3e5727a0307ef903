"""Registers whose clients call: how they are driven, and what is asked of all of them.

Values don't only grow, and one of them is 0: whoever compares values instead of versions is seen.
"""

from collections.abc import Callable, Iterator
from itertools import permutations

from dslab.check import linearizable
from dslab.check.models import Register
from dslab.learn.moves import Move
from dslab.learn.scenes import Answer, Scene
from dslab.run.history import Event, History

__all__ = [
    "FIVE",
    "FOUR",
    "THREE",
    "asked",
    "begun",
    "go_on",
    "linear",
    "next_value",
    "served_in_peace",
    "served_in_peace_or_old",
    "stale",
    "step_until",
    "writes_and_reads",
]

THREE, FOUR, FIVE = (tuple(f"n{number}" for number in range(1, most + 1)) for most in (3, 4, 5))
VALUES = 5, 0, 8, 3, 9, 2
#: How often timers run out before a call counts as never answered, or copies as never equal.
ROUNDS = 20


def writes_and_reads(scene: Scene) -> tuple[int, int]:
    """How many of each there were."""
    calls = [event[3] for event in scene.events if event[0] == "call"]
    return calls.count("write"), calls.count("read")


def next_value(scene: Scene) -> int:
    """What the next write writes."""
    return VALUES[writes_and_reads(scene)[0] % len(VALUES)]


# Moves of calls that ask others.


def begun(step: tuple) -> Move:
    """A call, of which nothing has arrived elsewhere yet."""
    return lambda scene: scene.perform(step)


def asked(step: tuple, peer: str, again: bool = False) -> Move:
    """A call that asks this peer, once."""

    def move(scene):
        scene.perform(step)
        scene.ask(step[1], peer, again)

    return move


def step_until(step: tuple, peer: str, again: bool = False) -> Move:
    """A call that asks this peer alone, until it is answered."""

    def move(scene):
        before = scene.open
        scene.perform(step)
        for call in scene.open:
            if call not in before:
                _until_answered(scene, call.client, call.request.id, call.node, peer, again)

    return move


def go_on(client: str, id: int, node: str, peer: str) -> Move:
    """An open call asks this peer until it is answered."""
    return lambda scene: _until_answered(scene, client, id, node, peer, False)


def _until_answered(scene, client, id, node, peer, again):
    for _ in range(4):
        if not any((call.client, call.request.id) == (client, id) for call in scene.open):
            break
        scene.ask(node, peer, again)


# What is asked of a scene.


def history(scene: Scene) -> History:
    """What the clients saw."""
    processes: dict[tuple, int] = {}
    asked: dict[tuple, tuple] = {}
    events = []
    for kind, client, id, *what in scene.events:
        if kind == "call":
            taken = set(processes.values())
            processes[client, id] = next(n for n in range(len(taken) + 1) if n not in taken)
            asked[client, id] = tuple(what)
            events.append(Event(processes[client, id], "invoke", *what, client=client))
        else:
            f, key, _ = asked[client, id]
            result, error = what
            outcome = "ok" if error is None else "fail"
            value = result if f == "read" else None
            process = processes.pop((client, id))
            events.append(Event(process, outcome, f, key, value, client=client))
    return History(events)


def linear(scene: Scene) -> Callable | None:
    """The rule that some order of all calls explains their answers."""
    if scene.seen.linearizable(Register):
        return None
    return lambda: (
        linearizable(history(scene)).sentence,
        "one order that a single register would have answered",
        "; ".join(map(_in_words, scene.answers)),
    )


def _in_words(answer: Answer) -> str:
    (client, node, request, heard), reply = answer
    what = f"write {request.value}" if request.f == "write" else f"read → {reply.value}"
    who = f"heard from {' and '.join(sorted(heard))}" if heard else "asked nobody"
    return f"{client}'s {what} ({node} {who})"


def stale(scene: Scene) -> Callable | None:
    """The rule that a node that has asked nobody serves no read that may be old."""
    if not scene.answers:
        return None
    call, _ = scene.answers[-1]
    if call.request.f != "read" or call.heard or len(scene.names) == 1:
        return None
    return linear(scene)


def served_in_peace(scene: Scene) -> Callable | None:
    """The rule that where everything arrives and timers run out every call is served."""
    return served_in_peace_or_old(scene) or linear(scene)


def served_in_peace_or_old(scene: Scene) -> Callable | None:
    """The same, where an answer may be old."""
    for _ in range(ROUNDS):
        scene.settle(*scene.up)
        if not scene.open:
            break
        scene.tick(*scene.up)
    return unserved(scene)


def unserved(scene: Scene) -> Callable | None:
    """The rule that there is no call that was refused, or has no answer."""
    for call, reply in scene.answers:
        if reply.error is not None:
            return _told(call, f"refused: {reply.error}")
    for call in scene.open:
        return _told(call, "never answered")
    return None


def _told(call, what):
    return lambda: (
        f"{call.client}'s {call.request.f} at {call.node} is {what}, though everything arrives.",
        "an answer from every node that runs",
        "silence" if what == "never answered" else "a refusal",
    )


def pairs(names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """All nodes with a peer of each."""
    return permutations(names, 2)
