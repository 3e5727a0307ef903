"""Ends servers and removes their data when the process that started them ends, however it ends.

A process that is killed can't clean up, so this runs as one of its own. Its standard input is a
pipe that only its parent writes to; the end of input is the end of the parent, on every system. A
line `+123` names a server's process, `-123` says that it is gone.
"""

import os
import shutil
import signal
import sys
from time import sleep

TRIES = 100


def main(folder: str) -> None:
    """Wait for the end of input; then end the servers that it names, and remove `folder`."""
    running = set()
    for line in sys.stdin:
        (running.add if line.startswith("+") else running.discard)(int(line[1:]))
    for process in running:
        try:
            # Windows has no SIGKILL: SIGTERM is as hard there.
            os.kill(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        except OSError:
            pass  # It ended by itself.
    for _ in range(TRIES):  # A process that is being killed may still write a file.
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            return
        sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1])
