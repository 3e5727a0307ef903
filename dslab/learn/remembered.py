"""A submission whose handlers are called once for each local state and message.

`remembered(MyRaft)` is a class of nodes that do what MyRaft's do. What a handler did in a state is
looked up the next time, so that a thousand schedules cost little more than the states they meet. It
makes no difference whether MyRaft is a class of this process or stands for one in another.
"""

from contextlib import nullcontext
from operator import is_
from typing import Any, ClassVar, NamedTuple

from dslab.learn.limits import limited, passed_on
from dslab.node import Message, Node, rehearse
from dslab.values import Map, Value, exact

__all__ = ["Remembered", "remembered", "said_by"]


class Known(NamedTuple):
    """A state of one node: its number, its fields, a node in it, and what that says of itself; and
    whether it has started.
    """

    number: int
    fields: dict[str, Any]
    node: Any
    said: tuple[bool, str]
    started: bool


class Outcome(NamedTuple):
    """What a handler left: the state, the messages and the timers."""

    after: Known
    outbox: tuple
    timers: dict[type, Any]


class Memory:
    """The states that a submission's nodes have been in, and what its handlers did there.

    trusted  whether neither limits nor the node contract are watched.
    """

    def __init__(self, submission: type, trusted: bool = False):
        self.submission, self.trusted = submission, trusted
        self._states: dict[tuple, Known] = {}
        self._outcomes: dict[tuple, Outcome | BaseException] = {}
        self._tokens: dict[Any, tuple] = {}  # For each value but the smallest, one object.
        self._found: dict[int, tuple] = {}  # The same by identity, which is faster.
        self._kept: list[Any] = []  # So that no other value gets the identity of these.

    def booted(self, id: str, peers: tuple[str, ...], disk: dict[str, Any] | None) -> Known:
        """A node that has not started: a new one, or one with this disk."""
        key = "booted", id, peers, disk is None or self._key(disk)
        if key not in self._states:
            with self._limits():
                if disk is None:
                    node = self.submission(id, peers)
                else:
                    node = self.submission.recover(id, peers, disk)
            self._states[key] = Known(len(self._states), dict(vars(node)), node, (False, ""), False)
        return self._states[key]

    def found(self, node: "Remembered") -> Known:
        """The state that a node is in, by its fields: whoever explores sets them."""
        at, fields = node.at, vars(node)
        as_left = len(fields) == len(at.fields) and all(
            map(is_, fields.values(), at.fields.values())
        )
        return (
            at if as_left and at.started else self._states[node.id, node.peers, self._key(fields)]
        )

    def outcome(self, at: Known, step: str, *args) -> Outcome:
        """What comes of one step in this state. Raises what the submission raises."""
        key = at.number, step, *map(self.token, args)
        if key not in self._outcomes:
            try:
                self._outcomes[key] = self._worked_out(at, step, args)
            except BaseException as error:
                self._outcomes[key] = passed_on(error)
        outcome = self._outcomes[key]
        if isinstance(outcome, BaseException):
            vars(outcome).pop("__notes__", None)  # Those of another run.
            raise outcome
        return outcome

    def _limits(self):
        return nullcontext() if self.trusted else limited()

    def _worked_out(self, at: Known, step: str, args: tuple) -> Outcome:
        node = at.node.copy()
        if self.trusted or not isinstance(node, Node):  # The other process watches the contract.
            with self._limits():
                getattr(node, step)(*args)
        else:
            twin = at.node.copy()
            with self._limits():
                getattr(twin, step)(*args)
                getattr(node, step)(*args)
            if not self._is_clean(node, twin):
                node = at.node.copy()
                with self._limits():
                    rehearse(node, step, *args)  # It says what is wrong.
        outbox, node.outbox, timers, node.timers = tuple(node.outbox), [], dict(node.timers), {}
        key = node.id, node.peers, self._key(vars(node))
        if key not in self._states:
            with self._limits():
                said = said_by(node)
            self._states[key] = Known(len(self._states), dict(vars(node)), node, said, True)
        return Outcome(self._states[key], outbox, timers)

    def _is_clean(self, node: Node, twin: Node) -> bool:
        """Whether two runs of a handler left the same, and nothing that the contract forbids."""
        try:
            return (
                vars(node).keys() == node.fields.keys()
                and all(type(to) is str and isinstance(sent, Message) for to, sent in node.outbox)
                and self._key(vars(node)) == self._key(vars(twin))
                and self.token(tuple(node.outbox)) is self.token(tuple(twin.outbox))
                and self._key(node.timers) == self._key(twin.timers)
            )
        except TypeError:
            return False

    def _key(self, fields: dict) -> tuple:
        return tuple(fields), tuple(map(self.token, fields.values()))

    def token(self, value: Any) -> Any:
        """What stands for a value in a key: one object for all that are the `same`. Raises
        TypeError where it can't be hashed.
        """
        kind = type(value)
        if kind is str or kind is int or value is None:
            return value
        token = self._found.get(id(value))
        if token is None:
            token = self._tokens.setdefault(self._content(kind, value), (len(self._tokens),))
            self._found[id(value)] = token
            self._kept.append(value)
        return token

    def _content(self, kind: type, value: Any) -> Any:
        """What tells a value from others, as `exact` does; the parts of most have tokens already.
        What a class of the submission says about it counts as its code.
        """
        if kind is tuple or kind is frozenset:
            return kind, kind(map(self.token, value))
        if kind is Map:
            return kind, frozenset((self.token(key), self.token(value[key])) for key in value)
        if issubclass(kind, Value):
            return kind, *map(self.token, vars(value).values())
        if kind is bool or kind is float or kind is type:
            return exact(value)
        with self._limits():
            hash(value)  # A list has no token.
            return exact(value)


