"""The process that holds one submission. It runs a notebook's cells, and then does what the grader
asks, one call at a time.

The grader stays in the parent, so nothing that a submission changes here changes a verdict.
Questions and answers are JSON lines on two pipes of their own; what the submission prints goes
nowhere.
"""

import json
import os
import sys
from collections.abc import Iterator
from importlib import import_module

from dslab.errors import DslabError
from dslab.learn.grading import Exercise, Report
from dslab.learn.limits import limited, place_of
from dslab.learn.shell.wire import decode, forget
from dslab.node import Node, rehearse
from dslab.values import plain

#: A cell may compute more than a handler: lines of its own code.
CELL = 5_000_000


class Holder:
    """The submission's objects, by number."""

    def __init__(self):
        import dslab.learn

        self.objects, self.found, self.space = [], [], {"__name__": "__main__"}
        dslab.learn.check = dslab.learn.grading.check = self.check

    def keep(self, thing) -> int:
        self.objects.append(thing)
        return len(self.objects) - 1

    # Each method is a question that the parent may ask.

    def run(self, cell, number):
        """Run a cell; returns what it hands to check(…), and its error."""
        self.found, error = [], None
        forget()
        try:
            with limited(CELL):
                exec(compile(_plain_python(cell), f"<cell {number}>", "exec"), self.space)
        except KeyboardInterrupt:
            raise
        except BaseException as caught:
            error = f"{type(caught).__name__}: {caught}"[:500]
        return {"checks": self.found, "error": error}

    def check(self, name, submission):
        """Stands for `dslab.learn.check`: what the book's own cells show of dslab's own classes is
        no submission.
        """
        if not str(getattr(submission, "__module__", "")).startswith("dslab."):
            with limited():
                self.found.append(self.describe(name, submission))
        return Report(Exercise(str(name), str(name), "CODE", 0, ()), ())

    def describe(self, name, thing):
        shape = {
            "name": str(name),
            "object": self.keep(thing),
            "label": str(getattr(thing, "__name__", "…")),
        }
        if isinstance(thing, type) and issubclass(thing, Node):
            return shape | {
                "kind": "node",
                "durable": [str(field) for field in thing.durable],
                "pictured": [str(field) for field in thing.pictured],
            }
        if callable(thing):
            return shape | {"kind": "callable"}
        if isinstance(thing, tuple) and all(map(callable, thing)):
            return shape | {"kind": "tuple", "items": [self.keep(item) for item in thing]}
        try:
            return shape | {"kind": "value", "value": plain(thing)}
        except DslabError:
            return shape | {"kind": "other", "text": repr(thing)[:80]}

    def boot(self, object, id, peers, disk, old):
        kind = self.objects[object]
        node = kind(id, peers)
        if old is not None:
            node = kind.recover(id, peers, self.objects[old].disk())
        elif disk is not None:
            node = kind.recover(id, peers, dict(decode(disk, inside=True)))
        return {"object": self.keep(node), "state": shown(node)}

    def step(self, object, step, args, now):
        node = self.objects[object]
        node.now, node.outbox, node.timers = now, [], {}
        args = [decode(arg, inside=True) for arg in args]
        with limited():
            rehearse(node, step, *args)
            said = said_by(node)
        return {
            "state": shown(node),
            "said": said,
            "outbox": plain(node.outbox),
            "timers": [
                [kind.__name__, None if setting is None else plain(setting)]
                for kind, setting in node.timers.items()
            ],
        }

    def call(self, object, method, args):
        target = self.objects[object]
        with limited():
            value = (getattr(target, method) if method else target)(*args)
            if isinstance(value, Iterator):
                value = list(value)
        try:
            return {"value": plain(value)}
        except ValueError:
            return {"object": self.keep(value)}

    def experiment(self, topic, name, objects, args):
        """What an exercise does with objects of the submission where they are."""
        module = import_module(topic)
        with limited():
            return {
                "value": plain(
                    module.EXPERIMENTS[name](*(self.objects[object] for object in objects), *args)
                )
            }


def said_by(node) -> tuple[bool, str]:
    """What pictures ask of a node. A submission that can't say it is still graded."""
    try:
        return bool(node.leads()), str(node.role_word())
    except Exception:
        return False, ""


def shown(node) -> dict:
    """A node's state, to be looked at: what JSON has no form for appears as text."""
    state = {}
    for name, value in vars(node).items():
        try:
            state[name] = plain(value)
        except DslabError:
            state[name] = f"<{type(value).__name__}>"
    return state


def _plain_python(cell: str) -> str:
    """A cell without IPython's own lines, which a plain interpreter doesn't know."""
    return "\n".join(
        "" if line.lstrip().startswith(("%", "!")) else line for line in cell.splitlines()
    )


def main(asked: int, answered: int) -> None:
    questions, answers = (
        os.fdopen(asked, "r", encoding="utf-8"),
        os.fdopen(answered, "w", encoding="utf-8"),
    )
    holder = Holder()
    sys.path.append(os.getcwd())
    for line in questions:
        question = json.loads(line)
        try:
            answer = getattr(holder, question.pop("do"))(**question)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            answer = {
                "error": type(error).__name__,
                "text": str(error)[:500],
                "place": place_of(error),
            }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
