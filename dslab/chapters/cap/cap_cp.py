"""03.1a A register that stays consistent: it refuses rather than answer what may be old."""

from itertools import permutations

from dslab.chapters.cap.registers import (
    FIVE,
    FOUR,
    ROUNDS,
    THREE,
    asked,
    begun,
    go_on,
    linear,
    next_value,
    pairs,
    served_in_peace,
    stale,
    step_until,
    unserved,
    writes_and_reads,
)
from dslab.learn.call_search import CallSearch
from dslab.learn.exercise import Exercise, is_node
from dslab.learn.moves import Plan, Rule

__all__ = ["exercise"]

#: How many calls are open at one node at once: whoever keeps the last few only is seen.
MANY = 16


def in_peace(scene):
    """Any calls, two of them open at once, and everything arrives."""
    writes, reads = writes_and_reads(scene)
    if scene.mail:
        yield lambda scene: scene.settle(*scene.names)
    if writes + reads < 4:
        for node in scene.names:
            yield begun(("write", node, next_value(scene)))
            yield begun(("read", node))


def many_at_once(scene):
    """One node has many writes open."""

    def begun(scene):
        for _ in range(MANY):
            scene.perform(("write", "n1", next_value(scene)))

    yield begun


def by_majorities(scene):
    """A write and two reads that reach one other node each, whole or only in part, and go on."""
    writes, reads = writes_and_reads(scene)
    for client, node, request, _ in scene.open:
        for peer in scene.names:
            if any(link == [node, peer] for *link, _ in scene.mail):
                yield lambda scene, node=node, peer=peer: scene.ask(node, peer)
                yield go_on(client, request.id, node, peer)
    if not writes:
        # Who writes is as good as another.
        yield step_until(("write", "n1", next_value(scene)), "n2")
        yield asked(("write", "n1", next_value(scene)), "n2")
    elif reads < 2:
        for node, peer in pairs(scene.names):
            yield step_until(("read", node), peer)


def ties(scene):
    """Two writes at two nodes ask before either is stored, and go on; then there are reads."""
    writes, reads = writes_and_reads(scene)
    if not writes:
        for first, second in permutations(("n1", "n3")):

            def both(scene, first=first, second=second):
                asked(("write", first, next_value(scene)), "n2")(scene)
                asked(("write", second, next_value(scene)), "n2")(scene)

            yield both
    elif scene.open:
        for client, node, request, _ in scene.open:
            for peer in scene.names:
                if any(link == [node, peer] for *link, _ in scene.mail):
                    yield go_on(client, request.id, node, peer)
    elif reads < 2:
        for node, peer in pairs(scene.names):
            yield step_until(("read", node), peer)


def late(scene):
    """Two calls that write, one after the other; then the newest of what was left on a link
    arrives, and somebody reads.
    """
    writes, reads = writes_and_reads(scene)
    if not writes:
        # Who is first is as good as another: no version is ever equal.
        yield step_until(("write", "n1", next_value(scene)), "n2")
    elif not reads:
        for node, peer in pairs(scene.names):
            if writes < 2:
                yield step_until(("write", node, next_value(scene)), peer)
                continue
            if any(link == [node, peer] for *link, _ in scene.mail):
                yield lambda scene, node=node, peer=peer: scene.newest(node, peer)
            yield step_until(("read", node), peer)


def two_at_once(scene):
    """One node has two writes open, both of which ask n2 before either is stored."""
    writes, reads = writes_and_reads(scene)
    if not writes:

        def both(scene):
            for _ in range(2):
                scene.perform(("write", "n1", next_value(scene)))
            for link in 2 * [("n1", "n2")] + 2 * [("n2", "n1")]:
                scene.perform(("deliver", *link))

        yield both
    elif scene.open:
        for peer in scene.names[1:]:
            for oldest in (True, False):
                yield lambda scene, peer=peer, oldest=oldest: scene.ask("n1", peer, oldest=oldest)
    elif reads < 2:
        for node, peer in pairs(scene.names):
            yield step_until(("read", node), peer)


def doubled(scene):
    """Of five nodes n1 hears two others, and some of it twice; then n3 reads beside n4 and n5."""
    writes, reads = writes_and_reads(scene)
    others = scene.names[2:]
    if not writes:

        def settled(scene):
            scene.perform(("write", "n3", next_value(scene)))
            scene.settle(*others)

        yield settled
    if not scene.open and not reads and writes < 2:
        yield begun(("write", "n1", next_value(scene)))
        yield begun(("read", "n1"))
    if scene.open and scene.open[-1].node == "n1":
        yield lambda scene: scene.ask("n1", "n2")
        yield lambda scene: scene.ask("n1", "n2", again=True)
        yield lambda scene: scene.ask("n1", "n3")
    elif writes and not reads:

        def read(scene):
            scene.perform(("read", "n4"))
            scene.settle(*others)

        yield read


