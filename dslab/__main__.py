"""The command line: `python -m dslab COMMAND`. One function a command; each returns the exit
code.
"""

import argparse
import json
import sys
from pathlib import Path
from shutil import get_terminal_size

from dslab.errors import DslabError


def check(options) -> int:
    """Check a client history for one kind of consistency."""
    from dslab.check import judge, transactions
    from dslab.run.history import History

    history = History.read(options.history)
    if options.consistency == "transactions":
        verdict = transactions(history, options.level)
    else:
        verdict = judge(history, options.consistency, options.model, options.budget)
    print(json.dumps(verdict.as_json()) if options.json else verdict)
    return {True: 0, False: 1, None: 3}[verdict.holds]


def check_notebook(options) -> int:
    """Grade the exercises of a notebook, or of a folder of notebooks."""
    from dslab.learn.shell.notebooks import check_notebook

    if options.notebook.is_dir():
        return check_folder(options)
    if options.csv or options.html:
        raise DslabError(
            "--csv and --html are for a folder of notebooks: give a folder, or leave them out."
        )
    reports = check_notebook(options.notebook, options.exercise)
    if options.json:
        print(json.dumps([report.as_json() for report in reports]))
    else:
        print("\n\n".join(map(repr, reports)))
    return 0 if all(report.done for report in reports) else 1


def check_folder(options) -> int:
    """Grade a folder of notebooks."""
    from dslab.learn.shell.folder import check_folder, write_csv, write_pages

    graded = []
    for write, place in ((write_csv, options.csv), (write_pages, options.html)):
        if place:
            write(graded, place)  # Tries the place before the work is done.
    graded += check_folder(options.notebook, options.exercise)
    for write, place in ((write_csv, options.csv), (write_pages, options.html)):
        if place:
            write(graded, place)
    if options.json:
        print(
            json.dumps(
                [
                    {
                        "notebook": each.notebook,
                        "problem": each.problem,
                        "reports": [report.as_json() for report in each.reports],
                    }
                    for each in graded
                ]
            )
        )
    else:
        print("\n".join(map(str, graded)))
    return 0 if all(each.done for each in graded) else 1


def run(options) -> int:
    """Run a scenario file."""
    from dslab.scenario.file import Scenario
    from dslab.scenario.shrinking import shrink_scenario
    from dslab.show import page

    scenario = Scenario.read(options.scenario)
    outcome = scenario.run(options.seed)
    trace = outcome.cluster.trace
    if options.transcript:
        print("\n".join(trace.sentences()))
    print(outcome)  # First of all: a file that can't be written loses nothing.
    for path, text in (
        (options.trace, trace.dumps),
        (options.html, lambda: page(trace)),
        (options.shrink, lambda: shrink_scenario(scenario, options.seed).toml()),
    ):
        if path:
            try:
                path.write_text(text(), encoding="utf-8")
            except OSError as error:
                raise DslabError(f"{path} can't be written: {error.strerror}.") from None
    return {True: 0, False: 1, None: 3}[outcome.holds]


def scenario_words(width: int) -> str:
    """What a scenario file may say."""
    from dslab.scenario.words import words

    return words(width)


def serve(options) -> int:
    """Run one node over TCP."""
    from dslab.live.commands import serve

    return serve(options)


def call(options) -> int:
    """Ask a cluster over TCP."""
    from dslab.live.commands import call

    return call(options)


def stdio(options) -> int:
    """Run one node behind the Maelstrom protocol."""
    from dslab.live.commands import stdio

    return stdio(options)


class _Parser(argparse.ArgumentParser):
    """argparse that says what is wrong in one sentence. `more(width)` is what its help ends
    with.
    """

    more = None

    def format_help(self):
        return super().format_help() + (
            f"\n{self.more(min(get_terminal_size().columns, 100) - 2)}" if self.more else ""
        )

    def error(self, message):
        raise DslabError(
            f"{message}; see `python -m dslab {' '.join(self.prog.split()[1:])} --help`".replace(
                "  ", " "
            )
        )


