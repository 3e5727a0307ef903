"""Where exercises and mutants are: in the chapters' folders, each in a file of its own.

The exercise `raft-election` of any chapter is `dslab/chapters/CHAPTER/raft_election.py`, or a
folder of that name, and assigns `exercise` at its top. Nothing lists it; it is imported when it is
asked for.
"""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from dslab.errors import DslabError, imported, instead
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
        return _exercise(self._modules[name])

    def chapter(self, name: str) -> str:
        """The folder of the chapter that an exercise belongs to."""
        return self._modules[name].split(".")[2]


def known_exercises() -> Exercises:
    """All exercises, by name. None is imported until it is looked up."""
    return Exercises()


def exercise_named(name: str) -> Exercise:
    """The exercise of this name. Raises DslabError where there is none, and says what is near;
    where its file gives none; and where two chapters have one.
    """
    no = f"there is no exercise {name!r}: "
    if isinstance(name, str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        stem = name.replace("-", "_")
        modules = [module for _, module in _modules(stem)]
        if len(modules) > 1:
            raise DslabError(
                f"{name!r} is in {' and '.join(map(_file, modules))}: give one of them another "
                "name."
            )
        if modules:
            return _exercise(modules[0])
        for path in _files(f"{stem}.py"):
            raise DslabError(
                f"{no}{_file(f'{CHAPTERS}.{path.parent.name}.{stem}')} has none: it assigns no "
                "`exercise` at its top."
            )
    raise DslabError(no + instead(name, known_exercises()))


def _exercise(module: str) -> Exercise:
    """What a module assigns to `exercise`. Raises DslabError where it is none."""
    found = getattr(imported(module, _file(module)), "exercise", None)
    if not isinstance(found, Exercise):
        raise DslabError(
            f"{_file(module)} assigns {found!r:.80} to `exercise`: make it an Exercise."
        )
    return found


def _file(module: str) -> str:
    return module.replace(".", "/") + ".py"


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
            if _ASSIGNS.search(path.read_text(encoding="utf-8", errors="replace")):
                parts = path.with_suffix("").parts[-(1 + pattern.count("/") + 1) :]
                chapter, module = parts[0], parts[1]
                yield module.replace("_", "-"), f"{CHAPTERS}.{chapter}.{module}"


def _files(pattern: str) -> list[Path]:
    """The files of this name in the chapters' folders, by chapter, wherever the folders lie."""
    folders = map(Path, import_module(CHAPTERS).__path__)
    found = [path for folder in folders for path in folder.glob(f"*/{pattern}")]
    depth = 2 + pattern.count("/")
    return sorted(found, key=lambda path: path.parts[-depth:])
