"""Liveness: when nothing is wrong any more, does every client get on?"""

from dslab.node import Node
from dslab.sim.cluster import Cluster
from dslab.verdict import Verdict

__all__ = ["PATIENCE", "progress"]

#: Milliseconds that a client has to get on once nothing is wrong any more.
PATIENCE = 5000


def progress(cluster: Cluster, within: float = PATIENCE) -> Verdict:
    """The verdict on whether every client gets one write done, `within` so many ms."""
    late = []
    cluster.run(1000)  # For what is open to end.
    for name, client in cluster.clients.items():
        outcome, end = None, cluster.now + within
        while outcome != "ok" and cluster.now < end:
            if client.idle:
                call = client.write("progress", name)
                cluster.run(until=call)
                outcome = call.value[0]
            else:
                cluster.run(50)
        if outcome != "ok":
            late.append(name)
    if late:
        return Verdict(
            False,
            "progress",
            f"{', '.join(late)} got nothing done in {within:,} ms although nothing "
            "was wrong any more.",
            _who_is_stuck(cluster, late),
            trace=cluster.trace,
        )
    return Verdict(True, "progress", "When nothing was wrong any more, every client got on.")


def _who_is_stuck(cluster, late) -> tuple[str, ...]:
    """What became of the clients' last calls, and what the nodes say of themselves."""
    events, found = cluster.trace.events, []
    for name in late:
        asked = next(
            (event for event in reversed(events) if event.kind == "send" and event.place == name),
            None,
        )
        outcome = next(
            (
                event
                for event in reversed(events)
                if event.kind in ("ok", "fail", "info") and event.place == name
            ),
            None,
        )
        told = (
            "is open"
            if outcome is None
            else {
                "fail": f"was refused: {outcome.data}",
                "info": "got no answer",
                "ok": "was answered too late",
            }[outcome.kind]
        )
        found.append(
            f"{name}'s last call{'' if asked is None else f', last sent to {asked.other},'} {told}."
        )
    if cluster.node_class.leads is not Node.leads:
        leaders = [
            name for name, node in cluster.nodes.items() if node is not None and node.leads()
        ]
        found.append(
            f"{' and '.join(leaders)} believe that they lead."
            if len(leaders) > 1
            else f"{leaders[0] if leaders else 'No node'} believes that it leads."
        )
    return tuple(found)
