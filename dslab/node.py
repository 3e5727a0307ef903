"""The node contract: a protocol is a class of handlers, and everything else is its environment.

    class Echo(Node):
        heard: int = 0
        durable = ("heard",)

        def on_Ping(self, sender, m):
            self.heard += 1
            self.send(sender, Pong(m.number))

A node is a pure state machine. A handler is named after the class of the message that it takes; it
reads and rebinds the node's fields, and it collects effects with `send` and `set_timer`. It never
waits, never draws a random number and never reads a clock. The environment calls one handler at a
time, and when it has returned, writes the durable fields to disk and only then sends the messages
and sets the timers.

So the same class runs in the simulator, in an explorer of all schedules, over sockets and in a
browser. Pieces that several protocols need are parts of a node: see `dslab.part`.
"""

from operator import is_
from typing import Any, ClassVar, NamedTuple

from dslab.machine import Machine
from dslab.message import ContractError, Message, Reply, Request, Timer, as_class, origin
from dslab.part import Declared, Part, takers
from dslab.values import plain, same, show

__all__ = [
    "ContractError",
    "Message",
    "Node",
    "Part",
    "Pictured",
    "Reply",
    "Request",
    "Timer",
    "rehearse",
]


class Pictured(NamedTuple):
    """The names of the fields that pictures of a protocol ask for; "" for what it hasn't got.

    term            what grows from leader to leader: an int.
    log             a tuple of records, the first of which has index 1, or a Map from index to
                    record.
    entry_term      in a record, the term that it was made in.
    commit_index    up to which index the log is committed.
    snapshot_index  how many entries stand in a snapshot and no longer in the log: an int, or a
                    record with `index`.
    match_index, next_index  what a leader believes of each follower: Maps from names to indexes.
    """

    term: str = ""
    log: str = ""
    entry_term: str = ""
    commit_index: str = ""
    snapshot_index: str = ""
    match_index: str = ""
    next_index: str = ""


