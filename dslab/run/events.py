"""The events of a run, as a trace records them.

The events, with what stands in `place`, `other`, `ref` and `data` (unused columns are None):

| kind    | happens when           | place    | other    | ref        | data                      |
|---------|------------------------|----------|----------|------------|---------------------------|
| start   | a node boots           | node     |          |            |                           |
| send    | a message leaves       | sender   | receiver |            | the message               |
| deliver | a message is handled   | receiver | sender   | its send   | what it had become, where |
|         |                        |          |          |            | it was altered on its way |
| lose    | a message is gone      | receiver | sender   | its send   | why: loss, cut, down,     |
|         |                        |          |          |            | corrupt, dropped          |
| set     | a timer is set         | node     |          |            | (timer, due time in µs)   |
| cancel  | a timer is cancelled   | node     |          |            | the timer's class name    |
| fire    | a timer runs out       | node     |          | its set    | the timer                 |
| crash   | a node stops; its      | node     |          |            | what else, where there is |
|         | volatile state is gone |          |          |            |                           |
| restart | it boots from its      | node     |          |            |                           |
|         | durable fields         |          |          |            |                           |
| pause   | a node stops handling; | node     |          |            |                           |
|         | nothing is lost        |          |          |            |                           |
| resume  | it goes on             | node     |          |            |                           |
| cut     | links go down          |          |          |            | pairs (from, to) now down |
| heal    | all links are up again |          |          |            |                           |
| fault   | anything else goes     |          |          |            | (name, details, sentence) |
|         | wrong, or right again  |          |          |            |                           |
| invoke  | a client calls         | client   |          |            | (process, f, key, value)  |
| ok      | its answer came        | client   |          | its invoke | the value                 |
| fail    | it was refused         | client   |          | its invoke | the error                 |
| info    | it gives up waiting    | client   |          | its invoke | why                       |
| mark    | the scenario says      |          |          |            | a sentence                |
|         | something              |          |          |            |                           |
| act     | a specification takes  | its lane |          |            | the action's name         |
|         | an action              |          |          |            |                           |
| tell    | a lane does what its   | its lane |          |            | the sentence              |
|         | sentence says          |          |          |            |                           |

A step is a handler's run: a start, deliver, fire or restart with the sends, sets and cancels that
follow it at the same time and place. `state` (a dict) is there on those four, and on an act or
tell. A message that is duplicated is delivered twice with the same ref. `ref` is the number of an
earlier event.
"""

from typing import Any, NamedTuple

__all__ = ["CAUSES", "KINDS", "STATEFUL", "Event"]

#: Every kind of event, with the letter that it has in a recorded run.
KINDS = {
    "start": "b",
    "send": "s",
    "deliver": "d",
    "lose": "x",
    "set": "t",
    "cancel": "c",
    "fire": "f",
    "crash": "k",
    "restart": "r",
    "pause": "p",
    "resume": "u",
    "cut": "P",
    "heal": "H",
    "fault": "F",
    "invoke": "i",
    "ok": "o",
    "fail": "n",
    "info": "?",
    "mark": "m",
    "act": "a",
    "tell": "l",
}
#: The kinds that come with a node's state, and for those with a `ref` the kind that it refers to.
STATEFUL = ("start", "deliver", "fire", "restart", "act", "tell")
CAUSES = {
    "deliver": "send",
    "lose": "send",
    "fire": "set",
    "ok": "invoke",
    "fail": "invoke",
    "info": "invoke",
}


class Event(NamedTuple):
    """One event; the module's table says what each column holds. `time` is in microseconds."""

    time: int
    kind: str
    place: str | None = None
    other: str | None = None
    ref: int | None = None
    data: Any = None
    state: dict[str, Any] | None = None
