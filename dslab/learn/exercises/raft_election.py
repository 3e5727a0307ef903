"""12.1 Write Raft's leader election.

The grader sees messages and timers, and no field but `log`, which it fills before a run: name the others as you like. A leader
is who sends AppendEntries; a vote is a Vote message with granted=True.
"""

from random import Random

from dslab.check.schedule import Stage
from dslab.learn.grading import Broken, Exercise, Property, register, replays
from dslab.learn.search import Breach, Script, Search
from dslab.machine import Command
from dslab.node import Node
from dslab.protocols.raft import AppendEntries, ElectionTimeout, Entry, Heartbeat, RequestVote, Vote
from dslab.sim import Cluster
from dslab.values import majority

__all__ = ["ELECTIONS", "RULES", "Watcher", "is_node"]

THREE, FIVE = ("n1", "n2", "n3"), ("n1", "n2", "n3", "n4", "n5")


#: The rules that hold at every step, with the sections of the paper (Ongaro and Ousterhout 2014).
RULES = {
    "one-leader": "At most one leader is elected in a term (election safety, section 5.2).",
    "one-vote": "A server votes for at most one candidate in a term, also after a crash (section 5.2).",
    "majority": "A candidate leads when it has votes of its term from a majority, its own among them (section 5.2).",
    "up-to-date": "A vote goes only to a candidate whose log is at least as up-to-date (section 5.4.1).",
    "lower-term": "A request of a lower term is refused (section 5.1).",
    "higher-term": "Whoever sees a higher term takes it over, and stops to lead or stand in the lower one (section 5.1).",
    "term-durable": "The term that a server has spoken in never falls, also after a crash (figure 2).",
    "new-term": "A candidate starts its election in a new term (section 5.2).",
    "runs": "Every handler comes to its end, raises nothing and keeps the node contract.",
}


class Watcher:
    """Sees what nodes send, and raises Breach when a rule is broken. `progress` counts the elections that somebody won."""

    def __init__(self, logs: dict[str, tuple]):
        self.judges = True
        self.logs = logs
        self.leaders: dict[int, str] = {}
        self.votes: dict[tuple[str, int], str] = {}
        self.ballots: dict[tuple[str, int], set[str]] = {}
        self.spoken: dict[str, int] = {}
        self.seen: dict[str, int] = {}
        self.size = len(logs)

    @property
    def progress(self) -> int:
        return len(self.leaders)

    def breach(self, rule, sentence, expected, got):
        if self.judges:
            raise Breach(rule, sentence, expected, got)

    def __call__(self, event):
        known = max(self.seen.get(event.node, 0), self.spoken.get(event.node, 0))
        if event.what == "start":
            self.seen.pop(event.node, None)  # What it saw and never answered may be lost in a crash.
        if event.what == "receive":
            self.seen[event.node] = max(known, getattr(event.message, "term", 0))
            if isinstance(event.message, Vote) and event.message.granted:
                self.ballots.setdefault((event.node, event.message.term), set()).add(event.sender)
        for receiver, message in event.outbox:
            if isinstance(message, Vote):
                self.voted(event, receiver, message, known)
            elif isinstance(message, RequestVote):
                self.stood(event, message, known)
            elif isinstance(message, AppendEntries):
                self.led(event, message)
            self.spoke(event, message)

    def voted(self, event, candidate, vote, known):
        asked = event.message
        if not vote.granted or not isinstance(asked, RequestVote):
            return
        if asked.term < known:
            self.breach("lower-term", f"{event.node} had reached term {known}, and voted for {candidate}, which asked in term {asked.term}.",
                         f"Vote(term={known}, granted=False)", repr(vote))
        self.give(event.node, asked.term, candidate)
        log = self.logs[event.node]
        mine = (log[-1].term if log else 0, len(log))
        theirs = (asked.last_log_term, asked.last_log_index)
        if theirs < mine:
            self.breach("up-to-date", f"{event.node}'s log ends with term {mine[0]} at index {mine[1]}, and it voted for {candidate}, "
                         f"whose log ends with term {theirs[0]} at index {theirs[1]}.", "granted=False: the candidate may lack a committed entry",
                         "granted=True")

    def give(self, voter, term, candidate):
        first = self.votes.setdefault((voter, term), candidate)
        if first != candidate:
            self.breach("one-vote", f"{voter} voted for {first} and for {candidate}, both in term {term}.",
                         f"one vote in term {term}", f"votes for {first} and {candidate}")

    def stood(self, event, request, known):
        if event.what == "fire" and isinstance(event.message, ElectionTimeout) and request.term <= known:
            self.breach("new-term", f"{event.node} had reached term {known}, and starts an election in term {request.term}.",
                         f"RequestVote(term={known + 1}, …)", f"RequestVote(term={request.term}, …)")
        self.give(event.node, request.term, event.node)

    def led(self, event, append):
        first = self.leaders.get(append.term)
        if first is None:
            votes = self.ballots.get((event.node, append.term), set()) | {event.node}
            if len(votes) < majority(self.size):
                self.breach("majority", f"{event.node} leads term {append.term} with the votes of {', '.join(sorted(votes))}: "
                             f"{len(votes)} of {self.size}.", f"{majority(self.size)} votes, its own among them", f"{len(votes)}")
            self.leaders[append.term] = event.node
        elif first != event.node:
            self.breach("one-leader", f"{first} and {event.node} both lead in term {append.term}.", "one leader a term", "two")

    def spoke(self, event, message):
        term = getattr(message, "term", None)
        if term is None:
            return
        before, seen = self.spoken.get(event.node, 0), self.seen.get(event.node, 0)
        if term < before:
            self.breach("term-durable", f"{event.node} spoke in term {before}, and now sends {message!r}.",
                         f"term {before} or higher", f"term {term}")
        if term < seen:
            self.breach("higher-term", f"{event.node} has seen term {seen}, and still sends {message!r}.",
                         f"term {seen} or higher", f"term {term}")
        self.spoken[event.node] = term


