"""The process that holds one submission. It runs a notebook's cells, and then does what the grader asks, one call at a time.

The grader stays in the parent, so nothing that a submission changes here changes a verdict. Questions and answers are JSON
lines on two pipes of their own; what the submission prints goes nowhere.
"""

import json
import os
import sys
import traceback
from collections.abc import Iterator

from dslab.learn.guard import BudgetExceeded, limited
from dslab.learn.wire import decode
from dslab.node import Node, rehearse
from dslab.values import plain


class Holder:
    """The submission's objects, by number."""

    def __init__(self, cells: list[str]):
        self.cells, self.objects, self.found = cells, [], []
        self.space = {"__name__": "__main__"}

    def keep(self, thing) -> int:
        self.objects.append(thing)
        return len(self.objects) - 1

    # Each method is a question that the parent may ask.

    def run(self):
        """Run the cells; returns what they hand to check(…), and the first error."""
        import dslab.learn

        def check(name, submission):
            self.found.append((name, submission))

        dslab.learn.check = check
        error = None
        for number, cell in enumerate(self.cells, 1):
            try:
                with limited():
                    exec(compile(_plain_python(cell), f"<cell {number}>", "exec"), self.space)
                self.space["check"] = check
            except (Exception, SystemExit, BudgetExceeded) as caught:
                error = error or f"cell {number} raised {type(caught).__name__}: {caught}"
        return {"checks": [self.describe(name, thing) for name, thing in self.found], "error": error}

    def describe(self, name, thing):
        shape = {"name": name, "object": self.keep(thing), "text": repr(thing)[:80], "label": getattr(thing, "__name__", "…")}
        if isinstance(thing, type) and issubclass(thing, Node):
            return shape | {"kind": "node", "durable": list(thing.durable)}
        if callable(thing):
            return shape | {"kind": "callable"}
        if isinstance(thing, tuple) and all(map(callable, thing)):
            return shape | {"kind": "tuple", "items": [self.keep(item) for item in thing]}
        return shape | {"kind": "value", "value": plain(thing)}

    def boot(self, object, id, peers, disk, old):
        kind = self.objects[object]
        node = kind(id, peers)
        if old is not None:
            node = kind.recover(id, peers, self.objects[old].disk())
        elif disk is not None:
            node = kind.recover(id, peers, dict(decode(disk, inside=True)))
        return {"object": self.keep(node), "state": plain(vars(node))}

    def step(self, object, step, args, now):
        node = self.objects[object]
        node.now, node.outbox, node.timers = now, [], {}
        with limited():
            rehearse(node, step, *(decode(arg, inside=True) for arg in args))
        return {"state": plain(vars(node)), "outbox": plain(node.outbox),
                "timers": [[kind.__name__, None if setting is None else plain(setting)] for kind, setting in node.timers.items()]}

    def call(self, object, method, args):
        target = self.objects[object]
        with limited():
            value = (getattr(target, method) if method else target)(*map(_unfit, args))
            if isinstance(value, Iterator):
                value = list(value)
        try:
            return {"value": plain(value)}
        except ValueError:
            return {"object": self.keep(value)}

    def race(self, first, second, moment):
        from dslab.learn.exercises.event_store import meet_at

        with limited():
            wins, looked = meet_at(self.objects[first], self.objects[second], moment)
        return {"wins": wins, "looked": looked}


def _unfit(value):
    """`value` with something that JSON has no form for where the grader asks for that."""
    if isinstance(value, dict):
        return object() if value == {"$": "unfit"} else {key: _unfit(item) for key, item in value.items()}
    return list(map(_unfit, value)) if isinstance(value, list) else value


def _plain_python(cell: str) -> str:
    """A cell without IPython's own lines, which a plain interpreter doesn't know."""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in cell.splitlines())


def main(asked: int, answered: int) -> None:
    questions, answers = os.fdopen(asked, "r", encoding="utf-8"), os.fdopen(answered, "w", encoding="utf-8")
    holder = Holder(json.loads(questions.readline()))
    for line in questions:
        question = json.loads(line)
        try:
            answer = getattr(holder, question.pop("do"))(**question)
        except (Exception, SystemExit, BudgetExceeded, RecursionError) as error:
            where = traceback.extract_tb(error.__traceback__)
            line = next((frame for frame in reversed(where) if frame.filename.startswith("<cell")), None)
            answer = {"error": type(error).__name__, "text": str(error)[:500] + (f" (line {line.lineno} of {line.filename[1:-1]})" if line else "")}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
