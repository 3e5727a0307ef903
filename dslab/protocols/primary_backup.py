"""Primary-backup: one node orders all writes, the others keep copies.

Alsberg and Day, "A Principle for Resilient Sharing of Distributed Resources", ICSE
1976. The primary here is the first node by name and never changes; `NaiveFailover`
shows what happens when backups promote themselves.

Two forms, which differ in when the primary answers:
- `PrimaryBackup` answers a write when every backup has it, and answers reads
  itself. Linearizable, and one backup that is out of reach stops all writes.
- `AsyncPrimaryBackup` answers at once and lets every node answer reads. Reads are
  always served and may be stale; a write that was acknowledged is gone if the
  primary's disk is lost before the backups have it.
"""

from typing import Any

from dslab.node import Message, Node, Reply, Timer
from dslab.values import Map, Value

__all__ = [
    "Alive",
    "AsyncPrimaryBackup",
    "NaiveFailover",
    "PrimaryBackup",
    "Replicate",
    "Replicated",
    "Resend",
    "Silence",
]

RESEND = 50
SILENCE = (150, 300)


class Replicate(Message):
    """The primary's write number `number`, to be stored unless a later write of
    `key` is there already.
    """

    number: int
    key: Any
    value: Any


class Replicated(Message):
    """The backup has stored write `number`."""

    number: int


class Resend(Timer):
    """Time to repeat what backups have not confirmed."""


class Pending(Value):
    """A write that some backups have not confirmed: the client who waits, the
    write, and who is missing.
    """

    client: str
    id: int
    write: Replicate
    missing: frozenset[str]


class PrimaryBackup(Node):
    """Synchronous replication: a write is answered when all backups have it."""

    name = "primary-backup"

    number: int = 0
    store: Map = Map()  # key → (number of the write, value)
    durable = "number", "store"

    primary: str | None = None
    pending: Map = Map()  # number → Pending

    def on_start(self):
        """The first node by name is the primary."""
        self.primary = min(self.peers + (self.id,))

    def leads(self):
        """Whether this node takes itself for the primary."""
        return self.primary == self.id

    def role_word(self):
        """Who orders the writes is the primary, the others are backups."""
        return "primary" if self.leads() else ""

    def on_Request(self, client, m):
        """read/get or write/put a key."""
        match m.f:
            case "read" | "get":
                self.answer_read(client, m)
            case "write" | "put":
                self.answer_write(client, m)
            case _:
                self.send(client, Reply(m.id, error="not-supported"))

    def answer_read(self, client, m):
        """The primary answers."""
        if self.primary == self.id:
            self.send(client, Reply(m.id, self.value_of(m.key)))
        else:
            self.send(client, Reply(m.id, error="not-leader", leader=self.primary))

    def answer_write(self, client, m):
        """Store a write, send it to all backups, and wait for them."""
        if self.primary != self.id:
            self.send(client, Reply(m.id, error="not-leader", leader=self.primary))
            return
        self.number += 1
        write = Replicate(self.number, m.key, m.value)
        self.keep(write)
        self.broadcast(write)
        self.pending |= {
            self.number: Pending(client, m.id, write, frozenset(self.peers))
        }
        self.set_timer(Resend(), RESEND)
        self.answer_if_complete(self.number)

    def on_Replicate(self, primary, m):
        """A backup stores what the primary wrote, and says so."""
        self.keep(m)
        self.number = max(self.number, m.number)
        self.send(primary, Replicated(m.number))

    def on_Replicated(self, backup, m):
        """Count the backup among those who have the write."""
        if m.number in self.pending:
            waiting = self.pending[m.number]
            self.pending |= {
                m.number: Pending(
                    waiting.client,
                    waiting.id,
                    waiting.write,
                    waiting.missing - {backup},
                )
            }
            self.answer_if_complete(m.number)

    def answer_if_complete(self, number):
        """Answer the client once no backup lacks the write."""
        waiting = self.pending[number]
        if not waiting.missing:
            self.pending = self.pending.without(number)
            self.send(waiting.client, Reply(waiting.id))

    def on_Resend(self):
        """Repeat what backups have not confirmed."""
        for waiting in self.pending.values():
            for backup in sorted(waiting.missing):
                self.send(backup, waiting.write)
        if self.pending:
            self.set_timer(Resend(), RESEND)

    def keep(self, write):
        """Store a write unless a later one of the same key is there: messages
        overtake each other.
        """
        if write.number > self.store.get(write.key, (0, None))[0]:
            self.store |= {write.key: (write.number, write.value)}

    def value_of(self, key):
        """What this node has under `key`; None where there is nothing."""
        return self.store.get(key, (0, None))[1]


class AsyncPrimaryBackup(PrimaryBackup):
    """Asynchronous replication: a write is answered at once, and every node answers
    reads from its own copy.
    """

    name = "async-primary-backup"

    def answer_read(self, client, m):
        """Every node answers from its own copy."""
        self.send(client, Reply(m.id, self.value_of(m.key)))

    def answer_write(self, client, m):
        """The primary answers before any backup has the write."""
        super().answer_write(client, m)
        if self.primary == self.id and self.number in self.pending:
            self.send(client, Reply(m.id))

    def answer_if_complete(self, number):
        """The client has its answer: forget the write."""
        if not self.pending[number].missing:
            self.pending = self.pending.without(number)


class Alive(Message):
    """The primary is there."""


class Silence(Timer):
    """A backup has heard nothing from the primary for too long."""


class NaiveFailover(AsyncPrimaryBackup):
    """Failover without agreement: a backup that hears nothing takes over. A
    partition makes two primaries of it.
    """

    name = "naive-failover"

    def on_start(self):
        """The primary speaks at once, the backups watch it."""
        super().on_start()
        self.on_Resend()
        self.watch()

    def watch(self):
        """Wait for the primary, unless this node is it."""
        if self.primary != self.id:
            self.set_timer(Silence(), *SILENCE)

    def on_Resend(self):
        """Repeat what is missing, and say that the primary is there."""
        super().on_Resend()
        if self.primary == self.id:
            self.broadcast(Alive())
            self.set_timer(Resend(), RESEND)

    def on_Alive(self, primary, m):
        """Follow whoever says that it is the primary."""
        if self.primary != self.id:
            self.primary = primary
            self.watch()

    def on_Silence(self):
        """Take over."""
        self.primary = self.id
        self.on_Resend()
