"""A recorded run for a page: the <dslab-trace> element, with the run inside and a still picture beside it."""

import base64
import re
from html import escape
from pathlib import Path

from dslab.errors import DslabError
from dslab.show.diagram import diagram
from dslab.trace import Trace

__all__ = ["Player", "page", "play"]

STATIC = Path(__file__).with_name("static")


class Player:
    """Shows a trace: as a player where the book's script is, as a picture elsewhere, and as a line of text in a terminal."""

    def __init__(self, trace: Trace, at: float | None = None):
        self.trace, self.at = trace, at

    def _repr_html_(self):
        picture = base64.b64encode(diagram(self.trace, self.at).encode()).decode()
        moment = f' at="{self.at:g}"' if self.at is not None else ""
        return (f'<dslab-trace{moment}><script type="application/json">{script_safe(self.trace)}</script>'
                f'<img alt="{escape(self.words())}" src="data:image/svg+xml;base64,{picture}" style="max-width:100%"></dslab-trace>')

    def words(self) -> str:
        """The run in a few sentences, for those who don't see the picture."""
        steps = [sentence for _, sentence in self.trace.steps()]
        first = " ".join(steps[-2:])
        return f"Space-time diagram of {self.trace.title}: {len(steps)} steps. It ends so: {first[:400]}"

    def __repr__(self):
        return repr(self.trace)


def script_safe(trace: Trace) -> str:
    """The trace's JSON in a form that can't end the script element it stands in."""
    return trace.dumps().replace("<", "\\u003c")


def play(run, at: float | None = None) -> Player:
    """Show a recorded run: a Trace, or whatever has one (a Cluster, a Verdict). It opens at `at` milliseconds."""
    trace = run if isinstance(run, Trace) else getattr(run, "trace", None)
    if not isinstance(trace, Trace):
        raise DslabError(f"play() shows a Trace, a Cluster or a Verdict with a trace, but this {type(run).__name__} has none.")
    return Player(trace, at)


def page(run, at: float | None = None) -> str:
    """One HTML page that plays a run by itself, without a server or another file."""
    player = play(run, at)
    # A page that is opened as a file may import nothing, so the player's modules become one script.
    parts = [(STATIC / f"{name}.js").read_text(encoding="utf-8") for name in ("trace-model", "trace-view", "dslab-trace")]
    script = re.sub(r"^export ", "", re.sub(r"^import .*\n", "", "\n".join(parts), flags=re.M), flags=re.M)
    title = escape(player.trace.title or "A run")
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title></head><body><main>{player._repr_html_()}</main><script type=\"module\">{script}</script></body></html>\n")
