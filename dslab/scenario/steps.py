"""The words of a scenario's steps: what each takes, and what it does to a cluster.

A word takes a table of options. Where its first option says all, that one may stand alone: `crash =
"n1"` is `crash = { node = "n1" }`.

| word         | options, the first ones needed (?: may be left out) | what happens                            |
|--------------|-----------------------------------------|-----------------------------------------|
| crash        | node, lost?, torn?                      | nodes stop; the disk forgets `lost`     |
|              |                                         | steps, or half a write                  |
| crash_during | node, written?, sends?                  | it crashes in its next step, after      |
|              |                                         | `sends` messages                        |
| restart      | node                                    | crashed nodes boot from their disks     |
| pause        | node                                    | nodes freeze; everything waits          |
| resume       | node                                    | they go on                              |
| byzantine    | node, behaviour, fooled?                | it lies from now on; see                |
|              |                                         | `dslab.sim.byzantine`                   |
| clock        | node, ahead?, rate?                     | its clock jumps `ahead` ms and runs at  |
|              |                                         | `rate`                                  |
| partition    | groups                                  | all links between the groups are cut    |
| isolate      | node                                    | nodes lose all links to other nodes     |
| bridge       | node                                    | the others are two halves, joined by    |
|              |                                         | this node only                          |
| cut          | from, to (or [from, to])                | these links are cut, one way            |
| heal         | true                                    | all links are up again                  |
| slow         | from, to, delay?                        | these links take another delay; without |
|              |                                         | it, the usual one                       |
| disturb      | loss?, duplicate?, reorder?, window?,   | from now on the network does this and   |
|              | corrupt?, checksums?                    | no more                                 |
| nemesis      | name, and its own                       | a named script of several faults        |
| drop         | message                                 | the message of event number `message`   |
|              |                                         | is lost                                 |
| deliver      | message                                 | it arrives now                          |
| duplicate    | message                                 | a copy is under way, however old the    |
|              |                                         | message is                              |
| delay        | message, by                             | it is held back for `by` ms             |
| fire         | node, timer                             | the pending timer of this class runs    |
|              |                                         | out now                                 |
| mark         | sentence                                | the trace says it                       |
| call         | client?, f?, key?, value?, to?,         | a client calls                          |
|              | timeout?                                |                                         |

Several nodes stand in one text with spaces, or in a list.
"""

import inspect
from collections.abc import Callable
from math import isfinite
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.node import Node, Timer
from dslab.sim.byzantine import BEHAVIOURS
from dslab.sim.faults import group, partition
from dslab.sim.nemesis import NEMESES
from dslab.sim.network import delay_range, share
from dslab.values import frozen

__all__ = ["HARMLESS", "LONGEST", "STEPS", "World", "checked", "own_options", "perform"]

#: The longest time, in ms (eleven days), and the largest number of anything.
LONGEST = 1_000_000_000

#: The words after which nothing is wrong that was right before.
HARMLESS = ("mark", "call", "heal", "restart", "resume")


class World(NamedTuple):
    """What a step may speak of: the names of nodes and clients, and the protocol."""

    nodes: tuple[str, ...]
    clients: tuple[str, ...]
    protocol: type[Node]


class Step(NamedTuple):
    """A word: what it does, its options with the kind of each, how many of them it needs, and how
    many may stand alone.
    """

    act: Callable
    options: dict[str, Callable]
    needs: int = 1
    alone: int = 1


# Kinds of options. Each raises ValueError with what belongs there, or DslabError with a sentence of
# its own.


def _among(names, known, what):
    if (
        not isinstance(names, (str, list, tuple))
        or not group(names)
        or not all(isinstance(name, str) for name in names)
    ):
        raise ValueError(f"the name of a {what}, or several with spaces")
    for name in group(names):
        if name not in known:
            raise DslabError(
                f"there is no {what} {name!r} in this cluster: it has {', '.join(known)}."
            )


def nodes(value, world):
    _among(value, world.nodes, "node")


def node(value, world):
    nodes(value, world)
    if len(group(value)) > 1:
        raise ValueError("the name of one node")


def lanes(value, world):
    _among(value, world.nodes + world.clients, "node or client")


def client(value, world):
    text(value, world)
    if value not in world.clients:
        raise DslabError(
            f"there is no client {value!r}: this cluster has {', '.join(world.clients) or 'none'}."
        )


def groups(value, world):
    if not isinstance(value, (list, tuple)):
        raise ValueError('a list of groups, such as ["n1 n2", "n3"]')
    for names in value:
        lanes(names, world)
    partition(value, world.nodes + world.clients)


def truth(value, world):
    if not isinstance(value, bool):
        raise ValueError("true or false")


