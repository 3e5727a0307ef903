"""Which steps of a run hold its violation, for a report that has room for a dozen."""

from dslab.run.trace import Trace
from dslab.run.words import extents
from dslab.values import counted

__all__ = ["LINES", "holding", "numbered"]

#: How many steps of a run a report tells. The player has all of them.
LINES = 12
#: What a scenario does to the nodes, and what clients saw: the story of a run.
STORY = ("fault", "cut", "heal", "crash", "restart", "invoke", "ok", "fail", "info")


def numbered(trace: Trace | None, reasons: tuple[str, ...], most: int = LINES) -> list[str]:
    """The sentences that a report tells of a run, each with its number: all of them, or those that
    hold the violation, after a line that says how many are left out.
    """
    chosen = range(len(reasons))
    if len(chosen) > most:
        whole = trace is not None and len(extents(trace)) == len(reasons)
        # Sentences that are not the run's own steps are told from their end.
        chosen = holding(trace, most) if whole else chosen[-most:]
    left = len(reasons) - len(chosen)
    return ([f"({counted({'steps': left})} left out)"] if left else []) + [
        f"{number + 1}. {reasons[number]}" for number in chosen
    ]


def holding(trace: Trace, most: int) -> list[int]:
    """The numbers of at most `most` steps, counted from 0, that hold what a run's end says.

    They are the marks of broken rules; then what clients saw and what was done to the nodes; then
    the handlers in the past of the end; then those that could not influence it. The latest of each
    come first. That nodes start is left out.
    """
    steps = [first for first, _ in extents(trace)]
    past = _past(trace, steps)

    def rank(number: int) -> tuple[int, int]:
        kind = trace.records[steps[number]][1]
        if kind == "mark" or number == len(steps) - 1:
            return 0, -number
        if kind in STORY:
            return 1, -number
        return 2 + (number not in past), -number

    story = [
        number
        for number, place in enumerate(steps)
        if trace.records[place][1] != "start" or number == len(steps) - 1
    ]
    return sorted(sorted(story, key=rank)[:most])


def _past(trace: Trace, steps: list[int]) -> set[int]:
    """The steps that could influence the last one, by its node's order and by messages; the
    steps before it where it is at no place.
    """
    step_of, number = {}, -1
    begins = set(steps)
    for place in range(len(trace.records)):
        number += place in begins
        step_of[place] = number
    last = len(steps) - 1
    while last > 0 and trace.records[steps[last]][2] is None:
        last -= 1
    before: dict[str, int] = {}
    causes: list[set[int]] = []
    for number, place in enumerate(steps):
        where, ref = trace.records[place][2], trace.records[place][4]
        causes.append({before[where]} if where in before else set())
        if ref is not None:
            causes[number].add(step_of[ref])
        if where is not None:
            before[where] = number
    past, more = set(), [last]
    while more:
        number = more.pop()
        if number not in past:
            past.add(number)
            more += causes[number]
    return past
