"""The steps of an election, one after the other: time has no meaning here."""

from dslab.explore.schedule import Stage
from dslab.protocols.raft import Raft
from dslab.show import play


def picture():
    """Three servers, from the first timeout on, shown where one is elected."""
    title = "An election among three servers, step by step"
    stage = Stage(Raft, ["n1", "n2", "n3"], title=title).start()
    stage.perform(("fire", "n1", "ElectionTimeout"))
    for step in stage.settling():
        stage.perform(step)
    return play(stage.trace, at=4)