def set_up(submission, start) -> tuple[Stage, Watcher]:
    """Nodes whose logs have entries of the terms that `start` gives: ("logs", ("n1", 1, 1, 2), ("n2",), …)."""
    logs = {name: tuple(Entry(term, Command("c1", index, "write", "x", index)) for index, term in enumerate(terms, 1))
            for name, *terms in start[1:]}
    watcher = Watcher(logs)
    return Stage(submission, tuple(logs), disks={name: {"log": log} for name, log in logs.items() if log},
                 watch=watcher, strict=issubclass(submission, Node)), watcher


def logs(**terms):
    """A start: for each node the terms of its log's entries."""
    return ("logs", *((name, *each) for name, each in terms.items()))


def empty(names):
    return logs(**dict.fromkeys(names, ()))


def fire(node):
    return "fire", node, "ElectionTimeout"


def votes_from(candidate, *voters):
    return [step for voter in voters for step in (("deliver", candidate, voter), ("deliver", voter, candidate))]


#: What an election usually goes wrong on, each a few steps; the random schedules that follow look for the rest.
DIRECTED = [
    Script(empty(THREE), (fire("n1"), *votes_from("n1", "n2", "n3"))),
    Script(empty(THREE), (fire("n1"), fire("n2"), ("deliver", "n1", "n3"), ("deliver", "n2", "n3"), ("deliver", "n3", "n1"), ("deliver", "n3", "n2"))),
    Script(empty(THREE), (fire("n1"), ("deliver", "n1", "n3"), ("crash", "n3"), ("restart", "n3"), fire("n2"), ("deliver", "n2", "n3"), ("deliver", "n3", "n1"), ("deliver", "n3", "n2"))),
    Script(empty(THREE), (fire("n1"), ("crash", "n1"), ("restart", "n1"), fire("n1"), *votes_from("n1", "n2"))),
    Script(empty(FIVE), (fire("n1"), *votes_from("n1", "n2"), fire("n4"), *votes_from("n4", "n5"))),
    Script(empty(THREE), (fire("n1"), fire("n2"), ("deliver", "n1", "n2"), ("deliver", "n2", "n1"))),
    Script(empty(THREE), (fire("n1"), *votes_from("n1", "n2"), fire("n3"), *votes_from("n3", "n1"), ("fire", "n1", "Heartbeat"))),
    Script(empty(THREE), (fire("n1"), fire("n1"), fire("n2"), ("deliver", "n1", "n3"), ("deliver", "n1", "n3"), ("deliver", "n2", "n3"))),
    Script(empty(THREE), (fire("n1"), fire("n1"), ("deliver", "n1", "n2"), ("deliver", "n2", "n1"), ("deliver", "n1", "n3"), ("deliver", "n3", "n1"))),
    Script(empty(FIVE), (fire("n1"), ("deliver", "n1", "n2"), ("deliver", "n2", "n1"), ("again", "n2", "n1", "Vote"))),
    Script(empty(THREE), (fire("n1"), *votes_from("n1", "n2"), fire("n3"), fire("n3"), ("deliver", "n1", "n3", "AppendEntries"), ("deliver", "n3", "n1"), fire("n2"))),
    Script(empty(THREE), (fire("n3"), fire("n3"), ("deliver", "n3", "n2"), ("deliver", "n3", "n2"), ("crash", "n2"), ("restart", "n2"), fire("n1"), ("deliver", "n1", "n2"))),
    Script(empty(THREE), (("forge", "n2", "n1", AppendEntries(3, 0, 0, (), 0)), fire("n1"))),
    Script(empty(THREE), (("forge", "n2", "n1", AppendEntries(3, 0, 0, (), 0)), ("forge", "n3", "n1", RequestVote(3, 0, 0)), ("forge", "n2", "n1", RequestVote(2, 0, 0)))),
    Script(logs(n1=(1,), n2=(1, 2), n3=(1, 2)), (fire("n1"), *votes_from("n1", "n2"))),
    Script(logs(n1=(1, 1, 1), n2=(1, 2), n3=(1, 2)), (fire("n1"), *votes_from("n1", "n2"))),
    Script(logs(n1=(2,), n2=(1, 2), n3=(1, 2)), (fire("n1"), *votes_from("n1", "n2"))),
]


