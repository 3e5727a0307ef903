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
    """Clients that read and write while a test waits for `more`; `done` counts what was answered.

    Nothing is asked in between, and who waits in vain waits longer the next time: so a history has
    as many calls and doubts on a slow machine as on a fast one.
    """

    def __init__(self, seed):
        self.chance, self.done, self.wanted = random.Random(seed), 0, 0
        self.leader, self.stopped = None, False

    def question(self, name, number):
        return ("read", None) if self.chance.random() < 0.4 else ("write", f"{name}-{number}")

    async def more(self, count, check=lambda: None):
        """Wait until `count` further calls have succeeded."""
        self.wanted = self.done + count
        while self.done < self.wanted:
            await asyncio.sleep(0.02)
            check()

    async def ask(self, name, call, patience):
        """One client: `call(f, value, key, timeout)` answers with an outcome."""
        number, timeout, clock = 0, patience, asyncio.get_running_loop().time
        while not self.stopped:
            await asyncio.sleep(0.005)
            if self.done < self.wanted:
                number, begun = number + 1, clock()
                outcome = await call(*self.question(name, number), number % 2, timeout)
                self.done += outcome == "ok"
                if outcome == "info":
                    timeout *= 2
                elif outcome == "ok":
                    timeout = max(patience, 4 * (clock() - begun))

    async def over_tcp(self, cluster, calls, name):
        async with Client(cluster, calls) as client:

            async def call(f, value, key, timeout):
                outcome, _ = await client.call(f, "xy"[key], value, timeout=timeout)
                if outcome == "ok":
                    self.leader = client._contact
                return outcome

            await self.ask(name, call, patience=2)


async def write_kill_all_and_read(protocol):
    """One acknowledged write, all killed and started again, one read: its answer, the history."""
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
