"""Mutants of right answers, each told by its operator, its place and the line that it changes."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from dslab.learn.kills.operators import operators
from dslab.learn.kills.places import Place, places, text
from dslab.learn.kills.variants import Variant

__all__ = ["Change", "Mutant", "derive"]


class Change(NamedTuple):
    """What a mutant changes, as a record of equivalent ones names it: by the text and not by the
    line's number, so that it stays the same where the file grows elsewhere.

    where     the class and function: "MyRaft.on_Vote"; of data, the entry: "['n1'][2]".
    old, new  the lines before and after, in the spelling of `ast.unparse`; "" for none.
    nth       which one, where the same lines are changed so in several places.
    """

    where: str
    old: str
    new: str
    nth: int = 1

    def __repr__(self):
        given = [*self[:3], *([self.nth] if self.nth > 1 else [])]
        return f"Change({', '.join(map(repr, given))})"


class Mutant(NamedTuple):
    """A right answer with one thing changed.

    operator    what was done, such as "comparison turned".
    line        of the answers' file; 0 for what is written out there as no text.
    statements  the changed answer's, in place of the variant's own.
    """

    variant: Variant
    operator: str
    line: int
    change: Change
    statements: tuple[ast.stmt, ...]

    def build(self) -> Any:
        """The changed answer itself. Whatever it does when it is made is raised."""
        return self.variant.build(self.statements)

    def __str__(self):
        place = f"{self.variant.path.name}:{self.line}" if self.line else self.variant.path.name
        where = self.change.where or self.variant.label
        return "\n".join(
            [f"{place}  {where}: {self.operator}"]
            + [f"    - {line}" for line in self.change.old.splitlines()]
            + [f"    + {line}" for line in self.change.new.splitlines()]
        )


def derive(variants: Iterable[Variant]) -> Iterator[Mutant]:
    """All mutants of these answers, in the order of their text. What doesn't compile or is spelled
    as the answer or another mutant is left out.
    """
    seen, alike = set(), Counter()
    for variant in variants:
        space = variant.space()
        for number, top in enumerate(variant.statements):
            rest = variant.statements[:number], variant.statements[number + 1 :]
            for place in places(top, space):
                unit = place.unit if _has_lines(variant) else place.entry
                for name, new in _proposed(place):
                    # What two answers share is changed once, in the first that needs it.
                    before, after = _text_of(unit.node), _spelled(place.replaced(new, within=unit))
                    if after in (None, before) or (id(unit.node), after) in seen:
                        continue
                    seen.add((id(unit.node), after))
                    change = _change(variant, place, before, after, new)
                    alike[change] += 1
                    change = change._replace(nth=alike[change])
                    line = getattr(place.node, "lineno", 0) if _has_lines(variant) else 0
                    statements = *rest[0], place.replaced(new), *rest[1]
                    yield Mutant(variant, name, line, change, statements)


def _proposed(place: Place) -> Iterator[tuple[str, ast.AST | list[ast.stmt]]]:
    for operator in operators():
        for new in operator(place) or ():
            if isinstance(new, list) and not place.way:
                continue  # A whole class left out is no answer.
            yield operator.__name__.replace("_", " "), new


@cache
def _text_of(unit: ast.AST) -> str:
    return text(unit)


def _spelled(tree: ast.AST | list[ast.stmt]) -> str | None:
    try:
        spelled = text(tree)
        compile(spelled, "<mutant>", "exec")
        return spelled
    except (SyntaxError, ValueError, AttributeError, TypeError):
        return None


def _has_lines(variant: Variant) -> bool:
    return not (
        isinstance(variant.result, ast.Name) and len(variant.statements) == 1
    ) or isinstance(variant.statements[0], (ast.ClassDef, ast.FunctionDef))


def _change(variant, place, before, after, new) -> Change:
    if not _has_lines(variant):
        return Change(_entry(place), text(place.node), text(new))
    one, other = before.split("\n"), after.split("\n")
    first = 0
    while first < min(len(one), len(other)) and one[first] == other[first]:
        first += 1
    last = 0
    while last < min(len(one), len(other)) - first and one[-1 - last] == other[-1 - last]:
        last += 1
    if first + last == len(one):
        first -= 1  # Nothing but an insertion: after which line?
    old, fresh = one[first : len(one) - last], other[first : len(other) - last]
    return Change(place.named, _flush(old), _flush(fresh))


def _flush(lines: list[str]) -> str:
    """Lines without the indentation that all have."""
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)


def _entry(place: Place) -> str:
    """Where a value stands in an answer that is data, such as "['n1'][2]"."""
    steps = []
    for holder, _, index in place.way:
        if isinstance(holder, ast.Dict):
            steps.append(f"[{text(holder.keys[index])}]")
        elif isinstance(holder, (ast.List, ast.Tuple)):
            steps.append(f"[{index}]")
    return "".join(steps)
