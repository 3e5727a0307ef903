"""Mutants of right answers: how they are made, tried and told."""

import ast
import json

import pytest

from dslab.cli.program import run
from dslab.explore.clients import caller
from dslab.learn.finding import exercise_named, known_exercises
from dslab.learn.kills import Change, derive, measure
from dslab.learn.kills.alike import called, explored, judged, observed, together
from dslab.learn.kills.operators import operators
from dslab.learn.kills.trials import each_apart, tried
from dslab.learn.kills.variants import answers_file, variants

ANSWERS = '''
"""Answers."""
from dslab.node import Node, Reply
from dslab.values import Map

UNUSED = 3


class Cashier(Node):
    "Charges once."

    total: int = 0
    charged: frozenset = frozenset()
    durable = "total", "charged"

    def on_Request(self, client, m):
        if m.f == "charge" and m.key not in self.charged:
            self.charged |= {m.key}
            self.total += m.value
        self.send(client, Reply(m.id, self.total))


answer = Cashier
others = {"again": Cashier}
'''


@pytest.fixture
def answers(tmp_path):
    def written(text=ANSWERS):
        path = tmp_path / "answers.py"
        path.write_text(text)
        return path

    return written


def made(path):
    return list(derive(variants(path)))


def made_of(path, operator):
    return [m for m in made(path) if m.operator == operator]


def test_a_mutant_is_told_by_its_operator_its_line_and_the_change(answers):
    [first, second] = made_of(answers(), "not durable")
    assert str(first).splitlines() == [
        "answers.py:14  Cashier: not durable",
        "    - durable = ('total', 'charged')",
        "    + durable = ('charged',)",
    ]
    assert second.build().durable == ("total",) and second.variant.build().durable[1] == "charged"


def test_each_mutant_is_another_program_and_compiles(answers):
    spelled = [tuple(map(ast.unparse, mutant.statements)) for mutant in made(answers())]
    assert len(spelled) == len(set(spelled)) > 40
    assert tuple(map(ast.unparse, variants(answers())[0].statements)) not in spelled
    changes = [mutant.change for mutant in made(answers())]
    assert len(changes) == len(set(changes))


def test_a_change_is_named_as_before_when_lines_move(answers):
    before = [mutant.change for mutant in made(answers())]
    moved = ANSWERS.replace("UNUSED = 3", "# One line more.\n\nUNUSED = 4")
    assert [mutant.change for mutant in made(answers(moved))] == before


def test_what_two_answers_share_is_changed_once_and_what_none_needs_not_at_all(answers):
    assert {mutant.variant.label for mutant in made(answers())} == {"answer"}
    assert not any("UNUSED" in mutant.change.old for mutant in made(answers()))


def test_texts_that_say_nothing_are_left_alone(answers):
    text = "def answer(x):\n  'Says.'\n  if x < 1:\n    raise ValueError('no', 1)\n  return x\n"
    changed = [mutant.change for mutant in made(answers(text))]
    assert changed and not any("Says" in change.old for change in changed)
    assert not any(
        change.old.startswith("raise") and change.new.startswith("raise") for change in changed
    )


def test_data_is_changed_entry_by_entry(answers):
    path = answers("cut = ('cut', 'n1')\nanswer = {'a': [cut, ('heal',)], 'b': [cut]}\n")
    changed = [mutant.change for mutant in made(path)]
    assert {change.where for change in changed} >= {"['a']", "['a'][0]", "['b'][0][1]"}
    assert any(m.build() == {"a": [("heal",)], "b": [("cut", "n1")]} for m in made(path))
    assert any(m.build() == {"b": [("cut", "n1")]} for m in made(path))


def test_every_operator_says_what_it_does_and_is_named_once():
    names = [operator.__name__ for operator in operators()]
    assert len(names) == len(set(names)) and all(operator.__doc__ for operator in operators())


