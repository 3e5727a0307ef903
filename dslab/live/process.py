"""Child processes: servers that start on free ports, keep their data in a temporary folder, and die with their parent."""

import ctypes
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from dslab.errors import DslabError

__all__ = ["Child", "ServerMissing", "free_ports", "program"]


class ServerMissing(DslabError):
    """The server is not installed; the sentence says how to install it."""


def program(name: str, package: str) -> str:
    """The path of a server's program. Raises ServerMissing."""
    found = shutil.which(name)
    if found is None:
        raise ServerMissing(f"{name} is not installed here: run `sudo apt-get install {package}`, or use the recorded run (DSLAB_LAB=recorded).")
    return found


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Child:
    """A server process. What it prints goes to `log`, whose end is shown when it fails."""

    def __init__(self, name: str, command: list[str], log: Path):
        self.name, self.log = name, log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            preexec_fn=_die_with_parent if sys.platform == "linux" else None)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def check(self) -> None:
        """Raise DslabError where the process has ended by itself."""
        if not self.running:
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:] or ["it printed nothing"]
            raise DslabError(f"{self.name} ended with code {self.process.returncode}: {last[0][:300]}")

    def kill(self) -> None:
        """End it at once, as kill -9 does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it, gently first."""
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.kill()


def _die_with_parent() -> None:
    """Ask Linux to kill this process when the one that started it ends, however it ends (prctl's PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
