"""**Design board.** Requirements against choices, with figures from a run of every combination. Use it at the end of a part: the
reader decides, sees what the decision costs and what no decision can give, and writes down why."""

from dslab.check import figures
from dslab.protocols import primary_backup, quorum_register, raft
from dslab.show import Requirement, design_board
from dslab.sim import Cluster

kinds = {"synchronous copies": primary_backup.PrimaryBackup, "a majority of copies": quorum_register.QuorumRegister,
         "a leader's log": raft.Raft, "any copy": quorum_register.AvailableRegister}
places = {"one room": (1, 4), "three cities": (10, 40)}


def run(replication, nodes, placement):
    cluster = Cluster(kinds[replication], nodes, seed=2, clients=2, delay=places[placement]).run(600)
    cluster.later(400, lambda: cluster.isolate("n1"))
    while cluster.now < 1800:
        cluster.run(until=cluster.client("c1").write("x", cluster.now, timeout=300) & cluster.client("c2").read("x", timeout=300))
    return figures(cluster)


design_board("shop-cart", [
    Requirement("A write answers within 8 ms", "write", at_most=8, unit="ms"), Requirement("No read misses a write that was answered", "stale", at_most=0, unit="%"),
    Requirement("With one node cut off, 95 of 100 calls are answered", "answered", at_least=95, unit="%"), Requirement("At most ten messages a call", "messages", at_most=10)],
    {"replication": tuple(kinds), "nodes": (3, 5), "placement": tuple(places)}, run, title="A cart for the shop: what will you give up?")
