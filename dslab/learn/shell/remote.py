"""A submission in a process of its own, driven from here as if it were in this one."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from dslab.errors import DslabError
from dslab.learn import limits
from dslab.learn.guarding import LOST, Guard
from dslab.learn.limits import Lost, Raised
from dslab.learn.shell.proxies import Proxies, Remote, error_of
from dslab.learn.shell.sandbox import environment, sandbox, wrapped
from dslab.learn.shell.wire import Wire
from dslab.node import Pictured

__all__ = ["Submission"]

#: Where there is no sandbox: "own" process numbers are tried for.
NUMBERS = "own"
#: Bytes of an answer.
LONGEST_ANSWER = 8 * 1024**2
NO_ANSWER = f"{LOST}: it answered what is no answer."


class Submission:
    """A notebook's cells in a process of their own, in a folder. Use it in a `with`, or close it.

    It runs in bubblewrap where that is; elsewhere with the rights of who grades, apart from the
    grader and from other submissions as far as the system has means for it: dslab.learn.keeping.
    """

    def __init__(self, folder: Path, top: Path | None = None):
        if os.name != "posix":
            raise DslabError(
                "grading from a shell needs Linux or macOS: elsewhere, call check(...) "
                "in the notebook."
            )
        (ask, self._ask), (self._answer, answer), (ended, ends) = os.pipe(), os.pipe(), os.pipe()
        ours = ask, answer, ends
        # -P: a file beside a notebook must not come before the module of Python of the same name.
        command = [sys.executable, "-P", "-m", "dslab.learn.shell.child", *map(str, ours)]
        bwrap = sandbox()
        process = subprocess.Popen(
            wrapped(bwrap, [*command, "inside"], folder, top) if bwrap else [*command, NUMBERS],
            pass_fds=ours,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment(folder),
        )
        for each in ours:
            os.close(each)
        process.returncode = 0  # The guard waits for it.
        self._guard = Guard(process.pid, ended)
        self._ends = self._ask, self._answer
        self.wire = Wire(_no_value, Proxies(self).object)
        self._rest = b""

    @property
    def lost(self) -> str:
        """Why the process is lost; "" where it isn't."""
        return self._guard.why

    def begins(self) -> None:
        """What is asked from now on has a budget of its own."""
        self._guard.begins()

    def run(self, cells: list[str]) -> tuple[dict[str, Any], dict[int, str]]:
        """Run cells. Returns what they hand to check(…), by exercise, and the errors in them, by
        the cell's number from 1.

        The last check of an exercise counts, as it does for who reads the notebook. After an error
        the next cell is run, but none after the process is lost.
        """
        found, errors = {}, {}
        for number, cell in enumerate(cells, 1):
            self.begins()
            try:
                answer = self.ask(do="run", cell=cell, number=number)
            except (Lost, Raised) as error:
                errors[number] = str(error)
                if self.lost:
                    break
                continue
            found |= {each["name"]: self._stand_in(each) for each in answer["checks"]}
            if answer["error"]:
                errors[number] = answer["error"]
        return found, errors

    def ask(self, **question) -> dict:
        """One question, and its answer.

        Raises Lost where none comes, and Raised where the submission raised.
        """
        if self.lost or not self._ends:
            raise Lost(self.lost or f"{LOST}: it is over.")
        budget, number = limits.budget(), secrets.token_hex(8)
        left = budget and (budget.lines, budget.calls, budget.work, budget.called, budget.used)
        self._write({"question": question, "budget": left, "number": number})
        answer = self._read(number)
        if budget:
            calls, lines = answer.get("used", (0, 0))
            budget.called, budget.used = budget.called + int(calls), budget.used + int(lines)
        if "error" in answer and "text" in answer:
            raise error_of(answer)
        return answer

    def _write(self, data) -> None:
        try:
            line = memoryview((json.dumps(data) + "\n").encode())
            while line:
                line = line[os.write(self._ask, line) :]
        except OSError:
            self._lose()

    def _read(self, number: str) -> dict:
        """The answer to the question of this number, which nobody can guess."""
        while True:
            while b"\n" not in self._rest:
                chunk = self._guard.read(self._answer)
                self._rest += chunk
                if not chunk or len(self._rest) > LONGEST_ANSWER:
                    self._lose(NO_ANSWER if chunk else "")
            line, _, self._rest = self._rest.partition(b"\n")
            try:
                match json.loads(line):
                    case {"will": str(will)}:
                        self._guard.will = will
                    case {"number": each, "answer": dict(answer)} if each == number:
                        return answer
                    case _:
                        self._lose(NO_ANSWER)
            except (ValueError, RecursionError):
                self._lose(NO_ANSWER)

    def _lose(self, why: str = ""):
        self._guard.lost(why)
        self.close()
        raise Lost(self.lost)

    def close(self) -> None:
        """End the process, and whatever it has started."""
        self._guard.close()
        for end in self._ends:
            os.close(end)
        self._ends = ()

    def _stand_in(self, shape: dict):
        match shape["kind"]:
            case "node":
                return type(
                    shape["label"],
                    (RemoteNode,),
                    {
                        "submission": self,
                        "object": shape["object"],
                        "durable": tuple(shape["durable"]),
                        "finished": str(shape["finished"]),
                        "pictured": Pictured(*shape["pictured"]),
                    },
                )
        return self.wire.decode(shape["value"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RemoteNode:
    """Stands for a Node in the child: the same methods, the same state."""

    is_node = True
    finished = ""  # The class of this package that it has its handlers from.
    submission: Submission
    object: int
    durable: tuple[str, ...] = ()
    pictured = Pictured()

    def __init__(self, id, peers=(), *, _disk=None, _old=None):
        self._hidden = {"id": id, "peers": tuple(peers), "now": 0.0, "outbox": [], "timers": {}}
        self._hidden |= {"said": (False, ""), "copy": False}
        answer = self.submission.ask(
            do="boot", object=self.object, id=id, peers=list(peers), disk=_disk, old=_old
        )
        self._hidden["node"] = answer["object"]
        self._show(answer["state"])

    # As in Node, what is not state is held outside the instance's dict.
    __slots__ = ("_hidden", "__dict__")

    id = property(lambda self: self._hidden["id"])
    peers = property(lambda self: self._hidden["peers"])
    outbox = property(
        lambda self: self._hidden["outbox"], lambda self, value: self._hidden.update(outbox=value)
    )
    timers = property(
        lambda self: self._hidden["timers"], lambda self, value: self._hidden.update(timers=value)
    )
    now = property(
        lambda self: self._hidden["now"], lambda self, value: self._hidden.update(now=value)
    )

    def start(self):
        self._step("start")

    def receive(self, sender, message):
        self._step("receive", sender, message)

    def fire(self, timer):
        self._step("fire", timer)

    def leads(self):
        return self._hidden["said"][0]

    def role_word(self):
        return self._hidden["said"][1]

    def copy(self):
        """Another node in the same state; the child makes it in its first step."""
        twin = object.__new__(type(self))
        twin._hidden = self._hidden | {"copy": True, "outbox": [], "timers": {}}
        twin.__dict__.update(self.__dict__)
        return twin

    def disk(self):
        return self._hidden["node"]

    @classmethod
    def recover(cls, id, peers, disk):
        """From a disk given as fields, or from that of a crashed node, which stays in the child."""
        return (
            cls(id, peers, _old=disk)
            if isinstance(disk, int)
            else cls(id, peers, _disk=cls.submission.wire.encode(disk))
        )

    def _step(self, step, *args):
        answer = self.submission.ask(
            do="step",
            object=self._hidden["node"],
            step=step,
            args=self.submission.wire.encode(args),
            now=self.now,
            copy=self._hidden["copy"],
        )
        self._show(answer["state"])
        self._hidden |= {"said": answer["said"], "node": answer["object"], "copy": False}
        wire = self.submission.wire
        self._hidden["outbox"] = list(wire.decode(answer["outbox"]))
        self._hidden["timers"] = wire.decode(answer["timers"])

    def _show(self, state):
        self.__dict__.clear()
        self.__dict__.update(self.submission.wire.decode(state))


def _no_value(thing) -> dict:
    """What the grader hands back is the child's own, or a value."""
    if isinstance(thing, Remote):
        return {"$": "object", "number": object.__getattribute__(thing, "_hidden")[1]}
    raise DslabError(f"{thing!r} of type {type(thing).__name__} can't be handed to a submission.")
