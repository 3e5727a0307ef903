"""12.1 Write Raft's leader election.

The grader sees messages and timers, and no field but `log`, which it fills before a run: name the
others as you like. A leader is who sends AppendEntries; a vote is a Vote message with granted=True.
"""

from random import Random

from dslab.errors import DslabError
from dslab.explore.schedule import Stepper
from dslab.learn.grading import Broken, Exercise, Property, is_node, register, replays
from dslab.learn.search import Script, Search, Watcher
from dslab.machine import Command
from dslab.node import Node
from dslab.protocols.raft import AppendEntries, ElectionTimeout, Entry, RequestVote, Vote
from dslab.sim import Cluster
from dslab.values import majority

__all__ = ["ELECTIONS", "RULES", "Elections"]

THREE, FIVE = ("n1", "n2", "n3"), ("n1", "n2", "n3", "n4", "n5")

#: The rules that hold at every step, with the sections of the paper (Ongaro and Ousterhout 2014).
RULES = {
    "one-leader": "At most one leader is elected in a term (election safety, section 5.2).",
    "one-vote": "A server votes for at most one candidate in a term, "
    "also after a crash (section 5.2).",
    "majority": "A candidate leads when it has votes of its term from a "
    "majority, its own among them "
    "(section 5.2).",
    "up-to-date": "A vote goes only to a candidate whose log is at least "
    "as up-to-date (section 5.4.1).",
    "lower-term": "A request of a lower term is refused (section 5.1).",
    "higher-term": "Whoever sees a higher term takes it over, and stops "
    "to lead or stand in the lower "
    "one (section 5.1).",
    "term-durable": "The term that a server has spoken in never falls, "
    "also after a crash (figure 2).",
    "new-term": "A candidate starts its election in a new term (section 5.2).",
    "runs": "Every handler comes to its end, raises nothing and keeps the node contract.",
}


