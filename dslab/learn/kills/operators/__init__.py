"""The operators that make mutants. Each is a function of a place, and yields what may stand there:

    @operator
    def guard_turned(place):
        "Do when the condition doesn't hold what was to be done when it does."
        if isinstance(place.node, ast.If):
            yield changed(place.node, test=ast.UnaryOp(ast.Not(), place.node.test))

A file of this folder holds those of one kind; all files are found by themselves. What an operator
yields replaces the node, a list of statements its statement; neither changes the old node. Its name
is what a mutant is called, and what two operators make alike is called after the first file's.
"""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dslab.learn.kills.places import Place

__all__ = ["Operator", "changed", "operator", "operators"]

Operator = Callable[[Place], Iterator[ast.AST | list[ast.stmt]]]
_found: list[Operator] = []


def operator(function: Operator) -> Operator:
    """Decorator: this function makes mutants."""
    _found.append(function)
    return function


@cache
def operators() -> tuple[Operator, ...]:
    """All of them, by their files' names and in the files' order."""
    for module in sorted(each.name for each in iter_modules(__path__)):
        import_module(f"{__name__}.{module}")
    return tuple(_found)


def changed(node: ast.AST, **fields) -> ast.AST:
    """A copy of a node with other fields; what they hold is shared."""
    values = {name: getattr(node, name, None) for name in node._fields}
    return ast.copy_location(type(node)(**(values | fields)), node)
