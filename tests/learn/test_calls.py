"""Exercises whose clients call: each known bug is told with a short run, which replays, and right
answers of any style lose nothing.
"""

from statistics import median

import pytest

from dslab.learn import replay
from dslab.learn.calling import Calling
from dslab.learn.grading import grade
from dslab.learn.moves import Plan, explored
from dslab.learn.remembered import remembered
from dslab.learn.scenes import Scene
from dslab.node import Message, Node, Reply, Request, Timer
from dslab.values import Map, Value
from tests.learn.material import EXERCISES, solution

CP, AP, CASH = "cap-cp", "cap-ap", "at-most-once"
#: (exercise, what is wrong, the property that tells it, what the answer has, what stands there).
BUGS = [
    (
        CP,
        "no write-back",
        "agrees",
        "                version, value = (self.counter, self.id), new\n",
        "                version, value = (self.counter, self.id), new\n"
        "            else:\n"
        "                self.calls = self.calls.without(m.call)\n"
        "                return self.send(client, Reply(id, value))\n",
    ),
    (CP, "no tie-break", "agrees", "(self.counter, self.id), new", "(self.counter, ''), new"),
    (
        CP,
        "greatest value wins",
        "agrees",
        "m.version > self.version",
        "m.version[0] and (self.value is None or m.value > self.value)",
    ),
    (
        CP,
        "acknowledged before it is stored",
        "agrees",
        '            self.calls |= {m.call: (client, id, "stored"',
        '            if f == "write":\n                self.send(client, Reply(id))\n'
        '            self.calls |= {m.call: (client, id, "stored"',
    ),
    (CP, "the node's own old value", "agrees", 'value if f == "read"', 'self.value if f == "read"'),
    (CP, "half of four", "agrees", "majority(len(self.peers) + 1)", "(len(self.peers) + 2) // 2"),
    (CP, "an answer counts twice", "agrees", "found |= {node:", "found |= {len(found):"),
    (CP, "stored twice at one node", "agrees", "done |= {node:", "done |= {len(done):"),
    (CP, "a late copy wins", "agrees", "m.version > self.version", "m.version != self.version"),
    (
        CP,
        "one version for two writes of a node",
        "agrees",
        "max(self.counter, version[0]) + 1",
        "version[0] + 1",
    ),
    (CP, "0 is nothing", "agrees", 'value if f == "read"', 'value or None if f == "read"'),
    (CP, "versions are forgotten", "keeps", '"version", "value", "c', '"value", "c'),
    (CP, "values are forgotten", "keeps", '"version", "value", "c', '"version", "c'),
    (CP, "calls are numbered anew", "keeps", ', "counter"\n', "\n"),
    (
        CP,
        "answers from its own copy",
        "refuses",
        "        self.counter += 1\n",
        '        if m.f == "read":\n            return self.send(client, Reply(m.id, self.value))\n'
        "        self.counter += 1\n",
    ),
    (CP, "waits for all", "serves", "majority(len(self.peers) + 1)", "len(self.peers) + 2"),
    (
        CP,
        "the last ten calls alone",
        "serves",
        "        for node in self.peers + (self.id,):\n            self.send(node, Get(",
        "        self.calls = self.calls.without(self.counter - 10)\n"
        "        for node in self.peers + (self.id,):\n            self.send(node, Get(",
    ),
    (
        AP,
        "lowest version wins",
        "converges",
        "m.version > self",
        "m.version[0] and m.version < self",
    ),
    (
        AP,
        "spreads once",
        "converges",
        "self.value))\n        self.set_timer(Spread(), 50)\n",
        "self.value))\n",
    ),
    (AP, "each write begins anew", "converges", "self.version[0] + 1", "1"),
    (
        AP,
        "greatest value wins",
        "converges",
        "m.version > self.version",
        "m.version[0] and (self.value is None or m.value > self.value)",
    ),
    (AP, "no tie-break", "converges", "self.version[0] + 1, self.id", "self.version[0] + 1, ''"),
    (
        AP,
        "a value without its version",
        "converges",
        "self.version, self.value = m.version, m.value",
        "self.value = m.value",
    ),
    (AP, "versions are forgotten", "keeps", '"version", "value"\n', '("value",)\n'),
    (AP, "values are forgotten", "keeps", '"version", "value"\n', '("version",)\n'),
    (
        AP,
        "asks before it answers",
        "answers",
        'self.send(client, Reply(m.id, self.value if m.f == "read" else None))',
        'self.send("n2", Mine(self.version, self.value))',
    ),
    (CASH, "nothing is durable", "crash", 'durable = "total", "charged"', "durable = ()"),
    (CASH, "the memory is not durable", "crash", '"total", "charged"\n', '("total",)\n'),
    (CASH, "the total is not durable", "crash", '"total", "charged"\n', '("charged",)\n'),
    (CASH, "the last order alone", "once", "self.charged |= {m.key}", "self.charged = {m.key}"),
    (
        CASH,
        "the last two orders",
        "once",
        "self.charged |= {m.key}",
        "self.charged = frozenset([*sorted(self.charged)[-1:], m.key])",
    ),
    (
        CASH,
        "the amount is answered",
        "charges",
        "Reply(m.id, self.total)",
        'Reply(m.id, m.value if m.f == "charge" else self.total)',
    ),
    (CASH, "orders by their price", "apart", "m.key", "m.value"),
    (CASH, "orders by their request", "once", "m.key", "m.id"),
]
CLASSES = {CP: "MyCP", AP: "MyAP", CASH: "MyCashier"}
steps_of = {}


