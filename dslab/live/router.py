"""A network for nodes that speak the Maelstrom protocol, which it also breaks.

    async with Router(["python", "-m", "dslab", "stdio", "raft"], 3) as router:
        client = router.client()
        await client.call("n1", "write", key="x", value=1)     # ("ok", None)
        router.cut("n1", "n2 n3")
        router.kill("n2")
        await router.restart("n2")
        router.heal()
        linearizable(router.history, "kv")

Any program that speaks the protocol will do. The nodes are child processes, and end when this one
does. Needs Linux or macOS.
"""

import asyncio
import json
from itertools import chain
from pathlib import Path
from typing import Any

from dslab.errors import DslabError
from dslab.live.client import Calls, Processes
from dslab.live.frames import LONGEST_FRAME
from dslab.live.host import say
from dslab.live.maelstrom import ERRORS
from dslab.live.process import Child, Servers
from dslab.run.history import History
from dslab.values import frozen
from dslab.wire import loads

__all__ = ["Router", "RouterClient"]

#: Seconds that a node has to say init_ok: far more than it needs.
START = 60.0
#: The fields of a request that hold a value, and those of an answer that hold what was asked for.
VALUES = ("value", "message", "element", "delta", "echo")
ANSWERS = ("value", "messages", "echo", "id")


class Router:
    """`nodes` processes of `command`, named n1, n2, …, and the links between them.

    kept  whether each node is given a data folder (`--data`) that outlives a kill.
    """

    def __init__(self, command: list[str], nodes: int = 3, *, kept: bool = True):
        self.names = tuple(f"n{number}" for number in range(1, nodes + 1))
        self._command, self._kept = command, kept
        self.calls = Calls()
        self.carried = self.lost = 0  # Messages between nodes.
        self._down: set[tuple[str, str]] = set()
        self._delays: dict[tuple[str, str], float] = {}
        self._nodes: dict[str, tuple[Child, asyncio.WriteTransport, asyncio.Task]] = {}
        self._clients: dict[str, RouterClient] = {}

    @property
    def history(self) -> History:
        """What the clients have seen so far."""
        return self.calls.history

    def client(self) -> "RouterClient":
        """A new client. It reaches every node unless `cut` names it."""
        client = RouterClient(self, f"c{len(self._clients)}")
        self._clients[client.name] = client
        return client

    # Faults. Names stand in one text with spaces between them, or in a list.

    def cut(self, senders: str, receivers: str) -> None:
        """Cut links one way: what `senders` send no longer reaches `receivers`."""
        self._down |= self._links(senders, receivers)

    def partition(self, *groups: str) -> None:
        """Cut all links between the groups, both ways."""
        for group in groups:
            for other in groups:
                if group is not other:
                    self.cut(group, other)

    def delay(self, senders: str, receivers: str, seconds: float) -> None:
        """Have what `senders` send to `receivers` arrive that much later."""
        self._delays |= dict.fromkeys(self._links(senders, receivers), seconds)

    def heal(self) -> None:
        """Put all links up, without delay. What was sent across a cut link is lost."""
        self._down, self._delays = set(), {}

    def kill(self, name: str) -> None:
        """End a node at once, as kill -9 does."""
        if name not in self._nodes:
            raise DslabError(
                f"{name} is not running: the nodes that are: {', '.join(self._nodes) or 'none'}."
            )
        child, pipe, hearing = self._nodes.pop(name)
        child.kill()
        hearing.cancel()
        if not pipe.is_closing():  # It closes itself where the node ended by itself.
            pipe.abort()

    async def restart(self, name: str) -> None:
        """Start a node that was killed, and wait until it has said init_ok.

        Raises DslabError where it doesn't.
        """
        if name in self._nodes or name not in self.names:
            raise DslabError(
                f"{name} can't be started: it runs already, or is none of {', '.join(self.names)}."
            )
        command = [*self._command, *(["--data", str(self._servers.folder)] if self._kept else [])]
        child = self._servers.start(name, command, pipes=True)
        loop = asyncio.get_running_loop()
        pipe, _ = await loop.connect_write_pipe(asyncio.Protocol, child.process.stdin)
        reader = asyncio.StreamReader(limit=LONGEST_FRAME)
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), child.process.stdout
        )
        hearing = asyncio.create_task(self._hear(name, reader))
        self._nodes[name] = child, pipe, hearing
        starting = asyncio.create_task(
            self._starter.rpc(
                name, {"type": "init", "node_id": name, "node_ids": list(self.names)}, START
            )
        )
        await asyncio.wait([starting, hearing], return_when=asyncio.FIRST_COMPLETED)
        if not starting.done() or starting.result()["type"] != "init_ok":
            starting.cancel()
            self.kill(name)
            raise DslabError(f"{name} did not say init_ok; its last words: {child.last_words()}")

    # Messages.

    async def _hear(self, name: str, reader: asyncio.StreamReader) -> None:
        """What a node says, until it ends."""
        while line := await reader.readline():
            try:
                message = loads(line)
                self.post({"src": name, "dest": message["dest"], "body": dict(message["body"])})
            except (DslabError, KeyError, TypeError, ValueError) as error:
                say(f"{name} says what is no message ({error!r:.80}): {line[:80]!r}")

    def post(self, message: dict[str, Any]) -> None:
        """Carry a message of the form {"src": …, "dest": …, "body": …} to where it is meant for."""
        link = message["src"], message["dest"]
        if link[0] in self.names and link[1] in self.names:
            self.carried += 1
        if link[1] not in self.names and link[1] not in self._clients:
            self._refuse(message)
        elif link in self._down:
            self.lost += 1
        elif link in self._delays:
            asyncio.get_running_loop().call_later(self._delays[link], self._arrive, message)
        else:
            self._arrive(message)

    def _arrive(self, message: dict[str, Any]) -> None:
        """Hand a message over, unless its link was cut on the way or nobody is there."""
        src, dest = message["src"], message["dest"]
        if dest in self._clients:
            self._clients[dest].hear(message["body"])
        elif (
            dest in self._nodes
            and (src, dest) not in self._down
            and not self._nodes[dest][1].is_closing()
        ):
            self._nodes[dest][1].write(json.dumps(message).encode() + b"\n")
        else:
            self.lost += 1

    def _refuse(self, message: dict[str, Any]) -> None:
        if "msg_id" in message["body"]:
            self._arrive(
                {
                    "src": message["dest"],
                    "dest": message["src"],
                    "body": {
                        "type": "error",
                        "in_reply_to": message["body"]["msg_id"],
                        "code": 1,
                        "text": f"there is no node {message['dest']}",
                    },
                }
            )

    def _links(self, senders, receivers) -> set[tuple[str, str]]:
        senders, receivers = (
            names.split() if isinstance(names, str) else list(names)
            for names in (senders, receivers)
        )
        for name in chain(senders, receivers):
            if name not in self.names and name not in self._clients:
                raise DslabError(
                    f"there is no {name!r} here: there are "
                    f"{', '.join([*self.names, *self._clients])}."
                )
        return {(a, b) for a in senders for b in receivers if a != b}

    async def __aenter__(self):
        self._servers = Servers("router")
        self._starter = RouterClient(self, "c0")
        self._clients["c0"] = self._starter
        try:
            await asyncio.gather(*map(self.restart, self.names))
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(self, *_):
        self._close()

    def _close(self) -> None:
        for name in tuple(self._nodes):
            self.kill(name)
        self._servers.close()

    @property
    def folder(self) -> Path:
        """Where the nodes' data and logs (NAME.log) are, until the router is closed."""
        return self._servers.folder