class Remembered(Node):
    """A node whose handlers are looked up; `remembered` makes a class of it."""

    __slots__ = ("at",)
    memory: ClassVar[Memory]

    def __init__(self, id, peers=(), disk=None):
        super().__init__(id, peers)
        self._enter(self.memory.booted(id, self.peers, disk))

    def _enter(self, state: Known) -> None:
        self.at = state
        self.__dict__.clear()
        self.__dict__.update(state.fields)

    def _step(self, step: str, *args) -> None:
        at = self.at if step == "start" else self.memory.found(self)
        outcome = self.memory.outcome(at, step, *args)
        self._enter(outcome.after)
        self.outbox, self.timers = list(outcome.outbox), dict(outcome.timers)

    def start(self):
        """Boot."""
        self._step("start")

    def receive(self, sender, message):
        """Handle `message` from `sender`."""
        self._step("receive", sender, message)

    def fire(self, timer):
        """Handle `timer`."""
        self._step("fire", timer)

    def leads(self):
        """What the submission says."""
        return self.at.said[0]

    def role_word(self):
        """What the submission says."""
        return self.at.said[1]

    @classmethod
    def recover(cls, id, peers, disk):
        """The node after a crash, with these durable fields."""
        return cls(id, peers, disk)

    @classmethod
    def handles(cls, name):
        """It may: whether it does shows when it is asked to."""
        return True


def remembered(submission: type, trusted: bool = False) -> type[Remembered]:
    """A class of nodes that do what those of `submission` do, each step worked out once.

    A submission with no state outside its nodes' fields can't tell the difference: the node
    contract. What its handlers raise is raised each time.
    """
    if issubclass(submission, Remembered):
        return submission
    kind = type(submission.__name__, (Remembered,), {"memory": Memory(submission, trusted)})
    kind.durable, kind.pictured = tuple(submission.durable), submission.pictured
    return kind


def said_by(node) -> tuple[bool, str]:
    """What pictures ask of a node. A submission that can't say it is still graded."""
    try:
        return bool(node.leads()), str(node.role_word())
    except Exception:
        return False, ""
