"""Comparisons and guards."""

import ast

from dslab.learn.kills.operators import changed, operator

TURNED = {
    ast.Lt: (ast.LtE, ast.GtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt, ast.GtE),
    ast.Gt: (ast.GtE, ast.LtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt, ast.LtE),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ORDER = ast.Lt, ast.LtE, ast.Gt, ast.GtE


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, type(None)))


def _pair(node):
    """A comparison of two things: (left, the operator's class, right), or None."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return node.left, type(node.ops[0]), node.comparators[0]
    return None


def _compare(left, kind, right):
    return ast.Compare(left, [kind()], [right])


@operator
def comparison_turned(place):
    """Compare the other way round, let equality count or not, ask for the opposite."""
    if pair := _pair(place.node):
        left, kind, right = pair
        for other in TURNED.get(kind, ()):
            if not (other in ORDER and (_is_text(left) or _is_text(right))):
                yield _compare(left, other, right)


@operator
def comparison_shifted(place):
    """Ask for one more or one less than the bound: `>=` of one less, `>` of one more."""
    if (pair := _pair(place.node)) and pair[1] in ORDER:
        left, kind, right = pair
        if not (_is_text(right) or isinstance(left, ast.Tuple) or isinstance(right, ast.Tuple)):
            less = kind in (ast.GtE, ast.Lt)
            one = ast.BinOp(right, ast.Sub() if less else ast.Add(), ast.Constant(1))
            yield _compare(left, kind, one)


def _items(node, size):
    """The items of a pair, of a tuple that is written out or of any other."""
    if isinstance(node, ast.Tuple):
        return node.elts
    return [ast.Subscript(node, ast.Constant(n), ast.Load()) for n in range(size)]


def _is_tuple(node, place):
    own = isinstance(node, ast.Attribute) and place.fields.get(node.attr, "").startswith("tuple")
    return isinstance(node, ast.Tuple) or own


@operator
def order_taken_apart(place):
    """Compare a pair's items one by one, where the first decides and the second breaks a tie."""
    pair = _pair(place.node)
    if not pair or pair[1] not in ORDER or not any(_is_tuple(x, place) for x in pair[::2]):
        return
    left, kind, right = pair
    size = next((len(x.elts) for x in (left, right) if isinstance(x, ast.Tuple)), 2)
    if size < 2:
        return
    ones, others = _items(left, size), _items(right, size)
    each = [_compare(one, kind, other) for one, other in zip(ones, others)]
    yield ast.BoolOp(ast.And(), each)
    yield ast.BoolOp(ast.Or(), each)
    yield from each
    for place_of_it in range(size):  # Strictly so in one item, whatever the others say.
        strict = {ast.GtE: ast.Gt, ast.LtE: ast.Lt}.get(kind, kind)
        yield _compare(ones[place_of_it], strict, others[place_of_it])


@operator
def another_field_compared(place):
    """Compare two nodes by another field that both have, such as the value for the version."""
    match place.node:
        case ast.Compare(ast.Attribute(one, field), [order], [ast.Attribute(other, again)]):
            if field == again and type(order) in ORDER:
                for name in place.fields:
                    if name != field:
                        one_s, other_s = (ast.Attribute(x, name, ast.Load()) for x in (one, other))
                        yield _compare(one_s, type(order), other_s)


@operator
def guard_constant(place):
    """Take a condition for true, or for false."""
    holder = isinstance(place.parent, (ast.If, ast.IfExp, ast.While)) and place.field == "test"
    among = isinstance(place.parent, ast.comprehension) and place.field == "ifs"
    if holder or among or (isinstance(place.parent, ast.Assert) and place.field == "test"):
        yield ast.Constant(True)
        yield ast.Constant(False)


@operator
def guard_turned(place):
    """Do when the condition doesn't hold what was to be done when it does."""
    if isinstance(place.node, (ast.If, ast.IfExp, ast.While)):
        match place.node.test:
            case ast.UnaryOp(ast.Not(), test):
                yield changed(place.node, test=test)
            case test:
                yield changed(place.node, test=ast.UnaryOp(ast.Not(), test))


@operator
def condition_left_out(place):
    """Ask for one condition less."""
    if isinstance(place.node, ast.BoolOp):
        values = place.node.values
        for n in range(len(values)):
            rest = values[:n] + values[n + 1 :]
            yield rest[0] if len(rest) == 1 else changed(place.node, values=rest)


@operator
def condition_turned(place):
    """Ask for the opposite of one condition among several, or of what is negated."""
    match place.node:
        case ast.BoolOp(_, values):
            for n, value in enumerate(values):
                if not isinstance(value, ast.Compare):
                    turned = ast.UnaryOp(ast.Not(), value)
                    yield changed(place.node, values=[*values[:n], turned, *values[n + 1 :]])
        case ast.UnaryOp(ast.Not(), value):
            yield value


@operator
def and_for_or(place):
    """Ask for one of several conditions, or for all of them."""
    if isinstance(place.node, ast.BoolOp):
        turned = ast.Or() if isinstance(place.node.op, ast.And) else ast.And()
        yield changed(place.node, op=turned)


@operator
def branches_swapped(place):
    """Take the other of two values."""
    if isinstance(place.node, ast.IfExp):
        yield place.node.body
        yield place.node.orelse


@operator
def member_left_out(place):
    """Accept one value fewer: `x in (a, b)`."""
    match place.node:
        case ast.Compare(left, [ast.In() | ast.NotIn() as op], [ast.Tuple(values) as among]):
            for n in range(len(values)):
                rest = changed(among, elts=values[:n] + values[n + 1 :])
                yield ast.Compare(left, [op], [rest])


@operator
def cases_swapped(place):
    """Do in one case of a `match` what was to be done in the next."""
    if isinstance(place.node, ast.Match):
        cases = place.node.cases
        for n, (one, other) in enumerate(zip(cases, cases[1:])):
            turned = [changed(one, body=other.body), changed(other, body=one.body)]
            yield [changed(place.node, cases=[*cases[:n], *turned, *cases[n + 2 :]])]
        for n in range(len(cases) if len(cases) > 1 else 0):
            yield [changed(place.node, cases=cases[:n] + cases[n + 1 :])]