def random_logs(number):
    names, random = THREE if number % 3 else FIVE, Random(f"logs {number}")
    return logs(**{name: sorted(random.choices((1, 2), k=random.randrange(3))) if number % 2 else () for name in names})


ELECTIONS = Search(set_up, RULES, "elections won", DIRECTED, random_logs)


# Progress: what must happen when nothing goes wrong any more.

def leader_of_latest(stage, watcher):
    latest = max(watcher.leaders, default=0)
    return watcher.leaders.get(latest), latest


def somebody_leads(count):
    def expect(stage, watcher):
        if len(watcher.leaders) < count:
            return ("Messages all arrived, and nobody won the election: no AppendEntries of a new term was sent.",
                    "a leader that sends AppendEntries", "nobody leads" if not watcher.leaders else f"{len(watcher.leaders)} of {count} elections were won")
        return None
    return expect


def leader_beats(stage, watcher):
    leader, _ = leader_of_latest(stage, watcher)
    if leader is None:
        return "Nobody won the election, so nobody sends heartbeats.", "a leader", "none"
    told = {record[3] for record in stage.trace.records if record[1] == "send" and record[2] == leader and isinstance(record[5], AppendEntries)}
    silent = [name for name in stage.names if name != leader and name not in told]
    if silent:
        return f"{leader} won, and sends no AppendEntries to {', '.join(silent)}.", "a heartbeat to every peer at once", f"none to {', '.join(silent)}"
    if "Heartbeat" not in stage.timers[leader]:
        return f"{leader} leads, but has no Heartbeat timer pending: it will fall silent.", "set_timer(Heartbeat(), …)", "no timer"
    before = len(stage.trace.records)
    stage.perform(("fire", leader, "Heartbeat"))
    if not any(record[1] == "send" and isinstance(record[5], AppendEntries) for record in stage.trace.records[before:]):
        return f"{leader}'s Heartbeat ran out, and it sent no AppendEntries.", "a heartbeat to every peer", "nothing"
    if "Heartbeat" not in stage.timers[leader]:
        return f"{leader}'s Heartbeat ran out, and it did not set it again.", "set_timer(Heartbeat(), …)", "no timer"
    return None


