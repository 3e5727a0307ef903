"""Grading mutants, each in a process of its own.

The grader's budgets count lines. Behind them stands a limit on a process's computing: what a mutant
does in C, or in a way that the budgets miss, ends it, and it counts as killed.
"""

import os
import pickle
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from multiprocessing import connection
from time import process_time
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.learn.exercise import Broken, Exercise, Property
from dslab.learn.grading import grade
from dslab.learn.kills.deriving import Mutant
from dslab.learn.kills.record import Record

__all__ = ["COMPUTING", "Trial", "costs_of", "each_apart", "trial_of", "tried"]

#: Seconds of computing that a mutant may take: a backstop, many times what a right answer takes.
COMPUTING = 120
#: Seconds after which one that does nothing at all is ended.
WAITING = 1800
NOTHING = Record({})


class Trial(NamedTuple):
    """How a mutant fared.

    told     what told it: the property that it breaks; "made", where it raises before it can be
             graded; "ended", where its process ended; "" where nothing did: it survives.
    known    whether it survives and is recorded as equivalent.
    differs  of a known one: how it differs from the answer, or "".
    right    whether the record's `right` says so; None where there is none.
    """

    mutant: Mutant
    told: str
    known: bool = False
    differs: str = ""
    right: bool | None = None

    @property
    def survives(self) -> bool:
        """Whether the grader takes it for right."""
        return not self.told

    @property
    def amiss(self) -> bool:
        """Whether it survives and nothing shows that it may, or is right and is told."""
        shown = bool(self.known and not self.differs or self.right)
        return self.survives != shown


def trial_of(
    exercise: Exercise, mutant: Mutant, record: Record, costs: Mapping[str, float] = {}
) -> Trial:
    """Grade a mutant here, and look at what is recorded of it."""
    told = tried(exercise, mutant.build, costs)
    trial = Trial(mutant, told)
    group = record.known.get(mutant.change)
    if group and not told:
        differs = group.shown(mutant.variant.build(), mutant.build()) or ""
        trial = trial._replace(known=True, differs=differs)
    if record.right and told != "made":
        trial = trial._replace(right=_says(record.right, mutant))
    return trial


def _says(right, mutant) -> bool:
    try:
        return bool(right(mutant.build()))
    except Exception:  # Of another kind than it asks for, for one.
        return False


def tried(exercise: Exercise, make: Callable[[], Any], costs: Mapping[str, float] = {}) -> str:
    """What tells a submission that `make` gives; see Trial.

    costs  what each property costs; the cheapest comes first, and what comes after the first that
           is broken is left out.
    """
    try:
        submission = make()
    except KeyboardInterrupt:
        raise
    except BaseException:  # A changed class may refuse to be made.
        return "made"
    broken = []
    properties = sorted(exercise.properties, key=lambda prop: round(costs.get(prop.id, 0), 1))
    graded = replace(exercise, properties=tuple(_until(broken, prop) for prop in properties))
    for result in grade(graded, submission).results:
        if not result.verdict.holds:
            return result.property.id
    return ""


def _until(broken: list, prop: Property) -> Property:
    """A property that isn't looked at once another is broken."""

    def test(submission):
        if broken:
            raise broken[0]
        try:
            return prop.test(submission)
        except BaseException as error:
            broken.append(Broken(str(error)))
            raise

    return replace(prop, test=test)


def costs_of(exercise: Exercise, submission: Any) -> dict[str, float]:
    """Seconds of computing that each property of a right answer takes. Raises DslabError where the
    answer isn't right.
    """
    costs = {}

    def timed(prop):
        def test(submission):
            begun = process_time()
            counted = prop.test(submission)
            costs[prop.id] = process_time() - begun
            return counted

        return replace(prop, test=test)

    graded = replace(exercise, properties=tuple(map(timed, exercise.properties)))
    report = grade(graded, submission)
    if not report.done:
        wrong = next(each for each in report.results if not each.verdict.holds)
        raise DslabError(
            f"the answer that mutants would be made of is itself wrong, {report.score} of "
            f"{exercise.points} points: {wrong.verdict.sentence}"
        )
    return costs


def each_apart(
    exercise: Exercise,
    mutants: Iterable[Mutant],
    record: Record = NOTHING,
    costs: Mapping[str, float] = {},
    jobs: int = 1,
    computing: int = COMPUTING,
) -> Iterator[Trial]:
    """A Trial of each mutant, in their order, at most `jobs` at a time. Raises DslabError where
    there is no way to fork.
    """
    if not hasattr(os, "fork"):
        raise DslabError("mutants are graded in processes of their own: this needs Linux or macOS.")
    waiting, running, ended, given = iter(enumerate(mutants)), {}, {}, 0
    try:
        while True:
            while len(running) < jobs and (one := next(waiting, None)) is not None:
                answer, child = _begin(exercise, one[1], record, costs, computing)
                running[answer] = *one, child
            if not running:
                return
            for answer in connection.wait([*running]):
                number, mutant, child = running.pop(answer)
                ended[number] = Trial(mutant, *_end(answer, child))
            while given in ended:
                yield ended.pop(given)
                given += 1
    finally:
        for answer, (*_, child) in running.items():
            _end(answer, child)


def _begin(exercise, mutant, record, costs, computing):
    answer, question = connection.Pipe(duplex=False)
    child = os.fork()
    if child:
        question.close()
        return answer, child
    try:  # In the child: nothing of the parent's is to run on, such as its `finally`.
        os.setpgid(0, 0)
        _limit(computing)
        _silence()
        trial = trial_of(exercise, mutant, record, costs)
        question.send_bytes(pickle.dumps(tuple(trial[1:])))
    finally:
        os._exit(0)


def _limit(computing):
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (computing, computing))
    signal.alarm(WAITING)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (4 * 1024**3, 4 * 1024**3))


def _silence():
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)


def _end(answer, child) -> tuple:
    try:
        told = pickle.loads(answer.recv_bytes()) if answer.poll() else ("ended",)
    except (EOFError, OSError):
        told = ("ended",)
    answer.close()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # And what it has started.
    with suppress(ChildProcessError):
        os.waitpid(child, 0)
    return told
