"""The event bus, in process: a log like Kafka's, and a queue like RabbitMQ's.

A log: a message that is read stays; each group has its own place. In a partition
there is one order, and what fails holds up what follows. One member of a group
reads each partition. After a crash the new reader begins at the group's committed
offset: what was handled since is handled again.

A queue: a message is gone once it is acknowledged. The order is that of the first
delivery: a message that comes back is handled after those that others took
meanwhile. Whoever asks next reads. After a crash the unacknowledged messages come
again.

Both deliver at least once. Nothing here is durable: the event store is, and
chapters put real brokers behind the same names. Sources: Kreps, Narkhede and Rao,
"Kafka: a Distributed Messaging System for Log Processing", NetDB 2011, sections 3.1
and 3.2; AMQP 0-9-1, sections 1.8.3 (basic.ack, basic.reject) and 4.7 (ordering);
RabbitMQ puts a message that comes back to its old place.
"""

from typing import Any, NamedTuple
from zlib import crc32

from dslab.errors import DslabError
from dslab.values import Map

__all__ = ["KEPT", "Delivery", "Group", "Log", "Queue"]

#: So many of a partition's last events are recorded at each step: all of them would
#: make a long run's record grow with its square.
KEPT = 40


class Delivery(NamedTuple):
    """A message in a reader's hands, to `commit`, `ack`, `retry` or `reject`."""

    partition: int
    offset: int
    key: str
    event: Any


class Log:
    """An append-only log in `partitions`. Events of one key are in one partition,
    and so in order.

    recorder  a dslab.run.recorder.Recorder with a lane called `name`, where what
              happens is to be shown.
    """

    def __init__(self, name: str = "log", partitions: int = 1, recorder=None):
        if partitions < 1:
            raise DslabError(
                f"a log of {partitions} partitions can hold nothing: give 1 or "
                "more."
            )
        self.name, self.recorder = name, recorder
        self.partitions: tuple[tuple, ...] = ((),) * partitions

    def publish(self, key: str, event: Any) -> tuple[int, int]:
        """Append `event` to the partition of `key`; returns (partition, offset)."""
        # Python's own hash differs from process to process.
        partition = crc32(key.encode()) % len(self.partitions)
        entry = (key, event)
        self.partitions = tuple(
            events + (entry,) if number == partition else events
            for number, events in enumerate(self.partitions)
        )
        offset = len(self.partitions[partition]) - 1
        before = {
            str(number): len(events) - KEPT
            for number, events in enumerate(self.partitions)
            if len(events) > KEPT
        }
        _tell(
            self,
            f"{self.name} appends {event} of {key} to partition {partition} at "
            f"offset {offset}",
            partitions=Map(
                {
                    str(number): events[-KEPT:]
                    for number, events in enumerate(self.partitions)
                }
            ),
            **({"before": Map(before)} if before else {}),
        )
        return partition, offset


