"""What the lanes of a run hold at a moment."""

from collections.abc import Mapping

from dslab.run.trace import Trace

__all__ = ["lanes", "pairs"]


def lanes(trace: Trace, number: int) -> dict[str, dict]:
    """The fields of each lane that has any, after event `number`."""
    known = {name: trace.state(name, number) for name in trace.nodes} if trace.records else {}
    return {name: fields for name, fields in known.items() if fields}


def pairs(value) -> list[tuple]:
    """What a mapping holds, whether it is a Map or has been through JSON."""
    return (
        [(key, item) for key, item in value.items() if key != "$"]
        if isinstance(value, Mapping)
        else []
    )
