"""State machines to be replicated, and what remembers clients beside them.

A protocol that orders commands applies them, in their order, to a machine: a value that answers a
command with the machine after it. Which machine is a class attribute of the protocol:

    class LockService(Raft):
        machine = Lock()

So a key-value store, a lock service and a ledger are machines, not protocols, and one client's
operations serve all. `Sessions` sees to it that a command which arrives twice is executed once,
whatever the machine.
"""

from typing import Any

from dslab.message import ContractError
from dslab.values import Map, Value, same

__all__ = ["Command", "KeyValue", "Ledger", "Lock", "Machine", "Session", "Sessions"]


class Command(Value):
    """A client's request as it stands in a log: who asked, the request's number, and for what."""

    client: str
    id: int
    f: str
    key: Any = None
    value: Any = None


class Machine(Value):
    """Base of state machines: values whose fields are the state."""

    def apply(self, command: Command) -> tuple["Machine", Any, str | None]:
        """The machine after `command`, its answer, and an error or None.

        An error is a text and promises that nothing was changed; it is none of the protocol's own,
        OWN_ERRORS. The answer depends on nothing but the state and the command, and `apply` never
        raises: what stands in a log is applied by every server, and would stop each of them.
        """
        raise NotImplementedError


#: What a protocol itself answers: a client that reads it asks another node.
OWN_ERRORS = frozenset({"not-leader"})


def applied(machine: Machine, command: Command) -> tuple[Machine, Any, str | None]:
    """What `machine` makes of `command`; ContractError where `Machine.apply` promises another."""
    if not isinstance(machine, Machine):
        call = f"{machine.__name__}()" if isinstance(machine, type) else "KeyValue()"
        raise ContractError(
            f"the machine is {machine!r:.80}, which is no Machine: write `machine = {call}`."
        )
    try:
        made = machine.apply(command)
    except Exception as error:
        problem = f"raises {type(error).__name__} ({error!s:.120})"
        raise ContractError(_of_machine(machine, command, problem)) from error
    if problem := _broken_promise(machine, made):
        raise ContractError(_of_machine(machine, command, problem))
    return made


def _of_machine(machine: Machine, command: Command, problem: str) -> str:
    return (
        f"{type(machine).__name__}.apply {problem} for {command!r:.200}: it never raises, and "
        "returns the machine after the command, an answer, and an error or None."
    )


def _broken_promise(machine: Machine, made: Any) -> str:
    """What is wrong with what `machine.apply` made, as a verb with its object; "" for nothing."""
    if not isinstance(made, tuple) or len(made) != 3:
        return f"returns {made!r:.80}"
    after, answer, error = made
    if not isinstance(after, Machine):
        return f"returns {after!r:.80} as the machine after it"
    try:
        hash(answer)  # Strict mode looks at the machine, which may be large.
    except TypeError:
        return f"returns an answer that holds something mutable, {answer!r:.80},"
    if error is None:
        return ""
    if not isinstance(error, str):
        return f"returns {error!r:.80} as its error, which is no text,"
    if error in OWN_ERRORS:
        return f"returns the error {error!r}, which is the protocol's own,"
    if not same(after, machine):
        return f"returns the error {error!r} and has changed the state"
    return ""


class KeyValue(Machine):
    """A key-value store; a register is the key None.

    f is read/get, write/put, cas (value is [old, new]) or append (to a text or number).
    """

    store: Map = Map()

    def apply(self, command):
        """A read, a write, an append or a compare-and-set."""
        key, value, old = command.key, command.value, self.store.get(command.key)
        match command.f:
            case "read" | "get":
                return self, old, None
            case "write" | "put":
                return self._with(key, value)
            case "append":
                try:
                    return self._with(key, value if old is None else old + value)
                except TypeError:  # There is something that this can't be appended to.
                    return self, None, "precondition-failed"
            case "cas":
                if not isinstance(value, (tuple, list)) or len(value) != 2:
                    return self, None, "malformed-request"
                if old != value[0]:
                    there = key in self.store
                    return self, None, "precondition-failed" if there else "key-does-not-exist"
                return self._with(key, value[1])
        return self, None, "not-supported"

    def _with(self, key, value):
        return KeyValue(self.store | {key: value}), None, None


class Lock(Machine):
    """A lock service: f is acquire or release, `key` the lock, and the client who holds it.

    acquire answers with a number that grows from holder to holder. Who guards something with the
    lock can refuse a smaller one than it has seen: a holder that was thought dead (Burrows, "The
    Chubby Lock Service for Loosely-Coupled Distributed Systems", OSDI 2006, section 2.4).
    """

    holders: Map = Map()  # lock → the client who holds it
    granted: int = 0

    def apply(self, command):
        """Grant or free a lock; who asks for one that is held is refused, its holder too."""
        holder = self.holders.get(command.key)
        match command.f:
            case "acquire" if holder is None:
                number = self.granted + 1
                return Lock(self.holders | {command.key: command.client}, number), number, None
            case "acquire":
                return self, None, "lock-is-held"
            case "release" if holder == command.client:
                return Lock(self.holders.without(command.key), self.granted), None, None
            case "release":
                return self, None, "not-the-holder"
        return self, None, "not-supported"


