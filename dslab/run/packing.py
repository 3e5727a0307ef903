"""Values as a table for a page: each distinct one once, and a list that grows at the cost of what
it grows by.

A node's log is a tuple, and so every entry makes a new one that begins with the old. Stored whole
they cost the square of the log.
"""

import json
from collections.abc import Callable
from operator import is_
from typing import Any

from dslab.values import plain, same

__all__ = ["Table", "begins", "whole"]


def begins(first, value) -> bool:
    """Whether list `value` begins with the items of list `first`."""
    if not isinstance(value, (tuple, list)) or len(first) > len(value):
        return False
    # As a rule they are the same objects, which is quickly seen.
    return all(map(is_, first, value)) or all(map(same, first, value))


class Table:
    """Numbers distinct values in the order in which they come.

    found  the values as JSON data. Of a list that begins with an earlier one, only the items after
           that.
    grows  [number, earlier number, …] for these lists.

    `other` is what `plain` asks for values that a node may not hold.

    Lists are paths through a tree, one item from place to place, so that a log which grows by an
    entry is one place further.
    """

    def __init__(self, other: Callable[[Any], Any] | None = None):
        self._other = other
        self.found, self.grows = [], []
        self._numbers = {}  # Of a text of JSON, or of a place in the tree.
        self._tree = {}  # The place after (place, item).
        self._places = {}  # Where the lists that came end, by id.

    def of(self, value, before=None) -> int:
        """The number of `value`, which has to live as long as the table; `before` is what it may
        have grown from.
        """
        if isinstance(value, (tuple, list)):
            return self._list(value, before)
        data = plain(value, self._other)
        key = json.dumps(data)  # Tells 1 from True and 1.0, which are equal in Python.
        return self._numbers[key] if key in self._numbers else self._new(key, data)

    def _list(self, items, before) -> int:
        place, start, base, known = 0, 0, None, 0
        if (
            id(before) in self._places
            and len(before) <= len(items)
            and all(map(is_, before, items))
        ):
            place, start = self._places[id(before)], len(before)
        for at, item in enumerate(items[start:], start):
            if place and place in self._numbers:
                base, known = self._numbers[place], at
            key = place, json.dumps(plain(item, self._other))
            place = self._tree.setdefault(key, len(self._tree) + 1)
        self._places[id(items)] = place
        if place in self._numbers:
            return self._numbers[place]
        if base is not None:
            self.grows += len(self.found), base
        return self._new(place, plain(items[known:], self._other))

    def _new(self, key, data) -> int:
        self._numbers[key] = len(self.found)
        self.found.append(data)
        return self._numbers[key]


def whole(values: list, grows: list) -> list:
    """The values of a table, each list whole.

    Raises ValueError or TypeError where they don't fit.
    """
    values, last = list(values), 0
    for value, other in zip(grows[::2], grows[1::2], strict=True):
        if not (
            0 <= other < value
            and last < value
            and isinstance(values[other], list)
            and isinstance(values[value], list)
        ):
            raise ValueError(value)
        values[value], last = values[other] + values[value], value
    return values
