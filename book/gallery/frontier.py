"""**Frontier plot.** Runs as points between two figures, and which of them no other beats. Use it where every choice costs something:
latency against availability, freshness against messages. The reader chooses the axes, and sets limits to see what is left."""

from dslab.check import figures
from dslab.protocols import primary_backup, quorum_register, raft
from dslab.show import Figure, frontier
from dslab.sim import Cluster


def run(kind, nodes):
    cluster = Cluster(kind, nodes, seed=3, clients=2, delay=(2, 12)).run(400)
    cluster.later(200, lambda: cluster.isolate("n1"))
    while cluster.now < 1400:
        cluster.run(until=cluster.client("c1").write("x", cluster.now, timeout=300) & cluster.client("c2").read("x", timeout=300))
    return {"protocol": kind.__name__, "nodes": nodes} | figures(cluster)


kinds = primary_backup.PrimaryBackup, primary_backup.AsyncPrimaryBackup, quorum_register.QuorumRegister, quorum_register.AvailableRegister, raft.Raft
axes = {"read": Figure("ms"), "write": Figure("ms"), "answered": Figure("%", more=True), "stale": Figure("%"), "messages": Figure("a call", log=True)}
frontier([run(kind, nodes) for kind in kinds for nodes in (3, 5)], axes, x="messages", y="read", series="protocol",
         title="Five protocols, and a node cut off: what a read takes, and in how many messages")
