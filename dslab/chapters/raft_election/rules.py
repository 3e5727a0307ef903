"""What must hold at every step of an election, and the watcher who sees where it doesn't.

The watcher sees messages and timers, and no field but `log`. A leader is who sends AppendEntries; a
vote is a Vote message with granted=True.
"""

from dslab.errors import DslabError
from dslab.learn.watching import Watcher
from dslab.protocols.raft import AppendEntries, ElectionTimeout, RequestVote, Vote
from dslab.values import majority

__all__ = ["RULES", "Elections"]

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

    def __init__(self, names, stop_at=None):
        super().__init__(names, stop_at)
        self.leaders: dict[int, str] = {}
        self.votes: dict[tuple[str, int], str] = {}
        self.ballots: dict[tuple[str, int], frozenset[str]] = {}
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
            # What it saw and never answered may be lost in a crash.
            self.seen.pop(event.node, None)
        if event.what == "receive":
            self.seen[event.node] = max(known, getattr(event.message, "term", 0))
            if isinstance(event.message, Vote) and event.message.granted:
                key = event.node, event.message.term
                self.ballots[key] = self.ballots.get(key, frozenset()) | {event.sender}
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
        votes = self.ballots.get((event.node, append.term), frozenset()) | {event.node}
        needed = majority(self.names)
        if first is None and len(votes) < needed:
            self.breach(
                "majority",
                f"{event.node} leads term {append.term} with the votes of "
                f"{', '.join(sorted(votes))}: "
                f"{len(votes)} of {len(self.names)}.",
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
