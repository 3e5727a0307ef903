"""Whether a process has ended, told by Linux's /proc."""

import os
from pathlib import Path
from time import sleep

import pytest

linux = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(),
    reason="processes are looked up in /proc: run this on Linux",
)


def gone(process: int | str) -> bool:
    """True where a process has ended, even if nobody has asked for its exit code yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def await_gone(*processes: int | str) -> None:
    """Come back when all have ended: a killed process runs on until the machine comes to it.
    pytest's own limit ends the wait.
    """
    while not all(map(gone, processes)):
        sleep(0.01)


def marked(marker: str) -> list[str]:
    """The processes, but for this one, that have been started with this in their environment."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if marker.encode() in file.read() and name != str(os.getpid()):
                    found.append(name)
        except OSError:
            pass
    return found
