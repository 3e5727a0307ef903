"""03.1a A register that stays consistent: a reference answer, after ABD."""

from dslab.node import Message, Node, Reply
from dslab.values import Map, majority


class Get(Message):
    call: int


class Got(Message):
    call: int
    version: tuple
    value: object


class Put(Message):
    call: int
    version: tuple
    value: object


class Done(Message):
    call: int


class MyCP(Node):
    """ABD: ask a majority, then have a majority store what was found or is new."""

    version: tuple = (0, "")
    value: object = None
    counter: int = 0
    durable = "version", "value", "counter"
    calls: Map = Map()

    def on_Request(self, client, m):
        self.counter += 1
        self.calls |= {self.counter: (client, m.id, m.f, m.value, Map())}
        for node in self.peers + (self.id,):
            self.send(node, Get(self.counter))

    def on_Get(self, asker, m):
        self.send(asker, Got(m.call, self.version, self.value))

    def on_Got(self, node, m):
        client, id, f, new, found = self.calls.get(m.call, (None, None, "stored", None, Map()))
        if f == "stored":
            return
        found |= {node: (m.version, m.value)}
        self.calls |= {m.call: (client, id, f, new, found)}
        if len(found) >= majority(len(self.peers) + 1):
            version, value = max(found.values(), key=lambda pair: pair[0])
            if f == "write":
                self.counter = max(self.counter, version[0]) + 1
                version, value = (self.counter, self.id), new
            self.calls |= {m.call: (client, id, "stored", value if f == "read" else None, Map())}
            for node in self.peers + (self.id,):
                self.send(node, Put(m.call, version, value))

    def on_Put(self, asker, m):
        if m.version > self.version:
            self.version, self.value = m.version, m.value
        self.send(asker, Done(m.call))

    def on_Done(self, node, m):
        if m.call in self.calls:
            client, id, f, answer, done = self.calls[m.call]
            done |= {node: True}
            self.calls |= {m.call: (client, id, f, answer, done)}
            if len(done) >= majority(len(self.peers) + 1):
                self.calls = self.calls.without(m.call)
                self.send(client, Reply(id, answer))


answer = MyCP
