"""What a command reads and writes: files, and `-` for standard input and output. A file is written
whole or not at all.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from dslab.errors import DslabError

__all__ = [
    "FILE",
    "FOLDER",
    "STANDARD",
    "demand_one_output",
    "named",
    "read",
    "read_text",
    "replaced",
    "write",
]

LARGEST = 2**28
STANDARD = Path("-")


class _Place(click.Path):
    """A path; what is empty is none, and not the current folder."""

    def convert(self, value, param, ctx):
        """The path. Fails where it is empty."""
        if not str(value):
            self.fail("an empty text is no name of a file or folder", param, ctx)
        return super().convert(value, param, ctx)


class _Folder(_Place):
    """A path of a folder, there already or not yet."""

    def convert(self, value, param, ctx):
        """The path. Fails where it is that of a file."""
        path = super().convert(value, param, ctx)
        if path == STANDARD:
            self.fail("- is no folder: standard input and output are files", param, ctx)
        if path.exists() and not path.is_dir():
            self.fail(f"{path} is a file: give a folder", param, ctx)
        return path


FILE = _Place(path_type=Path, allow_dash=True)
FOLDER = _Folder(path_type=Path)


def read(path: Path) -> bytes:
    """What stands in a file, or on standard input. Raises DslabError, also where it doesn't end."""
    name = named(path)
    if path == STANDARD and sys.stdin is None:
        raise DslabError("standard input is closed: give a file, or something to read from.")
    try:
        # Standard input stays open: the next file that is opened would get its number.
        source = sys.stdin.fileno() if path == STANDARD else path
        with open(source, "rb", closefd=path != STANDARD) as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise DslabError(f"{name} can't be read: {error.strerror}.") from None
    if len(content) > LARGEST:
        raise DslabError(f"{name} is too large: {LARGEST:,} bytes are the most.")
    return content


def read_text(path: Path) -> str:
    """The same as a text. Raises DslabError where it is none."""
    try:
        return read(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DslabError(f"{named(path)} is not a text in UTF-8.") from None


def named(path: Path) -> str:
    """What a sentence calls it."""
    return "standard input" if path == STANDARD else str(path)


def demand_one_output(as_json: bool, **outputs: Path | None) -> bool:
    """Whether one of these options writes to standard output. Raises DslabError where two do, or
    where --json does.
    """
    there = [f"--{name}" for name, path in outputs.items() if path == STANDARD]
    if len(there) + as_json > 1:
        both = " and ".join(["--json"] * as_json + [f"{name} -" for name in there])
        raise DslabError(f"{both} both write to standard output: give all but one a file.")
    return bool(there)


def write(path: Path, text: str) -> None:
    """Put `text` into a file, or on standard output. Raises DslabError."""
    if path == STANDARD:
        print(text, end="" if text.endswith("\n") else "\n")
        return
    with replaced(path) as new:
        new.write_text(text, encoding="utf-8")


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A file to write into, which takes the place of `path` at the end: until then, and for good
    where something goes wrong, the old one stays. It is made at once, so that a place that can't be
    written is told before the work is done. Raises DslabError.

    A device or a pipe is written as it stands, and a link stays a link.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        if target.is_dir():
            raise DslabError(f"{path} is a folder: give the name of a file.")
        with _told(path):
            yield target
        return
    new = target.with_name(f".{target.name[:100]}.{os.getpid()}.new")
    try:
        with _told(path, new):
            new.touch(0o666, exist_ok=False)
            if target.exists():
                new.chmod(target.stat().st_mode & 0o777)
            yield new
            with open(new, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(new, target)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def _told(path: Path, new: Path | None = None) -> Iterator[None]:
    """Errors of the disk in one sentence that names `path`, whatever was written in its place."""
    try:
        yield
    except OSError as error:
        raise DslabError(f"{path} can't be written: {error.strerror}.") from None
    except DslabError as error:
        raise DslabError(str(error).replace(str(new), str(path)) if new else str(error)) from None
