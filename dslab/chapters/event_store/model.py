"""What an event store may answer: runs of `experiments`, judged against a list of events.

The model keeps every log that there may be. A call within which something else happens takes
effect before, between or after it, and one that a crash ends took effect or did not.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from dslab.chapters.event_store.experiments import UNSTORABLE, events_of

__all__ = ["Deviation", "judged", "may_refuse", "sentences", "statements_of"]


@dataclass(frozen=True)
class Deviation:
    """The first answer of a run that no event store may give. `kind` is accepted, refused, read,
    subscribed or waits.
    """

    kind: str
    sentence: str
    expected: str
    got: str


class Found(Exception):
    """Carries the deviation out."""


class State(NamedTuple):
    """A log that there may be: (stream, event) for each of all events, and the calls under way
    that have taken effect in it.
    """

    log: tuple[tuple[str, str], ...] = ()
    done: frozenset[int] = frozenset()

    def version(self, stream: str) -> int:
        return sum(name == stream for name, _ in self.log) - 1


def judged(outcomes: list[dict]) -> Deviation | None:
    """The first deviation of a run that `experiments.play` has played, or None."""
    try:
        judge = Judge()
        for outcome in outcomes:
            judge.step(outcome)
    except Found as found:
        return found.args[0]
    return None


class Judge:
    """Follows one run."""

    def __init__(self):
        self.states, self.calls, self.depth = {State()}, 0, 0
        self.positions: list = []
        self.polled: dict[str, int] = {}
        #: What has happened that may be why.
        self.since = ""

    def step(self, outcome: dict) -> None:
        step, ends = outcome["step"], outcome["ends"]
        if step[0] in ("crash", "error"):
            self.since = {"crash": " after a crash"}.get(step[0], "")
            return
        if ends[0] == "skipped":
            return
        who, verb, *args = step
        call = self.calls = self.calls + 1
        if verb == "append":
            self.append(outcome, call, who, *args)
            return
        self.inside(outcome, lambda: None)
        if ends[0] == "done":
            if verb == "read":
                self.read(who, args[0], ends[1])
            elif verb in ("subscribe", "poll"):
                self.subscribed(who, args, ends[1])
        elif not self.excused(outcome) and not (args and may_refuse(str(args[0]), [])):
            kind = "waits" if ends[0] == "waits" else "refused"
            self.deviates(kind, f"{called(step)} fails{self.since}.", "an answer", ended(ends))

    def inside(self, outcome: dict, meanwhile) -> None:
        """Judge what came within a call, which may take effect between any two of it."""
        self.depth += 1
        meanwhile()
        for each in outcome["inside"]:
            self.step(each)
            meanwhile()
        self.depth -= 1
        came = [each["step"][0] for each in outcome["inside"]]
        if came:
            self.since = {
                "crash": f" after a crash just before {moment(outcome)}",
                "error": f" after {moment(outcome)} has failed",
            }.get(came[-1], f", where {came[0]} came just before {moment(outcome)}")

    def excused(self, outcome: dict) -> bool:
        """Whether a call may be refused for what happened at the same time."""
        return self.depth > 0 or bool(outcome["inside"])

    def append(self, outcome, call, who, stream, events, expected) -> None:
        events, ends = events_of(events), outcome["ends"]
        if any(UNSTORABLE in event.values() for event in events) and ends[0] == "done":
            raise Found(None)  # It can store more than we can judge.
        rows = tuple((stream, form(event)) for event in events)
        right = self.states

        def takes(states):
            return {
                State(state.log + rows, state.done | {call})
                for state in states
                if call not in state.done
                and (expected is None or not rows or state.version(stream) == expected)
            }

        def may_take_effect():
            self.states = self.states | takes(self.states)

        # Where nothing came within it, it is judged by how it ends.
        self.inside(outcome, may_take_effect if outcome["inside"] else lambda: None)
        before = self.states
        if ends[0] == "crashed":
            after = before
        elif ends[0] == "done":
            after = {state for state in before if call in state.done} | takes(before)
            if not after:
                self.accepted(outcome, who, stream, expected, before)
        else:
            after = {state for state in before if call not in state.done}
            allowed = (
                self.excused(outcome)
                or expected is None
                or not events
                or may_refuse(stream, events)
                or UNSTORABLE in str(events)
                or not all(state.version(stream) == expected for state in right)
            )
            if not allowed:
                self.deviates(
                    "waits" if ends[0] == "waits" else "refused",
                    f"The stream {stream!r} is at version {expected}, and {who}'s append, which "
                    f"expects that version, is refused{self.since}.",
                    f"{called(outcome['step'])} appends",
                    ended(ends),
                )
            if not after:
                self.deviates(
                    "accepted",
                    f"{called(outcome['step'])} is refused, and what it appended was read.",
                    "nothing of it",
                    ended(ends),
                )
        self.states = {State(state.log, state.done - {call}) for state in after}

    def accepted(self, outcome, who, stream, expected, states) -> None:
        now = " or ".join(sorted({str(state.version(stream)) for state in states}))
        others = [each["step"][0] for each in outcome["inside"] if each["step"][1:2] == ("append",)]
        if others:
            sentence = (
                f"Two writers read version {expected} of {stream!r}, and both may append: "
                f"{others[0]} came just before {moment(outcome)}."
            )
        else:
            sentence = (
                f"The stream {stream!r} is at version {now}, and an append that expects "
                f"version {expected} is not refused{self.since}."
            )
        self.deviates("accepted", sentence, "an exception", "no complaint")

    def read(self, who, stream, found) -> None:
        """Keep the logs in which this is what is read."""
        got = [form(event) for event in found]
        may = {tuple(data for name, data in state.log if name == stream) for state in self.states}
        self.states = {
            state
            for state in self.states
            if [data for name, data in state.log if name == stream] == got
        }
        if not self.states:
            what = f"read({short(stream)})"
            self.deviates("read", f"{what} is not what was appended{self.since}.", either(may), got)

    def subscribed(self, who, args, found) -> None:
        what = f"subscribe({args[0]})" if args else "What a subscriber polls"
        if args and args[0]:
            what = f"subscribe(the position of event {args[0]})"
        after = args[0] if args else self.polled.get(who, 0)
        odd = [row for row in found if not (isinstance(row, list) and len(row) == 3)]
        if odd:
            self.deviates(
                "subscribed",
                f"{what} answers with what is no (position, stream, event).",
                "three things",
                str(odd[0])[:200],
            )
        positions = [row[0] for row in found]
        rows = [
            (row[1] if isinstance(row[1], str) else repr(row[1]), form(row[2])) for row in found
        ]
        if not all(type(each) in (int, float) for each in positions) or any(
            one >= other for one, other in zip(positions, positions[1:], strict=False)
        ):
            self.deviates(
                "subscribed",
                "The positions don't grow from event to event.",
                "growing positions",
                str(positions)[:200],
            )
        may = {state.log[after:] for state in self.states}
        self.states = {state for state in self.states if list(state.log[after:]) == rows}
        if not self.states:
            self.deviates(
                "subscribed",
                f"{what} is not what was appended, in one order{self.since}.",
                either(may),
                rows,
            )
        known = self.positions[after:]
        if known[: len(positions)] != positions[: len(known)]:
            self.deviates(
                "subscribed",
                f"The position of an event changes{self.since}.",
                str(known)[:200],
                str(positions)[:200],
            )
        if len(self.positions) < after + len(positions):
            self.positions[after:] = positions
        if not args:
            self.polled[who] = after + len(rows)

    def deviates(self, kind, sentence, expected, got) -> None:
        raise Found(Deviation(kind, sentence, listed(expected), listed(got)))


def form(event: Any) -> str:
    """A text for each value, by which 1, 1.0 and True differ, and the order of keys doesn't."""
    if isinstance(event, dict):
        inner = sorted((key, form(value)) for key, value in event.items())
        return "{" + ", ".join(f"{key!r}: {value}" for key, value in inner) + "}"
    if isinstance(event, (list, tuple)):
        return "[" + ", ".join(map(form, event)) + "]"
    return repr(event)


