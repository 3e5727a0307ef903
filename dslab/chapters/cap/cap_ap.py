"""03.1b The same register, always available: each node answers, cut off or not."""

from dslab.chapters.cap.registers import (
    ROUNDS,
    THREE,
    begun,
    next_value,
    served_in_peace_or_old,
    writes_and_reads,
)
from dslab.learn.call_search import CallSearch
from dslab.learn.exercise import Exercise, is_node
from dslab.learn.moves import Plan, Rule

__all__ = ["exercise"]

#: A value that nobody else writes.
OWN = 77


def calls(scene):
    """Calls anywhere; then all that is on its way arrives, or is lost; timers run out."""
    writes, reads = writes_and_reads(scene)
    if writes + reads < 4:
        for node in scene.names:
            yield begun(("write", node, next_value(scene)))
            if writes and not reads:
                yield _read_and_write(node)
    if scene.mail:
        yield lambda scene: scene.settle(*scene.names)
    if writes:
        yield _lost_rounds
        yield lambda scene: scene.tick(*scene.names).settle(*scene.names)
        yield lambda scene: scene.tick("n1", "n2").settle("n1", "n2")


def _read_and_write(node):
    """Whoever writes knows what was there."""

    def both(scene):
        scene.perform(("read", node))
        scene.perform(("write", node, next_value(scene)))

    return both


def _lost_rounds(scene):
    """Timers run out in a cut: nothing of what they send arrives, nor what was on its way."""
    scene.tick(*scene.names)
    for sender, to, _ in list(scene.mail):
        scene.perform(("drop", sender, to))


def with_crashes(scene):
    """Writes, and nodes that crash and come back."""
    writes, _ = writes_and_reads(scene)
    if writes < 3:
        for node in scene.names[:2]:
            yield begun(("write", node, next_value(scene)))
    if writes and not any(step[0] == "crash" for step in scene.steps):
        yield lambda scene: scene.bounce(*scene.names)
        yield lambda scene: scene.bounce("n1")
    if writes:
        yield lambda scene: scene.tick(*scene.names).settle(*scene.names)
        yield _lost_rounds


def answers_alone(scene):
    """The rule that a node which hears from nobody serves what it is asked, with its last write."""
    before = len(scene.answers)
    for step in (("write", "n1", OWN), ("read", "n1")):
        scene.perform(step)
        for _ in range(ROUNDS):
            if not any(call.node == "n1" for call in scene.open):
                break
            scene.tick("n1")
    calls = [*scene.answers[before:], *((call, None) for call in scene.open if call.node == "n1")]
    for call, reply in calls:
        if reply is None or reply.error is not None:
            return _not_served(call, reply)
    read = scene.answers[-1].reply.value
    if read != OWN:
        return lambda: (
            f"n1 hears from nobody, serves c1's write of {OWN}, and then reads {read}.",
            str(OWN),
            str(read),
        )
    return None


def _not_served(call, reply):
    how = "is not answered" if reply is None else f"is refused ({reply.error})"
    return lambda: (
        f"{call.client}'s {call.request.f} at {call.node} {how}, although {call.node} runs.",
        "an answer from every node that runs",
        "no answer" if reply is None else "a refusal",
    )


def converged(scene):
    """The rule that once messages arrive all nodes hold one value, which no later write of whoever
    knew it has replaced.
    """
    for name, at in scene.nodes.items():
        if at is None:
            scene.perform(("restart", name))
    for _ in range(ROUNDS):
        before = scene.place
        scene.settle(*scene.names).tick(*scene.names).settle(*scene.names)
        if scene.place == before:
            break
    replaced, written = _replaced(scene)
    known = len(scene.answers)
    for node in scene.names:
        scene.perform(("read", node))
        for _ in range(ROUNDS):
            if not any(call.node == node for call in scene.open):
                break
            scene.tick(node)
    values = [answer.reply.value for answer in scene.answers[known:]]
    if len(values) < len(scene.names):
        return _not_served(scene.open[-1], None)
    told = ", ".join(f"{node} → {value}" for node, value in zip(scene.names, values))
    if any(not _same(value, values[0]) for value in values):
        return lambda: (
            "All messages have arrived, and the nodes don't hold the same value.",
            "the same value at every node",
            told,
        )
    if not any(_same(values[0], value) for value in written or [None]):
        return lambda: (
            f"The nodes agree on {values[0]}, which nobody wrote.",
            f"one of {', '.join(map(str, written))}" if written else "the initial value",
            told,
        )
    if values[0] in replaced:
        by, node = replaced[values[0]]
        return lambda: (
            f"The nodes agree on {values[0]}, although {node} knew it when it served the write of "
            f"{by}: the later write is lost.",
            f"{by}, or what was written at another node meanwhile",
            told,
        )
    return None


def _same(one, other):
    return type(one) is type(other) and one == other


def _replaced(scene):
    """For each value that a node had written or read before it served another write: that write
    and the node. And all values that were written.
    """
    replaced, written, known, asked = {}, [], {}, {}
    for kind, client, id, *what in scene.events:
        if kind == "call":
            f, _, value = what
            asked[client, id] = f, value
            if f == "write":
                written.append(value)
        else:
            (f, value), (result, error) = asked[client, id], what
            if error is not None:
                continue
            node = f"n{client[1:]}"
            if f == "write":
                replaced |= {old: (value, node) for old in known.get(node, ())}
            known.setdefault(node, set()).add(value if f == "write" else result)
    return replaced, written


RULES = (
    Rule(
        "serves",
        "Without faults every call is served.",
        1,
        "Answer every Request with one Reply of the same id.",
        served_in_peace_or_old,
        in_the_end=True,
    ),
    Rule(
        "answers",
        "Every node that runs serves every call, cut off or not.",
        2,
        "Ask nobody before you answer.",
        answers_alone,
        in_the_end=True,
    ),
    Rule(
        "converges",
        "After the partition all nodes come to hold the same written value.",
        2,
        "Spread what you have, again and again, and let all nodes choose the "
        "same winner: compare (counter, node).",
        converged,
        in_the_end=True,
    ),
    Rule(
        "keeps",
        "What was acknowledged survives a crash of the node that has it.",
        1,
        "Name the fields in `durable`.",
        converged,
        in_the_end=True,
        fault=("crash", "restart"),
    ),
)
SEARCH = CallSearch(
    RULES,
    [
        Plan(THREE, calls, ("serves", "answers", "converges"), 2, 100),
        Plan(THREE, calls, ("converges",), 4, 700),
        Plan(THREE, with_crashes, ("keeps",), 4, 300),
    ],
    about="x",
)

exercise = Exercise(
    "cap-ap",
    "03.1b The same register, always available",
    "CODE",
    2,
    SEARCH.properties(),
    is_node,
    replay=SEARCH.replay,
)
