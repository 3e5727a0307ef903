"""**Design board.** Requirements against choices, with figures from a run of every combination. Use it at the end of a part: the
reader decides, sees what the decision costs and what no decision can give, and writes down why."""

from dslab.check import figures
from dslab.scenario import Scenario
from dslab.show import Requirement, design_board


def run(protocol, nodes, delay):
    design = {"protocol": protocol, "nodes": nodes, "delay": delay}
    shop = {"seed": 1, "clients": 4, "workload": ["cart"], "duration": 3000,
            "step": [{"at": 1500, "isolate": "n1"}]}
    return figures(Scenario(design | shop).run())


wanted = [
    Requirement("A write answers within 8 ms", "write", at_most=8, unit="ms"),
    Requirement("No read misses an answered write", "stale", at_most=0, unit="%"),
    Requirement("95 of 100 calls are answered", "answered", at_least=95, unit="%"),
    Requirement("At most ten messages a call", "messages", at_most=10)]
choices = {
    "protocol": ("primary-backup", "quorum-register", "raft", "available-register"),
    "nodes": (3, 5), "network": {"one room": [1, 4], "three cities": [10, 40]}}
design_board("shop-cart", wanted, choices, run,
             title="A cart for the shop, and a node cut off: "
                   "what will you give up?")