@pytest.mark.parametrize(
    "bug, told",
    [
        ("while True: pass", "charges"),
        ("import os; os._exit(0)", "ended"),
        ("import os; os.kill(os.getpid(), 9)", "ended"),
        ("max(iter(int, 1))", "ended"),
        ("print('x' * 10**6)", "charges"),
        ("raise SystemExit", "charges"),
    ],
)
def test_whatever_a_mutant_does_ends(bug, told, answers):
    [mutant] = made_of(answers(), "reply dropped")
    statement = ast.parse(f"class Cashier(Node):\n  def on_Request(self, client, m):\n    {bug}")
    mutant = mutant._replace(statements=(*mutant.statements[:-1], *statement.body))
    [trial] = each_apart(exercise_named("at-most-once"), [mutant], computing=1)
    assert trial.told == told and not trial.survives


def test_a_mutant_that_can_t_be_made_is_killed(answers):
    [mutant] = made_of(answers(), "reply dropped")
    mutant = mutant._replace(statements=tuple(ast.parse("raise SystemExit").body))
    [trial] = each_apart(exercise_named("at-most-once"), [mutant])
    assert trial.told == "made"


def test_the_first_property_that_is_broken_is_named(answers):
    exercise = exercise_named("at-most-once")
    right, wrong = variants(answers())[0], made_of(answers(), "reply dropped")[0]
    assert tried(exercise, right.build) == "" and tried(exercise, wrong.build) == "charges"


def test_the_shell_lists_what_survives(answers, capsys, monkeypatch):
    monkeypatch.setattr("dslab.learn.kills.measuring.costs_of", lambda *_: {})
    line = ["kills", "at-most-once", "--answers", str(answers()), "--sample", "4"]
    code = run([*line, "--json", "--jobs", "2"])
    found = json.loads(capsys.readouterr().out)
    assert (code, found["derived"], found["killed"], found["open"]) == (0, 4, 4, [])
    monkeypatch.setattr("dslab.learn.kills.trials.tried", lambda *_: "")
    assert run(line) == 1
    *shown, last = capsys.readouterr().out.splitlines()
    assert last == "at-most-once: 4 mutants, 0 killed, 0 as right as the answer, 4 open"
    assert sum("answers.py:" in each for each in shown) == 4
    assert sum(each.startswith("    Change('Cashier") for each in shown) == 4


def test_a_sample_is_drawn_from_its_seed(answers, capsys, monkeypatch):
    monkeypatch.setattr("dslab.learn.kills.measuring.costs_of", lambda *_: {})
    monkeypatch.setattr("dslab.learn.kills.trials.tried", lambda *_: "")
    outputs = []
    for seed in (1, 1, 2):
        sample = ["--sample", "3", "--seed", str(seed), "--json"]
        run(["kills", "at-most-once", "--answers", str(answers()), *sample])
        outputs.append(json.loads(capsys.readouterr().out))
    assert outputs[0] == outputs[1] != outputs[2] and all(each["derived"] == 3 for each in outputs)


def test_an_answer_that_is_wrong_makes_no_mutants(answers, capsys):
    wrong = ANSWERS.replace("self.charged |= {m.key}", "pass")
    assert run(["kills", "at-most-once", "--answers", str(answers(wrong))]) == 2
    assert "is itself wrong" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "answer =", "x = 1", "\0"])
