"""Objects of a submission as the grader sees them: each stays in its process, and whatever Python
does with the one here is done there.
"""

import builtins
from dataclasses import make_dataclass
from functools import cache
from typing import Any

from dslab.errors import DslabError
from dslab.learn.limits import Raised
from dslab.learn.shell.about import ABSTRACT, BASES, SPECIAL

__all__ = ["Proxies", "Remote"]


class Remote:
    """Base of the classes that stand for a submission's."""

    __slots__ = ()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self._ask(do="attribute", object=_hidden(self)[1], name=name)

    def __hash__(self):
        return hash(type(self).__name__)  # What is equal in the child has one hash here.

    def __eq__(self, other):
        if self is other:
            return True
        if not isinstance(other, Remote):
            return NotImplemented
        return self._ask(do="equal", object=_hidden(self)[1], other=_hidden(other)[1])

    def __deepcopy__(self, memo):
        return self._ask(do="copy", object=_hidden(self)[1])

    def __repr__(self):
        return str(self._ask(do="text", object=_hidden(self)[1]))

    def __reduce_ex__(self, protocol):
        raise TypeError(f"a {type(self).__name__} of a submission can't be copied so")

    def experiment_in_child(self, topic, name, others, args):
        """An experiment of an exercise (its EXPERIMENTS), with this object, `others` and values,
        done in the child.
        """
        objects = [_hidden(each)[1] for each in (self, *others)]
        args = _hidden(self)[0].wire.encode(tuple(args))
        return self._ask(do="experiment", topic=topic, name=name, objects=objects, args=args)

    def _call(self, method, args, named={}):
        wire = _hidden(self)[0].wire
        args, named = wire.encode(args), wire.encode(named)
        number = _hidden(self)[1]
        return self._ask(do="call", object=number, method=method, args=args, named=named)

    def _ask(self, **question):
        submission = _hidden(self)[0]
        return submission.wire.decode(submission.ask(**question)["value"])


def _hidden(remote: Remote) -> tuple:
    """(the submission, the object's number there)."""
    return object.__getattribute__(remote, "_hidden")


def _forwarded(name: str):
    if name == "__call__":
        return lambda self, *args, **named: self._call(name, args, named)
    if name in ("__iter__", "__reversed__"):
        return lambda self: iter(self._call(name, ()))
    return lambda self, *args: self._call(name, args)


class Proxies:
    """The classes and objects of one submission that were told of."""

    def __init__(self, submission):
        self.submission = submission
        self._kinds: dict[int, type] = {}
        self._objects: dict[int, Remote] = {}

    def object(self, number, kind, about=None, content=None, label="…") -> Remote:
        """The stand-in for an object of the child, by its number there."""
        if about is not None:
            self._kinds.setdefault(kind, _kind(about))
        made = self._kinds[kind]
        if number in self._objects and not isinstance(content, (list, dict, set)):
            return self._objects[number]
        base = next((each for each in made.__mro__ if each in BASES.values()), None)
        try:
            one = base.__new__(made, content) if base else object.__new__(made)
            if base in (list, dict, set):
                base.__init__(one, content)
        except (TypeError, ValueError):
            raise DslabError(f"no {made.__name__:.80} can be made of {content!r:.80}.") from None
        object.__setattr__(one, "_hidden", (self.submission, number))
        object.__setattr__(one, "__name__", str(label))
        self._objects[number] = one
        return one


def _kind(about: dict) -> type:
    """A class that looks like a submission's."""
    base, fields = BASES.get(about["base"]), about["fields"]
    name, special = str(about["name"]), set(about["special"]) & SPECIAL
    space: dict[str, Any] = {each: _forwarded(each) for each in special - {"__hash__"}}
    space |= dict.fromkeys(set(about["none"]) & SPECIAL)
    if base and "__eq__" not in special:  # Compared as what it is besides, as in the child.
        space |= {"__eq__": base.__eq__, "__ne__": base.__ne__}
        space.setdefault("__hash__", base.__hash__)
    elif "__hash__" not in space:
        space["__hash__"] = Remote.__hash__
    if base and "__repr__" not in special:
        space["__repr__"] = base.__repr__
    bases = (Remote, base) if base else (Remote,)
    space |= {"__module__": "__main__", "__qualname__": name}
    if fields is None:
        made = type(name, bases, space)
    else:
        try:
            made = make_dataclass(
                name, fields, bases=bases, namespace=space, init=False, repr=False, eq=False
            )
        except (TypeError, ValueError):
            raise DslabError(f"{fields!r:.80} are no names of fields.") from None
    if about["abstract"] in ABSTRACT:
        ABSTRACT[about["abstract"]].register(made)
    return made


@cache
def _builtin_error(name: str) -> type[Exception]:
    kind = getattr(builtins, name, None)
    return kind if isinstance(kind, type) and issubclass(kind, Exception) else Exception


def error_of(answer: dict) -> Raised:
    """What a submission raised, as an exception of the same name and of the same built-in class."""
    kind, text = str(answer["error"]), str(answer["text"])
    base = _builtin_error(str(answer.get("base", "")))
    said = str(answer.get("repr", f"{kind}({text!r})"))
    space = {"__str__": lambda self: text, "__repr__": lambda self: said, "__module__": "__main__"}
    made = type(kind, (Raised,) if base is Exception else (Raised, base), space)
    return made(kind, text, str(answer.get("place", "")))
