"""**Design board.** Requirements against choices, with figures from a run of every combination. Use it at the end of a part: the
reader decides, sees what the decision costs and what no decision can give, and writes down why."""

from dslab.check import figures
from dslab.scenario import Scenario
from dslab.show import Requirement, design_board


def run(kind, nodes, delay):
    shop = {"protocol": kind, "nodes": nodes, "delay": delay, "workload": ["cart"],
            "clients": 4, "duration": 3000, "step": [{"at": 1500, "isolate": "n1"}]}
    return figures(Scenario(shop).run())


wanted = [Requirement("A write answers within 8 ms", "write", at_most=8, unit="ms"),
          Requirement("No read is stale", "stale", at_most=0, unit="%"),
          Requirement("95 in 100 are answered", "answered", at_least=95, unit="%")]
choices = {"protocol": ("primary-backup", "raft", "available-register"),
           "nodes": (3, 5), "network": {"one room": [1, 4], "far apart": [10, 40]}}
design_board("shop-cart", wanted, choices, run, title="A cart, and a node cut off")
