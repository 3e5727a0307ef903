"""Values of every kind in submissions: a shell's report is a notebook's, byte for byte."""

import tomllib
from pathlib import Path

import pytest

from dslab.learn.shell.notebooks import check_notebook
from tests.learn.notebooks import notebook
from tests.learn.test_same_report import as_text, in_a_notebook

VALUES = tomllib.loads(Path(__file__).with_name("values.toml").read_text(encoding="utf-8"))

CASHIER = """
from dslab.learn import check
from dslab.node import Node, Reply
{need}

def number(n):
    return {make}

class Cashier(Node):
    total: object = number(0)
    charged: tuple = ()
    durable = ("total",)

    def on_Request(self, client, m):
        if m.f == "charge" and m.key not in dict(self.charged):
            self.charged += ((m.key, m.value),)
            self.total = number(sum(dict(self.charged).values()))
        self.send(client, Reply(m.id, self.total))

check("at-most-once", Cashier)
"""

ACCOUNT = """
from dslab.learn import check
{need}

def number(n):
    return {make}

def decide(command, state):
    amount = command.get("amount", 1)
    if (command["type"] == "open") != (state is None) or amount <= 0:
        raise ValueError("no")
    if command["type"] == "withdraw" and state["n"] < amount:
        raise ValueError("not enough")
    sign = {{"open": 0, "deposit": 1, "withdraw": -1}}[command["type"]]
    return [{{"change": sign * amount, "as": number(amount)}}]

def evolve(state, event):
    n = (state or {{"n": 0}})["n"] + event["change"]
    return {state}({{"n": n, "balance": number(n)}})

check("account-decider", (decide, evolve))
"""

#: The account's grader does sums with what the cashier's only compares.
SUMS = (
    "a complex number",
    "a subclass of int",
    "a Value with sums",
    "an object that refuses",
    "a datetime",
    "a named tuple",
    "a huge number",
    "a lambda",
)


def written(form: str, need: str = "", make: str = "n", state: str = "dict") -> str:
    return form.format(need=need, make=make, state=f"({state})")


SOURCES = (
    {f"cashier: {name}": written(CASHIER, **each) for name, each in VALUES["numbers"].items()}
    | {f"account: {name}": written(ACCOUNT, **VALUES["numbers"][name]) for name in SUMS}
    | {
        f"state: {name}": written(ACCOUNT, each.get("need", ""), state=each["make"])
        for name, each in VALUES["states"].items()
    }
)


@pytest.mark.parametrize("name", SOURCES)
def test_a_shell_and_a_notebook_say_the_same_of_values(name, tmp_path):
    here = in_a_notebook(SOURCES[name])
    [there] = check_notebook(notebook(tmp_path / "nb.ipynb", SOURCES[name]))
    assert repr(there) == repr(here)
    assert there._repr_html_() == here._repr_html_()
    assert as_text(there) == as_text(here)
