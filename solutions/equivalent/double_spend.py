"""Schedules for 18.3 that are as right as the answer's: more is withdrawn than there was, though
nobody withdraws more than they saw. No store is asked.
"""


def right(answer) -> bool:
    """In at most four steps, both withdraw what the last balance that they read allows."""
    [steps] = answer.values()
    taken = [step[2] for step in steps if step[0] == "append"]
    return (
        len(steps) <= 4
        and sum(taken) > 100
        and all(allowed(place, steps) for place in range(len(steps)))
    )


def allowed(place, steps) -> bool:
    """Whether a step is a read, or a withdrawal of what its writer believes to be there."""
    word, who, *amount = steps[place]
    if word == "read":
        return who in ("alice", "bob") and not amount
    reads = [n for n in range(place) if steps[n] == ("read", who)]
    if word != "append" or not reads or amount[0] <= 0:
        return False
    before = [step[2] for step in steps[: reads[-1]] if step[0] == "append"]
    own = [step[2] for step in steps[reads[-1] : place] if step[:2] == ("append", who)]
    return sum(amount) <= 100 - sum(before) - sum(own)