class Node(Declared):
    """Base of protocols. Annotated class attributes are the fields, with their initial values.

    A node has its own `id` (str), its `peers` (tuple of str, without itself) and, for protocols
    about clocks, `now` (milliseconds by its own clock, which may be wrong). A class says of itself:

    durable  the names of the fields that survive a crash.
    name     what files and shells call the protocol, such as "primary-backup".
    rules    what must hold in every state: functions of a view (`dslab.explore.view`), each with
             the section of the paper that states it.
    """

    # Held outside the instance's dict, so that `vars(node)` is the node's state and nothing else.
    __slots__ = ("id", "peers", "now", "outbox", "timers", "__dict__")

    name: ClassVar[str] = ""
    rules: ClassVar[tuple] = ()
    #: What a picture finds where. It guesses from no name.
    pictured: ClassVar[Pictured] = Pictured()
    _handlers: ClassVar[dict[type, Any]] = {}

    def __init__(self, id: str, peers=()):
        self.id = id
        self.peers = tuple(peers)
        self.now = 0.0
        self.outbox = []
        self.timers = {}
        self.__dict__.update(self.fields)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls._handlers = {}
        for kind in (Request, Reply):  # What may come without a part's name.
            names = takers(cls.parts, kind)
            if len(names) > 1 and not hasattr(cls, "on_" + kind.__name__):
                raise ContractError(
                    f"{_listed(names)} of {cls.__name__} {_all(names)} take a {kind.__name__}: "
                    f"declare `on_{kind.__name__}` in {cls.__name__}, and pass it on from there."
                )

    # What handlers use.

    def send(self, to: str, message: Message) -> None:
        """Send `message` to the node or client named `to`, once the handler has returned."""
        self.outbox.append((to, message))

    def broadcast(self, message: Message) -> None:
        """Send `message` to every peer."""
        for peer in self.peers:
            self.outbox.append((peer, message))

    def set_timer(self, timer: Timer, low: float, high: float | None = None) -> None:
        """Have `timer` fire after `low` to `high` ms; a pending timer of its class is replaced.

        The environment picks the moment: from a seed in the simulator, every moment in the
        explorer.
        """
        if isinstance(timer, type):
            raise ContractError(
                f"set_timer takes a timer, such as {timer.__name__}(), and got the class "
                f"{timer.__name__}."
            )
        high = low if high is None else high
        if not (
            isinstance(low, (int, float)) and isinstance(high, (int, float)) and 0 <= low <= high
        ):
            raise ContractError(
                f"set_timer({timer!r}, {low!r}, {high!r}): give the range in "
                "milliseconds, 0 or more, "
                "the lower end first."
            )
        self.timers[type(timer)] = (timer, low, high)

    def cancel_timer(self, kind: type) -> None:
        """Forget the pending timer of class `kind`, if there is one."""
        if not isinstance(kind, type):
            such = f"write `self.cancel_timer({type(kind).__name__})`"
            if not isinstance(kind, Timer):
                such = "write it as in `self.cancel_timer(Heartbeat)`"
            raise ContractError(
                f"cancel_timer takes the class of a timer, and got {kind!r}: {such}."
            )
        self.timers[kind] = None

    def on_start(self) -> None:
        """Called when the node boots, for the first time or after a crash."""

    # What a protocol says about itself.

    def leads(self) -> bool:
        """Whether this node believes that it leads. A protocol with a leader says so here, for
        those who look for it.
        """
        return False

    def role_word(self) -> str:
        """The protocol's word for what this node is just now, such as "candidate"; "" where it has
        no such words.
        """
        return ""

    # What environments use. Each leaves its effects in `outbox` and `timers`, for the environment
    # to take away.

    def start(self) -> None:
        """Boot: the parts first."""
        for path in self.parts:
            _part(self, path).on_start()
        self.on_start()

    def receive(self, sender: str, message: Message) -> None:
        """Handle `message` from `sender`."""
        kind = type(message)
        (self._handlers.get(kind) or self._find_handler(kind))(self, sender, message)

    def fire(self, timer: Timer) -> None:
        """Handle `timer`, which has just run out."""
        kind = type(timer)
        (self._handlers.get(kind) or self._find_handler(kind))(self)

    def copy(self) -> "Node":
        """Another node in the same state, without its pending effects."""
        twin = object.__new__(type(self))
        twin.id, twin.peers, twin.now, twin.outbox, twin.timers = (
            self.id,
            self.peers,
            self.now,
            [],
            {},
        )
        twin.__dict__.update(self.__dict__)
        return twin

    def disk(self) -> dict[str, Any]:
        """What a crash leaves: the durable fields."""
        state = self.__dict__
        return {name: state[name] for name in self.durable}

    @classmethod
    def recover(cls, id: str, peers, disk: dict[str, Any]) -> "Node":
        """The node after a crash: durable fields from `disk`, others at their initial values."""
        node = cls(id, peers)
        node.__dict__.update(disk)
        return node

    @classmethod
    def _find_handler(cls, kind: type):
        """The function that takes a message of class `kind`: the node's own, or a part's."""
        part, plain = origin(kind)
        for path, each in cls.parts.items():
            if kind.__name__ in {f"{path}_{what}" for what in each.indications}:
                raise ContractError(
                    f"on_{kind.__name__} of {cls.__name__} hears what {path} indicates, and can't "
                    f"handle {kind.__name__} as well: give the message another name."
                )
        handler = getattr(cls, "on_" + kind.__name__, None)
        if handler is None:
            names = takers(cls.parts, kind)
            if len(names) != 1:
                raise ContractError(
                    f"{_named(cls, part)} has no handler for {plain.__name__}: write `def "
                    f"on_{plain.__name__}(self{'' if issubclass(kind, Timer) else ', sender, m'})`"
                    + (f", for {_listed(names)} {_all(names)} have one." if names else ".")
                )
            handler = _part_s_handler(
                names[0], getattr(cls.parts[names[0]], "on_" + plain.__name__), plain
            )
        cls._handlers[kind] = handler
        return handler

    @classmethod
    def handler_of(cls, kind: type) -> str:
        """The name of the handler of messages of class `kind`: "Raft.on_Vote", or
        "Service.detector.on_Alive" of a part.
        """
        part, plain = origin(kind)
        if part is None and not hasattr(cls, "on_" + kind.__name__):
            part = next(iter(takers(cls.parts, kind)), None)
        return f"{_named(cls, part)}.on_{plain.__name__}"

    @classmethod
    def handles(cls, name: str) -> bool:
        """Whether the node, or the part that `name` begins with, handles messages or timers of this
        name: "Heartbeat", "detector.Check".
        """
        part, _, plain = name.rpartition(".")
        return hasattr(cls.parts.get(part) if part else cls, "on_" + plain)

    def __repr__(self):
        return f"{type(self).__name__} {self.id}: " + ", ".join(
            f"{name}={show(value)}" for name, value in self.__dict__.items()
        )