def may_refuse(stream: str, events: list[dict]) -> bool:
    """Whether a store may refuse to keep this: what SQLite or JSON has no form for."""
    return not stream or any(map(_odd, (stream, *events)))


def _odd(value: Any) -> bool:
    match value:
        case str():
            return any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value)
        case bool() | None:
            return False
        case int():
            return not -(2**63) <= value < 2**63
        case float():
            return not math.isfinite(value)
        case dict():
            return any(map(_odd, (*value, *value.values())))
        case list():
            return any(map(_odd, value))
    return True


def statements_of(outcomes: list[dict]) -> int:
    """How many statements the last step of a run made."""
    return outcomes[-1]["statements"]


# The words.


def sentences(outcomes: list[dict]) -> Iterator[str]:
    """A run in words."""
    for outcome in outcomes:
        step, ends = outcome["step"], outcome["ends"]
        if step[0] == "crash":
            yield "the machine crashes, and starts again"
        elif step[0] == "error":
            rolled = ", and SQLite rolls back" if step[1:] else ""
            yield f"the disk is full: the statement fails{rolled}"
        elif outcome.get("inside"):
            yield f"{called(step)} comes to {moment(outcome)}"
            yield from sentences(outcome["inside"])
            if ends[0] != "crashed":
                yield f"{step[0]}: its {step[1]} {ended(ends)}"
        else:
            yield f"{called(step)} {ended(ends)}"


def called(step) -> str:
    who, verb, *args = step
    match verb, args:
        case "append", (stream, int(count), expected):
            told = f"append({short(stream)}, {count:,} events, {expected})"
        case "append", (stream, events, expected):
            told = f"append({short(stream)}, {short(events)}, {expected})"
        case "subscribe", (0,):
            told = "subscribe(0)"
        case "subscribe", (after,):
            told = f"subscribe(the position of event {after})"
        case "open", ():
            told = "opens the file"
        case _:
            told = f"{verb}({', '.join(map(short, args))})"
    return f"{who}: {told}"


def ended(ends) -> str:
    match ends:
        case ("done", None):
            return "→ done"
        case ("done", answer):
            return f"→ {listed([form(each) for each in answer])}"
        case ("refused", why):
            return f"→ {why}"
        case ("waits",):
            return "→ waits for a lock that nobody releases"
        case ("crashed",):
            return "→ a crash"
    return "→ nothing, since there is no such event"


def moment(outcome: dict) -> str:
    """The statement before which something came, with its SQL."""
    who, verb, *_ = outcome["step"]
    return f"statement {outcome['moment']} of {who}'s {verb} ({outcome['sql']})"


def short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:80]}… ({len(text):,} characters)"


def listed(rows: Any) -> str:
    if isinstance(rows, str):
        return rows
    told = [row if isinstance(row, str) else f"({row[0]!r}, {row[1]})" for row in rows]
    more = f", … ({len(told):,} in all)" if len(told) > 6 else ""
    return "[" + ", ".join(each[:160] for each in told[:6]) + more + "]"


def either(logs) -> str:
    """What might have been seen instead."""
    return " or ".join(listed(list(log)) for log in sorted(logs, key=len)[:2])
