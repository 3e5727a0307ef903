"""A scenario is data: a TOML file that says who runs, what goes wrong when, and what must hold.

    title = "A leader is cut off"
    protocol = "raft"
    nodes = 5
    seed = 7
    clients = 2
    duration = 2000                     # milliseconds
    workload = ["x", "y"]               # clients read and write these keys at random
    check = ["linearizable"]
    mode = "liveness"                   # faults end at quiet_at, and every client must get on
    quiet_at = 1200

    [[step]]
    at = 300
    isolate = "n1"

    [[step]]
    at = 800
    clock = { node = "n2", ahead = 500, rate = 2.0 }

A step does one thing at a time `at`, in ms; `dslab.run.steps` lists what. Some steps speak of
one message, by the number of its event in the trace: that number is safe to use, since a step
changes nothing before its own moment.

| word at the top                   | what it says, and what holds where it is left out            |
|-----------------------------------|--------------------------------------------------------------|
| title, protocol, duration         | a line for a reader; a protocol's name; how many ms to run.  |
|                                   | The last two are needed                                      |
| nodes, clients, seed              | how many (3 and 1); where chance comes from (0)              |
| outstanding                       | how many calls a client may have open at once (1)            |
| delay                             | how many ms a message takes, drawn for each: [1, 10]         |
| loss, duplicate, reorder, corrupt | the share of messages, 0 to 1, that vanish, arrive twice,    |
|                                   | are held back, are altered on the way (0)                    |
| window, checksums                 | for how many ms `reorder` holds back at most (50); whether   |
|                                   | what `corrupt` altered is noticed and thrown away (true)     |
| workload                          | keys that clients read and write (none)                      |
| check, model                      | what must hold, by the names of checks and of the protocol's |
|                                   | own rules below (nothing); what one copy would do ("kv")     |
| mode, quiet_at, within            | "safety" or "liveness"; when faults end; in how many ms      |
|                                   | after the run clients must get on (5000)                     |
| budget                            | how many events there may be (200,000; a link, no more)      |
| step                              | what goes wrong, and what clients do                         |
"""

import tomllib
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from dslab.check import AVAILABILITY, CONSISTENCY, MODELS, judge, mattered
from dslab.errors import DslabError, instead
from dslab.node import Node
from dslab.protocols import protocol
from dslab.run.options import LONGEST
from dslab.run.steps import Step, World
from dslab.scenario import links, toml
from dslab.scenario.progress import PATIENCE, progress
from dslab.scenario.rules import judge_rule, rules_of
from dslab.scenario.steps import file_world, timed
from dslab.sim import Cluster
from dslab.sim.clock import OutOfBudget
from dslab.sim.network import share
from dslab.sim.steps import HARMLESS, act, demand_delay
from dslab.values import counted
from dslab.verdict import Verdict

__all__ = ["Outcome", "Scenario"]

NUMBER = (int, float)
NETWORK = {
    "loss": NUMBER,
    "duplicate": NUMBER,
    "reorder": NUMBER,
    "window": NUMBER,
    "corrupt": NUMBER,
    "checksums": bool,
}
WORDS = {
    "title": str,
    "protocol": str,
    "nodes": int,
    "seed": int,
    "clients": int,
    "outstanding": int,
    "duration": NUMBER,
    "workload": list,
    "check": list,
    "model": str,
    "mode": str,
    "quiet_at": NUMBER,
    "within": NUMBER,
    "delay": list,
    **NETWORK,
    "budget": int,
    "step": list,
}
KINDS = {
    str: "a text",
    int: "a whole number",
    NUMBER: "a number",
    bool: "true or false",
    list: "a list",
}
MODES = ("safety", "liveness")
CHECKS = (*CONSISTENCY, *AVAILABILITY)
EVENTS = 200_000
#: From where to where each number goes.
BOUNDS = {
    "nodes": (1, 1000),
    "clients": (0, 1000),
    "outstanding": (1, 1000),
    "seed": (-(2**63), 2**63 - 1),
    "duration": (0, LONGEST),
    "quiet_at": (0, LONGEST),
    "within": (0, LONGEST),
    "window": (0, LONGEST),
    "budget": (1, 100_000_000),
}


