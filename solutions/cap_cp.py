"""03.1a A register that stays consistent: a reference answer, after ABD."""

from dslab.node import Message, Node, Reply, Request, Timer
from dslab.values import Map, Value, majority


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


class Stamp(Value):
    """A version as an object, with an order of its own."""

    counter: int = 0
    writer: str = ""

    def after(self, other):
        return (self.counter, self.writer) > (other.counter, other.writer)


class Ask(Message):
    op: tuple


class Tell(Message):
    op: tuple
    stamp: Stamp
    value: object


class Keep(Message):
    op: tuple
    stamp: Stamp
    value: object


class Kept(Message):
    op: tuple


class Impatience(Timer):
    pass


class Job(Value):
    client: str
    request: Request
    told: Map = Map()
    keep: object = None
    kept: frozenset = frozenset()


class Patient(Node):
    """Counts itself without a message, repeats what is not answered, and gives up in phase 1."""

    stamp: Stamp = Stamp()
    value: object = None
    boots: int = 0
    highest: int = 0
    durable = "stamp", "value", "boots", "highest"

    jobs: Map = Map()
    rounds: int = 0

    def on_start(self):
        self.boots += 1

    def quorum(self):
        return (len(self.peers) + 1) // 2

    def on_Request(self, client, m):
        op = (self.id, self.boots, client, m.id)
        if op not in self.jobs:
            self.jobs |= {op: Job(client, m)}
            self.set_timer(Impatience(), 40)
            self.broadcast(Ask(op))

    def on_Ask(self, other, m):
        self.send(other, Tell(m.op, self.stamp, self.value))

    def on_Tell(self, other, m):
        job = self.jobs.get(m.op)
        if job is None or job.keep is not None:
            return
        job = Job(job.client, job.request, job.told | {other: (m.stamp, m.value)})
        if len(job.told) >= self.quorum():
            stamp, value = self.stamp, self.value
            for theirs, found in job.told.values():
                if theirs.after(stamp):
                    stamp, value = theirs, found
            if job.request.f == "write":
                self.highest = max(self.highest, stamp.counter) + 1
                stamp, value = Stamp(self.highest, self.id), job.request.value
            self.keep(stamp, value)
            job = Job(job.client, job.request, job.told, Keep(m.op, stamp, value))
            self.broadcast(job.keep)
        self.jobs |= {m.op: job}

    def on_Keep(self, other, m):
        self.keep(m.stamp, m.value)
        self.send(other, Kept(m.op))

    def keep(self, stamp, value):
        if stamp.after(self.stamp):
            self.stamp, self.value = stamp, value

    def on_Kept(self, other, m):
        job = self.jobs.get(m.op)
        if job is None or job.keep is None:
            return
        job = Job(job.client, job.request, job.told, job.keep, job.kept | {other})
        self.jobs |= {m.op: job}
        if len(job.kept) >= self.quorum():
            self.jobs = self.jobs.without(m.op)
            answer = job.keep.value if job.request.f == "read" else None
            self.send(job.client, Reply(job.request.id, answer))

    def on_Impatience(self):
        self.rounds += 1
        for op, job in self.jobs.items():
            if job.keep is not None:
                self.broadcast(job.keep)
            elif self.rounds % 4:
                self.broadcast(Ask(op))
            else:
                self.jobs = self.jobs.without(op)
                self.send(job.client, Reply(job.request.id, error="unavailable"))
        if self.jobs:
            self.set_timer(Impatience(), 40)


others = {"patient": Patient}
