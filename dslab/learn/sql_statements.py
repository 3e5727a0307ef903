"""The statements of a submission's SQLite connections, seen from outside: whatever an exercise
likes may happen before each.

So an exercise can let another writer in, end the process or fill the disk between any two
statements, always at the same moments, without threads and without a clock.
"""

import functools
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from dslab.learn.processes import Reach

try:
    import fcntl
except ImportError:  # Not in a browser, nor on Windows.
    fcntl = None

__all__ = ["Statements", "Waits"]

REAL = sqlite3.Connection

#: How often somebody may sleep, within one call, for what does not come.
SLEEPS = 50
#: The parameters of sqlite3.connect that may be given by their place.
CONNECTS = (
    "database",
    "timeout",
    "detect_types",
    "isolation_level",
    "check_same_thread",
    "factory",
    "cached_statements",
    "uri",
)


class Waits(BaseException):
    """A writer asks again and again for a lock that nobody will release. Not an Exception, so that
    it does end the loop.
    """


class Statements:
    """In a `with`, connections that `submission` opens are watched, in whatever way it opens them:
    by sqlite3.connect under any name, by a partial of it, by a class made of sqlite3.Connection.

    before   called with the text of each statement and its connection, a commit and each row of an
             executemany and each statement of a script included, before it is run; None for
             nothing. It is not called for statements that it causes itself.

    A watched submission never waits: whoever would have to release the lock is waiting in the same
    thread. A busy connection says so at once, a sleep takes no time, and what sleeps for ever or
    waits for the lock of a file Waits.
    """

    def __init__(self, submission: Callable):
        self.before: Callable[[str, REAL], Any] | None = None
        self.sleeps = 0
        self._places = Reach(submission).places
        self._kinds: dict[type, type] = {}
        self._undo: list[Callable[[], Any]] = []

    def small_memory(self, connection: REAL) -> None:
        """From now on this connection writes to the file what it can't keep in one page, as it does
        where an append is too large for its memory.
        """
        REAL.execute(connection, "PRAGMA cache_size=1")

    def seen(self, text: str, connection: REAL) -> None:
        """A watched connection is about to run a statement."""
        before, self.before = self.before, None
        if before is None:
            return
        try:
            before(text, connection)
        finally:
            self.before = before

    def __enter__(self):
        real = sqlite3.connect
        self._by_id = {
            id(real): functools.partial(self._connect, real),
            id(REAL): self._watched(REAL),
            id(time.sleep): self._sleep,
        }
        if fcntl:
            self._by_id |= {
                id(lock): functools.partial(_lock, lock) for lock in (fcntl.flock, fcntl.lockf)
            }
        for module in filter(None, (sqlite3, sqlite3.dbapi2, time, fcntl)):
            for name in ("connect", "Connection", "sleep", "flock", "lockf"):
                if name in vars(module):
                    self._replace(vars(module).get, vars(module).__setitem__, name)
        for place in self._places:
            for name in place.read():
                self._replace(lambda name, place=place: place.read().get(name), place.write, name)
        return self

    def __exit__(self, *_):
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def _replace(self, read, write, name) -> None:
        """Put a watched thing where the real one lies; in the end it lies there again."""
        value = read(name)
        if isinstance(value, functools.partial) and id(value.func) in self._by_id:
            function, *rest = value.__reduce__()[2]
            value.__setstate__((self._by_id[id(function)], *rest))
            self._undo.append(lambda: value.__setstate__((function, *rest)))
            return
        bare = value.__func__ if isinstance(value, staticmethod) else value
        instead = self._by_id.get(id(bare))
        if instead is None and _opens(bare):
            instead = self._watched(bare)
        if instead is not None:
            write(name, staticmethod(instead) if bare is not value else instead)
            self._undo.append(lambda: write(name, value))

    def _connect(self, real, *args, **options):
        options = dict(zip(CONNECTS, args, strict=False)) | options
        factory = options.get("factory", REAL)
        if isinstance(factory, type) and issubclass(factory, REAL):
            options["factory"] = self._watched(factory)
        return real(**options)

    def _sleep(self, *_):
        self.sleeps += 1
        if self.sleeps >= SLEEPS:
            raise Waits

    def _watched(self, kind: type) -> type:
        """A class of connections like `kind` that tell these statements."""
        if issubclass(kind, _Watched):
            return kind
        if kind not in self._kinds:
            own = {"told": self, "__module__": kind.__module__, "__qualname__": kind.__qualname__}
            self._kinds[kind] = type(kind.__name__, (_Watched, kind), own)
        return self._kinds[kind]


