"""Folders of the build: where they are, whether they are still what their inputs would make, and
how a new one takes an old one's place.
"""

import hashlib
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What npm installs, and the programs that run in Node.
WEB = ROOT / "scripts" / "web"
BUILD = ROOT / "build"


def recipe(*inputs: Path) -> str:
    """A hash of files' contents."""
    total = hashlib.sha256()
    for path in filter(Path.is_file, inputs):
        total.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def made(folder: Path, made_from: str) -> bool:
    """Whether `folder` was made from the inputs of that recipe."""
    mark = folder / ".made-from"
    return mark.is_file() and mark.read_text() == made_from


def replace(folder: Path, new: Path, made_from: str) -> Path:
    """Put a finished folder in the place of an old one."""
    (new / ".made-from").write_text(made_from)
    shutil.rmtree(folder, ignore_errors=True)
    return new.rename(folder)


def fresh(folder: Path) -> Path:
    """An empty folder in that place."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def publish(folder: Path, place: Path) -> None:
    """Copy a finished folder into the built site."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder, place, ignore=shutil.ignore_patterns(".made-from"))
