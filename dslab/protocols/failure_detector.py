"""An eventually perfect failure detector, as a part for any node.

Chandra and Toueg, "Unreliable Failure Detectors for Reliable Distributed Systems",
JACM 43(2),
1996. A detector may be wrong about who has crashed. What makes it useful is stated
      as two
properties; those of the class ◇P are:
- Strong completeness: who crashes is in the end suspected for good by everyone who
  doesn't.
- Eventual strong accuracy: from some time on nobody who runs is suspected.

The algorithm is theirs for partial synchrony: say from time to time that you are
alive, suspect who is silent for longer than its timeout, and where this was wrong,
let the timeout grow. Where there is a bound on delays, known or not, a timeout
passes it after finitely many mistakes. Where there is none, so may there be no end
of them.

What differs: a timeout is a count of ticks of one timer, and it is durable, so that
a node which crashes and comes back does not have to learn it again.
"""

from dslab.node import Message, Part, Timer
from dslab.values import Map

__all__ = ["Alive", "EventuallyPerfect", "Tick"]


class Alive(Message):
    """The sender is alive."""


class Tick(Timer):
    """A tick of the clock that silence is measured with."""


class EventuallyPerfect(Part):
    """The detector of one node.

    It indicates `suspect(peer)` and `restore(peer)` to its owner.
    """

    #: Milliseconds between two ticks, and how many ticks a peer may be silent at
    #: first.
    period = 50
    patience = 2

    suspected: frozenset[str] = frozenset()
    silent: Map = Map()  # peer → ticks since it was heard
    # peer → how many of them are too many; where it is not there: patience
    timeouts: Map = Map()
    durable = ("timeouts",)
    indications = ("suspect", "restore")

    def on_start(self):
        """Nobody is suspected yet, and all are told that this node is alive."""
        self.silent = Map({peer: 0 for peer in self.peers})
        self.speak()

    def on_Tick(self):
        """Speak, and suspect who has been silent for too long."""
        self.silent = Map({peer: ticks + 1 for peer, ticks in self.silent.items()})
        self.speak()
        for peer, ticks in self.silent.items():
            if ticks > self.timeout_of(peer) and peer not in self.suspected:
                self.suspected |= {peer}
                self.indicate("suspect", peer)

    def on_Alive(self, peer, m):
        """It is alive. If it was suspected, that was wrong, and it gets more time
        from now on.
        """
        self.silent |= {peer: 0}
        if peer in self.suspected:
            self.suspected -= {peer}
            self.timeouts |= {peer: self.timeout_of(peer) + 1}
            self.indicate("restore", peer)

    def speak(self):
        """Tell all that this node is alive, and set the clock."""
        self.broadcast(Alive())
        self.set_timer(Tick(), self.period)

    def timeout_of(self, peer) -> int:
        """How many ticks `peer` may be silent."""
        return self.timeouts.get(peer, self.patience)
