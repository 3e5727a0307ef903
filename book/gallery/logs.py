"""**Log matrix.** Use it where replicas agree on a log: who has which entry of which term, what is committed, and which entry is about to
be overwritten. The leader of a minority took two writes; drag the slider to the end and see where they go."""

from dslab.protocols.raft import Raft
from dslab.show import play
from dslab.sim import Cluster

raft = Cluster(Raft, 5, seed=7, clients=2, title="The minority's entries")
raft.run(until=raft.client("c1").write("x", 1)).partition("n1 n2 c1", "n3 n4 n5 c2")
raft.run(360).run(until=raft.client("c1").write("x", 2, to="n1", timeout=100))
raft.run(until=raft.client("c2").write("x", 3))
raft.run(until=raft.client("c2").write("x", 4)).heal()
raft.run(150)
play(raft, "logs", "space-time", at=620)