def only_true(value, world):
    if value is not True:
        raise ValueError("true")


def _within(value, least, most, kinds=(int, float)):
    whole = "whole " if kinds is int else ""
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        raise ValueError(f"a {whole}number from {least:,} to {most:,}")


def count(value, world):
    _within(value, 0, LONGEST, int)


def number(value, world):
    _within(value, -LONGEST, LONGEST)


def positive(value, world):
    """A time that isn't rounded to none."""
    _within(value, 0.001, LONGEST)


def rate(value, world):
    _within(value, 0.001, 1000)


def not_negative(value, world):
    _within(value, 0, LONGEST)


def once_or_more(value, world):
    _within(value, 1, LONGEST, int)


def portion(value, world):
    number(value, world)
    share("the share", value)


def delay(value, world):
    demand_time(value)


def text(value, world):
    if not isinstance(value, str):
        raise ValueError("a text")


def anything(value, world):
    """What a page and a link can hold, too: so no date, and nothing infinite."""
    if isinstance(value, (list, tuple)):
        for item in value:
            anything(item, world)
    elif isinstance(value, dict):
        anything(list(value.values()), world)
    elif (
        not isinstance(value, (str, int, float, type(None)))
        or isinstance(value, float)
        and not isfinite(value)
    ):
        raise ValueError("a text, a finite number, true, false, or a list or table of these")


def behaviour(value, world):
    text(value, world)
    if value not in BEHAVIOURS:
        raise DslabError(
            f"there is no Byzantine behaviour {value!r}: choose {', '.join(BEHAVIOURS)}."
        )


def nemesis(value, world):
    text(value, world)
    if value not in NEMESES:
        raise DslabError(f"there is no nemesis {value!r}: choose {', '.join(NEMESES)}.")
    if value == "isolate_leader" and world.protocol.leads is Node.leads:
        raise DslabError(
            "isolate_leader needs a protocol with a leader, and "
            f"{world.protocol.__name__} names none."
        )


def timer(value, world):
    known = _timers(world.protocol)
    if value not in known:
        raise DslabError(
            f"{world.protocol.__name__} has no timer {value!r}: it has "
            f"{', '.join(known) or 'none'}."
        )


def _timers(protocol: type[Node]) -> list[str]:
    """The names of a protocol's timers: those of its modules that it has handlers for."""
    spaces = [vars(inspect.getmodule(kind)) for kind in protocol.__mro__ if inspect.getmodule(kind)]
    return sorted(
        {
            name
            for space in spaces
            for name, kind in space.items()
            if isinstance(kind, type)
            and issubclass(kind, Timer)
            and hasattr(protocol, "on_" + name)
        }
    )


def demand_time(value) -> None:
    """Raise DslabError for a delay of no time: messages that answer each other would never let time
    pass.
    """
    low, choices = delay_range(tuple(value) if isinstance(value, list) else value)
    if low + choices - 1 < 1:
        raise DslabError(
            f"{value!r} is no delay for a scenario: a message takes some time, such as [1, 10] ms."
        )
    if low + choices - 1 > LONGEST * 1000:
        raise DslabError(f"{value!r:.60} is no delay for a scenario: {LONGEST:,} ms is the most.")


# What the words do, where a method of the cluster doesn't do it as it stands.


def _each(name: str):
    """A method that is called for each of the nodes."""

    def act(cluster, node, **more):
        for each in group(node):
            getattr(cluster, name)(each, **more)

    return act


def _slow(cluster, delay=None, **links):
    cluster.slow(links["from"], links["to"], tuple(delay) if isinstance(delay, list) else delay)


def _nemesis(cluster, name, **options):
    cluster.nemesis(NEMESES[name](**{"after": 0} | options))


def _call(cluster, client="c1", f="read", key=None, value=None, **where):
    cluster.client(client).call(f, frozen(key), frozen(value), **where)