def timer_set_by(kind, sender):
    """Whether the last message of `kind` that a follower handled set its election timer again."""
    def expect(stage, watcher):
        records = stage.trace.records
        place = max((n for n, record in enumerate(records) if record[1] == "deliver" and type(records[record[4]][5]).__name__ == kind
                     and record[2] != sender), default=None)
        if place is None:
            return f"No {kind} was handled.", f"a {kind} from {sender}", "none"
        name = records[place][2]
        for record in records[place + 1:]:
            if record[1] not in ("send", "set", "cancel"):
                break
            if record[1] == "set" and isinstance(record[5][0], ElectionTimeout):
                return None
        what = "a heartbeat from its leader" if kind == "AppendEntries" else "a RequestVote that it granted"
        return f"{name} handled {what}, and did not set its ElectionTimeout again.", "set_timer(ElectionTimeout(), …)", "the old timer goes on"
    return expect


def timers_are_random(stage, watcher):
    for name in stage.names:
        if "ElectionTimeout" not in stage.timers[name]:
            return f"{name} has started, and has no ElectionTimeout pending: nobody will ever stand.", "set_timer(ElectionTimeout(), low, high)", "no timer"
    return None


def random_range(submission):
    """The range that a submission passes for its election timer must leave something to chance."""
    settings = []
    stage = Stage(submission, THREE, watch=lambda event: settings.extend(
        (event.node, *timer[1:]) for timer in event.timers.values() if timer is not None and isinstance(timer[0], ElectionTimeout)),
        strict=issubclass(submission, Node))
    wrong = timers_are_random(stage, None)
    if wrong:
        raise Broken(wrong[0], expected=wrong[1], got=wrong[2], trace=stage.trace)
    for name, low, high in settings:
        if not 0 < low < high:
            raise Broken(f"{name} sets its ElectionTimeout for {low} to {high} ms: all time out together, and split votes repeat for ever.",
                         expected="a range, such as 150 to 300 ms", got=f"{low} to {high} ms", trace=stage.trace)


def is_node(submission) -> str | None:
    if not (isinstance(submission, type) and getattr(submission, "is_node", issubclass(submission, Node))):
        return f"This exercise takes a class, a subclass of Node, but got {submission!r:.80}."
    return None


def rule(name, points, hint):
    return Property(name, RULES[name], points, hint, rule_test(name))


def progress(id, sentence, points, hint, test):
    """A property that a class that never stands for election doesn't hold by doing nothing."""
    return Property(id, sentence, points, hint, test)


def needs_an_election(test):
    """No points for a rule that was never put to the test: somebody must win an election."""
    def gated(submission):
        counted = test(submission)
        if not survey(submission)[1]["elections won"]:
            raise Broken("Nobody ever won an election, so this rule was never put to the test.",
                         expected="elections that are won", got="none")
        return counted
    return gated


SAFETY = [
    rule("one-leader", 2, "Two leaders need two majorities, and two majorities share a server: which of its votes should it not have given?"),
    rule("one-vote", 2, "Remember whom you voted for in this term, and let it survive a crash: `durable`."),
    rule("majority", 2, "Count distinct voters that granted, in your current term. `majority(n)` from dslab.values is n // 2 + 1."),
    rule("up-to-date", 2, "Compare (last term, last index) as a pair: the later term wins, and between equal terms the longer log."),
    rule("lower-term", 1, "Before you grant anything, compare m.term with your own."),
    rule("higher-term", 2, "In every handler, first: is m.term greater than mine? Then it is my term now, and I am a follower without a vote given."),
    rule("term-durable", 1, "What does the node know when it comes back? Only the fields named in `durable`."),
    rule("new-term", 1, "The first line of Figure 2's candidates: on conversion to candidate, increment currentTerm."),
]

