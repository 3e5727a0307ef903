"""The runs that look for each fault of an event store: what happens in them, systematically.

Each function yields runs (`experiments` has their language). `counted(run)` says how many
statements the last step of a run makes, so that something can come just before each of them.
"""

from collections.abc import Callable, Iterator
from random import Random

from dslab.chapters.event_store.experiments import UNSTORABLE

__all__ = ["BASIC", "MOMENTS", "alone", "faultless", "unattempted", "undisturbed", "unsubscribed"]

Counted = Callable[[list], int]

#: No append of the exercise takes more statements; what comes later is not looked at.
MOMENTS = 24
#: What every store must do before anything else can be looked at.
BASIC = [
    ("first", "append", "a", [{"n": 1}, {"n": 2}], -1),
    ("first", "append", "b", [{"n": 9}], -1),
    ("first", "append", "a", [{"n": 3}], 1),
    ("first", "read", "a"),
    ("first", "read", "b"),
    ("first", "read", "nowhere"),
]
ONE, BATCH = [{"n": 1}], [{"n": 2}, {"n": 3}, {"n": 4}]

TEXTS = (
    *("o'brien", 'say "hi"', "semi;colon -- /* */", "100%", "a_b", "axb", "back\\slash", "ünï"),
    *("漢字", "😀", "é", "e\u0301", " a", "a ", "A", "a", "1", "01", "1.0", "1e0", "NULL", "None"),
    *("?", ":x", "$1", "{}", "[]", "\n\t\r", "\u2028", "x" * 3000, "-1"),
)
VALUES = (
    *(True, False, None, 1, 1.0, 0, -0.0, 0.1, 1e300, 5e-324, 2**53 + 1, 2**63 - 1, -(2**63)),
    *("", [], {}, [[], {}, [None]], {"a": {"b": [1, {"c": 2}]}}),
)
#: What a store may refuse.
ODD_TEXTS = "a\0", "a\0b", "\ud800"
ODD_VALUES = 2**70, float("inf"), float("nan")
KEYS = (
    "type",
    "stream",
    "version",
    "position",
    "data",
    "event",
    "id",
    "n",
    "z",
    "a",
    "",
    "o'brien",
)