class Elections(Watcher):
    """Sees what nodes send. `progress` counts the elections that somebody won."""

    purpose = ("one-leader",)

    def __init__(self, stage, stop_at=None):
        super().__init__(stage, stop_at)
        self.leaders: dict[int, str] = {}
        self.votes: dict[tuple[str, int], str] = {}
        self.ballots: dict[tuple[str, int], set[str]] = {}
        self.ends: dict[str, tuple[int, int]] = {}
        self.asked: dict[tuple[str, int], tuple[int, int]] = {}
        self.spoken: dict[str, int] = {}
        self.seen: dict[str, int] = {}
        self.ranges: list[tuple] = []

    @property
    def progress(self) -> int:
        return len(self.leaders)

    def look(self, event):
        known = max(self.seen.get(event.node, 0), self.spoken.get(event.node, 0))
        self.look_at_log(event)
        if event.what == "start":
            self.seen.pop(
                event.node, None
            )  # What it saw and never answered may be lost in a crash.
        if event.what == "receive":
            self.seen[event.node] = max(known, getattr(event.message, "term", 0))
            if isinstance(event.message, Vote) and event.message.granted:
                self.ballots.setdefault((event.node, event.message.term), set()).add(event.sender)
        self.ranges += [
            (event.node, *timer[1:])
            for timer in event.timers.values()
            if timer and isinstance(timer[0], ElectionTimeout)
        ]
        for receiver, message in event.outbox:
            if not isinstance(getattr(message, "term", 0), int):
                raise DslabError(f"{event.node} sends {message!r}, whose term is no whole number.")
            self.spoke(event, message)
            if isinstance(message, Vote):
                self.voted(event, receiver, message, known)
            elif isinstance(message, RequestVote):
                self.stood(event, message, known)
            elif isinstance(message, AppendEntries):
                self.led(event, message)

    def look_at_log(self, event):
        """Remember where the node's log ends; only a crash may lose it, and must not."""
        log = vars(self.stage.nodes[event.node]).get("log", ())
        end = (log[-1].term, len(log)) if log else (0, 0)
        before = self.ends.get(event.node, (0, 0))
        self.ends[event.node] = end
        if event.what == "start" and end < before:
            self.breach(
                "up-to-date",
                f"{event.node} lost its log in a crash, so it can compare nothing with it.",
                f"a log that ends with term {before[0]} at index {before[1]}",
                "an empty log",
            )

    def voted(self, event, candidate, vote, known):
        if not vote.granted:
            return
        term = event.message.term if isinstance(event.message, RequestVote) else vote.term
        if term < known:
            self.breach(
                "lower-term",
                f"{event.node} had reached term {known}, and voted for {candidate}, which "
                f"asked in term {term}.",
                f"Vote(term={known}, granted=False)",
                repr(vote),
            )
        self.give(event.node, term, candidate)
        mine, theirs = (
            self.ends[event.node],
            self.asked.get((candidate, term), self.ends[candidate]),
        )
        if theirs < mine:
            self.breach(
                "up-to-date",
                f"{event.node}'s log ends with term {mine[0]} at index {mine[1]}, and it "
                f"voted for {candidate}, "
                f"whose log ends with term {theirs[0]} at index {theirs[1]}.",
                "granted=False: the candidate may lack a committed entry",
                "granted=True",
            )

    def give(self, voter, term, candidate):
        first = self.votes.setdefault((voter, term), candidate)
        if first != candidate:
            self.breach(
                "one-vote",
                f"{voter} voted for {first} and for {candidate}, both in term {term}.",
                f"one vote in term {term}",
                f"votes for {first} and {candidate}",
            )

    def stood(self, event, request, known):
        if (
            event.what == "fire"
            and isinstance(event.message, ElectionTimeout)
            and request.term <= known
        ):
            self.breach(
                "new-term",
                f"{event.node} had reached term {known}, and starts an election in term "
                f"{request.term}.",
                f"RequestVote(term={known + 1}, …)",
                f"RequestVote(term={request.term}, …)",
            )
        self.asked[event.node, request.term] = self.ends[event.node]
        self.give(event.node, request.term, event.node)

    def led(self, event, append):
        first = self.leaders.get(append.term)
        votes = self.ballots.get((event.node, append.term), set()) | {event.node}
        needed = majority(self.stage.names)
        if first is None and len(votes) < needed:
            self.breach(
                "majority",
                f"{event.node} leads term {append.term} with the votes of "
                f"{', '.join(sorted(votes))}: "
                f"{len(votes)} of {len(self.stage.names)}.",
                f"{needed} votes, its own among them",
                f"{len(votes)}",
            )
        elif first not in (None, event.node):
            self.breach(
                "one-leader",
                f"{first} and {event.node} both lead in term {append.term}.",
                "one leader a term",
                "two",
            )
        self.leaders.setdefault(append.term, event.node)

    def spoke(self, event, message):
        if not hasattr(message, "term"):
            return
        term, before, seen = (
            message.term,
            self.spoken.get(event.node, 0),
            self.seen.get(event.node, 0),
        )
        if term < before:
            self.breach(
                "term-durable",
                f"{event.node} spoke in term {before}, and now sends {message!r}.",
                f"term {before} or higher",
                f"term {term}",
            )
        if term < seen:
            self.breach(
                "higher-term",
                f"{event.node} has seen term {seen}, and still sends {message!r}.",
                f"term {seen} or higher",
                f"term {term}",
            )
        self.spoken[event.node] = max(before, term)


def set_up(submission, start) -> Stepper:
    """Nodes whose logs have entries of the terms that `start` gives: ("logs", ("n1", 1, 1, 2),
    ("n2",), …).
    """
    contents = {
        name: tuple(
            Entry(term, Command("c1", index, "write", "x", index))
            for index, term in enumerate(terms, 1)
        )
        for name, *terms in start[1:]
    }
    return Stepper(
        submission,
        tuple(contents),
        disks={name: {"log": log} for name, log in contents.items() if log},
        strict=issubclass(submission, Node),
    )


def logs(**terms):
    """A start: for each node the terms of its log's entries."""
    return ("logs", *((name, *each) for name, each in terms.items()))


def empty(names):
    return logs(**dict.fromkeys(names, ()))


def fire(node):
    return "fire", node, "ElectionTimeout"


