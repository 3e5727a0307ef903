"""The same scenario under thousands of seeds.

    def run(seed):
        cluster = Cluster(Raft, 5, seed=seed, loss=0.1)
        …
        return linearizable(cluster.history)

    sweep(run, seeds=range(10_000))
    sweep(Scenario.read("swizzle.toml"), seeds=range(10_000))

It runs on any `concurrent.futures.Executor`: on a pool of processes where nothing is said, and on a
Dask cluster with `sweep(run, executor=client.get_executor())`. Interrupted, it gives what it has.
"""

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from itertools import islice
from pickle import PicklingError
from typing import Any

from dslab.errors import DslabError
from dslab.verdict import Verdict

__all__ = ["Failed", "Sweep", "sweep"]

#: Seconds between two looks at whether somebody has interrupted.
LOOK = 0.2


class Failed:
    """A run that raised: the error in words."""

    word = "raised"

    def __init__(self, error: str):
        self.error = error

    def __bool__(self):
        return False

    def __eq__(self, other):
        return isinstance(other, Failed) and self.error == other.error

    def __repr__(self):
        return f"raised {self.error}"


class Sweep:
    """What the runs gave, by seed, in the order of the seeds.

    results      seed → what the run gave: a Verdict, a number, whatever it returns; a Failed where
                 it raised.
    wanted       how many seeds were asked for.
    interrupted  whether it was ended before all were run.
    """

    def __init__(self, results: dict[Any, Any], wanted: int, interrupted: bool):
        self.results, self.wanted, self.interrupted = results, wanted, interrupted

    @property
    def counts(self) -> Counter:
        """How many runs gave what: a verdict's word, or the value itself."""
        return Counter(_word(result) for result in self.results.values())

    @property
    def failures(self) -> dict[Any, Any]:
        """The runs whose verdict is violated, and those that raised, by seed."""
        return {
            seed: result
            for seed, result in self.results.items()
            if _word(result) in ("violated", "raised")
        }

    def __len__(self):
        return len(self.results)

    def __getitem__(self, seed):
        return self.results[seed]

    def __repr__(self):
        lines = [
            f"{len(self):,} of {self.wanted:,} seeds"
            + (", interrupted" if self.interrupted else "")
            + ": "
            + (
                ", ".join(f"{count:,} {word}" for word, count in self.counts.most_common(8))
                or "nothing was run"
            )
        ]
        lines += [
            f"  seed {seed}: {result.sentence if isinstance(result, Verdict) else result}"
            for seed, result in islice(self.failures.items(), 5)
        ]
        more = len(self.failures) - 5
        return "\n".join(lines + ([f"  and {more:,} more"] if more > 0 else []))


def sweep(
    run: Callable[[Any], Any],
    seeds: Iterable[Any] = range(1000),
    *,
    executor: Executor | None = None,
    chunk: int | None = None,
) -> Sweep:
    """`run(seed)` for each of `seeds`. A run that raises is counted and told, and the others go on.

    run       a function of a seed, or a `dslab.scenario.file.Scenario`.
    executor  where to run; a pool with a process for each core, made for this sweep, where none is
              given.
    chunk     how many seeds one task takes; few enough by default that a hundred tasks share the
              work.

    Raises DslabError where `run` can't be sent to another process.
    """
    seeds = list(seeds)
    if len(set(seeds)) < len(seeds):
        raise DslabError(
            "a seed stands twice among the seeds: the same run would be counted twice."
        )
    chunk = chunk or max(1, min(100, len(seeds) // 100))
    if executor is not None:
        return _swept(run, seeds, executor, chunk, cancel=True)
    with _pool() as own:
        # Its processes are ended instead: a pool that finds them dead stumbles over tasks that are
        # cancelled already.
        found = _swept(run, seeds, own, chunk, cancel=False)
        if found.interrupted:
            _end(own)
        return found


def _swept(run, seeds, executor, chunk, cancel) -> Sweep:
    found, interrupted = {}, False
    rest, tasks = _chunks(seeds, chunk), set()
    bar = _bar(len(seeds))
    try:
        with _interrupts(executor) as asked:
            while not asked.is_set():
                # No more tasks wait than keep the workers busy, so that an interrupt has little to
                # take back.
                tasks |= {
                    executor.submit(_several, run, part)
                    for part in islice(rest, 4 * (os.cpu_count() or 1) - len(tasks))
                }
                if not tasks:
                    break
                done, tasks = wait(tasks, timeout=LOOK, return_when=FIRST_COMPLETED)
                for task in done:
                    results = _result(task)
                    found.update(results)
                    bar.update(len(results))
            interrupted = asked.is_set() and len(found) < len(seeds)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        for task in tasks if cancel else ():
            task.cancel()
        bar.close()
    return Sweep({seed: found[seed] for seed in seeds if seed in found}, len(seeds), interrupted)


@contextmanager
def _interrupts(executor) -> Iterator[threading.Event]:
    """Whether somebody asked to end, as an Event, in place of a KeyboardInterrupt: raised while
    futures are being locked, that would leave them locked, and the pool would wait for them for
    ever. A second interrupt is a KeyboardInterrupt again.
    """
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if (
        isinstance(executor, _Here)
        or not callable(before)
        or threading.current_thread() is not threading.main_thread()
    ):
        yield asked
        return

    def ask(*_):
        signal.signal(signal.SIGINT, before)
        asked.set()

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _result(task: Future) -> list[tuple]:
    try:
        return task.result()
    except (PicklingError, AttributeError, TypeError) as error:
        raise DslabError(
            "this scenario, or what it returns, can't be sent to another process "
            f"({error}): define the function in a module, "
            "or at the top of a notebook."
        ) from None


def _several(run, seeds) -> list[tuple]:
    found = []
    for seed in seeds:
        try:
            found.append((seed, run(seed)))
        except Exception as error:
            found.append((seed, Failed(f"{type(error).__name__}: {error}")))
    return found


def _chunks(seeds: list, size: int) -> Iterator[list]:
    for place in range(0, len(seeds), size):
        yield seeds[place : place + size]


def _pool() -> Executor:
    if sys.platform == "emscripten":
        return _Here()  # A browser's Python has no processes.
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(initializer=_leave_interrupts_to_the_parent)


def _end(pool) -> None:
    """Don't wait for runs that nobody wants any more."""
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.terminate()
    pool.shutdown(wait=False, cancel_futures=True)


def _leave_interrupts_to_the_parent():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Here(Executor):
    """Runs each task at once, in this process."""

    def submit(self, function, /, *args, **more):
        task = Future()
        task.set_result(function(*args, **more))
        return task


class _NoBar:
    def update(self, _): ...
    def close(self): ...


def _bar(total: int):
    try:
        from tqdm import tqdm
    except ImportError:  # The book's environment has it; another may not.
        return _NoBar()
    return tqdm(total=total, unit="run", leave=False, disable=None)


def _word(result) -> Any:
    if isinstance(result, (Verdict, Failed)):
        return result.word
    try:
        hash(result)
    except TypeError:
        return repr(result)
    return result
