"""Sweeps: the same on every executor, whole or interrupted."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dslab.check import linearizable
from dslab.errors import DslabError
from dslab.protocols.primary_backup import NaiveFailover
from dslab.scenario import Scenario
from dslab.scenario.seeds import Failed, sweep
from dslab.sim import Cluster

ROOT = Path(__file__).parents[1]


def split(seed):
    """Two clients on the two sides of a cut: under some seeds, failover by suspicion alone answers
    with an old value.
    """
    cluster = Cluster(NaiveFailover, 3, seed=seed, clients=2, delay=(1, 2), strict=False)
    cluster.run(until=cluster.client("c1").write("x", 1, to="n1")).run(20)
    cluster.partition("n1 c1", "n2 n3 c2")
    cluster.run(300 + seed % 7)
    cluster.run(until=cluster.client("c2").write("x", 2, to="n2"))
    return linearizable(cluster.run(until=cluster.client("c1").read("x", to="n1")).history, "kv")


def squares(seed):
    if seed == 13:
        raise ValueError("thirteen")
    return seed * seed % 2


def test_every_executor_gives_the_same():
    seeds = range(12)
    with ThreadPoolExecutor(2) as threads:
        found = [sweep(split, seeds), sweep(split, seeds, executor=threads, chunk=5)]
    for each in found:
        assert list(each.results) == list(seeds) and not each.interrupted
        assert [verdict.sentence for verdict in each.results.values()] == [
            split(seed).sentence for seed in seeds
        ]
    assert found[0].failures and repr(found[0]) == repr(found[1])


def test_a_scenario_is_swept_as_it_is():
    scenario = Scenario(
        {
            "protocol": "naive-failover",
            "clients": 2,
            "duration": 1200,
            "workload": ["x"],
            "check": ["linearizable", "causal"],
            "step": [{"at": 100, "partition": ["n1 c1", "n2 n3 c2"]}],
        }
    )
    found = sweep(scenario, range(8))
    assert set(found.counts) == {"violated", "holds"} and all(
        verdict.holds is scenario.run(seed).holds and verdict.trace is None
        for seed, verdict in found.results.items()
    )
    for seed, verdict in found.failures.items():
        assert (
            verdict.sentence
            in [each.sentence for each in scenario.run(seed).verdicts if each.holds is False]
            and verdict.replay == f"scenario.run({seed})"
        )
    assert "nothing is demanded of this scenario" in repr(
        sweep(Scenario({"protocol": "raft", "duration": 9}), [1])
    )


def test_a_local_dask_cluster_runs_it_unchanged():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            host="127.0.0.1",
        ) as cluster,
        Client(cluster) as client,
    ):
        found = sweep(split, range(12), executor=client.get_executor())
    assert repr(found) == repr(sweep(split, range(12)))


def test_a_run_that_raises_is_counted_and_the_others_go_on():
    found = sweep(squares, range(20))
    assert found.counts == {0: 10, 1: 9, "raised": 1} and found[13] == Failed(
        "ValueError: thirteen"
    )
    assert (
        repr(found) == "20 of 20 seeds: 10 0, 9 1, 1 raised\n  seed 13: raised ValueError: thirteen"
    )


def test_no_seeds_is_no_run():
    assert repr(sweep(squares, [])) == "0 of 0 seeds: nothing was run"


def test_bad_input_is_told():
    with pytest.raises(DslabError, match="a seed stands twice"):
        sweep(squares, [1, 2, 1])
    with pytest.raises(DslabError, match="can't be sent to another process"):
        sweep(lambda seed: seed, range(3))


INTERRUPTED = """
import signal
# A shell that runs the tests in its background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
import dslab.scenario.seeds
from tests.test_sweep import Bar, slow
dslab.scenario.seeds._bar = lambda total: Bar()
found = dslab.scenario.seeds.sweep(slow, range(1000), chunk=1)
print(found.interrupted, 0 < len(found) < 1000, all(found[seed] == seed for seed in found.results))
"""


def slow(seed):
    """Done at once for the first seeds only."""
    if seed < 4:
        return seed
    signal.pause()


class Bar:
    """Tells when the sweep has what the first seeds gave."""

    done, told = 0, False

    def update(self, count):
        self.done += count
        if self.done == 4:
            os.write(1, b"running\n")
            Bar.told = True

    def close(self):
        pass


LOCKED = (
    """
import concurrent.futures._base as base
from tests.test_sweep import interrupting
base._AcquireFutures.__enter__ = interrupting
"""
    + INTERRUPTED
)


def interrupting(futures):
    """As in the library, with an interrupt between two locks once the first seeds are done."""
    for future in futures.futures:
        future._condition.acquire()
        if Bar.told:
            os.kill(os.getpid(), signal.SIGINT)
            Bar.told = False


@pytest.mark.parametrize("code, from_outside", [(INTERRUPTED, True), (LOCKED, False)])
def test_interrupted_it_keeps_what_it_has(code, from_outside):
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    try:
        assert child.stdout.readline() == "running\n"
        if from_outside:
            os.kill(child.pid, signal.SIGINT)
        out, err = child.communicate()
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    assert "True True True" in out and "Traceback" not in err
