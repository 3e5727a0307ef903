"""03.1b The same register, always available: a reference answer."""

from dslab.node import Message, Node, Reply, Timer


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
