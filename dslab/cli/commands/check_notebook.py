"""`dslab check-notebook`: grade a notebook, or a folder of them."""

import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from dslab.cli.files import FILE, FOLDER, STANDARD, demand_one_output, named, read, replaced, write
from dslab.cli.options import Command, answer, as_json, demand_apply
from dslab.errors import DslabError

__all__ = ["command"]


@click.command(cls=Command, short_help="grade the exercises of a notebook")
@click.argument("notebook", metavar="NOTEBOOK.ipynb|FOLDER", type=FILE)
@click.option("--exercise", metavar="NAME", help="Grade this exercise alone.")
@click.option("--csv", type=FILE, metavar="FILE", help="Of a folder: write the scores there.")
@click.option(
    "--html",
    type=FOLDER,
    metavar="DIR",
    help="Of a folder: write a page of feedback for each notebook there.",
)
@click.option(
    "--trust", is_flag=True, help="Run submissions with your rights, where bwrap is missing."
)
@as_json
def command(notebook, exercise, csv, html, trust, as_json):
    """Run a notebook's cells in a process of their own and grade each check(…) in it; of a folder,
    all notebooks. Each runs in a copy of its folder without the other notebooks, in bubblewrap
    (bwrap): without a network, and without a sight of your files. Where that is missing the cells
    run with your rights, and --trust is asked for.

    A folder's results are written as they come. Beside the table (or among the pages) a file that
    ends in .graded.jsonl keeps them: a run that was interrupted goes on there, and a notebook is
    graded again when it, what lies beside it, or dslab has changed.

    Exit code: 0 everything is solved, 1 it is not, 2 bad input.
    """
    folder = notebook != STANDARD and notebook.is_dir()
    for option, value in (("--csv", csv), ("--html", html)):
        demand_apply(option, value, folder, "a folder of notebooks", "a folder")
    from dslab.learn.shell.sandbox import MISSING, sandbox

    if folder:
        from dslab.learn.shell.folder import notebooks_in

        notebooks_in(notebook)
        _demand(trust or sandbox(), MISSING)
        return _folder(notebook, exercise, csv, html, as_json)
    from dslab.learn.shell.cells import cells_of
    from dslab.learn.shell.notebooks import check_notebook

    with ExitStack() as places:
        path = notebook
        if not notebook.is_file() and not notebook.is_symlink():
            path = Path(places.enter_context(TemporaryDirectory(prefix="dslab-"))) / "nb.ipynb"
            path.write_bytes(read(notebook))  # What can be read once, such as standard input.
        try:
            cells_of(path)
            _demand(trust or sandbox(), MISSING)
            reports = check_notebook(path, exercise)
        except DslabError as error:
            raise DslabError(str(error).replace(str(path), named(notebook))) from None
    answer([report.as_json() for report in reports], "\n\n".join(map(repr, reports)), as_json)
    return 0 if all(report.done for report in reports) else 1


def _demand(there, sentence):
    if not there:
        raise DslabError(sentence)


def _folder(folder, exercise, csv, html, as_json):
    from dslab.learn.shell.folder import check_folder
    from dslab.learn.shell.record import Record
    from dslab.learn.shell.results import Pages, write_csv

    words = demand_one_output(as_json, csv=csv)
    table = csv if csv != STANDARD else None
    if table:
        with replaced(table) as new:  # Tries it before the work is done.
            if table.is_file():
                new.write_bytes(table.read_bytes())
            else:
                write_csv([], new)
    pages = Pages(html) if html else None
    if table and not table.is_file():  # A pipe, which takes the table once.
        at_the_end, table = table, None
    else:
        at_the_end = csv if csv == STANDARD else None
    beside = table or html and html / "pages"
    kept = beside and beside.with_name(beside.name + ".graded.jsonl")
    hidden = tuple(each for each in (table, html, kept) if each)
    graded = []
    for each in check_folder(folder, exercise, hidden=hidden, record=kept and Record(kept)):
        graded.append(each)
        if table:
            with replaced(table) as new:
                write_csv(graded, new)
        if pages:
            pages.write(each)
        if not as_json:
            print(each, file=sys.stderr if words else sys.stdout, flush=True)
    if at_the_end:
        with TemporaryDirectory(prefix="dslab-") as place:
            write_csv(graded, Path(place) / "scores.csv")
            write(at_the_end, (Path(place) / "scores.csv").read_bytes().decode())
    if as_json:
        answer(
            [
                {
                    "notebook": each.name,
                    "problem": each.problem,
                    "reports": [report.as_json() for report in each.reports],
                }
                for each in graded
            ],
            "",
            as_json,
        )
    return 0 if all(each.done for each in graded) else 1
