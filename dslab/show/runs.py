"""A choice among recorded runs, for a page without a kernel: it holds them all."""

import json

from dslab.errors import DslabError
from dslab.show.element import Element
from dslab.show.player import Player, play

__all__ = ["Runs", "runs"]


class Runs(Element):
    """Several runs, of which one is shown; see `runs`."""

    tag = "dslab-runs"

    def __init__(self, players: dict, label: str):
        self.players, self.label = players, label

    def data(self):
        """All runs by name, and which is shown first."""
        names = {name: player.names for name, player in self.players.items() if player.names}
        return {
            "label": self.label,
            "first": next(iter(self.players)),
            "at": {
                name: player.at for name, player in self.players.items() if player.at is not None
            },
            "runs": {name: json.loads(player.dumps()) for name, player in self.players.items()},
        } | ({"names": names} if names else {})

    def attributes(self):
        """The views, where they are not the usual ones."""
        return (
            {"views": self._first.attributes()["views"]}
            if "views" in self._first.attributes()
            else {}
        )

    def picture(self):
        """The first run."""
        return self._first.picture()

    def words(self):
        """The names of the runs, and the first one in words."""
        return (
            f"A choice of {len(self.players)} runs: {', '.join(self.players)}. The first one: "
            f"{self._first.words()}"
        )

    @property
    def _first(self):
        return next(iter(self.players.values()))

    def __repr__(self):
        return f"{len(self.players)} runs: {', '.join(self.players)}"


def runs(named: dict, *views: str, label: str = "Run") -> Runs:
    """Show one of several runs, chosen by name: `runs({"seed 1": run(1), …}, "space-time")`.

    named  for each name a Trace, what has one, or `play(run, at=…)` to open it at that moment; the
           first is shown first.
    views  as for `play`.
    """
    if not isinstance(named, dict) or not named:
        raise DslabError("runs() needs a run to show: give a dict of names and runs.")
    return Runs(
        {
            str(name): Player(run.trace, views or run.views, run.at, run.names)
            if isinstance(run, Player)
            else play(run, *views)
            for name, run in named.items()
        },
        label,
    )
