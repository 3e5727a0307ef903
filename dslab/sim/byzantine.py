"""A Byzantine node: it runs the protocol, and then what it says is not what the protocol said.

    cluster.byzantine("n3", "vote_twice")

Lamport, Shostak and Pease, "The Byzantine Generals Problem", TOPLAS 4(3), 1982. A behaviour knows
no protocol: it goes by the names and kinds of a message's fields.

| behaviour    | what the node says                                                                |
|--------------|-----------------------------------------------------------------------------------|
| equivocate   | other values to those whom it fools than to the rest: each field called `value`   |
|              | is changed                                                                        |
| vote_twice   | yes to everything: each field that is true or false is true, be it a vote given   |
|              | away already                                                                      |
| inflate_term | a term (or ballot, epoch, view) that is one too high                              |
| replay       | each message together with one that it sent to the same node a while ago          |
| silent       | nothing to those whom it fools                                                    |
"""

from functools import cache
from typing import Any

from dslab.node import Node
from dslab.sim.corruption import rewritten
from dslab.values import Map

__all__ = ["BEHAVIOURS", "PARTIAL", "byzantine"]

TERMS = ("term", "ballot", "epoch", "view")
#: How many messages ago the one was sent that a replaying node sends again.
AGO = 4


def equivocate(node, to, message) -> list:
    return [
        rewritten(message, lambda name, value: _other(value) if name == "value" else value)
        if to in node.fooled
        else message
    ]


def vote_twice(node, to, message) -> list:
    return [rewritten(message, lambda name, value: True if value is False else value)]


def inflate_term(node, to, message) -> list:
    terms = {
        name: value + 1
        for name, value in vars(message).items()
        if name in TERMS and isinstance(value, int)
    }
    return [type(message)(**{**vars(message), **terms})]


def replay(node, to, message) -> list:
    said = (*node.said.get(to, ()), message)
    node.said |= {to: said[-AGO:]}
    return [message] if len(said) <= AGO else [message, said[0]]


def silent(node, to, message) -> list:
    return [] if to in node.fooled else [message]


BEHAVIOURS = {
    function.__name__: function
    for function in (equivocate, vote_twice, inflate_term, replay, silent)
}

#: Those for which it matters whom the node fools.
PARTIAL = ("equivocate", "silent")


def _other(value: Any) -> Any:
    """Another value, the same each time; nothing stays nothing, since a read carries none."""
    if isinstance(value, bool) or value is None:
        return value
    return value + 1000 if isinstance(value, (int, float)) else f"not {value}"


class _Liar:
    """What stands before the protocol's class: each step is its own, then messages are twisted."""

    __slots__ = ()

    def start(self):
        super().start()
        self._twist()

    def receive(self, sender, message):
        super().receive(sender, message)
        self._twist()

    def fire(self, timer):
        super().fire(timer)
        self._twist()

    def _twist(self):
        honest, self.outbox = self.outbox, []
        for to, message in honest:
            said = self.behaviour(self, to, message)
            self.lies += said != [message]
            self.outbox += [(to, each) for each in said]


@cache
def byzantine(protocol: type[Node], behaviour: str, fooled: frozenset[str]) -> type[Node]:
    """The class of a node that runs `protocol` and lies; its field `lies` counts the messages that
    are not the protocol's.
    """
    whom = fooled

    class Byzantine(_Liar, protocol):
        fooled: frozenset[str] = whom
        lies: int = 0
        said: Map = Map()  # node → the last messages to it

    Byzantine.behaviour = staticmethod(BEHAVIOURS[behaviour])
    Byzantine.__name__ = Byzantine.__qualname__ = f"Byzantine{protocol.__name__}"
    return Byzantine
