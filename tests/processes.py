"""Whether a process has ended, told by Linux's /proc."""

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
