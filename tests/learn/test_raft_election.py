"""12.1: the stub earns nothing, correct elections everything, and each bug is told under the rule
that it breaks.
"""

import subprocess
import sys
from functools import cache

import pytest

from dslab.chapters.raft_election.mutants import MUTANTS
from dslab.chapters.raft_election.raft_election import exercise
from dslab.chapters.raft_election.rules import RULES
from dslab.chapters.raft_election.schedules import ELECTIONS, empty, logs
from dslab.errors import DslabError
from dslab.learn import check, replay
from dslab.learn.grading import grade
from dslab.node import Node
from dslab.protocols import raft
from dslab.protocols.raft import (
    Appended,
    AppendEntries,
    ElectionTimeout,
    Heartbeat,
    Raft,
    RequestVote,
    Vote,
)
from dslab.show import play
from dslab.values import Map
from tests.learn.material import ROOT, solution, unfinished
from tests.learn.right_elections import RIGHT

pytestmark = pytest.mark.chapter("raft_election")

MyRaft, Elector = solution("raft-election").answer, solution("raft-election").defines["Elector"]
Stub = unfinished("raft-election")
CORRECT = {"solution": MyRaft, "another": Elector, "Figure 2": Raft}


@cache
def told(name):
    """The verdict on a listed bug under the rule that it breaks, worked out once for all tests."""
    return result(
        grade(exercise, MUTANTS[name], only=[MUTANTS[name].breaks]), MUTANTS[name].breaks
    ).verdict


def broken(report):
    return [result.property.id for result in report.results if not result.verdict.holds]


def result(report, id):
    return next(each for each in report.results if each.property.id == id)


def test_what_the_stub_lacks_is_told():
    assert (
        "n1 has started, and has no ElectionTimeout pending: it will never stand for election."
        in repr(check("raft-election", Stub))
    )


def test_figure_2_itself_earns_everything_and_is_put_to_the_test():
    report = check("raft-election", Raft)
    assert report.done, report
    assert report.looked_at["elections won"] > 50
    assert report.looked_at["elections won after a fault"] > 40
    assert report.looked_at["states"] > 500


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_election_that_is_written_otherwise_loses_nothing(name):
    report = grade(exercise, RIGHT[name])
    assert report.done, report