LIVENESS = [
    progress("elects", "When messages arrive, a candidate with equal logs wins.", 1,
             "After the timeout: vote for yourself, ask all peers, count the votes, and lead when they are a majority.",
             lively(even(THREE), (fire("n1"), "settle"), somebody_leads(1))),
    progress("heartbeats", "A new leader sends heartbeats at once, and again and again (section 5.2).", 1,
             "On winning, broadcast an AppendEntries and set a Heartbeat timer; when it runs out, do both again.",
             lively(even(THREE), (fire("n1"), *votes_from("n1", "n2")), leader_beats)),
    progress("heard-resets", "A heartbeat from the current leader sets the follower's election timer again (section 5.2).", 1,
             "Every AppendEntries of the current term says that there is a leader: set the ElectionTimeout anew.",
             lively(even(THREE), (fire("n1"), *votes_from("n1", "n2"), ("deliver", "n1", "n2", "AppendEntries")), timer_set_by("AppendEntries", "n1"))),
    progress("vote-resets", "Granting a vote sets the election timer again (figure 2, followers).", 1,
             "Who has just voted gives the candidate time to win.",
             lively(even(THREE), (fire("n1"), ("deliver", "n1", "n2")), timer_set_by("RequestVote", "n1"))),
    progress("elects-again", "After the leader is gone, another wins in a later term (votedFor starts anew in each term).", 2,
             "A vote belongs to a term: with a new term, `voted_for` is None again.",
             lively(even(FIVE), (fire("n1"), "settle", ("crash", "n1"), fire("n2"), "settle", ("restart", "n1"), ("crash", "n2"), fire("n3"), "settle"), somebody_leads(3))),
    progress("split-vote", "After a split vote the next timeout settles it.", 1,
             "A candidate sets its ElectionTimeout when it starts the election, and stands again when that runs out.",
             lively(even(THREE), (fire("n1"), fire("n2"), fire("n3"), "settle", fire("n2"), "settle"), somebody_leads(1))),
    Property("random-timeouts", "Election timeouts are drawn from a range (section 5.2).", 1,
             "set_timer(ElectionTimeout(), 150, 300): the environment draws, the node never does.", random_range),
]

register(Exercise("raft-election", "12.1 Raft, leader election", "CODE", 2,
                  tuple(Property(prop.id, prop.sentence, prop.points, prop.hint, needs_an_election(prop.test)) for prop in SAFETY)
                  + tuple(LIVENESS), is_node))


@replays("raft-election")
def run_again(submission, steps):
    """The run of a schedule as a report prints it: its first step gives the logs."""
    logs = {name: tuple(terms) for name, *terms in steps[0][1:]} if steps and steps[0][0] == "logs" else even(THREE)
    _, stage = staged(submission, logs)
    stage.trace.title = f"{submission.__name__}: a written schedule"
    try:
        for step in steps[1:] if steps and steps[0][0] == "logs" else steps:
            stage.perform(tuple(step))
    except Breach:
        pass
    return stage.trace


# 12.2: the reader writes schedules, and the mutants are the prey.

def two_leaders_in(bug):
    """A judge: does this schedule make two leaders in one term of `bug`?"""
    def judge(steps):
        _, stage = staged(bug, even(THREE))
        leaders: dict[int, set[str]] = {}
        stage.watch = lambda event: [leaders.setdefault(message.term, set()).add(event.node)
                                     for _, message in event.outbox if isinstance(message, AppendEntries)]
        for step in steps:
            stage.perform(tuple(step))
        if not any(len(names) > 1 for names in leaders.values()):
            seen = ", ".join(f"term {term}: {', '.join(sorted(names))}" for term, names in sorted(leaders.items())) or "nobody led"
            raise Broken("No term had two leaders in this run.", expected="two leaders in one term", got=seen, trace=stage.trace)
    return judge


PREY = (("VotesTwice", 6, "Two candidates, one voter."), ("VoteNotPersisted", 8, "What does a crash make the voter forget?"),
        ("WinsWithHalf", 2, "How many votes are half of three?"), ("CountsRefusals", 6, "A refusal that counts is a vote."),
        ("CountsOldVotes", 10, "Let a vote of an old term arrive late."))

hunt("raft-two-leaders", "12.2 Two leaders in one term", 2,
     [(name, f"{MUTANTS[name].__doc__.rstrip('.')}: two leaders in one term.", par, hint, two_leaders_in(MUTANTS[name])) for name, par, hint in PREY])