def test_a_file_without_an_answer_is_one_sentence(text, answers, capsys):
    assert run(["kills", "at-most-once", "--answers", str(answers(text))]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# The record.

BOUNDS = "explored({}, clients={'c1': caller(('n1', 'charge', 'x', 1), ('n1', 'charge', 'x', 1))})"
RECORD = f"""
from dslab.explore.clients import caller
from dslab.learn.kills.alike import explored
from dslab.learn.kills.record import Change, Equivalent

equivalent = [Equivalent("Why.", {BOUNDS}, *CHANGES)]
"""


@pytest.fixture
def record(answers):
    def written(*changes, rest=""):
        path = answers()
        (path.parent / "equivalent").mkdir(exist_ok=True)
        text = RECORD.replace("*CHANGES", ", ".join(map(repr, changes))) + rest
        (path.parent / "equivalent" / path.name).write_text(text)
        return path

    return written


def survivor(path):
    """What no grader tells: the answer itself."""
    [mutant] = made_of(path, "reply dropped")
    return mutant._replace(
        change=Change("Cashier", "this", "the same"), statements=mutant.variant.statements
    )


def measured(path, monkeypatch, *mutants):
    monkeypatch.setattr("dslab.learn.kills.measuring.derive", lambda right: mutants)
    monkeypatch.setattr("dslab.learn.kills.measuring.costs_of", lambda *_: {})
    return measure("at-most-once", answers=path)


def test_a_recorded_mutant_is_no_hole(record, monkeypatch):
    mutant = survivor(record())
    assert measured(record(), monkeypatch, mutant).open
    found = measured(record(mutant.change), monkeypatch, mutant)
    assert found.done and len(found.equivalent) == 1 and "1 as right as the answer" in str(found)


def test_what_is_recorded_must_be_shown(record, monkeypatch):
    mutant = survivor(record())
    other = ast.parse("class Cashier(Node):\n  def on_Request(self, client, m): pass").body
    never = mutant._replace(statements=(*mutant.statements[:-1], *other))
    monkeypatch.setattr("dslab.learn.kills.trials.tried", lambda *_: "")
    found = measured(record(mutant.change), monkeypatch, never)
    assert not found.done and len(found.open) == 1
    assert "it differs: n1, at Request" in str(found) and "; nothing (after" in str(found)


def test_what_is_recorded_and_killed_or_no_longer_made_is_stale(record, monkeypatch):
    killed = made_of(record(), "reply dropped")[0]
    found = measured(record(killed.change), monkeypatch, killed)
    assert found.stale == (killed.change,) and not found.done and "stale" in str(found)
    found = measured(record(Change("Cashier", "gone", "")), monkeypatch, killed)
    assert found.stale == (Change("Cashier", "gone", ""),)


def test_a_judge_of_another_kind_is_asked_both_ways(record, monkeypatch):
    mutant, killed = survivor(record()), made_of(record(), "reply dropped")[0]
    path = record(rest="\ndef right(answer): return True\n")
    found = measured(path, monkeypatch, mutant, killed)
    assert not found.open and [trial.mutant for trial in found.wronged] == [killed]
    assert not found.done and "it is right, and breaks '" in str(found)


# What shows that two answers are alike.


def explored_pair(one, other, way=None, **bounds):
    space = {}
    exec(f"from dslab.node import *\nfrom dslab.values import Map\n{one}\n{other}", space)
    calls = {"c1": caller(("n1", "add", "x", 1), ("n1", "add", "x", 1))}
    way = way or explored
    return way(fires={"Tick": 1}, nodes=2, clients=calls, **bounds)(space["One"], space["Other"])


ONE = """
class Tick(Timer): pass
class Tell(Message):
    total: int
class One(Node):
    total: int = 0
    durable = "total",
    def on_Request(self, client, m):
        self.total += m.value
        self.set_timer(Tick(), 10)
        self.send(client, Reply(m.id, self.total))
    def on_Tick(self):
        self.broadcast(Tell(self.total))
    def on_Tell(self, sender, m):
        pass
"""
OTHER = ONE.split("class One")[1].replace("class One", "")


def other_than(old, new):
    assert old in OTHER
    return "class Other" + OTHER.replace(old, new)


@pytest.mark.parametrize(
    "old, new",
    [
        ("self.total += m.value", "self.total = self.total + m.value"),
        ("        pass", "        self.cancel_timer(Tick) if m.total < 0 else None"),
        ("    total: int = 0", "    total: int = 0\n    more: tuple = ()"),
    ],
)
def test_what_does_the_same_is_alike(old, new):
    assert explored_pair(ONE, other_than(old, new), crashes=1) is None


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("+= m.value", "= m.value", "Reply"),
        ("self.broadcast(Tell(self.total))", "pass", "at Tick: Tell(total=1) to n2; nothing"),
        ("self.set_timer(Tick(), 10)", "self.set_timer(Tick(), 11)", "Tick set"),
        ("        pass", "        self.send(sender, m)", "at Tell(total=1): nothing; Tell"),
        ("        pass", "        raise KeyError", "raises KeyError"),
    ],
)
def test_what_differs_is_told_with_what_it_was_handed(old, new, said):
    assert said in explored_pair(ONE, other_than(old, new))