def parser() -> argparse.ArgumentParser:
    top = _Parser(prog="dslab", description="Distributed systems you can break.")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    it = commands.add_parser(
        "check",
        help="check a client history",
        description="Check a history of one JSON object a line. Exit code: 0 it holds, 1 it is "
        "violated, 2 bad input, 3 undecided within the budget.",
    )
    it.add_argument("history", type=Path, metavar="HISTORY.jsonl")
    it.add_argument(
        "--model",
        default="register",
        choices=("register", "cas-register", "kv", "set", "queue", "list", "lock"),
        help="what one copy would do; for linearizable and sequential (default: %(default)s)",
    )
    it.add_argument(
        "--consistency",
        default="linearizable",
        metavar="KIND",
        choices=(
            "linearizable",
            "sequential",
            "causal",
            "causal-convergence",
            "causal-memory",
            "sessions",
            "convergence",
            "transactions",
        ),
        help="linearizable, sequential, causal, causal-convergence, causal-memory, sessions, "
        "convergence or transactions (default: %(default)s)",
    )
    it.add_argument(
        "--level",
        default="serializable",
        choices=("read-uncommitted", "read-committed", "snapshot-isolation", "serializable"),
        help="for transactions (default: %(default)s)",
    )
    it.add_argument(
        "--budget",
        type=int,
        default=2_000_000,
        help="configurations to look at (default: %(default)s)",
    )
    it.add_argument("--json", action="store_true", help="print the verdict as JSON")
    it.set_defaults(run=check)

    it = commands.add_parser(
        "check-notebook",
        help="grade the exercises of a notebook",
        description="Run a notebook's cells in a process of their own and grade each check(...) in "
        "it; of a "
        "folder, all notebooks. Exit code: 0 everything is solved, 1 it is not, 2 bad input.",
    )
    it.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb or FOLDER")
    it.add_argument("--exercise", metavar="NAME", help="grade this exercise alone")
    it.add_argument("--json", action="store_true", help="print the reports as JSON")
    it.add_argument(
        "--csv", type=Path, metavar="FILE", help="for a folder: write the scores into this file"
    )
    it.add_argument(
        "--html",
        type=Path,
        metavar="DIR",
        help="for a folder: write a page of feedback for each notebook",
    )
    it.set_defaults(run=check_notebook)

    it = commands.add_parser(
        "run",
        help="run a scenario file",
        description="Run a scenario (a TOML file) and judge it. Exit code: 0 everything holds, 1 "
        "something is violated, "
        "2 bad input, 3 undecided.",
    )
    it.add_argument("scenario", type=Path, metavar="SCENARIO.toml")
    it.add_argument("--seed", type=int, help="another seed than the file's")
    it.add_argument(
        "--trace", type=Path, metavar="OUT.json", help="write the recorded run into this file"
    )
    it.add_argument(
        "--html", type=Path, metavar="OUT.html", help="write a page that plays it into this file"
    )
    it.add_argument("--transcript", action="store_true", help="print every step in words")
    it.add_argument(
        "--shrink",
        type=Path,
        metavar="OUT.toml",
        help="of a run that violates something: write the smallest scenario that still does "
        "into this file",
    )
    it.set_defaults(run=run)
    it.more = scenario_words

    it = commands.add_parser(
        "serve",
        help="run one node of a cluster over TCP",
        description="Run one node over TCP, until it is interrupted. "
        "What it has promised is on its "
        "disk, so it may be killed and "
        "started again. Exit code: 2 bad input, or a disk that can't be used.",
    )
    it.add_argument(
        "protocol",
        metavar="PROTOCOL",
        help="such as raft, or MODULE:CLASS for a node class of your own",
    )
    it.add_argument("--id", required=True, metavar="NAME", help="which node of the cluster this is")
    it.add_argument("--cluster", required=True, metavar="NAME=HOST:PORT,…", help="all nodes")
    it.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="the node's data folder (default: dslab-data/PROTOCOL-NAME)",
    )
    it.add_argument("--seed", type=int, help="draw the moments of timers from this seed")
    it.add_argument(
        "--beyond-loopback",
        action="store_true",
        help="allow addresses that other machines reach: nothing is encrypted, nobody proves "
        "who they are",
    )
    it.set_defaults(run=serve)

    it = commands.add_parser(
        "call",
        help="ask a cluster that `serve` runs",
        description="Do one operation, such as `write x 1`, `read x` or `cas x 1 2`. Exit code: 0 "
        "done, 1 refused (nothing was done), "
        "2 bad input, 3 no answer (nobody knows whether it was done).",
    )
    it.add_argument("f", metavar="OPERATION")
    it.add_argument("key", nargs="?", metavar="KEY", help="a JSON value, or else a text")
    it.add_argument("values", nargs="*", metavar="VALUE", help="JSON values, or else texts")
    it.add_argument("--cluster", required=True, metavar="NAME=HOST:PORT,…")
    it.add_argument("--to", metavar="NAME", help="ask this node and no other")
    it.add_argument(
        "--timeout", type=float, default=5.0, metavar="SECONDS", help="(default: %(default)s)"
    )
    it.set_defaults(run=call)

    it = commands.add_parser(
        "stdio",
        help="run one node behind the Maelstrom protocol",
        description="Run one node that speaks the Maelstrom protocol: a JSON object a line on "
        "standard input and output.",
    )
    it.add_argument(
        "protocol",
        metavar="PROTOCOL",
        help="such as raft, echo, unique-ids, broadcast, g-set or g-counter, or MODULE:CLASS",
    )
    it.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="keep durable fields in this folder, one folder in it for each node "
        "(default: in memory, so that they end with the process)",
    )
    it.set_defaults(run=stdio)
    return top


def main(arguments=None) -> int:
    try:
        options = parser().parse_args(arguments)
        return options.run(options)
    except DslabError as error:
        print(f"dslab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("dslab: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # The reader of our output has seen enough.
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
