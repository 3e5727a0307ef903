"""18.3 Spend the same money twice: two withdrawals, and a store that doesn't look."""

from dslab.learn.answers import Sight, Target, hunt
from dslab.learn.exercise import Broken

__all__ = ["double_spend", "exercise"]


def withdrawals(expects):
    """What steps do to an account of 100: the Sight of them, where a store `expects` the version
    that the writer has read, and where it takes every append.
    """

    def run(steps):
        seen, balance, version = {}, 100, 0
        for step in steps:
            match step:
                case ("read" | "append", who, *_) if who not in ("alice", "bob"):
                    raise Broken(f"{step!r:.80}: there are alice and bob, and nobody else.")
                case ("read", who):
                    seen[who] = balance, version
                case ("append", who, int(amount)) if amount > 0:
                    known, read = _known(seen, step)
                    if not expects or read == version:
                        balance, version = balance - amount, version + 1
                        seen[who] = known - amount, version
                case _:
                    raise Broken(
                        f'{step!r:.80} is no step: write ("read", "alice") or ("append", '
                        '"alice", 60), with more than 0.'
                    )
        overdrawn = {"overdrawn": f"The account is overdrawn: {balance}."} if balance < 0 else {}
        miss = Broken(
            "The account is not overdrawn.", expected="a balance below 0", got=str(balance)
        )
        return Sight(overdrawn, miss)

    return run


def _known(seen, step):
    """The balance and version that a writer has read. Raises Broken for an append that nobody who
    looks at the balance makes.
    """
    _, who, amount = step
    if who not in seen:
        raise Broken(
            f"{who} appends a withdrawal without having read the balance.",
            expected="a read first",
            got=repr(step),
        )
    if amount > seen[who][0]:
        raise Broken(
            f"{who} has read a balance of {seen[who][0]}, and so withdraws no {amount}.",
            expected=f"at most {seen[who][0]}",
            got=repr(step),
        )
    return seen[who]


target = Target(
    "no-version-check",
    "Overdraw an account of 100 in a store without expected versions.",
    4,
    "Both must decide on a balance that the other is about to change.",
    withdrawals(expects=False),
    withdrawals(expects=True),
    "in a store with expected versions",
)
#: Raises Broken unless these steps overdraw an account of 100, where every append is taken.
double_spend = target.judge

exercise = hunt("double-spend", "18.3 Spend the same money twice", 2, [target])
