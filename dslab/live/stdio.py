"""Any node class behind the Maelstrom protocol, on standard input and output.

`python -m dslab stdio` runs one.

Nodes send each other {"type": class of the message, "message": its fields}. A request that a node
refuses because another one leads is forwarded there, once: {"type": "forward", …} and back {"type":
"forwarded", …}. Where no leader is known, or the one who was asked leads no more, the client hears
11, temporarily unavailable: a refusal promises that nothing was done.
"""

import asyncio
import json
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any
from uuid import uuid4

from dslab.errors import DslabError
from dslab.live.disk import Disk
from dslab.live.frames import LONGEST_FRAME
from dslab.live.host import Host, StepFailed, say
from dslab.live.maelstrom import MaelstromError, answered, asked, problem
from dslab.node import Message, Node, Reply, Request, Timer
from dslab.protocols.echo import Echo
from dslab.wire import decode, encode, loads, vocabulary

__all__ = ["StdioNode", "run"]

#: How many lines wait to be handled, and how many requests to be answered; the oldest is forgotten,
#: and its client waits in vain.
LINES, OPEN = 1000, 10_000
NESTED = 50  # As in tcp.py: how deep a client's values may be.


class StdioNode:
    """One node. `take` handles a line of input; write(line) sends one.

    data  the folder that holds each node's folder; None keeps durable fields in memory.
    """

    def __init__(self, node_class: type[Node], write, data: Path | None = None):
        self.node_class, self._write, self._data = node_class, write, data
        # A harness counts its requests anew in each run, while data outlive it. So clients are
        # other clients in each.
        self._run = f"/{uuid4().hex[:12]}" if data else ""
        self._known = {
            name: kind
            for name, kind in vocabulary(node_class).items()
            if not issubclass(kind, Timer)
        }
        self.host: Host | None = None
        self._members: tuple[str, ...] = ()
        # (client, msg_id) → the request, and which node forwarded it
        self._open: dict[tuple[str, int], tuple[Request, str | None]] = {}

    def take(self, line: bytes) -> None:
        """Handle one line. Raises DslabError for a bad disk.

        What is no message is told on the standard error output, and passed over.
        """
        try:
            message = loads(line)
            src, body = _parts(message)
        except DslabError as error:
            say(f"a line is passed over: {error}")
            return
        if body["type"] == "init":
            self._initialise(src, body)
        elif src in self._members:
            self._from_peer(src, body)
        else:
            self._from_client(src, body)

    def _initialise(self, src: str, body: dict) -> None:
        id, members = body.get("node_id"), body.get("node_ids")
        if (
            self.host
            or not isinstance(members, list)
            or not all(isinstance(name, str) for name in members)
            or id not in members
        ):
            why = (
                f"this node is {self.host.id} already"
                if self.host
                else "init needs a node_id, and node_ids that hold it"
            )
            self._answer_problem(src, body, 12, why)
            return
        if self._data and (id != Path(id).name or id == ".."):
            self._answer_problem(
                src, body, 12, "a node_id names the node's data folder, so it must be a plain name"
            )
            return
        disk = Disk(self._data / id, self.node_class, id) if self._data else None
        self._members = tuple(members)
        self.host = Host(self.node_class, id, members, self._carry, disk)
        self._send(src, {"type": "init_ok", "in_reply_to": body.get("msg_id")})
        self.host.boot()

    def _from_client(self, client: str, body: dict) -> None:
        if type(body.get("msg_id")) is not int:
            say(
                f"{client} sends a {body['type']!r:.80} without a msg_id: it can't be "
                "answered, and is passed over."
            )
            return
        try:
            if self.host is None:
                raise MaelstromError(11, "this node waits for its init message")
            if not _shallow(body):
                raise MaelstromError(12, "the request is nested too deeply")
            request = asked(body)
            if request.f == "echo" and self.node_class is not Echo:
                # Whatever a harness drives, it may first ask whether anybody is there.
                self._send(
                    client, answered(self.host.node, request, Reply(request.id, request.value))
                )
            else:
                self._ask(client, request, None)
        except MaelstromError as error:
            self._answer_problem(client, body, error.code, str(error))
        except StepFailed as error:
            say(str(error))
            self._answer_problem(client, body, 13, "crash")

    def _from_peer(self, peer: str, body: dict) -> None:
        try:
            message = decode(body.get("message"), self._known)
            if body["type"] == "forward":
                self._ask(_name(body.get("client")), _expected(message, Request), peer)
            elif body["type"] == "forwarded":
                self._reply(_name(body.get("client")), _expected(message, Reply), may_forward=False)
            else:
                self.host.receive(peer, _expected(message, Message))
        except DslabError as error:
            say(f"a message from {peer} is passed over: {error}")

    def _ask(self, client: str, request: Request, forwarded_by: str | None) -> None:
        self._open[client, request.id] = request, forwarded_by
        if len(self._open) > OPEN:
            del self._open[next(iter(self._open))]
        self.host.receive(client + self._run, request)

    def _carry(self, to: str, message: Message) -> None:
        if to in self._members:
            self._to_peer(to, type(message).__name__, message)
        elif isinstance(message, Reply):
            self._reply(to.removesuffix(self._run), message)

    def _reply(self, client: str, reply: Reply, may_forward: bool = True) -> None:
        """Bring a reply to its client, or to the node that forwarded the request.

        A request that is refused here is forwarded instead.
        """
        request, forwarded_by = self._open.pop((client, reply.id), (None, None))
        if request is None:
            return  # A second answer, or one to a request of before a crash.
        if forwarded_by is not None:
            self._to_peer(forwarded_by, "forwarded", reply, client=client)
        elif (
            may_forward
            and reply.error == "not-leader"
            and reply.leader in self._members
            and reply.leader != self.host.id
        ):
            self._open[client, request.id] = request, None
            self._to_peer(reply.leader, "forward", request, client=client)
        else:
            self._send(client, answered(self.host.node, request, reply))

    def _to_peer(self, peer: str, kind: str, message: Message, **more) -> None:
        try:
            self._send(peer, {"type": kind, "message": encode(message)} | more)
        except DslabError as error:
            say(str(error))  # It is lost.

    def _answer_problem(self, client: str, body: dict, code: int, text: str) -> None:
        self._send(client, problem(body.get("msg_id"), code, text))

    def _send(self, dest: str, body: dict[str, Any]) -> None:
        self._write(
            json.dumps(
                {"src": self.host.id if self.host else "", "dest": dest, "body": body}
            ).encode()
            + b"\n"
        )


