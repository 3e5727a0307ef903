"""A recorded run for a page: the <dslab-trace> element, which shows a run in one view or several
under one set of controls.
"""

from hashlib import sha256
from numbers import Real

from dslab.errors import DslabError
from dslab.node import Pictured
from dslab.run.history import History
from dslab.run.trace import Trace
from dslab.show.element import STATIC, Element, standalone
from dslab.show.stills import STILLS
from dslab.show.stills.drawing import Still, sheet
from dslab.show.stills.space_time import space_time
from dslab.verdict import Verdict

__all__ = ["VIEWS", "Player", "page", "play"]

#: The views of a run, one file each in static/views.
VIEWS = tuple(sorted(path.stem for path in (STATIC / "views").glob("*.js")))
USUAL = ("space-time", "fields")
#: What a view may be told of a run; the top of its file says what each name means.
NAMES = {"logs": Pictured._fields, "history": ("model", "core")}


class Player(Element):
    """Shows a trace: as a player where the book's script is, as a picture elsewhere, and as a line
    of text in a terminal.
    """

    tag = "dslab-trace"

    def __init__(
        self,
        trace: Trace,
        views: tuple[str, ...] = USUAL,
        at: float | None = None,
        names: dict[str, str] | None = None,
    ):
        self.trace, self.views, self.at, self.names = trace, views, at, names or {}

    def dumps(self):
        """The run's JSON text."""
        return self.trace.dumps()

    def attributes(self):
        """The run's fingerprint, and what differs from the usual: views, moment, names."""
        # Widgets that show the same run find each other by its fingerprint.
        said = {"run": sha256(self.dumps().encode()).hexdigest()[:12]}
        if self.views != USUAL:
            said["views"] = " ".join(self.views)
        if self.at is not None:
            said["at"] = f"{self.at:.12g}"
        return said | self.names

    def stills(self) -> list[Still]:
        """The views as they are at the moment asked for, or at the run's end; those that have no
        picture are left out.
        """
        drawn = [STILLS[view] for view in self.views if view in STILLS] or [space_time]
        return [draw(self.trace, self.at, self.names) for draw in drawn]

    def picture(self):
        """The stills one under the other."""
        return sheet(self.trace.title, *self.stills())

    def words(self):
        """The run in a few sentences, for those who don't see the picture."""
        return " ".join([f"{self.trace.title}.", *(still.words for still in self.stills())])

    def __repr__(self):
        return repr(self.trace)


def play(run, *views: str, at: float | None = None, **names: str) -> Player:
    """Show a recorded run: a Trace, or whatever has one (a Cluster, a Verdict).

    It opens at `at` milliseconds.

    views  what to show of it, by name, one under the other: `play(run, "stage", "logs")`. The usual
           ones are the space-time diagram and the table of fields.
    names  what a view should know of this run, such as the field in which a protocol that doesn't
           say so (`dslab.node.Pictured`) keeps what the view shows: `play(run, "logs",
           log="entries")`. The top of static/views/NAME.js says what a view asks for.

    A Verdict brings its smallest bad core along: the "history" view marks these calls.
    """
    trace = run if isinstance(run, Trace) else getattr(run, "trace", None)
    if isinstance(run, Verdict) and trace is None:
        raise DslabError(
            "this Verdict has no run to show, as one that holds has none: play the "
            "Cluster that it is about."
        )
    if not isinstance(trace, Trace):
        raise DslabError(
            "play() shows a Trace, a Cluster or a Verdict with a trace, but this "
            f"{type(run).__name__} has none."
        )
    for view in views:
        if view not in VIEWS:
            raise DslabError(f"there is no view {view!r} of a run: choose from {', '.join(VIEWS)}.")
    _demand(at, views or USUAL, names)
    known = core(run, trace.history(), trace) if "history" in views else None
    return Player(
        trace,
        views or USUAL,
        at,
        (known or {}) | {name.replace("_", "-"): str(said) for name, said in names.items()},
    )


def _demand(at, views, names) -> None:
    if at is not None and (
        isinstance(at, bool) or not isinstance(at, Real) or not 0 <= at < float("inf")
    ):
        raise DslabError(f"at={at!r} is no moment of a run: give milliseconds from 0 on.")
    known = [name for view in views for name in NAMES.get(view, ())]
    for name in names:
        if name.startswith("view"):
            raise DslabError(
                'views are given by their names alone: play(run, "stage", "logs"), '
                f"without {name}=."
            )
        if name not in known:
            raise DslabError(
                f"{name}= says nothing to {' and '.join(views)}: "
                + (f"they ask for {', '.join(known)}." if known else "they ask for no names.")
            )


def core(verdict, whole: History, trace: Trace) -> dict[str, str] | None:
    """The attribute that names the calls of a verdict's smallest bad core, by the numbers of their
    invoke events in `trace`.

    whole  the history of `trace`, or the one that it was made from. None where the core is no part
           of it.
    """
    if not isinstance(verdict, Verdict) or verdict.history is None:
        return {}
    part = verdict.history
    events = dict(enumerate(whole.events))
    if any(events.get(place) != event for place, event in zip(part.places, part.events)):
        return None
    numbers = [
        number
        for number, record in enumerate(trace.records)
        if record[1] in ("invoke", "ok", "fail", "info")
    ]
    return {
        "core": " ".join(
            str(numbers[place])
            for place, event in zip(part.places, part.events)
            if event.type == "invoke"
        )
    }


def page(run, *views: str, at: float | None = None, **names: str) -> str:
    """One HTML page that plays a run by itself, without a server or another file."""
    player = play(run, *views, at=at, **names)
    return standalone(player.trace.title or "A run", player._repr_html_())
