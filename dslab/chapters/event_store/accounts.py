"""What a decider does with every sequence of commands, within bounds.

The tree of commands is walked where the functions are: in this process, or in that of the
submission. What comes back is data, and judged by the exercise.
"""

import dis
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import permutations
from numbers import Number
from random import Random
from typing import Any

from dslab.learn.copies import deepcopy

__all__ = ["EXPERIMENTS", "command"]

#: What is asked of every account that is reached.
COMMANDS = (
    *(("open",), ("deposit", 1), ("deposit", 2), ("deposit", 50), ("withdraw", 1)),
    *(("withdraw", 2), ("withdraw", 3), ("withdraw", 51), ("withdraw", 10**6)),
    *(("deposit", 0), ("deposit", -1), ("withdraw", 0), ("withdraw", -1), ("withdraw", -50)),
)
#: How long sequences are, and how many accounts are asked: many are one and the same.
DEPTH, ACCOUNTS = 5, 60
#: Longer stories, with amounts of every size.
STORIES, LENGTH = 6, 30
#: Changes of an account that come in any order.
HISTORY = (("deposit", 5), ("withdraw", 5), ("withdraw", 20), ("deposit", 1))


def command(step: tuple) -> dict:
    """("deposit", 5) as the command that it is."""
    return {"type": step[0]} | ({"amount": step[1]} if step[1:] else {})


class Asked:
    """Both functions, asked in a way that leaves no doubt: each question twice, and what was
    given compared with what it was before.
    """

    def __init__(self, decide, evolve):
        self.decide, self.evolve = decide, evolve
        self.impure: list = []
        self._before: list = []

    def events(self, step: tuple, state) -> tuple:
        """("events", a list), or ("refused", why), ("accident", what) or ("odd", what)."""
        return self._twice(_decided, "decide", self.decide, command(step), state)

    def state(self, state, event) -> tuple:
        """("state", the next one) or ("accident", what)."""
        return self._twice(_evolved, "evolve", self.evolve, state, event)

    def _twice(self, ask, name, function, *given):
        """Each time with a copy, so that what it changes there changes nothing else."""
        copies = deepcopy(given)
        before, answer = form(given), ask(function, *copies)
        told = form(answer)
        if form(copies) != before:
            self.impure.append((f"{name} changes what it is given.", before, form(copies)))
        self._before.append((self.impure, ask, name, function, given, told))
        self._compare(*self._before[-1], "the second time")
        return deepcopy(answer)

    def _compare(self, impure, ask, name, function, given, told, when):
        now = form(ask(function, *deepcopy(given)))
        if now != told and not impure:
            impure.append((f"{name} answers differently {when}.", told, now))

    def ask_again(self) -> None:
        """Everything once more, from the last question to the first: nothing may be remembered."""
        for asked in reversed(self._before):
            self._compare(*asked, "when it is asked again later")


def _decided(decide, asked, state):
    try:
        answer = decide(asked, state)
        if answer is None or isinstance(answer, (str, Mapping)):
            return ("odd", repr(answer))
        return ("events", list(answer))
    except Exception as error:
        if isinstance(error, ValueError) or _raised(error):
            return ("refused", str(error))
        return ("accident", f"{type(error).__name__}: {error}")


def _evolved(evolve, state, event):
    try:
        return ("state", evolve(state, event))
    except Exception as error:
        return ("accident", f"{type(error).__name__}: {error}")


