"""Chapter 03: one register, twice; three stores that claim to be CA; twelve claims."""

from itertools import permutations

from dslab.chapters.cap.claims import CLAIMS
from dslab.check import linearizable
from dslab.errors import DslabError
from dslab.learn.answers import hunt, predict
from dslab.learn.grading import Broken, Exercise, Property, is_node, register
from dslab.node import Node
from dslab.sim import Cluster
from dslab.verdict import Verdict

__all__ = ["adversary", "perform"]

SEEDS, PATIENCE = range(8), 600
STEPS = ("write", "read", "partition", "heal", "wait", "crash", "restart")


def cluster_of(node_class, seed=0, **more) -> Cluster:
    return Cluster(node_class, 3, seed=seed, clients=3, strict=issubclass(node_class, Node), **more)


def perform(node_class, steps, title="") -> Cluster:
    """Run a written schedule on three nodes, one step after the other. A client stands beside each
    node and asks no other.

    ("write", "n1", 5), ("read", "n2"), ("partition", "n1", "n2 n3"), ("heal",), ("wait", 100),
    ("crash", "n1"), ("restart", "n1").
    """
    cluster = cluster_of(node_class, delay=(2, 4), title=title)
    for step in steps:
        verb, *rest = step
        match verb, len(rest):
            case ("write", 2) | ("read", 1):
                cluster.node_named(rest[0])
                client = cluster.client("c" + rest[0][1:])
                call = (
                    client.write("x", rest[1], to=rest[0], timeout=PATIENCE)
                    if verb == "write"
                    else client.read("x", to=rest[0], timeout=PATIENCE)
                )
                cluster.run(until=call).run(1)
            case ("partition", _) | ("crash", 1) | ("restart", 1):
                getattr(cluster, verb)(*rest)
            case ("heal", 0):
                cluster.heal()
            case ("wait", 1):
                cluster.run(rest[0])
            case _:
                raise DslabError(
                    f"{step!r} is no step: write one of {', '.join(STEPS)}, such as "
                    '("write", "n1", 5).'
                )
    return cluster


def judgement(cluster) -> tuple[str, str] | None:
    """Which of C and A a run breaks, and how: ("C", sentence), ("A", sentence), or None."""
    verdict = linearizable(cluster.history)
    if verdict.holds is False:
        return "C", verdict.sentence
    for op in cluster.history.operations:
        if op.outcome != "ok":
            return "A", f"“{op}”: a node that runs got a call and did not serve it."
    return None


def adversary(node_class) -> Verdict:
    """Look for the shortest schedule that costs a store its consistency or its availability: cut
    one node off, write here, read there, longer and longer.
    """
    tried = 0
    for length in (1, 2, 3):
        for alone in ("n1", "n2", "n3"):
            others = " ".join(name for name in ("n1", "n2", "n3") if name != alone)
            for calls in permutations(
                [
                    ("write", "n1", 1),
                    ("write", "n3", 2),
                    ("read", "n1"),
                    ("read", "n2"),
                    ("read", "n3"),
                ],
                length,
            ):
                steps = [("partition", alone, others), *calls]
                cluster = perform(node_class, steps, f"{node_class.__name__} against the adversary")
                tried += 1
                found = judgement(cluster)
                if found:
                    word = {"C": "not consistent", "A": "not available"}[found[0]]
                    return Verdict(
                        False,
                        "CA",
                        f"{node_class.__name__} is {word}. {found[1]}",
                        tuple(map(repr, steps)),
                        trace=cluster.trace,
                        explored={"schedules": tried},
                    )
    return Verdict(
        None,
        "CA",
        "None of these schedules broke it. Gilbert and Lynch say that one does: let the "
        "adversary try longer ones.",
        explored={"schedules": tried},
    )


# 03.1: the reader writes one register that refuses, and one that always answers.


def loaded(node_class, seed, *, partition=True) -> Cluster:
    """Three clients that read and write at random, each at its own node, with a partition in the
    middle.
    """
    cluster = cluster_of(node_class, seed, title=f"{node_class.__name__} under load, seed {seed}")
    numbers = iter(range(1, 10_000))

    def life(number):
        def script(cluster):
            me = cluster.client(f"c{number}")
            while True:
                yield cluster.after(10 + cluster.chance.random() * 40)
                if cluster.chance.random() < 0.5:
                    yield me.write("x", next(numbers), to=f"n{number}", timeout=PATIENCE)
                else:
                    yield me.read("x", to=f"n{number}", timeout=PATIENCE)

        return script

    def faults(cluster):
        yield cluster.after(300)
        alone = cluster.choose(cluster.names)
        cluster.partition(alone, [name for name in cluster.names if name != alone])
        yield cluster.after(700)
        cluster.heal()

    for number in (1, 2, 3):
        cluster.script(life(number))
    if partition:
        cluster.script(faults)
    return cluster.run(1500)


