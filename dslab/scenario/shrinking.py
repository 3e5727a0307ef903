"""The smallest part of a scenario that still breaks the rule that the whole breaks.

    shrink_scenario(Scenario.read("storm.toml"))

First what goes wrong: steps are left out, in large pieces and then one by one (Zeller and
Hildebrandt, TSE 28(2), 2002). Then who takes part: fewer clients, fewer nodes. Then how long: the
run ends soon after the answer that shows it.
"""

from dslab.check.shrink import shrink
from dslab.errors import DslabError
from dslab.scenario.file import Outcome, Scenario

__all__ = ["shrink_scenario"]


def shrink_scenario(scenario: Scenario, seed: int | None = None) -> Scenario:
    """A scenario that breaks the same rule as `scenario` does, and can't lose any single step.
    `seed` is another seed than its own.

    Raises DslabError where nothing is violated.
    """
    data = dict(scenario.data) | ({} if seed is None else {"seed": seed})
    broken = [
        verdict.rule
        for verdict in Scenario(data, scenario.name).run().verdicts
        if verdict.holds is False
    ]
    if not broken:
        raise DslabError(
            f"{scenario.name}: nothing is violated in this run, so there is nothing to "
            "make smaller: try another seed."
        )
    rule = broken[0]
    if "step" in data:
        data["step"] = shrink(data["step"], lambda steps: _breaks(rule, data | {"step": steps}))
    for word, usual, least in (("clients", 1, 0), ("nodes", 3, 1)):
        while data.get(word, usual) > least and _breaks(
            rule, fewer := data | {word: data.get(word, usual) - 1}
        ):
            data = fewer
    return Scenario(_shorter(rule, data), scenario.name)


def _breaks(rule: str, data: dict) -> Outcome | None:
    """The outcome of this scenario where it breaks the rule; None where it doesn't, or speaks of
    somebody or something that isn't there.
    """
    try:
        outcome = Scenario(data).run()
    except DslabError:
        return None
    return (
        outcome
        if any(verdict.rule == rule and verdict.holds is False for verdict in outcome.verdicts)
        else None
    )


def _shorter(rule: str, data: dict) -> dict:
    """The same for as long as it needs: up to a client's answer, where clients show it."""
    steps = max((step["at"] for step in data.get("step", [])), default=0)
    answers = {
        record[0]
        for record in _breaks(rule, data).cluster.trace.records
        if record[1] in ("ok", "fail", "info")
    }
    ends = [end for time in sorted(answers) if steps < (end := time // 1000 + 1) < data["duration"]]
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (low, middle)
            if _breaks(rule, data | {"duration": ends[middle]})
            else (middle + 1, high)
        )
    return data | {"duration": ends[low]} if low < len(ends) else data
