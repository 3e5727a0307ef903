"""The lines that a submission runs, counted in two ways with one result: by monitoring, and in
Python 3.11 by tracing.

A line counts when it begins; a jump back to the same line begins it again, so `while True: pass`
runs many. Tracing calls a function for each call of anything. Monitoring looks at a submission's
own code only, and everything else runs at full speed.
"""

import dis
import sys
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from threading import get_ident

__all__ = ["counting", "file_of", "monitored", "traced"]


def counting(ours: Callable[[str], bool], begun: Callable[[], None], line: Callable[[], None]):
    """A context in which `begun()` is called for each call into code of `ours` (told by its file)
    from other code, and `line()` for each line that such code begins, in this thread. What they
    raise is raised in that code. `ours` says the same of a file each time: Python may ask once.

    Code that never had a file (of `exec`, say) is its module's; "<exec>", where that has none.
    """
    return (monitored if _monitor.usable() else traced)(ours, begun, line)


@contextmanager
def traced(ours, begun, line):
    """`counting` by sys.settrace, which every Python has."""
    last, others = None, _others(ours)

    def within(frame, event, _):
        nonlocal last
        if event == "line":
            line()
        elif event == "opcode":
            now = frame, frame.f_lasti
            if now == last:
                line()
            last = now
        return within

    def enter(frame, event, _):
        name = frame.f_code.co_filename
        if name in others:
            return None
        if not ours(file_of(frame)):
            if name != "<string>":  # Which is many files.
                others.add(name)
            return None
        if frame.f_back is None or not ours(file_of(frame.f_back)):
            begun()
        frame.f_trace_opcodes = _spins(frame.f_code)
        return within

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)


@cache
def _others(ours) -> set[str]:
    """The names of files that have been seen not to be `ours`: most calls are of these."""
    return set()


def file_of(frame) -> str:
    """The file that a frame's code counts for. What dataclasses and the like write for a class runs
    straight to its end, and counts for nobody's.
    """
    name = frame.f_code.co_filename
    if name == "<string>" and _loops(frame.f_code):
        return str(frame.f_globals.get("__file__", "<exec>"))
    return name


@cache
def _loops(code) -> bool:
    """Whether code may jump back. What never does comes to an end by itself."""
    jumps = dis.hasjrel + dis.hasjabs
    return any(
        each.opcode in jumps and each.argval <= each.offset for each in dis.get_instructions(code)
    )


@cache
def _spins(code) -> bool:
    """Whether there is a loop of a single instruction: before Python 3.12 it begins no line."""
    return sys.version_info < (3, 12) and any(
        each.opcode in dis.hasjrel and each.argval == each.offset
        for each in dis.get_instructions(code)
    )


@contextmanager
def monitored(ours, begun, line):
    """`counting` by sys.monitoring (Python 3.12 and later)."""
    owner, looked_up = get_ident(), {}

    def enter(code, offset, *_):
        if not ours(file_of(sys._getframe(1))):
            # A throw into a generator can't be left out.
            return None if _ else sys.monitoring.DISABLE
        if get_ident() == owner:
            _monitor.look_into(code)
            caller = sys._getframe(1).f_back
            if caller is None or not ours(file_of(caller)):
                begun()

    def lines(code, number):
        if get_ident() == owner:
            line()

    def jump(code, offset, to):
        key = id(code), offset, to
        again = looked_up.get(key)
        if again is None:
            again = looked_up[key] = to <= offset and _line(code, to) == _line(code, offset)
        if not again:
            return sys.monitoring.DISABLE  # A jump to another line begins that one.
        if get_ident() == owner:
            line()

    _monitor.open(enter, lines, jump)
    try:
        yield
    finally:
        _monitor.close()


def _line(code, offset: int) -> int | None:
    return next((line for start, end, line in code.co_lines() if start <= offset < end), None)


class _Monitor:
    """One tool of sys.monitoring for all that is open, one in another: the innermost is called.
    Python looks at all code again when a tool comes or goes, so that an inner one should be no tool
    of its own.
    """

    NUMBERS = 3, 4  # Python keeps them for nobody.

    def __init__(self):
        self.number, self.callers, self.codes = None, [], {}

    def usable(self) -> bool:
        return hasattr(sys, "monitoring") and (bool(self.callers) or self._free() is not None)

    def _free(self) -> int | None:
        return next(
            (number for number in self.NUMBERS if sys.monitoring.get_tool(number) is None), None
        )

    def open(self, enter, lines, jump) -> None:
        if not self.callers:
            self.number = self._free()
            sys.monitoring.use_tool_id(self.number, "dslab")
            events = sys.monitoring.events
            branch = (
                events.BRANCH_LEFT | events.BRANCH_RIGHT
                if hasattr(events, "BRANCH_LEFT")
                else events.BRANCH
            )
            self.entries, self.inside = (
                events.PY_START | events.PY_RESUME | events.PY_THROW,
                events.LINE | events.JUMP | branch,
            )
            sys.monitoring.set_events(self.number, self.entries)
        self.callers.append((enter, lines, jump))
        self._call(enter, lines, jump)

    def _call(self, enter, lines, jump) -> None:
        for event in _each(self.entries):
            sys.monitoring.register_callback(self.number, event, enter)
        for event in _each(self.inside):
            sys.monitoring.register_callback(
                self.number, event, lines if event == sys.monitoring.events.LINE else jump
            )

    def look_into(self, code) -> None:
        """From now on tell the lines and jumps of this code."""
        if id(code) not in self.codes:
            self.codes[id(code)] = code
            sys.monitoring.set_local_events(self.number, code, self.inside)

    def close(self) -> None:
        self.callers.pop()
        if self.callers:
            self._call(*self.callers[-1])
            return
        sys.monitoring.set_events(self.number, 0)
        for code in self.codes.values():
            sys.monitoring.set_local_events(self.number, code, 0)
        self._call(None, None, None)
        self.codes.clear()
        sys.monitoring.free_tool_id(self.number)


_monitor = _Monitor()


def _each(events: int):
    return [1 << bit for bit in range(events.bit_length()) if events >> bit & 1]
