"""What must happen when nothing goes wrong any more: somebody leads, the others wait, and whoever
is asked answers.

A timeout may let the first time pass ("somebody spoke since I set it"), and what a server does is
told by what it sends.
"""

from dslab.chapters.raft_election.schedules import THREE, fire
from dslab.learn.exercise import Broken
from dslab.node import Node
from dslab.protocols.raft import Appended, AppendEntries, RequestVote, Vote
from dslab.sim import Cluster

__all__ = [
    "Healing",
    "answers",
    "follows",
    "heals",
    "leader_beats",
    "somebody_leads",
    "timeouts_are_drawn",
    "waits_after",
]


def somebody_leads(count):
    """So many elections are won."""

    def expect(stepper, watcher):
        if not watcher.timeouts:
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


def sent(stepper, name, kind, since=0):
    """What a node has sent of a class, from an event's number on: (receiver, message) pairs."""
    return [
        (record[3], record[5])
        for record in stepper.trace.records[since:]
        if record[1:3] == ("send", name) and isinstance(record[5], kind)
    ]


def leader_beats(stepper, watcher):
    """Whoever won has told everybody at once, and does so again each time its timer runs out."""
    if not watcher.leaders:
        return somebody_leads(1)(stepper, watcher)
    leader = watcher.leaders[max(watcher.leaders)]
    others = [name for name in stepper.names if name != leader]
    told = dict(sent(stepper, leader, AppendEntries))
    if silent := ", ".join(name for name in others if name not in told):
        return (
            f"{leader} won, and sends no AppendEntries to {silent}.",
            "a heartbeat to every peer at once",
            f"none to {silent}",
        )
    for message in told.values():
        if wrong := not_its_log(stepper.nodes[leader], message):
            return f"{leader} sends {message!r}, but {wrong}.", "what its log says", repr(message)
    for _ in range(2):
        since, timers = len(stepper.trace.records), list(stepper.timers[leader])
        if not timers:
            return (
                f"{leader} leads, but has no Heartbeat timer pending: it will fall silent.",
                "set_timer(Heartbeat(), …)",
                "no timer",
            )
        timers.sort(key=lambda kind: kind == watcher.alarm)  # A leader may look at its own time.
        for kind in timers:
            stepper.perform(("fire", leader, kind))
            told = dict(sent(stepper, leader, AppendEntries, since))
            if not told.keys() ^ set(others):
                break
        else:
            silent = ", ".join(name for name in others if name not in told)
            return (
                f"{leader}'s {timers[0]} ran out, and it sent no AppendEntries to {silent}.",
                "a heartbeat to every peer",
                f"none to {silent}",
            )
    return None


def not_its_log(leader, heartbeat):
    """What an AppendEntries says that isn't in the leader's log, in words."""
    log, index = vars(leader).get("log", ()), heartbeat.prev_log_index
    terms = [0, *(entry.term for entry in log)]
    if index not in range(len(terms)) or terms[index] != heartbeat.prev_log_term:
        return "its log has no such entry before it"
    if heartbeat.leader_commit not in range(len(log) + 1):
        return "its log is shorter than what it calls committed"
    entries = heartbeat.entries
    if not isinstance(entries, tuple) or entries != log[index : index + len(entries)]:
        return "these are no entries of its log, and none would be ()"
    return ""


def waits_after(name, kind, what):
    """The node has put its next election off in the last step in which it got a `kind`: with a new
    timer, or by letting the old one pass.
    """

    def expect(stepper, watcher):
        records = stepper.trace.records
        got = [
            number
            for number, record in enumerate(records)
            if record[1:3] == ("deliver", name) and isinstance(records[record[4]][5], kind)
        ]
        if not got:
            return somebody_leads(1)(stepper, watcher) or (
                f"{name} got no {kind.__name__}.",
                f"a {kind.__name__}",
                "none",
            )
        if kind is RequestVote and not any(
            vote.granted for _, vote in sent(stepper, name, Vote, got[-1])
        ):
            return (
                f"{name} did not vote for {records[got[-1]][3]}, which asked first and has an "
                "equal log.",
                "granted=True",
                "no vote",
            )
        for record in records[got[-1] + 1 :]:
            if record[1] not in ("send", "set"):
                break
            if record[1] == "set" and type(record[5][0]).__name__ == watcher.alarm:
                return None
        since = len(records)
        stepper.perform(fire(name))
        if any(record[1:3] == ("send", name) for record in records[since:]):
            return (
                f"{name} handled {what}, did not set its ElectionTimeout again, and "
                "stands when the old one runs out.",
                "set_timer(ElectionTimeout(), …)",
                "the old timer goes on",
            )
        return None

    return expect