def votes_from(candidate, *voters):
    return [
        step
        for voter in voters
        for step in (("deliver", candidate, voter), ("deliver", voter, candidate))
    ]


#: What an election usually goes wrong on, each a few steps; the random schedules that follow look
#: for the rest.
DIRECTED = [
    Script(empty(THREE), (fire("n1"), *votes_from("n1", "n2", "n3"))),
    Script(
        empty(THREE),
        (
            fire("n1"),
            fire("n2"),
            ("deliver", "n1", "n3"),
            ("deliver", "n2", "n3"),
            ("deliver", "n3", "n1"),
            ("deliver", "n3", "n2"),
        ),
    ),
    Script(
        empty(THREE),
        (
            fire("n1"),
            ("deliver", "n1", "n3"),
            ("crash", "n3"),
            ("restart", "n3"),
            fire("n2"),
            ("deliver", "n2", "n3"),
            ("deliver", "n3", "n1"),
            ("deliver", "n3", "n2"),
        ),
    ),
    Script(
        empty(THREE),
        (fire("n1"), ("crash", "n1"), ("restart", "n1"), fire("n1"), *votes_from("n1", "n2")),
    ),
    Script(empty(FIVE), (fire("n1"), *votes_from("n1", "n2"), fire("n4"), *votes_from("n4", "n5"))),
    Script(
        empty(THREE), (fire("n1"), fire("n2"), ("deliver", "n1", "n2"), ("deliver", "n2", "n1"))
    ),
    Script(
        empty(THREE),
        (
            fire("n1"),
            *votes_from("n1", "n2"),
            fire("n3"),
            *votes_from("n3", "n1"),
            ("fire", "n1", "Heartbeat"),
        ),
    ),
    Script(
        empty(THREE),
        (
            fire("n1"),
            fire("n1"),
            fire("n2"),
            ("deliver", "n1", "n3"),
            ("deliver", "n1", "n3"),
            ("deliver", "n2", "n3"),
        ),
    ),
    Script(
        empty(THREE),
        (
            fire("n1"),
            fire("n1"),
            ("deliver", "n1", "n2"),
            ("deliver", "n2", "n1"),
            ("deliver", "n1", "n3"),
            ("deliver", "n3", "n1"),
        ),
    ),
    Script(
        empty(FIVE),
        (
            fire("n1"),
            ("deliver", "n1", "n2"),
            ("deliver", "n2", "n1"),
            ("again", "n2", "n1", "Vote"),
        ),
    ),
    Script(
        empty(THREE),
        (
            fire("n1"),
            *votes_from("n1", "n2"),
            fire("n3"),
            fire("n3"),
            ("deliver", "n1", "n3", "AppendEntries"),
            ("deliver", "n3", "n1"),
            fire("n2"),
        ),
    ),
    Script(
        empty(THREE),
        (
            fire("n3"),
            fire("n3"),
            ("deliver", "n3", "n2"),
            ("deliver", "n3", "n2"),
            ("crash", "n2"),
            ("restart", "n2"),
            fire("n1"),
            ("deliver", "n1", "n2"),
        ),
    ),
    Script(empty(THREE), (("forge", "n2", "n1", AppendEntries(3, 0, 0, (), 0)), fire("n1"))),
    Script(
        empty(THREE),
        (
            ("forge", "n2", "n1", AppendEntries(3, 0, 0, (), 0)),
            ("forge", "n3", "n1", RequestVote(3, 0, 0)),
            ("forge", "n2", "n1", RequestVote(2, 0, 0)),
        ),
    ),
    Script(logs(n1=(1,), n2=(1, 2), n3=(1, 2)), (fire("n1"), *votes_from("n1", "n2"))),
    Script(logs(n1=(1, 1, 1), n2=(1, 2), n3=(1, 2)), (fire("n1"), *votes_from("n1", "n2"))),
    Script(logs(n1=(2,), n2=(1, 2), n3=(1, 2)), (fire("n1"), *votes_from("n1", "n2"))),
]


def random_logs(number):
    names, random = THREE if number % 3 else FIVE, Random(f"logs {number}")
    return logs(
        **{
            name: sorted(random.choices((1, 2), k=random.randrange(3))) if number % 2 else ()
            for name in names
        }
    )


