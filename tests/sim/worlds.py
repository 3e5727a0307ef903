"""Small nodes that show what the simulator does, and nothing else."""

from dslab.node import Message, Node, Reply, Timer


class Note(Message):
    number: int


class Burst(Timer):
    pass


class Sender(Node):
    """n1 sends `count` numbered notes to each peer after 1 ms; everybody keeps what arrives, in the
    order of arrival.
    """

    count = 1
    got: tuple = ()
    boots: int = 0
    durable = ("boots",)

    def on_start(self):
        self.boots += 1
        if self.id == "n1":
            self.set_timer(Burst(), 1)

    def on_Burst(self):
        for number in range(self.count):
            self.broadcast(Note(number))

    def on_Note(self, sender, m):
        self.got += (m.number,)


class Many(Sender):
    count = 2000


class Beat(Timer):
    pass


class Ticker(Node):
    """Counts its own beats, 10 ms apart; the count is durable, `since_boot` is not."""

    beats: int = 0
    since_boot: int = 0
    durable = ("beats",)

    def on_start(self):
        self.set_timer(Beat(), 10)

    def on_Beat(self):
        self.beats += 1
        self.since_boot += 1
        self.set_timer(Beat(), 10)

    def on_Note(self, sender, m):
        self.beats += 100


class Desk(Node):
    """Answers each request in the way that its function names."""

    asked: int = 0
    keep: object = None

    def on_Request(self, client, m):
        self.asked += 1
        match m.f:
            case "read":
                self.send(client, Reply(m.id, self.keep))
            case "write":
                self.keep = m.value
                self.send(client, Reply(m.id))
            case "refuse":
                self.send(client, Reply(m.id, error=m.value or "no"))
            case "elsewhere":
                known = m.value if m.value != self.id else None
                self.send(
                    client,
                    Reply(m.id, value=self.id)
                    if self.id == "n3"
                    else Reply(m.id, error="not-leader", leader=known),
                )
            case "twice":
                self.send(client, Reply(m.id, 1))
                self.send(client, Reply(m.id, 2))
            case "late":
                self.set_timer(Late(client, m.id), 100)

    def on_Late(self):
        pass


class Late(Timer):
    client: str
    id: int
