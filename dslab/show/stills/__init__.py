"""Still pictures of a run, one file a view: for print, and for places without scripts.

Each is a function `draw(trace, at)` that gives SVG text, the same for the same run: as of `at` (in the run's units), or at its end.
A new one is a line in `PICTURES`; a run whose views have none is drawn as a space-time diagram.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from dslab.show.diagram import diagram
from dslab.show.stills.pipeline import pipeline
from dslab.show.stills.saga import saga
from dslab.show.stills.stream import stream
from dslab.trace import Trace

__all__ = ["PICTURES", "Still", "still"]


class Still(NamedTuple):
    """A view's picture: what it is called, what draws it, and the fields that a run must have for it, in one of these sets or another."""

    name: str
    draw: Callable[[Trace, float | None], str]
    needs: tuple[set[str], ...] = (set(),)


PICTURES = {"pipeline": Still("Pipeline board", pipeline, ({"partitions"}, {"queue"})), "saga": Still("Saga lanes", saga, ({"steps", "status"},)),
            "stream": Still("Stream of events", stream, ({"event"},))}


def still(trace: Trace, views: Iterable[str]) -> Still:
    """The picture of the first of `views` that has one and that this run can fill."""
    known = {field for record in trace.records if record[6] for field in record[6]}
    fitting = (PICTURES[view] for view in views if view in PICTURES and any(fields <= known for fields in PICTURES[view].needs))
    return next(fitting, Still("Space-time diagram", diagram))
