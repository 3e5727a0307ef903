"""One file a protocol, each after its paper. They import the node contract and values, and nothing
else.
"""

from importlib import import_module

from dslab.errors import DslabError
from dslab.node import Node

__all__ = ["PROTOCOLS", "protocol"]

#: The names that files and shells know, with where the class stands.
PROTOCOLS = {
    "raft": "raft:Raft",
    "primary-backup": "primary_backup:PrimaryBackup",
    "async-primary-backup": "primary_backup:AsyncPrimaryBackup",
    "naive-failover": "primary_backup:NaiveFailover",
    "quorum-register": "quorum_register:QuorumRegister",
    "available-register": "quorum_register:AvailableRegister",
    "echo": "echo:Echo",
    "unique-ids": "unique_ids:UniqueIds",
    "broadcast": "broadcast:Broadcast",
    "g-set": "g_set:GSet",
    "g-counter": "g_counter:GCounter",
}


def protocol(name: str) -> type[Node]:
    """The node class of this name. Raises DslabError where there is none."""
    if name not in PROTOCOLS:
        raise DslabError(f"there is no protocol {name!r}: choose {', '.join(PROTOCOLS)}.")
    module, _, kind = PROTOCOLS[name].partition(":")
    return getattr(import_module(f"dslab.protocols.{module}"), kind)
