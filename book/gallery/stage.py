"""**Cluster stage.** Use it to show who is what at one moment, and what is on its way: roles, terms, timers that run down, messages, cuts.
Here a leader is cut off with one follower: press play, and watch two leaders stand at once, in different terms, while only one can commit."""

from dslab.protocols.raft import Raft
from dslab.show import play
from dslab.sim import Cluster

cluster = Cluster(Raft, 5, seed=7, clients=1, title="A leader is cut off")
cluster.run(300)
cluster.partition("n1 n2", "n3 n4 n5")
play(cluster.run(400), "stage", at=300)
