"""Chapter 18's exercises: right answers of any form earn everything, each planted bug is caught
under its own name.
"""

import itertools
import sqlite3
from sqlite3 import connect

import pytest

from dslab.chapters.event_store.double_spend import double_spend
from dslab.chapters.event_store.experiments import play
from dslab.chapters.event_store.mutants import DECIDERS, STORES
from dslab.learn import Broken, check
from dslab.learn.mutants import breaks_of
from dslab.learn.shell.notebooks import check_notebook
from tests.learn.material import solution
from tests.learn.notebooks import notebook


def broken(report):
    return [result.property.id for result in report.results if not result.verdict.holds]


def test_every_moment_of_an_append_is_looked_at():
    answers = solution("event-store")
    for store in (answers.answer, *answers.others.values()):
        counted = check("event-store", store).looked_at
        assert counted["runs"] >= 120 and counted["statements"] >= 2000


def test_stubs_earn_nothing():
    class Stub:
        def __init__(self, path): ...
        def append(self, stream, events, expected_version): ...
        def read(self, stream): ...
        def subscribe(self, after): ...

    for name, stub in (
        ("event-store", Stub),
        ("account-decider", (lambda command, state: None, lambda state, event: None)),
        ("double-spend", {"no-version-check": [("read", "alice"), ("append", "alice", 60)]}),
        ("double-spend", {}),
        ("event-store", 7),
        ("account-decider", 7),
        ("event-store", lambda path: 1 / 0),
    ):
        assert check(name, stub).score == 0, check(name, stub)


@pytest.mark.parametrize("name", DECIDERS)
def test_a_decider_with_one_bug_breaks_one_property(name):
    breaks = breaks_of(DECIDERS[name])
    found = broken(check("account-decider", DECIDERS[name]))
    assert found[0] == breaks and (found == [breaks] or breaks == "works")


def test_the_second_writer_does_meet_the_first():
    """Without the check both win; where the first holds the lock, the second is refused."""
    append = ("first", "append", "a", [{"n": 1}], -1)
    other = ("second", "append", "a", [{"n": 2}], -1)
    ends = set()
    for moment in range(1, 7):
        [outcome] = play(
            STORES["ChecksOutsideTheTransaction"], [("before", moment, append, [other])]
        )
        ends.add((outcome["ends"][0], *(each["ends"][0] for each in outcome["inside"])))
    assert ends == {("refused", "done"), ("done", "done"), ("done", "refused"), ("done",)}


def test_a_store_whose_statements_nobody_sees_is_not_believed():
    class InMemory:
        files = {}

        def __init__(self, path):
            self.events = self.files.setdefault(path, [])

        def append(self, stream, events, expected_version):
            if len(self.read(stream)) - 1 != expected_version:
                raise ValueError
            self.events += [
                (len(self.events) + 1 + n, stream, dict(event)) for n, event in enumerate(events)
            ]

        def read(self, stream):
            return [dict(event) for _, name, event in self.events if name == stream]

        def subscribe(self, after):
            return [(place, name, dict(event)) for place, name, event in self.events[after:]]

    assert broken(check("event-store", InMemory)) == [
        "durable",
        "shared-file",
        "all-or-nothing",
        "errors",
        "racing-writers",
        "nothing-passed-over",
    ]


def test_sqlite_is_left_as_it_was():
    real = sqlite3.connect
    check("event-store", solution("event-store").others["a connection a call"])
    check("event-store", lambda path: 1 / 0)
    assert (
        sqlite3.connect is real is connect
        and type(sqlite3.connect(":memory:")) is sqlite3.Connection
    )


def test_no_double_spend_takes_less_than_four_steps():
    steps = [
        (verb, who, *amount)
        for who in ("alice", "bob")
        for verb, *amount in (("read",), ("append", 60), ("append", 100))
    ]
    for length in range(4):
        for schedule in itertools.product(steps, repeat=length):
            with pytest.raises(Broken):
                double_spend(schedule)
    assert (
        double_spend(
            [("read", "bob"), ("read", "alice"), ("append", "alice", 100), ("append", "bob", 1)]
        )
        is None
    )


@pytest.mark.parametrize(
    "steps, sentence",
    [
        (["read alice"], "'read alice' is no step"),
        ([("read",)], "is no step"),
        ([("append", "alice", -5)], "with more than 0"),
        ([("append", "alice", "60")], "is no step"),
        ([("read", "carol")], "alice and bob, and nobody else"),
        ([("append", "bob", 60)], "without having read the balance"),
        (
            [("read", "bob"), ("append", "bob", 101)],
            "bob has read a balance of 100, and so withdraws no 101",
        ),
        (
            [("read", "bob"), ("append", "bob", 60), ("append", "bob", 60)],
            "bob has read a balance of 40",
        ),
    ],
)
def test_what_is_no_double_spend_is_told_why(steps, sentence):
    with pytest.raises(Broken, match=sentence):
        double_spend(steps)


@pytest.mark.parametrize(
    "cell, breaks",
    [
        (
            'class Mine(STORES["TakesPositionsBeforeTheTransaction"]): '
            'pass\ncheck("event-store", Mine)',
            "nothing-passed-over",
        ),
        (
            'class Mine(STORES["ChecksOutsideTheTransaction"]): pass\ncheck("event-store", Mine)',
            "racing-writers",
        ),
        (
            'class Mine(STORES["TearsWithoutATransaction"]): pass\ncheck("event-store", Mine)',
            "all-or-nothing",
        ),
        ('check("account-decider", DECIDERS["changes_in_place"])', "pure"),
        ('check("account-decider", DECIDERS["judges_history"])', "total"),
    ],
)
def test_bugs_are_caught_from_the_shell_too(tmp_path, cell, breaks):
    source = (
        "from dslab.learn import check\n"
        f"from dslab.chapters.event_store.mutants import DECIDERS, STORES\n{cell}"
    )
    [report] = check_notebook(notebook(tmp_path / "nb.ipynb", source))
    assert breaks in broken(report), report
