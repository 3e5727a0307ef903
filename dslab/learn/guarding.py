"""A process apart, watched from the one that grades: what sleeps for ever, computes in C, starts
processes or takes memory without an end is ended, and the reason is a sentence.
"""

import json
import os
import select
import signal
import sys
from contextlib import suppress
from time import monotonic, sleep
from typing import NamedTuple

__all__ = ["LOST", "NO_END", "Guard", "possible", "processes"]

#: For one exercise, or one cell: seconds of a processor, looks at which everything slept, processes
#: at once, bytes of memory of all together. No verdict on code that comes to its end depends on
#: them, so they are far beyond what that takes.
COMPUTING, ASLEEP, PROCESSES, MEMORY = 20, 60, 64, 3 * 1024**3
#: Between two looks, in seconds. What computes is never counted as asleep, however busy the machine
#: is.
BETWEEN = 0.25

#: How the sentences begin that say that a process is lost.
NO_END, LOST = "Your code did not come to an end", "Your code stopped answering"


def possible() -> bool:
    """Whether processes can be watched here: on Linux, and in no browser."""
    return hasattr(os, "fork") and sys.platform == "linux" and os.path.exists("/proc/self/stat")


class Process(NamedTuple):
    """What /proc says of a process: its state, ticks of computing, with those of children that it
    has waited for, and bytes of memory.
    """

    pid: int
    state: str
    ticks: int
    memory: int


def processes(top: int) -> list[Process]:
    """All below a process, at this moment."""
    found, children = {}, {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                words = _stat(f"/proc/{name}/stat")
                memory = int(words[21]) * os.sysconf("SC_PAGE_SIZE")
                found[int(name)] = Process(int(name), words[0], sum(map(int, words[11:15])), memory)
                children.setdefault(int(words[1]), []).append(int(name))
    below = list(children.get(top, ()))
    for pid in below:
        below += children.get(pid, ())
    return [found[pid] for pid in below]


def _stat(path: str) -> list[str]:
    """The words of a file of /proc after a process's name, which may hold anything."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def _sleeps(process: Process) -> bool:
    """Whether all threads of a process sleep. One that waits for a disk doesn't."""
    if process.state != "S":
        return process.state in "ZXTt"
    tasks = f"/proc/{process.pid}/task"
    with suppress(OSError, IndexError):
        return all(_stat(f"{tasks}/{task}/stat")[0] in "SZX" for task in os.listdir(tasks))
    return False


class Guard:
    """Looks at all below a keeper, and ends it where that goes on too long.

    keeper  its process.
    ended   a descriptor on which the keeper writes how the submission's process ended.
    will    what that said itself just before, as its last words.
    """

    def __init__(self, keeper: int, ended: int):
        self.keeper, self.ended, self.will = keeper, ended, ""
        self.why = ""
        self._open = True
        self.begins()

    def begins(self) -> None:
        """What comes now has its own budget."""
        self._asleep, self._ticks, self._last = 0, None, monotonic()

    def read(self, source: int) -> bytes:
        """What comes on a descriptor; b"" where nothing will, and `why` says why."""
        while not self.why:
            left = self._last + BETWEEN - monotonic()
            ready = select.select([source], [], [], max(left, 0))[0]
            if left <= 0 and possible():
                self._last = monotonic()
                if too_long := self._too_long(source):
                    self.close()
                    self.why = f"{NO_END}: {too_long}."
                    return b""
            if ready:
                if chunk := os.read(source, 1 << 16):
                    return chunk
                self.lost()
        return b""

    def lost(self, why: str = "") -> None:
        """The process is gone, or what it says makes no sense."""
        if not self.why:
            status = self._status() if not why else None
            self.close()
            self.why = why or self._told(status)

    def _too_long(self, source: int) -> str:
        below = processes(self.keeper)
        ticks = sum(each.ticks for each in below)
        if self._ticks is None or ticks < self._ticks:
            self._ticks = ticks
        if len(below) > PROCESSES:
            return f"it started more than {PROCESSES} processes"
        if sum(each.memory for each in below) > MEMORY:
            return f"it took more than {MEMORY // 1024**3} GiB of memory"
        if ticks - self._ticks > COMPUTING * os.sysconf("SC_CLK_TCK"):
            return f"it computed for more than {COMPUTING} seconds of a processor"
        asleep = bool(below) and all(map(_sleeps, below))
        # Asked after that: what has said something, however late, only waits to be asked again.
        self._asleep += asleep and not select.select([source], [], [], 0)[0]
        if self._asleep > ASLEEP:
            return "it waits for what never comes (a sleep, a lock, an input)"
        return ""

    def _status(self) -> int | None:
        """The exit code of the submission's process; None where nobody knows."""
        # Its end of a pipe closes a moment before it has ended.
        if not select.select([self.ended], [], [], 5)[0]:
            return None
        with suppress(OSError, ValueError):
            return json.loads(os.read(self.ended, 100) or b"{}").get("status")
        return None

    def _told(self, status: int | None) -> str:
        if status == -signal.SIGVTALRM and self.will:
            return f"{NO_END}: {self.will}."
        if status in (-signal.SIGXCPU, -signal.SIGVTALRM):
            return f"{NO_END}: it computed for longer than it may."
        if status is None or status == -signal.SIGKILL:
            return f"{LOST}: its process was killed, by itself or for want of memory."
        if status == 0:
            return f"{LOST}: it ended its own process (os._exit or the like)."
        if status == -signal.SIGSEGV:
            return f"{LOST}: it crashed Python (SIGSEGV): look for calls without an end."
        if status < 0:
            return f"{LOST}: its process ended with {signal.Signals(-status).name}."
        return f"{LOST}: its process ended with code {status}."

    def close(self) -> None:
        """End the keeper, and all below it."""
        if not self._open:
            return
        self._open = False
        with suppress(OSError):
            os.kill(self.keeper, signal.SIGTERM)
        for patience in range(100):
            try:
                if os.waitpid(self.keeper, os.WNOHANG)[0]:
                    break
            except ChildProcessError:
                break
            if patience == 90:  # Somebody stopped it.
                for each in [*(processes(self.keeper) if possible() else ()), None]:
                    with suppress(OSError):
                        os.kill(each.pid if each else self.keeper, signal.SIGKILL)
            sleep(min(0.001 * 2**patience, 0.1))
        os.close(self.ended)
