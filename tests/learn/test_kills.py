"""Mutants of right answers: how they are made, tried and told."""

import ast
import json

import pytest

from dslab.cli.program import run
from dslab.learn.finding import exercise_named
from dslab.learn.kills import derive
from dslab.learn.kills.operators import operators
from dslab.learn.kills.trials import each_apart, tried
from dslab.learn.kills.variants import variants

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


def test_the_shell_lists_what_survives(answers, capsys):
    path = answers()
    code = run(["kills", "at-most-once", "--answers", str(path), "--json", "--jobs", "2"])
    found = json.loads(capsys.readouterr().out)
    assert found["derived"] == found["killed"] + len(found["open"]) and found["equivalent"] == 0
    assert code == (1 if found["open"] else 0) and found["killed"] > 40


def test_a_sample_is_drawn_from_its_seed(answers, capsys):
    outputs = []
    for seed in (1, 1, 2):
        sample = ["--sample", "5", "--seed", str(seed), "--json"]
        run(["kills", "at-most-once", "--answers", str(answers()), *sample])
        outputs.append(json.loads(capsys.readouterr().out))
    assert outputs[0] == outputs[1] and all(each["derived"] == 5 for each in outputs)


def test_an_answer_that_is_wrong_makes_no_mutants(answers, capsys):
    wrong = ANSWERS.replace("self.charged |= {m.key}", "pass")
    assert run(["kills", "at-most-once", "--answers", str(answers(wrong))]) == 2
    assert "is itself wrong" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "answer =", "x = 1", "\0"])
def test_a_file_without_an_answer_is_one_sentence(text, answers, capsys):
    assert run(["kills", "at-most-once", "--answers", str(answers(text))]) == 2
    assert capsys.readouterr().err.count("\n") == 1