ELECTIONS = Search(set_up, Elections, RULES, "elections won", DIRECTED, random_logs)


# Progress: what must happen when nothing goes wrong any more.

# Timers run out twice where a correct answer may let the first time pass: "somebody spoke since I
# set it".


def somebody_leads(count):
    def expect(stage, watcher):
        if not watcher.ranges:
            return never_stands(stage.names[0])
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


def leader_beats(stage, watcher):
    if not watcher.leaders:
        return somebody_leads(1)(stage, watcher)
    leader = watcher.leaders[max(watcher.leaders)]
    told = {
        record[3]
        for record in stage.trace.records
        if record[1:3] == ("send", leader) and isinstance(record[5], AppendEntries)
    }
    silent = ", ".join(name for name in stage.names if name != leader and name not in told)
    if silent:
        return (
            f"{leader} won, and sends no AppendEntries to {silent}.",
            "a heartbeat to every peer at once",
            f"none to {silent}",
        )
    if "Heartbeat" not in stage.timers[leader]:
        return (
            f"{leader} leads, but has no Heartbeat timer pending: it will fall silent.",
            "set_timer(Heartbeat(), …)",
            "no timer",
        )
    before = len(stage.trace.records)
    stage.perform(("fire", leader, "Heartbeat"))
    if not any(
        record[1] == "send" and isinstance(record[5], AppendEntries)
        for record in stage.trace.records[before:]
    ):
        return (
            f"{leader}'s Heartbeat ran out, and it sent no AppendEntries.",
            "a heartbeat to every peer",
            "nothing",
        )
    if "Heartbeat" not in stage.timers[leader]:
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

    def expect(stage, watcher):
        number, deliver = max(
            (number, record)
            for number, record in enumerate(stage.trace.records)
            if record[1] == "deliver"
        )
        name = deliver[2]
        effects = stage.trace.records[number + 1 :]
        if any(
            record[1] == "set" and isinstance(record[5][0], ElectionTimeout) for record in effects
        ):
            return None
        stage.perform(fire(name))
        if any(
            record[1] == "send" and isinstance(record[5], RequestVote)
            for record in stage.trace.records[number + 1 :]
        ):
            return (
                f"{name} handled {what}, did not set its ElectionTimeout again, and "
                "stands when the old one runs out.",
                "set_timer(ElectionTimeout(), …)",
                "the old timer goes on",
            )
        return None

    return expect


def timeouts_are_drawn(stage, watcher):
    for name in stage.names:
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
        self.patience = min(
            max(waits, default=0) / 1000 * 8, 20_000
        )  # Time for several elections, whatever the timeouts are.

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
        """Wait, and look at the last third of the time: who leads among `names`, and does anybody
        still stand?
        """
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


SAFETY = (
    ELECTIONS.rule(
        "one-leader",
        2,
        "Two leaders need two majorities, and two majorities share a server: which of "
        "its votes should it not have given?",
    ),
    ELECTIONS.rule(
        "one-vote",
        2,
        "Remember whom you voted for in this term, and let it survive a crash: `durable`.",
    ),
    ELECTIONS.rule(
        "majority",
        2,
        "Count distinct voters that granted, in your current term. `majority(n)` from "
        "dslab.values is n // 2 + 1.",
    ),
    ELECTIONS.rule(
        "up-to-date",
        2,
        "Compare (last term, last index) as a pair: the later term wins, and between "
        "equal terms the longer log.",
    ),
    ELECTIONS.rule("lower-term", 1, "Before you grant anything, compare m.term with your own."),
    ELECTIONS.rule(
        "higher-term",
        2,
        "In every handler, first: is m.term greater than mine? Then it is my term now, "
        "and I am a follower without a vote given.",
    ),
    ELECTIONS.rule(
        "term-durable",
        1,
        "What does the node know when it comes back? Only the fields named in `durable`.",
    ),
    ELECTIONS.rule(
        "new-term",
        1,
        "The first line of Figure 2's candidates: on conversion to candidate, increment "
        "currentTerm.",
    ),
    ELECTIONS.rule(
        "runs",
        1,
        "Read the last step of the run: which handler, which message, and what did the "
        "fields hold just before it?",
    ),
)

