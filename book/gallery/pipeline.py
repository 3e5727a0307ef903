"""**Pipeline board.** Use it for logs, queues and what reads them: partitions, each group's place and lag, what is in hand, tries,
dead letters, and how far a read model has come. Here an event that can't be handled is tried three times, while those behind it wait."""

from dslab.events.bus import Group, Log
from dslab.run import Recorder
from dslab.show import play

recorder = Recorder("payments", "ledger",
                    title="A poison event holds up its partition until put aside")
log = Log("payments", partitions=2, recorder=recorder)
group = Group(log, "ledger", members=("1", "2"), recorder=recorder)
for key, event in (("ann", "+10"), ("bob", "+5"), ("ann", "oops"),
                   ("ann", "+1"), ("eve", "+7"), ("bob", "-2")):
    log.publish(key, event)
while delivery := group.poll("1") or group.poll("2"):
    (group.retry if delivery.event == "oops" else group.commit)(delivery)
play(recorder, "pipeline", at=17)
