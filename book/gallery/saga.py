"""**Saga lanes.** Use them for steps with compensations: each dot is a run in which the orchestrator crashes there and goes on from
its log."""
from dslab.events import EventStore
from dslab.events.saga import Rejected, Saga, Step, every_crash
from dslab.recorder import Recorder
from dslab.show import runs

def no_courier(key):
    raise Rejected("no courier is free")

nothing = lambda key: None
saga = Saga("order-7", (Step("reserve", nothing, nothing), Step("charge", nothing, nothing), Step("ship", no_courier, nothing)))

runs(every_crash(saga, lambda: EventStore(":memory:"), lambda title: Recorder("saga", title=title)), "saga")
