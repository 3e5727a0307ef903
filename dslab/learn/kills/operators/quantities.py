"""Numbers, maxima, pairs, arguments, what is remembered."""

import ast

from dslab.learn.kills.operators import changed, operator

OTHER_CALLS = {
    "max": ("min",),
    "min": ("max",),
    "any": ("all",),
    "all": ("any",),
    "sum": ("max", "len"),
    "len": ("max",),
}


def _name(name):
    return ast.Name(name, ast.Load())


@operator
def max_for_min(place):
    """Take the least for the greatest, all for any, how many for how much."""
    match place.node:
        case ast.Call(ast.Name(name)) if name in OTHER_CALLS:
            for other in OTHER_CALLS[name]:
                yield changed(place.node, func=_name(other))


@operator
def one_of_two(place):
    """Take the first of several arguments of max or min, or the next."""
    match place.node:
        case ast.Call(ast.Name("max" | "min"), args) if len(args) > 1:
            yield from args


@operator
def key_dropped(place):
    """Take the greatest or order by the whole and not by a part."""
    match place.node:
        case ast.Call(ast.Name("max" | "min" | "sorted"), _, [ast.keyword("key")]):
            yield changed(place.node, keywords=[])


@operator
def majority_altered(place):
    """Call half, half rounded up, one more than needed, all but one, one or all a majority."""
    match place.node:
        case ast.Call(ast.Name("majority"), [count]):
            size = f"({ast.unparse(count)})"
            for text in ("{} // 2", "({} + 1) // 2", "{} // 2 + 2", "{} - 1", "1", "{}", "{} / 2"):
                yield ast.parse(text.format(size), mode="eval").body


@operator
def constant_shifted(place):
    """One more or one less, true for false."""
    match place.node:
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value)):
            if not _is_timeout(place) and (place.function or place.kind):
                yield ast.Constant(value + 1)
                yield ast.Constant(value - 1)


def _is_timeout(place):
    """A time that is one millisecond longer is as good."""
    match place.parent:
        case ast.Call(ast.Attribute(ast.Name("self"), "set_timer")):
            return True
    return False


@operator
def sum_altered(place):
    """Subtract for add, round otherwise, or take one side alone."""
    match place.node:
        case ast.BinOp(left, ast.Add(), right):
            yield changed(place.node, op=ast.Sub())
            yield left
            yield right
        case ast.BinOp(left, ast.Sub(), right):
            yield changed(place.node, op=ast.Add())
            yield left
        case ast.BinOp(left, ast.FloorDiv(), right):
            yield changed(place.node, op=ast.Div())
            yield changed(place.node, left=ast.BinOp(left, ast.Add(), ast.Constant(1)))
        case ast.BinOp(left, ast.Mult(), right):
            yield left
            yield right
        case ast.BinOp(left, ast.BitOr(), right):
            yield left
            yield right
        case ast.UnaryOp(ast.USub(), value):
            yield value


@operator
def clamped(place):
    """Let a difference not fall below 0."""
    match place.node:
        case ast.BinOp(_, ast.Sub(), _):
            yield ast.Call(_name("max"), [ast.Constant(0), place.node], [])
            yield ast.Call(_name("abs"), [place.node], [])


@operator
def added_or_set(place):
    """Set what was to grow, or let it shrink."""
    match place.node:
        case ast.AugAssign(target, ast.Add(), value):
            yield [ast.Assign([target], value)]
            yield [changed(place.node, op=ast.Sub())]
        case ast.AugAssign(target, ast.BitOr(), value):
            whole = ast.Call(_name("Map"), [value], []) if isinstance(value, ast.Dict) else value
            if isinstance(value, ast.Set):
                whole = ast.Call(_name("frozenset"), [value], [])
            yield [ast.Assign([target], whole)]


#: How many somebody remembers who forgets.
REMEMBERED = 1, 2, 3, 10


@operator
def forgets(place):
    """Remember the last few of what is gathered."""
    match place.node:
        case ast.AugAssign(ast.Attribute() as target, ast.BitOr(), ast.Set([item])):
            held = ast.unparse(target)
            for most in REMEMBERED:
                yield ast.parse(f"{held} = (*{held}, {ast.unparse(item)})[-{most}:]").body
        case ast.AugAssign(ast.Attribute() as target, ast.BitOr(), ast.Dict() as value):
            held = ast.unparse(target)
            for most in REMEMBERED:
                whole = f"({held} | {ast.unparse(value)}).items()"
                yield ast.parse(f"{held} = Map([*{whole}][-{most}:])").body


@operator
def pair_turned(place):
    """Put a tuple's items into another order."""
    match place.node:
        case ast.Tuple(items, ast.Load()) if 2 <= len(items) and not _names_fields(place):
            for n in range(len(items) - 1):
                turned = [*items[:n], items[n + 1], items[n], *items[n + 2 :]]
                if len({ast.dump(item) for item in turned[n : n + 2]}) == 2:
                    yield changed(place.node, elts=turned)


def _names_fields(place):
    match place.parent:
        case ast.Assign([ast.Name("durable")]):
            return True
        case ast.Assign([ast.Tuple()]):  # Told as values swapped.
            return False
    return False


@operator
def tie_break_dropped(place):
    """Leave the last item of a pair to chance: the same for everybody."""
    match place.node:
        case ast.Tuple([*first, last], ast.Load()) if first and not _names_fields(place):
            if isinstance(last, ast.Attribute) and last.attr == "id":
                yield changed(place.node, elts=[*first, ast.Constant("")])


@operator
def old_value_kept(place):
    """Leave one of several fields as it is."""
    match place.node:
        case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)):
            for n, target in enumerate(targets):
                old = changed(target, ctx=ast.Load())
                new = changed(place.node.value, elts=[*values[:n], old, *values[n + 1 :]])
                if isinstance(target, ast.Attribute):
                    yield [changed(place.node, value=new)]


