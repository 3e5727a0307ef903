"""A design against its requirements, by runs of all combinations: <dslab-design-board>."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from math import isfinite, prod
from typing import NamedTuple

from dslab.errors import DslabError
from dslab.show.element import Element
from dslab.show.table import Table
from dslab.values import show

__all__ = ["DesignBoard", "Requirement", "conflicts", "design_board"]

#: More designs than this are too many to run for one page; so many are in the table where there are
#: no scripts.
DESIGNS, ROWS = 2_000, 32
#: All sets of requirements are tried, to say which can't be met together.
REQUIREMENTS = 12


class Requirement(NamedTuple):
    """What must hold: `figure` is at most, or at least, so much.

    >>> Requirement("A write is quick", "write", at_most=30, unit="ms")
    """

    name: str
    figure: str
    at_most: float | None = None
    at_least: float | None = None
    unit: str = ""

    def met(self, value) -> bool:
        """Whether a figure of `value`, or None where it is unknown, meets it."""
        return value is not None and (
            value <= self.at_most if self.at_most is not None else value >= self.at_least
        )


class DesignBoard(Element):
    """Choices against requirements; see `design_board`."""

    tag = "dslab-design-board"

    def __init__(self, content: dict, requirements: list[Requirement]):
        self.content, self.requirements = content, requirements

    def data(self):
        """The choices, requirements and figures, as `design_board` packs them."""
        return self.content

    @property
    def met(self) -> dict[tuple[str, ...], list[bool]]:
        """For each design with a run, by its options, which requirements it meets."""
        designs = product(*(choice["options"] for choice in self.content["choices"]))
        return {
            design: [
                requirement.met(value) for requirement, value in zip(self.requirements, values)
            ]
            for design, values in zip(designs, self.content["table"])
            if values is not None
        }

    def words(self):
        """How many designs meet everything, and which requirements no design meets together."""
        met, names, title = (
            self.met,
            [requirement.name for requirement in self.requirements],
            self.content["title"] or "A design",
        )
        whole = sum(all(each) for each in met.values())
        wanted = f"all {len(names)} requirements" if len(names) > 1 else f"“{names[0]}”"
        said = [
            f"{title}{'' if title[-1] in '.?!' else ':'} {len(met)} designs; "
            f"{whole or 'none'} meet{'s' if whole < 2 else ''} {wanted}."
        ]
        for together in conflicts(list(met.values())):
            said.append(
                "No design meets "
                + " and ".join(f"“{names[number]}”" for number in together)
                + (" together." if len(together) > 1 else ".")
            )
        return " ".join(said)

    def still(self):
        """A table of all designs, or of those that meet most."""
        content, rows = self.content, []
        designs = product(*(choice["options"] for choice in content["choices"]))
        for design, values in zip(designs, content["table"]):
            if values is not None:
                signs = [
                    f"{'✓' if requirement.met(value) else '✗'} "
                    f"{show(value)} {requirement.unit}".strip()
                    for requirement, value in zip(self.requirements, values)
                ]
                rows.append((*design, *signs))
        if len(rows) > ROWS:
            rows = sorted(rows, key=lambda row: -sum(cell.startswith("✓") for cell in row))[:ROWS]
        columns = [choice["name"] for choice in content["choices"]] + [
            requirement.name for requirement in self.requirements
        ]
        return Table(columns, rows, self.words())._repr_html_()


def conflicts(met: list[list[bool]]) -> list[tuple[int, ...]]:
    """The smallest sets of requirements that no design meets together, by their numbers.

    met  for each design whether it meets each requirement.
    """
    found: list[tuple[int, ...]] = []
    for size in range(1, (len(met[0]) if met else 0) + 1):
        for together in combinations(range(len(met[0])), size):
            if any(set(smaller) <= set(together) for smaller in found):
                continue
            if not any(all(design[number] for number in together) for design in met):
                found.append(together)
    return found


def design_board(
    id: str,
    requirements: list[Requirement],
    choices: dict[str, Sequence | Mapping],
    figures: Callable | Mapping,
    *,
    title: str = "",
) -> DesignBoard:
    """Let the reader choose a design, see which requirements it meets and by how much, and say why
    they chose it.

    id            the board's name within its page: small letters, digits and hyphens. The design is
                  kept under it.
    requirements  what must hold, as `Requirement`s.
    choices       for each choice its options: {"nodes": (3, 5)}, or what the reader reads and what
                  is meant by it: {"placement": {"one room": (1, 4), "three cities": (10, 40)}}.
    figures       a function of one option of each choice, by position, that runs the design and
                  gives its figures as a dict, such as `dslab.check.figures`; or a mapping from the
                  options to these. None where there is no such design. Every combination is worked
                  out now, so that the page can show any.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        raise DslabError(
            f"design_board({id!r}, …): name the board with small letters, digits and "
            'hyphens, such as "checkout".'
        )
    requirements = list(requirements)
    if not 0 < len(requirements) <= REQUIREMENTS or not choices:
        raise DslabError(
            f"design_board() needs 1 to {REQUIREMENTS} requirements, and a choice or more."
        )
    for requirement in requirements:
        if (requirement.at_most is None) == (requirement.at_least is None):
            raise DslabError(
                f"the requirement “{requirement.name}” needs either at_most=… or at_least=…."
            )
    for name, options in choices.items():
        if len(set(map(show, options))) < max(2, len(options)):
            raise DslabError(
                f"the choice {name!r} needs at least two options that differ, not "
                f"{', '.join(map(show, options)) or 'none'}."
            )
    count = prod(map(len, choices.values()))
    if count > DESIGNS:
        raise DslabError(
            f"these choices make {count:,} designs; at most {DESIGNS:,} can be run for "
            "one page: leave some options out."
        )
    table = []
    for design in product(
        *(
            options.values() if isinstance(options, Mapping) else options
            for options in choices.values()
        )
    ):
        found = figures(*design) if callable(figures) else figures.get(design)
        table.append(
            None
            if found is None
            else [_figure(found, requirement, design) for requirement in requirements]
        )
    if not any(table):
        raise DslabError(
            "design_board(): there are no figures for any design: a mapping's keys are "
            "tuples with one option of each choice."
        )
    content = {
        "id": id,
        "title": title,
        "requirements": [
            {
                "name": each.name,
                "figure": each.figure,
                "limit": each.at_most if each.at_least is None else each.at_least,
                "more": each.at_least is not None,
                "unit": each.unit,
            }
            for each in requirements
        ],
        "choices": [
            {"name": name, "options": [show(option) for option in options]}
            for name, options in choices.items()
        ],
        "table": table,
    }
    return DesignBoard(content, requirements)


def _figure(found: Mapping, requirement: Requirement, design: tuple):
    if requirement.figure not in found:
        raise DslabError(
            f"the figures of {show(design)} have no {requirement.figure!r}, which "
            f"“{requirement.name}” is about: they have {', '.join(found)}."
        )
    value = found[requirement.figure]
    if value is None or isinstance(value, (int, float)) and isfinite(value):
        return value
    raise DslabError(
        f"{requirement.figure} of {show(design)} is {value!r}: a figure is a finite "
        "number, or None."
    )