def in_order(_: Counted) -> Iterator[list]:
    """One process; every text, value and key; few events and many."""
    yield BASIC
    twice = [{"id": "x", "n": 1}, {"id": "x", "n": 1}]
    yield [
        ("first", "append", "a", twice, -1),
        ("first", "append", "b", twice, -1),
        ("first", "append", "a", [{"id": "x", "n": 2}], 1),
        ("first", "read", "a"),
        ("first", "read", "b"),
    ]
    yield [("first", "append", text, [{"n": n}], -1) for n, text in enumerate(TEXTS)] + [
        ("first", "read", text) for text in TEXTS
    ]
    # What may be refused, too. What a refusal leaves open is another rule's matter.
    for text in ODD_TEXTS:
        yield [
            ("first", "append", "a", [{"n": 1}], -1),
            ("first", "append", text, [{"n": 2}], -1),
            ("first", "read", text),
            ("first", "read", "a"),
        ]
    for odd in (*ODD_TEXTS, *ODD_VALUES):
        yield [("first", "append", "a", [{"n": 1}, {"odd": odd}], -1), ("first", "read", "a")]
    events = [{"z": n, "value": value, "a": -n} for n, value in enumerate(VALUES)]
    events += [{"text": text, text: [text]} for text in TEXTS] + [{}, dict.fromkeys(KEYS, 1)]
    events += [{key: n} for n, key in enumerate(KEYS)]
    yield [("first", "append", "a", events, -1), ("first", "read", "a")]
    yield [
        *(("first", "append", "ab"[n % 2], [{"n": n}], n // 2 - 1) for n in range(30)),
        ("first", "read", "a"),
        ("first", "read", "b"),
    ]
    yield many(("first", "read", "a"))


def many(*looks: tuple) -> list:
    """More than a thousand events."""
    return [
        ("first", "append", "a", 1100, -1),
        ("first", "append", "b", 3, -1),
        ("first", "append", "a", 100, 1099),
        *looks,
    ]


def expected_version(_: Counted) -> Iterator[list]:
    """Every version that a stream may be at, and every one that a writer may expect of it. Each
    attempt is a process of its own: what it leaves open is another rule's matter.
    """
    for filled in ([], [1], [3], [12]):
        setup = [("first", "append", name, numbered(6, 50), -1) for name in "0b"]
        version, number = -1, 0
        for count in filled:
            setup.append(("first", "append", "a", numbered(count, number), version))
            version, number = version + count, number + count
        for expected in (-2, -1, 0, 1, 2, 3, 5, 10, 11, 12, 10**6):
            if expected != version and (filled or expected < 4):
                events = numbered(2 if expected > -2 else 1, 90)
                attempt = ("first", "append", "a", events, expected)
                look = [("crash",), ("later", "read", "a")] if version < 5 else []
                yield [*setup, attempt, *look]
    begun = [("first", "append", "a", numbered(1, 0), -1)]
    for events, expected in (([], 0), ([], 1), ([], -1), (numbered(1, 1), None)):
        yield [*begun, ("first", "append", "a", events, expected), ("first", "read", "a")]
    yield [
        ("first", "append", "a", [], -1),
        *begun,
        ("first", "append", "a", [], 0),
        ("first", "append", "a", numbered(3, 1), 0),
        ("first", "append", "a", numbered(1, 4), 3),
    ]
    yield [("first", "append", "ab"[n % 2], numbered(1, n), n // 2 - 1) for n in range(26)]


def numbered(count: int, begin: int) -> list[dict]:
    """Events of which no two are equal."""
    return [{"n": n} for n in range(begin, begin + count)]


def subscription(_: Counted) -> Iterator[list]:
    """All events from every position on, few and many, at once and bit by bit."""
    yield [("first", "subscribe", 0)]
    appends, versions = [], {"a": -1, "b": -1, "c": -1}
    for n, stream in enumerate("abbaacb"):
        appends.append(("first", "append", stream, [{"n": n}], versions[stream]))
        versions[stream] += 1
    yield [*appends, *(("first", "subscribe", after) for after in range(8))]
    yield [
        ("first", "append", "b", BATCH, -1),
        ("first", "append", "a", BATCH, -1),
        *(("first", "subscribe", after) for after in (0, 1, 2, 3, 5, 6)),
    ]
    yield [
        ("first", "poll"),
        ("first", "append", "b", ONE, -1),
        ("first", "poll"),
        ("first", "poll"),
        ("first", "append", "a", BATCH, -1),
        ("first", "append", "b", ONE, 0),
        ("first", "poll"),
        ("first", "subscribe", 0),
    ]
    same = [("first", "append", stream, [{"n": 1}, {"n": 1}], -1) for stream in "ba"]
    yield [*same, ("first", "subscribe", 0), ("first", "subscribe", 1)]
    yield [
        ("first", "append", "a", [{"type": "x", "n": 1, "a": [1, {"b": "é😀"}]}], -1),
        ("first", "append", "b", [{"n": 1.0, "m": None, "o": True, "id": 2**53 + 1}, {}], -1),
        ("first", "subscribe", 0),
    ]
    yield many(("first", "subscribe", 0), ("first", "subscribe", 3))


def durable(_: Counted) -> Iterator[list]:
    """What has been acknowledged, after a crash."""
    appends = [
        ("first", "append", "a", ONE, -1),
        ("first", "append", "b", BATCH, -1),
        ("first", "append", "a", BATCH, 0),
        ("first", "append", "a", [{"n": 8}], 3),
    ]
    looks = [("later", "read", "a"), ("later", "read", "b"), ("later", "subscribe", 0)]
    for count in range(1, 5):
        yield [*appends[:count], ("crash",), *looks]
        yield [*appends[:count], *looks]


def shared(counted: Counted) -> Iterator[list]:
    """Several processes and stores that take turns, opened before and after; never at once."""
    yield [
        ("first", "append", "a", [{"n": 1}], -1),
        ("second", "append", "a", [{"n": 2}], 0),
        ("first", "read", "a"),
    ]
    for second in ("second", "first's other store"):
        for looks in ([], [(second, "read", "a"), (second, "subscribe", 0)]):
            yield [
                ("first", "append", "a", ONE, -1),
                *looks,
                ("first", "append", "a", BATCH, 0),
                (second, "append", "a", ONE, 3),
                ("first", "append", "b", ONE, -1),
                ("first", "append", "a", ONE, 4),
                (second, "append", "b", ONE, 0),
                ("first", "read", "a"),
                (second, "read", "a"),
                (second, "subscribe", 0),
                ("first", "append", "a", ONE, 5),
                (second, "read", "a"),
                (second, "subscribe", 0),
                ("first", "subscribe", 0),
            ]
        yield [
            (second, "open"),
            ("first", "append", "a", ONE, -1),
            (second, "append", "a", ONE, -1),
            (second, "append", "a", ONE, 0),
        ]
    yield [
        ("first", "append", "a", BATCH, -1),
        ("first", "append", "b", ONE, -1),
        ("crash",),
        ("later", "append", "a", ONE, 1),
        ("later", "append", "a", ONE, 2),
        ("later", "append", "b", ONE, 0),
        ("later", "read", "a"),
        ("later", "poll"),
    ]
    yield [
        ("second", "read", "a"),
        ("second", "subscribe", 0),
        ("first", "append", "a", ONE, -1),
        ("second", "read", "a"),
        ("second", "subscribe", 0),
    ]
    opens = ("first", "open")
    for moment in range(1, 1 + min(counted([opens]), MOMENTS)):
        yield [
            ("before", moment, opens, [("crash",)]),
            ("again", "append", "a", ONE, -1),
            ("again", "read", "a"),
        ]
        yield [
            ("before", moment, opens, [("second", "append", "a", ONE, -1)]),
            ("first", "append", "b", ONE, -1),
            ("first", "subscribe", 0),
        ]
    for seed in range(8):
        yield turns(Random(f"turns {seed}"))


def turns(random: Random) -> list:
    """Some calls of two processes, at any versions."""
    run = []
    for _ in range(14):
        who, stream = random.choice(["first", "second"]), random.choice("aab")
        match random.randrange(6):
            case 0:
                run.append((who, "read", stream))
            case 1:
                run.append((who, "poll"))
            case 2 if random.random() < 0.3:
                run.append(("crash",))
            case _:
                events = [{"n": len(run)}, {"n": -1}][: random.choice([1, 1, 2])]
                run.append((who, "append", stream, events, random.randrange(-1, 4)))
    return [*run, ("crash",), *(("later", "read", stream) for stream in "ab"), ("later", "poll")]


def moments(counted: Counted, setup: list, call: tuple) -> range:
    """The moments just before each statement of a call."""
    return range(1, 1 + min(counted([*setup, call]), MOMENTS))


LARGE = ("first", "append", "a", 250, 0)
NEW, BEGUN = [], [("first", "append", "a", ONE, -1)]


def all_or_nothing(counted: Counted) -> Iterator[list]:
    """A crash before each statement, and somebody who reads there."""
    looks = [("read", "a"), ("subscribe", 0)]
    for setup in (BEGUN, NEW):
        append = ("first", "append", "a", BATCH, 0 if setup else -1)
        for moment in moments(counted, setup, append):
            yield [
                *setup,
                ("before", moment, append, [("crash",)]),
                *(("later", *look) for look in looks),
                ("later", "append", "c", ONE, -1),
                ("later", "subscribe", 0),
            ]
    for moment in moments(counted, setup, append):
        yield [
            ("second", "open"),
            *setup,
            ("before", moment, append, [("second", *look) for look in looks]),
            *(("later", *look) for look in looks),
        ]
    # More than SQLite keeps in memory before it writes to the file.
    commit = counted([*BEGUN, LARGE])
    yield [*BEGUN, ("before", commit, LARGE, [("crash",)]), ("later", "read", "a")]


def errors(counted: Counted) -> Iterator[list]:
    """Each statement fails; and so does what is no statement."""
    # A process has read before: how a store opens its file is its own affair.
    for setup, version in ((BEGUN, 0), ([("first", "read", "a")], -1)):
        append = ("first", "append", "a", BATCH, version)
        after = [append, ("first", "read", "a"), ("first", "subscribe", 0)]
        other = ("second", "append", "c", ONE, -1)
        for moment in moments(counted, setup, append):
            yield [*setup, ("before", moment, append, [("error",)]), append, other, *after[1:]]
            if version == 0:
                yield [*setup, ("before", moment, append, [("error", "rolled back")]), *after]
        yield [*setup, ("first", "append", "a", [{"n": 1}, {"n": UNSTORABLE}], version), *after]
        yield [*setup, ("first", "append", "a", ONE, version + 1), *after]
    for look in (("first", "read", "a"), ("first", "subscribe", 0)):
        for moment in moments(counted, BEGUN, look):
            yield [*BEGUN, ("before", moment, look, [("error",)]), look]
    commit = counted([*BEGUN, LARGE])
    yield [*BEGUN, ("before", commit, LARGE, [("error",)]), ("second", "read", "a")]
    for look in (("first", "read", "a"), ("first", "subscribe", 0)):
        for moment in moments(counted, BEGUN, look):
            yield [*BEGUN, ("before", moment, look, [("error",)]), look, append]


def racing_writers(counted: Counted) -> Iterator[list]:
    """Two and three writers who know the same version; the others come before each statement."""
    end = [("crash",), ("later", "read", "a"), ("later", "subscribe", 0)]
    for setup in (BEGUN, NEW):
        version = 0 if setup else -1
        append = ("first", "append", "a", [{"by": "first"}], version)
        other = ("second", "append", "a", [{"by": "second"}], version)
        third = ("third", "append", "a", [{"by": "third"}], version + 1)
        for moment in moments(counted, setup, append):
            yield [*setup, ("second", "open"), ("before", moment, append, [other]), *end]
            if setup:
                yield [*setup, ("before", moment, append, [other, third]), *end]
    for moment in moments(counted, BEGUN, append := ("first", "append", "a", [{"n": 2}], 0)):
        elsewhere = ("second", "append", "b", ONE, -1)
        yield [*BEGUN, ("second", "open"), ("before", moment, append, [elsewhere]), *end]
    append, other = ("first", "append", "a", ONE, -1), ("second", "append", "a", [{"n": 2}], -1)
    third = ("third", "append", "a", [{"by": "third"}], -1)
    for moment in range(2, 1 + min(counted([append]), 6)):
        inside = [("before", moment, other, [third])]
        yield [("before", 2, append, inside), *end]


def nothing_passed_over(counted: Counted) -> Iterator[list]:
    """A subscriber polls before each statement, where another stream's writer has just come."""
    for setup in (BEGUN, NEW):
        append = ("first", "append", "a", [{"n": 2}], 0 if setup else -1)
        other = ("second", "append", "d", ONE, -1)
        inside = [other] if setup else [other, ("third", "append", "e", ONE, -1)]
        for moment in moments(counted, setup, append):
            yield [
                *setup,
                ("second", "open"),
                ("reader", "open"),
                ("before", moment, append, [*inside, ("reader", "poll")]),
                ("reader", "poll"),
                ("later", "subscribe", 0),
            ]


# The same steps without what is looked for: a run says nothing where these don't stand.


def alone(steps: list) -> list:
    """All steps in one process, which ends after them."""
    return [("first", *step[1:]) for step in undisturbed(steps)]


def undisturbed(steps: list) -> list:
    """No step comes between another one's statements, and what fails or crashes was never begun."""
    found = []
    for step in steps:
        match step:
            case ("before", _, call, inside):
                found += undisturbed(inside)
                if not any(each[0] in ("crash", "error") for each in inside):
                    found.append(call)
            case (_, _, *_):
                found.append(step)
    return found


def faultless(steps: list) -> list:
    """Without what fails, and without the attempts that must be refused."""
    return unattempted(
        [
            step
            for step in undisturbed(steps)
            if step[1] != "append" or UNSTORABLE not in str(step[3])
        ]
    )


def unattempted(steps: list) -> list:
    """Without the attempt at a wrong version."""
    versions, found = {}, []
    for step in steps:
        match step:
            case (_, "append", stream, events, expected):
                if events and expected == versions.get(stream, -1):
                    versions[stream] = expected + (
                        events if isinstance(events, int) else len(events)
                    )
                    found.append(step)
            case _:
                found.append(step)
    return found


def unsubscribed(steps: list) -> list:
    """Without those who subscribe."""
    return [step for step in steps if step[1] not in ("subscribe", "poll")]