class RouterClient:
    """A client. It may have several calls open, in tasks of one event loop."""

    def __init__(self, router: Router, name: str):
        self.router, self.name = router, name
        self._processes = Processes(router.calls)
        self._next_id, self._waiting = 1, {}

    async def rpc(self, to: str, body: dict[str, Any], timeout: float = 5.0) -> dict[str, Any]:
        """Send a request; returns the body of the answer. Its msg_id is the one in `body`, or else
        one more than the greatest so far.

        After `timeout` seconds it is error 0, timeout. Raises DslabError where a request with this
        msg_id waits for its answer.
        """
        msg_id = body.get("msg_id", self._next_id)
        if msg_id in self._waiting:
            raise DslabError(f"{self.name} waits for an answer to msg_id {msg_id}: give another.")
        self._next_id = max(self._next_id, msg_id + 1)
        self._waiting[msg_id] = answer = asyncio.get_running_loop().create_future()
        self.router.post({"src": self.name, "dest": to, "body": body | {"msg_id": msg_id}})
        try:
            return await asyncio.wait_for(answer, timeout)
        except TimeoutError:
            return {
                "type": "error",
                "in_reply_to": msg_id,
                "code": 0,
                "text": f"{to} did not answer",
            }
        finally:
            del self._waiting[msg_id]

    async def call(
        self, node: str, f: str, /, *, timeout: float = 5.0, **fields
    ) -> tuple[str, Any]:
        """One operation, kept in the router's history: ("ok", value), ("fail", error code) or
        ("info", error code).

        A definite error is "fail"; an indefinite one is "info", and the client goes on under a new
        process number. `fields` may have a msg_id: see `rpc`.
        """
        key = fields.get("key")
        value = (
            [fields["from"], fields["to"]]
            if f == "cas"
            else next((fields[name] for name in VALUES if name in fields), None)
        )
        calls = self.router.calls
        process = self._processes.begin()
        calls.add(process, "invoke", f, key, frozen(value))
        answer = await self.rpc(node, {"type": f} | fields, timeout)
        if answer["type"] == "error":
            definite = answer["code"] in ERRORS and ERRORS[answer["code"]].definite
            outcome, found = "fail" if definite else "info", answer["code"]
            calls.add(process, outcome, f, key, frozen(value))
        else:
            outcome = "ok"
            found = next((frozen(answer[name]) for name in ANSWERS if name in answer), None)
            calls.add(process, outcome, f, key, found)
        self._processes.end(process, outcome)
        return outcome, found

    async def cas(self, node: str, key: Any, old: Any, new: Any, **how) -> tuple[str, Any]:
        """Write `new` if the value is `old`; returns as `call` does."""
        return await self.call(node, "cas", key=key, **{"from": old, "to": new}, **how)

    def hear(self, body: dict[str, Any]) -> None:
        """Take an answer; one that nobody waits for is passed over."""
        answer = self._waiting.get(body.get("in_reply_to"))
        if answer is not None and not answer.done():
            answer.set_result(body)
