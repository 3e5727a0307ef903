"""What a node does beside changing its fields: messages, replies, timers, and what is durable."""

import ast

from dslab.learn.kills.operators import changed, operator
from dslab.message import Message, Timer

SENDS = "send", "broadcast"
TIMERS = "set_timer", "cancel_timer"


def _called(node, *names):
    """The call of a method of `self` of one of these names, where the statement is one."""
    match node:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name("self"), name)) as call) if name in names:
            return call
    return None


def _is_reply(call):
    match call.args:
        case [_, ast.Call(ast.Name("Reply"))]:
            return True
    return False


def _do(call, method=None, args=None):
    """The statement that calls another method of `self`, or with other arguments."""
    func = call.func if method is None else changed(call.func, attr=method)
    return ast.Expr(changed(call, func=func, args=call.args if args is None else args))


def _self(name):
    return ast.Attribute(ast.Name("self", ast.Load()), name, ast.Load())


@operator
def reply_dropped(place):
    """Don't answer a client."""
    if (call := _called(place.node, "send")) and _is_reply(call):
        yield []


@operator
def message_dropped(place):
    """Don't send a message."""
    if _called(place.node, *SENDS):
        yield []


@operator
def message_doubled(place):
    """Send a message twice; a client takes the first reply."""
    if (call := _called(place.node, *SENDS)) and not _is_reply(call):
        yield [place.node, place.node]


@operator
def message_to_another(place):
    """Send a message to whom the function knows besides, to oneself, to the first peer."""
    if call := _called(place.node, "send"):
        to, *rest = call.args
        others = [ast.Name(name, ast.Load()) for name in place.parameters if name != "m"]
        first = ast.Subscript(_self("peers"), ast.Slice(None, ast.Constant(1), None), ast.Load())
        for other in (*others, _self("id")):
            if ast.dump(other) != ast.dump(to):
                yield [_do(call, args=[other, *rest])]
        peer = ast.Name("peer", ast.Store())
        yield [_loop(peer, first, [_do(call, args=[ast.Name("peer", ast.Load()), *rest])])]


@operator
def message_to_all(place):
    """Send every peer what is for one, or one what is for every peer."""
    if call := _called(place.node, "send"):
        yield [_do(call, "broadcast", call.args[1:])]
    if call := _called(place.node, "broadcast"):
        peer = ast.Name("peer", ast.Load())
        for part in (
            ast.Slice(ast.Constant(1), None, None),
            ast.Slice(None, ast.Constant(1), None),
        ):
            some = ast.Subscript(_self("peers"), part, ast.Load())
            target = ast.Name("peer", ast.Store())
            yield [_loop(target, some, [_do(call, "send", [peer, *call.args])])]
        yield [place.node, _do(call, "send", [_self("id"), *call.args])]


def _loop(target, among, body):
    return ast.For(target, among, body, [], None)


@operator
def message_of_another_class(place):
    """Send a message of another class that has as many fields."""
    if call := _called(place.node, *SENDS):
        match call.args[-1]:
            case ast.Call(ast.Name(name), args, keywords) as made:
                for other in _classes(place.space, Message):
                    same = len(_annotations(place.space[other])) == len(args) + len(keywords)
                    if other != name and same and not keywords:
                        new = changed(made, func=ast.Name(other, ast.Load()))
                        yield [_do(call, args=[*call.args[:-1], new])]


@operator
def field_constant(place):
    """Put a value that is always the same into a message, or another one of its type."""
    match place.node:
        case ast.Call(ast.Name(name), args) if name in _classes(place.space, Message):
            types = list(_annotations(place.space[name]).values())
            for n, (arg, type) in enumerate(zip(args, types)):
                for value in {bool: (True, False), int: (0, 1), tuple: ((),)}.get(type, (None,)):
                    new = _constant(value)
                    if ast.dump(new) != ast.dump(arg):
                        yield changed(place.node, args=[*args[:n], new, *args[n + 1 :]])


def _constant(value):
    return ast.Tuple([], ast.Load()) if value == () else ast.Constant(value)


