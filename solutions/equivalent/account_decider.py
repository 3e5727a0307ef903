"""Mutants of 18.2 that are as right as the answer."""

from dslab.learn.kills.alike import called
from dslab.learn.kills.record import Change, Equivalent

#: The commands of the exercise: amounts are whole numbers.
COMMANDS = [{"type": "open"}] + [
    {"type": kind, "amount": amount}
    for kind in ("deposit", "withdraw")
    for amount in (-50, -1, 0, 1, 2, 3, 100, 10**6)
]


def stories():
    """Up to three commands, one after the other."""
    yield from ([one, other] for one in COMMANDS for other in COMMANDS)
    yield from ([COMMANDS[0], one, other] for one in COMMANDS for other in COMMANDS)


def balances(answer, story):
    """The balance after each command, None where it is refused."""
    (decide, evolve), state, found = answer, None, []
    for command in story:
        try:
            events = decide(dict(command), state)
        except Exception as refusal:
            found.append(None if str(refusal) else "refused without a reason")
            continue
        for event in events:
            state = evolve(state, event)
        found.append(state["balance"])
    return found


same = called(stories, balances)

CLOSED = "if state is None:\n    raise ValueError('the account is not open')"
NOTHING = "if command['amount'] <= 0:\n    raise ValueError('the amount must be more than 0')"
FIRST = "(command['type'] == 'open') == (balance is None), 'open it once, and first'"
CHANGE = (
    "change = {'open': 0, 'deposit': 1, 'withdraw': -1}[command['type']] * command.get('amount', 0)"
)
DEPOSITED = "{'balance': state['balance'] + event['amount']}"
WITHDRAWN = "{'balance': state['balance'] - event['amount']}"
ADDED = "(state or {'balance': 0})['balance'] + event['change']"


def change(old, new):
    return Change("decide_by_change", CHANGE, CHANGE.replace(old, new))


equivalent = [
    Equivalent(
        "Either reason will do where there are two.",
        same,
        Change("decide", f"{CLOSED}\n{NOTHING}", f"{NOTHING}\n{CLOSED}"),
    ),
    Equivalent(
        "No event of another type is ever made.",
        same,
        Change("evolve", f"return {WITHDRAWN}", f"        return {WITHDRAWN}\nreturn"),
        Change("evolve", "return state", ""),
        Change("evolve", "return state", "return"),
        Change("evolve", "return state", "return event"),
    ),
    Equivalent(
        "Amounts are whole numbers.",
        same,
        Change(
            "evolve",
            f"return {DEPOSITED}",
            "return {'balance': int(state['balance'] + event['amount'])}",
        ),
        Change(
            "evolve",
            f"return {WITHDRAWN}",
            "return {'balance': int(state['balance'] - event['amount'])}",
        ),
        Change(
            "decide_by_change",
            "assert (balance or 0) + change >= 0, 'not enough'",
            "assert int((balance or 0) + change) >= 0, 'not enough'",
        ),
        Change("add_up", f"return {{'balance': {ADDED}}}", f"return {{'balance': int({ADDED})}}"),
    ),
    Equivalent(
        "Opening has no amount and changes nothing; every state has a balance.",
        same,
        Change(
            "decide_by_change", f"assert {FIRST}", f"assert {FIRST.replace('balance', 'state')}"
        ),
        Change(
            "decide_by_change",
            "assert command.get('amount', 1) > 0, 'more than nothing, please'",
            "assert command.get('amount', 2) > 0, 'more than nothing, please'",
        ),
        change("'open': 0", "'open': 1"),
        change("'open': 0", "'open': -1"),
        change("'amount', 0", "'amount', 1"),
        change("'amount', 0", "'amount', -1"),
    ),
]