#: The bugs of the known list, by the sentence that names each.
SENTENCES = {
    "VotesTwice": "voted for n1 and for n2, both in term 1",
    "VoteNotPersisted": "voted for n1 and for n2, both in term 1",
    "TermNotPersisted": "had reached term 1 before it crashed, and starts an election in term 1",
    "NoLogCheck": "log ends with term 2 at index 2, and it voted for n1, "
    "whose log ends with term 0 at "
    "index 0",
    "ComparesLengthOnly": "log ends with term 2 at index 2, and it voted for n1, "
    "whose log ends with term 1 at "
    "index 2",
    "ComparesLastTermOnly": "log ends with term 2 at index 2, and it voted for n1, "
    "whose log ends with term 2 at "
    "index 1",
    "KeepsOldVote": "Messages all arrived, and nobody won the election",
    "WinsWithHalf": "n1 leads term 1 with the votes of n1: 1 of 3",
    "CountsRefusals": "n1 leads term 1 with the votes of n1: 1 of 3",
    "HeartbeatDoesNotReset": "handled a heartbeat from its leader, did not set",
    "KeepsItsTerm": "had reached term 1, and starts an election in term 1",
    "VotesInLowerTerm": "had reached term 2, and voted for n1, which asked in term 1",
    "StaysLeader": "has seen term 2, and still sends Vote(term=1, granted=False)",
    "FollowerIgnoresHigherTerm": "has seen term 3, and still sends Appended(term=0",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_broken_rule_is_told_in_words(name):
    assert SENTENCES[name] in told(name).sentence


@pytest.mark.parametrize("name", [name for name, bug in MUTANTS.items() if bug.breaks in RULES])
def test_a_shrunk_run_needs_each_of_its_steps(name):
    bug = MUTANTS[name]
    start, *steps = ELECTIONS.survey(bug).until(bug.breaks).broken[bug.breaks].steps
    assert bug.breaks in ELECTIONS.run(bug, start, steps).breaches
    for place in range(len(steps)):
        part = steps[:place] + steps[place + 1 :]
        assert bug.breaks not in ELECTIONS.run(bug, start, part).breaches, (
            f"it goes without {steps[place]}"
        )


def test_a_search_for_one_rule_ends_where_it_is_broken():
    survey = ELECTIONS.survey(MUTANTS["VotesTwice"]).until("one-vote")
    assert survey.counted["schedules"] <= len(ELECTIONS.directed)
    assert survey.to_the_end().counted["schedules"] > ELECTIONS.schedules
    assert survey.counted["states"] > 500


@pytest.mark.parametrize("name", ["VotesTwice", "KeepsOldVote", "NoLogCheck"])
def test_a_run_that_is_told_plays(name):
    again = eval(told(name).replay, {"replay": replay} | vars(raft) | MUTANTS)
    assert "<dslab-trace" in play(again)._repr_html_()


def test_a_replay_without_logs_starts_from_empty_ones():
    trace = replay("raft-election", MyRaft, [("fire", "n1", "ElectionTimeout")])
    assert trace.nodes == ("n1", "n2", "n3") and trace.state("n1")["current_term"] == 1
    with pytest.raises(DslabError, match="has no runs to replay"):
        replay("raft-timeouts", {}, [])


def test_a_run_that_breaks_two_rules_names_the_cause_and_what_it_was_for():
    assert broken(check("raft-election", MUTANTS["VotesTwice"])) == ["one-leader", "one-vote"]
    only = ["one-leader", "higher-term", "heals"]
    assert broken(grade(exercise, MUTANTS["StaysLeader"], only=only)) == ["higher-term", "heals"]


def test_a_rule_that_was_never_tested_earns_nothing():
    report = check("raft-election", MUTANTS["WinsWithHalf"])
    assert "so this rule was never put to the test" in result(report, "up-to-date").verdict.sentence
    assert "mend that first" in result(report, "up-to-date").verdict.sentence


# Bugs that nobody listed, and ways of not having finished.


def variant(**handlers):
    return type("MyRaft", (MyRaft,), handlers)


class SwapsItsLog(MyRaft):
    """Sends index and term of its last entry the wrong way round, and compares them so."""

    def end_of_log(self):
        index, term = super().end_of_log()
        return term, index


class LeaderKeepsItsElectionTimer(MyRaft):
    def on_Heartbeat(self):
        super().on_Heartbeat()
        self.timers.pop(ElectionTimeout, None)


class LosesItsLog(MyRaft):
    durable = "current_term", "voted_for"


class CandidateIgnoresTheLeaderOfItsTerm(MyRaft):
    def on_AppendEntries(self, leader, m):
        if self.role != "candidate" or m.term > self.current_term:
            super().on_AppendEntries(leader, m)


class NeverStandsAgain(MyRaft):
    def on_ElectionTimeout(self):
        super().on_ElectionTimeout()
        self.cancel_timer(ElectionTimeout)


class SpeaksOnce(MyRaft):
    def on_Heartbeat(self):
        super().on_Heartbeat()
        self.cancel_timer(Heartbeat)


class CandidateDoesNotVoteForItself(MyRaft):
    def on_ElectionTimeout(self):
        super().on_ElectionTimeout()
        self.voted_for = None


class HalfOfFour(MyRaft):
    """A majority that is one too small where the number of servers is even."""

    def on_Vote(self, voter, m):
        even = len(self.votes | {voter}) > len(self.peers) / 2
        if even and m.granted and m.term == self.current_term and self.role == "candidate":
            self.votes = frozenset(self.peers)
        super().on_Vote(voter, m)


class ComparesBoth(MyRaft):
    """No log is up to date that is shorter, nor one that is older."""

    def on_RequestVote(self, candidate, m):
        index, term = self.end_of_log()
        if not (m.last_log_term >= term and m.last_log_index >= index):
            m = RequestVote(m.term, 0, -1)
        super().on_RequestVote(candidate, m)


class NeverAnswers(MyRaft):
    """Heartbeats get no answer."""

    def on_AppendEntries(self, leader, m):
        super().on_AppendEntries(leader, m)
        self.outbox.clear()


class BeatsWithNothing(MyRaft):
    """Its heartbeats have None for their entries."""

    def broadcast(self, message):
        if isinstance(message, AppendEntries):
            message = AppendEntries(message.term, 0, 0, None, 0)
        super().broadcast(message)


class BeatsOn(MyRaft):
    """A leader that is deposed leaves its Heartbeat running."""

    def observe(self, term):
        super().observe(term)
        if self.timers.get(Heartbeat, ...) is None:
            del self.timers[Heartbeat]


class LeaderIgnoresTheTermOfAnswers(MyRaft):
    """A leader is not told that it is deposed by who answers its heartbeats in a later term."""

    def on_Appended(self, follower, m):
        pass


class CandidateIgnoresTheTermOfAnswers(MyRaft):
    """A candidate takes over no term from who refuses it."""

    def on_Vote(self, voter, m):
        if m.term <= self.current_term:
            super().on_Vote(voter, m)


class SendsItsOldVote(MyRaft):
    """It keeps its first answer to each candidate, and sends it ever after."""

    answers: Map = Map()

    def on_RequestVote(self, candidate, m):
        super().on_RequestVote(candidate, m)
        self.answers = Map([self.outbox.pop()]) | self.answers
        self.send(candidate, self.answers[candidate])


@pytest.mark.parametrize(
    "bug, rule",
    [
        (HalfOfFour, "majority"),
        (ComparesBoth, "elects"),
        (NeverAnswers, "answered"),
        (BeatsWithNothing, "heartbeats"),
        (BeatsOn, "higher-term"),
        (SendsItsOldVote, "higher-term"),
        (LeaderIgnoresTheTermOfAnswers, "higher-term"),
        (CandidateIgnoresTheTermOfAnswers, "higher-term"),
        (SwapsItsLog, "up-to-date"),
        (LosesItsLog, "up-to-date"),
        (LeaderKeepsItsElectionTimer, "heals"),
        (NeverStandsAgain, "split-vote"),
        (SpeaksOnce, "heartbeats"),
        (CandidateDoesNotVoteForItself, "one-vote"),
    ],
)
def test_bugs_that_nobody_listed(bug, rule):
    verdict = result(grade(exercise, bug, only=[rule]), rule).verdict
    assert not verdict.holds and len(verdict.reasons) < 20
    again = eval(verdict.replay, {"replay": replay} | vars(raft) | globals())
    assert verdict.sentence.rstrip(".") in again.sentences()[-1]


@pytest.mark.parametrize("bug", [BeatsOn, SendsItsOldVote])
def test_the_rule_that_is_named_is_the_one_that_is_broken(bug):
    named = broken(grade(exercise, bug, only=["majority", "higher-term", "term-durable"]))
    assert named == ["higher-term"]


@pytest.mark.parametrize(
    "submission, sentence",
    [
        (..., "This exercise takes a class, a subclass of Node, but got Ellipsis."),
        (MyRaft("n1"), "This exercise takes a class, a subclass of Node, but got MyRaft n1"),
        (int, "This exercise takes a class, a subclass of Node, but got <class 'int'>."),
        (
            type("Bare", (Node,), {"__annotations__": {"log": tuple}, "log": ()}),
            "n1 has started, and has no ElectionTimeout pending",
        ),
        (type("NoLog", (Stub,), {"log": 7}), "Your code raised TypeError"),
        (variant(on_Vote=lambda self: None), "takes 1 positional argument but 3 were given"),
        (
            variant(on_RequestVote=lambda self, c, m: self.send(c, Vote("one", True))),
            "whose term is no whole number",
        ),
        (
            variant(on_Vote=lambda self, v, m: setattr(self, "count", 1)),
            "sets 'count', which is not declared",
        ),
        (
            variant(on_Vote=lambda self, v, m: self.on_Vote(v, m)),
            "Your code calls itself without an end (<lambda>, line ",
        ),
        (
            variant(on_start=lambda self: self.set_timer(ElectionTimeout(), 200)),
            "all time out together",
        ),
        (variant(__init__=lambda self: None), "Your code raised TypeError"),
    ],
)
def test_what_is_unfinished_or_wrong_is_told_in_a_sentence(submission, sentence):
    report = grade(exercise, submission, only=["elects", "random-timeouts", "runs"])
    assert sentence in repr(report) and not report.done
    assert "<table" in report._repr_html_()


def test_a_handler_that_is_missing_is_named_with_the_line_to_write():
    class Unfinished(Node):
        log: tuple = ()
        current_term: int = 0
        durable = "log", "current_term"

        def on_start(self):
            self.set_timer(ElectionTimeout(), 150, 300)

        def on_ElectionTimeout(self):
            self.current_term += 1
            self.broadcast(RequestVote(self.current_term, 0, 0))

    report = check("raft-election", Unfinished)
    assert (
        "has no handler for RequestVote: write `def on_RequestVote(self, sender, m)`"
        in result(report, "elects").verdict.sentence
    )
    assert (
        result(report, "runs")
        .verdict.trace.sentences()[-1]
        .startswith("3.0 ms: Unfinished has no handler for RequestVote")
    )


def test_a_rare_error_costs_its_own_rule_and_shows_the_way_there():
    class Rare(MyRaft):
        def on_Vote(self, voter, m):
            if m.term > 2 and self.role == "candidate":
                raise KeyError("rare")
            super().on_Vote(voter, m)

    report = check("raft-election", Rare)
    assert (
        "Your code raised KeyError: 'rare' (on_Vote, line "
        in result(report, "runs").verdict.sentence
    )
    assert (
        "while n" in result(report, "runs").verdict.sentence
        and result(report, "majority").verdict.holds
    )


def test_a_class_that_is_changed_in_place_is_graded_again():
    class Changing(MyRaft):
        pass

    assert check("raft-election", Changing).done
    Changing.on_RequestVote = MUTANTS["VotesTwice"].on_RequestVote
    Changing._handlers = {}
    assert not check("raft-election", Changing).done


def test_the_same_report_under_any_hash_seed():
    script = (
        "from dslab.chapters.raft_election.raft_election import MUTANTS, exercise\n"
        "from dslab.learn.grading import grade\n"
        "for name in ('CountsRefusals', 'TermNotPersisted'):\n"
        "    r = grade(exercise, MUTANTS[name], only=['one-leader', MUTANTS[name].breaks])\n"
        "    print(repr(r), r._repr_html_())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("0", "12345")
    ]
    assert said[0] == said[1] and len(said[0]) > 1000


# The watcher itself.


@pytest.mark.parametrize(
    "message, rule",
    [(Vote(1, True), None), (AppendEntries(1, 0, 0, (), 0), None), (Appended(1, True, 0), None)],
)
def test_stray_messages_break_no_rule_of_a_correct_election(message, rule):
    for name in CORRECT:
        run = ELECTIONS.run(
            CORRECT[name],
            empty(("n1", "n2", "n3")),
            [("forge", "n2", "n1", message), ("fire", "n3", "ElectionTimeout"), ("settle",)],
        )
        assert run.breaches == {} and run.progress >= 1


def test_logs_give_each_node_entries_of_these_terms():
    run = ELECTIONS.run(MyRaft, logs(n1=(1, 2), n2=(), n3=(1,)), [])
    assert [entry.term for entry in run.stepper.nodes["n1"].log] == [1, 2] and run.stepper.nodes[
        "n2"
    ].log == ()