class Ledger(Machine):
    """Accounts that no transfer can overdraw. Amounts are whole and greater than 0.

    f is deposit (value is [account, amount]), transfer (value is [from, to, amount]; both must be
    there) or read (answers the balance of account `value`). The key is None: it is one ledger.
    """

    balances: Map = Map()

    def apply(self, command):
        """Move money, or refuse to."""
        match command.f, command.value:
            case "read", account:
                return self, self.balances.get(account), None
            case "deposit", (account, amount) if _is_amount(amount):
                return self._moved({account: self.balances.get(account, 0) + amount})
            case "transfer", (source, target, amount) if _is_amount(amount):
                if source not in self.balances or target not in self.balances:
                    return self, None, "key-does-not-exist"
                if self.balances[source] < amount:
                    return self, None, "precondition-failed"
                if source == target:
                    return self, None, None
                left, more = self.balances[source] - amount, self.balances[target] + amount
                return self._moved({source: left, target: more})
            case (("deposit" | "transfer"), _):
                return self, None, "malformed-request"
        return self, None, "not-supported"

    def _moved(self, balances):
        return Ledger(self.balances | balances), None, None


def _is_amount(value: Any) -> bool:
    return type(value) is int and value > 0


#: How much is remembered: answers and ranges of ids of one client, and clients.
ANSWERS, RANGES, CLIENTS = 5, 100, 1000


class Session(Value):
    """What is remembered of one client.

    done     the ids of its commands that were executed, as ranges: ((1, 7), (9, 9)).
    answers  the latest of them with their answers: (id, value, error).
    last     how many commands of all clients had been executed when its latest was.
    """

    done: tuple[tuple[int, int], ...] = ()
    answers: tuple[tuple[int, Any, str | None], ...] = ()
    last: int = 0

    def has_done(self, id: int) -> bool:
        """Whether the command with this id was executed."""
        return any(low <= id <= high for low, high in self.done)

    def answer_to(self, id: int) -> tuple[Any, str | None] | None:
        """The answer and error that this command got; None where they are forgotten."""
        return next((answer[1:] for answer in self.answers if answer[0] == id), None)

    def after(self, id: int, value: Any, error: str | None, count: int) -> "Session":
        """The session once command `id`, the `count`-th of all, has got this answer."""
        done: list[tuple[int, int]] = []
        for low, high in sorted((*self.done, (id, id))):
            if done and low == done[-1][1] + 1:
                low, _ = done.pop()
            done.append((low, high))
        if len(done) > RANGES:
            done[:2] = [(done[0][0], done[1][1])]
        return Session(tuple(done), (*self.answers, (id, value, error))[-ANSWERS:], count)


class Sessions(Value):
    """Executes each client's command once (Ongaro and Ousterhout 2014, section 8).

    A client numbers its commands and may have several open, so they come in any order: an id is
    known by whether *it* was executed, not by whether a greater one was. A repeated command gets
    its first answer again, or none where that is forgotten.

    What is remembered is bounded, by the same rule on every server:
    - Of a client, its latest ANSWERS answers, and the executed ids as ranges. Beyond RANGES of them
      the lowest gap is closed: an id in it then gets no answer, for nobody knows whether it was
      done.
    - CLIENTS clients; beyond, the one that was silent for longest is forgotten. A repetition of its
      that comes when CLIENTS others have been heard since is executed again. An id can't tell that
      such a client is no new one, since a client's first to arrive may be any. Who can't have that
      needs clients that register, so that an unknown one is refused. That is a second kind of
      command, one more round for each client, and an error that is no answer of any machine; a
      client of Maelstrom doesn't register at all. A repetition so late has to be a message that the
      network held: no client here sends a request again once it may have been executed.
    """

    clients: Map = Map()  # client → Session
    count: int = 0  # The commands that were executed.

    def apply(
        self, machine: Machine, command: Command
    ) -> tuple["Sessions", Machine, tuple[Any, str | None] | None]:
        """(the sessions and the machine after `command`, its answer and error). None in place of an
        answer that is forgotten: who can't say what was done stays silent.
        """
        session = self.clients.get(command.client, Session())
        if session.has_done(command.id):
            return self, machine, session.answer_to(command.id)
        machine, value, error = applied(machine, command)
        count = self.count + 1
        clients = self.clients | {command.client: session.after(command.id, value, error, count)}
        if len(clients) > CLIENTS:
            clients = clients.without(min(clients, key=lambda client: clients[client].last))
        return Sessions(clients, count), machine, (value, error)
