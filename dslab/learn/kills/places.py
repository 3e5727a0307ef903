"""The places of a syntax tree at which something may be changed, and the changed tree."""

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Any

__all__ = ["Place", "places", "text"]

#: What no answer's behaviour depends on: what an error says, and what a field's type is called.
LEFT_ALONE = {(ast.Raise, "exc"), (ast.Assert, "msg"), (ast.AnnAssign, "annotation")}
LEFT_ALONE |= {(ast.FunctionDef, "args"), (ast.FunctionDef, "returns"), (ast.ClassDef, "bases")}


class Place:
    """A node of a top-level statement, and what stands around it.

    node    what may be changed.
    way     (node, field, index) from the statement down to the node's parent.
    space   what the names of the file mean, for operators that ask for a class's fields.
    """

    def __init__(self, node: ast.AST, way: tuple, top: ast.stmt, space: dict[str, Any]):
        self.node, self.way, self.top, self.space = node, way, top, space

    @property
    def parent(self) -> ast.AST | None:
        """The node that holds this one; None for a top-level statement."""
        return self.way[-1][0] if self.way else None

    @property
    def field(self) -> str:
        """Which field of its parent it is in."""
        return self.way[-1][1] if self.way else "body"

    @property
    def after(self) -> list[ast.AST]:
        """What stands after it in its parent's list."""
        return getattr(*self.way[-1][:2])[self.way[-1][2] + 1 :] if self.way else []

    def around(self, *kinds: type) -> ast.AST | None:
        """The innermost node of one of these kinds that holds it."""
        return next((node for node, *_ in self.way[::-1] if isinstance(node, kinds)), None)

    @cached_property
    def function(self) -> ast.FunctionDef | None:
        """The function or method that it is in."""
        return self.around(ast.FunctionDef)

    @cached_property
    def kind(self) -> ast.ClassDef | None:
        """The class that it is in."""
        return self.around(ast.ClassDef)

    @property
    def parameters(self) -> list[str]:
        """The names of the function's parameters, without `self`."""
        if self.function is None:
            return []
        return [each.arg for each in self.function.args.args if each.arg != "self"]

    @property
    def locals(self) -> list[str]:
        """The names that the function binds, its parameters first."""
        bound = [
            node.id
            for node in ast.walk(self.function or ast.Module([], []))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
        return list(dict.fromkeys([*self.parameters, *bound]))

    @cached_property
    def fields(self) -> dict[str, str]:
        """The annotated fields of the class, with their types as text."""
        return {
            node.target.id: ast.unparse(node.annotation)
            for node in (self.kind.body if self.kind else ())
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }

    @property
    def named(self) -> str:
        """Where it is, in words: "MyRaft.on_Vote"."""
        names = [
            node.name
            for node in (*(step[0] for step in self.way), self.node)
            if isinstance(node, (ast.ClassDef, ast.FunctionDef))
        ]
        return ".".join(names)

    @cached_property
    def unit(self) -> "Place":
        """What a change is read in: the outermost function that it is in, or else the statement."""
        for depth, (holder, *_) in enumerate(self.way):
            if not isinstance(holder, ast.ClassDef):
                return Place(holder, self.way[:depth], self.top, self.space)
        return self

    @cached_property
    def entry(self) -> "Place":
        """The same of an answer that is data: the entry of the outermost dict."""
        for depth, (holder, *_) in enumerate(self.way):
            if not isinstance(holder, (ast.Assign, ast.Dict)):
                return Place(holder, self.way[:depth], self.top, self.space)
        return self

    def replaced(self, new: ast.AST | list[ast.stmt], within: "Place | None" = None):
        """The top-level statement, or the place `within`, with `new` in this place. What changes is
        copied, and all else is shared. A list takes the place of a statement; an empty one leaves
        it out.
        """
        for node, field, index in reversed(self.way[len(within.way) if within else 0 :]):
            changed = type(node)(**{name: getattr(node, name, None) for name in node._fields})
            ast.copy_location(changed, node)
            if index is None:
                setattr(changed, field, new)
            else:
                old = getattr(node, field)
                fresh = new if isinstance(new, list) else [new]
                whole = [*old[:index], *fresh, *old[index + 1 :]]
                if not whole and field == "body":
                    whole = [ast.copy_location(ast.Pass(), old[index])]
                setattr(changed, field, whole)
            new = changed
        return new


def places(top: ast.stmt, space: dict[str, Any]) -> Iterator[Place]:
    """All places of a top-level statement, in the order of its text."""
    yield from _below(top, (), top, space)


def _below(node, way, top, space) -> Iterator[Place]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return
    yield Place(node, way, top, space)
    for field, value in ast.iter_fields(node):
        if (type(node), field) in LEFT_ALONE:
            continue
        if isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST) and not _is_docstring(node, field, index, item):
                    yield from _below(item, (*way, (node, field, index)), top, space)
        elif isinstance(value, ast.AST):
            yield from _below(value, (*way, (node, field, None)), top, space)


def _is_docstring(node, field, index, item) -> bool:
    return (
        isinstance(node, (ast.ClassDef, ast.FunctionDef))
        and (field, index) == ("body", 0)
        and isinstance(item, ast.Expr)
        and isinstance(item.value, ast.Constant)
        and isinstance(item.value.value, str)
    )


def text(node: ast.AST | list[ast.stmt]) -> str:
    """A node as Python, in one spelling."""
    if isinstance(node, list):
        return "\n".join(map(text, node))
    return ast.unparse(ast.fix_missing_locations(node))
