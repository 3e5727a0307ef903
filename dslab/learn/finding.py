"""Where exercises and mutants are: in the chapters' folders, each in a file of its own.

The exercise `raft-election` of any chapter is `dslab/chapters/CHAPTER/raft_election.py`, or a
folder of that name, and assigns `exercise` at its top. Nothing lists it; it is imported when it is
asked for.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

from dslab.errors import DslabError
from dslab.learn.exercise import Exercise

__all__ = ["Exercises", "chapters_with", "exercise_named", "known_exercises"]

#: The package of the chapters' folders. Chapters import this package and not the other way round:
#: it is found by its name.
CHAPTERS = "dslab.chapters"
_ASSIGNS = re.compile(r"^exercise\s*=", re.MULTILINE)


class Exercises(Mapping):
    """All exercises by name, in the order of their names. One is imported when it is looked up."""

    def __init__(self):
        self._modules = dict(sorted(_modules("*")))

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __contains__(self, name) -> bool:
        return name in self._modules

    def __getitem__(self, name: str) -> Exercise:
        return import_module(self._modules[name]).exercise

    def chapter(self, name: str) -> str:
        """The folder of the chapter that an exercise belongs to."""
        return self._modules[name].split(".")[2]


def known_exercises() -> Exercises:
    """All exercises, by name. None is imported until it is looked up."""
    return Exercises()


def exercise_named(name: str) -> Exercise:
    """The exercise of this name. Raises DslabError where there is none, and says what is near."""
    if isinstance(name, str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        for _, module in _modules(name.replace("-", "_")):
            return import_module(module).exercise
    known = known_exercises()
    near = get_close_matches(str(name), known, n=3, cutoff=0.4)
    raise DslabError(
        f"there is no exercise {name!r}: "
        + (f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}.")
    )


def chapters_with(module: str) -> dict[str, str]:
    """The chapters that have this module, with its full name: `mutants`, for one."""
    return {
        path.parent.name: f"{CHAPTERS}.{path.parent.name}.{module}"
        for path in _files(f"{module}.py")
    }


def _modules(stem: str) -> Iterator[tuple[str, str]]:
    """(name of an exercise, its module), for the files whose name matches `stem`."""
    for pattern in (f"{stem}.py", f"{stem}/__init__.py"):
        for path in _files(pattern):
            if _ASSIGNS.search(path.read_text(encoding="utf-8")):
                parts = path.with_suffix("").parts[-(1 + pattern.count("/") + 1) :]
                chapter, module = parts[0], parts[1]
                yield module.replace("_", "-"), f"{CHAPTERS}.{chapter}.{module}"


def _files(pattern: str) -> list[Path]:
    folders = import_module(CHAPTERS).__path__
    return sorted(path for folder in folders for path in Path(folder).glob(f"*/{pattern}"))
