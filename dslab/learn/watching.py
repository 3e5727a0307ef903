"""Who looks on while a submission runs, and says where a rule is broken."""

from collections.abc import Iterable
from copy import copy
from typing import Any

from dslab.explore.schedule import Occurrence

__all__ = ["Breach", "History", "Watcher"]

#: What a watcher may hold that changes, and what is the same for two that hold the same.
HOLDERS = {dict: lambda held: frozenset(held.items()), set: frozenset, list: tuple}


class Breach(Exception):
    """A rule is broken at this step."""

    def __init__(self, rule: str, sentence: str, expected: str = "", got: str = ""):
        super().__init__(sentence)
        self.rule, self.sentence, self.expected, self.got = rule, sentence, expected, got


class Watcher:
    """Base of what looks on: `look(occurrence)` is called after every handler, and calls `breach`
    where a rule is broken.

    A rule counts as broken only where no other was before, so that a report names causes. `purpose`
    is the exception: what the other rules are there for is judged in every run.

    names     the nodes.
    progress  what a run must reach to mean anything, counted.
    breaches  the first breach of each rule. The run goes on, unless it is the rule `stop_at`.

    What a watcher remembers stands in dicts, sets and lists of values that can be hashed: an
    explorer copies and compares watchers.
    """

    purpose: tuple[str, ...] = ()
    progress = 0

    def __init__(self, names: Iterable[str], stop_at: str | None = None):
        self.names, self.stop_at = tuple(names), stop_at
        self.breaches: dict[str, Breach] = {}
        self.said: list[str] = []  # Of breaches that nobody was told of yet.
        self._earned: int | None = None

    @property
    def earned(self) -> int:
        """The progress before the first breach."""
        return self.progress if self._earned is None else self._earned

    def look(self, event: Occurrence) -> None:
        """Look at what a handler did. To be written by each watcher."""
        raise NotImplementedError

    def rest(self, nodes: dict[str, dict[str, Any] | None]) -> None:
        """Look at nodes between which no message is on its way: the fields of each by name, None
        for one that is down. Whoever has rules for it writes this too.
        """

    def breach(self, rule: str, sentence: str, expected: str = "", got: str = "") -> None:
        """Note that `rule` is broken here. Raises Breach where the run is to end at it."""
        if rule in self.breaches or (self.breaches and rule not in self.purpose):
            return
        self._earned = self.earned
        self.breaches[rule] = Breach(rule, sentence, expected, got)
        self.said.append(sentence)
        if rule == self.stop_at:
            raise self.breaches[rule]

    def copy(self) -> "Watcher":
        """Another one who has seen the same."""
        twin = copy(self)
        for name, held in vars(twin).items():
            if type(held) in HOLDERS:
                vars(twin)[name] = held.copy()
        return twin

    @property
    def key(self) -> tuple:
        """The same for two that have seen what makes no difference."""
        known = (value for name, value in vars(self).items() if name not in ("breaches", "said"))
        return frozenset(self.breaches), *(
            HOLDERS[type(value)](value) if type(value) in HOLDERS else value for value in known
        )


class History:
    """What a watcher has seen until here, for an explorer: it never changes, `after` gives the
    next, and of two that differ in nothing there is only one.
    """

    def __init__(self, watcher: Watcher, pool: "dict[tuple, History] | None" = None):
        self.watcher = watcher
        self._pool = {watcher.key: self} if pool is None else pool
        self._next: dict[int, tuple] = {}

    def after(self, events: tuple[Occurrence, ...]) -> "History":
        """With one more step, which is the same object whenever it is the same step."""
        if id(events) not in self._next:
            watcher = self.watcher.copy()
            for event in events:
                watcher.look(event)
            self._next[id(events)] = self._of(watcher), events
        return self._next[id(events)][0]

    def rested(self, nodes: dict[str, dict[str, Any] | None]) -> "History":
        """With a look at nodes that are at rest."""
        watcher = self.watcher.copy()
        watcher.rest(nodes)
        return self._of(watcher)

    def _of(self, watcher: Watcher) -> "History":
        return self._pool.setdefault(watcher.key, History(watcher, self._pool))
