"""The steps of `dslab.run.steps` in the simulator: their options, and what they do to a cluster.

perform(cluster, ("crash", "n1"))
perform(cluster, {"slow": {"from": "n1", "to": "n2", "delay": [50, 90]}})
perform_all(cluster, [("write", "n1", 5), ("isolate", "n1"), ("wait", 100), ("read", "n2")])
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from simpy.events import Event

from dslab.errors import DslabError, instead
from dslab.node import Node
from dslab.run.options import KINDS, LONGEST, group
from dslab.run.steps import Step, World, parsed
from dslab.sim.byzantine import BEHAVIOURS
from dslab.sim.cluster import Cluster
from dslab.sim.faults import partition
from dslab.sim.nemesis import NEMESES
from dslab.sim.network import delay_range
from dslab.values import frozen
from dslab.wire import heard

__all__ = ["HARMLESS", "act", "demand_delay", "own_options", "perform", "perform_all", "world_of"]

#: The words after which nothing is wrong that was right before.
HARMLESS = ("mark", "call", "read", "write", "wait", "heal", "restart", "resume")


def world_of(
    nodes: Iterable[str],
    clients: Iterable[str],
    protocol: type[Node],
    without: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
) -> World:
    """What steps may speak of in a cluster of this protocol."""
    kinds = {
        "behaviour": _behaviour,
        "delay": _delay,
        "groups": _groups,
        "nemesis": lambda value, world: _nemesis(value, protocol),
        "share": _share,
        "timer": lambda value, world: _timer(value, protocol),
    }
    return World(
        tuple(nodes),
        tuple(clients),
        without=without,
        only=only,
        kinds=kinds,
        more=_more,
        whole=_demand_whole,
    )


# Kinds of options that only the simulator knows.


def _delay(value, world):
    demand_delay(value)
    return tuple(value) if isinstance(value, list) else value


def _behaviour(value, world):
    if not isinstance(value, str):
        raise ValueError("a text")
    if value not in BEHAVIOURS:
        raise DslabError(f"there is no Byzantine behaviour {value!r}: {instead(value, BEHAVIOURS)}")
    return value


def _groups(value, world):
    if not isinstance(value, (list, tuple)):
        raise ValueError('a list of groups, such as ["n1 n2", "n3"]')
    groups = [KINDS["lanes"](names, world) for names in value]
    partition(groups, world.lanes)
    return groups


def _nemesis(value, protocol):
    if not isinstance(value, str):
        raise ValueError("a text")
    if value not in NEMESES:
        raise DslabError(f"there is no nemesis {value!r}: {instead(value, NEMESES)}")
    if value == "isolate_leader" and protocol.leads is Node.leads:
        raise DslabError(
            f"isolate_leader needs a protocol with a leader, and {protocol.__name__} names none."
        )
    return value


def _share(value, world):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a number")
    if not 0 <= value <= 1:
        raise ValueError("a share from 0 to 1")
    return value


def _timer(value, protocol):
    known = heard(protocol, timers=True)
    if value not in known:
        raise DslabError(
            f"{protocol.__name__} has no timer {value!r}: {instead(value, known, 'it has')}"
        )
    return value


def demand_delay(value) -> None:
    """Raise DslabError for a delay of no time: messages and answers would stop the clock."""
    low, choices = delay_range(tuple(value) if isinstance(value, list) else value)
    if low + choices - 1 < 1:
        raise DslabError(
            f"{value!r} is no delay for a scenario: a message takes some time, such as [1, 10] ms."
        )
    if low + choices - 1 > LONGEST * 1000:
        raise DslabError(f"{value!r:.60} is no delay for a scenario: {LONGEST:,} ms is the most.")


def own_options(name: Any) -> list[str]:
    """A nemesis's options: what its function takes by name."""
    known = isinstance(name, str) and name in NEMESES
    taken = inspect.signature(NEMESES[name]).parameters.values() if known else ()
    return [each.name for each in taken if each.kind is each.KEYWORD_ONLY]


