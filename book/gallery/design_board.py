"""**Design board.** Requirements against choices, with figures from a run of every combination. Use it at the end of a part: the
reader decides, sees what the decision costs and what no decision can give, and writes down why."""

from dslab.check import figures
from dslab.scenario import Scenario
from dslab.show import Requirement, design_board


def run(replication, nodes, placement):
    shop = {"seed": 1, "clients": 4, "workload": ["cart"], "duration": 3000, "step": [{"at": 1500, "isolate": "n1"}]}
    return figures(Scenario(shop | {"protocol": replication, "nodes": nodes, "delay": placement}).run().cluster)


wanted = [Requirement("A write answers within 8 ms", "write", at_most=8, unit="ms"), Requirement("No read misses an answered write", "stale", at_most=0, unit="%"),
          Requirement("One node cut off, 95 of 100 calls are answered", "answered", at_least=95, unit="%"), Requirement("At most ten messages a call", "messages", at_most=10)]
kinds = {"synchronous copies": "primary-backup", "a majority of copies": "quorum-register", "a leader's log": "raft", "any copy": "available-register"}
design_board("shop-cart", wanted, {"replication": kinds, "nodes": (3, 5), "placement": {"one room": [1, 4], "three cities": [10, 40]}}, run,
             title="A cart for the shop: what will you give up?")
