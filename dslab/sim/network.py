"""Links between nodes: how long a message takes, whether it arrives and as what; cuts."""

from random import Random

from dslab.errors import DslabError
from dslab.sim.clock import Clock

__all__ = ["Network"]


class Network:
    """Directed links with a delay range, and a share of messages that fare worse.

    delay      (low, high) in milliseconds; each message draws its own, so messages overtake each
               other.
    loss       the share of messages that vanish, 0 to 1.
    duplicate  the share that arrive twice.
    reorder    the share that are held back for up to `window` milliseconds, so that later ones
               overtake them.
    corrupt    the share of which one field is altered on the way. With `checksums` the receiver
               notices and throws the message away; without, it handles what arrived.
    """

    def __init__(
        self, clock: Clock, random: Random, delay=(1, 10), loss: float = 0.0, duplicate: float = 0.0
    ):
        self.chance = random
        self._random = random.random
        self._post = clock.post
        self.slowed: dict[tuple[str, str], tuple[int, int]] = {}
        self._usual = delay_range(delay)
        self.down: set[tuple[str, str]] = set()
        self.disturb(loss, duplicate)

    def disturb(
        self,
        loss: float = 0.0,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        window: float = 50.0,
        corrupt: float = 0.0,
        checksums: bool = True,
    ) -> None:
        """From now on, do these to these shares of the messages, and nothing else."""
        shares = (
            share("loss", loss),
            share("duplicate", duplicate),
            share("reorder", reorder),
            share("corrupt", corrupt),
        )
        _, self._held = delay_range((0, window))
        self.loss, self.duplicate, self.reorder, self.corrupt = shares
        self.window, self.checksums = window, checksums
        self._note()

    def cut(self, pairs) -> None:
        """Take directed links down."""
        self.down |= pairs
        self._note()

    def heal(self) -> None:
        """Put all links up."""
        self.down.clear()
        self._note()

    def _note(self) -> None:
        #: Nothing is cut and no share is above 0 at the moment; kept, since every message asks.
        self.reliable = not (
            self.down or self.loss or self.duplicate or self.reorder or self.corrupt
        )

    def slow(self, pairs, delay) -> None:
        """Give the directed links in `pairs` a delay range of their own, or with None the usual."""
        for pair in pairs:
            if delay is None:
                self.slowed.pop(pair, None)
            else:
                self.slowed[pair] = delay_range(delay)

    def carry(self, now: int, sender: str, receiver: str, message, number: int) -> None:
        """Have a message that leaves `now` (µs) delivered when its link has taken its time."""
        low, span = self.slowed.get((sender, receiver), self._usual) if self.slowed else self._usual
        self._post(now + low + int(self._random() * span), sender, receiver, message, number)

    def takes(self, sender: str, receiver: str, random=None) -> int:
        """How long one message takes on this link, µs."""
        low, span = self.slowed.get((sender, receiver), self._usual)
        return low + int((random or self._random)() * span)

    def held_back(self) -> int:
        """How long a message is held back before it leaves, µs: 0 for most."""
        return (
            int(self._random() * self._held)
            if self.reorder and self._random() < self.reorder
            else 0
        )

    def corrupts(self) -> bool:
        """Whether a message is altered on its way."""
        return bool(self.corrupt) and self._random() < self.corrupt

    def copies(self) -> int:
        """How many copies of a message are on their way: 0 if it is lost, 2 if duplicated."""
        if self.loss and self._random() < self.loss:
            return 0
        return 2 if self.duplicate and self._random() < self.duplicate else 1


def delay_range(delay) -> tuple[int, int]:
    """(low, high) in ms, or one number for both, as (low, how many choices) in µs."""
    try:
        low, high = delay if isinstance(delay, (tuple, list)) else (delay, delay)
        low, high = round(low * 1000), round(high * 1000)
    except (TypeError, ValueError, OverflowError):
        raise DslabError(
            f"{delay!r} is no delay: give (low, high) in milliseconds, such as (1, 10)."
        ) from None
    if not 0 <= low <= high:
        raise DslabError(
            f"{delay!r} is no delay: low and high must be 0 or more, and low at most high."
        )
    return low, high - low + 1


def share(name: str, value: float) -> float:
    """`value` where it lies between 0 and 1."""
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise DslabError(f"{name}={value!r} is no share: it must be between 0 and 1.")
    return value
