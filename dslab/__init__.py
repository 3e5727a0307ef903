"""dslab: distributed systems you can break."""
