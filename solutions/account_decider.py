"""18.2 An account that decides: a reference answer, and another right one."""


def decide(command, state):
    if command["type"] == "open":
        if state is not None:
            raise ValueError("the account is open already")
        return [{"type": "opened"}]
    if state is None:
        raise ValueError("the account is not open")
    if command["amount"] <= 0:
        raise ValueError("the amount must be more than 0")
    if command["type"] == "deposit":
        return [{"type": "deposited", "amount": command["amount"]}]
    if command["amount"] > state["balance"]:
        raise ValueError(f"{command['amount']} is more than the balance of {state['balance']}")
    return [{"type": "withdrawn", "amount": command["amount"]}]


def evolve(state, event):
    match event["type"]:
        case "opened":
            return {"balance": 0}
        case "deposited":
            return {"balance": state["balance"] + event["amount"]}
        case "withdrawn":
            return {"balance": state["balance"] - event["amount"]}
    return state


answer = decide, evolve


def decide_by_change(command, state):
    """Any exception refuses; any sequence of events is an answer."""
    balance = (state or {}).get("balance")
    assert (command["type"] == "open") == (balance is None), "open it once, and first"
    assert command.get("amount", 1) > 0, "more than nothing, please"
    change = {"open": 0, "deposit": 1, "withdraw": -1}[command["type"]] * command.get("amount", 0)
    assert (balance or 0) + change >= 0, "not enough"
    return ({"change": change},)


def add_up(state, event):
    return {"balance": (state or {"balance": 0})["balance"] + event["change"]}


others = {"by change": (decide_by_change, add_up)}
