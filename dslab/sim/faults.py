"""Partitions in words: groups of nodes, and the directed links between them that are cut."""

from itertools import combinations, product

from dslab.errors import DslabError

__all__ = ["between", "group", "partition"]


def group(names) -> tuple[str, ...]:
    """A group of nodes, given as "n1 n2", "n1, n2" or a collection."""
    return tuple(names.replace(",", " ").split()) if isinstance(names, str) else tuple(names)


def partition(groups, lanes) -> set[tuple[str, str]]:
    """The links cut by dividing `lanes` into `groups`, in both directions.

    A lane in no group keeps all its links: so a client reaches both sides, unless it is put into one.
    """
    groups = [group(names) for names in groups]
    if len(groups) < 2 or not all(groups):
        raise DslabError("a partition needs two groups or more, such as partition(\"n1 n2\", \"n3 n4 n5\").")
    named = [name for names in groups for name in names]
    for name in named:
        if name not in lanes:
            raise DslabError(f"there is no {name!r} in this cluster: it has {', '.join(lanes)}.")
        if named.count(name) > 1:
            raise DslabError(f"{name} is in two groups of the partition: put each node into one.")
    return {pair for one, other in combinations(groups, 2) for pair in between(one, other)}


def between(one, other) -> set[tuple[str, str]]:
    """The links between two groups, in both directions."""
    return {pair for a, b in product(one, other) for pair in ((a, b), (b, a))}
