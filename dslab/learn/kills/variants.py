"""The right answers to an exercise as syntax trees, so that something in them can be changed."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dslab.errors import DslabError

__all__ = ["Variant", "answers_file", "needed", "variants"]

#: The repository that this package lies in. An installed package has none.
ROOT = Path(__file__).parents[3]


class Variant(NamedTuple):
    """One right answer.

    label       "answer", or its name among the `others`.
    path        the file that it stands in.
    statements  what it needs of the file's top level, in order.
    result      the expression that gives it.
    """

    label: str
    path: Path
    statements: tuple[ast.stmt, ...]
    result: ast.expr

    def space(self, statements: tuple[ast.stmt, ...] | None = None) -> dict[str, Any]:
        """The namespace in which its statements, or changed ones, have run."""
        body = list(self.statements if statements is None else statements)
        module = ast.fix_missing_locations(ast.Module(body, []))
        space: dict[str, Any] = {"__name__": "answer"}
        exec(compile(module, str(self.path), "exec"), space)
        return space

    def build(self, statements: tuple[ast.stmt, ...] | None = None) -> Any:
        """The answer itself, made anew."""
        result = ast.fix_missing_locations(ast.Expression(self.result))
        return eval(compile(result, str(self.path), "eval"), self.space(statements))


def answers_file(name: str) -> Path:
    """Where the answers to an exercise stand. Raises DslabError where there are none."""
    path = ROOT / "solutions" / f"{name.replace('-', '_')}.py"
    if not path.is_file():
        raise DslabError(
            f"the right answers to {name!r} are not at {path}: run this in the repository, "
            "or name their file with --answers."
        )
    return path


def variants(path: Path) -> list[Variant]:
    """The answers in a file: `answer`, and each of `others`. Raises DslabError where there is none,
    or the file is no Python.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, ValueError, SyntaxError) as error:
        raise DslabError(f"{path} can't be read as Python: {error}.") from None
    results = dict(_results(tree.body))
    if "answer" not in results:
        raise DslabError(f"{path} gives no `answer` at its top: assign the reference answer to it.")
    found = []
    for label, result in results.items():
        variant = Variant(label, path, tuple(needed(tree.body, result)), result)
        value = variant.build()
        if _is_data(value):
            # Written out, so that each value stands in one place.
            data = ast.parse(f"answer = {value!r}").body
            variant = variant._replace(
                statements=tuple(data), result=ast.Name("answer", ast.Load())
            )
        found.append(variant)
    return found


def _results(statements: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for node in statements:
        match node:
            case ast.Assign([ast.Name("answer")], value):
                yield "answer", value
            case ast.ClassDef("answer") | ast.FunctionDef("answer"):
                yield "answer", ast.Name("answer", ast.Load())
            case ast.Assign([ast.Name("others")], ast.Dict(keys, values)):
                yield from ((str(ast.literal_eval(key)), value) for key, value in zip(keys, values))


def _is_data(value: Any) -> bool:
    try:
        return not callable(value) and ast.literal_eval(repr(value)) == value
    except (ValueError, SyntaxError):
        return False


def needed(statements: list[ast.stmt], thing: ast.AST) -> list[ast.stmt]:
    """The statements that bind what `thing` names, and what they name themselves."""
    if not statements:
        return []
    *before, last = statements
    if _names(thing) & _bound_by(last):
        return [*needed(before, ast.Module([last, thing], [])), last]
    return needed(before, thing)


def _names(thing: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(thing) if isinstance(node, ast.Name)}


def _bound_by(node: ast.stmt) -> set[str]:
    match node:
        case ast.ClassDef(name) | ast.FunctionDef(name):
            return {name}
        case ast.Import(names) | ast.ImportFrom(names=names):
            return {(alias.asname or alias.name).split(".")[0] for alias in names}
        case ast.Assign(targets):
            return {name for target in targets for name in _names(target)}
        case ast.AnnAssign(target) | ast.AugAssign(target):
            return _names(target)
    return set()
