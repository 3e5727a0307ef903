"""Three stores whose authors call them "CA": consistent and available at once.

Each is broken by a short schedule.
"""

from dslab.node import Reply
from dslab.protocols.primary_backup import Pending, PrimaryBackup
from dslab.protocols.quorum_register import AvailableRegister

__all__ = ["CLAIMS", "FastSpread", "GivesUpOnBackups", "WaitsForAll"]


class FastSpread(AvailableRegister):
    """Answers at once; "a write reaches all copies within 50 ms, so nobody sees an old value"."""


class GivesUpOnBackups(PrimaryBackup):
    """Waits for its backups, and goes on without those that stay silent: "they must be dead". Every
    node answers reads.
    """

    def answer_read(self, client, m):
        self.send(client, Reply(m.id, self.value_of(m.key)))

    def on_Resend(self):
        for number, waiting in self.pending.items():
            self.pending |= {
                number: Pending(waiting.client, waiting.id, waiting.write, frozenset())
            }
            self.answer_if_complete(number)


class WaitsForAll(PrimaryBackup):
    """Answers a write when every copy has it; "a server that runs answers, sooner or later"."""


CLAIMS = {kind.__name__: kind for kind in (FastSpread, GivesUpOnBackups, WaitsForAll)}
