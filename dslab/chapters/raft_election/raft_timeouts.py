"""12.3 Election timeouts for a wide-area cluster: five nodes, 50 to 70 ms apart each way, one
message in a hundred lost.
"""

from dslab.learn.exercise import Broken, Exercise, Property
from dslab.protocols.raft import AppendEntries, Raft
from dslab.sim import Cluster

__all__ = ["exercise", "wide_area"]

SEEDS, QUIET, FAILOVER, MESSAGES = range(10), 20_000, 2_500, 40


def wide_area(settings: dict, seed: int) -> Cluster:
    """A wide-area cluster with these settings, run until it has had time to elect a leader."""
    low, high = settings["election"]

    class WideArea(Raft):
        election_timeout = low, high
        heartbeat = settings["heartbeat"]

    return Cluster(WideArea, 5, seed=seed, delay=(50, 70), loss=0.01, clients=0, strict=False).run(
        4 * high
    )


def leaders(cluster) -> list[str]:
    return [
        name for name, node in cluster.nodes.items() if node is not None and node.role == "leader"
    ]


def is_settings(settings) -> str | None:
    try:
        low, high = settings["election"]
        fine = 0 < low <= high <= 60_000 and 0 < settings["heartbeat"] <= 60_000
    except (TypeError, KeyError, ValueError):
        fine = False
    return (
        None
        if fine
        else 'This exercise takes {"election": (low, high), "heartbeat": ms}, all in '
        "milliseconds, from 1 to 60,000."
    )


def elected(settings, seed) -> Cluster:
    cluster = wide_area(settings, seed)
    if not leaders(cluster):
        raise Broken(
            f"With seed {seed} nobody leads after {cluster.now:.0f} ms.",
            expected="a leader",
            got="none",
        )
    return cluster


def quiet(settings):
    for seed in SEEDS:
        cluster = elected(settings, seed)
        before = cluster.trace.count("fire", "ElectionTimeout")
        false = cluster.run(QUIET).trace.count("fire", "ElectionTimeout") - before
        if false:
            raise Broken(
                f"With seed {seed} all nodes are up, and an election timeout runs out "
                f"{false} times in {QUIET // 1000} s.",
                expected="0 elections while the leader is alive",
                got=f"{false}",
            )
    return {"simulated seconds": len(SEEDS) * QUIET // 1000}


def quick(settings):
    late = []
    for seed in SEEDS:
        cluster = elected(settings, seed)
        cluster.crash(*leaders(cluster))
        cluster.run(FAILOVER)
        if not leaders(cluster):
            late.append(seed)
    if len(late) > 1:
        raise Broken(
            f"In {len(late)} of {len(SEEDS)} runs there is no new leader {FAILOVER:,} ms "
            f"after the old one crashed (seeds {', '.join(map(str, late))}).",
            expected=f"a new leader within {FAILOVER:,} ms in 9 of 10 runs",
            got=f"{len(SEEDS) - len(late)} of {len(SEEDS)}",
        )


def cheap(settings):
    cluster = elected(settings, 0)
    before = cluster.trace.count("send", AppendEntries.__name__)
    rate = (cluster.run(10_000).trace.count("send", AppendEntries.__name__) - before) / 10
    if rate > MESSAGES:
        raise Broken(
            f"An idle leader sends {rate:.0f} heartbeats a second.",
            expected=f"at most {MESSAGES}",
            got=f"{rate:.0f}",
        )


exercise = Exercise(
    "raft-timeouts",
    "12.3 Timeouts for a wide-area cluster",
    "TUNE",
    1,
    (
        Property(
            "quiet",
            "No election while the leader is alive: 20 s in each of 10 runs.",
            2,
            "A follower must be able to miss a heartbeat or two, and a heartbeat "
            "takes up to 70 ms to arrive.",
            quiet,
        ),
        Property(
            "quick",
            f"A new leader within {FAILOVER:,} ms of a crash, in 9 of 10 runs.",
            2,
            "Detection takes up to the greatest timeout, an election one round trip, "
            "and a split vote another timeout.",
            quick,
        ),
        Property(
            "cheap",
            f"At most {MESSAGES} heartbeats a second from an idle leader.",
            1,
            "Four followers: how many beats a second is that?",
            cheap,
        ),
    ),
    is_settings,
)
