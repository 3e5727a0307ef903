"""`dslab check-notebook`: grade a notebook, or a folder of them."""

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
@as_json
def command(notebook, exercise, csv, html, as_json):
    """Run a notebook's cells in a process of their own and grade each check(…) in it; of a folder,
    all notebooks. The cells run with your rights: grade what you don't trust as a user who has
    none.

    Exit code: 0 everything is solved, 1 it is not, 2 bad input.
    """
    folder = notebook != STANDARD and notebook.is_dir()
    for option, value in (("--csv", csv), ("--html", html)):
        demand_apply(option, value, folder, "a folder of notebooks", "a folder")
    if folder:
        return _folder(notebook, exercise, csv, html, as_json)
    from dslab.learn.shell.notebooks import check_notebook

    if notebook.is_file():
        reports = check_notebook(notebook, exercise)
    else:
        reports = _read(notebook, exercise)
    answer([report.as_json() for report in reports], "\n\n".join(map(repr, reports)), as_json)
    return 0 if all(report.done for report in reports) else 1


def _read(notebook, exercise):
    """Grade what can be read once, such as standard input, in an empty folder."""
    from dslab.learn.shell.notebooks import check_notebook

    content = read(notebook)
    with TemporaryDirectory(prefix="dslab-") as folder:
        path = Path(folder) / "notebook.ipynb"
        path.write_bytes(content)
        try:
            return check_notebook(path, exercise)
        except DslabError as error:
            raise DslabError(str(error).replace(str(path), named(notebook))) from None


def _folder(folder, exercise, csv, html, as_json):
    from dslab.learn.shell.folder import check_folder, write_csv, write_pages

    words = demand_one_output(as_json, csv=csv)
    with ExitStack() as places:  # Tries them before the work is done.
        rows = None
        if csv == STANDARD:
            rows = Path(places.enter_context(TemporaryDirectory(prefix="dslab-"))) / "scores.csv"
        elif csv:
            rows = places.enter_context(replaced(csv))
        if html:
            write_pages([], html)
        graded = list(check_folder(folder, exercise))
        if rows:
            write_csv(graded, rows)
        if html:
            write_pages(graded, html)
        if csv == STANDARD:
            write(STANDARD, rows.read_bytes().decode())
    answer(
        [
            {
                "notebook": each.notebook,
                "problem": each.problem,
                "reports": [report.as_json() for report in each.reports],
            }
            for each in graded
        ],
        "\n".join(map(str, graded)),
        as_json,
        error=words,
    )
    return 0 if all(each.done for each in graded) else 1
