"""Child processes: servers on free ports, with temporary data, that die with their parent."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path

from dslab.errors import DslabError

__all__ = ["Child", "ServerMissing", "Servers", "free_ports", "program"]

REAPER = Path(__file__).with_name("reaper.py")


class ServerMissing(DslabError):
    """The server is not installed; the sentence says how to install it."""


def program(name: str, package: str) -> str:
    """The path of a server's program. Raises ServerMissing."""
    if sys.platform == "emscripten":
        raise ServerMissing(
            f"a page can't start {name}: run this on your own machine, or use the "
            "recorded run (DSLAB_LAB=recorded)."
        )
    found = shutil.which(name)
    if found is None:
        raise ServerMissing(
            f"{name} is not installed here: run `sudo apt-get install {package}`, or use "
            "the recorded run (DSLAB_LAB=recorded)."
        )
    return found


#: Below what systems give to whoever calls out: a port from there may be taken while its server is
#: down, even by a peer that looks for the server and is then connected to itself. Each process
#: begins at another place.
PORTS = range(10_000, 32_000)
_next_port = count(os.getpid() * 101)


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on, all different.

    Somebody may take one before you do: be ready to ask again.
    """
    found = []
    while len(found) < number:
        port = PORTS[next(_next_port) % len(PORTS)]
        with socket.socket() as one:
            if os.name == "posix":
                # As servers do: what only lingers is free.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found


class Servers:
    """Child processes around one temporary `folder`.

    After `close`, or when this process ends, all of it is gone.
    """

    def __init__(self, name: str):
        self.folder = Path(tempfile.mkdtemp(prefix=f"dslab-{name}-"))
        # Sessions of their own: an interrupt from the keyboard or a notebook is for this process,
        # not for the servers.
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", str(REAPER), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._children: set[Child] = set()

    def start(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str] | None = None,
        *,
        pipes: bool = False,
    ) -> "Child":
        """Start a server; what it prints goes to NAME.log in the folder.

        pipes  its input and output are `process.stdin` and `process.stdout`, and only its errors
               go to the log.
        """
        child = Child(name, command, self.folder / f"{name}.log", environment, self._gone, pipes)
        self._children.add(child)
        self._tell(f"+{child.process.pid}")
        return child

    def close(self) -> None:
        """Kill all servers and remove the folder. May be called twice."""
        for child in tuple(self._children):
            child.kill()
        self._reaper.stdin.close()
        self._reaper.wait()  # It removes the folder.

    def _gone(self, child: "Child") -> None:
        if child in self._children:
            self._children.discard(child)
            self._tell(f"-{child.process.pid}")

    def _tell(self, line: str) -> None:
        self._reaper.stdin.write(f"{line}\n".encode())
        self._reaper.stdin.flush()


class Child:
    """A server process. What it prints goes to `log`, whose end is told when it fails."""

    def __init__(
        self,
        name: str,
        command: list[str],
        log: Path,
        environment: dict[str, str] | None,
        gone,
        pipes: bool = False,
    ):
        self.name, self.log, self._gone = name, log, gone
        self._from = log.stat().st_size if log.exists() else 0
        with open(log, "ab") as output:
            ends = (subprocess.PIPE, subprocess.PIPE) if pipes else (subprocess.DEVNULL, output)
            self.process = subprocess.Popen(
                command,
                stdin=ends[0],
                stdout=ends[1],
                stderr=output,
                bufsize=0,
                env=os.environ if environment is None else environment,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    @property
    def port_taken(self) -> bool:
        """Whether it ended because somebody else listens on its port."""
        return not self.running and "address already in use" in self.said()

    def said(self) -> str:
        """What this process printed so far."""
        with open(self.log, "rb") as log:
            log.seek(self._from)
            return log.read().decode(errors="replace")

    def last_words(self) -> str:
        """For an error's sentence: the last line it printed, or why a Go program panicked."""
        lines = self.said().strip().splitlines() or ["it printed nothing"]
        return ([line for line in lines if line.startswith("panic: ")] or lines)[-1][:300]

    def check(self) -> None:
        """Raise DslabError where the process has ended by itself."""
        if not self.running:
            raise DslabError(
                f"{self.name} ended with code {self.process.returncode}: {self.last_words()}"
            )

    def kill(self) -> None:
        """End it at once, as kill -9 does."""
        self.process.kill()
        self.process.wait()
        self._gone(self)
