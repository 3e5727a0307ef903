"""What was acknowledged is there: stores opened, closed and dropped in any order, by threads,
processes and forks.
"""

import json
import multiprocessing
import os
import random
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dslab.events import EventStore
from tests.events.actor import THREADS, append, storm

ROOT = Path(__file__).parents[2]


class Actor:
    """Another process, which does one command after the other."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.events.actor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def begin(self, thread, verb, path, *rest):
        self.process.stdin.write(json.dumps([thread, verb, str(path), *rest]) + "\n")
        self.process.stdin.flush()

    def reply(self) -> list[list]:
        answer = json.loads(self.process.stdout.readline())
        assert isinstance(answer, list), answer
        return answer

    def do(self, *command) -> list[list]:
        self.begin(*command)
        return self.reply()


@pytest.fixture
def actors():
    actors = [Actor() for _ in range(2)]
    yield actors
    for actor in actors:
        actor.process.communicate()


def lost(path, acknowledged) -> list:
    """The acknowledged events that are not where they were said to be."""
    with EventStore(path) as store:
        there = {event.id: event for event in store.read_all()}
    return [
        [position, stream, version, id]
        for position, stream, version, id in acknowledged
        if id not in there
        or (there[id].position, there[id].stream, there[id].version) != (position, stream, version)
    ]


def assert_whole(path, acknowledged):
    assert not (gone := lost(path, acknowledged)), f"{len(gone)} of {len(acknowledged)} are gone"
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("SELECT count(*) FROM event").fetchone() == (len(acknowledged),)
    database.close()


def test_a_cell_that_is_run_again_loses_nothing(tmp_path, actors):
    path, (here, there, *_) = tmp_path / "bank.db", actors
    here.do(0, "open", path, 0)
    here.do(0, "open", path, 0)
    acknowledged = here.do(0, "append", path, 0, "a", 3)
    for _ in range(3):
        there.do(0, "open", path, 0)
        acknowledged += there.do(0, "append", path, 0, "a", 1)
        there.do(0, "close", path, 0)
        acknowledged += here.do(0, "append", path, 0, "a", 1)
    assert [version for _, _, version, _ in acknowledged] == list(range(9))
    assert_whole(path, acknowledged)


@pytest.mark.parametrize("seed", range(6))
def test_stores_opened_and_closed_in_any_order_lose_nothing(tmp_path, actors, seed):
    """One step after the other, so that a seed is always the same run."""
    path, chance, acknowledged = tmp_path / "bank.db", random.Random(seed), []
    verbs = ["open", "close", "append", "append"]
    for _ in range(150):
        actor, thread, slot = chance.choice(actors), chance.randrange(THREADS), chance.randrange(2)
        verb = chance.choice(verbs)
        rest = (f"s{chance.randrange(2)}", chance.randrange(1, 3)) if verb == "append" else ()
        acknowledged += actor.do(thread, verb, path, slot, *rest)
    assert len(acknowledged) > 20
    assert_whole(path, acknowledged)


@pytest.mark.parametrize("seed", range(2))
def test_a_storm_of_threads_and_processes_loses_nothing(tmp_path, actors, seed):
    path, count = tmp_path / "bank.db", 40
    crowd = [(actor, thread) for actor in actors for thread in range(THREADS)]
    for place, (actor, thread) in enumerate(crowd):
        actor.begin(thread, "storm", path, 0, 100 * seed + place, count)
    acknowledged = [event for actor, _ in crowd for event in actor.reply()]
    assert len(acknowledged) == count * len(crowd)
    assert_whole(path, acknowledged)


def go_on(store, path, pipe):
    store = store or EventStore(path)
    while (stream := pipe.recv()) is not None:
        pipe.send(append(store, stream, 1))
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a fork is a thing of POSIX systems")
@pytest.mark.parametrize("inherited", [True, False], ids=["inherited", "its own"])
def test_a_forked_child_loses_nothing(tmp_path, actors, inherited):
    path, other = tmp_path / "bank.db", actors[0]
    store = EventStore(path)
    acknowledged = append(store, "a", 2)
    pipe, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(
        target=go_on, args=(store if inherited else None, path, theirs)
    )
    child.start()
    for turn in range(3):
        pipe.send("a")
        acknowledged += pipe.recv()
        acknowledged += append(store, "a", 1) if turn == 0 else []
        store.close()
        other.do(0, "open", path, 0)
        acknowledged += other.do(0, "append", path, 0, "a", 1)
        other.do(0, "close", path, 0)
    pipe.send(None)
    child.join()
    assert [version for _, _, version, _ in acknowledged] == list(range(9))
    assert_whole(path, acknowledged)


def test_a_fork_waits_for_the_append_of_another_thread(tmp_path):
    """A child made in the middle of one would have half of it, and a lock that nobody opens."""
    store, path = EventStore(tmp_path / "bank.db"), tmp_path / "bank.db"
    with ThreadPoolExecutor(2) as pool:
        writing = [pool.submit(storm, str(path), seed, 30) for seed in (1, 2)]
        shared = pool.submit(lambda: [append(store, "a", 1) for _ in range(30)])
        for _ in range(10):
            child = multiprocessing.get_context("fork").Process(target=os._exit, args=(len(store),))
            child.start()
            child.join()
            assert child.exitcode >= 0
        acknowledged = [event for part in writing for event in part.result()]
        acknowledged += [event for part in shared.result() for event in part]
    assert_whole(path, acknowledged)
