"""What must happen when nothing goes wrong any more: somebody leads, and the others wait.

Timers run out twice where a correct answer may let the first time pass: "somebody spoke since I set
it".
"""

from dslab.chapters.raft_election.schedules import FIVE, fire
from dslab.learn.exercise import Broken
from dslab.node import Node
from dslab.protocols.raft import AppendEntries, ElectionTimeout, RequestVote
from dslab.sim import Cluster

__all__ = [
    "Healing",
    "heals",
    "leader_beats",
    "somebody_leads",
    "timeouts_are_drawn",
    "voted_for",
    "waits_after",
]


def somebody_leads(count):
    def expect(stepper, watcher):
        if not watcher.ranges:
            return never_stands(stepper.names[0])
        if len(watcher.leaders) < count:
            return (
                "Messages all arrived, and nobody won the election: no AppendEntries of "
                "a new term was sent.",
                "a leader that sends AppendEntries",
                "nobody leads"
                if not watcher.leaders
                else f"{len(watcher.leaders)} of {count} elections were won",
            )
        return None

    return expect


def never_stands(name):
    return (
        f"{name} has started, and has no ElectionTimeout pending: it will never stand for "
        "election.",
        "set_timer(ElectionTimeout(), low, high)",
        "no timer",
    )


def leader_beats(stepper, watcher):
    if not watcher.leaders:
        return somebody_leads(1)(stepper, watcher)
    leader = watcher.leaders[max(watcher.leaders)]
    told = {
        record[3]
        for record in stepper.trace.records
        if record[1:3] == ("send", leader) and isinstance(record[5], AppendEntries)
    }
    silent = ", ".join(name for name in stepper.names if name != leader and name not in told)
    if silent:
        return (
            f"{leader} won, and sends no AppendEntries to {silent}.",
            "a heartbeat to every peer at once",
            f"none to {silent}",
        )
    if "Heartbeat" not in stepper.timers[leader]:
        return (
            f"{leader} leads, but has no Heartbeat timer pending: it will fall silent.",
            "set_timer(Heartbeat(), …)",
            "no timer",
        )
    before = len(stepper.trace.records)
    stepper.perform(("fire", leader, "Heartbeat"))
    if not any(
        record[1] == "send" and isinstance(record[5], AppendEntries)
        for record in stepper.trace.records[before:]
    ):
        return (
            f"{leader}'s Heartbeat ran out, and it sent no AppendEntries.",
            "a heartbeat to every peer",
            "nothing",
        )
    if "Heartbeat" not in stepper.timers[leader]:
        return (
            f"{leader}'s Heartbeat ran out, and it did not set it again.",
            "set_timer(Heartbeat(), …)",
            "no timer",
        )
    return None


def voted_for(voter, candidate, watcher):
    if candidate not in [name for (node, _), name in watcher.votes.items() if node == voter]:
        return (
            f"{voter} did not vote for {candidate}, which asked first and has an equal log.",
            "granted=True",
            "no vote",
        )
    return None


def waits_after(what):
    """Whether the node of the last step has put its next election off: with a new timer, or by
    ignoring the old one.
    """

    def expect(stepper, watcher):
        number, deliver = max(
            (number, record)
            for number, record in enumerate(stepper.trace.records)
            if record[1] == "deliver"
        )
        name = deliver[2]
        effects = stepper.trace.records[number + 1 :]
        if any(
            record[1] == "set" and isinstance(record[5][0], ElectionTimeout) for record in effects
        ):
            return None
        stepper.perform(fire(name))
        if any(
            record[1] == "send" and isinstance(record[5], RequestVote)
            for record in stepper.trace.records[number + 1 :]
        ):
            return (
                f"{name} handled {what}, did not set its ElectionTimeout again, and "
                "stands when the old one runs out.",
                "set_timer(ElectionTimeout(), …)",
                "the old timer goes on",
            )
        return None

    return expect


def timeouts_are_drawn(stepper, watcher):
    for name in stepper.names:
        if not any(node == name for node, *_ in watcher.ranges):
            return never_stands(name)
    for name, low, high in watcher.ranges:
        if not 0 < low < high:
            return (
                f"{name} sets its ElectionTimeout for {low} to {high} ms: all time out "
                "together, and split votes repeat for ever.",
                "a range, such as 150 to 300 ms",
                f"{low} to {high} ms",
            )
    return None


class Healing:
    """Five nodes in the simulator, through a cut and a crash. After each there must be one leader,
    and no more elections.
    """

    def __init__(self, submission, seed):
        self.seed = seed
        self.cluster = Cluster(
            submission,
            FIVE,
            seed=seed,
            delay=(1, 10),
            clients=0,
            strict=issubclass(submission, Node),
            title=f"{submission.__name__}: a cut, a crash, and what comes after, seed {seed}",
        )
        waits = [
            record[5][1] - record[0]
            for record in self.cluster.trace.records
            if record[1] == "set" and isinstance(record[5][0], ElectionTimeout)
        ]
        # Time for several elections, whatever the timeouts are.
        self.patience = min(max(waits, default=0) / 1000 * 8, 20_000)

    def run(self):
        """Raises Broken where the nodes don't come to rest."""
        cluster = self.cluster
        leader = self.rest("the start", FIVE)
        friend, *others = [name for name in FIVE if name != leader]
        cluster.partition((leader, friend), others)
        self.rest(f"{leader} and {friend} were cut off", others)
        cluster.heal()
        leader = self.rest("the cut was healed", FIVE)
        cluster.crash(leader)
        self.rest(f"{leader} crashed", [name for name in FIVE if name != leader])
        cluster.restart(leader)
        self.rest(f"{leader} came back", FIVE)

    def rest(self, what, names) -> str:
        """Wait; in the last third of the time: who of `names` leads, and does anybody stand?"""
        self.cluster.run(self.patience * 2 / 3)
        before = len(self.cluster.trace)
        self.cluster.run(self.patience / 3)
        sends = [
            record
            for record in self.cluster.trace.records[before:]
            if record[1] == "send" and record[2] in names
        ]
        leaders = sorted({record[2] for record in sends if isinstance(record[5], AppendEntries)})
        standing = sorted({record[2] for record in sends if isinstance(record[5], RequestVote)})
        if len(leaders) == 1 and not standing:
            return leaders[0]
        seen = " and ".join(
            [f"{', '.join(leaders) or 'nobody'} sends heartbeats"]
            + [f"{name} stands for election" for name in standing]
        )
        raise Broken(
            f"{self.patience:,.0f} ms after {what}, {', '.join(names)} have not come to "
            f"rest: {seen}.",
            expected="one leader among them, and no more elections",
            got=seen,
            trace=self.cluster.trace,
            steps=[("healing", self.seed)],
        )


def heals(submission):
    for seed in range(2):
        Healing(submission, seed).run()
