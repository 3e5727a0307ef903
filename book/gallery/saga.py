"""**Saga lanes.** Use them for steps with compensations: what has been done, what is undone, and whether a crash between two steps loses
anything. Each ✕ is a run in which the orchestrator crashes there, before it writes what it did, and goes on from its log."""

from dslab.events import EventStore
from dslab.events.saga import Rejected, Saga, Step, every_crash
from dslab.run import Recorder
from dslab.show import play, runs


def no_courier(key):
    raise Rejected("no courier is free")


nothing = lambda key: None
saga = Saga("order-7", (Step("reserve", nothing, nothing),
                        Step("charge", nothing, nothing),
                        Step("ship", no_courier, nothing)))

crashes = every_crash(saga, lambda: EventStore(":memory:"),
                      lambda title: Recorder("saga", title=title))
runs(crashes | {"no crash": play(crashes["no crash"], at=7)}, "saga")
