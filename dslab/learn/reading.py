"""How answers that a reader writes down are read: the same thing, however it is spelled.

| spelled                                        | read as                                        |
|------------------------------------------------|------------------------------------------------|
| " Yes ", "yes.", "'yes'", True, b"yes"         | yes                                            |
| 2, 2.0, "2", Decimal("2.00"), numpy's 2        | 2                                              |
| ["n1", "n3"], ("n1", "n3"), "n1, n3"           | n1 n3                                          |
| a member of an enumeration                     | its value; its name, where that is a number    |

Yes and true are one answer, and so are no and false. Nothing here compares, hashes or prints what
is of no known kind: it may do anything. What is no answer raises NoAnswer, which names its kind.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any
from unicodedata import normalize

from dslab.errors import DslabError

__all__ = [
    "NoAnswer",
    "by_name",
    "canonical_text",
    "choices_in",
    "is_blank",
    "kind_of",
    "schedule_of",
]

#: How long an answer may be, in characters or items. Nobody is asked for more.
LONGEST = 200
#: Two words for the one answer.
SAME = {"true": "yes", "false": "no"}
#: What may stand around an answer.
ROUND = "\"'`“”‘’«» \t\r\n"
_CHOICES = re.compile(r"\(([\w-]+(?:/[\w-]+)+)\)\W*$")

STEPS = 'write a list of steps, such as [("crash", "n1"), ("restart", "n1")]'


class NoAnswer(DslabError):
    """What was handed over is no answer; the sentence has no full stop, for what to do follows."""


def kind_of(thing: Any) -> str:
    """What a thing is, in words that are the same in every process."""
    if thing is None:
        return "None"
    if callable(thing):
        return "a function or a class"
    name = type(thing).__name__
    words = {"str": "a text", "int": "a number", "float": "a number", "bool": "True or False"}
    return words.get(name, f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}")


def _first(words: str) -> str:
    return words[:1].upper() + words[1:]


def is_blank(answer: Any) -> bool:
    """Whether this says that there is no answer yet."""
    if answer is None or answer is ...:
        return True
    if type(answer) is str:
        return not answer.strip()
    return type(answer) in (list, tuple, dict, set, frozenset) and not answer


def canonical_text(answer: Any) -> str:
    """The one text for all spellings of an answer. Raises NoAnswer."""
    if isinstance(answer, Enum):
        value = answer.value
        number = not isinstance(value, bool) and isinstance(value, (int, float, Decimal))
        return canonical_text(str(answer.name) if number else value)
    if type(answer) is bool:
        return "yes" if answer else "no"
    if type(answer) in (int, float, Decimal):
        if text := _number(Decimal(answer)):
            return text
        raise NoAnswer("A number that is not finite, or too long, is no answer here")
    if type(answer) in (bytes, bytearray):
        try:
            return canonical_text(bytes(answer).decode())
        except UnicodeDecodeError:
            raise NoAnswer("Bytes that are no text are no answer here") from None
    if type(answer) is str:
        return _text(answer)
    if type(answer) in (tuple, list, set, frozenset):
        return _all_of(answer)
    return canonical_text(_scalar(answer))


def _text(answer: str) -> str:
    if len(answer) > LONGEST:
        raise NoAnswer(f"A text of {len(answer):,} characters is no answer here")
    folded = normalize("NFKC", answer).casefold().strip(ROUND).rstrip(".").strip(ROUND)
    text = " ".join(folded.rstrip(".").replace(",", " ").split())
    try:
        return _number(Decimal(text)) or text
    except InvalidOperation:
        return SAME.get(text, text)


def _number(number: Decimal) -> str:
    """A finite number without what may be left out: no sign of a zero, no zeros at the end."""
    if not number.is_finite() or abs(number.adjusted()) > LONGEST:
        return ""
    text = format(number.normalize(), "f")
    return "0" if number == 0 else text


def _all_of(answers: Iterable) -> str:
    items = list(answers)
    if len(items) > LONGEST:
        raise NoAnswer(f"{_first(kind_of(answers))} of {len(items):,} items is no answer here")
    for item in items:
        if type(item) in (tuple, list, set, frozenset, dict):
            raise NoAnswer(f"{_first(kind_of(item))} in {kind_of(answers)} is no answer here")
    texts = [canonical_text(item) for item in items]
    return " ".join(sorted(texts) if isinstance(answers, (set, frozenset)) else texts)


def _scalar(thing: Any) -> Any:
    """The value of a number that a library wraps, such as numpy's. Raises NoAnswer for others."""
    if not callable(thing):
        try:
            value = thing.item()
        except Exception:
            value = None
        if type(value) in (bool, int, float, str, bytes):
            return value
    raise NoAnswer(f"{_first(kind_of(thing))} is no answer here")


def by_name(answers: Mapping) -> dict[str, list]:
    """Answers by the canonical text of their names: those that are given twice have two."""
    found: dict[str, list] = {}
    for name, value in answers.items():
        try:
            found.setdefault(canonical_text(name), []).append(value)
        except NoAnswer:
            found.setdefault(kind_of(name), [])
    return found


def choices_in(question: str) -> tuple[str, ...]:
    """The answers that a question offers at its end: "… (yes/no/unknown)"."""
    found = _CHOICES.search(question)
    return tuple(found[1].split("/")) if found else ()


def schedule_of(given: Any) -> list:
    """A schedule as a list of steps, however it is wrapped: in a tuple, a step without its list, a
    step as a list or in a text. Raises NoAnswer for what is none; whether each step is one, the
    language of steps says.
    """
    if type(given) is str:
        return schedule_of(_evaluated(given))
    if isinstance(given, Mapping):
        return [given]
    if type(given) not in (list, tuple):
        raise NoAnswer(f"{_first(kind_of(given))} is no schedule: {STEPS}")
    if given and type(given[0]) is str and given[0].isidentifier():
        return [tuple(given)]  # One step without its list.
    return [_step(each) for each in given]


def _step(given: Any) -> Any:
    if type(given) is str:
        given = _evaluated(given)
    if isinstance(given, Mapping):
        return given
    if type(given) not in (list, tuple):
        raise NoAnswer(f"{_first(kind_of(given))} is no step: {STEPS}")
    if given and type(given[0]) in (list, tuple):
        raise NoAnswer(f"A list in a list is no step: {STEPS}")
    return tuple(given)


def _spells(text: str) -> bool:
    return text.lstrip()[:1] in ("(", "[", "{")


def _evaluated(text: str) -> Any:
    """The step or schedule that a text spells in Python."""
    if _spells(text) and len(text) <= 100 * LONGEST:
        try:
            value = ast.literal_eval(text.strip())
            if type(value) in (list, tuple, dict):
                return value
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            pass
    shown = " ".join(text[:LONGEST].split())
    raise NoAnswer(f"{shown!r:.60} is a text, and no step: {STEPS}")
