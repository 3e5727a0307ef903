"""Bubblewrap around a submission, where it is installed: it sees Python, this package and its own
folder, may write there alone, and has neither a network nor the teacher's environment.

https://github.com/containers/bubblewrap
"""

import os
import shutil
import site
import subprocess
import sys
from functools import cache
from pathlib import Path

import dslab

__all__ = ["MISSING", "environment", "sandbox", "wrapped"]

MISSING = (
    "Submissions run with your rights here, for bubblewrap (bwrap) is not installed or not allowed "
    "on this machine: install it, or give --trust to run them all the same."
)
PACKAGE = Path(dslab.__file__).parent
#: What a system's programs are made of.
SYSTEM = "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc"
#: Variables that a submission may see.
KEPT = "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH"


@cache
def sandbox() -> str | None:
    """The path of bubblewrap, where it is and works."""
    if not (found := shutil.which("bwrap")):
        return None
    try:
        done = subprocess.run(
            wrapped(found, [sys.executable, "-c", ""], Path("/tmp")),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found if done.returncode == 0 else None


def wrapped(bwrap: str, command: list[str], place: Path, top: Path | None = None) -> list[str]:
    """The command that runs `command` in the folder `place` and sees nothing else of anybody's but
    what lies below `top`.
    """
    top = top or place
    read = [["--ro-bind-try", each, each] for each in dict.fromkeys([*SYSTEM, *_python()])]
    return [
        bwrap,
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
        *(word for words in read for word in words),
        *("--bind", str(top), str(top)),
        *("--remount-ro", "/"),
        *("--chdir", str(place)),
        "--",
        *command,
    ]


def _python() -> list[str]:
    """Where this Python is, its packages, and this one."""
    folders = [sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.realpath(sys.executable)]
    folders += [*site.getsitepackages(), site.getusersitepackages(), str(PACKAGE)]
    return [each for each in folders if os.path.exists(each)]


def environment(place: Path) -> dict[str, str]:
    """The variables of a submission's process."""
    packages = [path for path in sys.path if "site-packages" in path or "dist-packages" in path]
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {
        "PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), *packages]),
        "HOME": str(place),
        "TMPDIR": str(place),
        "MPLBACKEND": "agg",
        "DSLAB_LAB": "recorded",
    }
