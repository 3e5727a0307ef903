"""`dslab check`: is this history consistent, and if not, why?"""

from dataclasses import replace

import click

from dslab.cli.files import FILE, named, read_text
from dslab.cli.options import (
    Command,
    Number,
    answer,
    as_json,
    demand_apply,
    exit_code,
    names_option,
)

__all__ = ["command"]

#: Who takes a model and a budget.
SEARCHES = ("linearizable", "sequential")


def _models():
    from dslab.check import MODELS

    return tuple(MODELS)


def _kinds():
    from dslab.check import CONSISTENCY

    return (*CONSISTENCY, "transactions")


def _levels():
    from dslab.check.transactions import LEVELS

    return tuple(LEVELS)


@click.command(cls=Command, short_help="check a client history")
@click.argument("history", metavar="HISTORY.jsonl", type=FILE)
@names_option("--consistency", _kinds, "What must hold (linearizable).")
@names_option(
    "--model", _models, "What one copy would do; for linearizable and sequential (register)."
)
@names_option("--level", _levels, "The isolation; for transactions (serializable).")
@click.option(
    "--budget",
    type=Number(1, 10**9, whole=True),
    help="Configurations to look at; for linearizable and sequential (2,000,000), and steps of the "
    "search for transactions (1,000,000).",
)
@as_json
def command(history, consistency, model, level, budget, as_json):
    """Check a history of one JSON object a line.

    Exit code: 0 it holds, 1 it is violated, 2 undecided within the budget, or bad input.
    """
    consistency = consistency or "linearizable"
    searches = consistency in SEARCHES
    search = "linearizable and sequential", "one of them with --consistency"
    isolation = "transactions", "--consistency transactions"
    demand_apply("--model", model, searches, *search)
    demand_apply(
        "--budget",
        budget,
        searches or consistency == "transactions",
        "linearizable, sequential and transactions",
        "one of them with --consistency",
    )
    demand_apply("--level", level, consistency == "transactions", *isolation)
    from dslab.check import judge, transactions
    from dslab.run.history import History

    events = History.parse(read_text(history), named(history))
    if consistency == "transactions":
        verdict = transactions(events, level or "serializable", budget=budget or 1_000_000)
    else:
        verdict = judge(events, consistency, model or "register", budget or 2_000_000)
    if not events.operations:
        verdict = replace(verdict, sentence=f"The history has no operations. {verdict.sentence}")
    answer(verdict.as_json(), verdict, as_json)
    return exit_code(verdict.holds)
