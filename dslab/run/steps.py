"""The language of steps: what can be done to a run, in the same words wherever a run is made.

A step is a word and its options. A table and a tuple are two spellings of one step:

    {crash = "n1"}      {cut = ["n1", "n2"]}      {fire = {node = "n1", timer = "Heartbeat"}}
    ("crash", "n1")     ("cut", "n1", "n2")       ("fire", "n1", "Heartbeat")

In a table an option has its name. Where the first ones say all they may stand alone, as many as the
word's `alone` says; so may the value of a word without options, which is true. In a tuple options
have the order of the table `WORDS`, and what is not needed may be left out at the end.

An option that is one node is its name and nothing else. Where it may be several, it is a text of
names, "n1 n2" or "n1, n2", or a list of them; a step that has been let through has "n1 n2".

Two kinds of runs know these words. With a clock, in the simulator, a message is named by the number
of its send in the trace, or as the oldest one under way on a link; a scenario file says of each
step `at` what time. Without a clock, in a schedule (`dslab.explore.schedule`), it is named by its
link, and by its class or as the very message. `World` says which words a run knows, what its nodes
and clients are called, and what an option of it may be.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple

from dslab.errors import DslabError, instead
from dslab.run.options import KINDS

__all__ = ["CLOCK", "SCHEDULE", "WORDS", "Step", "Word", "World", "parsed", "word_of"]

#: The two kinds of runs.
CLOCK, SCHEDULE = "clock", "schedule"


class Step(NamedTuple):
    """A word of `WORDS` with its options by name."""

    word: str
    options: dict[str, Any]


class Form(NamedTuple):
    """One way to say what a word needs: the kind of each option, in order, and those needed."""

    kinds: dict[str, str]
    needed: tuple[str, ...]

    @property
    def text(self) -> str:
        """The options for a reader: `node, lost?`; what may be left out has a question mark."""
        return ", ".join(f"{name}{'' if name in self.needed else '?'}" for name in self.kinds)


@dataclass(frozen=True)
class Word:
    """What a step can do.

    sentence  what happens.
    forms     for each kind of run that knows the word, the ways to say what it needs.
    alone     for each kind of run how many values may stand in a table without their names.
    also      an older spelling, which is understood.
    """

    name: str
    sentence: str
    forms: dict[str, tuple[Form, ...]]
    alone: dict[str, int]
    also: str = ""

    @property
    def options(self) -> dict[str, str]:
        """All options with the kind of each, of all forms."""
        return {
            name: kind
            for forms in self.forms.values()
            for form in forms
            for name, kind in form.kinds.items()
        }


def _forms(text: str) -> tuple[Form, ...]:
    """`a:kind b?:kind | c:kind` as forms; what needs nothing has one form without options."""
    found = []
    for part in text.split("|"):
        options = re.findall(r"(\w+)(\??):(\w+)", part)
        needed = tuple(name for name, left_out, _ in options if not left_out)
        found.append(Form({name: kind for name, _, kind in options}, needed))
    return tuple(found)


def _word(
    name: str,
    sentence: str,
    clock: str | None,
    schedule: str | None = None,
    *,
    alone: int | tuple[int, int] = 1,
    also: str = "",
) -> Word:
    texts = {CLOCK: clock, SCHEDULE: schedule}
    forms = {kind: _forms(text) for kind, text in texts.items() if text is not None}
    counts = alone if isinstance(alone, tuple) else (alone, alone)
    return Word(name, sentence, forms, dict(zip(texts, counts)), also)


LINK = "from:node to:node kind?:which"  # Without a clock.
MESSAGE = "message:count | from:lane to:lane kind?:text"  # With one.

#: Every word, in the order in which they are listed.
WORDS: dict[str, Word] = {
    word.name: word
    for word in (
        _word(
            "fire",
            "the pending timer of this class runs out now",
            "node:node timer:timer",
            "node:node timer:timer",
            alone=2,
        ),
        _word("deliver", "this message arrives now", MESSAGE, LINK, alone=(1, 3)),
        _word(
            "again",
            "the newest message of this class that was handled arrives once more",
            None,
            "from:node to:node kind:kind",
            alone=3,
        ),
        _word("drop", "this message is lost", MESSAGE, LINK, alone=(1, 3), also="lose"),
        _word(
            "duplicate",
            "a copy of this message is under way, however old the message is",
            MESSAGE,
            LINK.replace("?", ""),
            alone=(1, 3),
            also="double",
        ),
        _word(
            "delay",
            "this message is held back for `by` ms",
            "message:count by:positive | from:lane to:lane by:positive kind?:text",
            alone=0,
        ),
        _word(
            "forge",
            "this message arrives, whoever sent it",
            None,
            "from:lane to:node message:message",
            alone=0,
        ),
        _word(
            "crash",
            "nodes stop; the disk forgets `lost` steps, or half a write",
            "node:nodes lost?:count torn?:truth",
            "node:node",
        ),
        _word(
            "crash_during",
            "it crashes in its next step, after `sends` messages",
            "node:node written?:truth sends?:count",
        ),
        _word("restart", "crashed nodes boot from their disks", "node:nodes", "node:node"),
        _word("pause", "nodes freeze; everything waits", "node:nodes"),
        _word("resume", "they go on", "node:nodes"),
        _word(
            "byzantine",
            "it lies from now on; see `dslab.sim.byzantine`",
            "node:node behaviour:behaviour fooled?:lanes",
        ),
        _word(
            "clock",
            "its clock jumps `ahead` ms and runs at `rate`",
            "node:node ahead?:number rate?:rate",
        ),
        _word("partition", "all links between the groups are cut", "groups:groups"),
        _word("isolate", "nodes lose all links to other nodes", "node:nodes"),
        _word("bridge", "the others are two halves, joined by this node only", "node:node"),
        _word("cut", "these links are cut, one way", "from:lanes to:lanes", alone=2),
        _word("heal", "all links are up again", ""),
        _word(
            "slow",
            "these links take another delay; without it, the usual one",
            "from:lanes to:lanes delay?:delay",
            alone=0,
        ),
        _word(
            "disturb",
            "from now on the network does this and no more",
            "loss?:share duplicate?:share reorder?:share window?:positive corrupt?:share"
            " checksums?:truth",
            alone=0,
        ),
        _word("nemesis", "a named script of several faults", "name:nemesis"),
        _word("mark", "the trace says it", "sentence:text"),
        _word(
            "call",
            "a client calls",
            "client?:client f?:text key?:anything value?:anything to?:node timeout?:positive",
            "client:client f:text key?:anything value?:anything to?:node",
            alone=0,
        ),
        _word(
            "read",
            "the client beside a node asks it, and no other",
            "to:node key?:anything client?:client timeout?:positive",
            "to:node key?:anything client?:client",
        ),
        _word(
            "write",
            "the client beside a node writes there",
            "to:node value:anything key?:anything client?:client timeout?:positive",
            "to:node value:anything key?:anything client?:client",
            alone=2,
        ),
        _word("wait", "so many ms pass; in a file, `at` says when", "duration:not_negative"),
    )
}
OLDER = {word.also: word.name for word in WORDS.values() if word.also}


@dataclass(frozen=True)
class World:
    """What the steps of one run may speak of.

    nodes, clients  their names.
    kind            CLOCK or SCHEDULE.
    without         words that make no sense here.
    only            the words that may be used, where not all may.
    kinds           what a value of a kind must be, where this run alone knows it, as in `KINDS`.
    more            the further options of a step, with their kinds: (word, options) → options.
    whole           a last look at a step whose options are right, each by itself: (word, options);
                    raises DslabError.
    """

    nodes: tuple[str, ...]
    clients: tuple[str, ...] = ()
    kind: str = CLOCK
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    kinds: Mapping[str, Callable[[Any, "World"], Any]] = field(default_factory=dict)
    more: Callable[[str, dict], dict[str, str]] = lambda word, options: {}
    whole: Callable[[str, dict], None] = lambda word, options: None

    @property
    def lanes(self) -> tuple[str, ...]:
        """Nodes, then clients."""
        return self.nodes + self.clients

    @property
    def words(self) -> list[str]:
        """The words that this run knows."""
        known = (name for name, word in WORDS.items() if self.kind in word.forms)
        return [
            name
            for name in known
            if name not in self.without and (not self.only or name in self.only)
        ]


def word_of(step: tuple) -> str:
    """The word of a tuple that `parsed` has let through."""
    return OLDER.get(step[0], step[0])


def parsed(step: Any, world: World) -> Step:
    """The step that a table or a tuple spells. Raises DslabError, in one sentence, for what is no
    step of this world.
    """
    if isinstance(step, Mapping):
        words = list(step)
        word = _known(words[0] if len(words) == 1 else None, step, world)
        return _checked(word, _from_table(word, step[words[0]], world), world)
    is_tuple = isinstance(step, tuple) and step and isinstance(step[0], str)
    word = _known(step[0] if is_tuple else None, step, world)
    try:
        return _checked(word, _from_tuple(word, step[1:], world), world)
    except DslabError as error:
        raise DslabError(f"{step!r:.80} is no step: {error}") from None


def _known(word: Any, step: Any, world: World) -> str:
    word = OLDER.get(word, word) if isinstance(word, str) else None
    if word in world.words:
        return word
    if word in WORDS and word in world.without:
        raise DslabError(f"{step!r:.80} is no step here: {WORDS[word].sentence}.")
    near = get_close_matches(word or "", world.words, 1)
    rest = [other for other in world.words if other not in near]
    which = f"{near[0]}, or another of {', '.join(rest)}" if near else f"one of {', '.join(rest)}"
    raise DslabError(f'{step!r:.80} is no step: write {which}, such as ("crash", "n1").')


def _from_table(word: str, value: Any, world: World) -> dict[str, Any]:
    """The options by name that stand in a table behind a word."""
    most, forms = WORDS[word].alone[world.kind], WORDS[word].forms[world.kind]
    first = forms[0]
    if isinstance(value, Mapping):
        return dict(value)
    if not first.kinds:
        if value is not True:
            raise DslabError(f"`{word}` is {value!r}, but true belongs there.")
        return {}
    values = [value] if most == 1 else value if isinstance(value, (list, tuple)) else []
    if not most or not min(most, len(first.needed)) <= len(values) <= most:
        options = " or ".join(", ".join(form.kinds) for form in forms)
        raise DslabError(f"`{word}` is {value!r}, but it takes a table with {options}.")
    return dict(zip(first.kinds, values))


def _from_tuple(word: str, values: tuple, world: World) -> dict[str, Any]:
    """The options by name that stand in a tuple behind a word, in their order."""
    forms = WORDS[word].forms[world.kind]
    if "groups" in forms[0].kinds:
        return {"groups": list(values)}
    fitting = [form for form in forms if len(form.needed) <= len(values) <= len(form.kinds)]
    for form in fitting or forms:
        if len(fitting) < 2 or _fits(values[0], next(iter(form.kinds.values())), world):
            break
    if len(values) > len(form.kinds):
        takes = f"{form.text}, and no more" if form.kinds else "nothing"
        raise DslabError(f"`{word}` takes {takes}.")
    return dict(zip(form.kinds, values))


def _fits(value: Any, kind: str, world: World) -> bool:
    try:
        (world.kinds.get(kind) or KINDS[kind])(value, world)
    except ValueError:
        return False
    return True


def _checked(word: str, options: dict[str, Any], world: World) -> Step:
    """The step, if each of its options is one, and what is needed is there."""
    forms, more = WORDS[word].forms[world.kind], world.more(word, options)
    # The form that is meant has most of the options that are given.
    form = max(forms, key=lambda form: sum(name in form.kinds for name in options))
    known = form.kinds | more
    for name in options:
        if name not in known:
            raise DslabError(f"`{word}` has no option {name!r}: {instead(name, known, 'it has')}")
    for name in form.needed:
        if name not in options:
            raise DslabError(f"`{word}` needs {name!r}: it takes {form.text}.")
    used = {}
    for name, value in options.items():
        try:
            used[name] = (world.kinds.get(known[name]) or KINDS[known[name]])(value, world)
        except ValueError as error:
            if isinstance(error, DslabError):
                raise
            raise DslabError(f"`{word}`: {name} is {value!r}, but {error} belongs there.") from None
    world.whole(word, used)
    return Step(word, {name: used[name] for name in known if name in used})
