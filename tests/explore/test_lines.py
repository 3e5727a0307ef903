"""Coverage: which branches of a handler were taken, told in words."""

from dslab.explore.coverage import Lines
from dslab.explore.nodes import Nodes
from dslab.explore.search import explore
from dslab.node import Message, Node
from dslab.protocols.raft import Raft


class Number(Message):
    value: int


class Judge(Node):
    seen: tuple = ()

    def on_Number(self, sender, m):
        if m.value > 1 and m.value < 9:
            self.seen += ("some",)
        elif m.value == 0:
            self.seen += ("none",)
        else:
            self.seen += ("one or many",)
        for _ in range(m.value):
            self.seen += ("big",) if m.value > 5 else ("small",)
        if not self.seen:
            return
        while len(self.seen) > 3:
            self.seen = self.seen[1:]

    def on_start(self):
        pass

    def never(self):
        if self.seen:
            self.seen = ()


def missing(*values):
    lines, node = Lines([Judge]), Judge("n1")
    with lines:
        for value in values:
            node.receive("n2", Number(value))
    return lines.missing()


def test_branches_that_went_one_way_are_named():
    assert missing(1) == [
        "Judge.on_Number: the branch at 'if m.value > 1 and m.value < 9' was never taken",
        "Judge.on_Number: the branch at 'if m.value == 0' was never taken",
        "Judge.on_Number: the branch at 'if m.value > 5' was never taken",
        "Judge.on_Number: the branch at 'if not self.seen' was never taken",
        "Judge.on_Number: the branch at 'while len(self.seen) > 3' was never taken",
        "Judge.on_start",
        "Judge.never",
    ]


def test_a_loop_that_never_turns_and_a_test_that_is_always_true_are_named():
    assert missing(0)[:3] == [
        "Judge.on_Number: the branch at 'if m.value > 1 and m.value < 9' was never taken",
        "Judge.on_Number: 'if m.value == 0' was never false",
        "Judge.on_Number: the branch at 'for … in range(m.value)' was never taken",
    ]


def test_both_ways_are_quiet():
    assert missing(0, 1, 4, 7, 10) == [
        "Judge.on_Number: the branch at 'if not self.seen' was never taken",
        "Judge.on_start",
        "Judge.never",
    ]


def test_a_class_without_its_text_has_lines_still():
    space = {"Node": Node}
    exec(
        "class Blind(Node):\n    def on_start(self):\n        if self.peers:\n           "
        " self.timers = {}\n",
        space,
    )
    lines = Lines([space["Blind"]])
    with lines:
        space["Blind"]("n1").start()
    assert lines.missing() == ["Blind.on_start, line 3"]


def test_an_explorer_says_which_branches_its_bounds_leave_out():
    found = explore(
        Nodes(
            dict.fromkeys(("n1", "n2", "n3"), Raft),
            fires={"ElectionTimeout": 1, "Heartbeat": 0},
            coverage=True,
        )
    )
    assert (
        "Raft.on_AppendEntries: the branch at 'if self.term_at(m.prev_log_index) != "
        "m.prev_log_term' was never taken" in found.never_run
    )
    assert "Raft.on_Request" in found.never_run
