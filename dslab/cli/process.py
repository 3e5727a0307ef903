"""The process around the program: standard streams of any encoding, that may be closed, full, or
read by somebody who has seen enough.
"""

import codecs
import io
import os
import select
import sys

from dslab.errors import DslabError

__all__ = ["main"]

#: Signs that some encodings lack, in the letters that all have. A question mark is no stand-in: it
#: says that a verdict is undecided.
PLAIN = {
    "✓": "ok",
    "✗": "not ok",
    "–": "-",
    "—": "-",
    "…": "...",
    "·": "-",
    "→": "->",
    "←": "<-",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
}
ERRORS = "dslab-plain"


def main(name: str) -> int:
    """Run the program with this process's arguments and streams; its exit code."""
    _keep_numbers()
    codecs.register_error(ERRORS, _plain)
    sys.stdout = _guarded(sys.stdout, "standard output")
    sys.stderr = _guarded(sys.stderr, None)
    from dslab.cli.program import run

    code = run(sys.argv[1:], name)
    try:
        sys.stdout.flush()
    except DslabError as error:
        print(f"dslab: {error}", file=sys.stderr)
        code = 2
    return code


def _keep_numbers() -> None:
    """Put something in the place of closed streams: otherwise the next file that is opened would
    get standard output's number, and what is printed.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)


def _plain(error: UnicodeError):
    """How to write a sign that the encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(PLAIN.get(sign) or ascii(sign)[1:-1] for sign in signs), error.end


class _Guarded(io.RawIOBase):
    """A stream that ends nothing when its reader goes: the rest is thrown away, and the exit code
    stays what it would have been. Where the disk is full it raises DslabError, once. A stream
    without a `name` raises nothing at all.
    """

    def __init__(self, raw: io.RawIOBase | None, name: str | None):
        self.raw, self.name, self.over = raw, name, False

    def writable(self):
        return True

    def fileno(self):
        if self.raw is None:
            raise io.UnsupportedOperation("fileno")
        return self.raw.fileno()

    def isatty(self):
        return self.raw is not None and self.raw.isatty()

    def write(self, data):
        if self.over:
            return len(data)
        try:
            if self.raw is None:
                raise OSError(0, "it is closed")
            while (done := self.raw.write(data)) is None:  # It doesn't block: a slow reader's pipe.
                select.select([], [self.raw], [])
            return done
        except OSError as error:
            self.over = True
            if self.name and not isinstance(error, BrokenPipeError):
                raise DslabError(f"{self.name} can't be written: {error.strerror}.") from None
            return len(data)


def _guarded(stream: io.TextIOWrapper | None, name: str | None) -> io.TextIOWrapper:
    buffer = getattr(stream, "buffer", None)
    raw = _Guarded(getattr(buffer, "raw", buffer), name)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=getattr(stream, "encoding", "utf-8"),
        errors=ERRORS,
        line_buffering=name is None or raw.isatty(),
    )