def serves(node_class):
    cluster = loaded(node_class, 0, partition=False)
    done = [op for op in cluster.history.operations if op.outcome == "ok"]
    asked = [op for op in cluster.history.operations if op.start < 900]
    if len(done) < len(asked) or len(asked) < 20:
        bad = next((op for op in asked if op.outcome != "ok"), None)
        raise Broken(
            f"With no fault at all, “{bad}” is not served."
            if bad
            else "Hardly any call comes to an end.",
            expected="every call is answered",
            got=f"{len(done)} of {len(cluster.history.operations)}",
            trace=cluster.trace,
        )


def agrees(node_class):
    counted = {"runs": 0, "calls": 0, "served": 0}
    for seed in SEEDS:
        cluster = loaded(node_class, seed)
        history = cluster.history
        verdict = linearizable(history)
        if not verdict:
            raise Broken(
                verdict.sentence,
                expected="one order that a single register would have answered",
                got="; ".join(str(op) for op in verdict.history.operations),
                trace=cluster.trace,
            )
        counted["runs"] += 1
        counted["calls"] += len(history)
        counted["served"] += sum(op.outcome == "ok" for op in history.operations)
    if counted["served"] < 50:
        raise Broken(
            f"Only {counted['served']} calls were ever served, so nothing was put to the test.",
            expected="a store that serves",
            got="silence",
        )
    return counted


def refuses(node_class):
    cluster = perform(
        node_class,
        [
            ("write", "n1", 1),
            ("wait", 100),
            ("partition", "n3", "n1 n2"),
            ("write", "n1", 2),
            ("read", "n3"),
        ],
    )
    last = cluster.history.operations[-1]
    if last.outcome == "ok" and last.result == 1 and cluster.history.operations[1].outcome == "ok":
        raise Broken(
            "n3 is cut off, n1 has acknowledged a newer write, and n3 still serves the old value.",
            expected="no answer, or a refusal",
            got=str(last),
            trace=cluster.trace,
        )
    serves(node_class)


def keeps(node_class):
    cluster = perform(
        node_class,
        [
            ("write", "n1", 7),
            ("wait", 200),
            *[("crash", name) for name in ("n1", "n2", "n3")],
            *[("restart", name) for name in ("n1", "n2", "n3")],
            ("wait", 400),
            ("read", "n1"),
        ],
    )
    first, last = cluster.history.operations
    if first.outcome != "ok" or last.outcome != "ok" or last.result != 7:
        raise Broken(
            "After all three nodes crashed and came back, the acknowledged write is not read.",
            expected="7",
            got=str(last),
            trace=cluster.trace,
        )


def answers_always(node_class):
    counted = {"calls during a partition": 0}
    for seed in SEEDS:
        cluster = loaded(node_class, seed)
        for op in cluster.history.operations:
            if op.start < 1500 - PATIENCE and op.outcome != "ok":
                raise Broken(
                    f"“{op}” is not served, although its node runs.",
                    expected="an answer from every node that runs",
                    got={"fail": "a refusal", "info": "no answer"}[op.outcome],
                    trace=cluster.trace,
                )
            counted["calls during a partition"] += 300 <= op.start < 1000
    if counted["calls during a partition"] < 50:
        raise Broken("Hardly any call was served.", expected="a store that serves", got="silence")
    return counted


def converges(node_class):
    cluster = perform(
        node_class,
        [
            ("partition", "n1", "n2 n3"),
            ("write", "n1", 1),
            ("write", "n2", 2),
            ("write", "n3", 3),
            ("heal",),
            ("wait", 1000),
            ("read", "n1"),
            ("read", "n2"),
            ("read", "n3"),
        ],
    )
    values = [op.result for op in cluster.history.operations[-3:]]
    if len(set(values)) > 1 or values[0] not in (1, 2, 3):
        raise Broken(
            "A second after the partition the nodes don't agree on a value that was written.",
            expected="the same value, one of 1, 2, 3",
            got=", ".join(map(str, values)),
            trace=cluster.trace,
        )


