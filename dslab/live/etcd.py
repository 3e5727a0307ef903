"""A real etcd cluster on loopback, with links between its members that can be cut or delayed."""

import base64
import hashlib
import os
import platform
import subprocess
from collections.abc import Callable, Iterable
from itertools import permutations
from time import sleep
from typing import NamedTuple

import requests

from dslab.errors import DslabError
from dslab.live.process import Child, Servers, free_ports, program
from dslab.live.proxy import LinkProxy

__all__ = ["EtcdCluster", "NoAnswer", "Status"]

TOKEN = "dslab"
#: How often an outcome is asked for, PAUSE seconds apart, before the wait is given up.
TRIES, PAUSE = 300, 0.1
#: How often members are started anew, on other ports, because somebody took theirs.
PORT_TRIES = 5


class NoAnswer(Exception):
    """No answer in time, or one that says "not now": nobody knows what became of the request."""


class Status(NamedTuple):
    """What a member says of itself: its name, the leader it knows (or None), its Raft term."""

    member: str
    leader: str | None
    term: int


class EtcdCluster:
    """`size` members named n1, n2, …; after a `with`, they and their data are gone.

    patience  seconds that a client waits for an answer.

    Raises ServerMissing where etcd is not installed, DslabError where it doesn't start.
    """

    def __init__(self, size: int = 3, *, patience: float = 2.0):
        self.program = program("etcd", "etcd-server")
        self.version = _version(self.program)
        self.names = tuple(f"n{number}" for number in range(1, size + 1))
        self.patience = patience
        self._session = requests.Session()
        self._session.trust_env = (
            False  # A proxy that is set for the web has no business on loopback.
        )
        self._client_ports: dict[str, int] = {}
        self._members: dict[str, Child] = {}
        self.proxy = LinkProxy(self.names)
        self._urls = {name: f"http://127.0.0.1:{port}" for name, port in self.proxy.ports.items()}
        self.proxy.ids = {_member_id(url): name for name, url in self._urls.items()}
        self.servers = Servers("etcd")
        try:
            for name in self.names:
                self.start(name)
            self.wait(
                lambda: all(self.status(name).leader for name in self.names), "elected no leader"
            )
        except BaseException:
            self.close()
            raise

    def start(self, name: str) -> None:
        """Start a member, or start it again on its data; `wait` waits until it serves."""
        self._known(name)
        client_port, peer_port = free_ports(2)
        self._client_ports[name], self.proxy.behind[name] = client_port, peer_port
        client, peer = f"http://127.0.0.1:{client_port}", f"http://127.0.0.1:{peer_port}"
        self._members[name] = self.servers.start(
            name,
            [
                self.program,
                "--name",
                name,
                "--data-dir",
                str(self.servers.folder / name),
                "--listen-client-urls",
                client,
                "--advertise-client-urls",
                client,
                "--listen-peer-urls",
                peer,
                "--initial-advertise-peer-urls",
                self._urls[name],
                "--initial-cluster",
                ",".join(f"{each}={url}" for each, url in self._urls.items()),
                "--initial-cluster-token",
                TOKEN,
                "--heartbeat-interval",
                "50",
                "--election-timeout",
                "500",
            ],
            _environment(),
        )

    def kill(self, name: str) -> None:
        """End a member at once, as kill -9 does; its data stays for the next `start`."""
        self._known(name)
        if name in self._members:
            self._members.pop(name).kill()

    def wait(self, there: Callable[[], bool], failed: str) -> None:
        """Wait until `there()` is true.

        Raises DslabError where it never is: the etcd cluster `failed`, or a member ended by itself.
        """
        anew = 0
        for _ in range(TRIES):
            for name, member in tuple(self._members.items()):
                if member.port_taken and anew < PORT_TRIES:
                    anew += 1
                    self.kill(name)
                    self.start(name)
                else:
                    member.check()
            try:
                if there():
                    return
            except NoAnswer:
                pass
            sleep(PAUSE)
        words = "; ".join(
            f"{name}: {self._members[name].last_words()}"
            for name in self.names
            if name in self._members
        )
        raise DslabError(
            f"the etcd cluster {failed}, asked {TRIES} times; the last lines of its "
            f"members' logs: {words}"
        )

    # Requests, through the JSON gateway.

    def put(self, name: str, key: str, value: str, *, patience: float | None = None) -> None:
        """Write through member `name`. Raises NoAnswer."""
        self._ask(name, "kv/put", {"key": _encoded(key), "value": _encoded(value)}, patience)

    def get(
        self, name: str, key: str, *, serializable: bool = False, patience: float | None = None
    ) -> str | None:
        """Read at member `name`. Raises NoAnswer.

        serializable  answered from the member's own copy, which may be old.
        """
        found = self._ask(
            name, "kv/range", {"key": _encoded(key), "serializable": serializable}, patience
        ).get("kvs")
        return base64.b64decode(found[0].get("value", "")).decode() if found else None

    def cas(
        self, name: str, key: str, old: str, new: str, *, patience: float | None = None
    ) -> bool:
        """Write `new` through member `name` if the value is `old`; whether it was.

        Raises NoAnswer.
        """
        compare = {
            "key": _encoded(key),
            "target": "VALUE",
            "result": "EQUAL",
            "value": _encoded(old),
        }
        write = {"requestPut": {"key": _encoded(key), "value": _encoded(new)}}
        return bool(
            self._ask(name, "kv/txn", {"compare": [compare], "success": [write]}, patience).get(
                "succeeded"
            )
        )

    def status(self, name: str) -> Status:
        """Member, leader and term as member `name` knows them. Raises NoAnswer."""
        answer = self._ask(name, "maintenance/status", {})
        member = int(answer["header"]["member_id"])
        leader = int(answer.get("leader", 0))
        return Status(
            self.proxy.ids[f"{member:x}"],
            self.proxy.ids.get(f"{leader:x}"),
            int(answer.get("raftTerm", 0)),
        )

    def _ask(self, name: str, path: str, body: dict, patience: float | None = None) -> dict:
        self._known(name)
        url = f"http://127.0.0.1:{self._client_ports[name]}/{_gateway(self.version)}/{path}"
        try:
            answer = self._session.post(
                url, json=body, timeout=self.patience if patience is None else patience
            )
            data = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise NoAnswer(f"{name} did not answer ({type(error).__name__})") from None
        if answer.status_code >= 500 or answer.status_code == 408:
            # unavailable, timed out, cancelled
            raise NoAnswer(f"{name} answered: {data.get('error', data)}")
        if not answer.ok:
            raise DslabError(f"{name} refused {path}: {data.get('error', data)}.")
        return data

    # Faults.

    def isolate(self, name: str) -> None:
        """Cut a member off from the others, both ways; clients still reach it."""
        self.cut(
            pair
            for other in self.names
            if other != self._known(name)
            for pair in permutations((name, other))
        )

    def cut(self, links: Iterable[tuple[str, str]]) -> None:
        """Take directed links (sender, receiver) down."""
        self.proxy.cut((self._known(sender), self._known(receiver)) for sender, receiver in links)

    def delay(self, links: Iterable[tuple[str, str]], seconds: float) -> None:
        """Let what is sent on directed links (sender, receiver) arrive that much later."""
        self.proxy.delay(
            ((self._known(sender), self._known(receiver)) for sender, receiver in links), seconds
        )

    def heal(self) -> None:
        """Put all links up, without delay."""
        self.proxy.heal()

    def close(self) -> None:
        """Kill the members and remove their data."""
        self.servers.close()
        self.proxy.close()
        self._session.close()

    def _known(self, name: str) -> str:
        if name not in self.names:
            raise DslabError(
                f"there is no member {name!r} in this cluster: it has {', '.join(self.names)}."
            )
        return name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _version(path: str) -> str:
    """Such as "3.4.23"."""
    words = subprocess.run(
        [path, "--version"], capture_output=True, text=True, env=_environment()
    ).stdout.split()
    if words[:2] != ["etcd", "Version:"] or len(words) < 3:
        raise DslabError(
            f"{path} does not tell its version as etcd does: put the etcd server first on "
            "your PATH."
        )
    return words[2]


def _gateway(version: str) -> str:
    """Where API version 3 is as JSON: /v3 since etcd 3.4, /v3beta in 3.3, /v3alpha in 3.2."""
    return {"3.2": "v3alpha", "3.3": "v3beta"}.get(".".join(version.split(".")[:2]), "v3")


def _environment() -> dict[str, str]:
    """Our environment without ETCD_…, which would configure the members.

    On ARM etcd 3.4 starts only if it is told that we know.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ETCD_")}
    return kept | (
        {"ETCD_UNSUPPORTED_ARCH": "arm64"} if platform.machine() in ("aarch64", "arm64") else {}
    )


def _member_id(url: str) -> str:
    """A member's id as X-Server-From has it, computed as etcd does for an initial cluster."""
    return f"{int.from_bytes(hashlib.sha1((url + TOKEN).encode()).digest()[:8], 'big'):x}"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
