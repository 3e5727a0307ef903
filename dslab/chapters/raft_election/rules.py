"""What must hold at every step of an election, and the watcher who sees where it doesn't.

The watcher sees the paper's four messages and the timers, and no field but `log`. A leader is who
sends AppendEntries; a vote is a Vote message with granted=True, and a candidate's own one that it
counts. A RequestVote that nothing comes of may as well be lost: whoever ignores it has not seen it.
"""

from collections.abc import Iterable

from dslab.errors import DslabError
from dslab.learn.watching import Watcher
from dslab.protocols.raft import Appended, AppendEntries, ElectionTimeout, RequestVote, Vote
from dslab.values import majority

__all__ = ["RULES", "Elections", "alarm_among"]

#: A reader's own messages, of a round before the vote for example, may mean another thing by
#: `term`.
MESSAGES = RequestVote, Vote, AppendEntries, Appended

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


def alarm_among(names: Iterable[str]) -> str:
    """The name of the class that a server stands after, among those of what it has set when it
    starts; "" where it has set nothing.
    """
    names, usual = list(names), ElectionTimeout.__name__
    return usual if usual in names else next(iter(names), "")


class Elections(Watcher):
    """Sees what nodes send. `progress` counts the elections that somebody won.

    alarm  the class of the timer that a server stands after, by its name: what it sets when it
           starts, if it isn't an ElectionTimeout.
    """

    purpose = ("one-leader",)

    def __init__(self, names, stop_at=None):
        super().__init__(names, stop_at)
        self.leaders: dict[int, str] = {}
        self.votes: dict[tuple[str, int], str] = {}
        self.ballots: dict[tuple[str, int], frozenset[str]] = {}
        self.ends: dict[str, tuple[int, int]] = {}
        self.asked: dict[tuple[str, int], tuple[int, int]] = {}
        self.spoken: dict[str, int] = {}
        self.seen: dict[str, int] = {}
        self.crashed: dict[str, int] = {}  # The term that a node had spoken in before its crash.
        self.alarm = ""
        self.timeouts: set[tuple] = set()

    @property
    def progress(self) -> int:
        return len(self.leaders)

    def look(self, event):
        name = event.node
        known = max(self.seen.get(name, 0), self.spoken.get(name, 0))
        self.look_at_log(event)
        if event.what == "start":
            # What it saw and never answered may be lost in a crash.
            self.seen.pop(name, None)
            if name in self.spoken:
                self.crashed[name] = self.spoken[name]
            if not self.alarm:
                self.alarm = alarm_among(kind.__name__ for kind in event.timers)
        # While it hears a leader, a right election may ignore a candidate; no other message.
        ignored = event.idle and isinstance(event.message, RequestVote)
        if isinstance(event.message, MESSAGES) and not ignored:
            self.seen[name] = max(known, event.message.term)
            if isinstance(event.message, Vote) and event.message.granted:
                key = name, event.message.term
                self.ballots[key] = self.ballots.get(key, frozenset()) | {event.sender}
        sent = [each for each in event.outbox if isinstance(each[1], MESSAGES)]
        for receiver, message in sent:
            if type(message.term) is not int:
                raise DslabError(f"{name} sends {message!r}, whose term is no whole number.")
            self.spoke(name, message)
            if isinstance(message, Vote):
                self.voted(event, receiver, message, known)
            elif isinstance(message, RequestVote):
                self.stood(event, message, known, itself=(name, message) in sent)
            elif isinstance(message, AppendEntries):
                self.led(event, message)
        if self.leaders.get(self.spoken.get(name)) != name:  # A leader may time other things.
            self.timeouts |= {
                (name, *timer[1:])
                for timer in event.timers.values()
                if timer and type(timer[0]).__name__ == self.alarm
            }

    def look_at_log(self, event):
        """Remember where the node's log ends; only a crash may lose it, and must not."""
        log = event.fields.get("log", ())
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

    def spoke(self, name, message):
        term, before, seen = message.term, self.spoken.get(name, 0), self.seen.get(name, 0)
        if term < before:
            lost = self.crashed.get(name) == before
            self.breach(
                "term-durable" if lost else "higher-term",
                f"{name} spoke in term {before}{', crashed' if lost else ''}, and now sends "
                f"{message!r}.",
                f"term {before} or higher",
                f"term {term}",
            )
        elif term < seen:
            self.breach(
                "higher-term",
                f"{name} has seen term {seen}, and still sends {message!r}.",
                f"term {seen} or higher",
                f"term {term}",
            )
        self.spoken[name] = max(before, term)

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

    def stood(self, event, request, known, itself):
        """`itself`: whether it asks itself as well; its vote is then a message like the others."""
        name = event.node
        begins = event.what == "fire" and type(event.message).__name__ == self.alarm
        if begins and request.term <= known:
            lost = self.crashed.get(name) == known
            self.breach(
                "term-durable" if lost else "new-term",
                f"{name} had reached term {known}{' before it crashed' if lost else ''}, and "
                f"starts an election in term {request.term}.",
                f"RequestVote(term={known + 1}, …)",
                f"RequestVote(term={request.term}, …)",
            )
        self.asked[name, request.term] = self.ends[name]
        if not itself:
            self.give(name, request.term, name)

    def led(self, event, append):
        name, term = event.node, append.term
        first = self.leaders.get(term)
        if first == name:
            return
        own = {name} if self.votes.get((name, term)) == name else set()
        votes = self.ballots.get((name, term), frozenset()) | own
        needed = majority(self.names)
        if len(votes) < needed and event.what == "fire" and name in self.leaders.values():
            before = max(led for led, leader in self.leaders.items() if leader == name)
            self.breach(
                "higher-term",
                f"{name} led term {before}, has seen term {term}, and its "
                f"{type(event.message).__name__} still runs out: it sends {append!r}.",
                "a leader that follows, and has cancelled its Heartbeat",
                "AppendEntries of a term that it does not lead",
            )
            return
        if first is None and len(votes) < needed:
            self.breach(
                "majority",
                f"{name} leads term {term} with the votes of "
                f"{', '.join(sorted(votes)) or 'nobody'}: {len(votes)} of {len(self.names)}.",
                f"{needed} votes, its own among them",
                f"{len(votes)}",
            )
        elif first is not None:
            self.breach(
                "one-leader",
                f"{first} and {name} both lead in term {term}.",
                "one leader a term",
                "two",
            )
        self.leaders.setdefault(term, name)
