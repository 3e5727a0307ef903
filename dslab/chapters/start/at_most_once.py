"""00.1 Charge a customer at most once."""

from dslab.learn.call_search import CallSearch
from dslab.learn.exercise import Exercise, is_node
from dslab.learn.moves import Plan, Rule

__all__ = ["exercise"]

#: How often timers run out before a call counts as never answered.
ROUNDS = 20
#: What orders cost; two cost the same, so that whoever compares amounts is seen.
COSTS = {f"order-{number}": (30, 12)[number % 2 == 0] for number in range(1, 26)}
FEW = list(COSTS)[:3]


def charge(order, client="c1"):
    """A customer asks for an order to be charged."""
    return lambda scene: scene.perform(("call", client, "charge", order, COSTS[order]))


def read(scene):
    """A customer asks for the total."""
    scene.perform(("call", "c1", "read"))


def charges_in(scene):
    """The orders that were asked for, in their order, each as often as it was."""
    return [event[4] for event in scene.events if event[:1] == ("call",) and event[3] == "charge"]


def once_each(scene):
    """Orders that are asked for once each."""
    yield read
    for order in FEW:
        if order not in charges_in(scene) and len(scene.steps) < 5:
            yield charge(order)


def asked_again(scene):
    """Orders that are asked for again: at once, after others, and by the other customer."""
    for order in FEW:
        yield charge(order)
        if order in charges_in(scene):
            yield charge(order, "c2")


def long_after(scene):
    """The first order is asked for again after many others."""

    def many(scene):
        for order in [*COSTS, FEW[0]]:
            charge(order)(scene)

    yield many


def delivered_again(scene):
    """Requests that the network delivers twice."""
    yield from list(once_each(scene))[1:]
    if charges_in(scene):
        yield lambda scene: scene.perform(("again", "c1", "n1", "Request"))


def two_customers(scene):
    """Different orders of two customers, two of them at the same price."""
    for order in FEW:
        if order not in charges_in(scene):
            yield charge(order)
            yield charge(order, "c2")


def with_crashes(scene):
    """A crash between orders, after which they are asked for again."""
    for order in FEW[:2]:
        yield charge(order)
    if charges_in(scene):
        yield lambda scene: scene.bounce("n1")


def totals(scene):
    """The rule that each order is charged once: every answer is the total, and so is a last read.

    An order that is asked for again may be answered with the total as it was.
    """
    scene.perform(("call", "c1", "read"))
    for _ in range(ROUNDS):
        if not scene.open:
            break
        scene.tick("n1")
    answers = {(call.client, call.request.id): reply for call, reply in scene.answers}
    charged, total = {}, 0
    for kind, client, id, f, *what in scene.events:
        if kind != "call":
            continue
        order = what[0]
        what = f"{client}'s charge of {order}" if f == "charge" else f"{client}'s read"
        right = {total}
        if f == "charge":
            if order not in charged:
                total += COSTS[order]
                charged[order] = total
            right = {total, charged[order]}
        reply = answers.get((client, id))
        if reply is None:
            crashed = any(step[0] == "crash" for step in scene.steps)
            if f == "charge" and crashed:
                continue
            return _wrong(f"{what} is not answered.", "Reply(m.id, total)", "silence")
        if reply.error is not None:
            return _wrong(f"{what} is refused.", "Reply(m.id, total)", f"error={reply.error!r}")
        if type(reply.value) not in (int, float) or reply.value not in right:
            orders = " and ".join(f"{each} ({COSTS[each]})" for each in charged) or "Nothing"
            orders = orders if len(charged) < 4 else f"{len(charged)} orders"
            verb = "were" if len(charged) > 1 else "was"
            return _wrong(
                f"{orders} {verb} asked for, and {what} is answered with {reply.value}.",
                f"a total of {total}",
                f"a total of {reply.value}",
            )
    return None


def _wrong(*words):
    return lambda: words


def rule(id, sentence, points, hint):
    return Rule(id, sentence, points, hint, totals, in_the_end=True)


RULES = (
    rule(
        "charges",
        "Orders are charged and answered, and the total is right.",
        1,
        'm.f is "charge" (with m.key the order, m.value the amount) or "read".',
    ),
    rule(
        "once",
        "An order that is asked for again is charged once, and answered.",
        2,
        "Remember which orders you have charged: a frozenset.",
    ),
    rule(
        "duplicates", "A request that arrives twice is charged once.", 1, "The same memory serves."
    ),
    rule(
        "apart",
        "Different orders are charged, each of them.",
        1,
        "Compare the order, not the amount.",
    ),
    rule(
        "crash",
        "After a crash it still knows what it has charged.",
        1,
        "Both the total and the memory belong in `durable`.",
    ),
)
ONE = ("n1",)
SEARCH = CallSearch(
    RULES,
    [
        Plan(ONE, once_each, ("charges",), 4, 60),
        Plan(ONE, two_customers, ("apart",), 3, 100),
        # What is given charges already: there are no points for leaving it as it is.
        Plan(ONE, asked_again, ("once", "charges", "apart"), 5, 400),
        Plan(ONE, long_after, ("once",), 1, 2),
        Plan(ONE, delivered_again, ("duplicates",), 4, 100),
        Plan(ONE, with_crashes, ("crash",), 5, 200),
    ],
    more=1,
)

exercise = Exercise(
    "at-most-once",
    "00.1 Charge at most once",
    "CODE",
    1,
    SEARCH.properties(),
    is_node,
    replay=SEARCH.replay,
)
