"""The schedules that an election is put to: directed ones, and random ones from any logs."""

from random import Random

from dslab.chapters.raft_election.rules import RULES, Elections, alarm_among
from dslab.explore.schedule import Stepper
from dslab.learn.exploring import Space
from dslab.learn.schedules import ScheduleSearch, Script
from dslab.machine import Command
from dslab.protocols.raft import AppendEntries, Entry, Raft, RequestVote

__all__ = ["ELECTIONS", "FIVE", "FOUR", "THREE", "empty", "fire", "logs", "set_up", "stand"]

FIVE = ("n1", "n2", "n3", "n4", "n5")
THREE, FOUR = FIVE[:3], FIVE[:4]


class Servers(Stepper):
    """Servers whose election timeout may be of a class of the reader's own: it goes by the usual
    name as well.
    """

    alarm = ""

    def start(self):
        super().start()
        self.alarm = alarm_among(self.timers[self.names[0]])
        return self

    def _fire(self, name, kind):
        if kind == "ElectionTimeout" and kind not in self.timers[name]:
            kind = self.alarm
        return super()._fire(name, kind)


def set_up(submission, start) -> Stepper:
    """Nodes whose logs hold the terms that `start` gives: ("logs", ("n1", 1, 1, 2), ("n2",), …)."""
    contents = {
        name: tuple(
            Entry(term, Command("c1", index, "write", "x", index))
            for index, term in enumerate(terms, 1)
        )
        for name, *terms in start[1:]
    }
    return Servers(
        submission,
        tuple(contents),
        disks={name: {"log": log} for name, log in contents.items() if log},
        lenient=True,
    )


def logs(**terms):
    """A start: for each node the terms of its log's entries."""
    return ("logs", *((name, *each) for name, each in terms.items()))


def empty(names):
    return logs(**dict.fromkeys(names, ()))


def fire(node):
    return "fire", node, "ElectionTimeout"


def stand(node):
    """Its election timeout runs out, and again where it sends nothing: "somebody spoke since"."""
    return "insist", node, "ElectionTimeout"


def ask(candidate, voter):
    """All that is between these two arrives, and what each sends itself."""
    return "settle", candidate, voter


AGAIN = ("crash", "n3"), ("restart", "n3")
HEARTBEAT = AppendEntries(3, 0, 0, (), 0)

#: What an election usually goes wrong on, each a few steps. What follows looks for the rest.
DIRECTED = [
    Script(empty(THREE), (stand("n1"), ("settle",))),
    # Two candidates of one term; the voter may have crashed in between.
    *(
        Script(
            empty(THREE),
            (fire("n1"), fire("n2"), ask("n1", "n3"), *between, ask("n2", "n3"), ask("n1", "n2")),
        )
        for between in ((), AGAIN)
    ),
    Script(empty(THREE), (fire("n1"), ask("n1", "n2"), *AGAIN, fire("n3"), ("settle",))),
    Script(empty(THREE), (fire("n1"), ("crash", "n1"), ("restart", "n1"), fire("n1"), ("settle",))),
    # Half of four, and two of five.
    Script(empty(FOUR), (fire("n1"), fire("n3"), ask("n1", "n2"), ask("n3", "n4"))),
    Script(empty(FIVE), (fire("n1"), ask("n1", "n2"), fire("n4"), ask("n4", "n5"))),
    # Votes of an old term, and one vote twice.
    Script(
        empty(THREE), (fire("n1"), fire("n1"), ("deliver", "n1", "n2"), ("deliver", "n2", "n1"))
    ),
    Script(empty(FIVE), (fire("n1"), ask("n1", "n2"), ("again", "n2", "n1", "Vote"))),
    # A leader that is deposed, and beats on; one that comes back.
    Script(
        empty(THREE),
        (
            stand("n1"),
            ask("n1", "n2"),
            fire("n3"),
            fire("n3"),
            ask("n3", "n2"),
            ask("n1", "n3"),
            ("fire", "n1", "Heartbeat"),
            fire("n1"),
            ("fire", "n1", "Heartbeat"),
        ),
    ),
    # One that hears of the later term from nobody but a follower that answers its heartbeat.
    Script(
        empty(THREE),
        (
            stand("n1"),
            ask("n1", "n2"),
            fire("n3"),
            fire("n3"),
            ask("n3", "n2"),
            ("fire", "n1", "Heartbeat"),
            ask("n1", "n2"),
            ("fire", "n1", "Heartbeat"),
        ),
    ),
    # A voter in a higher term than the candidate, from before and from after a crash.
    *(
        Script(
            empty(THREE),
            (fire("n2"), fire("n2"), ask("n2", "n3"), *between, fire("n1"), ask("n1", "n3")),
        )
        for between in ((), AGAIN)
    ),
    Script(empty(THREE), (("forge", "n2", "n1", HEARTBEAT), fire("n1"), fire("n1"))),
    Script(
        empty(THREE),
        (
            ("forge", "n2", "n1", HEARTBEAT),
            ("forge", "n3", "n1", RequestVote(3, 0, 0)),
            ("forge", "n2", "n1", RequestVote(2, 0, 0)),
            ("forge", "n2", "n1", AppendEntries(2, 0, 0, (), 0)),
        ),
    ),
    # Logs: shorter, older, longer but older.
    *(
        Script(logs(n1=mine, n2=(1, 2), n3=(1, 2)), (fire("n1"), ask("n1", "n2")))
        for mine in ((), (1,), (2,), (1, 1), (1, 1, 1))
    ),
]


def random_logs(number):
    """Three, four or five servers, every second time with logs."""
    names, random = (THREE, FOUR, FIVE)[number % 3], Random(f"logs {number}")
    return logs(
        **{
            name: sorted(random.choices((1, 2), k=random.randrange(3))) if number % 2 else ()
            for name in names
        }
    )


#: Two election timeouts in all, and no second heartbeat.
ELECTION = {"fires": {"ElectionTimeout": 2, "Heartbeat": 0}}
SPACES = [
    Space(empty(THREE), ELECTION | {"crashes": 1}, 1000),
    Space(empty(FOUR), ELECTION, 600),
    Space(empty(FIVE), ELECTION, 400),
    Space(logs(n1=(1,), n2=(1, 1), n3=(2,)), ELECTION, 600),
]

ELECTIONS = ScheduleSearch(
    set_up,
    Elections,
    RULES,
    "elections won",
    DIRECTED,
    random_logs,
    spaces=SPACES,
    schedules=40,
    control=Raft,
)