def timeouts_are_drawn(stepper, watcher):
    """Every server that doesn't lead draws the time that it waits."""
    for name in stepper.names:
        if not any(node == name for node, *_ in watcher.timeouts):
            return never_stands(name)
    for name, low, high in sorted(watcher.timeouts):
        if not 0 < low < high:
            return (
                f"{name} sets its ElectionTimeout for {low} to {high} ms: all time out "
                "together, and split votes repeat for ever.",
                "a range, such as 150 to 300 ms",
                f"{low} to {high} ms",
            )
    return None


def answers(stepper, watcher):
    """Every request is answered by who gets it, and says by its term whether it came too late."""
    records = stepper.trace.records
    followed = set()  # Who follows a leader may take no notice of candidates (section 6).
    for number, record in enumerate(records):
        if record[1] != "deliver":
            continue
        name, sender, request = record[2], record[3], records[record[4]][5]
        reply = {RequestVote: Vote, AppendEntries: Appended}.get(type(request))
        if reply is None or sender == name or reply is Vote and name in followed:
            continue
        end = number + 1
        while end < len(records) and records[end][1] in ("send", "set"):
            end += 1
        found = [each[5] for each in records[number:end] if each[1] == "send" and each[3] == sender]
        found = [each for each in found if isinstance(each, reply)]
        if not found:
            return (
                f"{name} got {request!r} from {sender}, and does not answer it.",
                f"{reply.__name__}(…)",
                "no answer",
            )
        if reply is Appended:
            followed.add(name)
            late, log = request.term < found[0].term, vars(stepper.nodes[name]).get("log", ())
            if found[0].success and late or not (found[0].success or late or log):
                return (
                    f"{name} answers {request!r} with {found[0]!r}.",
                    f"success={not late}",
                    f"success={found[0].success}",
                )
            if found[0].match_index not in range(len(log) + 1):
                return (
                    f"{name} answers with {found[0]!r}, and its log has {len(log)} entries.",
                    f"match_index={len(log)} at most",
                    f"match_index={found[0].match_index}",
                )
    return None


def follows(stepper, watcher):
    """At the end one server leads at most; the others are silent, and will stand one day."""
    leader = watcher.leaders.get(max(watcher.leaders, default=0))
    for name in stepper.names:
        if stepper.nodes[name] is None:
            continue
        if watcher.leaders.get(watcher.spoken.get(name)) != name:
            if watcher.alarm not in stepper.timers[name]:
                return (
                    f"{name} does not lead, and has no ElectionTimeout pending: it will never "
                    "stand again.",
                    "set_timer(ElectionTimeout(), …)",
                    "no timer",
                )
            timers = [kind for kind in stepper.timers[name] if kind != watcher.alarm]
        elif name == leader:
            timers = [kind for kind in stepper.timers[name] if kind == watcher.alarm]
        else:
            continue  # It has heard of no later one.
        since = len(stepper.trace.records)
        for kind in timers:
            stepper.perform(("fire", name, kind))
        what = RequestVote if name == leader else AppendEntries
        if messages := sent(stepper, name, what, since):
            leads = "leads" if name == leader else "does not lead"
            return (
                f"{name} {leads}, and its {' and '.join(timers)} still runs out: it sends "
                f"{messages[0][1]!r}.",
                f"cancel_timer({timers[0]})",
                "the timer goes on",
            )
    return None


class Healing:
    """Three nodes in the simulator, through a cut and a crash. After each there must be one leader,
    and no more elections.
    """

    def __init__(self, submission, seed):
        self.seed = seed
        self.cluster = Cluster(
            submission,
            THREE,
            seed=seed,
            delay=(1, 10),
            clients=0,
            strict=issubclass(submission, Node),
            title=f"{submission.__name__}: a cut, a crash, and what comes after, seed {seed}",
        )
        waits = [
            record[5][1] - record[0] for record in self.cluster.trace.records if record[1] == "set"
        ]
        # Time for several elections, whatever the timeouts are.
        self.patience = min(max(waits, default=0) / 1000 * 8, 20_000)

    def run(self):
        """Raises Broken where the nodes don't come to rest."""
        cluster = self.cluster
        leader = self.rest("the start", THREE)
        others = [name for name in THREE if name != leader]
        cluster.partition((leader,), others)
        self.rest(f"{leader} was cut off", others)
        cluster.heal()
        leader = self.rest("the cut was healed", THREE)
        cluster.crash(leader)
        self.rest(f"{leader} crashed", [name for name in THREE if name != leader])
        cluster.restart(leader)
        self.rest(f"{leader} came back", THREE)

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