#: In strict mode, of one step. What sends more will seldom come to an end.
MESSAGES = 1_000


def rehearse(node: Node, step: str, *args) -> None:
    """Strict mode: run `node.<step>(*args)` on a copy, and demand the same of the node itself.

    Raises ContractError, naming the handler, where the two runs differ (something random, or shared
    between nodes), where a field or message can't be hashed (something mutable), or where a field
    was never declared.
    """
    twin, before = node.copy(), {} if step == "start" else vars(node).copy()
    getattr(twin, step)(*args)
    getattr(node, step)(*args)
    kind = type(node)

    def of(name: str) -> str:  # Only at the start do several handlers run: the parts' come first.
        part = name.rpartition(".")[0]
        own = f"{_named(kind, part if part in kind.parts else None)}.on_start"
        return f"{kind.handler_of(type(args[-1])) if args else own} of {node.id}"

    where = of("")
    for name in sorted(node.fields.keys() - vars(node).keys()):
        raise ContractError(f"{of(name)} deletes {name!r}: a field has a value always; rebind it.")
    for name in sorted(vars(node).keys() - node.fields.keys()):
        raise ContractError(
            f"{of(name)} sets {name!r}, which is not declared: write "
            f"`{name.rpartition('.')[2]}: type = initial value` in the class."
        )
    if len(node.outbox) > MESSAGES:
        raise ContractError(
            f"{where} sends {len(node.outbox):,} messages in one step: {MESSAGES:,} are the most."
        )
    for to, message in node.outbox:
        if not isinstance(to, str) or not isinstance(message, Message):
            what = (
                f"the class {message.__name__}"
                if isinstance(message, type)
                else show(plain(message, repr))
            )
            raise ContractError(
                f"{where} sends {what} to {show(plain(to, repr))}: "
                "write `self.send(name, message)`, with an instance of a Message class."
            )
    for name, value in _left_by(node, before):
        try:
            hash(value)
        except TypeError:
            by = f"{type(value).__name__}.apply, in {where}," if isinstance(value, Machine) else ""
            raise ContractError(
                f"{by or of(name)} leaves something mutable in {name!r} ({type(value).__name__} "
                f"{show(plain(value, repr))}): "
                "hold a tuple, frozenset or Map there, and rebind it to change it."
            ) from None
    if not same([vars(twin), twin.outbox, twin.timers], [vars(node), node.outbox, node.timers]):
        raise ContractError(
            f"{where} does different things in the same state: "
            "a handler draws no random numbers, reads no clock and changes nothing "
            "outside its node."
        )


def _left_by(node: Node, before: dict[str, Any]):
    """What a step leaves that wasn't there before, with a name: fields, messages, timers."""
    for name, value in vars(node).items():
        old = before.get(name)
        if value is old:
            continue
        if (
            isinstance(old, tuple)
            and isinstance(value, tuple)
            and len(old) <= len(value)
            and all(map(is_, old, value))
        ):
            # A log that grew: looking at all of it each time would cost its square.
            value = value[len(old) :]
        yield name, value
    yield from (("message to " + to, message) for to, message in node.outbox)
    yield from (("timer " + kind.__name__, setting) for kind, setting in node.timers.items())


def _part(node: Node, path: str) -> Part:
    for name in path.split("."):
        node = getattr(node, name)
    return node


def _part_s_handler(path: str, handler, plain: type):
    """A part's handler as one of its node's. The part hears messages of the class that it knows."""
    if issubclass(plain, Timer):
        return lambda node: handler(_part(node, path))
    return lambda node, sender, m: handler(
        _part(node, path), sender, m if type(m) is plain else as_class(plain, m)
    )


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _all(names: list[str]) -> str:
    return "both" if len(names) == 2 else "all"


def _named(cls: type[Node], part: str | None) -> str:
    return f"{cls.__name__}.{part}" if part else cls.__name__
