"""Answers that are no code: predictions, settings, schedules."""

import ast

from dslab.learn.kills.operators import changed, operator


def _is_data(place):
    return place.function is None and place.kind is None and isinstance(place.top, ast.Assign)


@operator
def entry_left_out(place):
    """Leave out one of several values."""
    match place.node:
        case ast.Dict(keys, values) if _is_data(place):
            for n in range(len(keys)):
                rest = keys[:n] + keys[n + 1 :], values[:n] + values[n + 1 :]
                yield changed(place.node, keys=rest[0], values=rest[1])


@operator
def step_left_out(place):
    """Leave out one of a schedule's steps, or of a step's words."""
    match place.node:
        case ast.List(items) | ast.Tuple(items) if _is_data(place):
            for n in range(len(items)):
                yield changed(place.node, elts=items[:n] + items[n + 1 :])


@operator
def steps_swapped(place):
    """Take the next step first, or a word of a step."""
    match place.node:
        case ast.List(items) | ast.Tuple(items) if _is_data(place):
            for n, (one, other) in enumerate(zip(items, items[1:])):
                if ast.dump(one) != ast.dump(other):
                    yield changed(place.node, elts=[*items[:n], other, one, *items[n + 2 :]])


@operator
def step_doubled(place):
    """Take a step twice."""
    match place.node:
        case ast.List(items) if _is_data(place):
            for n, item in enumerate(items):
                yield changed(place.node, elts=[*items[:n], item, *items[n:]])


@operator
def value_of_another(place):
    """Give another value that stands in such a place: of another entry, of another step."""
    match place.node:
        case ast.Constant(str(word)) if _is_data(place) and not _is_key(place):
            inside = [n for node, field, n in place.way if isinstance(node, ast.Tuple)][-1:]
            others = [
                node
                for holder in ast.walk(place.top)
                for node in _in_such_a_place(holder, inside)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            for other in dict.fromkeys(node.value for node in others):
                if other != word:
                    yield ast.Constant(other)
            yield ast.Constant(f"not {word}")
            yield ast.Constant("")


def _in_such_a_place(holder, inside):
    """The values of a dict, or what stands at the same place of a tuple."""
    match holder:
        case ast.Dict(_, values) if not inside:
            return values
        case ast.Tuple(items) if inside:
            return items[inside[0] : inside[0] + 1]
    return []


@operator
def step_of_another_kind(place):
    """Let something else happen: a crash for a cut, a step alone, everything but that step."""
    match place.node:
        case ast.Tuple([ast.Constant(str(word)), *rest]) if _is_data(place) and _is_step(word):
            nodes = " ".join(str(each.value) for each in rest if isinstance(each, ast.Constant))
            for node in sorted({name for name in nodes.split() if name[:1].isalpha()})[:3]:
                for other in ("crash", "isolate", "pause"):
                    if other != word:
                        yield ast.Tuple([ast.Constant(other), ast.Constant(node)], ast.Load())
        case ast.List(items) if _is_data(place) and len(items) > 1:
            for item in items:
                yield changed(place.node, elts=[item])


def _is_step(word):
    from dslab.run.steps import WORDS

    return word in WORDS or word in ("read", "write", "deliver", "append", "fire")


@operator
def number_altered(place):
    """Ten times as much, a tenth, nothing, less than nothing."""
    match place.node:
        case ast.Constant(int(value) | float(value)) if _is_data(place) and not _is_key(place):
            for other in (value * 10, value // 10, 0, -value):
                if other != value:
                    yield ast.Constant(other)


@operator
def value_of_another_type(place):
    """Give nothing, a list or a function for a value."""
    if _is_data(place) and isinstance(place.parent, ast.Dict) and place.field == "values":
        yield ast.Constant(None)
        yield ast.List([place.node, place.node], ast.Load())
        scalar = isinstance(place.node, ast.Constant)
        yield ast.Dict([place.node], [place.node]) if scalar else ast.Constant("x")
        yield ast.Name("print", ast.Load())


def _is_key(place):
    return isinstance(place.parent, ast.Dict) and place.field == "keys"
