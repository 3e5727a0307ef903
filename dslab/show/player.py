"""A recorded run for a page: the <dslab-trace> element, which shows a run in one view or several under one set of controls."""

from hashlib import sha256

from dslab.errors import DslabError
from dslab.history import History
from dslab.show.element import STATIC, Element, standalone
from dslab.show.stills import still
from dslab.trace import Trace
from dslab.verdict import Verdict

__all__ = ["VIEWS", "Player", "page", "play"]

#: The views of a run, one file each in static/views.
VIEWS = tuple(sorted(path.stem for path in (STATIC / "views").glob("*.js")))
USUAL = ("space-time", "fields")


class Player(Element):
    """Shows a trace: as a player where the book's script is, as a picture elsewhere, and as a line of text in a terminal."""

    tag = "dslab-trace"

    def __init__(self, trace: Trace, views: tuple[str, ...] = USUAL, at: float | None = None, names: dict[str, str] | None = None):
        self.trace, self.views, self.at, self.names = trace, views, at, names or {}

    def dumps(self):
        return self.trace.dumps()

    def attributes(self):
        # Widgets that show the same run find each other by its fingerprint.
        said = {"run": sha256(self.dumps().encode()).hexdigest()[:12]}
        if self.views != USUAL:
            said["views"] = " ".join(self.views)
        if self.at is not None:
            said["at"] = f"{self.at:g}"
        return said | self.names

    def picture(self):
        return still(self.trace, self.views).draw(self.trace, self.at)

    def words(self):
        """The run in a few sentences, for those who don't see the picture."""
        steps = [sentence for _, sentence in self.trace.steps()]
        first = " ".join(steps[-2:])
        return f"{still(self.trace, self.views).name} of {self.trace.title}: {len(steps)} steps. It ends so: {first[:400]}"

    def __repr__(self):
        return repr(self.trace)


def play(run, *views: str, at: float | None = None, **names: str) -> Player:
    """Show a recorded run: a Trace, or whatever has one (a Cluster, a Verdict). It opens at `at` milliseconds.

    views  what to show of it, by name, one under the other: `play(run, "stage", "logs")`. The usual ones are the space-time
           diagram and the table of fields.
    names  what a view should know of this run, such as the name under which a protocol keeps what the view shows:
           `play(run, "logs", log="entries")`. The top of static/views/NAME.js lists what a view asks for.

    A Verdict brings its smallest bad core along: the "history" view marks these calls.
    """
    trace = run if isinstance(run, Trace) else getattr(run, "trace", None)
    if not isinstance(trace, Trace):
        raise DslabError(f"play() shows a Trace, a Cluster or a Verdict with a trace, but this {type(run).__name__} has none.")
    for view in views:
        if view not in VIEWS:
            raise DslabError(f"there is no view {view!r} of a run: choose from {', '.join(VIEWS)}.")
    known = core(run, trace.history(), trace) if "history" in views else None
    return Player(trace, views or USUAL, at, (known or {}) | {name.replace("_", "-"): str(said) for name, said in names.items()})


def core(verdict, whole: History, trace: Trace) -> dict[str, str] | None:
    """The attribute that names the calls of a verdict's smallest bad core, by the numbers of their invoke events in `trace`.

    whole  the history of `trace`, or the one that it was made from. None where the core is no part of it.
    """
    if not isinstance(verdict, Verdict) or verdict.history is None:
        return {}
    part = verdict.history
    events = dict(enumerate(whole.events))
    if any(events.get(place) != event for place, event in zip(part.places, part.events)):
        return None
    numbers = [number for number, record in enumerate(trace.records) if record[1] in ("invoke", "ok", "fail", "info")]
    return {"core": " ".join(str(numbers[place]) for place, event in zip(part.places, part.events) if event.type == "invoke")}


def page(run, *views: str, at: float | None = None, **names: str) -> str:
    """One HTML page that plays a run by itself, without a server or another file."""
    player = play(run, *views, at=at, **names)
    return standalone(player.trace.title or "A run", player._repr_html_())
