"""A scenario is data: a TOML file that says who runs, what goes wrong when, and what must hold.

    title = "A leader is cut off"
    protocol = "raft"
    nodes = 5
    seed = 7
    clients = 2
    duration = 2000                     # milliseconds
    workload = ["x", "y"]               # clients read and write these keys at random; leave it out for none
    check = ["linearizable"]
    quiet_at = 1200                     # liveness: from here on nothing is wrong any more, and every client must get on

    [[step]]
    at = 300
    isolate = "n1"

    [[step]]
    at = 800
    heal = true

A step does one thing: crash, restart, pause, resume or isolate (a name, or several with spaces), partition (a list of groups),
cut ([senders, receivers]), heal (true), nemesis (a name of `dslab.sim.nemesis`), mark (a sentence), or call
({client, f, key, value, to}). Other words at the top: delay ([low, high]), loss, duplicate, model (for linearizable).
"""

import tomllib
from pathlib import Path
from typing import Any

from dslab.check import MODELS, linearizable, mattered
from dslab.errors import DslabError
from dslab.node import Node
from dslab.protocols import PROTOCOLS, protocol
from dslab.sim import Cluster
from dslab.sim.nemesis import NEMESES
from dslab.values import frozen
from dslab.verdict import Verdict

__all__ = ["PROTOCOLS", "Outcome", "Scenario"]

WORDS = {"title": str, "protocol": str, "nodes": int, "seed": int, "clients": int, "duration": (int, float), "workload": list, "check": list,
         "model": str, "quiet_at": (int, float), "delay": list, "loss": (int, float), "duplicate": (int, float), "step": list}
NAMED = ("crash", "restart", "pause", "resume", "isolate")
ACTIONS = (*NAMED, "partition", "cut", "heal", "nemesis", "mark", "call")
CHECKS = ("linearizable",)
EVENTS = 200_000
PATIENCE = 5000  # Milliseconds that a client has to get on once nothing is wrong any more.


class Outcome:
    """A scenario's run: the cluster, and a Verdict for each thing that must hold."""

    def __init__(self, cluster: Cluster, verdicts: list[Verdict]):
        self.cluster, self.verdicts = cluster, verdicts

    @property
    def holds(self) -> bool | None:
        words = [verdict.holds for verdict in self.verdicts]
        return False if False in words else None if None in words else True

    def __repr__(self):
        faults = mattered(self.cluster.trace)
        return "\n".join([repr(self.cluster.trace), *(f"  {sentence}" for sentence in faults), *map(repr, self.verdicts)])