@pytest.mark.parametrize(
    "name, bug, property, there, instead",
    [
        pytest.param(
            *bug, id=f"{bug[0]}: {bug[1]}", marks=pytest.mark.chapter(EXERCISES.chapter(bug[0]))
        )
        for bug in BUGS
    ],
)
def test_a_known_bug_is_told_with_a_run_that_replays(name, bug, property, there, instead):
    source = solution(name).source
    assert there in source
    space = {"__name__": "answer"}
    exec(compile(source.replace(there, instead), "<cell 1>", "exec"), space)
    kind = space[CLASSES[name]]
    report = grade(EXERCISES[name], kind, only=[property])
    verdict = report.results[0].verdict
    assert not verdict.holds, report
    assert verdict.replay.startswith(f'replay("{name}", {kind.__name__}, ['), report
    trace = eval(verdict.replay, {"replay": replay} | space)
    assert tuple(trace.sentences()) == verdict.reasons
    assert verdict.sentence.rstrip(".") in trace.sentences()[-1]
    assert "process" not in repr(report)
    steps_of.setdefault(name, []).append(len(eval(verdict.replay[verdict.replay.index("[") : -1])))


def test_half_of_the_runs_have_at_most_twelve_steps():
    for name, steps in steps_of.items():
        assert median(steps) <= 12 and max(steps) <= 25, (name, sorted(steps))


def test_a_run_that_goes_wrong_without_its_crash_is_not_the_crash_s():
    source = solution(CP).source.replace("m.version > self.version", "m.version < self.version")
    space = {"__name__": "answer"}
    exec(compile(source, "<cell 1>", "exec"), space)
    told = repr(grade(EXERCISES[CP], space["MyCP"], only=["keeps"]))
    assert "Without a crash the same steps go wrong too, so this was never put to the test" in told


def test_a_scene_and_its_trace_are_one_run():
    kind = remembered(solution(CP).answer)
    names = ("n1", "n2", "n3")
    scene = Scene(kind, names, "x")
    plan = Plan(names, lambda scene: [busy], (), 1, 2)
    assert list(explored(scene, plan, {}, {"scenes": 0, "calls served": 0})) == []
    busy(scene)
    calling = Calling(kind, names, "x").start()
    assert all(calling.perform(step) for step in scene.steps)
    assert {name: node.at for name, node in calling.nodes.items()} == scene.nodes
    answered = [op for op in calling.trace.history().operations if op.outcome == "ok"]
    assert len(answered) == len(scene.answers) == 2 and str(answered[1]) == "c3 read x → 5"


def busy(scene):
    scene.perform(("write", "n1", 5))
    scene.ask("n1", "n2", again=True).ask("n1", "n2")
    scene.bounce("n2")
    scene.perform(("read", "n3"))
    scene.settle(*scene.names)
    scene.perform(("duplicate", "n1", "n2", "Put"))
    scene.perform(("drop", "n1", "n3"))


class Secretary(Node):
    """Keeps the answer to each order, and gives it again."""

    total: int = 0
    answers: Map = Map()
    durable = "answers", "total"

    def on_Request(self, client, m):
        if m.f == "read":
            self.send(client, Reply(m.id, self.total))
            return
        if m.key not in self.answers:
            self.total += m.value
            self.answers |= {m.key: self.total}
        self.send(client, Reply(m.id, self.answers[m.key]))


def test_the_total_as_it_was_answers_an_order_again():
    assert grade(EXERCISES[CASH], Secretary).done


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


@pytest.mark.chapter("cap")
def test_a_version_may_be_an_object_and_a_node_may_count_itself():
    assert grade(EXERCISES[CP], Patient).done


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


@pytest.mark.chapter("cap")
def test_each_writer_s_last_write_is_as_good_as_one_version():
    assert grade(EXERCISES[AP], EachWriterItsOwn).done