@operator
def arguments_swapped(place):
    """Give two arguments in the wrong order."""
    if isinstance(place.node, ast.Call):
        args = place.node.args
        for n in range(len(args) - 1):
            yield changed(place.node, args=[*args[:n], args[n + 1], args[n], *args[n + 2 :]])


@operator
def neighbour_taken(place):
    """Take another name of the function for the one that is meant."""
    node = place.node
    holder = isinstance(place.parent, ast.Attribute | ast.Call) and place.field in ("value", "func")
    if holder or place.function is None:
        return
    match node:
        case ast.Name(name, ast.Load()) if name in place.locals:
            for other in place.locals:
                if other != name and other != "_":
                    yield _name(other)
            if name in place.fields:
                yield ast.Attribute(_name("self"), name, ast.Load())
        case ast.Attribute(ast.Name("self"), name, ast.Load()):
            kind = place.fields.get(name)
            for other, type in place.fields.items():
                if other != name and type == kind:
                    yield changed(node, attr=other)
            if name in place.locals:
                yield _name(name)
            for other in _attributes(place, "m"):
                if other.attr in _words(name) or name in _words(other.attr):
                    yield other
        case ast.Attribute(ast.Name("m"), name, ast.Load()):
            for other in (*_attributes(place, "m"), *_attributes(place, "self")):
                if ast.dump(other) != ast.dump(node) and _alike(place, name, other):
                    yield other


def _attributes(place, owner):
    found = {}
    for node in ast.walk(place.kind or place.function):
        match node:
            case ast.Attribute(ast.Name(name), _, ast.Load()) if name == owner:
                found[node.attr] = node
    return [
        node
        for name, node in found.items()
        if owner != "self" or name in place.fields or name == "id"
    ]


def _words(name):
    return {name, *name.split("_")}


def _alike(place, name, other):
    """Whether another attribute may well be mistaken for this one."""
    if other.value.id == "m":
        known = _fields_of_message(place)
        return other.attr in known if known else True
    return bool(_words(name) & _words(other.attr)) or name == other.attr


def _fields_of_message(place):
    """The fields of the message that a handler takes, by its name."""
    kind = place.space.get(place.function.name.removeprefix("on_"))
    if place.function.name == "on_Request":
        return {"id", "f", "key", "value"}
    return set(getattr(kind, "__annotations__", {}))


@operator
def key_of_another(place):
    """Look up another key that the function uses."""
    match place.node:
        case ast.Subscript(_, ast.Constant(str(key)), ast.Load()):
            keys = {
                node.slice.value: None
                for node in ast.walk(place.function or place.top)
                if isinstance(node, ast.Subscript)
                and isinstance(node.slice, ast.Constant)
                and isinstance(node.slice.value, str)
            }
            for other in keys:
                if other != key:
                    yield changed(place.node, slice=ast.Constant(other))


@operator
def counted_twice(place):
    """Count answers and not who gave them, so that one that comes again counts again."""
    match place.node:
        case ast.AugAssign(target, ast.BitOr(), ast.Set([ast.Name() as who]) as value):
            held = ast.Call(_name("len"), [changed(target, ctx=ast.Load())], [])
            yield [changed(place.node, value=changed(value, elts=[_pair_of(who, held)]))]
        case ast.AugAssign(target, ast.BitOr(), ast.Dict([ast.Name() as who], _) as value):
            held = ast.Call(_name("len"), [changed(target, ctx=ast.Load())], [])
            yield [changed(place.node, value=changed(value, keys=[_pair_of(who, held)]))]


def _pair_of(one, other):
    return ast.Tuple([one, other], ast.Load())


@operator
def emptied(place):
    """Begin with nothing in a set or map that begins with something."""
    match place.node:
        case ast.Call(ast.Name("frozenset" | "Map" | "set" | "tuple" | "list") as kind, [_]):
            yield ast.Call(kind, [], [])


@operator
def begun_anew(place):
    """Set a field to what it is at the start."""
    starts = {
        node.target.id: node.value
        for node in (place.kind.body if place.kind else ())
        if isinstance(node, ast.AnnAssign) and node.value is not None
    }
    match place.node:
        case ast.Assign([ast.Attribute(ast.Name("self"), name)]) if name in starts:
            yield [changed(place.node, value=starts[name])]
        case ast.Assign([ast.Tuple(targets)], ast.Tuple(values) as whole):
            for n, target in enumerate(targets):
                if isinstance(target, ast.Attribute) and target.attr in starts:
                    new = [*values[:n], starts[target.attr], *values[n + 1 :]]
                    yield [changed(place.node, value=changed(whole, elts=new))]


@operator
def rounded(place):
    """Reckon in whole numbers, where no node counts."""
    match place.node:
        case ast.BinOp(_, ast.Add() | ast.Sub()) if not place.fields:
            yield ast.Call(_name("int"), [place.node], [])


@operator
def changed_in_place(place):
    """Change what one was given, and hand that back."""
    match place.node:
        case ast.Return(ast.Dict(keys)) if keys and None not in keys:
            for name in place.parameters:
                update = ast.Attribute(_name(name), "update", ast.Load())
                done = ast.Expr(ast.Call(update, [place.node.value], []))
                yield [done, ast.Return(_name(name))]


@operator
def key_left_out(place):
    """Leave out one entry of what is handed back."""
    match place.node:
        case ast.Dict(keys, values) if place.function and len(keys) > 1:
            for n in range(len(keys)):
                less = {"keys": keys[:n] + keys[n + 1 :], "values": values[:n] + values[n + 1 :]}
                yield changed(place.node, **less)
