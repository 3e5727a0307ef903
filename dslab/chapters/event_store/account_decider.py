"""18.2 An account that decides: two functions, told in stories of commands."""

from random import Random

from dslab.chapters.event_store.mutants import DECIDERS
from dslab.learn.copies import deepcopy
from dslab.learn.exercise import Broken, Exercise, Property

__all__ = ["EXPERIMENTS", "exercise", "story"]


def is_decider(submission):
    if not (
        isinstance(submission, (tuple, list))
        and len(submission) == 2
        and all(map(callable, submission))
    ):
        return (
            'This exercise takes two functions, check("account-decider", (decide, evolve)), '
            f"but got {submission!r:.80}."
        )
    return None


def commands(seed, length=60):
    """Opened, filled, emptied to the last cent; then at random."""
    random = Random(f"commands {seed}")
    yield from (
        {"type": "open"},
        {"type": "deposit", "amount": 30},
        {"type": "withdraw", "amount": 31},
        {"type": "withdraw", "amount": 30},
    )
    for _ in range(length):
        yield {
            "type": random.choice(["deposit", "withdraw", "withdraw"]),
            "amount": random.randrange(1, 50),
        }


def fold(evolve, events, state=None):
    for event in events:
        state = evolve(state, deepcopy(event))
    return state


def story(submission, seed):
    """Run commands; yields (command, state before, events or None where refused, state after)."""
    decide, evolve = submission
    state = None
    for command in commands(seed):
        before = deepcopy(state)
        try:
            events = list(decide(deepcopy(command), state))
        except Exception:
            events = None
        state = fold(evolve, events or [], state)
        yield command, before, events, state


def balance(state, where):
    try:
        return state["balance"]
    except (TypeError, KeyError):
        raise Broken(
            f"{where}, the state has no balance.", expected='{"balance": …}', got=str(state)[:100]
        ) from None


def works(submission):
    for command, before, events, after in story(submission, 0):
        if command["type"] == "deposit":
            if not events:
                raise Broken(
                    f"A deposit of {command['amount']} into an open account is refused.",
                    expected="an event",
                    got=str(events),
                )
            if (
                balance(after, "After a deposit")
                != balance(before, "Before a deposit") + command["amount"]
            ):
                raise Broken(
                    "A deposit doesn't raise the balance by its amount.",
                    expected=str(before["balance"] + command["amount"]),
                    got=str(after["balance"]),
                )
        if (
            command["type"] == "withdraw"
            and command["amount"] <= balance(before, "Before a withdrawal")
            and not events
        ):
            raise Broken(
                f"A withdrawal of {command['amount']} from a balance of "
                f"{before['balance']} is refused.",
                expected="an event",
                got="a refusal",
            )


def never_overdrawn(submission):
    works(submission)
    for seed in range(20):
        for command, before, events, after in story(submission, seed):
            if after is not None and balance(after, "In the story") < 0:
                raise Broken(
                    f"{command['type']} {command['amount']} at a balance of "
                    f"{before['balance']} leaves {after['balance']}.",
                    expected="a refusal",
                    got=str(events),
                )


def conserves(submission):
    works(submission)
    for seed in range(20):
        money = 0
        for command, _, events, after in story(submission, seed):
            if events and command["type"] != "open":
                money += command["amount"] if command["type"] == "deposit" else -command["amount"]
            if money != balance(after, "In the story"):
                raise Broken(
                    f"After {command['type']} {command.get('amount', '')}, the balance is "
                    "not what went in less what went out.",
                    expected=str(money),
                    got=str(after["balance"]),
                )