class Group:
    """A consumer group: each partition has one reader and one committed offset.

    limit  after so many failed deliveries an event goes to `dead`, and the
           partition moves on.
    """

    def __init__(
        self,
        log: Log,
        name: str,
        members: tuple[str, ...] = ("1",),
        limit: int = 3,
        recorder=None,
    ):
        self.log, self.name, self.limit, self.recorder = log, name, limit, recorder
        #: Committed: the next to be read, by partition.
        self.offsets = dict.fromkeys(range(len(log.partitions)), 0)
        #: Where each partition's reader stands.
        self.place = dict(self.offsets)
        self.retries: dict[tuple[int, int], int] = {}
        self.dead: tuple[tuple[str, Any], ...] = ()
        self._assign(members)

    def rebalance(self, *members: str) -> None:
        """From now on these members read.

        Each begins at the committed offsets, so what is in hand is read again.
        """
        self._assign(members)
        self.place = dict(self.offsets)
        self._show(f"{self.name} is rebalanced over {', '.join(members)}")

    def poll(self, member: str) -> Delivery | None:
        """The next event of the member's partitions, or None."""
        if member not in self.assigned:
            raise DslabError(
                f"{member!r} is no member of group {self.name}: it has "
                f"{', '.join(self.assigned)}."
            )
        for partition in self.assigned[member]:
            events, offset = self.log.partitions[partition], self.place[partition]
            if offset < len(events):
                self.place[partition] = offset + 1
                key, event = events[offset]
                self._show(f"{self.name}'s reader {member} takes {event} of {key}")
                return Delivery(partition, offset, key, event)
        return None

    def commit(self, delivery: Delivery) -> None:
        """Everything up to this delivery is done: nobody reads it again."""
        self.offsets[delivery.partition] = max(
            self.offsets[delivery.partition], delivery.offset + 1
        )
        self.retries.pop(delivery[:2], None)
        self._show(
            f"{self.name} commits offset {delivery.offset + 1} of partition "
            f"{delivery.partition}"
        )

    def retry(self, delivery: Delivery) -> bool:
        """The handler failed: it comes again, or is put aside after `limit` times.

        Returns whether it will be read again.
        """
        self.retries[delivery[:2]] = tries = self.retries.get(delivery[:2], 0) + 1
        if tries >= self.limit:
            self.dead += ((delivery.key, delivery.event),)
            self._show(
                f"{self.name} puts {delivery.event} of {delivery.key} aside after "
                f"{tries} tries"
            )
            self.commit(delivery)
            return False
        # A log has one order: what comes after it waits.
        self.place[delivery.partition] = delivery.offset
        self._show(
            f"{self.name} fails on {delivery.event} of {delivery.key}, try {tries}"
        )
        return True

    @property
    def lag(self) -> int:
        """How many events of the log the group has not committed."""
        return sum(
            len(events) - self.offsets[number]
            for number, events in enumerate(self.log.partitions)
        )

    def _assign(self, members: tuple[str, ...]) -> None:
        if not members or len(set(members)) < len(members):
            raise DslabError(
                f"a group needs one member or more, each once, and got {members}."
            )
        self.assigned = {
            member: tuple(range(place, len(self.log.partitions), len(members)))
            for place, member in enumerate(members)
        }

    def _show(self, sentence: str) -> None:
        _tell(
            self,
            sentence,
            log=self.log.name,
            offsets=Map({str(key): value for key, value in self.offsets.items()}),
            reading=Map(
                {
                    str(partition): self.place[partition]
                    for partition in self.place
                    if self.place[partition] > self.offsets[partition]
                }
            ),
            readers=Map(
                {
                    str(partition): member
                    for member, partitions in self.assigned.items()
                    for partition in partitions
                }
            ),
            retries=Map(
                {
                    f"{partition}/{offset}": tries
                    for (partition, offset), tries in self.retries.items()
                }
            ),
            dead=self.dead,
        )


class Queue:
    """A queue that hands out its messages one by one; acknowledged, they are gone.

    limit  after so many rejected deliveries a message goes to `dead`.
    """

    def __init__(self, name: str = "queue", limit: int = 3, recorder=None):
        self.name, self.limit, self.recorder = name, limit, recorder
        self.waiting: tuple[tuple, ...] = ()
        self.unacknowledged: dict[int, tuple] = {}
        self.dead: tuple[tuple[str, Any], ...] = ()
        self._published, self._tries = 0, {}

    def publish(self, key: str, event: Any) -> int:
        """Put `event` at the end; returns its number."""
        self.waiting += ((self._published, key, event),)
        self._published += 1
        self._show(f"{self.name} takes in {event} of {key}")
        return self._published - 1

    def get(self) -> Delivery | None:
        """Hand out the first message, or None where none waits.

        Nobody else gets it until it is rejected.
        """
        if not self.waiting:
            return None
        (number, key, event), *rest = self.waiting
        self.waiting, self.unacknowledged[number] = (
            tuple(rest),
            (number, key, event),
        )
        self._show(f"{self.name} hands out {event} of {key}")
        return Delivery(0, number, key, event)

    def ack(self, delivery: Delivery) -> None:
        """It is done, and gone."""
        self._held(delivery)
        self._show(f"{delivery.event} of {delivery.key} is acknowledged")

    def reject(self, delivery: Delivery, requeue: bool = True) -> bool:
        """The handler failed: back to its old place, or aside after `limit` times.

        Returns whether it comes again.
        """
        message = self._held(delivery)
        self._tries[delivery.offset] = tries = (
            self._tries.get(delivery.offset, 0) + 1
        )
        if requeue and tries < self.limit:
            self.waiting = tuple(
                sorted((*self.waiting, message), key=lambda each: each[0])
            )
            self._show(
                f"{delivery.event} of {delivery.key} goes back to its place in "
                f"{self.name}, try {tries}"
            )
            return True
        self.dead += ((delivery.key, delivery.event),)
        self._show(f"{self.name} puts {delivery.event} of {delivery.key} aside")
        return False

    def _held(self, delivery: Delivery) -> tuple:
        if delivery.offset not in self.unacknowledged:
            raise DslabError(
                f"{delivery.event} of {delivery.key} is not in anybody's hands: it "
                "was acknowledged or rejected before."
            )
        return self.unacknowledged.pop(delivery.offset)

    def _show(self, sentence: str) -> None:
        _tell(
            self,
            sentence,
            queue=tuple((key, event) for _, key, event in self.waiting),
            unacknowledged=tuple(
                (key, event) for _, key, event in self.unacknowledged.values()
            ),
            dead=self.dead,
        )


def _tell(part, sentence: str, **fields) -> None:
    if part.recorder is not None:
        part.recorder.act(part.name, sentence, **fields)
