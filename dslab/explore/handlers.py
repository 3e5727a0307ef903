"""What nodes do in the states that they can be in.

Each step is worked out once, by calling the handler in strict mode, so that one that breaks the
node contract is named, and then looked up.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

from dslab.explore.coverage import Lines
from dslab.explore.states import Local, States
from dslab.message import PASSING
from dslab.node import Node, Reply, Request, rehearse
from dslab.values import show

__all__ = ["Handlers", "Outcome", "seen_by"]


class Outcome(NamedTuple):
    """What a step of one node leaves: its local state and the envelopes it sends, by number, and
    what clients learned or asked in it.
    """

    local: int
    sent: tuple[int, ...]
    saw: tuple


class Handlers:
    """The handlers of all nodes, by what they are asked: (a local state's number, what happens).

    What happens is an envelope's number, ("fire", place among the pending timers), "crash" or
    "restart".
    `known` holds the Outcome of each, or None where nothing comes of it: the node is down, or
    stays as it is and sends nothing.

    note    what is seen of a step: (step, its arguments, the node after it) → a tuple.
    strict  whether the node contract is watched.
    """

    def __init__(
        self, states: States, note: Callable, coverage: Lines | None = None, strict: bool = True
    ):
        self._states, self._note, self._coverage, self._strict = states, note, coverage, strict
        self.known: dict[tuple[int, Any], Outcome | None] = {}

    def boot(self, name: str, disk: dict[str, Any] | None) -> Outcome:
        """The first start of a node, with these durable fields where they are given."""
        return self._run(name, self._states.made(name, disk), (), "start")

    def work_out(self, key: tuple[int, Any]) -> Outcome | None:
        """What comes of one step; it is `known` from then on."""
        number, what = key
        states = self._states
        local, name = states.locals[number], states.order[states.locals[number].place]
        outcome = None
        if what == "crash":
            down = Local(local.place, states.durable(local), (), False)
            outcome = Outcome(states.number(down), (), ())
        elif what == "restart":
            outcome = self._run(name, states.made(name, local.fields), (), "start")
        elif local.up:
            node = states.made(name)
            vars(node).update(local.fields)
            if isinstance(what, tuple):
                timer = local.timers[what[1]]
                rest = tuple(each for each in local.timers if each is not timer)
                outcome = self._run(name, node, rest, "fire", timer)
            else:
                sender, _, message = states.envelopes[what]
                outcome = self._run(name, node, local.timers, "receive", sender, message)
            if (outcome.local, outcome.sent) == (number, ()):
                outcome = None
        self.known[key] = outcome
        return outcome

    def _run(self, name: str, node: Node, timers: tuple, step: str, *args) -> Outcome:
        with self._coverage or nullcontext():
            try:
                if self._strict:
                    rehearse(node, step, *args)
                else:
                    getattr(node, step)(*args)
            except Exception as error:
                error.add_note(f"while {name} handled {show(args[-1]) if args else 'its start'}")
                raise
        pending = {type(timer): timer for timer in timers}
        for kind, setting in node.timers.items():
            pending[kind] = setting and setting[0]
        left = [timer for timer in pending.values() if timer is not None]
        left.sort(key=lambda timer: type(timer).__name__)
        states = self._states
        local = Local(states.place[name], vars(node), tuple(left), True)
        sent = tuple(states.envelope(name, to, message) for to, message in node.outbox)
        return Outcome(states.number(local), sent, self._note(step, args, node))


def seen_by(client: str, args: tuple, node, copies: bool) -> tuple[tuple, ...]:
    """What a client learned in a step, and what it asked next: in the node's `outbox`.

    With `copies`, messages may be there twice, and a refusal that passes tells it nothing.
    """
    replies = [each for each in args[-1:] if isinstance(each, Reply)]
    saw = [
        ("reply", client, each.id, each.value, each.error)
        for each in replies
        if not (copies and each.error in PASSING)
    ]
    asked = [message for _, message in node.outbox if isinstance(message, Request)]
    calls = (("call", client, each.id, each.f, each.key, each.value) for each in asked)
    return (*saw, *calls)
