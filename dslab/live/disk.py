"""A node's durable fields in one file, written before what depends on them leaves the node.

The file is one line: a SHA-256 checksum, and the JSON that it is of. It is written beside the old
one, flushed to the device (fsync), and renamed over it, so a crash at any moment leaves the old
state or the new one. A file that is neither is told, never mended: a server that forgot its
promises would break them. The price of the simple form is that each step that changes a durable
field writes all of them.

The folder is locked while it is in use. Both need POSIX: on Windows, use WSL.
"""

import os
from dataclasses import is_dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any

from dslab.errors import DslabError
from dslab.node import Node
from dslab.wire import decode, encode, line_of, loads, name_of, vocabulary

try:
    import fcntl
except ImportError:  # Windows.
    fcntl = None

__all__ = ["Disk", "DiskFailed"]

STATE, NEW, LOCK = "state.json", "state.json.new", "lock"


class DiskFailed(DslabError):
    """The device didn't take it: nobody knows what is on the disk."""


class Disk:
    """The durable fields of node `id` in `folder`, which is made where it is missing.

    fields  what the folder held when it was opened: {name: value}.

    Raises DslabError where the folder is of another node or protocol, in use, damaged, has lost its
    state, or can't be written.
    """

    def __init__(self, folder: str | Path, node_class: type[Node], id: str):
        if fcntl is None:
            raise DslabError("a node with a data folder needs Linux or macOS: on Windows, use WSL.")
        self.folder, self.owner = Path(folder), {"protocol": node_class.__name__, "node": id}
        self._named, self._known = set(node_class.durable), vocabulary(node_class)
        self._readable: set[type] = set()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = self._locked()
        except OSError as error:
            raise DslabError(
                f"{self.folder} can't be used as a data folder: {error.strerror}."
            ) from None
        self._text = b""  # What the file holds, without its checksum.
        try:
            self.fields = self._read()
            if self.fields is None:  # The first boot: from now on the folder says whose it is.
                self.fields = {}
                self.write({name: node_class.fields[name] for name in node_class.durable})
        except BaseException:
            self.close()
            raise

    def write(self, fields: dict[str, Any]) -> None:
        """Have `fields` on the disk when this returns.

        Nothing is written where they are there already, in the same form: 1 and True are equal.
        Raises DslabError where a field could not be read again, and leaves the disk as it was;
        DiskFailed where it can't be written.
        """
        if self.fields and all(fields[name] is value for name, value in self.fields.items()):
            return
        text = line_of({"owner": self.owner, "fields": self._encoded(fields)}) + b"\n"
        if text != self._text:
            self._replace(text)
        self.fields, self._text = fields, text

    def close(self) -> None:
        """Let others use the folder."""
        self._lock.close()

    def _locked(self):
        self._used_before = (self.folder / LOCK).exists()
        lock = open(self.folder / LOCK, "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise DslabError(
                f"{self.folder} is in use by another process: stop that node first, or "
                "give another folder."
            ) from None
        return lock

    def _read(self) -> dict[str, Any] | None:
        """What the state file holds; None where there never was one."""
        path = self.folder / STATE
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            others = sorted({entry.name for entry in self.folder.iterdir()} - {NEW, LOCK})
            if others:
                raise DslabError(
                    f"{self.folder} holds {others[0]} and no state of a node: give an empty folder."
                ) from None
            # The lock stays when a node ends. Only a first boot that was killed leaves one without
            # a state: the torn one beside it tells, and nothing was promised yet.
            if self._used_before and not (self.folder / NEW).exists():
                raise DslabError(
                    f"{self.folder} was a node's, and its state is gone: put back a copy of "
                    f"{STATE}, or remove this node from the cluster, but don't start it empty, "
                    "since it would break what it has promised; if no node ever ran here, remove "
                    f"{LOCK}."
                ) from None
            return None
        except OSError as error:
            raise DslabError(f"{path} can't be read: {error.strerror}.") from None
        checksum, _, text = content.partition(b" ")
        if not text.endswith(b"\n") or sha256(text).hexdigest().encode() != checksum:
            raise DslabError(
                f"{path} is damaged: its checksum is not that of its content; put back a "
                "copy, or remove this node from the "
                "cluster, but don't start it empty, since it would break what it has promised."
            )
        data, self._text = loads(text), text
        if data["owner"] != self.owner:
            owner, us = data["owner"], self.owner
            raise DslabError(
                f"{self.folder} belongs to node {owner['node']} of {owner['protocol']}, "
                f"not to {us['node']} of {us['protocol']}: "
                "give each node a folder of its own."
            )
        if set(data["fields"]) != self._named:
            raise DslabError(
                f"{path} holds the fields {', '.join(sorted(data['fields']))}, but "
                f"{self.owner['protocol']} now has "
                f"{', '.join(sorted(self._named))}: it was written by another version."
            )
        return {name: decode(value, self._known) for name, value in data["fields"].items()}

    def _encoded(self, fields: dict[str, Any]) -> dict[str, Any]:
        data = {}
        for name, value in fields.items():
            try:
                data[name] = encode(value, self._unreadable)
            except DslabError as error:
                raise DslabError(f"the durable field {name!r}: {error}") from None
        return data

    def _unreadable(self, value: Any) -> None:
        """Raise DslabError for what is of a class that the data couldn't name when it is read."""
        kind = type(value)
        if kind in self._readable:
            return
        if (is_dataclass(kind) or hasattr(kind, "_fields") or issubclass(kind, Enum)) and (
            name_of(kind) not in self._known
        ):
            raise DslabError(
                f"{self.owner['protocol']} doesn't know the class {name_of(kind)}: "
                "import it in the protocol's module."
            )
        self._readable.add(kind)

    def _replace(self, text: bytes) -> None:
        new = self.folder / NEW
        try:
            with open(new, "wb") as file:
                file.write(sha256(text).hexdigest().encode() + b" " + text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self.folder / STATE)
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)  # The new name, too.
            finally:
                os.close(folder)
        except OSError as error:
            raise DiskFailed(f"{self.folder / STATE} can't be written: {error.strerror}.") from None
