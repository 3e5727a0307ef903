"""`dslab run`: run a scenario file and judge it."""

import click

from dslab.cli.files import FILE, demand_one_output, named, read_text, write
from dslab.cli.options import SEED, Command, answer, as_json, exit_code

__all__ = ["command"]


def _words(width):
    from dslab.scenario.words import words

    return words(width)


@click.command(cls=Command, short_help="run a scenario file")
@click.argument("scenario", metavar="SCENARIO.toml", type=FILE)
@click.option("--seed", type=SEED, help="Another seed than the file's.")
@click.option("--trace", type=FILE, metavar="OUT.json", help="Write the recorded run there.")
@click.option("--html", type=FILE, metavar="OUT.html", help="Write a page that plays it there.")
@click.option(
    "--shrink",
    type=FILE,
    metavar="OUT.toml",
    help="Of a run that violates something: write the smallest scenario that still does there.",
)
@click.option("--transcript", is_flag=True, help="Tell every step in words.")
@as_json
def command(scenario, seed, trace, html, shrink, transcript, as_json):
    """Run a scenario (a TOML file) and judge it.

    Exit code: 0 everything holds, 1 something is violated, 2 undecided within the budget, or bad
    input.
    """
    words = demand_one_output(as_json, trace=trace, html=html, shrink=shrink)
    from dslab.check import mattered
    from dslab.scenario.file import Scenario
    from dslab.scenario.shrinking import shrink_scenario
    from dslab.show import page

    plan = Scenario.parse(read_text(scenario), named(scenario))
    outcome = plan.run(seed)
    run = outcome.cluster.trace
    said = run.sentences() if transcript else []
    data = {
        "holds": outcome.holds,
        "title": run.title,
        "seed": outcome.cluster.seed,
        "events": len(run.records),
        "verdicts": [verdict.as_json() for verdict in outcome.verdicts],
        "faults": list(mattered(run)),
    } | ({"transcript": said} if transcript else {})
    # First of all: a file that can't be written loses nothing.
    answer(data, "\n".join([*said, repr(outcome)]), as_json, error=words)
    if trace:
        write(trace, run.dumps())
    if html:
        write(html, page(run))
    if shrink:
        write(shrink, shrink_scenario(plan, seed).toml())
    return exit_code(outcome.holds)


command.more = _words
