"""**Frontier plot.** Runs as points between two figures, and which of them no other beats. Use it where every choice costs something:
latency against staleness, availability against messages. The reader chooses the axes, and sets limits to see what is left. Here one node
is cut off halfway: of four protocols only the one whose reads may be old writes faster than Raft."""

from dslab.check import figures
from dslab.scenario import Scenario
from dslab.show import Figure, frontier


def run(protocol, nodes):
    trouble = {"seed": 1, "clients": 4, "workload": ["x"], "delay": [1, 4], "duration": 3000, "step": [{"at": 1500, "isolate": "n1"}]}
    return {"protocol": protocol, "nodes": nodes} | figures(Scenario(trouble | {"protocol": protocol, "nodes": nodes}).run().cluster)


runs = [run(protocol, nodes) for protocol in ("raft", "primary-backup", "quorum-register", "available-register") for nodes in (3, 5, 7)]
axes = {"write": Figure("ms"), "read": Figure("ms"), "stale": Figure("%"), "answered": Figure("%", more=True), "messages": Figure("a call", log=True)}
frontier(runs, axes, x="write", y="stale", series="protocol", title="A node is cut off: how long a write takes, and how many reads miss one")
