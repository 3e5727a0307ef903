"""**Stream scrubber.** Use it where state is folded from events: choose an event, or a place on the chart of a number, and see the state as
of that moment beside the one before it; or pin a moment and compare it with any other."""

from dslab.events import EventStore, handle
from dslab.events.bank import ACCOUNT, Deposit, Open, Withdraw
from dslab.show import play, stream

store = EventStore(":memory:")
for command in (Open("Ann"), Deposit(10_000), Withdraw(3_000), Deposit(500),
                Withdraw(7_400)):
    handle(store, "account-1", ACCOUNT, command)

play(stream(store.read("account-1"), ACCOUNT, title="One account, event by event"),
     "stream", at=3)
