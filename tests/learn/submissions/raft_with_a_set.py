# A right election with an enumeration and a Map of tuples, which forgets its vote in a crash.
from enum import Enum

from dslab.learn import check
from dslab.protocols.raft import Raft
from dslab.values import Map


class Mood(Enum):
    CALM = 1
    TENSE = 2


class MyRaft(Raft):
    mood: Mood = Mood.CALM
    heard: Map = Map()
    durable = "current_term", "log"

    def on_Vote(self, voter, m):
        self.mood = Mood.TENSE
        self.heard |= {(m.term, voter): m.granted}
        super().on_Vote(voter, m)


check("raft-election", MyRaft)