LIVENESS = (
    ELECTIONS.expects(
        "elects",
        "When messages arrive, a candidate with equal logs wins.",
        1,
        "After the timeout: vote for yourself, ask all peers, count the votes, and lead "
        "when they are a majority.",
        Script(empty(THREE), (fire("n1"), ("settle",))),
        somebody_leads(1),
    ),
    ELECTIONS.expects(
        "heartbeats",
        "A new leader sends heartbeats at once, and again and again (section 5.2).",
        1,
        "On winning, broadcast an AppendEntries and set a Heartbeat timer; when it runs "
        "out, do both again.",
        Script(empty(THREE), (fire("n1"), *votes_from("n1", "n2"))),
        leader_beats,
    ),
    ELECTIONS.expects(
        "heard-resets",
        "A heartbeat from the current leader puts the follower's election off (section 5.2).",
        1,
        "Every AppendEntries of the current term says that there is a leader: set the "
        "ElectionTimeout anew.",
        Script(
            empty(THREE),
            (fire("n1"), *votes_from("n1", "n2"), ("deliver", "n1", "n2", "AppendEntries")),
        ),
        lambda stage, watcher: (
            somebody_leads(1)(stage, watcher)
            or waits_after("a heartbeat from its leader")(stage, watcher)
        ),
    ),
    ELECTIONS.expects(
        "vote-resets",
        "Granting a vote puts the voter's own election off (figure 2, followers).",
        1,
        "Who has just voted gives the candidate time to win.",
        Script(empty(THREE), (fire("n1"), ("deliver", "n1", "n2"))),
        lambda stage, watcher: (
            voted_for("n2", "n1", watcher)
            or waits_after("a RequestVote that it granted")(stage, watcher)
        ),
    ),
    ELECTIONS.expects(
        "elects-again",
        "After the leader is gone, another wins in a later term (votedFor starts anew in "
        "each term).",
        2,
        "A vote belongs to a term: with a new term, `voted_for` is None again.",
        Script(
            empty(FIVE),
            (
                fire("n1"),
                ("settle",),
                ("crash", "n1"),
                fire("n2"),
                fire("n2"),
                ("settle",),
                ("restart", "n1"),
                ("crash", "n2"),
                fire("n3"),
                fire("n3"),
                ("settle",),
            ),
        ),
        somebody_leads(3),
    ),
    ELECTIONS.expects(
        "split-vote",
        "After a split vote the next timeout settles it.",
        1,
        "A candidate sets its ElectionTimeout when it starts the election, and stands "
        "again when that runs out.",
        Script(
            empty(THREE), (fire("n1"), fire("n2"), fire("n3"), ("settle",), fire("n2"), ("settle",))
        ),
        somebody_leads(1),
    ),
    ELECTIONS.expects(
        "random-timeouts",
        "Election timeouts are drawn from a range (section 5.2).",
        1,
        "set_timer(ElectionTimeout(), 150, 300): the environment draws, the node never does.",
        Script(empty(THREE), (fire("n1"), ("settle",))),
        timeouts_are_drawn,
    ),
    Property(
        "heals",
        "After a cut is healed or a server is back, one leader remains and elections "
        "cease (section 5.2).",
        1,
        "A candidate or old leader that hears from the leader of its term or a later one "
        "follows it, and a leader needs no election timer.",
        heals,
    ),
)

register(
    Exercise("raft-election", "12.1 Raft, leader election", "CODE", 2, SAFETY + LIVENESS, is_node)
)


@replays("raft-election")
def run_again(submission, steps):
    """The run of a schedule as a report prints it; without its logs, three nodes with empty
    ones.
    """
    match steps:
        case [("healing", seed)]:
            healing = Healing(submission, seed)
            try:
                healing.run()
            except Broken as broken:
                healing.cluster.record("mark", data=broken.sentence)
            return healing.cluster.trace
    return ELECTIONS.replay(submission, steps, empty(THREE))
