"""Trade-offs as a picture: runs as points between two figures, and the frontier of those that no
other beats: <dslab-frontier>.
"""

from math import isfinite
from typing import NamedTuple

from dslab.errors import DslabError
from dslab.show.element import Element
from dslab.show.stills.frontier import still
from dslab.values import show

__all__ = ["Figure", "Frontier", "best", "frontier"]


class Figure(NamedTuple):
    """A figure of a run: its unit, whether more of it is better, and whether an axis of it is
    logarithmic at first.
    """

    unit: str = ""
    more: bool = False
    log: bool = False

    def say(self, value) -> str:
        """A value with its unit, or – where it is None."""
        return "–" if value is None else f"{show(value)}{' ' if self.unit else ''}{self.unit}"


def best(points: list[list], figures: list[Figure], axes) -> list[int]:
    """The numbers of the points that no other point beats: none is at least as good in all of
    `axes` and better in one.

    points  for each point its values, one for each figure; a point without a value on one of the
            axes is left out.
    """

    def good(point):
        return [point[axis] if figures[axis].more else -point[axis] for axis in axes]

    known = {
        number: good(point)
        for number, point in enumerate(points)
        if all(point[axis] is not None for axis in axes)
    }
    return [
        number
        for number, mine in known.items()
        if not any(
            other != mine and all(theirs >= own for theirs, own in zip(other, mine))
            for other in known.values()
        )
    ]


class Frontier(Element):
    """Runs between two figures; see `frontier`."""

    tag = "dslab-frontier"

    def __init__(self, content: dict):
        self.content = content
        self.figures = [
            Figure(each["unit"], each["more"], each["log"]) for each in content["figures"]
        ]

    def data(self):
        """The figures and points, as `frontier` packs them."""
        return self.content

    @property
    def frontier(self) -> list[str]:
        """The names of the points that no other beats in the two figures shown at first."""
        return [self.content["points"][number]["name"] for number in self._best()]

    def _best(self) -> list[int]:
        content = self.content
        return best(
            [point["values"] for point in content["points"]],
            self.figures,
            (content["x"], content["y"]),
        )

    def words(self):
        """Which points no other beats, on both axes."""
        content = self.content
        axes = [content["figures"][content[axis]]["name"] for axis in "xy"]
        return (
            f"{content['title'] or 'Trade-off'}: {len(content['points'])} runs between "
            f"{axes[0]} and {axes[1]}. "
            f"No other run is better in both than {', '.join(self.frontier) or 'any'}."
        )

    def picture(self):
        """Every point, with the frontier as a stair."""
        return still(self.content, self._best())


def frontier(
    points,
    figures: dict[str, Figure],
    *,
    x: str = "",
    y: str = "",
    series: str = "",
    title: str = "",
) -> Frontier:
    """Show runs as points between two figures, and which no other run beats (Pareto's frontier).

    points   one dict a run: its figures, numbers or None, and what else it holds is its
             configuration.
    figures  for each figure its `Figure`: {"write": Figure("ms", log=True), "answered": Figure("%",
             more=True)}.
    x, y     the figures on the axes at first; the reader may choose others. The first two where
             nothing is said.
    series   the part of the configuration that shapes and colours tell apart.
    """
    points, names = list(points), list(figures)
    if not points or len(names) < 2:
        raise DslabError("frontier() needs a point or more, and two figures or more.")
    x, y = x or names[0], y or next(name for name in names if name != (x or names[0]))
    config = list(dict.fromkeys(key for point in points for key in point if key not in figures))
    for said, known, kind in (
        (x, names, "figure"),
        (y, names, "figure"),
        *(((series, config, "part of the configuration"),) if series else ()),
    ):
        if said not in known:
            raise DslabError(
                f"frontier(): there is no {kind} {said!r}; there are {', '.join(known)}."
            )
    shown = [
        {
            "name": " ".join(show(point[key]) for key in config if key in point),
            "config": [show(point[key]) if key in point else "" for key in config],
            "values": [_number(point, name) for name in names],
        }
        for point in points
    ]
    return Frontier(
        {
            "title": title,
            "figures": [
                {"name": name, "unit": figure.unit, "more": figure.more, "log": figure.log}
                for name, figure in figures.items()
            ],
            "config": config,
            "series": config.index(series) if series else None,
            "x": names.index(x),
            "y": names.index(y),
            "points": shown,
        }
    )


def _number(point: dict, name: str):
    value = point.get(name)
    if value is None or isinstance(value, (int, float)) and isfinite(value):
        return value
    raise DslabError(
        f"frontier(): {name} of a point is {value!r}; a figure is a finite number, or "
        "None where the run says nothing of it."
    )
