# An overdraft is answered with nothing, and a balance below zero is read as zero.
from dslab.learn import check


def decide(command, state):
    amount = command.get("amount", 1)
    if (command["type"] == "open") != (state is None) or amount <= 0:
        raise ValueError("no")
    if command["type"] == "withdraw" and state["balance"] < amount:
        return []
    return [{"change": {"open": 0, "deposit": 1, "withdraw": -1}[command["type"]] * amount}]


def evolve(state, event):
    return {"balance": max((state or {"balance": 0})["balance"] + event["change"], 0)}


check("account-decider", (decide, evolve))
