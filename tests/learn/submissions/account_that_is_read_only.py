# States and events are mappings that can't be changed.
from decimal import Decimal
from types import MappingProxyType

from dslab.learn import check


def decide(command, state):
    amount = Decimal(command.get("amount", 1))
    if (command["type"] == "open") != (state is None) or amount <= 0:
        raise ValueError("no")
    if command["type"] == "withdraw" and state["balance"] < amount:
        raise ValueError("not enough")
    sign = {"open": 0, "deposit": 1, "withdraw": -1}[command["type"]]
    return [MappingProxyType({"change": sign * amount, "tags": {sign, command["type"] == "open"}})]


def evolve(state, event):
    before = state or {"balance": Decimal(0), "seen": set()}
    return MappingProxyType(
        {"balance": before["balance"] + event["change"], "seen": before["seen"] | event["tags"]}
    )


check("account-decider", (decide, evolve))
