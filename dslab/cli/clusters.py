"""Node classes and values, as words of a shell."""

import sys
from os import getcwd
from typing import Any

from dslab.errors import DslabError, imported

__all__ = ["demand_posix", "node_class", "value"]


def node_class(name: str) -> type:
    """A protocol by its name, or a node class of the reader's own as MODULE:CLASS, from the
    current folder or wherever Python finds modules. Raises DslabError.
    """
    from dslab.node import Node
    from dslab.protocols import protocol

    module, colon, kind = name.partition(":")
    if not colon:
        return protocol(name)
    if not all(part.isidentifier() for part in (*module.split("."), kind)):
        raise DslabError(f"{name!r:.80} is no node class: write MODULE:CLASS.")
    if not {"", getcwd()} & {*sys.path}:  # The script `dslab` doesn't look here by itself.
        sys.path.insert(0, getcwd())
    found = getattr(imported(module), kind, None)
    if not (isinstance(found, type) and issubclass(found, Node)):
        raise DslabError(f"{module} has no node class {kind!r}.")
    return found


def value(word: str) -> Any:
    """A word of the shell as a value: JSON where it is any, and else the text itself."""
    from dslab.values import frozen
    from dslab.wire import loads

    try:
        return frozen(loads(word))
    except DslabError:
        return word


def demand_posix(command: str) -> None:
    """Raise DslabError on Windows."""
    if sys.platform == "win32":
        raise DslabError(f"{command} needs Linux or macOS: on Windows, use WSL.")
