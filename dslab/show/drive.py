"""A scenario under the reader's hand: a click becomes a step of it, and it runs again.

A scenario is data and its run is deterministic, so the past stays as it was, and going back to act
there is another branch. The element `<dslab-drive>` (static/drive.js) shows the branches; it and
`Drive.handle` talk in JSON:

    {"do": "open", "link": "#s=…" or null}                 what is there now; a link's scenario
                                                           takes the place of the first
    {"do": "act", "branch": 1, "step": {…}, "seen": 640}    do a step; `seen` is how far (ms) the
                                                            reader has seen this branch
    {"do": "branch", "branch": 1, "at": 300}                keep this branch, and go on in another
                                                            one from there
    {"do": "longer", "branch": 1}                           let it run for a second more
    {"do": "name", "branch": 1, "name": "n1 crashes"}, {"do": "close", "branch": 1}, {"do": "undo"}

each with "has", the fingerprints of the runs that the page holds already. The answer: the branches,
each with its run where the page has it not, its scenario as TOML and as a link, what came of it in
words, and where it parts from the branch that it came from; where to stand now; and a sentence
where something couldn't be done, in which case nothing has changed.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from dslab.errors import DslabError
from dslab.run.trace import Trace
from dslab.show.player import Player, play

__all__ = ["Branch", "Drive", "drive"]

USUAL = ("stage", "space-time", "fields")
BRANCHES = 6
MORE = 1000  # Milliseconds that a run gets where the reader comes to its end.
NEAR = 300

_MODULE = """export default { render({ model, el }) {
  const drive = document.createElement("dslab-drive");
  drive.setAttribute("scenario", "KEY");
  drive.model = model;
  drive.append("The script of dslab's widgets is not on this page: "
    + "in JupyterLab it comes with dslab's extension.");
  el.append(drive);
} };
"""


@dataclass(frozen=True)
class Branch:
    """One story: a scenario with its run; it left branch number `of` at `at` ms."""

    number: int
    name: str
    scenario: Any
    outcome: Any
    of: int | None = None
    at: float | None = None

    @property
    def trace(self) -> Trace:
        """What the branch's run left behind."""
        return self.outcome.cluster.trace


