"""03.1b The same register, always available: a reference answer."""

from dslab.node import Message, Node, Reply, Timer
from dslab.values import Map


class Spread(Timer):
    pass


class Mine(Message):
    version: tuple
    value: object


class MyAP(Node):
    """Answer at once, tell the others every 50 ms, and let the greatest version win."""

    version: tuple = (0, "")
    value: object = None
    durable = "version", "value"

    def on_start(self):
        self.set_timer(Spread(), 50)

    def on_Request(self, client, m):
        if m.f == "write":
            self.version, self.value = (self.version[0] + 1, self.id), m.value
        self.send(client, Reply(m.id, self.value if m.f == "read" else None))

    def on_Spread(self):
        self.broadcast(Mine(self.version, self.value))
        self.set_timer(Spread(), 50)

    def on_Mine(self, sender, m):
        if m.version > self.version:
            self.version, self.value = m.version, m.value


answer = MyAP


class Copies(Message):
    by_writer: Map


class Push(Timer):
    pass


class EachWriterItsOwn(Node):
    """Keeps the last write of every node, with a Lamport time, and pushes all of it."""

    by_writer: Map = Map()
    durable = ("by_writer",)

    def on_start(self):
        self.set_timer(Push(), 30, 60)

    def last(self):
        return max(((time, node, value) for node, (time, value) in self.by_writer.items()),
                   key=lambda each: each[:2], default=(0, "", None))  # fmt: skip

    def on_Request(self, client, m):
        if m.f == "read":
            self.send(client, Reply(m.id, self.last()[2]))
        elif m.f == "write":
            self.by_writer |= {self.id: (self.last()[0] + 1, m.value)}
            self.broadcast(Copies(self.by_writer))
            self.send(client, Reply(m.id))
        else:
            self.send(client, Reply(m.id, error="not-supported"))

    def on_Push(self):
        for peer in self.peers:
            self.send(peer, Copies(self.by_writer))
        self.set_timer(Push(), 30, 60)

    def on_Copies(self, sender, m):
        for node, (time, value) in m.by_writer.items():
            if time > self.by_writer.get(node, (0, None))[0]:
                self.by_writer |= {node: (time, value)}


others = {"each writer its own": EachWriterItsOwn}