register(
    Exercise(
        "cap-cp",
        "03.1a A register that stays consistent",
        "CODE",
        2,
        (
            Property(
                "serves",
                "Without faults every call is served.",
                1,
                "Answer every Request with one Reply of the same id.",
                serves,
            ),
            Property(
                "agrees",
                "Under partitions every history is linearizable.",
                3,
                "A read must learn of every write that was acknowledged: let both meet "
                "in a majority. And let a reader write back what it found.",
                agrees,
            ),
            Property(
                "refuses",
                "A node that is cut off doesn't serve what may be old.",
                1,
                "Whom must n3 ask before it may answer?",
                refuses,
            ),
            Property(
                "keeps",
                "Acknowledged writes survive a crash of all nodes.",
                1,
                "Name the fields in `durable`.",
                keeps,
            ),
        ),
        is_node,
    )
)

register(
    Exercise(
        "cap-ap",
        "03.1b The same register, always available",
        "CODE",
        2,
        (
            Property(
                "serves",
                "Without faults every call is served.",
                1,
                "Answer every Request with one Reply of the same id.",
                serves,
            ),
            Property(
                "answers",
                "Every node that runs serves every call, cut off or not.",
                2,
                "Ask nobody before you answer.",
                answers_always,
            ),
            Property(
                "converges",
                "After the partition all nodes come to hold the same written value.",
                2,
                "Spread what you have, again and again, and let all nodes choose the "
                "same winner: compare (counter, node).",
                converges,
            ),
        ),
        is_node,
    )
)


# 03.2: the reader breaks what claims to be CA.


def breaks(node_class):
    def judge(steps):
        cluster = perform(node_class, [tuple(step) for step in steps])
        if judgement(cluster) is None:
            raise Broken(
                "This run is linearizable, and every call was served.",
                expected="a stale answer, or a call that is not served",
                got="; ".join(map(str, cluster.history.operations)) or "no calls",
                trace=cluster.trace,
            )

    return judge


hunt(
    "cap-ca",
    "03.2 Three stores that claim to be CA",
    2,
    [
        (
            name,
            f"Break {name}: {kind.__doc__.split(';')[0].split(',')[0].lower()}.",
            par,
            hint,
            breaks(kind),
        )
        for (name, kind), par, hint in zip(
            CLAIMS.items(),
            (3, 3, 2),
            (
                "Write on one side of a cut, read on the other.",
                "Let the primary give a backup up that is alive.",
                "When can it not have every copy?",
            ),
        )
    ],
)

predict(
    "cap-claims",
    "03.3 Twelve claims",
    1,
    [
        (
            "1",
            "Our database is CA.",
            "meaningless",
            "CA says what happens while there are no partitions, and every correct "
            "system has both then. It names no behaviour during one.",
        ),
        (
            "2",
            "During a partition, a linearizable register must leave some call to a "
            "running node unanswered.",
            "true",
            "That is the theorem (Gilbert and Lynch 2002): the table of replies at the "
            "start of the chapter has no clean row.",
        ),
        (
            "3",
            "A CP system is never available during a partition.",
            "false",
            "The majority side of the quorum register served its calls throughout. CAP's "
            "availability asks for every node, not for some.",
        ),
        (
            "4",
            "We are CAP compliant.",
            "meaningless",
            "CAP is an impossibility. There is nothing to comply with.",
        ),
        (
            "5",
            "Without a partition, a system can be linearizable and answer at every node.",
            "true",
            "Both stores of this chapter did, before the cut. What it costs then is "
            "latency: PACELC, chapter 05.",
        ),
        (
            "6",
            "CAP's consistency is the C of ACID.",
            "false",
            "CAP's C is linearizability of single objects. The C of ACID is the "
            "application's invariants.",
        ),
        (
            "7",
            "An AP system returns wrong data.",
            "false",
            "It may return old data, during a partition. Outside of one, the available "
            "register answered as the other did.",
        ),
        (
            "8",
            "Raft is CP, so all reads from a Raft-based store are linearizable.",
            "false",
            "Raft is an algorithm; the read path decides. The lab's etcd served a stale "
            "serializable read.",
        ),
        (
            "9",
            "Two of C, A and P can be chosen freely.",
            "false",
            "Partitions are not chosen: the network brings them. What is chosen is what "
            "to give up while they last.",
        ),
        (
            "10",
            "A long garbage collection can look like a partition to the other nodes.",
            "true",
            "A paused node answers nobody: the run with a pause has the same refusals.",
        ),
        (
            "11",
            "An eventually consistent store that is cut in two may lose an acknowledged "
            "write when it heals.",
            "true",
            "Of two concurrent writes, last-writer-wins keeps one: the chapter counted the others.",
        ),
        (
            "12",
            "DynamoDB is AP, since Dynamo was.",
            "false",
            "Dynamo (2007) and DynamoDB are different systems: DynamoDB replicates "
            "through a leader and offers strongly consistent reads per request.",
        ),
    ],
)
