"""The process that holds one submission. It runs a notebook's cells, and then does what the grader
asks, one call at a time.

The grader stays in the parent, so nothing that a submission changes here changes a verdict.
Questions and answers are JSON lines on two pipes of their own; what the submission prints goes
nowhere.
"""

import ast
import asyncio
import builtins
import json
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from inspect import CO_COROUTINE
from types import FunctionType

from dslab.learn.apart import prepare
from dslab.learn.copies import deepcopy
from dslab.learn.exercise import Exercise, finished_base
from dslab.learn.keeping import limit, supervise
from dslab.learn.limits import limited, place_of, text_of
from dslab.learn.remembered import said_by
from dslab.learn.report import Report
from dslab.learn.shell.about import about, content_of
from dslab.learn.shell.wire import Wire
from dslab.node import Node, rehearse

AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
#: A cell may compute more than a handler: lines of its own code.
CELL = 5_000_000


class Holder:
    """The submission's objects, by number.

    Each public method is a question that the grader may ask.
    """

    def __init__(self):
        import dslab.learn

        self.wire = Wire(self.refer, self.referred, inside=True)
        self.objects, self.found, self.space = [], [], {"__name__": "__main__"}
        self.numbers, self.told = {}, set()
        self.budget, self.left, self.loop = None, None, None
        builtins.display, builtins.get_ipython = _shows_nothing, Page
        dslab.learn.check = dslab.learn.grading.check = self.check

    def limited(self):
        """The limits that the grader has for this question."""
        return limited(*(self.left or ()))

    def used(self) -> tuple[int, int]:
        """The calls and lines that the last question took."""
        if not self.left or not self.budget:
            return 0, 0
        return self.budget.called - self.left[3], self.budget.used - self.left[4]

    def keep(self, thing) -> int:
        """Keep an object; returns its number, the same one each time."""
        number = self.numbers.setdefault(id(thing), len(self.objects))
        if number == len(self.objects):
            self.objects.append(thing)  # Held, so that no other gets its id.
        return number

    def refer(self, thing) -> dict:
        """What has no form as a value stays here, and goes by its number."""
        kind, data = type(thing), {"$": "object", "number": self.keep(thing)}
        data["kind"] = self.keep(kind)
        if data["kind"] not in self.told:
            self.told.add(data["kind"])
            data["about"] = self.wire.encode(about(kind))
        if (content := content_of(thing)) is not None:
            data["content"] = self.wire.encode(content)
        if isinstance(thing, (type, FunctionType)):
            data["label"] = str(thing.__name__)
        return data

    def referred(self, number: int):
        """The object that the grader has only the number of."""
        return self.objects[number]

    def run(self, cell, number):
        """Run a cell; returns what it hands to check(…), and its error."""
        self.found, error = [], None
        try:
            with limited(CELL):
                self.execute(compile(cell, f"<cell {number}>", "exec", AWAIT))
        except BaseException as caught:
            error = f"{type(caught).__name__}: {text_of(caught)}"
        return {"checks": self.found, "error": error}

    def execute(self, code):
        """Run a cell's code, which may wait for something in an event loop."""
        if not code.co_flags & CO_COROUTINE:
            exec(code, self.space)
            return
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(eval(code, self.space))

    def check(self, name, submission):
        """Stands for `dslab.learn.check`: dslab's classes in the book's cells are not graded."""
        if not str(getattr(submission, "__module__", "")).startswith("dslab."):
            with self.limited() as self.budget:
                self.found.append(self.describe(name, submission))
        return Report(Exercise(str(name), str(name), "CODE", 0, ()), ())

    def describe(self, name, thing):
        """How the grader is to see a submission: its shape, and numbers or values."""
        shape = {"name": str(name), "label": str(getattr(thing, "__name__", "…"))}
        if isinstance(thing, type) and issubclass(thing, Node):
            durable = [str(field) for field in thing.durable]
            pictured = [str(field) for field in thing.pictured]
            return shape | {
                "kind": "node",
                "object": self.keep(thing),
                "durable": durable,
                "finished": finished_base(thing),
                "pictured": pictured,
            }
        return shape | {"kind": "value", "value": self.wire.encode(thing)}

    def boot(self, object, id, peers, disk, old):
        """Make a node: a new one, one from a disk, or one from that of a crashed node."""
        kind = self.objects[object]
        with self.limited() as self.budget:
            node = kind(id, peers)
            if old is not None:
                node = kind.recover(id, peers, self.objects[old].disk())
            elif disk is not None:
                node = kind.recover(id, peers, dict(self.wire.decode(disk)))
        return {"object": self.keep(node), "state": self.wire.encode(vars(node))}

    def step(self, object, step, args, now, copy):
        """Have a node handle something, or a copy of it, and hold it to the node contract."""
        node = self.objects[object]
        if copy:
            node = node.copy()
            object = self.keep(node)
        node.now, node.outbox, node.timers = now, [], {}
        args = self.wire.decode(args)
        with self.limited() as self.budget:
            rehearse(node, step, *args)
            said = said_by(node)
        return {
            "object": object,
            "state": self.wire.encode(vars(node)),
            "said": said,
            "outbox": self.wire.encode(tuple(node.outbox)),
            "timers": self.wire.encode(node.timers),
        }

    def call(self, object, method, args, named):
        """Call an object, or a method of it."""
        target = self.objects[object]
        args, named = self.wire.decode(args), self.wire.decode(named)
        with self.limited() as self.budget:
            if method == "__call__":
                value = target(*args, **named)
            else:  # As Python does: what an object has of that name itself doesn't count.
                value = getattr(type(target), method)(target, *args)
            return {"value": self.value(value)}

    def value(self, value):
        """A value on its way to the grader. What is handed out once goes as a list."""
        return self.wire.encode(list(value) if isinstance(value, Iterator) else value)

    def attribute(self, object, name):
        """An attribute of an object."""
        with self.limited() as self.budget:
            return {"value": self.value(getattr(self.objects[object], name))}

    def text(self, object):
        """An object's repr."""
        with self.limited() as self.budget:
            return {"value": repr(self.objects[object])}

    def equal(self, object, other):
        """Whether two objects are equal."""
        with self.limited() as self.budget:
            return {"value": bool(self.objects[object] == self.objects[other])}

    def copy(self, object):
        """A deep copy of an object."""
        with self.limited() as self.budget:
            return {"value": self.refer(deepcopy(self.objects[object]))}

    def experiment(self, topic, name, objects, args):
        """What an exercise does with objects of the submission where they are."""
        module, args = import_module(topic), self.wire.decode(args)
        with self.limited() as self.budget:
            found = module.EXPERIMENTS[name](*(self.objects[object] for object in objects), *args)
            return {"value": self.wire.encode(found)}