def _shallow(data: Any, deepest: int = NESTED) -> bool:
    """Whether data is nested no deeper than that."""
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return deepest >= 0 and all(_shallow(item, deepest - 1) for item in inner)


def _parts(message: Any) -> tuple[str, dict]:
    body = message.get("body") if isinstance(message, dict) else None
    if (
        not isinstance(body, dict)
        or not isinstance(message.get("src"), str)
        or not isinstance(body.get("type"), str)
    ):
        raise DslabError('a message is {"src": …, "dest": …, "body": {"type": …}}.')
    return message["src"], body


def _name(client: Any) -> str:
    if not isinstance(client, str):
        raise DslabError("the client of a forwarded request has no name.")
    return client


def _expected(message: Any, kind: type) -> Any:
    if not isinstance(message, kind):
        raise DslabError(f"this is no {kind.__name__}.")
    return message


async def run(node_class: type[Node], data: Path | None = None) -> None:
    """Run a node on this process's standard input and output, until the input ends.

    Raises DslabError where it can't go on.
    """
    # Nothing but messages may stand there, whatever a handler prints.
    output, sys.stdout = sys.stdout.buffer, sys.stderr
    lines: asyncio.Queue[bytes] = asyncio.Queue(LINES)
    loop = asyncio.get_running_loop()

    # A reader of its own: Python can't end while a thread waits in the one of sys.stdin.
    incoming = open(sys.stdin.fileno(), "rb", closefd=False)

    def read():
        line = b"start"
        while line:
            line = incoming.readline(LONGEST_FRAME)
            putting = lines.put(line)
            try:
                asyncio.run_coroutine_threadsafe(putting, loop).result()
            except (CancelledError, RuntimeError):  # The node has ended before its input has.
                putting.close()
                return

    def write(line):
        output.write(line)
        output.flush()

    # A thread: a file or a terminal on standard input can't be waited for in one way everywhere.
    threading.Thread(target=read, daemon=True).start()
    node, ended = StdioNode(node_class, write, data), loop.create_future()
    while True:
        getting = asyncio.ensure_future(lines.get())
        await asyncio.wait(
            [getting, node.host.ended if node.host else ended], return_when=asyncio.FIRST_COMPLETED
        )
        if node.host and node.host.ended.done():
            node.host.ended.result()  # Raises.
        line = getting.result()
        if not line:
            break
        if line.strip():
            node.take(line)
    if node.host:
        node.host.stop()