def _raised(error: Exception) -> bool:
    """Whether somebody raised this on purpose: not Python, over a None or a key that is missing."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return False
    code = trace.tb_frame.f_code.co_code
    return dis.opname[code[trace.tb_lasti]] in ("RAISE_VARARGS", "RERAISE")


def form(value: Any) -> str:
    """A text by which values of any class are compared."""
    if isinstance(value, Mapping):
        inner = sorted(f"{form(key)}: {form(each)}" for key, each in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(form, value)) + "]"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(form, value))) + "}"
    if type(value).__repr__ is object.__repr__ and hasattr(value, "__dict__"):
        return f"{type(value).__name__}({form(vars(value))})"
    return repr(value)


def balance(state) -> Any:
    """The balance of a state; a text, what is wrong, where it has none."""
    if state is None:
        return None
    try:
        found = state["balance"]
    except Exception as error:
        return f"the state {form(state)[:100]} has no balance ({type(error).__name__})"
    if isinstance(found, Number) and not isinstance(found, (bool, complex)):
        return Fraction(found) if found == found and abs(found) != float("inf") else str(found)
    return f"the balance is {form(found)[:100]}"


def walk(decide, evolve) -> list[dict]:
    """Every command asked of every account that commands lead to: what was `done` until then, the
    `step`, the balance `before`, how it was `answered`, and the balance `after`.
    """
    asked, rows, seen = Asked(decide, evolve), [], set()
    waiting: list[tuple[tuple, Any]] = [((), None)]
    while waiting:
        done, state = waiting.pop(0)
        for step in COMMANDS:
            row, after = _asked(asked, done, step, state)
            rows.append(row)
            key = form(after)
            if row["goes on"] and len(done) < DEPTH and key not in seen and len(seen) < ACCOUNTS:
                seen.add(key)
                waiting.append(((*done, step), after))
    for seed in range(STORIES):
        done, state = (), None
        for step in _story(Random(f"story {seed}"), lambda: balance(state)):
            row, after = _asked(asked, done, step, state)
            rows.append(row)
            if row["goes on"]:
                done, state = (*done, step), after
    asked.ask_again()
    return rows


def _story(random: Random, now) -> Iterator[tuple]:
    yield ("open",)
    for _ in range(LENGTH):
        amount = random.choice([random.randrange(1, 10), 10 ** random.randrange(7), 99, 100])
        held = now()
        if random.random() < 0.3 and isinstance(held, Fraction) and held > 0:
            amount = int(held) + random.choice([-1, 0, 1])
        yield (random.choice(["deposit", "withdraw", "withdraw"]), max(amount, 1))


def _asked(asked: Asked, done, step, state):
    asked.impure = []
    before = balance(state)
    kind, answer = asked.events(step, state)
    row = {"done": list(done), "step": step, "before": _plain(before), "answered": kind}
    row["told"] = form(answer) if kind == "events" else str(answer)
    row["events"] = len(answer) if kind == "events" else 0
    after, unread = state, ""
    for event in answer if kind == "events" else []:
        kind, found = asked.state(after, event)
        if kind != "state":
            unread = found
            break
        after = found
    row |= {"unread": unread, "after": _plain(balance(after)), "impure": asked.impure}
    right = isinstance(balance(after), Fraction) and not unread
    legal = step[0] == "open" if state is None else step[0] != "open" and step[1] > 0
    if legal and step[0] == "withdraw":
        legal = isinstance(before, Fraction) and step[1] <= before
    return row | {"goes on": bool(legal and right and row["events"])}, after


def _plain(held) -> Any:
    """A balance that crosses to the grader: a whole number, a text or None."""
    if isinstance(held, Fraction):
        return int(held) if held.denominator == 1 else str(held)
    return held


def histories(decide, evolve) -> list[dict]:
    """Events that have happened, in every order: what `done`, the balance after, or why unread.

    Only where an event means the same change in any state that commands lead to: one that carries
    the balance itself says nothing about another order.
    """
    opened = _folded(evolve, None, list(decide(command(("open",)), None)))
    funds = command(("deposit", 100))
    rich = _folded(evolve, opened, list(decide(dict(funds), deepcopy(opened))))
    richer = _folded(evolve, rich, list(decide(dict(funds), deepcopy(rich))))
    events, changes, rows = {}, {}, []
    for step in HISTORY:
        events[step] = list(decide(command(step), deepcopy(rich)))
        changes[step], other = (
            balance(_folded(evolve, state, events[step])) - balance(state)
            for state in (rich, richer)
        )
        if changes[step] != other:
            return []
    for length in range(1, len(HISTORY) + 1):
        for order in permutations(HISTORY, length):
            row = {"happened": list(order), "unread": "", "after": None}
            row["expected"] = _plain(sum(changes[step] for step in order))
            try:
                happened = [event for step in order for event in events[step]]
                row["after"] = _plain(balance(_folded(evolve, opened, happened)))
            except Exception as error:
                row["unread"] = f"{type(error).__name__}: {error}"
            rows.append(row)
    return rows


def _folded(evolve, state, events):
    for event in events:
        state = evolve(deepcopy(state), deepcopy(event))
    return state


def again(decide, evolve, steps) -> list[dict]:
    """Some commands, one after the other, and what became of each."""
    asked, rows, done, state = Asked(decide, evolve), [], (), None
    for step in steps:
        row, after = _asked(asked, done, tuple(step), state)
        rows.append(row)
        if row["answered"] == "events" and not row["unread"]:
            done, state = (*done, tuple(step)), after
    return rows


EXPERIMENTS = {"walk": walk, "histories": histories, "again": again}
