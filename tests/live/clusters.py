"""Node processes over TCP for tests, and the work that clients do while they are killed."""

import asyncio
import random
import sys

from dslab.live.client import Calls, Client
from dslab.live.frames import Address
from dslab.live.process import Servers, free_ports


class TcpCluster:
    """`size` processes of `python -m dslab serve PROTOCOL`, with data that outlives a kill. Use it
    in a `with`.
    """

    def __init__(self, protocol="raft", size=3):
        self.protocol, self.names = protocol, tuple(f"n{number}" for number in range(1, size + 1))
        self.cluster = {
            name: Address("127.0.0.1", port) for name, port in zip(self.names, free_ports(size))
        }
        self.servers, self.running = Servers("serve"), {}
        for name in self.names:
            self.start(name)

    def start(self, name):
        places = ",".join(f"{each}={address}" for each, address in self.cluster.items())
        self.running[name] = self.servers.start(
            name,
            [
                sys.executable,
                "-m",
                "dslab",
                "serve",
                self.protocol,
                "--id",
                name,
                "--cluster",
                places,
                "--data",
                str(self.servers.folder / name),
            ],
        )

    def kill(self, *names):
        for name in names:
            self.running.pop(name).kill()

    def check(self):
        for child in self.running.values():
            child.check()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.servers.close()


class Work:
    """Clients that read and write until they are told to stop; `done` counts what was answered."""

    def __init__(self, seed):
        self.chance, self.done, self.leader, self.stopped = random.Random(seed), 0, None, False

    def question(self, name, number):
        return ("read", None) if self.chance.random() < 0.4 else ("write", f"{name}-{number}")

    async def more(self, count, check=lambda: None):
        """Wait until `count` further calls have succeeded."""
        goal = self.done + count
        while self.done < goal:
            await asyncio.sleep(0.02)
            check()

    async def over_tcp(self, cluster, calls, name):
        number = 0
        async with Client(cluster, calls) as client:
            while not self.stopped:
                number += 1
                f, value = self.question(name, number)
                outcome, _ = await client.call(f, "xy"[number % 2], value, timeout=2)
                if outcome == "ok":
                    self.done, self.leader = self.done + 1, client._contact


async def write_kill_all_and_read(protocol):
    """One acknowledged write, all killed and started again, one read: its answer, and the
    history.
    """
    with TcpCluster(protocol) as cluster:
        calls = Calls()
        async with Client(cluster.cluster, calls) as client:
            while (await client.call("write", "x", 1))[0] != "ok":
                cluster.check()
            cluster.kill(*cluster.names)
            for name in cluster.names:
                cluster.start(name)
            while (answer := await client.call("read", "x"))[0] != "ok":
                cluster.check()
        return answer[1], calls.history
