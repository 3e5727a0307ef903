"""A submission's working folder: a copy of what lies beside its notebook, and no other notebook.

Of a class's folder:

    class/data.csv            ../data.csv     what the folder of all shares
    class/ann/hw.ipynb                        (the notebook itself is not needed)
    class/ann/table.txt       table.txt       what lies beside it
    class/bob/hw.ipynb                        another's: left out, with all of its folder
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["Place", "is_notebook"]

#: The most that is copied, in bytes and in files.
BYTES, FILES = 64 * 1024**2, 500
#: Folders that are no data.
NEVER = {"__pycache__", "node_modules", "_build", "venv"}


def is_notebook(path: Path) -> bool:
    """Whether a file's name is that of a notebook."""
    return path.suffix.lower() == ".ipynb"


class Place:
    """A temporary folder for one process. Use it in a `with`.

    notebook  the file that is graded.
    root      the class's folder: what lies above it is nobody's business.
    hidden    files and folders that are not shared, such as those of scores.
    top       the temporary folder, which stands for `root`.
    path      where in it the submission runs.
    """

    def __init__(self, notebook: Path, root: Path | None = None, hidden: tuple[Path, ...] = ()):
        self.notebook = Path(notebook).absolute()
        self.root = Path(root or self.notebook.parent).absolute()
        self.hidden = {Path(each).absolute() for each in hidden}
        self._bytes, self._files = BYTES, FILES
        self.top = Path(tempfile.mkdtemp(prefix="dslab-"))
        self.path = Path(self.top, *self.notebook.parent.relative_to(self.root).parts)

    def again(self) -> "Place":
        """Another one like it, as it was before anything ran there."""
        return Place(self.notebook, self.root, tuple(self.hidden))

    def __enter__(self) -> "Place":
        for source in self.sources_of(self.notebook, self.root, tuple(self.hidden)):
            if not self._room_for(source):
                continue
            target = self.top / source.relative_to(self.root)
            with suppress(OSError):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target, follow_symlinks=False)
        self.path.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, onerror=_all_the_same)

    def _room_for(self, source: Path) -> bool:
        try:
            size = source.stat().st_size
        except OSError:
            return False
        if size > self._bytes or not self._files:
            return False
        self._bytes, self._files = self._bytes - size, self._files - 1
        return True

    @staticmethod
    def sources_of(notebook: Path, root: Path, hidden: tuple[Path, ...]) -> Iterator[Path]:
        """The files that a submission may see, from those beside it upwards. Links are none of
        them: they may lead anywhere.
        """
        folders = [notebook.parent]
        while folders[-1] != root and root in folders[-1].parents:
            folders.append(folders[-1].parent)
        for folder in folders:
            yield from _shared(folder, notebook, hidden)


def _shared(folder: Path, notebook: Path, hidden: tuple[Path, ...]) -> Iterator[Path]:
    files, within = _inside(folder)
    others = {path.stem for path in files if is_notebook(path)} - {notebook.stem}
    for path in files:
        # Beside bob.ipynb, bob.py is Bob's.
        if not is_notebook(path) and path.stem not in others and path.absolute() not in hidden:
            yield path
    for path in within:
        if path.stem in others or path in notebook.parents or path.absolute() in hidden:
            continue
        below = list(_all_below(path))
        if not any(map(is_notebook, below)):
            yield from (each for each in below if each.absolute() not in hidden)


def _inside(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files and the folders in a folder, but for links and what is no data, in order."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return [], []
    shown = [each for each in entries if each.name[0] != "." and each.name not in NEVER]
    return (
        [Path(each.path) for each in shown if each.is_file(follow_symlinks=False)],
        [Path(each.path) for each in shown if each.is_dir(follow_symlinks=False)],
    )


def _all_below(folder: Path, most: int = 10 * FILES) -> Iterator[Path]:
    """All files below a folder. A huge one is no data, and seems to hold a notebook."""
    folders = [folder]
    for each in folders:
        files, within = _inside(each)
        most -= len(files) + len(within)
        if most < 0:
            yield folder / "too-much.ipynb"
            return
        yield from files
        folders += within


def _all_the_same(function, path, _) -> None:
    """A submission may have taken itself the right to remove what it made."""
    with suppress(OSError):
        os.chmod(os.path.dirname(path), 0o700)
        os.chmod(path, 0o700)
        function(path)