def apart(scene):
    """A write that reaches some nodes, and a read that reaches others, once or twice."""
    writes, reads = writes_and_reads(scene)
    half = len(scene.names) // 2
    groups = (scene.names[:half], scene.names[half:], scene.names[: half + 1])
    for again in (False, True):
        for group in groups:
            node, *peers = group
            step = ("read", node) if writes else ("write", node, next_value(scene))
            if writes < 1 or reads < 1:

                def move(scene, step=step, group=group, again=again):
                    if again:
                        step_until(step, group[1], again)(scene)
                    else:
                        scene.perform(step)
                        scene.settle(*group)

                yield move


def with_crashes(scene):
    """Calls that reach one other node each; nodes crash and come back."""
    writes, reads = writes_and_reads(scene)
    crashes = sum(step[0] == "crash" for step in scene.steps)
    if writes and not crashes:
        yield lambda scene: scene.bounce(*scene.names)
        for node in scene.names:
            yield lambda scene, node=node: scene.bounce(node)
    # Who is first is as good as another: no version is ever equal.
    for node, peer in pairs(scene.names) if writes else [("n1", "n2")]:
        if writes < 2:
            yield step_until(("write", node, next_value(scene)), peer)
            yield asked(("write", node, next_value(scene)), peer)
        if writes == 1 and crashes and not reads:
            yield step_until(("read", node), peer)


def answers_of_old(scene):
    """What was sent before a crash is answered after it, when a new call is open."""
    if writes_and_reads(scene)[0]:
        return
    for here in scene.names:
        for there, third in pairs(tuple(name for name in scene.names if name != here)):

            def move(scene, here=here, there=there, third=third):
                scene.perform(("write", here, next_value(scene)))
                scene.perform(("deliver", here, there))
                scene.bounce(here)
                step_until(("write", there, next_value(scene)), third)(scene)
                scene.perform(("write", here, next_value(scene)))
                scene.perform(("deliver", there, here))
                for call in scene.open:
                    go_on(call.client, call.request.id, call.node, there)(scene)

            yield move


def kept(scene):
    """The rule that nothing is lost in a crash: whoever is asked then answers, and rightly."""
    for name, at in scene.nodes.items():
        if at is None:
            scene.perform(("restart", name))
    scene.settle(*scene.names)
    before = len(scene.answers)
    scene.open = ()  # What was open when its node crashed is forgotten.
    for node in scene.names:
        scene.perform(("read", node))
        for _ in range(ROUNDS):
            scene.settle(*scene.names)
            if not scene.open:
                break
            scene.tick(*scene.names)
    return linear(scene) or unserved(scene) if len(scene.answers) >= before else None


RULES = (
    Rule(
        "serves",
        "Without faults every call is served.",
        1,
        "Answer every Request with one Reply of the same id.",
        served_in_peace,
        in_the_end=True,
    ),
    Rule(
        "agrees",
        "Under partitions every history is linearizable.",
        3,
        "A read must learn of every write that was acknowledged: let both meet "
        "in a majority. And let a reader write back what it found.",
        linear,
    ),
    Rule(
        "refuses",
        "A node that is cut off doesn't serve what may be old.",
        1,
        "Whom must a node ask before it may answer?",
        stale,
    ),
    Rule(
        "keeps",
        "Acknowledged writes survive a crash of all nodes.",
        1,
        "Name the fields in `durable`.",
        kept,
        in_the_end=True,
        fault=("crash", "restart"),
    ),
)
CUT = "agrees", "refuses"
SEARCH = CallSearch(
    RULES,
    [
        Plan(THREE, in_peace, ("serves", *CUT), 4, 70),
        Plan(THREE, many_at_once, ("serves",), 1, 2),
        Plan(THREE, by_majorities, CUT, 4, 400),
        Plan(THREE, late, CUT, 4, 400),
        Plan(FOUR, apart, CUT, 2, 100),
        Plan(FIVE, apart, CUT, 2, 100),
        Plan(FIVE, doubled, CUT, 7, 100),
        Plan(THREE, two_at_once, CUT, 6, 500),
        Plan(THREE, ties, CUT, 5, 500),
        Plan(THREE, with_crashes, ("keeps",), 3, 300),
        Plan(THREE, answers_of_old, ("keeps",), 1, 10),
    ],
    about="x",
)

exercise = Exercise(
    "cap-cp",
    "03.1a A register that stays consistent",
    "CODE",
    2,
    SEARCH.properties(),
    is_node,
    replay=SEARCH.replay,
)
