"""What belongs to an exercise elsewhere: the answers in solutions/, the cell in its notebook."""

import ast
import json
import runpy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dslab.learn import known_exercises
from dslab.learn.kills.variants import needed

ROOT = Path(__file__).parents[2]
EXERCISES = known_exercises()


def each_exercise(*names):
    """Parametrize a test by exercises, all or the named ones, each marked with its chapter."""
    return pytest.mark.parametrize(
        "name",
        [
            pytest.param(name, marks=pytest.mark.chapter(EXERCISES.chapter(name)))
            for name in names or EXERCISES
        ],
    )


class Solution(NamedTuple):
    """A file of solutions/: the reference answer, right ones that are written in another way, and
    what else the file defines.
    """

    source: str
    answer: Any
    others: dict[str, Any]
    defines: dict[str, Any]


@cache
def solution(name: str) -> Solution:
    """The answers to an exercise."""
    path = ROOT / "solutions" / f"{name.replace('-', '_')}.py"
    defines = runpy.run_path(str(path))
    source = path.read_text(encoding="utf-8")
    return Solution(source, defines["answer"], defines.get("others", {}), defines)


@cache
def cells() -> dict[Path, list[str]]:
    """The code of each notebook, by cell."""
    found = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        found[path] = [
            "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"
        ]
    return found


def unfinished(name: str) -> Any:
    """What the book gives for an exercise: the argument of the last `check("name", …)` in a
    notebook, with the statements that it needs and no others.
    """
    for notebook in cells().values():
        statements = [node for cell in notebook for node in ast.parse(cell).body]
        for place, node in enumerate(statements):
            if call := _check_of(node, name):
                space = {"__name__": "notebook"}
                before = needed(statements[:place], call.args[1])
                exec(compile(ast.Module(before, []), "<cell>", "exec"), space)
                return eval(compile(ast.Expression(call.args[1]), "<cell>", "eval"), space)
    raise AssertionError(f"no cell of any notebook ends with check({name!r}, …)")


def _check_of(node: ast.stmt, name: str) -> ast.Call | None:
    match node:
        case ast.Expr(ast.Call(ast.Name("check"), [ast.Constant(value), _]) as call):
            return call if value == name else None
    return None
