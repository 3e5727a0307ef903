"""Values of Python's library that are sent as what they are made of."""

from collections import Counter, OrderedDict, UserDict, UserList, defaultdict, deque
from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction
from typing import Any
from uuid import UUID

__all__ = ["made", "parts_of"]

#: By class: what it is made of again.
FORMS = {
    int: lambda it: (hex(it), 16),  # A long one: Python reads few digits of base ten.
    complex: lambda it: (it.real, it.imag),
    Fraction: lambda it: (it.numerator, it.denominator),
    bytearray: lambda it: (bytes(it),),
    range: lambda it: (it.start, it.stop, it.step),
    slice: lambda it: (it.start, it.stop, it.step),
    deque: lambda it: (list(it), it.maxlen),
    Counter: lambda it: (dict(it),),
    OrderedDict: lambda it: (dict(it),),
    defaultdict: lambda it: (it.default_factory, dict(it)),
    UserDict: lambda it: (it.data,),
    UserList: lambda it: (it.data,),
    UUID: lambda it: (it.hex,),
    timedelta: lambda it: (it.days, it.seconds, it.microseconds),
    timezone: lambda it: (it.utcoffset(None),),
    date: lambda it: (it.year, it.month, it.day),
    time: lambda it: (it.hour, it.minute, it.second, it.microsecond, it.tzinfo, it.fold),
    datetime: lambda it: (*it.timetuple()[:6], it.microsecond, it.tzinfo, it.fold),
}
NAMED = {kind.__name__: kind for kind in FORMS}


def parts_of(value: Any) -> tuple | None:
    """What `made` makes this value of; None where it is none of these."""
    kind = type(value)
    if kind not in FORMS or kind in (time, datetime) and not _known(value.tzinfo):
        return None
    return FORMS[kind](value)


def _known(zone) -> bool:
    return zone is None or type(zone) is timezone


def made(**data: Any) -> Any:
    """The value of the class `of`, made `from` its parts."""
    kind, parts = NAMED[data["of"]], data["from"]
    if kind in (time, datetime):
        return kind(*parts[:-1], fold=parts[-1])
    return kind(*parts)
