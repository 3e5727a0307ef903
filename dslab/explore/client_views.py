"""What clients have seen in one run, in a form that is the same for runs that differ in nothing a
client could notice.

Operations are kept by client, each with how many operations of every other client were over when it
was called. This is all that linearizability asks of time (Herlihy and Wing 1990, section 2).
"""

from typing import Any

from dslab.check.models import Model
from dslab.run.history import Operation
from dslab.values import exact

__all__ = ["Seen"]


class Seen:
    """Immutable: each client's operations so far, of which the last may be open.

    An operation is (how many of each other client's were over, f, key, value, answered, result,
    error).
    """

    __slots__ = ("ops", "_key", "_hash", "_next", "_verdicts")

    def __init__(self, ops: tuple = ()):
        self.ops = ops  # ((client, (operation, …)), …), by client.
        self._key = exact(ops)
        self._hash = hash(self._key)
        self._next: dict[tuple, Seen] = {}
        self._verdicts: dict[type, bool] = {}

    def __eq__(self, other):
        return self is other or (isinstance(other, Seen) and self._key == other._key)

    def __hash__(self):
        return self._hash

    def __repr__(self):
        return f"Seen({self.ops!r})"

    def after(self, happened: tuple) -> "Seen":
        """With what a step showed: ("call", client, f, key, value) and ("reply", client, value,
        error).
        """
        if not happened:
            return self
        key = exact(happened)
        if key not in self._next:
            ops = dict(self.ops)
            for kind, client, *what in happened:
                mine = ops.get(client, ())
                if kind == "call":
                    over = tuple(
                        (other, done)
                        for other, theirs in sorted(ops.items())
                        if other != client and (done := sum(1 for op in theirs if op[4]))
                    )
                    ops[client] = (*mine, (over, *what, False, None, None))
                elif mine and not mine[-1][4]:
                    ops[client] = (*mine[:-1], (*mine[-1][:4], True, *what))
            self._next[key] = Seen(tuple(sorted(ops.items())))
        return self._next[key]

    def renamed(self, names) -> "Seen":
        """The same of clients with other names."""
        if not any(name in names for name, _ in self.ops):
            return self
        return Seen(
            tuple(
                sorted(
                    (
                        names.get(client, client),
                        tuple(
                            (
                                tuple(
                                    sorted((names.get(other, other), done) for other, done in op[0])
                                ),
                                *op[1:],
                            )
                            for op in theirs
                        ),
                    )
                    for client, theirs in self.ops
                )
            )
        )

    def linearizable(self, model: type[Model] | Model) -> bool:
        """Whether some order of these operations, one after the other, explains every answer."""
        model = model() if isinstance(model, type) else model
        kind = type(model)
        if kind not in self._verdicts:
            self._verdicts[kind] = _linearize(self.ops, model)
        return self._verdicts[kind]


def _linearize(ops: tuple, model: Model) -> bool:
    clients = [client for client, _ in ops]
    theirs = [[(op[0], _operation(client, op)) for op in every] for client, every in ops]
    dead: set[tuple] = set()

    def follows(done: tuple, state: Any) -> bool:
        if all(
            all(op.outcome == "info" for _, op in mine[count:]) for mine, count in zip(theirs, done)
        ):
            return True
        if (done, state) in dead:
            return False
        for place, (mine, count) in enumerate(zip(theirs, done)):
            if count == len(mine):
                continue
            over, op = mine[count]
            if any(done[clients.index(other)] < least for other, least in over):
                continue
            further = (*done[:place], count + 1, *done[place + 1 :])
            if op.outcome == "fail":
                possible, after = True, state
            else:
                possible, after = model.step(state, op)
            if possible and follows(further, after):
                return True
        dead.add((done, state))
        return False

    return follows((0,) * len(ops), model.initial)


def _operation(client: str, op: tuple) -> Operation:
    _, f, key, value, answered, result, error = op
    outcome = "info" if not answered else "fail" if error is not None else "ok"
    return Operation(client, f, key, value, result, outcome, 0, None)
