"""`dslab stdio`: one node behind the Maelstrom protocol."""

import asyncio
import os
import sys

import click

from dslab.cli.clusters import demand_posix, node_class
from dslab.cli.files import FOLDER
from dslab.cli.options import Command
from dslab.errors import DslabError

__all__ = ["command"]


@click.command(cls=Command, short_help="run one node behind the Maelstrom protocol")
@click.argument("protocol", metavar="PROTOCOL")
@click.option(
    "--data",
    type=FOLDER,
    metavar="DIR",
    help="Keep durable fields in this folder, one folder in it for each node.  [default: in "
    "memory, so that they end with the process]",
)
def command(protocol, data):
    """Run one node that speaks the Maelstrom protocol: a JSON object a line on standard input and
    output. PROTOCOL is raft, echo, unique-ids, broadcast, g-set, g-counter or another, or
    MODULE:CLASS.

    Exit code: 0 the input has ended, or nobody reads the output; 2 bad input, or a disk that can't
    be used.
    """
    demand_posix("stdio")
    kind = node_class(protocol)
    if sys.stdin is None or sys.__stdout__ is None:
        raise DslabError("stdio needs a standard input and output, and one of them is closed.")
    from dslab.live.stdio import run

    sys.stdout = sys.__stdout__  # Unguarded: a node whose reader has gone ends.
    try:
        asyncio.run(run(kind, data))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0
