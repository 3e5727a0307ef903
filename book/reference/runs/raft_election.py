"""The steps of an election, one after the other: time has no meaning here."""

from dslab.explore.schedule import Stepper
from dslab.protocols.raft import Raft
from dslab.show import play


def picture():
    """Three servers, from the first timeout on, shown where one is elected."""
    title = "An election among three servers, step by step"
    run = Stepper(Raft, ["n1", "n2", "n3"], title=title).start()
    run.perform(("fire", "n1", "ElectionTimeout"))
    for step in run.settling():
        run.perform(step)
    return play(run.trace, at=4)