class Drive:
    """A scenario and its branches; see `drive`."""

    def __init__(self, scenario, views: tuple[str, ...] = USUAL):
        self.views = views
        self._past: list[tuple[Branch, ...]] = []
        self._last = 1
        self.branches = (Branch(1, "main", scenario, scenario.run()),)
        self.player = play(self.branches[0].trace, *views)
        #: What a link says of the drive that it was copied from, so that it opens there again.
        self.key = sha256(scenario.link().encode()).hexdigest()[:8]

    @property
    def scenario(self):
        """What the first branch has become: the reader's hand, as a scenario."""
        return self.branches[0].scenario

    # What the reader does.

    def handle(self, message: dict) -> dict:
        """Do what the page asks for, and answer it."""
        before, last, at, problem = self.branches, self._last, None, None
        try:
            actions = {
                "open": self._open,
                "act": self._act,
                "branch": self._branch,
                "longer": self._longer,
                "name": self._name,
                "close": self._close,
                "undo": self._undo,
            }
            at = actions[message["do"]](message)
        except Exception as error:  # Shown where the reader looks, instead of in the kernel's log.
            self.branches, self._last = before, last
            problem = (
                str(error) if isinstance(error, DslabError) else f"{type(error).__name__}: {error}"
            )
        if self.branches != before and message["do"] != "undo":
            self._past.append(before)
        has = set(message.get("has", ()))
        return {
            "branches": [self._told(branch, has) for branch in self.branches],
            "at": at,
            "problem": problem,
            "undo": len(self._past),
        }

    def _open(self, message):
        if not message.get("link"):
            return None
        scenario, moment = type(self.scenario).from_link(message["link"])
        self.branches = (Branch(1, "from the link", scenario, scenario.run()),)
        return moment

    def _act(self, message):
        branch, step = self._named(message), message["step"]
        if message.get("seen", 0) > step["at"]:
            return self._apart(branch, step["at"], step)
        scenario = _with_room(branch.scenario.plus(step), step["at"])
        self._put(replace(branch, scenario=scenario, outcome=scenario.run()))
        return step["at"]

    def _branch(self, message):
        return self._apart(self._named(message), message["at"], None)

    def _apart(self, branch, at, step):
        """Another branch, which has what was done up to `at`, and `step`."""
        if len(self.branches) >= BRANCHES:
            raise DslabError(f"there are {BRANCHES} branches already: close one first.")
        scenario = branch.scenario.upto(at)
        if step is not None:
            scenario = _with_room(scenario.plus(step), at)
        self._last += 1
        new = Branch(
            self._last, f"branch {self._last}", scenario, scenario.run(), branch.number, at
        )
        self.branches += (new,)
        return at

    def _longer(self, message):
        branch = self._named(message)
        scenario = _lasting(branch.scenario, branch.scenario.data["duration"] + MORE)
        self._put(replace(branch, scenario=scenario, outcome=scenario.run()))

    def _name(self, message):
        name = str(message["name"]).strip()[:60]
        if not name:
            raise DslabError("a branch needs a name: give it a letter or more.")
        self._put(replace(self._named(message), name=name))

    def _close(self, message):
        branch = self._named(message)
        if len(self.branches) == 1:
            raise DslabError("this is the only branch, so it stays.")
        self.branches = tuple(other for other in self.branches if other is not branch)

    def _undo(self, message):
        if not self._past:
            raise DslabError("there is nothing to undo.")
        self.branches = self._past.pop()

    def _named(self, message) -> Branch:
        for branch in self.branches:
            if branch.number == message["branch"]:
                return branch
        raise DslabError("this branch is closed.")

    def _put(self, new: Branch):
        self.branches = tuple(
            new if branch.number == new.number else branch for branch in self.branches
        )

    # What it is told.

    def _told(self, branch: Branch, has: set[str]) -> dict:
        player = Player(branch.trace, self.views)
        run, other = player.attributes()["run"], self._compared(branch)
        return {
            "number": branch.number,
            "name": branch.name,
            "run": run,
            "trace": None if run in has else player.dumps(),
            "views": " ".join(self.views),
            "toml": branch.scenario.toml(),
            "link": branch.scenario.link(),
            "told": [line.strip() for line in repr(branch.outcome).splitlines()[1:]],
            "parts": other and parting(other, branch),
        }

    def _compared(self, branch: Branch) -> Branch | None:
        """What a branch is compared with: the one that it left, or the first if that is closed."""
        if branch.number == self.branches[0].number:
            return None
        return next(
            (other for other in self.branches if other.number == branch.of and other is not branch),
            self.branches[0],
        )

    # Shown.

    def controls(self):
        """The anywidget that stands between the element and `handle`."""
        import anywidget

        class Stand(anywidget.AnyWidget):
            _esm = _MODULE.replace("KEY", self.key)

        stand = Stand()
        stand.on_msg(lambda widget, message, _: widget.send(self.handle(message)))
        return stand

    def _repr_html_(self) -> str:
        # Without Python: the recorded run, in an element that tells what a link would run.
        return (
            '<dslab-drive class="dslab" '
            f'scenario="{self.key}">{self.player._repr_html_()}</dslab-drive>'
        )

    def _repr_mimebundle_(self, **_):
        bundle = {"text/html": self._repr_html_()}
        try:
            bundle |= self.controls()._repr_mimebundle_()[0]
        except ImportError:  # No anywidget: the player alone.
            pass
        return bundle | {"text/plain": repr(self)}

    def __repr__(self):
        return f"{self.branches[0].trace!r}, to be driven"


def parting(one: Branch, other: Branch) -> dict:
    """Where the runs of two branches part: the step's number (the same in both), or None, and the
    same in words.
    """
    here, there = one.trace.sentences(), other.trace.sentences()
    common = min(len(here), len(there))
    step = next((number for number in range(common) if here[number] != there[number]), common)
    if step == len(here) == len(there):
        return {"step": None, "with": one.number, "words": f"The same steps as in “{one.name}”."}
    said = [
        f"In “{branch.name}”: {_short(steps[step]) if step < len(steps) else 'the run ends.'}"
        for branch, steps in ((one, here), (other, there))
    ]
    return {
        "step": step,
        "with": one.number,
        "words": f"The same as “{one.name}” for {step:,} steps. Then they part. {' '.join(said)}",
    }


def _short(sentence: str) -> str:
    """A step's sentence up to what it changed and sent."""
    return sentence.split("; ")[0].rstrip(".") + "."


def _with_room(scenario, at: float):
    """A scenario that goes on for a while after `at`, so that it can be seen what comes of it."""
    return scenario if scenario.data["duration"] >= at + NEAR else _lasting(scenario, at + MORE)


def _lasting(scenario, duration: float):
    return type(scenario)(scenario.data | {"duration": round(duration)}, scenario.name)


def drive(scenario, *views: str) -> Drive:
    """Show a `dslab.scenario.Scenario` to be driven by hand: crash, cut, drop, go back, compare.

    In a notebook with anywidget each click is one more step of the scenario, which then runs again.
    On a page without Python the recorded run plays.

    views  what to show of each run; the usual ones are the stage, the space-time diagram and the
           table of fields.
    """
    for word in ("run", "plus", "upto", "toml", "link"):
        if not callable(getattr(scenario, word, None)):
            raise DslabError(
                f"drive() takes a Scenario, and this {type(scenario).__name__} has no "
                f"{word}(): make one with dslab.scenario.file.Scenario."
            )
    return Drive(scenario, views or USUAL)