def _more(word: str, options: dict) -> dict[str, str]:
    if word != "nemesis":
        return {}
    kinds = {"after": "not_negative", "hold": "positive", "times": "positive_count"}
    return {name: kinds.get(name, "number") for name in own_options(options.get("name"))}


def _demand_whole(word: str, options: dict) -> None:
    if word == "clock" and len(options) == 1:
        raise DslabError("`clock` needs 'ahead' or 'rate': without them the clock stays as it is.")
    if word == "nemesis":  # It raises where a number is wrong.
        NEMESES[options["name"]](**{name: each for name, each in options.items() if name != "name"})


# What the words do, where a method of the cluster doesn't do it as it stands.


def _each(name: str) -> Callable:
    """A method that is called for each of the nodes."""

    def each_of_them(cluster, node, **more):
        for each in group(node):
            getattr(cluster, name)(each, **more)

    return each_of_them


def _to_message(name: str) -> Callable:
    """A method that takes the number of a message, by that number or by its link and class."""

    def to_it(cluster, message=None, kind=None, by=None, **link):
        if message is None:
            message = cluster.oldest(link["from"], link["to"], kind)
        getattr(cluster, name)(message, *([] if by is None else [by]))

    return to_it


def _slow(cluster, delay=None, **links):
    cluster.slow(links["from"], links["to"], delay)


def _make_trouble(cluster, name, **options):
    cluster.nemesis(NEMESES[name](**{"after": 0} | options))


def _call(cluster, client="c1", f="read", key=None, value=None, **where):
    return cluster.client(client).call(f, frozen(key), frozen(value), **where)


def _call_beside(f: str) -> Callable:
    """A call of the client that stands beside a node: the one of the same place in the row."""

    def call_beside(cluster, to, client=None, **more):
        place = cluster.names.index(to)
        clients = list(cluster.clients)
        beside = clients[place] if place < len(clients) else "c1"
        return _call(cluster, client or beside, f, to=to, **more)

    return call_beside


def _wait(cluster, duration):
    cluster.run(duration)


ACTS: dict[str, Callable] = {
    "fire": lambda cluster, node, timer: cluster.fire(node, timer),
    **{name: _to_message(name) for name in ("deliver", "drop", "duplicate", "delay")},
    **{
        name: _each(name)
        for name in "crash crash_during restart pause resume byzantine clock isolate bridge".split()
    },
    "partition": lambda cluster, groups: cluster.partition(*groups),
    "cut": lambda cluster, **links: cluster.cut(links["from"], links["to"]),
    "heal": lambda cluster: cluster.heal(),
    "slow": _slow,
    "disturb": lambda cluster, **shares: cluster.disturb(**shares),
    "nemesis": _make_trouble,
    "mark": lambda cluster, sentence: cluster.mark(sentence),
    "call": _call,
    "read": _call_beside("read"),
    "write": _call_beside("write"),
    "wait": _wait,
}


def act(cluster: Cluster, step: Step) -> Event | None:
    """Do a step that `parsed` has let through; of a call, the event of its answer.

    Raises DslabError where it is impossible at this moment.
    """
    return ACTS[step.word](cluster, **step.options)


def perform(
    cluster: Cluster, step: tuple | dict, only: tuple[str, ...] = (), **calls: Any
) -> Event | None:
    """Do a step as a table or a tuple spells it; of a call, the event of its answer.

    only   the words that it may have; all, where there are none.
    calls  options that calls have where the step doesn't give them: `key="x", timeout=600`.

    Raises DslabError for what is no step, and where it is impossible at this moment.
    """
    world = world_of(cluster.names, cluster.clients, cluster.node_class, only=only)
    step = parsed(step, world)
    if step.word in ("call", "read", "write"):
        step = Step(step.word, calls | step.options)
    return act(cluster, step)


def perform_all(cluster: Cluster, steps: Iterable[tuple | dict], **calls: Any) -> Cluster:
    """Do steps one after the other, each call until it is over. Returns the cluster."""
    for step in steps:
        answer = perform(cluster, step, **calls)
        if answer is not None:
            cluster.run(until=answer).run(1)  # A moment, so that no two events are at once.
    return cluster
