"""A real etcd cluster on loopback, with links between its members that can be cut."""

import base64
import hashlib
import shutil
import subprocess
import tempfile
from itertools import permutations
from pathlib import Path
from time import sleep

import requests

from dslab.errors import DslabError
from dslab.live.process import Child, free_ports, program
from dslab.live.proxy import LinkProxy

__all__ = ["EtcdCluster", "NoAnswer"]

TOKEN = "dslab"
#: How often, and how many tenths of a second apart, an outcome is asked for before the wait is given up.
TRIES = 300


class NoAnswer(Exception):
    """The member didn't answer in time, or said that it can't: nobody knows what became of the request."""


class EtcdCluster:
    """`size` members named n1, n2, …. Use it in a `with`: the members and their data are gone afterwards.

    Raises ServerMissing where etcd is not installed, DslabError where it doesn't start.
    """

    def __init__(self, size: int = 3, *, patience: float = 2.0):
        self.program = program("etcd", "etcd-server")
        self.names = tuple(f"n{number}" for number in range(1, size + 1))
        self.patience = patience
        self.folder = Path(tempfile.mkdtemp(prefix="dslab-etcd-"))
        ports = free_ports(3 * size)
        self.client_port, self.peer_port, proxy_port = (dict(zip(self.names, ports[start::3])) for start in range(3))
        self.urls = {name: f"http://127.0.0.1:{proxy_port[name]}" for name in self.names}
        self.proxy = LinkProxy({name: (proxy_port[name], self.peer_port[name]) for name in self.names})
        self.proxy.names = {_member_id(url): name for name, url in self.urls.items()}
        self.children: dict[str, Child] = {}
        try:
            for name in self.names:
                self.start(name)
            self.wait(lambda: all(self.leader(name) for name in self.names), "elected no leader")
        except BaseException:
            self.close()
            raise

    @property
    def version(self) -> str:
        """Such as "3.4.23"."""
        words = subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout.split()
        return words[2] if len(words) > 2 else "unknown"

    def start(self, name: str) -> None:
        """Start a member, or start it again on its data."""
        client, peer = f"http://127.0.0.1:{self.client_port[name]}", f"http://127.0.0.1:{self.peer_port[name]}"
        self.children[name] = Child(f"etcd {name}", [
            self.program, "--name", name, "--data-dir", str(self.folder / name), "--listen-client-urls", client,
            "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", self.urls[name],
            "--initial-cluster", ",".join(f"{each}={url}" for each, url in self.urls.items()), "--initial-cluster-token", TOKEN,
            "--heartbeat-interval", "50", "--election-timeout", "500"], self.folder / f"{name}.log")

    def wait(self, there, sentence: str) -> None:
        """Until `there()` is true; DslabError where it never is."""
        for _ in range(TRIES):
            for child in self.children.values():
                child.check()
            try:
                if there():
                    return
            except NoAnswer:
                pass
            sleep(0.1)
        raise DslabError(f"the etcd cluster {sentence} after {TRIES} questions: look into {self.folder}.")

    # Requests, through the JSON gateway (etcd's API version 3).

    def put(self, name: str, key: str, value: str) -> None:
        """Write through member `name`. Raises NoAnswer."""
        self._ask(name, "kv/put", {"key": _encoded(key), "value": _encoded(value)})

    def get(self, name: str, key: str, *, serializable: bool = False) -> str | None:
        """Read at member `name`; a serializable read is answered from the member's own copy. Raises NoAnswer."""
        found = self._ask(name, "kv/range", {"key": _encoded(key), "serializable": serializable}).get("kvs")
        return base64.b64decode(found[0].get("value", "")).decode() if found else None

    def leader(self, name: str) -> str | None:
        """The leader as member `name` knows it, or None."""
        leader = int(self._ask(name, "maintenance/status", {}).get("leader", 0))
        return self.proxy.names.get(f"{leader:x}")

    def _ask(self, name: str, path: str, body: dict) -> dict:
        if name not in self.names:
            raise DslabError(f"there is no member {name!r} in this cluster: it has {', '.join(self.names)}.")
        try:
            answer = requests.post(f"http://127.0.0.1:{self.client_port[name]}/v3/{path}", json=body, timeout=self.patience)
            data = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise NoAnswer(f"{name} did not answer ({type(error).__name__})") from None
        if not answer.ok:
            raise NoAnswer(f"{name} answered: {data.get('error', data)}")
        return data

    # Faults.

    def isolate(self, name: str) -> None:
        """Cut a member off from the others; clients still reach it."""
        self.cut((pair for other in self.names if other != name for pair in permutations((name, other))))

    def cut(self, pairs) -> None:
        """Take directed links (sender, receiver) down."""
        self.proxy.cut(pairs)

    def heal(self) -> None:
        self.proxy.heal()

    def close(self) -> None:
        for child in self.children.values():
            child.kill()
        self.proxy.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _member_id(url: str) -> str:
    """A member's id as etcd computes it for the members of an initial cluster, in the form of X-Server-From."""
    return f"{int.from_bytes(hashlib.sha1((url + TOKEN).encode()).digest()[:8], 'big'):x}"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
