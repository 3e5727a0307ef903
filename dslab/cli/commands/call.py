"""`dslab call`: ask a cluster one thing."""

import asyncio
import json
from difflib import get_close_matches

import click

from dslab.cli.clusters import value
from dslab.cli.options import Command, Number, answer, as_json

__all__ = ["command"]

#: Refusals that answer the question: no, that is not what stands there.
NO = ("precondition-failed", "key-does-not-exist", "key-already-exists")
DAY = 86_400
#: What operations take behind their name, where every protocol that has them agrees.
TAKE = {
    "read": ("KEY",),
    "get": ("KEY",),
    "write": ("KEY", "VALUE"),
    "put": ("KEY", "VALUE"),
    "cas": ("KEY", "OLD", "NEW"),
}
OTHERS = ("add", "broadcast", "echo", "generate", "propose", "topology")


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
    _demand_taken(operation, (*([] if key is None else [key]), *values))
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
    if as_json:
        answer({"outcome": outcome, "code": said, "error": sentence}, "", True)
    answer(None, f"dslab: {sentence}", False, error=True)
    return 1 if said in NO else 2


def _demand_taken(operation: str, words: tuple[str, ...]) -> None:
    """Raise UsageError where a word is missing, or there are more than the operation takes."""
    taken = TAKE.get(operation)
    if taken is None:
        return
    if len(words) < len(taken):
        form = f"`{operation} {' '.join(taken)}`; say null where it is none"
        raise click.UsageError(
            f"{operation} needs a {taken[len(words)]}: {form}", click.get_current_context()
        )
    if len(words) > len(taken):
        more = " ".join(f"{word!r:.60}" for word in words[len(taken) :])
        raise click.UsageError(
            f"{operation} takes no {more}: `{operation} {' '.join(taken)}` is all",
            click.get_current_context(),
        )


def _sentence(outcome: str, said: str, operation: str, timeout: float) -> str:
    """What became of a call that was not done, and what to do."""
    if outcome == "info":
        return f"no answer ({said}): nobody knows whether it was done."
    near = get_close_matches(operation, (*TAKE, *OTHERS), 1)
    mean = f": did you mean {near[0]}?" if near and near[0] != operation else "."
    words = {
        "not-supported": f"this protocol has no operation {operation!r:.60}{mean}",
        "not-leader": "the node is not the leader: ask another one, or leave out --to.",
        "precondition-failed": "another value than the expected one stands there.",
        "key-does-not-exist": "there is no such key.",
        "key-already-exists": "there is such a key already.",
        "no node can be reached": f"no node can be reached within {timeout:g} s: start one with "
        "`dslab serve`, or look at the addresses in --cluster.",
        "no node is the leader": f"no node is the leader within {timeout:g} s: ask again, or start "
        "more nodes.",
    }
    return f"refused: {words.get(said, f'{said}.')} Nothing was done."
