"""What clients have seen in one run, in a form that is the same for runs that differ in nothing a
client could notice.

Operations are kept by process, each with how many operations of every other process were over when
it was called. This is all that linearizability asks of time (Herlihy and Wing 1990, section 2). A
client is as many processes as it has calls open: the first that has none makes the next call.
"""

from typing import Any

from dslab.check.models import Model, model_named
from dslab.run.history import Operation
from dslab.values import exact

__all__ = ["Seen"]


class Seen:
    """Immutable: each process's operations so far, of which the last may be open.

    A process is (client, number). An operation is (how many of each other process's were over, id,
    f, key, value, answered, result, error).
    """

    __slots__ = ("ops", "_key", "_hash", "_next", "_verdicts")

    def __init__(self, ops: tuple = ()):
        self.ops = ops  # ((process, (operation, …)), …), by process.
        self._key = exact(ops)
        self._hash = hash(self._key)
        self._next: dict[tuple, Seen] = {}
        self._verdicts: dict[str | type, bool] = {}

    def __eq__(self, other):
        return self is other or (isinstance(other, Seen) and self._key == other._key)

    def __hash__(self):
        return self._hash

    def __repr__(self):
        return f"Seen({self.ops!r})"

    def after(self, happened: tuple) -> "Seen":
        """With what a step showed: ("call", client, id, f, key, value) and ("reply", client, id,
        value, error). A reply that answers no open call shows nothing.
        """
        if not happened:
            return self
        key = exact(happened)
        if key not in self._next:
            ops = dict(self.ops)
            for kind, client, id, *what in happened:
                if kind == "call":
                    number = 0
                    while (client, number) in ops and not ops[client, number][-1][5]:
                        number += 1
                    process = client, number
                    over = tuple(
                        (other, done)
                        for other, theirs in sorted(ops.items())
                        if other != process and (done := sum(1 for op in theirs if op[5]))
                    )
                    mine = ops.get(process, ())
                    ops[process] = (*mine, (over, id, *what, False, None, None))
                    continue
                for process, (*before, last) in ops.items():
                    if process[0] == client and last[1] == id and not last[5]:
                        ops[process] = (*before, (*last[:5], True, *what))
            self._next[key] = Seen(tuple(sorted(ops.items())))
        return self._next[key]

    def renamed(self, names) -> "Seen":
        """The same of clients with other names."""
        if not any(client in names for (client, _), _ in self.ops):
            return self

        def renamed(process):
            client, number = process
            return names.get(client, client), number

        def with_names(op):
            over, *what = op
            return tuple(sorted((renamed(other), done) for other, done in over)), *what

        def seen(done):
            return tuple(sorted((names.get(other, other), count) for other, count in done))

        return Seen(
            tuple(
                sorted(
                    (names.get(client, client), tuple((seen(op[0]), *op[1:]) for op in theirs))
                    for client, theirs in self.ops
                )
            )
        )

    def linearizable(self, model: str | type[Model] | Model) -> bool:
        """Whether some order of these operations, one after the other, explains every answer.

        model  as `dslab.check.linearizable` takes it: one of MODELS by its name, or a Model.
        """
        kind = model if isinstance(model, (str, type)) else type(model)
        if kind not in self._verdicts:
            self._verdicts[kind] = _linearize(self.ops, model_named(model))
        return self._verdicts[kind]


def _linearize(ops: tuple, model: Model) -> bool:
    processes = [process for process, _ in ops]
    theirs = [[(op[0], _operation(client, op)) for op in every] for (client, _), every in ops]
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
            if any(done[processes.index(other)] < least for other, least in over):
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
    _, _, f, key, value, answered, result, error = op
    outcome = "info" if not answered else "fail" if error is not None else "ok"
    return Operation(client, f, key, value, result, outcome, 0, None)