def _opens(value: Any) -> bool:
    """Whether this is a class of connections that the submission has made."""
    return isinstance(value, type) and issubclass(value, REAL) and not issubclass(value, _Watched)


def _lock(real: Callable, file: Any, how: int, *rest):
    try:
        return real(file, how | fcntl.LOCK_NB, *rest)
    except BlockingIOError:
        if how & fcntl.LOCK_NB:
            raise
        raise Waits from None


class _Watched:
    """A connection that tells `told` of its statements."""

    told: Statements

    def __init__(self, *args, **options):
        options = dict(zip(CONNECTS, args, strict=False)) | options
        super().__init__(**options | {"timeout": 0})

    def cursor(self, factory=sqlite3.Cursor):
        return super().cursor(_watched_cursor(factory))

    def execute(self, text, *values):
        if type(self).bare("execute"):
            return self.cursor().execute(text, *values)
        self.told.seen(text, self)  # Its own way to execute something.
        return super().execute(text, *values)

    def executemany(self, text, rows):
        if type(self).bare("executemany"):
            return self.cursor().executemany(text, rows)
        self.told.seen(text, self)
        return super().executemany(text, rows)

    def executescript(self, script):
        if type(self).bare("executescript"):
            return self.cursor().executescript(script)
        self.told.seen(script, self)
        return super().executescript(script)

    @classmethod
    def bare(cls, method: str) -> bool:
        """Whether a method is sqlite3's own."""
        kinds = cls.__mro__[cls.__mro__.index(_Watched) + 1 :]
        return not any(method in vars(kind) for kind in kinds[: kinds.index(REAL)])

    def commit(self):
        if self.in_transaction:
            self.told.seen("COMMIT", self)
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


@functools.cache
def _watched_cursor(kind: type) -> type:
    if not (isinstance(kind, type) and issubclass(kind, sqlite3.Cursor)):
        return kind

    class Cursor(kind):
        def _tell(self, text):
            self.connection.told.seen(text, self.connection)

        def execute(self, text, *values):
            self._tell(text)
            return super().execute(
                "PRAGMA busy_timeout = 0" if "busy_timeout" in text.lower() else text, *values
            )

        def executemany(self, text, rows):
            def watched():
                for row in rows:
                    self._tell(text)
                    yield row

            return super().executemany(text, watched())

        def executescript(self, script):
            """As sqlite3 does it: commit what is open, then each statement as it stands."""
            connection = self.connection
            if connection.in_transaction and getattr(connection, "autocommit", -1) == -1:
                connection.commit()
            level, connection.isolation_level = connection.isolation_level, None
            try:
                for statement in _statements(script):
                    self.execute(statement)
            finally:
                if level is not None:
                    connection.isolation_level = level
            return self

    Cursor.__name__ = Cursor.__qualname__ = kind.__name__
    return Cursor


def _statements(script: str) -> list[str]:
    """A script's statements, one by one."""
    found, begun = [], ""
    for piece in script.split(";"):
        begun += piece + ";"
        if sqlite3.complete_statement(begun):
            found.append(begun.strip())
            begun = ""
    rest = begun.removesuffix(";").strip()
    return [statement for statement in [*found, rest] if statement not in ("", ";")]
