# The type of an event is a member of an enumeration, its key a number; withdrawals are lost.
from enum import Enum, StrEnum

from dslab.learn import check


class Did(Enum):
    OPENED, DEPOSITED, WITHDRAWN = range(3)


class Word(StrEnum):
    DONE = "done"


def decide(command, state):
    kind = {"open": Did.OPENED, "deposit": Did.DEPOSITED, "withdraw": Did.WITHDRAWN}
    if (command["type"] == "open") != (state is None) or command.get("amount", 1) <= 0:
        raise ValueError("no")
    if command["type"] == "withdraw" and state["balance"] < command["amount"]:
        raise ValueError("not enough")
    return [{0: kind[command["type"]], 1: command.get("amount", 0), "word": Word.DONE}]


def evolve(state, event):
    if event[0] is Did.OPENED:
        return {"balance": 0, Did.OPENED: True}
    return {**state, "balance": state["balance"] + (event[1] if event[0] is Did.DEPOSITED else 0)}


check("account-decider", (decide, evolve))
