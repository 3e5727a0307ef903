"""The replicated state machine of the book: a key-value store with an answer remembered for each
client.

Every protocol that orders commands applies them to this machine, so that their behaviour can be
compared and one set of client operations serves all: a register is the key None.
"""

from typing import Any

from dslab.values import Map, Value

__all__ = ["Command", "Machine", "operate"]


class Command(Value):
    """A client's request as it stands in a log: who asked, which of their requests it is, and for
    what.
    """

    client: str
    id: int
    f: str
    key: Any = None
    value: Any = None


def operate(store: Map, f: str, key: Any, value: Any) -> tuple[Map, Any, str | None]:
    """Apply one operation to a store: the new store, the answer, and an error or None.

    f is read/get, write/put, cas (value is [old, new]) or append (to a string or number). An error
    changes nothing, and no request raises: what stands in a log is applied by every server, and
    would stop each of them.
    """
    match f:
        case "read" | "get":
            return store, store.get(key), None
        case "write" | "put":
            return store | {key: value}, None, None
        case "append":
            old = store.get(key)
            try:
                return store | {key: value if old is None else old + value}, None, None
            except TypeError:
                return (
                    store,
                    None,
                    "precondition-failed",
                )  # There is something that this can't be appended to.
        case "cas":
            if not isinstance(value, (tuple, list)) or len(value) != 2:
                return store, None, "malformed-request"
            old, new = value
            if store.get(key) != old:
                return store, None, "precondition-failed" if key in store else "key-does-not-exist"
            return store | {key: new}, None, None
    return store, None, "not-supported"


class Machine(Value):
    """A key-value store that applies each client's command once (Ongaro and Ousterhout 2014,
    section 8).

    `store` maps keys to values; `answers` maps each client to its latest request id with its answer
    and error.
    """

    store: Map = Map()
    answers: Map = Map()

    def apply(self, command: Command) -> tuple["Machine", Any, str | None]:
        """The machine after `command`, with its answer and error; a repeated command gets the first
        answer again.
        """
        last_id, value, error = self.answers.get(command.client, (None, None, None))
        if last_id is not None and command.id <= last_id:
            return self, value, error
        store, value, error = operate(self.store, command.f, command.key, command.value)
        return (
            Machine(store, self.answers | {command.client: (command.id, value, error)}),
            value,
            error,
        )
