"""`dslab kills`: which wrong answers does an exercise's grader take for right?"""

import os

import click

from dslab.cli.files import FILE
from dslab.cli.options import SEED, Command, Known, Number, answer, as_json, demand_apply

__all__ = ["command"]


def _exercises():
    from dslab.learn import known_exercises

    return known_exercises()


@click.command(cls=Command, short_help="measure a grader by mutants of the right answers")
@click.argument("exercise", metavar="EXERCISE", type=Known(_exercises))
@click.option("--answers", type=FILE, metavar="FILE.py", help="The right answers (solutions/).")
@click.option(
    "--sample", type=Number(1, 10**6, whole=True), help="Try so many mutants, drawn from the seed."
)
@click.option("--seed", type=SEED, help="Where the sample comes from (0).")
@click.option(
    "--jobs", type=Number(1, 1000, whole=True), help="Processes at a time (as many as cores)."
)
@as_json
def command(exercise, answers, sample, seed, jobs, as_json):
    """Derive mutants from an exercise's right answers, grade each, and list those that earn
    everything and that no record (solutions/equivalent/) shows to be right.

    Exit code: 0 there are none, 1 there are some or the record is stale, 2 bad input.
    """
    demand_apply("--seed", seed, sample is not None, "a sample", "--sample")
    from dslab.learn.kills import measure

    measured = measure(
        exercise,
        answers=answers,
        sample=sample,
        seed=seed or 0,
        jobs=jobs or os.cpu_count() or 1,
        progress=_shown if not as_json else _progress,
    )
    answer(measured.as_json(), measured.summary, as_json)
    return 0 if measured.done else 1


def _shown(trials, count):
    """The trials, and each that is amiss as soon as it is known: a long run may be ended."""
    from dslab.learn.kills.measuring import told

    for trial in _progress(trials, count):
        if trial.amiss:
            print(told(trial), flush=True)
        yield trial


def _progress(trials, count):
    try:
        from tqdm import tqdm
    except ImportError:
        return trials
    return tqdm(trials, total=count, unit="mutant", leave=False, disable=None)
