"""What Python does elsewhere and can't do in a page. Each refusal is a sentence that says so, and
what to do instead.

A name that such a cell would have made is kept in mind, so that the cells after it are told the
same instead of a riddle.
"""

import builtins
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["ABSENT", "NotHere", "forbid"]


class NotHere(RuntimeError):
    """A page can't do this."""


PROCESSES = "A page can't start other processes: run this cell in JupyterLab on your own machine."
NETWORK = "A page can't open network connections: run this cell in JupyterLab on your own machine."
THREADS = (
    "A page's Python has one thread: run this cell in JupyterLab on your own machine, or use await."
)
ASKING = "input() has nobody to ask in a page: write the value into the cell instead."

#: Packages that have no build for the browser here. Importing one works, so that the rest of the
#: cell does; using it is refused.
ABSENT = {
    "matplotlib": "Matplotlib can't be had in a page: the picture is the "
    "book's own. Run this cell in "
    "JupyterLab on your own machine.",
    "requests": NETWORK,
    "multiprocessing": PROCESSES,
    "distributed": PROCESSES,
}


class Missing:
    """Stands for anything in a package that isn't there."""

    def __init__(self, why: str):
        self._why = why

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(self._why)

    def _refuse(self, *_, **__):
        raise NotHere(self._why)

    __call__ = __iter__ = __getitem__ = __enter__ = __len__ = __contains__ = _refuse

    def __mro_entries__(self, bases):  # As a base class.
        raise NotHere(self._why)


class _Finder:
    """Finds the packages of ABSENT, and modules in them, as modules full of `Missing`."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            return ModuleSpec(name, _Finder, is_package=True)
        return None

    @staticmethod
    def create_module(spec):
        why = ABSENT[spec.name.partition(".")[0]]
        module = ModuleType(spec.name)

        def missing(name):
            if name.startswith("__"):
                raise AttributeError(name)
            return Missing(why)

        module.__getattr__ = missing
        return module

    @staticmethod
    def exec_module(module):
        pass


def _refusal(why: str):
    def refuse(*_, **__):
        raise NotHere(why)

    return refuse


def forbid() -> None:
    """Put the refusals in the place of what would fail in stranger ways."""
    import os
    import socket
    import subprocess
    import threading

    builtins.input = _refusal(ASKING)
    subprocess.Popen.__init__ = _refusal(PROCESSES)
    threading.Thread.start = _refusal(THREADS)
    for name in ("system", "popen", "fork", "execv", "execve", "posix_spawn"):
        setattr(os, name, _refusal(PROCESSES))
    for name in ("bind", "connect", "connect_ex", "listen", "accept"):
        setattr(socket.socket, name, _refusal(NETWORK))
    socket.create_connection = socket.create_server = socket.getaddrinfo = _refusal(NETWORK)
    sys.meta_path.insert(0, _Finder)
