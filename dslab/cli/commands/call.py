"""`dslab call`: ask a cluster one thing."""

import asyncio
import json

import click

from dslab.cli.clusters import value
from dslab.cli.options import Command, Number, answer, as_json

__all__ = ["command"]

#: Refusals that answer the question: no, that is not what stands there.
NO = ("precondition-failed", "key-does-not-exist", "key-already-exists")
DAY = 86_400


@click.command(cls=Command, short_help="ask a cluster that `serve` runs")
@click.argument("operation", metavar="OPERATION")
@click.argument("key", metavar="[KEY]", required=False)
@click.argument("values", metavar="[VALUE]...", nargs=-1)
@click.option("--cluster", required=True, metavar="NAME=HOST:PORT,…", help="All nodes.")
@click.option("--to", metavar="NAME", help="Ask this node and no other.")
@click.option(
    "--timeout",
    type=Number(0.001, DAY),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait.",
)
@as_json
def command(operation, key, values, cluster, to, timeout, as_json):
    """Do one operation, such as `write x 1`, `read x` or `cas x 1 2`.

    KEY and VALUE are JSON, or else texts.

    Exit code: 0 done; 1 the cluster says no, as of a `cas` that finds another value; 2 not done
    (nobody can be reached, nobody leads, there is no such operation), or no answer, so that nobody
    knows whether it was done.
    """
    from dslab.live.client import Client
    from dslab.live.frames import cluster_of
    from dslab.values import plain

    given = tuple(map(value, values))

    async def ask():
        async with Client(cluster_of(cluster)) as client:
            return await client.call(
                operation,
                None if key is None else value(key),
                given[0] if len(given) == 1 else given or None,
                to=to,
                timeout=timeout,
            )

    outcome, said = asyncio.run(ask())
    if outcome == "ok":
        said = plain(said)
        answer({"outcome": "ok", "value": said}, json.dumps(said, ensure_ascii=False), as_json)
        return 0
    sentence = _sentence(outcome, said, operation, timeout)
    answer(
        {"outcome": outcome, "error": said, "sentence": sentence}, sentence, as_json, not as_json
    )
    return 1 if said in NO else 2


def _sentence(outcome: str, said: str, operation: str, timeout: float) -> str:
    """What became of a call that was not done, and what to do."""
    if outcome == "info":
        return f"no answer ({said}): nobody knows whether it was done."
    more = {
        "not-supported": f": this protocol has no operation {operation!r:.60}",
        "no node can be reached": f" within {timeout:g} s: start one with `dslab serve`, or look "
        "at the addresses in --cluster",
        "no node is the leader": f" within {timeout:g} s: ask again, or start more nodes",
    }
    return f"refused: {said}{more.get(said, '')}. Nothing was done."
