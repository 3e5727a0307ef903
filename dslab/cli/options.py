"""What the commands' options have in common: numbers with bounds, names that are known, and
answers in words or as JSON.
"""

import json
import math
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from dslab.errors import instead

__all__ = [
    "SEED",
    "Command",
    "Known",
    "Number",
    "answer",
    "as_json",
    "demand_apply",
    "exit_code",
    "names_option",
]


class Command(click.Command):
    """A command whose arguments may be negative numbers, and whose help may go on: `more(width)`
    is what it ends with.
    """

    more: Callable[[int], str] | None = None

    def parse_args(self, ctx, args):
        """Parse the words; a negative number gets a space, so that it looks like no option."""
        words = [f" {word}" if re.match(r"-\.?\d", word) else word for word in args]
        try:
            return super().parse_args(ctx, words)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # So that the sentence names this command's help.
            raise

    def format_epilog(self, ctx, formatter):
        """Write the end of the help."""
        super().format_epilog(ctx, formatter)
        if self.more:
            formatter.write("\n" + self.more(formatter.width - 2))


class Number(click.ParamType):
    """A number from `least` to `most`."""

    def __init__(self, least: float, most: float, whole: bool = False):
        self.least, self.most, self.whole = least, most, whole
        self.name = "whole number" if whole else "number"

    def get_metavar(self, param, ctx=None):
        """What the help calls it."""
        return "N" if self.whole else "X"

    def convert(self, value, param, ctx):
        """The number. Fails with its range."""
        text = str(value).strip()
        try:
            if not text.isascii() or "_" in text:  # Python would read both.
                raise ValueError
            grouped = re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+", text)
            plain = text.replace(",", "") if grouped else text
            number = int(plain) if self.whole else float(plain)
        except ValueError:  # Also of more digits than anybody reads.
            number = math.nan
        if not self.least <= number <= self.most:
            self.fail(
                f"{text!r:.60} is no {self.name} from {self.least:,} to {self.most:,}", param, ctx
            )
        return number


#: Where chance comes from.
SEED = Number(-(2**63), 2**63 - 1, whole=True)


class Known(click.ParamType):
    """One of `names()`, which are asked for, and so imported, when they are needed."""

    name = "name"

    def __init__(self, names: Callable[[], Iterable[str]]):
        self.names = names

    def get_metavar(self, param, ctx=None):
        """What the help calls it; `names_option` lists the names."""
        return "NAME"

    def convert(self, value, param, ctx):
        """The name itself. Fails with those that there are."""
        if value not in self.names():
            self.fail(f"there is no {value!r:.60}: {instead(value, self.names())}", param, ctx)
        return value

    def shell_complete(self, ctx, param, incomplete):
        """The names that begin so."""
        return [CompletionItem(name) for name in self.names() if name.startswith(incomplete)]


class _NamesOption(click.Option):
    """An option whose help ends with the names that there are, asked for when it is shown."""

    def get_help_record(self, ctx):
        """(the option, its help)."""
        option, text = super().get_help_record(ctx)
        return option, f"{text} One of {', '.join(self.type.names())}."


def names_option(option: str, names: Callable[[], Iterable[str]], help: str):
    """A decorator: an option that takes one of `names()`."""
    return click.option(option, type=Known(names), help=help, cls=_NamesOption)


as_json = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document.")


def answer(data: Any, words: Any, as_json: bool, error: bool = False) -> None:
    """Write the answer on standard output (or standard error): `data` as JSON, or else `words`."""
    # Not by click, which takes a stream in ASCII for one in UTF-8.
    print(json.dumps(data) if as_json else words, file=sys.stderr if error else sys.stdout)


def exit_code(holds: bool | None) -> int:
    """The exit code of a verdict; None is undecided."""
    return {True: 0, False: 1, None: 2}[holds]


def demand_apply(option: str, value: Any, applies: bool, where: str, give: str) -> None:
    """Raise UsageError where an option was given that means nothing here: `where` it does, and what
    to `give` so that it does.
    """
    if value is not None and not applies:
        raise click.UsageError(
            f"{option} is for {where}: give {give}, or leave it out.", click.get_current_context()
        )
