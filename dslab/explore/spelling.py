"""Steps of a schedule (`dslab.explore.schedule`) in words, as Python, and what they may name."""

import sys
from collections.abc import Callable, Iterable

from dslab.errors import DslabError
from dslab.node import Message, Node
from dslab.run.steps import word_of
from dslab.values import same, show
from dslab.wire import heard

__all__ = ["expression", "is_meant", "kinds", "step_named", "text_of"]


#: Messages that come to a part without its name.
PLAIN = "Request", "Reply"


def step_named(step: tuple) -> str:
    """A step in words."""
    verb, *names = word_of(step), *step[1:]
    match verb:
        case "fire":
            return f"{names[0]}'s {names[1]} runs out"
        case "deliver":
            return f"{names[1]} gets {_named(names)} from {names[0]}"
        case "again":
            return f"{names[1]} gets the last {names[2]} from {names[0]} once more"
        case "drop":
            return f"{_named(names)} from {names[0]} to {names[1]} is lost"
        case "duplicate":
            return f"{_named(names)} from {names[0]} to {names[1]} is doubled"
        case "forge":
            return f"{names[1]} gets {names[2]} from {names[0]}"
    return f"{names[0]} {'crashes' if verb == 'crash' else 'restarts'}"


def _named(names: list) -> str:
    kind = names[2] if len(names) > 2 else "message"
    return f"the next {kind}" if isinstance(kind, str) else show(kind)


def kinds(classes: Iterable[type[Node]] | None) -> dict[str, Callable]:
    """What options of these nodes' steps must be: the name of a class that one of them handles.
    None for nodes that may lack handlers: then any name will do.
    """

    def named(value, what: str):
        if not isinstance(value, str):
            raise ValueError(f"the name of a {what}'s class")
        name = value.partition("(")[0]
        if classes is None or name in PLAIN:
            return value
        if not any(kind.handles(name) for kind in classes):
            known = sorted({name for kind in classes for name in heard(kind, what == "timer")})
            raise DslabError(
                f"no node here handles a {what} {value!r}: they handle "
                f"{', '.join(known) or 'none'}."
            )
        return value

    def which(value, world):
        if not isinstance(value, (str, Message)):
            raise ValueError("a message, or the name of its class,")
        return value if isinstance(value, Message) else named(value, "message")

    return {
        "kind": lambda value, world: named(value, "message"),
        "timer": lambda value, world: named(value, "timer"),
        "which": which,
    }


def is_meant(message, kind) -> bool:
    """Whether a message is of a class by name, or that very message (maybe a text); None is any."""
    if isinstance(kind, str):
        return kind == (text_of(message) if "(" in kind else type(message).__name__)
    return kind is None or same(message, kind)


def text_of(message: Message) -> str:
    """A message as a text, such as "Vote(term=1, granted=True)"."""
    kind = type(message)
    return kind.__name__ + repr(message).removeprefix(kind.__qualname__)


def expression(steps: Iterable[tuple]) -> str:
    """Steps as a Python expression, to be evaluated where the messages' classes are imported.

    A message whose repr is no expression, such as that of a part or one that holds a member of an
    enumeration, is there as a text. Empty where one is forged, which a text can't say.
    """
    spelled = []
    for step in steps:
        values = [
            text_of(each) if isinstance(each, Message) and not _evaluates(each) else each
            for each in step
        ]
        if step[0] == "forge" and isinstance(values[-1], str):
            return ""
        spelled.append(tuple(values))
    return repr(spelled)


def _evaluates(message: Message) -> bool:
    """Whether the repr of a message is an expression for it, beside its class."""
    try:
        return same(eval(repr(message), dict(vars(sys.modules[type(message).__module__]))), message)
    except Exception:  # Names that aren't there, and what is no Python.
        return False
