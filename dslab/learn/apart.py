"""Grading in a forked copy of the process that a notebook runs in.

Lines are counted there as anywhere (dslab.learn.limits), and what can't be counted is ended from
outside: a loop in C, a sleep, threads, processes. The notebook's own objects stay as they were, and
what the submission prints is printed here, up to a limit. Only texts and numbers come back.
"""

import builtins
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from io import TextIOBase
from typing import Any

from dslab.learn import limits
from dslab.learn.guarding import Guard
from dslab.learn.guarding import possible as watched

__all__ = ["possible", "prepare", "run"]

#: Characters that are printed of what a submission prints in one grading.
PRINTED = 20_000
#: Seconds of computing that a submission has to end after it has heard that it must.
GRACE = 1.0


def possible() -> bool:
    """Whether there can be a copy: not in a browser, and a copy makes none of its own."""
    return watched() and not limits.wills


def run(work: Callable[[], Iterable[Any]]) -> tuple[list[Any], str]:
    """What `work()` yields in a copy of this process, as JSON data; and why it didn't come to its
    end, where it didn't.
    """
    answers, answered = os.pipe()
    ended, ends = os.pipe()
    sys.stdout.flush()
    keeper = os.fork()
    if not keeper:
        _keeper(work, answered, ends, [answers, ended])
    os.close(answered)
    os.close(ends)
    guard, found, rest = Guard(keeper, ended), [], b""
    try:
        while not (found and found[-1] is None):
            chunk = guard.read(answers)
            if not chunk:
                return found, guard.why
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                _take(json.loads(line), found, guard)
        return found[:-1], ""
    except ValueError:
        guard.lost("Your code stopped answering: it wrote to what is not its own.")
        return found, guard.why
    finally:
        guard.close()
        os.close(answers)


def _take(answer: dict, found: list, guard: Guard) -> None:
    match answer:
        case {"printed": text}:
            print(text, end="")
        case {"will": will}:
            guard.will = str(will)
        case {"found": thing}:
            found.append(thing)


def _keeper(work, answered, ends, others) -> None:
    try:
        from dslab.learn.keeping import supervise

        for each in others:
            os.close(each)
        supervise(lambda: _child(work, answered), ends, network=True)
    finally:
        os._exit(1)


def _child(work, answered) -> None:
    from dslab.learn.keeping import limit

    limit()
    lock, me = threading.Lock(), os.getpid()

    def say(**what):
        if os.getpid() != me:  # A copy that the submission made of itself.
            os._exit(1)
        line = memoryview(json.dumps(what).encode() + b"\n")
        with lock:
            while line:
                line = line[os.write(answered, line) :]

    prepare(lambda will: say(will=will))
    printed = Little(lambda text: say(printed=text))
    with redirect_stdout(printed), redirect_stderr(printed):
        for thing in work():
            printed.flush()
            say(found=thing)
    say(found=None)


def prepare(tell: Callable[[str], None]) -> None:
    """Make this process, which holds nothing but a submission, end when that must: `tell(sentence)`
    says why just before.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nothing, each)
    sys.stdin = open(os.devnull, encoding="utf-8")
    builtins.input = _input
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)

    def will(sentence: str | None) -> None:
        # A submission may swallow what is raised; before Python 3.12 its lines go uncounted then.
        if sentence is not None:
            tell(sentence.rstrip("."))
        signal.setitimer(signal.ITIMER_VIRTUAL, GRACE if sentence is not None else 0)

    limits.wills.append(will)
    sys.addaudithook(_watches_the_counting)


def _input(prompt: Any = "") -> str:
    raise EOFError("nobody answers while your code is graded: leave input() out")


def _watches_the_counting(event: str, args: tuple) -> None:
    if event == "sys.settrace" and not limits.is_over() and limits.submitted(sys._getframe(1)):
        raise RuntimeError("sys.settrace belongs to the grader while your code is graded")


class Little(TextIOBase):
    """A text stream that passes on the beginning of what is written, when it is flushed."""

    def __init__(self, write: Callable[[str], Any], most: int = PRINTED):
        self._write, self._left, self._kept, self._full = write, most, [], False

    def write(self, text: str) -> int:
        """Take a text, as far as there is room."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._left and text:
            self._kept.append(str.__str__(text)[: self._left])
            self._left -= len(self._kept[-1])
        elif text and not self._full:
            self._full = True
            self._kept.append("\n… what more is printed while it is graded is left out.\n")
        return len(text)

    def flush(self) -> None:
        """Pass on what came."""
        kept, self._kept = "".join(self._kept), []
        if kept:
            self._write(kept)

    def writable(self) -> bool:
        """Whether it can be written: always."""
        return True
