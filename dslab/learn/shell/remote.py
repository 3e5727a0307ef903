"""A submission in a process of its own, driven from here as if it were in this one."""

import json
import os
import select
import signal
import subprocess
import sys
from time import monotonic
from typing import Any

from dslab.errors import DslabError
from dslab.learn.limits import Lost, Raised
from dslab.learn.shell.wire import Wire
from dslab.node import Pictured

__all__ = ["Submission"]

#: How the sentence begins that says that the process is lost.
LOST = "Your code stopped answering"

#: A backstop for what lines don't count, such as one huge multiplication or a sleep: seconds of
#: computing, seconds of waiting for answers in all, bytes of memory, bytes of a file. No verdict on
#: code that keeps its budget depends on them.
COMPUTING, WAITING, MEMORY, FILE = 60, 300, 2 * 1024**3, 256 * 1024**2
LONGEST_ANSWER = 8 * 1024**2


class Submission:
    """A notebook's cells in a child process with limits. Use it in a `with`, or close it.

    It keeps accidents and cheap tricks apart from the grader and from each other. It is no prison:
    the child is the same user on the same machine, so grade the notebooks of strangers in a
    container.
    """

    def __init__(self, folder: str | None = None):
        if os.name != "posix":
            raise DslabError(
                "grading from a shell needs Linux or macOS: elsewhere, call check(...) "
                "in the notebook."
            )
        ask, self._ask = os.pipe()
        self._answer, answer = os.pipe()
        # -P: a file beside a notebook must not come before the module of Python of the same name.
        command = [sys.executable, "-P", "-m", "dslab.learn.shell.child", str(ask), str(answer)]
        environment = {
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "MPLBACKEND": "agg",
            "DSLAB_LAB": "recorded",
        }
        self._process = subprocess.Popen(
            command,
            pass_fds=(ask, answer),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            preexec_fn=_limits,
            start_new_session=True,
            env=os.environ | environment,
        )
        os.close(ask)
        os.close(answer)
        self._ends = self._ask, self._answer
        self.wire = Wire(_no_value, self._object)
        self._rest, self._patience, self.lost = b"", WAITING, None

    def run(self, cells: list[str]) -> tuple[dict[str, Any], dict[int, str]]:
        """Run cells. Returns what they hand to check(…), by exercise, and the errors in them, by
        the cell's number from 1.

        The last check of an exercise counts, as it does for who reads the notebook. After an error
        the next cell is run, but none after the process is lost.
        """
        found, errors = {}, {}
        for number, cell in enumerate(cells, 1):
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
        if self.lost:
            raise Lost(self.lost)
        self._write(question)
        answer = self._read()
        if "error" in answer and "text" in answer:
            raise Raised(str(answer["error"]), str(answer["text"]), str(answer.get("place", "")))
        return answer

    def _write(self, data) -> None:
        try:
            line = memoryview((json.dumps(data) + "\n").encode())
            while line:
                line = line[os.write(self._ask, line) :]
        except OSError:
            self._lose()

    def _read(self) -> dict:
        while b"\n" not in self._rest:
            since = monotonic()
            ready, _, _ = select.select([self._answer], [], [], self._patience)
            self._patience = max(self._patience - (monotonic() - since), 0)
            chunk = os.read(self._answer, 1 << 16) if ready else b""
            self._rest += chunk
            if not chunk or len(self._rest) > LONGEST_ANSWER:
                self._lose()
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        return answer if isinstance(answer, dict) else self._lose()

    def _lose(self):
        try:
            # Its end of the pipe closes a moment before it has ended.
            ended = self._process.wait(1)
        except subprocess.TimeoutExpired:
            ended = None
        self.close()
        why = {
            None: "it took too long, or answered what is no answer",
            0: "it ended its own process (os._exit or the like)",
            -signal.SIGXCPU: "it used more time than it may",
            -signal.SIGKILL: "it used more time or memory than it may",
        }
        self.lost = f"{LOST}: {why.get(ended, f'its process ended with code {ended}')}."
        raise Lost(self.lost)

    def close(self) -> None:
        """End the process, and whatever it has started."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # All gone; macOS says it the second way.
            pass
        self._process.wait()
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
            case "callable":
                return RemoteCallable(self, shape["object"], shape["label"])
            case "tuple":
                return tuple(RemoteCallable(self, item, "…") for item in shape["items"])
        return self.wire.decode(shape["value"])

    def _object(self, number, type, callable):
        """What stays in the child: seen from here, something of a class of that name."""
        base = RemoteCallable if callable else RemoteObject
        return _subclass(str(type), base)(self, number, "…")

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


class RemoteObject:
    """Stands for an object in the child that has no form as a value."""

    __slots__ = ("_submission", "_number", "__name__")

    def __init__(self, submission: Submission, number: int, name: str):
        self._submission, self._number, self.__name__ = submission, number, name

    def __getattr__(self, method):
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda *args: self._call(method, args)

    def __getitem__(self, key):
        return self._call("__getitem__", (key,))

    def __eq__(self, other):
        if not isinstance(other, RemoteObject):
            return NotImplemented
        return self._ask(do="equal", object=self._number, other=other._number)

    def __hash__(self):
        return hash(type(self).__name__)  # What is equal in the child has one hash here.

    def __deepcopy__(self, memo):
        return self._ask(do="copy", object=self._number)

    def __repr__(self):
        return str(self._ask(do="text", object=self._number))

    def experiment_in_child(self, topic, name, others, args):
        """An experiment of an exercise (its EXPERIMENTS), with this object, `others` and values,
        done in the child.
        """
        objects = [self._number, *(other._number for other in others)]
        args = self._submission.wire.encode(tuple(args))
        return self._ask(do="experiment", topic=topic, name=name, objects=objects, args=args)

    def _call(self, method, args):
        args = self._submission.wire.encode(args)
        return self._ask(do="call", object=self._number, method=method, args=args)

    def _ask(self, **question):
        return self._submission.wire.decode(self._submission.ask(**question)["value"])


class RemoteCallable(RemoteObject):
    """Stands for a function or class in the child, or for an object that can be called."""

    __slots__ = ()

    def __call__(self, *args):
        return self._call(None, args)


def _subclass(name: str, base: type) -> type:
    return type(name, (base,), {"__slots__": ()})


def _no_value(thing) -> dict:
    """What the grader hands back is the child's own, or a value."""
    if isinstance(thing, RemoteObject):
        return {"$": "object", "number": thing._number}
    raise DslabError(f"{thing!r} of type {type(thing).__name__} can't be handed to a submission.")


def _limits() -> None:
    import resource

    for what, most in (
        (resource.RLIMIT_CPU, COMPUTING),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            # At the lower limit on time comes a signal that says so, at the higher one SIGKILL.
            resource.setrlimit(what, (most, most + (what == resource.RLIMIT_CPU)))
        except (OSError, ValueError):
            # A lower limit is set already, or the system has none of this kind.
            pass
