"""The statements of a submission's SQLite connections, seen from outside: whatever an exercise
likes may happen before each.

So an exercise can let another writer in, end the process or fill the disk between any two
statements, always at the same moments, without threads and without a clock.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

__all__ = ["Statements", "Waits"]


class Waits(BaseException):
    """A writer asks again and again for a lock that nobody will release. Not an Exception, so that
    it does end the loop.
    """


class Statements:
    """In a `with`, connections that `submission` opens by sqlite3.connect are watched.

    before   called with the text of each statement, a commit and each row of an executemany
             included, before it is run; None for nothing. It is not called for statements that it
             causes itself.

    A watched connection never waits for a lock: who would have held it is waiting in the same
    thread.
    """

    def __init__(self, submission: Callable):
        self.before: Callable[[str], Any] | None = None
        self._spaces = [vars(sqlite3), *_spaces(submission)]
        self._connection = _watched(self)

    def at(self, moment: int, happens: Callable[[], Any]) -> "Count":
        """From now on, `happens()` just before the `moment`-th statement.

        Returns what counts them.
        """
        self.before = count = Count(moment, happens)
        return count

    def seen(self, text: str) -> None:
        """A watched connection is about to run a statement."""
        before, self.before = self.before, None
        if before is None:
            return
        try:
            before(text)
        finally:
            self.before = before

    def __enter__(self):
        self._real = sqlite3.connect
        self._patched = [
            (space, name)
            for space in self._spaces
            for name, value in list(space.items())
            if value is self._real
        ]
        for space, name in self._patched:
            space[name] = self._connect
        return self

    def __exit__(self, *_):
        for space, name in self._patched:
            space[name] = self._real

    def _connect(self, *args, **options):
        args = args[:1] + (0,) * (len(args) > 1) + args[2:]
        if len(args) < 2:
            options["timeout"] = 0
        if len(args) < 6:
            options.setdefault("factory", self._connection)
        return self._real(*args, **options)


class Count:
    """Counts statements, and lets something happen before one of them."""

    def __init__(self, moment: int, happens: Callable[[], Any]):
        self.moment, self.happens, self.seen = moment, happens, 0

    def __call__(self, text: str) -> None:
        if text.lstrip().upper().startswith("ROLLBACK"):
            return  # What tidies up is no moment of its own.
        self.seen += 1
        if self.seen == self.moment:
            self.happens()


def _spaces(submission) -> list[dict]:
    """The namespaces in which the submission's code may hold `connect` under a name of its own."""
    functions = [
        value for kind in getattr(submission, "__mro__", ()) for value in vars(kind).values()
    ] + [submission]
    spaces = {
        id(space): space
        for function in functions
        if (space := getattr(function, "__globals__", None)) is not None
    }
    return [space for space in spaces.values() if space is not vars(sqlite3)]


def _watched(statements: Statements) -> type[sqlite3.Connection]:
    """A class of connections that tell `statements`."""

    class Cursor(sqlite3.Cursor):
        def execute(self, text, *values):
            statements.seen(text)
            return super().execute(
                "PRAGMA busy_timeout = 0" if "busy_timeout" in text.lower() else text, *values
            )

        def executemany(self, text, rows):
            def watched():
                for row in rows:
                    statements.seen(text)
                    yield row

            return super().executemany(text, watched())

        def executescript(self, script):
            statements.seen(script)
            return super().executescript(script)

    class Connection(sqlite3.Connection):
        def cursor(self, factory=Cursor):
            return super().cursor(factory)

        def execute(self, *args):
            return self.cursor().execute(*args)

        def executemany(self, *args):
            return self.cursor().executemany(*args)

        def executescript(self, *args):
            return self.cursor().executescript(*args)

        def commit(self):
            if self.in_transaction:
                statements.seen("COMMIT")
            super().commit()

        def __exit__(self, kind, *_):  # As in sqlite3, whose own doesn't call the method above.
            if kind is not None:
                self.rollback()
                return False
            try:
                self.commit()
            except BaseException:
                self.rollback()
                raise
            return False

    return Connection
