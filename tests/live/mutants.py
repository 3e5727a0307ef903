"""Faulty nodes that `serve` and `stdio` can run by name."""

from dslab.protocols.raft import Raft


class ForgetsItsLog(Raft):
    durable = "current_term", "voted_for"


class Falls(Raft):
    """Raises for one kind of request."""

    def on_Request(self, client, m):
        self.log += ("half done",)
        if m.f == "fall":
            raise RuntimeError("I fell")
        self.log = self.log[:-1]
        super().on_Request(client, m)