def twice(decide, evolve):
    """Each step of a story, done twice on the same command and state: what there was before, and
    after, and the two answers.
    """
    rows, state = [], None
    for command in commands(1):
        before = deepcopy([command, state])
        answers = [answer(decide, command, state) for _ in range(2)]
        rows.append(["decide", before, deepcopy([command, state]), *answers])
        for event in answers[0] if isinstance(answers[0], list) else []:
            before = deepcopy([event, state])
            states = [deepcopy(evolve(state, event)) for _ in range(2)]
            rows.append(["evolve", before, deepcopy([event, state]), *states])
            state = states[0]
    return rows


def answer(decide, command, state):
    """The events, as they are now, or the refusal's words."""
    try:
        return deepcopy(list(decide(command, state)))
    except Exception as refusal:
        return str(refusal)


EXPERIMENTS = {"twice": twice}


def pure(submission):
    works(submission)
    decide, evolve = submission
    in_child = getattr(decide, "experiment_in_child", None)
    for name, before, after, first, second in (
        in_child(__name__, "twice", [evolve], []) if in_child else twice(decide, evolve)
    ):
        if before != after:
            raise Broken(
                f"{name} changes what it is given, instead of making something new.",
                expected=str(before),
                got=str(after),
            )
        if first != second:
            raise Broken(
                f"{name} answers differently the second time.", expected=str(first), got=str(second)
            )


def total(submission):
    works(submission)
    decide, evolve = submission
    opened = fold(evolve, decide({"type": "open"}, None))
    rich = fold(evolve, decide({"type": "deposit", "amount": 10}, opened), opened)
    for event in decide({"type": "withdraw", "amount": 10}, rich):
        try:
            evolve(deepcopy(opened), event)
        except Exception as error:
            raise Broken(
                "History has a withdrawal that today's rules forbid, and evolve refuses "
                "to read it.",
                expected="the next state",
                got=f"{type(error).__name__}: {error}",
            ) from None


def refuses(submission):
    decide, evolve = submission
    works(submission)
    opened = fold(evolve, decide({"type": "open"}, None))
    rich = fold(evolve, decide({"type": "deposit", "amount": 10}, opened), opened)
    for command, state, why in [
        ({"type": "deposit", "amount": 5}, None, "the account is not open"),
        ({"type": "open"}, rich, "it is open already"),
        ({"type": "deposit", "amount": -5}, rich, "the amount is negative"),
        ({"type": "withdraw", "amount": -5}, rich, "the amount is negative"),
        ({"type": "deposit", "amount": 0}, rich, "the amount is 0"),
    ]:
        try:
            events = list(decide(dict(command), deepcopy(state)))
        except Exception as error:
            if not str(error):
                raise Broken(
                    f"{command} is refused without a reason: {why}.",
                    expected="an exception with a text",
                    got=repr(error),
                ) from None
            continue
        raise Broken(
            f"{command} must be refused: {why}.",
            expected="an exception with a reason",
            got=str(events),
        )


exercise = Exercise(
    "account-decider",
    "18.2 An account that decides",
    "CODE",
    2,
    (
        Property(
            "works",
            "Accounts open, take deposits and pay out.",
            1,
            'decide returns a list of events such as {"type": "deposited", "amount": 5}.',
            works,
        ),
        Property(
            "never-overdrawn",
            "No sequence of commands overdraws an account.",
            2,
            "Compare with the balance in decide, not in evolve: what has happened has happened.",
            never_overdrawn,
        ),
        Property(
            "conserves",
            "The balance is what went in less what went out.",
            1,
            "evolve must know every type of event that decide makes.",
            conserves,
        ),
        Property(
            "pure",
            "decide and evolve are pure: same input, same output, nothing changed.",
            1,
            "Return a new dict: {**state, …}.",
            pure,
        ),
        Property(
            "total",
            "evolve refuses nothing: what has happened has happened.",
            1,
            "Only decide says no.",
            total,
        ),
        Property(
            "refuses",
            "What makes no sense is refused with a reason.",
            1,
            'Not open, open twice, amounts that are not positive: raise ValueError("why").',
            refuses,
        ),
    ),
    is_decider,
    DECIDERS,
)
