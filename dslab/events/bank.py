"""The book's running domain: accounts, decided and folded.

Amounts are whole cents.
"""

from dslab.errors import DslabError
from dslab.events.aggregate import Decider
from dslab.events.contract import NewEvent
from dslab.values import Value

__all__ = ["ACCOUNT", "Account", "Deposit", "Open", "Refused", "Withdraw"]


class Refused(DslabError):
    """The account refuses a command, and says why."""


class Open(Value):
    """Open the account for `owner`."""

    owner: str


class Deposit(Value):
    """Pay in `amount` cents."""

    amount: int


class Withdraw(Value):
    """Pay out `amount` cents."""

    amount: int


class Account(Value):
    """What the bank must know of an account to decide."""

    owner: str | None = None
    balance: int = 0


def decide(command, account: Account) -> list[NewEvent]:
    """The events that a command causes. Raises Refused."""
    match command:
        case Open(owner):
            if account.owner is not None:
                raise Refused(f"the account is open already, for {account.owner}.")
            return [NewEvent("AccountOpened", {"owner": owner})]
        case _ if account.owner is None:
            raise Refused("there is no such account.")
        case Deposit(amount) | Withdraw(amount) if type(amount) is not int:
            raise Refused(f"{amount!r} is no amount: give whole cents.")
        case Deposit(amount) if amount > 0:
            return [NewEvent("MoneyDeposited", {"amount": amount})]
        case Withdraw(amount) if 0 < amount <= account.balance:
            return [NewEvent("MoneyWithdrawn", {"amount": amount})]
        case Withdraw(amount) if amount > account.balance:
            raise Refused(
                f"{amount} is more than the balance of {account.balance}."
            )
    raise Refused(
        f"{command!r} is no command for an account: amounts are more than 0."
    )


def evolve(account: Account, event) -> Account:
    """The account after an event.

    What has happened has happened: nothing is refused here.
    """
    match event.type:
        case "AccountOpened":
            return Account(event.data["owner"], 0)
        case "MoneyDeposited":
            return Account(account.owner, account.balance + event.data["amount"])
        case "MoneyWithdrawn":
            return Account(account.owner, account.balance - event.data["amount"])
    return account


ACCOUNT = Decider(Account(), decide, evolve)