STEPS = {
    "crash": Step(_each("crash"), {"node": nodes, "lost": count, "torn": truth}),
    "crash_during": Step(_each("crash_during"), {"node": node, "written": truth, "sends": count}),
    "restart": Step(_each("restart"), {"node": nodes}),
    "pause": Step(_each("pause"), {"node": nodes}),
    "resume": Step(_each("resume"), {"node": nodes}),
    "byzantine": Step(
        _each("byzantine"), {"node": node, "behaviour": behaviour, "fooled": lanes}, 2
    ),
    "clock": Step(_each("clock"), {"node": node, "ahead": number, "rate": rate}),
    "partition": Step(lambda cluster, groups: cluster.partition(*groups), {"groups": groups}),
    "isolate": Step(_each("isolate"), {"node": nodes}),
    "bridge": Step(_each("bridge"), {"node": node}),
    "cut": Step(
        lambda cluster, **links: cluster.cut(links["from"], links["to"]),
        {"from": lanes, "to": lanes},
        2,
        2,
    ),
    "heal": Step(lambda cluster, yes: cluster.heal(), {"yes": only_true}),
    "slow": Step(_slow, {"from": lanes, "to": lanes, "delay": delay}, 2, 0),
    "disturb": Step(
        lambda cluster, **shares: cluster.disturb(**shares),
        {
            "loss": portion,
            "duplicate": portion,
            "reorder": portion,
            "window": positive,
            "corrupt": portion,
            "checksums": truth,
        },
        0,
        0,
    ),
    "nemesis": Step(_nemesis, {"name": nemesis}),
    "drop": Step(lambda cluster, message: cluster.drop(message), {"message": count}),
    "deliver": Step(lambda cluster, message: cluster.deliver(message), {"message": count}),
    "duplicate": Step(lambda cluster, message: cluster.duplicate(message), {"message": count}),
    "delay": Step(
        lambda cluster, message, by: cluster.delay(message, by),
        {"message": count, "by": positive},
        2,
        0,
    ),
    "fire": Step(
        lambda cluster, node, timer: cluster.fire(node, timer), {"node": node, "timer": timer}, 2, 0
    ),
    "mark": Step(lambda cluster, sentence: cluster.mark(sentence), {"sentence": text}),
    "call": Step(
        _call,
        {
            "client": client,
            "f": text,
            "key": anything,
            "value": anything,
            "to": node,
            "timeout": positive,
        },
        0,
        0,
    ),
}

#: The kinds of a nemesis's own options, where a number isn't all that is demanded.
NEMESIS = {"after": not_negative, "hold": positive, "times": once_or_more}


def checked(step: Any, world: World) -> tuple[float, str, dict]:
    """(when, the word, its options) of a step. Raises DslabError for what there isn't, or what
    belongs elsewhere.
    """
    if not isinstance(step, dict):
        raise DslabError(
            f'this is {step!r}, but a step is a table such as {{ at = 300, crash = "n1" }}.'
        )
    at = step.get("at")
    try:
        not_negative(at, world)
    except ValueError:
        raise DslabError(
            f"`at` says when, in milliseconds from 0 to {LONGEST:,}, but it is {at!r:.60}."
        ) from None
    words = [word for word in step if word != "at"]
    if len(words) != 1 or words[0] not in STEPS:
        raise DslabError(
            f"this does {', '.join(words) or 'nothing'}, but a step does one of {', '.join(STEPS)}."
        )
    word = words[0]
    return at, word, _options(word, step[word], world)


def _options(word: str, value: Any, world: World) -> dict:
    kind = STEPS[word]
    names, options = list(kind.options), value
    if not isinstance(value, dict):
        alone = [value] if kind.alone == 1 else value if isinstance(value, list) else []
        if kind.alone == 0 or len(alone) != kind.alone:
            raise DslabError(
                f"`{word}` is {value!r}, but it takes a table with {', '.join(names)}."
            )
        options = dict(zip(names, alone))
    known = names + (own_options(options.get("name")) if word == "nemesis" else [])
    for name in options:
        if name not in known:
            raise DslabError(f"`{word}` has no option {name!r}: it has {', '.join(known)}.")
    for name in names[: kind.needs]:
        if name not in options:
            raise DslabError(f"`{word}` needs {name!r}: it takes a table with {', '.join(names)}.")
    for name, item in options.items():
        try:
            kind.options.get(name, NEMESIS.get(name, number))(item, world)
        except ValueError as error:
            if isinstance(error, DslabError):
                raise
            raise DslabError(f"`{word}`: {name} is {item!r}, but {error} belongs there.") from None
    if word == "clock" and len(options) == 1:
        raise DslabError("`clock` needs 'ahead' or 'rate': without them the clock stays as it is.")
    if word == "nemesis":
        NEMESES[options["name"]](
            **{name: item for name, item in options.items() if name != "name"}
        )  # Raises where a number is wrong.
    return options


def own_options(name: Any) -> list[str]:
    """A nemesis's options: its arguments that are given by name."""
    arguments = (
        inspect.signature(NEMESES[name]).parameters.values()
        if isinstance(name, str) and name in NEMESES
        else ()
    )
    return [each.name for each in arguments if each.kind is each.KEYWORD_ONLY]


def perform(cluster, word: str, options: dict) -> None:
    """Do a step that `checked` has let through."""
    STEPS[word].act(cluster, **options)
