"""The keeper of a submission's process: what it starts ends with it.

Three processes stand in a row: who grades, a keeper, and below it the submission's. The keeper
writes down how that one ended, and leaves nothing alive. Where Linux lets it, it gives what is
below it process numbers of its own (a PID namespace), so that it can neither reach nor outlive
anything; elsewhere it adopts what loses its parent (a subreaper) and ends it one by one.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from dslab.learn.guarding import processes

__all__ = ["limit", "supervise"]

#: Bytes of memory of one process, bytes of a file, seconds of all computing: what a process keeps
#: by itself. No verdict on code that comes to its end depends on them.
MEMORY, FILE, COMPUTING = 1024**3, 256 * 1024**2, 600

_UNSHARE = {"user": 0x10000000, "pid": 0x20000000, "network": 0x40000000, "ipc": 0x08000000}
_DEATH_SIGNAL, _SUBREAPER = 1, 36


def supervise(child: Callable[[], None], ended: int, *, network: bool, own: bool = True) -> None:
    """Be the keeper of a process that runs `child()`. Never returns in this one.

    ended    the descriptor on which to write how it ended.
    network  whether it may use one.
    own      whether to try for process numbers of its own.
    """
    os.setsid()
    _on_death_of_parent(signal.SIGTERM)
    inside = own and _namespaces(network)
    if inside and (first := os.fork()):
        signal.signal(signal.SIGTERM, lambda *_: (os.kill(first, signal.SIGKILL), os._exit(1)))
        _wait_for(first)
        os._exit(0)
    if inside:
        _on_death_of_parent(signal.SIGKILL)
    else:
        _prctl(_SUBREAPER, 1)
        signal.signal(signal.SIGTERM, lambda *_: (_end_all(), os._exit(1)))
    pid = os.fork()
    if not pid:
        with suppress(OSError, ValueError):
            os.close(ended)
        for each in (signal.SIGTERM, signal.SIGXCPU, signal.SIGVTALRM, signal.SIGCHLD):
            signal.signal(each, signal.SIG_DFL)
        child()
        os._exit(0)
    status = _wait_for(pid)
    with suppress(OSError):
        os.write(ended, json.dumps({"status": os.waitstatus_to_exitcode(status)}).encode())
    if not inside:
        _end_all()
    os._exit(0)  # What has process numbers of its own ends with their first.


def _wait_for(pid: int) -> int:
    while True:
        with suppress(InterruptedError):
            found, status = os.waitpid(-1, 0)
            if found == pid:
                return status


def _namespaces(network: bool) -> bool:
    """Whether what is started from now on has process numbers of its own, and no network."""
    uid, gid = os.getuid(), os.getgid()
    names = ["user", "pid", "ipc"] + ([] if network else ["network"])
    if not _libc() or _libc().unshare(sum(_UNSHARE[name] for name in names)):
        return False
    with suppress(OSError):
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    return True


def _libc():
    try:
        import ctypes

        return ctypes.CDLL(None)
    except (ImportError, OSError):
        return None


def _prctl(what: int, value: int) -> None:
    if sys.platform == "linux" and _libc():
        _libc().prctl(what, value, 0, 0, 0)


def _on_death_of_parent(number: int) -> None:
    _prctl(_DEATH_SIGNAL, number)


def _end_all() -> None:
    """End everything below this process. What is started meanwhile comes to it, and ends too."""
    while below := [each.pid for each in processes(os.getpid()) if each.state != "Z"]:
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in below:
                with suppress(OSError):
                    os.kill(pid, number)
        with suppress(OSError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def limit() -> None:
    """Set the limits that a process keeps by itself."""
    import resource

    for what, most in (
        (resource.RLIMIT_CPU, COMPUTING),
        (resource.RLIMIT_AS, _taken() + MEMORY),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(OSError, ValueError):
            # At the lower limit on time comes a signal that says so, at the higher one SIGKILL. A
            # lower one may be set already, or the system has none of this kind.
            resource.setrlimit(what, (most, most + (what == resource.RLIMIT_CPU)))


def _taken() -> int:
    """The bytes of addresses that this process has already: that of a notebook has many."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
