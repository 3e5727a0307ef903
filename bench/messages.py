"""Simulated messages per second, with tracing on, against bare simpy callbacks in the same run.

The work: five nodes; each counts the messages that it gets and answers each to another node after a
random delay. Two peers:
- handlers: `env.timeout(delay, message).callbacks.append(…)` that drives the same Node class with
  the same messages, so that the ratio is what the simulator costs: a trace with every state,
  partitions, crashes, pauses and replay.
- tuples: the same loop with tuples for messages and a list for the nodes' state, the least that
  simpy can be asked.
"""

import time
from random import Random

import simpy

from dslab.node import Message, Node
from dslab.sim import Cluster

MESSAGES = 100_000
NAMES = ("n1", "n2", "n3", "n4", "n5")


class Token(Message):
    """Passed on for ever."""

    hops: int


class Relay(Node):
    """Counts tokens and passes each on to another node."""

    seen: int = 0

    def on_start(self):
        self.send(self.peers[0], Token(0))

    def on_Token(self, sender, m):
        self.seen += 1
        self.send(self.peers[m.hops % 4], Token(m.hops + 1))


def dslab_run(messages: int) -> int:
    """The simulator, tracing on. Returns how many messages were handled."""
    cluster = Cluster(Relay, NAMES, strict=False, clients=0)
    while len(cluster.trace) < 2 * messages:
        cluster.run(1000)
    return len(cluster.trace) // 2


def handlers_run(messages: int) -> int:
    """simpy callbacks that drive the same nodes."""
    env, random = simpy.Environment(), Random(0).random
    nodes = {name: Relay(name, [peer for peer in NAMES if peer != name]) for name in NAMES}

    def flush(node):
        outbox, node.outbox = node.outbox, []
        for receiver, message in outbox:
            env.timeout(1000 + int(random() * 9001), (node.id, receiver, message)).callbacks.append(
                handle
            )

    def handle(event):
        sender, receiver, message = event.value
        node = nodes[receiver]
        node.receive(sender, message)
        flush(node)

    for node in nodes.values():
        node.start()
        flush(node)
    while sum(node.seen for node in nodes.values()) < messages:
        env.run(env.now + 1_000_000)
    return sum(node.seen for node in nodes.values())


def tuples_run(messages: int) -> int:
    """simpy callbacks with tuples and a list."""
    env, random, seen = simpy.Environment(), Random(0).random, [0] * len(NAMES)

    def send(receiver, hops):
        env.timeout(1000 + int(random() * 9001), (receiver, hops)).callbacks.append(handle)

    def handle(event):
        receiver, hops = event.value
        seen[receiver] += 1
        send((receiver + 1 + hops % 4) % len(NAMES), hops + 1)

    for node in range(len(NAMES)):
        send(node, 0)
    while sum(seen) < messages:
        env.run(env.now + 1_000_000)
    return sum(seen)


def rate(run) -> float:
    """Messages per CPU second."""
    began = time.process_time()
    return run(MESSAGES) / (time.process_time() - began)


def main() -> None:
    """Print each ratio as the median of seven rounds in which all three run."""
    rounds = [[rate(run) for run in (dslab_run, handlers_run, tuples_run)] for _ in range(7)]
    for place, peer in enumerate(("simpy callbacks, same handlers", "simpy callbacks, tuples"), 1):
        ratios = sorted(each[0] / each[place] for each in rounds)
        print(
            f"simulated messages, dslab with trace / {peer}: {ratios[3]:.2f} (from "
            f"{ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main()
