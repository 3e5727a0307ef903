"""Statements left out, doubled, swapped; loops that end early; errors that are swallowed."""

import ast

from dslab.learn.kills.operators import changed, operator

NO_LOSS = ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass, ast.AnnAssign


def _is_step(place):
    return isinstance(place.node, ast.stmt) and place.function is not None


@operator
def statement_left_out(place):
    """Don't do it."""
    if _is_step(place) and not isinstance(place.node, NO_LOSS):
        if not (isinstance(place.node, ast.Return) and place.node.value is None):
            yield []


@operator
def guard_dropped(place):
    """Do without asking what was to be done under a condition."""
    if isinstance(place.node, ast.If):
        yield list(place.node.body)
        if place.node.orelse:
            yield list(place.node.orelse)


@operator
def returned_early(place):
    """End the function after this statement."""
    if _is_step(place) and place.after and place.field in ("body", "orelse"):
        ends = isinstance(place.after[0], ast.Return) and place.after[0].value is None
        if not ends and not isinstance(place.node, (*NO_LOSS, ast.Return, ast.Raise)):
            yield [place.node, ast.Return(None)]


@operator
def returned_in_branch(place):
    """End the function where a branch ends."""
    if isinstance(place.node, (ast.If, ast.For)) and place.function and place.after:
        if not isinstance(place.node.body[-1], (ast.Return, ast.Raise)):
            yield [changed(place.node, body=[*place.node.body, ast.Return(None)])]


@operator
def returned_nothing(place):
    """Return nothing."""
    match place.node:
        case ast.Return(value) if value is not None and not isinstance(value, ast.Constant):
            yield [ast.Return(None)]


@operator
def loop_ended_early(place):
    """Stop after the first, leave out the first or the last, or go round once more."""
    if isinstance(place.node, ast.For) and place.function:
        yield [changed(place.node, body=[*place.node.body, ast.Break()])]
        whole = ast.Call(ast.Name("list", ast.Load()), [place.node.iter], [])
        for part in (
            ast.Slice(ast.Constant(1), None, None),
            ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1)), None),
        ):
            yield [changed(place.node, iter=ast.Subscript(whole, part, ast.Load()))]


@operator
def slice_shifted(place):
    """Begin or end a slice one place later."""
    match place.node:
        case ast.Slice(low, high):
            one = ast.Constant(1)
            yield changed(place.node, lower=ast.BinOp(low or ast.Constant(0), ast.Add(), one))
            if high:
                yield changed(place.node, upper=ast.BinOp(high, ast.Sub(), one))


@operator
def statements_swapped(place):
    """Do the next thing first."""
    if not isinstance(place.node, (ast.FunctionDef, ast.If, ast.For, ast.While, ast.With, ast.Try)):
        return
    if place.function is None and not isinstance(place.node, ast.FunctionDef):
        return
    for field in ("body", "orelse"):
        steps = getattr(place.node, field, [])
        for n, (one, other) in enumerate(zip(steps, steps[1:])):
            if _may_swap(one, other):
                turned = [*steps[:n], other, one, *steps[n + 2 :]]
                yield changed(place.node, **{field: turned})


def _may_swap(one, other):
    """Whether the order of two statements may matter: one binds what the other reads or binds, or
    both call something. What is sent leaves when the handler has returned.
    """
    if isinstance(one, (*NO_LOSS, ast.Return, ast.Raise)) or isinstance(other, NO_LOSS):
        return False
    if isinstance(one, ast.Assert) and isinstance(other, ast.Assert):
        return False
    if isinstance(other, (ast.Return, ast.Raise)):
        return True
    (read, bound, calls), (read_2, bound_2, calls_2) = _uses(one), _uses(other)
    leaves = any(isinstance(node, (ast.Return, ast.Raise)) for node in ast.walk(one))
    return bool(bound & (read_2 | bound_2) or bound_2 & read or (calls and calls_2) or leaves)


def _uses(statement):
    """(names read, names bound, whether it calls what may do anything)."""
    read, bound, calls = set(), set(), False
    for node in ast.walk(statement):
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = ast.unparse(node)
            (bound if isinstance(node.ctx, ast.Store) else read).add(name)
        if isinstance(node, ast.AugAssign):
            read.add(ast.unparse(node.target))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            calls = calls or node.func.attr not in ("send", "broadcast", "set_timer", "get")
    return read, bound, calls


@operator
def function_emptied(place):
    """Do nothing at all."""
    if isinstance(place.node, ast.FunctionDef) and place.way:
        yield changed(place.node, body=[ast.Pass()])


@operator
def error_swallowed(place):
    """Carry on after an error, or catch too little, or too much."""
    match place.node:
        case ast.Try(body, handlers, orelse, final):
            if handlers:
                yield [changed(place.node, handlers=_passing(handlers))]
            if final:
                yield [changed(place.node, finalbody=[])] if handlers else list(body)
            if not final:
                yield [*body, *orelse]
        case ast.ExceptHandler(ast.Name("BaseException")):
            yield changed(place.node, type=ast.Name("ValueError", ast.Load()))
        case ast.ExceptHandler(type) if type is not None:
            yield changed(place.node, type=ast.Name("BaseException", ast.Load()))


def _passing(handlers):
    return [changed(each, body=[ast.Pass()]) for each in handlers]


@operator
def context_dropped(place):
    """Do without the `with` that commits or rolls back."""
    if isinstance(place.node, ast.With):
        yield list(place.node.body)


@operator
def refusal_softened(place):
    """Answer a refusal with nothing, or with an empty list, and no reason."""
    empty = ast.Return(ast.List([], ast.Load()))
    match place.node:
        case ast.Raise():
            yield [empty]
            yield [ast.Return(None)]
        case ast.Assert(test):
            yield [ast.If(ast.UnaryOp(ast.Not(), test), [empty], [])]


@operator
def list_shortened(place):
    """Hand back a list without its first or last item, or as something else."""
    match place.node:
        case ast.Return(ast.ListComp() | ast.List() as value):
            least = ast.UnaryOp(ast.USub(), ast.Constant(1))
            parts = [
                ast.Slice(ast.Constant(1), None, None),
                ast.Slice(None, least, None),
                ast.Slice(None, None, least),
            ]
            alone = isinstance(value, ast.List) and len(value.elts) < 2
            for part in parts[:1] if alone else parts:
                yield [ast.Return(ast.Subscript(value, part, ast.Load()))]
