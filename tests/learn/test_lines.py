"""The steps that a report tells of a long run: those that hold the violation."""

from dslab.learn.lines import LINES, holding, numbered
from dslab.protocols.quorum_register import QuorumRegister
from dslab.protocols.raft import Raft
from dslab.run.trace import Trace
from dslab.sim import Cluster


def traced(*records) -> Trace:
    """A trace of n1, n2, n3 and c1; each record is (kind, place, ref, data)."""
    trace = Trace(("n1", "n2", "n3"), ("c1",))
    for number, (kind, place, ref, data) in enumerate(records):
        other = "n1" if kind in ("send", "deliver", "lose") else None
        trace.records.append((1000 * number, kind, place, other, ref, data, None))
    return trace


def test_a_short_run_is_told_whole():
    assert numbered(None, ("a", "b")) == ["1. a", "2. b"]
    assert numbered(traced(("start", "n1", None, None)), ("n1 starts",)) == ["1. n1 starts"]


def test_what_is_no_run_of_steps_is_told_from_its_end():
    reasons = tuple(map(str, range(1, 31)))
    assert numbered(None, reasons) == ["(18 steps left out)"] + [
        f"{number}. {number}" for number in range(19, 31)
    ]
    assert numbered(traced(("mark", None, None, "over")), reasons)[1:] == [
        f"{number}. {number}" for number in range(19, 31)
    ]


def test_causes_are_told_and_what_could_not_influence_the_end_is_not():
    noise = [("fire", "n3", None, "Tick")] * 40
    run = traced(
        ("start", "n1", None, None),  # 0
        ("fire", "n2", None, "Cause"),  # 1
        ("crash", "n3", None, None),  # 2
        *noise,  # 3 to 42
        ("send", "n1", None, "m"),  # 43, a step of its own here
        *noise,  # 44 to 83
        ("deliver", "n2", 43, None),  # 84
        ("mark", None, None, "two leaders"),  # 85
    )
    told = holding(run, 6)
    assert {1, 2, 43, 84, 85} <= set(told) and told == sorted(told) and len(told) == 6
    assert 0 not in holding(run, LINES)


def test_what_clients_saw_comes_before_the_handlers():
    cluster = Cluster(QuorumRegister, 3, clients=1, seed=1)
    client = cluster.client("c1")
    for number in range(3):
        cluster.run(until=client.write("x", number))
    cluster.record("mark", data="the rule is broken")
    reasons = tuple(cluster.trace.sentences())
    lines = numbered(cluster.trace, reasons)
    assert len(lines) == LINES + 1 and len(reasons) > LINES
    assert lines[0] == f"({len(reasons) - LINES} steps left out)"
    assert sum("c1 calls write" in line for line in lines) == 3
    assert sum("c1's write returns" in line for line in lines) == 3
    assert "the rule is broken" in lines[-1] and lines[-1].startswith(f"{len(reasons)}. ")
    assert not any(" starts" in line for line in lines)


def test_a_leader_s_long_run_ends_in_a_dozen_lines():
    cluster = Cluster(Raft, 5, seed=3, clients=0).run(3000)
    assert len(holding(cluster.trace, LINES)) == LINES
