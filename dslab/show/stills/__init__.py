"""Still pictures of a run, one file a view: for print, and for places without scripts.

Each is a function `draw(trace, at, names)` that answers with a `Still`: as of `at` (in the run's
units) or at the run's end, with the names that the view was given; the same for the same run. A new
one is a line in `STILLS`.
"""

from dslab.show.stills.history import history
from dslab.show.stills.logs import logs
from dslab.show.stills.pipeline import pipeline
from dslab.show.stills.saga import saga
from dslab.show.stills.space_time import space_time
from dslab.show.stills.stage import stage
from dslab.show.stills.stream import stream

__all__ = ["STILLS"]

STILLS = {
    "space-time": space_time,
    "stage": stage,
    "logs": logs,
    "history": history,
    "pipeline": pipeline,
    "saga": saga,
    "stream": stream,
}
