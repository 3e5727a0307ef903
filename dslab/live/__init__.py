"""Real servers on the loopback address: the only folder with sockets and child processes."""

from dslab.live.lab import CapLab, cap_lab
from dslab.live.process import ServerMissing

__all__ = ["CapLab", "ServerMissing", "cap_lab"]
