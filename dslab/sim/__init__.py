"""The deterministic simulator: a cluster of nodes, its network, its faults and its clients, all
from one seed.
"""

from dslab.sim.cluster import Cluster

__all__ = ["Cluster"]