class Scenario:
    """A scenario file's content. Raises DslabError, with the place, for a word, node, protocol, fault or model that there isn't."""

    def __init__(self, data: dict[str, Any], name: str = "scenario"):
        self.name, self.data = name, data
        for word, value in data.items():
            if word not in WORDS:
                raise DslabError(f"{name}: there is no {word!r} in a scenario: it has {', '.join(WORDS)}.")
            if not isinstance(value, WORDS[word]) or isinstance(value, bool):
                raise DslabError(f"{name}: {word} is {value!r}, which is of the wrong kind.")
        for word in ("protocol", "duration"):
            if word not in data:
                raise DslabError(f"{name}: {word} is missing.")
        self.node_class = self._protocol(data["protocol"])
        self.model = data.get("model", "kv")
        if self.model not in MODELS:
            raise DslabError(f"{name}: there is no model {self.model!r}: choose {', '.join(MODELS)}.")
        for check in data.get("check", []):
            if check not in CHECKS:
                raise DslabError(f"{name}: there is no check {check!r}: choose {', '.join(CHECKS)}.")
        self.steps = [self._step(number, step) for number, step in enumerate(data.get("step", []), 1)]

    @classmethod
    def read(cls, path: str | Path) -> "Scenario":
        try:
            return cls(tomllib.loads(Path(path).read_text(encoding="utf-8")), str(path))
        except OSError as error:
            raise DslabError(f"{path} can't be read: {error.strerror}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DslabError(f"{path} is no TOML file: {error}.") from None

    def _protocol(self, name: str) -> type[Node]:
        try:
            return protocol(name)
        except DslabError as error:
            raise DslabError(f"{self.name}: {error}") from None

    def _step(self, number: int, step: dict) -> tuple[float, str, Any]:
        where = f"{self.name}, step {number}"
        words = [word for word in step if word != "at"]
        if not isinstance(step.get("at"), (int, float)) or step["at"] < 0:
            raise DslabError(f"{where}: `at` says when, in milliseconds from 0 on.")
        if len(words) != 1 or words[0] not in ACTIONS:
            raise DslabError(f"{where} does {', '.join(words) or 'nothing'}: a step does one of {', '.join(ACTIONS)}.")
        if words[0] == "nemesis" and (step["nemesis"] not in NEMESES or step["nemesis"] == "isolate_leader"):
            raise DslabError(f"{where}: there is no nemesis {step['nemesis']!r} for a file: choose {', '.join(name for name in NEMESES if name != 'isolate_leader')}.")
        return step["at"], words[0], step[words[0]]

    def run(self, seed: int | None = None) -> Outcome:
        """Run it, with its own seed where no other is given."""
        data = self.data
        settings = {word: data[word] for word in ("loss", "duplicate", "clients") if word in data}
        cluster = Cluster(self.node_class, data.get("nodes", 3), seed=data.get("seed", 0) if seed is None else seed,
                          delay=tuple(data.get("delay", (1, 10))), title=data.get("title", ""), **settings)
        for at, action, what in self.steps:
            cluster.later(at, lambda action=action, what=what: self._do(cluster, action, what))
        if data.get("workload"):
            for name in cluster.clients:
                cluster.script(lambda world, name=name: self._client(world, name))
        if "quiet_at" in data:
            cluster.later(data["quiet_at"], lambda: self._quieten(cluster))
        self._run(cluster, data["duration"])
        verdicts = [self._judged(check, cluster) for check in data.get("check", [])]
        if "quiet_at" in data:
            verdicts.append(self._progress(cluster))
        return Outcome(cluster, verdicts)

    def _run(self, cluster, duration):
        end = cluster.now + duration
        while cluster.now < end:
            cluster.run(min(50, end - cluster.now))
            if len(cluster.trace) > EVENTS:
                raise DslabError(f"{self.name}: the budget of {EVENTS:,} events is used up after {cluster.now:.0f} of {duration:g} ms: "
                                 "make it shorter, or look for messages that answer each other without end.")

    def _do(self, cluster, action, what):
        if action in NAMED:
            for name in str(what).split():
                getattr(cluster, action)(name)
        elif action == "partition":
            cluster.partition(*what)
        elif action == "cut":
            cluster.cut(*what)
        elif action == "heal":
            cluster.heal()
        elif action == "mark":
            cluster.mark(what)
        elif action == "nemesis":
            cluster.script(NEMESES[what](after=0))
        else:
            asked = dict(what)
            client = cluster.client(asked.pop("client", "c1"))
            if "value" in asked:
                asked["value"] = frozen(asked["value"])
            client.call(asked.pop("f", "read"), asked.pop("key", None), asked.pop("value", None), **asked)

    def _client(self, cluster, name):
        client, number = cluster.client(name), 0
        while True:
            yield cluster.after(5 + 40 * cluster.chance.random())
            number += 1
            key = cluster.choose(self.data["workload"])
            if client._open is None:
                yield client.read(key) if cluster.chance.random() < 0.5 else client.write(key, f"{name}-{number}")

    def _quieten(self, cluster):
        """Nothing is wrong any more."""
        for name in list(cluster._paused):
            cluster.resume(name)
        for name, node in cluster.nodes.items():
            if node is None:
                cluster.restart(name)
        cluster.heal()
        cluster.network.disturb()

    def _judged(self, check, cluster) -> Verdict:
        return linearizable(cluster, self.model)

    def _progress(self, cluster) -> Verdict:
        """Every client writes once more, now that nothing is wrong."""
        late = []
        self._run(cluster, 1000)  # For what is open to end.
        for name, client in cluster.clients.items():
            outcome, end = None, cluster.now + PATIENCE
            while outcome != "ok" and cluster.now < end:
                if client._open is None:
                    call = client.write("progress", name)
                    cluster.run(until=call)
                    outcome = call.value[0]
                else:
                    cluster.run(50)
            if outcome != "ok":
                late.append(name)
        if late:
            return Verdict(False, "progress", f"{', '.join(late)} got nothing done in {PATIENCE:,} ms although nothing was wrong any more.", trace=cluster.trace)
        return Verdict(True, "progress", "When nothing was wrong any more, every client got on.")
