"""What the transactions of a history did: who wrote what, and what each read saw.

Keys are lists or registers. A list grows by "append" and a read returns all of it, so that reads
tell the order of its appends ("traceable", Elle's section 4.1.6); a register is replaced by "w".
No value is written twice to a key, so each value names its writer ("recoverable", section 4.2.3).
Both begin empty: None, or () for a list.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.run.history import History, Operation
from dslab.values import show

__all__ = ["Key", "Read", "Reading", "Transaction"]

WRITES = {"append": "list", "w": "register"}
FORM = (
    'transactions() takes operations "txn" of steps ["append", key, value] for lists, ["w", key, '
    'value] for registers and ["r", key, null]; what a read saw comes back in its place'
)


class Transaction:
    """One transaction: its operation, its steps, and its number among all of the history."""

    __slots__ = ("number", "op", "last")

    def __init__(self, number: int, op: Operation):
        self.number, self.op = number, op
        #: By key, the last value that it writes there.
        self.last: dict[Any, Any] = {}

    @property
    def steps(self) -> tuple:
        """What it did; reads without what they saw where no answer came."""
        return self.op.result if self.op.outcome == "ok" else self.op.value

    def __str__(self):
        return f"“{self.op}”"


class Read(NamedTuple):
    """A read: its transaction, the place of its step, and what it saw."""

    by: Transaction
    step: int
    seen: Any

    @property
    def where(self) -> str:
        """The step in words, such as "in step 2"."""
        return f"in step {self.step + 1}"


@dataclass(eq=False)
class Key:
    """A list or register: who wrote each value, and who read it.

    written  value → (transaction, step).
    reads    all reads of answered transactions.
    """

    name: Any
    kind: str = ""
    written: dict[Any, tuple[Transaction, int]] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)

    def writer(self, value) -> Transaction:
        """Who wrote a value."""
        return self.written[value][0]

    def __str__(self):
        return show(self.name)


class Reading:
    """The transactions and keys of a history.

    Raises DslabError, with the line, where a transaction is malformed.
    """

    def __init__(self, history: History):
        self.lines = history.lines
        self.all = [Transaction(number, op) for number, op in enumerate(history.operations)]
        self.keys: dict[Any, Key] = {}
        for one in self.all:
            self._demand(one.op)
            for place, (f, name, value) in enumerate(one.op.value):
                key = self.keys.setdefault(name, Key(name))
                if f != "r":
                    self._write(one, place, f, key, value)
        for one in self.all:
            if one.op.outcome == "ok":
                for place, (f, name, value) in enumerate(one.op.result):
                    if f == "r":
                        self._read(one, place, self.keys[name], value)

    def _line(self, one) -> str:
        return f"line {self.lines[one.op.invoked]}"

    def _write(self, one, place, f, key, value):
        if key.kind not in ("", WRITES[f]):
            raise DslabError(
                f"{self._line(one)}: {one} uses {key} as a {WRITES[f]}, but others as a "
                f"{key.kind}: a key is one or the other."
            )
        key.kind = WRITES[f]
        if f == "w" and value is None:
            raise DslabError(
                f"{self._line(one)}: {one} writes null to {key}, which is its initial "
                "value: write values that tell who wrote them."
            )
        if value in key.written:
            first = key.writer(value)
            raise DslabError(
                f"{self._line(one)}: {show(value)} is "
                f"{'appended' if f == 'append' else 'written'} to {key} twice, by "
                + (f"{one}" if first is one else f"{first} and {one}")
                + ": give every value once."
            )
        key.written[value] = one, place
        one.last[key.name] = value

    def _read(self, one, place, key, value):
        if key.kind == "list":
            if not isinstance(value, tuple | None):
                raise DslabError(
                    f"{self._line(one)}: {one} reads the list {key} as {show(value)}: what "
                    "a read of a list returns is a list, or null."
                )
            value = value or ()
        elif key.kind == "" and value == ():  # Nobody writes it, so nothing tells what it is.
            value = None
        key.reads.append(Read(one, place, value))

    def _demand(self, op: Operation) -> None:
        """Raise DslabError where an operation is no transaction."""
        line = f"line {self.lines[op.invoked]}: {op.who}"
        if op.f != "txn":
            raise DslabError(f"{line} calls {op.f}; {FORM}.")
        for steps, word in ((op.value, "calls"), (op.result, "is answered")):
            if word == "is answered" and op.outcome != "ok":
                break
            if not isinstance(steps, tuple):
                raise DslabError(
                    f"{line} {word} txn with {steps!r:.100}, no list of steps; {FORM}."
                )
            for number, step in enumerate(steps, 1):
                if not (isinstance(step, tuple) and len(step) == 3 and step[0] in (*WRITES, "r")):
                    raise DslabError(
                        f"{line} {word} txn with {step!r:.100} as step {number}; {FORM}."
                    )
        if op.outcome == "ok" and len(op.value) != len(op.result):
            raise DslabError(
                f"{line} called txn with {len(op.value)} steps, but {len(op.result)} came back."
            )
        for number, (asked, got) in enumerate(zip(op.value, op.result or ()), 1):
            if asked[:2] != got[:2] or asked[0] != "r" and asked[2] != got[2]:
                raise DslabError(
                    f"{line} called {asked!r:.100} as step {number}, but {got!r:.100} came back: "
                    "another step."
                )