class Page:
    """Stands for IPython in a cell that asks for it: whatever it is told, it does nothing."""

    def __getattr__(self, name):
        return _shows_nothing


def _shows_nothing(*_, **__):
    return None


def told(error: BaseException) -> dict:
    """What a submission raised, as JSON data."""
    kind = type(error)
    base = next(each.__name__ for each in kind.__mro__ if each.__module__ == "builtins")
    try:
        said = str.__str__(repr(error))[:500]
    except BaseException:
        said = f"{kind.__name__}()"
    where = {"base": base, "repr": said, "place": place_of(error)}
    return {"error": kind.__name__, "text": text_of(error)} | where


def serve(asked: int, answered: int) -> None:
    """Answer the questions that come in by one descriptor, on the other."""
    me, holder = os.getpid(), Holder()

    def say(**what):
        if os.getpid() != me:  # A copy that the submission made of itself.
            os._exit(1)
        line = memoryview(json.dumps(what).encode() + b"\n")
        while line:
            line = line[os.write(answered, line) :]

    prepare(lambda will: say(will=will))
    limit()
    sys.path.append(os.getcwd())
    sys.argv[:] = [""]
    with os.fdopen(asked, "r", encoding="utf-8") as questions:
        for line in questions:
            asks = json.loads(line)
            question, holder.left, holder.budget = asks["question"], asks["budget"], None
            try:
                answer = getattr(holder, question.pop("do"))(**question)
            except BaseException as error:
                answer = told(error)
            say(number=asks["number"], answer=answer | {"used": holder.used()})


def main(asked: int, answered: int, ended: int, own: bool) -> None:
    """Keep the process that answers."""
    supervise(lambda: serve(asked, answered), ended, network=False, own=own)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), own=sys.argv[4:] == ["own"])
