# A state and events of classes of one's own, which no JSON has a form for.
from dslab.learn import check


class Account:
    def __init__(self, balance):
        self.balance = balance

    def __getitem__(self, key):
        return getattr(self, key)

    def __eq__(self, other):
        return isinstance(other, Account) and self.balance == other.balance

    def __repr__(self):
        return f"Account({self.balance})"


class Change(Account):
    pass


def decide(command, state):
    if (command["type"] == "open") != (state is None) or command.get("amount", 1) <= 0:
        raise ValueError("no")
    sign = {"open": 0, "deposit": 1, "withdraw": -1}[command["type"]]
    return [Change(sign * command.get("amount", 0))]


def evolve(state, event):
    return Account((state.balance if state else 0) + event.balance)


check("account-decider", (decide, evolve))
