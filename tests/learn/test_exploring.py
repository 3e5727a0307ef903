"""A submission's class under all orders of steps: what schedules miss is found, in few steps, and
told the same here and from a shell.
"""

import pytest

from dslab.check.models import Register
from dslab.explore.client_views import Seen
from dslab.explore.clients import caller
from dslab.explore.schedule import Stepper
from dslab.learn.exploring import Space, seen_by_client
from dslab.learn.remembered import remembered
from dslab.learn.schedules import ScheduleSearch
from dslab.learn.shell.remote import Submission
from dslab.learn.watching import Watcher
from dslab.node import Node, Reply

SOURCE = """
from dslab.learn import check
from dslab.node import Message, Node, Reply

class Copy(Message):
    value: int

class {name}(Node):
    value: int = 0
    durable = {durable}

    def on_Request(self, client, m):
        if m.f == "write":
            self.value = max(self.value, m.value)
            self.broadcast(Copy(self.value))
        self.send(client, Reply(m.id, self.value))

    def on_Copy(self, peer, m):
        {on_copy}

check("kept", {name})
"""


class Look(Watcher):
    """What c1 sees is one register's, and in the end both nodes hold the same."""

    def __init__(self, names, stop_at=None):
        super().__init__(names, stop_at)
        self.seen, self.handled = Seen(), 0

    @property
    def progress(self):
        return self.handled > 0

    def look(self, event):
        if event.node == "c1":
            self.seen = self.seen.after(seen_by_client(event))
            self.handled = max(self.handled, len(event.outbox))
            if not self.seen.linearizable(Register):
                self.breach("linearizable", "No order explains what c1 has seen.")

    def rest(self, nodes):
        values = {fields["value"] for name, fields in nodes.items() if fields and name != "c1"}
        if len(values) > 1:
            self.breach("converge", f"At rest the nodes hold {sorted(values)}.")


BOTH_WRITE = "calls", ("n1", "write", "x", 1), ("n2", "write", "x", 2)
READS = "calls", ("n1", "write", "x", 1), ("n1", "read", "x")
RULES = {
    "linearizable": "One register.",
    "converge": "They converge.",
    "runs": "Every handler comes to its end.",
}


def search(start, outstanding=2, **bounds):
    def set_up(submission, start):
        calls = caller(*start[1:], outstanding=outstanding)
        nodes = {"n1": submission, "n2": submission, "c1": calls}
        return Stepper(nodes, nodes, peers=("n1", "n2"), lenient=True)

    spaces = [Space(start, bounds)]
    return ScheduleSearch(
        set_up, Look, RULES, "calls", [], lambda seed: start, spaces=spaces, schedules=0
    )


def source(name, durable='"value",', on_copy="self.value = max(self.value, m.value)"):
    return SOURCE.format(name=name, durable=durable, on_copy=on_copy)


def submission(text):
    space = {"__name__": "__main__"}
    exec(compile(text.replace("check(", "kept = ("), "<cell 1>", "exec"), space)
    return space["kept"][1]


def broken(kind, *start, **bounds):
    return search(*start, **bounds).survey(kind).to_the_end().broken


KEPT, LAST, FORGETS = (
    source("Kept"),
    source("Last", on_copy="self.value = m.value"),
    source("Forgets", durable="()"),
)
RAISES = source("Raises", on_copy="self.value = {2: 2}[m.value]")


def test_what_keeps_the_rules_keeps_them_in_all_states():
    for looks in (search(BOTH_WRITE, losses=0), search(READS, 1, crashes=1)):
        survey = looks.survey(submission(KEPT)).to_the_end()
        assert not survey.broken and survey.counted["states"] > 20


FOUND = [
    (LAST, BOTH_WRITE, {}, "converge", 6, "At rest the nodes hold [1, 2]."),
    (FORGETS, READS, {"outstanding": 1, "crashes": 1}, "linearizable", 6, "No order explains"),
    (KEPT, BOTH_WRITE, {"losses": 1}, "converge", 6, "At rest the nodes hold [1, 2]."),
    (RAISES, BOTH_WRITE, {}, "runs", 2, "Your code raised KeyError: 1 (on_Copy, line 19)"),
]


@pytest.mark.parametrize("text, start, bounds, rule, steps, sentence", FOUND)
def test_what_breaks_a_rule_in_some_order_is_told_in_few_steps(
    text, start, bounds, rule, steps, sentence
):
    kind, looks = submission(text), search(start, **bounds)
    found = looks.survey(kind).to_the_end().broken[rule]
    assert sentence in str(found) and len(found.steps) - 1 <= steps, found.steps
    again = looks.replay(kind, list(found.steps), start)
    assert again.sentences()[-1] == found.trace.sentences()[-1]
    assert str(found).rstrip(".") in again.sentences()[-1]


@pytest.mark.parametrize("text, start, bounds, rule, steps, sentence", FOUND)
def test_from_a_shell_it_is_told_the_same(text, start, bounds, rule, steps, sentence, tmp_path):
    here = broken(submission(text), start, **bounds)
    with Submission(tmp_path) as child:
        found, _ = child.run([text])
        there = broken(found["kept"], start, **bounds)
    assert here.keys() == there.keys()
    for rule in here:
        assert str(here[rule]) == str(there[rule]) and here[rule].steps == there[rule].steps
        assert here[rule].trace.sentences() == there[rule].trace.sentences()


def test_a_handler_is_called_once_for_each_state_and_message():
    calls = []

    class Counts(Node):
        value: int = 0

        def on_Request(self, client, m):
            calls.append((self.id, self.value, m))
            self.value = m.value
            self.send(client, Reply(m.id, None))

    kind = remembered(Counts, trusted=True)
    survey = search(BOTH_WRITE, losses=1, duplicates=1).survey(kind).to_the_end()
    assert survey.counted["states"] > 50 and len(calls) == len(set(calls)) < 10
