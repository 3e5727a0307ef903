"""18.3 Spend the same money twice: two withdrawals, and a store that doesn't look."""

from dslab.learn.answers import hunt
from dslab.learn.exercise import Broken

__all__ = ["double_spend", "exercise"]


def double_spend(steps):
    """Raises Broken unless these steps overdraw an account of 100, where every append is taken."""
    seen, balance = {}, 100
    for step in steps:
        match step:
            case ("read" | "append", who, *_) if who not in ("alice", "bob"):
                raise Broken(f"{step!r}: there are alice and bob, and nobody else.")
            case ("read", who):
                seen[who] = balance
            case ("append", who, int(amount)) if amount > 0:
                if who not in seen:
                    raise Broken(
                        f"{who} appends a withdrawal without having read the balance.",
                        expected="a read first",
                        got=repr(step),
                    )
                if amount > seen[who]:
                    raise Broken(
                        f"{who} has read a balance of {seen[who]}, and so withdraws no {amount}.",
                        expected=f"at most {seen[who]}",
                        got=repr(step),
                    )
                balance, seen[who] = balance - amount, seen[who] - amount
            case _:
                raise Broken(
                    f'{step!r:.80} is no step: write ("read", "alice") or ("append", '
                    '"alice", 60), with more than 0.'
                )
    if balance >= 0:
        raise Broken(
            "The account is not overdrawn.", expected="a balance below 0", got=str(balance)
        )


exercise = hunt(
    "double-spend",
    "18.3 Spend the same money twice",
    2,
    [
        (
            "no-version-check",
            "Overdraw an account of 100 in a store without expected versions.",
            4,
            "Both must decide on a balance that the other is about to change.",
            double_spend,
        )
    ],
)
