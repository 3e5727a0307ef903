"""**Space-time diagram.** Use it to show the order of things: which message caused which step, what was lost, what came too late.
Here a backup is cut off from its primary, which sends the write again every 50 ms: see what the client's call waits for."""

from dslab.protocols.primary_backup import PrimaryBackup
from dslab.show import play
from dslab.sim import Cluster

cluster = Cluster(PrimaryBackup, 3, seed=4, title="A backup misses a write")
cluster.cut("n1", "n3")
cluster.client().write("x", 1)
cluster.run(130)
cluster.heal()
play(cluster.run(80), "space-time", "fields")