class Outcome:
    """A scenario's run: the cluster, and a Verdict for each thing that must hold. `play`, `figures`
    and the checkers take it as they take a cluster.
    """

    def __init__(self, cluster: Cluster, verdicts: list[Verdict]):
        self.cluster, self.verdicts = cluster, verdicts

    @property
    def trace(self):
        """The run, of the cluster."""
        return self.cluster.trace

    @property
    def history(self):
        """What the clients saw."""
        return self.cluster.history

    @property
    def holds(self) -> bool | None:
        """False where anything is violated, None where something is undecided, else True."""
        words = [verdict.holds for verdict in self.verdicts]
        return False if False in words else None if None in words else True

    def __repr__(self):
        faults = mattered(self.cluster.trace)
        verdicts = list(map(repr, self.verdicts)) or [
            "Nothing was demanded of this run: `check` names what must hold."
        ]
        return "\n".join(
            [repr(self.cluster.trace), *(f"  {sentence}" for sentence in faults), *verdicts]
        )


class Scenario:
    """A scenario file's content. Raises DslabError, with the place, for a word, node, protocol,
    fault, option or model that there isn't.

    `data` is what the file says; two scenarios with the same data are equal, whatever they are
    called.
    """

    def __init__(self, data: dict[str, Any], name: str = "scenario"):
        self.name, self.data = name, data
        self._demand_words()
        self.node_class = self._protocol(data["protocol"])
        self.model = data.get("model", "kv")
        self._demand_known("model", [self.model], MODELS)
        self.rules = rules_of(self.node_class)
        self._demand_known("check", data.get("check", []), (*CHECKS, *self.rules))
        self.mode = data.get("mode", "liveness" if "quiet_at" in data else "safety")
        self._demand_known("mode", [self.mode], MODES)
        self._demand_numbers()
        self.steps = [
            self._step(number, step) for number, step in enumerate(data.get("step", []), 1)
        ]

    @property
    def world(self) -> World:
        """What its steps may speak of. Not kept: functions don't go to other processes."""
        return file_world(self.data.get("nodes", 3), self.data.get("clients", 1), self.node_class)

    # Files and links.

    @classmethod
    def read(cls, path: str | Path) -> "Scenario":
        """The scenario in a TOML file. Raises DslabError where it can't be read, or is none."""
        try:
            return cls.parse(Path(path).read_text(encoding="utf-8"), str(path))
        except OSError as error:
            raise DslabError(f"{path} can't be read: {error.strerror}.") from None
        except UnicodeDecodeError as error:
            raise DslabError(f"{path} is no TOML file: {error}.") from None

    @classmethod
    def parse(cls, text: str, name: str = "scenario") -> "Scenario":
        """The scenario in a TOML text."""
        try:
            data = tomllib.loads(text)
        except RecursionError:
            raise DslabError(f"{name} is no scenario: it is nested too deeply.") from None
        except ValueError as error:  # A TOMLDecodeError, or a number of thousands of digits.
            raise DslabError(f"{name} is no TOML file: {error}.") from None
        return cls(data, name)

    def toml(self) -> str:
        """The text that `parse` makes an equal scenario of."""
        order = {word: self.data[word] for word in WORDS if word in self.data}
        return toml.written(order)

    @classmethod
    def from_link(cls, text: str) -> tuple["Scenario", float | None]:
        """(the scenario, the moment in ms or None) of what `link` wrote: a fragment, or an address
        that ends in one. It gets no more than the usual budget of events, whatever it asks for.
        """
        data, moment = links.unpacked(text)
        scenario = cls(data, "the scenario in this link")
        if data.get("budget", 0) > EVENTS:
            scenario = cls(data | {"budget": EVENTS}, scenario.name)
        return scenario, moment

    def link(self, moment: float | None = None) -> str:
        """The fragment of an address, `s=…&t=…`, that opens this scenario at `moment` (ms)."""
        return links.packed(self.data, moment)

    # Branches.

    def plus(self, step: dict[str, Any]) -> "Scenario":
        """This scenario with one more step, after those of the same moment. Up to that moment the
        run stays as it is.
        """
        steps = list(self.data.get("step", []))
        timed(step, self.world)
        place = max(
            (number for number, other in enumerate(steps, 1) if other["at"] <= step["at"]),
            default=0,
        )
        return Scenario(self.data | {"step": [*steps[:place], step, *steps[place:]]}, self.name)

    def upto(self, moment: float) -> "Scenario":
        """This scenario without the steps after `moment` (ms): another story may begin there."""
        return Scenario(
            self.data
            | {"step": [step for step in self.data.get("step", []) if step["at"] <= moment]},
            self.name,
        )

    def __eq__(self, other):
        return self.data == other.data if isinstance(other, Scenario) else NotImplemented

    __hash__ = None

    def __repr__(self):
        title = self.data.get("title", "")
        steps = counted({"steps": len(self.steps)})
        return (
            f"scenario {title!r}: {self.data['protocol']}, {steps} in {self.data['duration']:g} ms"
        )

    # What is demanded of the words.

    def _demand_words(self):
        for word, value in self.data.items():
            if word not in WORDS:
                raise DslabError(
                    f"{self.name}: there is no {word!r} in a scenario: "
                    + instead(word, WORDS, "it has")
                )
            if not isinstance(value, WORDS[word]) or isinstance(value, bool) != (
                WORDS[word] is bool
            ):
                kind = "steps, each under [[step]]," if word == "step" else KINDS[WORDS[word]]
                raise DslabError(f"{self.name}: {word} is {value!r:.80}, but {kind} belongs there.")
        for word in ("protocol", "duration"):
            if word not in self.data:
                raise DslabError(f"{self.name}: {word} is missing.")

    def _demand_known(self, word, values, known):
        for value in values:
            if value not in known:
                raise DslabError(
                    f"{self.name}: there is no {word} {value!r}: {instead(value, known)}"
                )

    def _demand_numbers(self):
        data = self.data
        for word, (least, most) in BOUNDS.items():
            if word in data and not least <= data[word] <= most:
                raise DslabError(
                    f"{self.name}: {word} is {data[word]}, but it must be from {least:,} to "
                    f"{most:,}."
                )
        try:
            for word in ("loss", "duplicate", "reorder", "corrupt"):
                share(word, data.get(word, 0))
            demand_delay(data.get("delay", [1, 10]))
        except DslabError as error:
            raise DslabError(f"{self.name}: {error}") from None
        if any(not isinstance(key, str) for key in data.get("workload", [])):
            raise DslabError(
                f"{self.name}: workload is {data['workload']!r}, but it is a list of "
                'keys, such as ["x", "y"].'
            )
        if data.get("workload") and data.get("clients") == 0:
            raise DslabError(
                f"{self.name}: there is a workload and no client to do it: say clients = "
                "1, or more."
            )
        if (self.mode == "liveness") != ("quiet_at" in data):
            raise DslabError(
                f"{self.name}: a liveness run says with quiet_at when faults end, and a "
                "safety run has none."
            )
        if data.get("quiet_at", 0) > data["duration"]:
            raise DslabError(
                f"{self.name}: quiet_at is {data['quiet_at']:g} ms, but the run ends at "
                f"{data['duration']:g}."
            )

    def _protocol(self, name: str) -> type[Node]:
        try:
            return protocol(name)
        except DslabError as error:
            raise DslabError(f"{self.name}: {error}") from None

    def _step(self, number: int, step: Any) -> tuple[float, str, dict]:
        try:
            at, (word, options) = timed(step, self.world)
        except DslabError as error:
            raise DslabError(f"{self.name}, step {number}: {error}") from None
        if self.mode == "safety" and at >= self.data["duration"]:
            raise DslabError(
                f"{self.name}, step {number}: {word} at {at:g} ms, but the run ends at "
                f"{self.data['duration']:g} (duration)."
            )
        if self.mode == "liveness" and at >= self.data["quiet_at"] and word not in HARMLESS:
            raise DslabError(
                f"{self.name}, step {number}: {word} at {at:g} ms, but in a liveness run "
                f"faults end at {self.data['quiet_at']:g} (quiet_at)."
            )
        return at, word, options

    # Running.

    def start(self, seed: int | None = None) -> Cluster:
        """A cluster at 0 ms, to be run by who asked: each step and client acts at its moment."""
        data = self.data
        settings = {
            word: data[word] for word in ("clients", "outstanding", *NETWORK) if word in data
        }
        cluster = Cluster(
            self.node_class,
            data.get("nodes", 3),
            seed=data.get("seed", 0) if seed is None else seed,
            delay=tuple(data.get("delay", (1, 10))),
            title=data.get("title", ""),
            **settings,
        )
        for number, (at, word, options) in enumerate(self.steps, 1):
            cluster.later(at, partial(self._do, cluster, number, Step(word, options)))
        for name in cluster.clients if data.get("workload") else ():
            numbers = count(1)
            for _ in range(data.get("outstanding", 1)):
                cluster.script(partial(self._work, name=name, numbers=numbers))
        if "quiet_at" in data:
            cluster.later(data["quiet_at"], cluster.quieten)
        return cluster

    def run(self, seed: int | None = None) -> Outcome:
        """Run it, with its own seed where no other is given."""
        cluster = self.start(seed)
        cluster.budget(self.data.get("budget", EVENTS))
        verdicts = []
        try:
            cluster.run(self.data["duration"])
            if self.mode == "liveness":
                verdicts.append(progress(cluster, self.data.get("within", PATIENCE)))
        except OutOfBudget as error:
            verdicts.append(
                Verdict(
                    None,
                    "end",
                    f"{error} of {self.data['duration']:,.0f} ms: make the run shorter, "
                    "or look for messages that "
                    "answer each other without end.",
                    trace=cluster.trace,
                )
            )
        return Outcome(
            cluster,
            [*(self._judged(cluster, check) for check in self.data.get("check", [])), *verdicts],
        )

    def _judged(self, cluster: Cluster, check: str) -> Verdict:
        if check in self.rules:
            return judge_rule(cluster.trace, self.node_class, self.rules[check])
        return judge(cluster, check, self.model)

    def __call__(self, seed: int) -> Verdict:
        """The verdict under a seed, of several the worst, without its run: so
        `dslab.scenario.seeds.sweep` takes a scenario as it is.
        """
        verdicts = self.run(seed).verdicts
        if not verdicts:
            raise DslabError(
                f"{self.name}: nothing is demanded of this scenario, so a sweep finds "
                "nothing: name what must hold with `check`."
            )
        worst = min(verdicts, key=lambda verdict: (False, None, True).index(verdict.holds))
        return replace(worst, trace=None, history=None, replay=f"scenario.run({seed})")

    def _do(self, cluster, number, step):
        try:
            act(cluster, step)
        except DslabError as error:
            raise DslabError(f"{self.name}, step {number}: {error}") from None

    def _work(self, cluster, name, numbers):
        """A client's calls, one after the other, numbered; one such for each that may be open."""
        client = cluster.client(name)
        while True:
            yield cluster.after(5 + 40 * cluster.chance.random())
            number = next(numbers)
            key = cluster.choose(self.data["workload"])
            if client.idle:
                yield (
                    client.read(key)
                    if cluster.chance.random() < 0.5
                    else client.write(key, f"{name}-{number}")
                )
