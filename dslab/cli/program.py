"""The program: its commands, and how each way to end becomes an exit code and one sentence."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module, metadata
from pathlib import Path
from pkgutil import iter_modules

import click

from dslab.cli.options import answer
from dslab.errors import DslabError, instead

__all__ = ["program", "run"]

TRACEBACK = "DSLAB_TRACEBACK"
#: Signs of a sentence.
LONGEST = 1000
FOLDER = Path(__file__).with_name("commands")


class Interrupted(Exception):
    """Ctrl-C, so that click leaves it alone."""


class Program(click.Group):
    """A group whose commands are the files of a folder."""

    def parse_args(self, ctx, args):
        """Parse the words before the command, and which command it is."""
        if args and args[0] == "--json":
            word = args[1] if args[1:] and args[1] in self.list_commands(ctx) else "COMMAND"
            ctx.fail(f"--json goes after the command: `dslab {word} … --json`.")
        return super().parse_args(ctx, args)

    def list_commands(self, ctx):
        """The commands' names, those of the files with hyphens."""
        return sorted(each.name.replace("_", "-") for each in iter_modules([str(FOLDER)]))

    def get_command(self, ctx, name):
        """The command of this name; None where there is none."""
        if name not in self.list_commands(ctx):
            return None
        return import_module(f"dslab.cli.commands.{name.replace('-', '_')}").command

    def resolve_command(self, ctx, args):
        """The command that the first word names. Raises UsageError."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            known = instead(args[0], self.list_commands(ctx))
            ctx.fail(f"there is no command {args[0]!r:.60}: {known}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx):
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted from None


def _version(ctx, _, asked):
    if asked:
        try:
            version = metadata.version("dslab-book")
        except metadata.PackageNotFoundError:
            version = "(a folder that is not installed)"
        click.echo(f"dslab {version}")
        ctx.exit()


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit code: 0 it holds, or it is done; 1 it is violated, or not all is solved; 2 "
    "anything else, with one sentence on standard error; 130 interrupted. A file - is standard "
    "input or output. With --json after the command standard output holds one JSON document, which "
    'is {"error": sentence} where something went wrong; undecided is "holds": null. '
    "Completion in bash (zsh, fish likewise): "
    'eval "$(_DSLAB_COMPLETE=bash_source dslab)".',
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Say which version this is, and end.",
)
@click.pass_context
def program(ctx):
    """Distributed systems you can break."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(arguments: Sequence[str], name: str = "dslab") -> int:
    """Run `dslab ARGUMENTS` and return its exit code. Whatever goes wrong is told in one line on
    standard error; with --json among the arguments as a document on standard output, too.
    """
    try:
        return program.main(list(arguments), name, standalone_mode=False) or 0
    except Exception as error:
        if os.environ.get(TRACEBACK, "0") not in ("", "0"):
            traceback.print_exc()
        code, sentence = _told(error, name)
    sentence = _line(sentence)
    if len(sentence) > LONGEST:  # It quotes what was given.
        sentence = f"{sentence[: LONGEST // 2]} … {sentence[-LONGEST // 2 :]}"
    print(f"dslab: {sentence}", file=sys.stderr)
    if any(word.partition("=")[0] == "--json" for word in arguments):
        answer({"error": sentence}, "", True)
    return code


def _line(sentence: str) -> str:
    """A sentence in one line that a terminal shows as it stands: what is no text in a name, or
    would steer the terminal, is escaped.
    """
    return "".join(
        f"\\x{ord(sign) - 0xDC00:02x}"  # How the system gives a byte that is no UTF-8.
        if "\udc80" <= sign <= "\udcff"
        else sign
        if sign.isprintable()
        else ascii(sign)[1:-1]
        for sign in " ".join(sentence.split())
    )


def _told(error: Exception, name: str) -> tuple[int, str]:
    """The exit code that an error becomes, and its sentence."""
    match error:
        case click.UsageError():
            of = error.ctx.command_path if error.ctx else name
            said = error.format_message().rstrip(".")
            see = " See" if said.endswith("?") else "; see"
            return 2, f"{said[0].lower()}{said[1:]}{see} `{of} --help`."
        case Interrupted() | click.Abort():
            return 130, "interrupted."
        case DslabError() | click.ClickException():
            return 2, str(error)
        case MemoryError():
            return 2, "the memory ran out: ask for less at a time."
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            return 2, f"{place}{error.strerror or error}."
    return 2, (
        f"this is a bug in dslab ({type(error).__name__}: {error}): set {TRACEBACK}=1 to see "
        "where it is, and report it with what you ran."
    )