def test_only_a_crash_tells_what_is_not_durable():
    other = other_than('durable = "total",', "durable = ()")
    assert explored_pair(ONE, other) is None and "Reply" in explored_pair(ONE, other, crashes=1)


def test_a_budget_that_runs_out_shows_nothing():
    assert "nothing is shown" in explored_pair(ONE, "class Other" + OTHER, budget=3)


def test_clients_may_see_the_same_of_nodes_that_do_otherwise():
    other = other_than("self.broadcast(Tell(self.total))", "pass")
    assert explored_pair(ONE, other) and explored_pair(ONE, other, observed) is None
    wrong = explored_pair(ONE, other_than("+= m.value", "= m.value"), observed)
    assert (
        wrong.startswith("only the answer lets clients see ") and "'add', 'x', 1, True, 2" in wrong
    )
    silent = explored_pair(ONE, other_than("+= m.value", "= m.value"), observed, silent=("add",))
    assert silent is None
    mute = other_than("self.send(client, Reply(m.id, self.total))", "pass")
    assert explored_pair(ONE, mute, observed, silent=("add",))


def test_rules_are_asked_of_the_mutant_alone():
    def small(view):
        return all(node.total < 2 for node in view)

    def way(**bounds):
        return judged(small, **bounds)

    assert explored_pair(ONE, other_than("+= m.value", "= m.value"), way) is None
    assert "small" in explored_pair(ONE, "class Other" + OTHER, way)


def test_several_ways_are_gone_together():
    says = [called(lambda n=n: [n], lambda answer, given: answer(given)) for n in (1, -1)]
    assert says[0](abs, lambda x: x) is None and together(*says)(abs, lambda x: x) is not None
    assert together(*says)(abs, lambda x: 1) is None


def test_answers_that_are_called_are_compared_by_what_they_give():
    same = called(lambda: range(5), lambda answer, given: answer(given))
    assert same(abs, lambda x: x) is None
    assert same(abs, lambda x: x % 4) == "with 4: 4 and 0"
    assert same(abs, lambda x: 1 // (4 - x)) is not None


# Wrong answers that readers handed in. Each is among those that are made.

KINDS = [
    ("at-most-once", "durable = ('charged',)"),
    ("at-most-once", "durable = ()"),
    ("at-most-once", "(*self.charged, m.key)[-1:]"),
    ("at-most-once", "(*self.charged, m.key)[-2:]"),
    ("at-most-once", "Reply(m.id, m.value)"),
    ("cap-ap", "if m.version < self.version:"),
    ("cap-ap", "if m.value > self.value:"),
    ("cap-ap", "(1, self.id)"),
    ("cap-cp", "self.counter, ''"),
    ("cap-cp", "key=lambda pair: pair[1]"),
    ("cap-cp", "if f == 'read':\n    self.send(client, Reply(id, value))\n    return"),
    ("cap-cp", "self.value if f == 'read'"),
    ("raft-election", "(len(self.peers) + 1 + 1) // 2"),
    ("raft-election", "m.last_log_term >= term and m.last_log_index >= index"),
    ("event-store", "WHERE rowid > "),
    ("event-store", "stream = '{stream}'"),
    ("event-store", "LIMIT 100"),
    ("event-store", "list(event.items())"),
    ("account-decider", "return []"),
    ("account-decider", "max(0, state['balance'] - event['amount'])"),
    ("cap-ca", "('crash', 'n1')"),
]


@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in KINDS))
def test_wrong_answers_that_readers_handed_in_are_among_those_that_are_made(name):
    made = [mutant.change.new for mutant in derive(variants(answers_file(name)))]
    for of, text in KINDS:
        assert of != name or any(text in new for new in made), text


def test_each_operator_makes_something_of_the_answers(answers):
    slices = answers("def answer(items):\n    return items[1:-1]")
    made = {mutant.operator for mutant in derive(variants(slices))}
    for name in known_exercises():
        made |= {mutant.operator for mutant in derive(variants(answers_file(name)))}
    assert made == {operator.__name__.replace("_", " ") for operator in operators()}