@operator
def replied_otherwise(place):
    """Answer with another value: of the request, or a field; or refuse."""
    match place.node:
        case ast.Call(ast.Name("Reply"), [id, *rest]):
            asked = [f"m.{name}" for name in ("value", "key", "f") if "m" in place.parameters]
            for text in (*asked, *(f"self.{field}" for field in place.fields)):
                if not rest or ast.unparse(rest[0]) != text:
                    yield changed(place.node, args=[id, ast.parse(text, mode="eval").body])
            error = ast.keyword("error", ast.Constant("refused"))
            yield changed(place.node, args=[id], keywords=[error])


@operator
def timer_not_set(place):
    """Don't set a timer."""
    if _called(place.node, "set_timer"):
        yield []


@operator
def timer_not_cancelled(place):
    """Let a timer run on."""
    if _called(place.node, "cancel_timer"):
        yield []


@operator
def timer_of_another_class(place):
    """Set or cancel another timer."""
    if call := _called(place.node, *TIMERS):
        what, *rest = call.args
        for name in _classes(place.space, Timer):
            own = ast.Name(name, ast.Load())
            match what:
                case ast.Call(ast.Name(mine)) if mine != name:
                    yield [_do(call, args=[changed(what, func=own), *rest])]
                case ast.Name(mine) if mine != name:
                    yield [_do(call, args=[own, *rest])]


@operator
def timer_cancelled(place):
    """Cancel a timer instead of setting it."""
    if call := _called(place.node, "set_timer"):
        match call.args[0]:
            case ast.Call(kind):
                yield [_do(call, "cancel_timer", [kind])]


@operator
def timeout_altered(place):
    """Wait always the same time, none, or a hundred times as long, where there are two timers: one
    alone may take any time.
    """
    call = _called(place.node, "set_timer")
    if call and len(_classes(place.space, Timer)) > 1:
        timer, *times = call.args
        if len(times) == 2:
            yield [_do(call, args=[timer, times[0]])]
            yield [_do(call, args=[timer, times[1], times[0]])]
        yield [_do(call, args=[timer, ast.Constant(0)])]
        longer = [ast.BinOp(time, ast.Mult(), ast.Constant(100)) for time in times]
        yield [_do(call, args=[timer, *longer])]


@operator
def not_durable(place):
    """Forget a field in a crash."""
    match place.node:
        case ast.Assign([ast.Name("durable")], ast.Tuple(names) as value):
            for n in range(len(names)):
                rest = changed(value, elts=names[:n] + names[n + 1 :])
                yield [changed(place.node, value=rest)]


@operator
def also_durable(place):
    """Keep in a crash what begins anew after it."""
    match place.node:
        case ast.Assign([ast.Name("durable")], ast.Tuple(names) as value):
            kept = {name.value for name in names if isinstance(name, ast.Constant)}
            for field in place.fields:
                if field not in kept:
                    yield [changed(place.node, value=changed(value, elts=[*names, _text(field)]))]


def _text(value):
    return ast.Constant(value)


@operator
def acknowledged_early(place):
    """Answer a client before the others are asked, and either go on or leave it at that.

    Both for all that the node is asked for, and for reads alone.
    """
    if not (_sends_to_many(place.node) and place.kind and place.function):
        return
    for client, id in _answered(place.kind):
        if {client, id.partition(".")[0]} <= {*place.locals}:
            for value in (*place.locals, "None", *(f"self.{field}" for field in place.fields)):
                reply = ast.parse(f"self.send({client}, Reply({id}, {value}))").body
                yield [*reply, place.node]
                yield [*reply, ast.Return(None)]
                read = "f" if "f" in place.locals else "m.f" if "m" in place.locals else None
                if read:
                    test = ast.parse(f"{read} == 'read'", mode="eval").body
                    yield [ast.If(test, [*reply, ast.Return(None)], []), place.node]


def _sends_to_many(node):
    return bool(_called(node, "broadcast")) or (
        isinstance(node, ast.For) and any(_called(each, "send") for each in node.body)
    )


def _answered(kind):
    """(client, id) of each reply in a class, as text."""
    found = []
    for node in ast.walk(kind):
        if (call := _called(node, "send")) and _is_reply(call):
            client, reply = call.args
            if reply.args:
                found.append((ast.unparse(client), ast.unparse(reply.args[0])))
    return dict.fromkeys(found)


def _classes(space, base):
    return [
        name
        for name, thing in space.items()
        if isinstance(thing, type) and issubclass(thing, base) and thing is not base
    ]


def _annotations(kind):
    return getattr(kind, "__annotations__", {})
