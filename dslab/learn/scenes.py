"""Where a run stands in which clients call: cheap to copy, so that a search goes on from it.

A `Scene` does what `dslab.learn.calling.Calling` does, step by step, and writes no trace. The
handlers are called once for each local state and message (`dslab.learn.remembered`).
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from dslab.errors import DslabError
from dslab.explore.client_views import Seen
from dslab.explore.spelling import is_meant, text_of
from dslab.learn.calling import TO_ITSELF, beside
from dslab.learn.remembered import Known, Remembered
from dslab.node import Reply, Request
from dslab.run.steps import word_of

__all__ = ["Answer", "Call", "Scene"]

#: How many messages may be handled while what is on its way arrives; more have no end.
MESSAGES = 300
#: How many messages a handler may send at once; more is a loop that forgot its end.
MOST = 1000


class Call(NamedTuple):
    """A call that is not answered yet, and the nodes that its own has heard from since."""

    client: str
    node: str
    request: Request
    heard: frozenset[str] = frozenset()


class Answer(NamedTuple):
    """The answer to a call."""

    call: Call
    reply: Reply


class Scene:
    """Nodes, what is on its way between them, and what their clients have seen.

    nodes    the state of each by name, None for one that is down.
    mail     (sender, receiver, message) of what is on its way, oldest first.
    timers   by node, what is pending: timers by the names of their classes.
    open     the calls that are not answered yet.
    answers  the answers, in their order.
    events   calls and answers, as `Seen.after` takes them.
    steps    what has been done, as a schedule.
    """

    def __init__(self, node_class: type[Remembered], names: Iterable[str], about: Any = None):
        self.memory, self.durable = node_class.memory, node_class.durable
        self.about, self.names = about, tuple(names)
        self.nodes: dict[str, Known | None] = {}
        self.disks: dict[str, tuple] = {}
        self.mail: list[tuple] = []
        self.timers: dict[str, dict] = {name: {} for name in self.names}
        self.handled: dict[tuple, Any] = {}
        self.ids: dict[str, int] = {}
        self.open: tuple[Call, ...] = ()
        self.answers: tuple[Answer, ...] = ()
        self.events: tuple[tuple, ...] = ()
        self.steps: list[tuple] = []
        self._outcomes: dict[tuple, tuple] = {}
        self._requests: dict[tuple, Request] = {}
        self._seen, self._told = Seen(), 0
        self._pool: dict[Seen, Seen] = {}  # One object for all that are equal: it keeps verdicts.
        self._after: dict[tuple, Seen] = {}
        for name in self.names:
            self._boot(name, None)

    def copy(self) -> "Scene":
        """Another one, where the same has happened."""
        twin = object.__new__(Scene)
        twin.__dict__.update(self.__dict__)
        twin.nodes, twin.disks, twin.mail = self.nodes.copy(), self.disks.copy(), self.mail.copy()
        twin.timers, twin.ids = self.timers.copy(), self.ids.copy()
        twin.handled, twin.steps = self.handled.copy(), self.steps.copy()
        return twin

    @property
    def key(self) -> tuple:
        """The same for two after which the same can happen."""
        token = self.memory.token
        return (
            self.place,
            tuple([(name, token(disk)) for name, disk in self.disks.items()]),
            self.seen,
            tuple([(client, request.id) for client, _, request, _ in self.open]),
        )

    @property
    def place(self) -> tuple:
        """The part of it that is nodes, timers and messages."""
        token = self.memory.token
        return (
            tuple([at and at.number for at in self.nodes.values()]),
            tuple([(sender, to, token(message)) for sender, to, message in self.mail]),
            tuple(
                [
                    (name, kind, token(timer))
                    for name, timers in self.timers.items()
                    for kind, timer in timers.items()
                ]
            ),
        )

    @property
    def up(self) -> tuple[str, ...]:
        """The nodes that run."""
        return tuple([name for name, at in self.nodes.items() if at is not None])

    @property
    def seen(self) -> Seen:
        """What clients have seen; worked out when it is asked for."""
        for happened in self.events[self._told :]:
            key = self._seen, *map(self.memory.token, happened)
            seen = self._after.get(key)
            if seen is None:
                seen = self._seen.after((happened,))
                seen = self._after[key] = self._pool.setdefault(seen, seen)
            self._seen = seen
        self._told = len(self.events)
        return self._seen

    # Steps.

    def perform(self, step: tuple) -> bool:
        """Do a step of a schedule; False where it is impossible."""
        word, *options = word_of(step), *step[1:]
        return getattr(self, "_" + word)(*options)

    def call(self, *step) -> None:
        """A client calls, as a step says."""
        self.perform(step)

    def _read(self, to, key=None, client=None):
        step = ("read", to, key, client)
        return self._asked(step, client or beside(to, self.names), "read", key, None, to)

    def _write(self, to, value, key=None, client=None):
        step = ("write", to, value, key, client)
        return self._asked(step, client or beside(to, self.names), "write", key, value, to)

    def _call(self, client, f, key=None, value=None, to=None):
        return self._asked(("call", client, f, key, value, to), client, f, key, value, to)

    def _asked(self, step, client, f, key, value, to):
        to = to or self.names[0]
        if self.nodes[to] is None:
            return False
        while step[-1] is None:
            step = step[:-1]
        self.steps.append(step)
        id = self.ids[client] = self.ids.get(client, 0) + 1
        if f in ("read", "write"):
            key = key or self.about
        request = self._requests.get((id, f, key, value))
        if request is None:
            request = self._requests[id, f, key, value] = Request(id, f, key, value)
        self._saw("call", client, id, f, key, value)
        self.open += (Call(client, to, request),)
        self.handled[client, to, "Request"] = request
        self._handle(to, "receive", client, request)
        return True

    def deliver(self, place: int) -> None:
        """The message at this place in the mail arrives; its receiver is up."""
        sender, to, message = self.mail[place]
        self.steps.append(("deliver", sender, to, *self._meant(place)))
        del self.mail[place]
        self._arrives(sender, to, message)

    def _meant(self, place: int) -> tuple:
        """How a step names this message beside its link, if the oldest is not meant."""
        sender, to, message = self.mail[place]
        before = [each for *link, each in self.mail[:place] if link == [sender, to]]
        kind = type(message).__name__
        if not before:
            return ()
        return (text_of(message) if any(is_meant(each, kind) for each in before) else kind,)

    def _arrives(self, sender, to, message):
        self.handled[sender, to, type(message).__name__] = message
        if any(call.node == to and sender not in call.heard for call in self.open):
            self.open = tuple(
                [
                    call._replace(heard=call.heard | {sender}) if call.node == to else call
                    for call in self.open
                ]
            )
        self._handle(to, "receive", sender, message)

    def _place(self, sender, to, kind=None) -> int | None:
        for place, (*link, message) in enumerate(self.mail):
            if link == [sender, to] and is_meant(message, kind):
                return place
        return None

    def _deliver(self, sender, to, kind=None):
        place = self._place(sender, to, kind)
        if place is None or self.nodes[to] is None:
            return False
        self.deliver(place)
        return True

    def _again(self, sender, to, kind):
        message = self.handled.get((sender, to, kind))
        if message is None or self.nodes[to] is None:
            return False
        self.steps.append(("again", sender, to, kind))
        self._arrives(sender, to, message)
        return True

    def _drop(self, sender, to, kind=None):
        place = self._place(sender, to, kind)
        if place is None:
            return False
        self.steps.append(("drop", sender, to, *self._meant(place)))
        del self.mail[place]
        return True

    def _duplicate(self, sender, to, kind):
        place = self._place(sender, to, kind)
        if place is None:
            return False
        self.steps.append(("duplicate", sender, to, kind))
        self.mail.append(self.mail[place])
        return True

    def _forge(self, sender, to, message):
        if self.nodes[to] is None:
            return False
        self.steps.append(("forge", sender, to, message))
        self._handle(to, "receive", sender, message)
        return True

    def _fire(self, name, kind):
        if kind not in self.timers[name]:
            return False
        self.timers[name] = dict(self.timers[name])
        timer = self.timers[name].pop(kind)
        self.steps.append(("fire", name, kind))
        self._handle(name, "fire", timer)
        return True

    def _crash(self, name):
        if self.nodes[name] is None:
            return False
        fields = self.nodes[name].fields
        self.disks[name] = tuple(
            (field, fields[field]) for field in self.durable if field in fields
        )
        self.nodes[name], self.timers[name] = None, {}
        self.steps.append(("crash", name))
        return True

    def _restart(self, name):
        if self.nodes[name] is not None:
            return False
        self.steps.append(("restart", name))
        self._boot(name, dict(self.disks.pop(name)))
        return True

    def _boot(self, name, disk):
        peers = tuple(other for other in self.names if other != name)
        self.nodes[name] = self.memory.booted(name, peers, disk)
        self._handle(name, "start")

    def _handle(self, name: str, what: str, *args) -> None:
        """A handler runs, and then those of what the node sends to itself."""
        waiting = [(what, args)]
        for _ in range(TO_ITSELF + 1):
            if not waiting:
                return
            what, args = waiting.pop(0)
            at, mail, to_itself, replies, timers = self._outcome(name, what, args)
            self.nodes[name] = at
            self.mail += mail
            waiting += to_itself
            if timers:
                left = self.timers[name] | timers
                self.timers[name] = {kind: left[kind] for kind in sorted(left) if left[kind]}
            for client, reply in replies:
                self._answer(client, reply)
        self.mail += [(name, name, message) for _, (_, message) in waiting]

    def _outcome(self, name: str, what: str, args: tuple) -> tuple:
        at, token = self.nodes[name], self.memory.token
        key = at.number, what, *map(token, args)
        outcome = self._outcomes.get(key)
        if outcome is None:
            done = self.memory.outcome(at, what, *args)
            if len(done.outbox) > MOST:
                raise DslabError(
                    f"{name} sends {len(done.outbox):,} messages in one step: look for a loop "
                    "around `send`."
                )
            mail = [(name, to, each) for to, each in done.outbox if to in self.names and to != name]
            itself = [("receive", (name, each)) for to, each in done.outbox if to == name]
            replies = [
                (to, each)
                for to, each in done.outbox
                if to not in self.names and isinstance(each, Reply)
            ]
            timers = {kind.__name__: given and given[0] for kind, given in done.timers.items()}
            outcome = self._outcomes[key] = done.after, mail, itself, replies, timers
        return outcome

    def _answer(self, client: str, reply: Reply) -> None:
        for call in self.open:
            if (call.client, call.request.id) == (client, reply.id):
                self.open = tuple([each for each in self.open if each is not call])
                self.answers += (Answer(call, reply),)
                self._saw("reply", client, reply.id, reply.value, reply.error)
                return

    def _saw(self, *happened) -> None:
        self.events += (happened,)

    # Several steps at once.

    def settle(self, *names: str) -> "Scene":
        """What is on its way between these nodes arrives, oldest first, and what follows."""
        for _ in range(MESSAGES):
            for place, (sender, to, _) in enumerate(self.mail):
                if sender in names and to in names and self.nodes[to] is not None:
                    self.deliver(place)
                    break
            else:
                break
        return self

    def newest(self, one: str, other: str) -> "Scene":
        """The newest message on a link arrives."""
        places = [place for place, (*link, _) in enumerate(self.mail) if link == [one, other]]
        if places and self.nodes[other] is not None:
            self.deliver(places[-1])
        return self

    def ask(self, one: str, other: str, again: bool = False, oldest: bool = False) -> "Scene":
        """The newest message on a link arrives, or the oldest, and its answers, or these twice."""
        places = [place for place, (*link, _) in enumerate(self.mail) if link == [one, other]]
        before = len(self.mail) - 1
        if not places or self.nodes[other] is None:
            return self
        self.deliver(places[0 if oldest else -1])
        for _ in range(sum(link == [other, one] for *link, _ in self.mail[before:])):
            back = [place for place, (*link, _) in enumerate(self.mail) if link == [other, one]]
            if not back or self.nodes[one] is None:
                break
            message = self.mail[back[-1]][2]
            self.deliver(back[-1])
            if again:
                self._again(other, one, type(message).__name__)
        return self

    def tick(self, *names: str) -> "Scene":
        """Each pending timer of these nodes runs out, once."""
        for name in names:
            for kind in list(self.timers[name]):
                self._fire(name, kind)
        return self

    def bounce(self, *names: str) -> "Scene":
        """These nodes crash, and boot again."""
        for name in names:
            self._crash(name)
        for name in names:
            self._restart(name)
        return self
