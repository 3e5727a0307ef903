"""18.1 An event store on SQLite. Runs are played where the store is, and judged here by a model."""

from collections.abc import Callable, Iterator

from dslab.chapters.event_store import experiments, runs
from dslab.chapters.event_store.experiments import EXPERIMENTS
from dslab.chapters.event_store.model import Deviation, judged, sentences, statements_of
from dslab.chapters.event_store.mutants import STORES
from dslab.learn.exercise import Broken, Exercise, Property, Told

__all__ = ["exercise"]

#: How many shorter runs are tried before the shortest that was found is shown.
TRIES = 120


def is_store(submission):
    if not callable(submission):
        return (
            "This exercise takes a class with append, read and subscribe, but got "
            f"{submission!r:.80}."
        )
    return None


def played(store_class, steps) -> list[dict]:
    """What comes of a run, played where the submission is."""
    in_child = getattr(store_class, "experiment_in_child", None)
    return (
        in_child(experiments.__name__, "plays", [], [[steps]])
        if in_child
        else EXPERIMENTS["plays"](store_class, [steps])
    )[0]


def searched(family: Callable, without: Callable | None = None, other: str = "") -> Callable:
    """The test of a property: no run of a family deviates from the model.

    without  makes of a run the same one without what the family looks for. A run counts only where
             that one stands, so that a rule is told where it is broken and not where it shows.
    """

    def test(store_class):
        if without and (deviation := deviates(store_class, runs.BASIC)):
            raise broken(store_class, *shortest(store_class, runs.BASIC, deviation))
        looked = {"runs": 0, "statements": 0}

        def counted(steps):
            count = statements_of(played(store_class, steps))
            if not count and steps[-1][1] == "append":
                raise Broken(
                    "Your append made no statement that the grader could see.",
                    expected="a connection from sqlite3.connect(path)",
                )
            return count

        def counts(steps):
            deviation = deviates(store_class, steps)
            if not deviation or deviation.kind == other:
                return False
            return not (without and deviates(store_class, without(steps)))

        for steps in family(counted):
            outcomes = played(store_class, steps)
            looked["runs"] += 1
            looked["statements"] += sum(each.get("statements", 0) for each in outcomes)
            if (deviation := judged(outcomes)) and counts(steps):
                raise broken(store_class, *shortest(store_class, steps, deviation, counts), looked)
        return looked

    return test


def deviates(store_class, steps) -> Deviation | None:
    """Where a run deviates from the model, if it does."""
    return judged(played(store_class, steps))


def broken(store_class, steps, deviation: Deviation, looked=None) -> Broken:
    """What a reader is told of a run that deviates."""
    return Broken(
        deviation.sentence,
        expected=deviation.expected,
        got=deviation.got,
        steps=steps,
        told=tuple(words(store_class, steps)),
        looked_at=looked,
    )


def words(store_class, steps) -> Iterator[str]:
    """A run in words, up to where it deviates."""
    outcomes = played(store_class, steps)
    yield from sentences(outcomes)
    if deviation := judged(outcomes):
        yield f"✗ {deviation.sentence}"


def shortest(store_class, steps, deviation: Deviation, counts=bool) -> tuple[list, Deviation]:
    """A run that deviates in the same way, of which nothing can be left out."""
    tries = iter(range(TRIES))
    again = True
    while again:
        again = False
        for shorter in shorter_than(steps):
            if next(tries, None) is None:
                return steps, deviation
            found = deviates(store_class, shorter)
            if found and found.kind == deviation.kind and counts(shorter):
                steps, deviation, again = shorter, found, True
                break
    return steps, deviation


def shorter_than(steps: list) -> Iterator[list]:
    """The run with something less, much of it first."""
    size = len(steps) // 2
    while size:
        for place in reversed(range(0, len(steps), size)):
            yield [*steps[:place], *steps[place + size :]]
        size //= 2
    for place, step in enumerate(steps):
        for less in less_than(step):
            yield [*steps[:place], less, *steps[place + 1 :]]


def less_than(step: tuple) -> Iterator[tuple]:
    """A step with something less in it."""
    match step:
        case ("before", moment, call, inside):
            yield tuple(call)
            if len(inside) > 1:
                for shorter in shorter_than(list(inside)):
                    yield ("before", moment, call, shorter)
            for less in less_than(tuple(call)):
                yield ("before", moment, less, inside)
        case (who, "append", stream, int(count), expected) if count > 1:
            yield (who, "append", stream, count // 2, expected)
        case (who, "append", stream, [_, _, *_] as events, expected):
            middle = len(events) // 2
            yield (who, "append", stream, events[:middle], expected)
            yield (who, "append", stream, events[middle:], expected)
            if len(events) == 3:
                yield (who, "append", stream, events[:2], expected)


def replay(store_class, steps) -> Told:
    """A run again, in words."""
    return Told(words(store_class, steps))


exercise = Exercise(
    "event-store",
    "18.1 An event store on SQLite",
    "CODE",
    2,
    (
        Property(
            "in-order",
            "A stream is read back as it was appended.",
            1,
            "One table: stream, version, data. ORDER BY version.",
            searched(runs.in_order),
        ),
        Property(
            "expected-version",
            "An append that expects another version is refused, and leaves nothing.",
            2,
            "Compare with max(version) of the stream, -1 for none, before you insert.",
            searched(runs.expected_version, runs.unattempted),
        ),
        Property(
            "subscription",
            "subscribe(after) hands out all later events once, in the one global order.",
            2,
            "INTEGER PRIMARY KEY AUTOINCREMENT is the position; WHERE position > ?.",
            searched(runs.subscription, runs.unsubscribed),
        ),
        Property(
            "durable",
            "An append that returned survives a crash.",
            1,
            "Commit before you return.",
            searched(runs.durable, runs.alone),
        ),
        Property(
            "shared-file",
            "Each process goes on from what is in the file, whoever appended it, and when.",
            1,
            "Ask the database for the version in each append; keep nothing in memory.",
            searched(runs.shared, runs.alone),
        ),
        Property(
            "all-or-nothing",
            "A crash in the middle of an append leaves nothing of it.",
            2,
            "One transaction for the whole append.",
            searched(runs.all_or_nothing, runs.undisturbed),
        ),
        Property(
            "errors",
            "An error is raised, leaves nothing of an append, and the next one works.",
            1,
            "Roll back on any error, also on one of the COMMIT, and raise it again.",
            searched(runs.errors, runs.faultless, other="accepted"),
        ),
        Property(
            "racing-writers",
            "Two writers who read the same version never both append.",
            2,
            "Take the write lock before you look at the version: BEGIN IMMEDIATE "
            "(sqlite3.connect(path, isolation_level=None)).",
            searched(runs.racing_writers, runs.undisturbed),
        ),
        Property(
            "nothing-passed-over",
            "A subscriber never passes over an event that is committed later.",
            1,
            "Let SQLite give out positions inside the transaction that holds the write lock.",
            searched(runs.nothing_passed_over, runs.undisturbed),
        ),
    ),
    is_store,
    STORES,
    replay,
)
