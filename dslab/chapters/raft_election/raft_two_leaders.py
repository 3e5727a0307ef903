"""12.2 Two leaders in one term: the reader hunts Rafts with one bug each by schedules."""

from dataclasses import replace

from dslab.chapters.raft_election.mutants import MUTANTS
from dslab.chapters.raft_election.rules import Elections
from dslab.chapters.raft_election.schedules import THREE, empty, set_up
from dslab.learn.answers import Sight, Target, hunt
from dslab.learn.exercise import Broken
from dslab.learn.schedules import look_on
from dslab.protocols.raft import Raft
from dslab.run.steps import parsed

__all__ = ["exercise"]

PREY = (
    ("VotesTwice", 6, "Two candidates, one voter."),
    ("VoteNotPersisted", 8, "What does a crash make the voter forget?"),
    ("WinsWithHalf", 2, "How many votes are half of three?"),
    ("CountsRefusals", 6, "A refusal that counts is a vote."),
    ("CountsOldVotes", 10, "Let a vote of an old term arrive late."),
)


def two_leaders_in(node_class):
    """A look at a schedule: does it make two leaders in one term of these nodes?"""

    def run(steps):
        stepper = set_up(node_class, empty(THREE))
        watcher = look_on(stepper, Elections(stepper.names))
        stepper.start()
        # Whoever may forge votes needs no bug.
        world = replace(stepper.world, without=("forge",))
        for step in steps:
            parsed(step, world)
            stepper.perform(step)
        seen = ", ".join(f"{name} in term {term}" for term, name in sorted(watcher.leaders.items()))
        breach = watcher.breaches.get("one-leader")
        return Sight(
            {"one-leader": breach.sentence} if breach else {},
            Broken(
                "No term had two leaders in this run.",
                expected="two leaders in one term",
                got=seen or "nobody led",
                trace=stepper.trace,
            ),
        )

    return run


exercise = hunt(
    "raft-two-leaders",
    "12.2 Two leaders in one term",
    2,
    [
        Target(
            name,
            f"{MUTANTS[name].__doc__.rstrip('.')}: two leaders in one term.",
            par,
            hint,
            two_leaders_in(MUTANTS[name]),
            two_leaders_in(Raft),
            "on Raft without the bug",
        )
        for name, par, hint in PREY
    ],
)
