"""`dslab serve`: one node of a cluster over TCP."""

import asyncio
from pathlib import Path

import click

from dslab.cli.clusters import demand_posix, node_class
from dslab.cli.files import FOLDER
from dslab.cli.options import SEED, Command
from dslab.errors import DslabError

__all__ = ["command"]


@click.command(cls=Command, short_help="run one node of a cluster over TCP")
@click.argument("protocol", metavar="PROTOCOL")
@click.option("--id", required=True, metavar="NAME", help="Which node of the cluster this is.")
@click.option("--cluster", required=True, metavar="NAME=HOST:PORT,…", help="All nodes.")
@click.option(
    "--data",
    type=FOLDER,
    metavar="DIR",
    help="The node's data folder.  [default: dslab-data/PROTOCOL-NAME]",
)
@click.option("--seed", type=SEED, help="Draw the moments of timers from this seed.")
@click.option(
    "--beyond-loopback",
    is_flag=True,
    help="Allow addresses that other machines reach: nothing is encrypted, nobody proves who they "
    "are.",
)
def command(protocol, id, cluster, data, seed, beyond_loopback):
    """Run one node over TCP, until it is interrupted. PROTOCOL is a name such as raft, or
    MODULE:CLASS for a node class of your own.

    What the node has promised is on its disk, so it may be killed and started again. Exit code: 2
    bad input, or a disk or an address that can't be used; 130 interrupted.
    """
    demand_posix("serve")
    from dslab.live.frames import cluster_of
    from dslab.live.tcp import Server

    nodes, kind = cluster_of(cluster), node_class(protocol)
    if id not in nodes:
        raise DslabError(
            f"--id {id}: there is no such node in the cluster, which has {', '.join(nodes)}."
        )
    for name, address in nodes.items():
        if not (address.loopback or beyond_loopback):
            raise DslabError(
                f"--cluster: {name} at {address} is not on this machine's loopback "
                "address. Nothing is encrypted and nobody proves who they "
                "are: on a network that you trust, say --beyond-loopback."
            )
    folder = data or Path("dslab-data") / f"{protocol.replace(':', '.')}-{id}"

    async def serve():
        await Server(kind, id, nodes, folder, seed=seed).run()

    asyncio.run(serve())
    return 0
