"""**Frontier plot.** Runs as points between two figures, and which of them no other beats. Use it where every choice costs something:
latency against staleness, availability against messages. The reader chooses the axes, and sets limits to see what is left. Here one node
is cut off halfway: of four protocols only the one whose reads may be old writes faster than Raft."""

from dslab.check import figures
from dslab.scenario import Scenario
from dslab.show import Figure, frontier


def run(protocol, nodes):
    design = {"protocol": protocol, "nodes": nodes}
    trouble = {"seed": 1, "clients": 4, "workload": ["x"], "delay": [1, 4],
               "duration": 3000, "step": [{"at": 1500, "isolate": "n1"}]}
    return design | figures(Scenario(design | trouble).run())


kinds = "raft", "primary-backup", "quorum-register", "available-register"
axes = {"write": Figure("ms"), "read": Figure("ms"), "stale": Figure("%"),
        "answered": Figure("%", more=True), "messages": Figure("a call", log=True)}
frontier([run(kind, nodes) for kind in kinds for nodes in (3, 5, 7)], axes,
         x="write", y="stale", series="protocol", title="A node is cut off")
