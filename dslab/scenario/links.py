"""A scenario in the fragment of a page's address: `s=…&t=…`, its data and a moment."""

import base64
import binascii
import json
from typing import Any
from urllib.parse import parse_qs

from dslab.errors import DslabError

__all__ = ["packed", "unpacked"]


def packed(data: dict[str, Any], moment: float | None = None) -> str:
    """The fragment for a scenario's data and a moment in ms."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    letters = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"s={letters}" + ("" if moment is None else f"&t={moment:.12g}")


def unpacked(text: str) -> tuple[dict[str, Any], float | None]:
    """(data, moment in ms or None) of what `packed` wrote: a fragment, or an address that ends in
    one. Raises DslabError where it holds no scenario, a damaged one, or what is no moment.
    """
    words = parse_qs(text.rpartition("#")[2], keep_blank_values=True)
    if "s" not in words:
        raise DslabError(
            "this link holds no scenario: it must end in #s=… as `Scenario.link` writes it."
        )
    try:
        letters = words["s"][0].encode("ascii")
        letters += b"=" * (-len(letters) % 4)
        data = json.loads(base64.b64decode(letters, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise DslabError(
            "the scenario in this link is cut short or damaged: copy the whole link again."
        )
    moment = None
    if "t" in words:
        try:
            moment = float(words["t"][0])
        except ValueError:
            moment = -1.0
        if not 0 <= moment < float("inf"):
            raise DslabError(
                f"t={words['t'][0]} in this link is no moment: it must be milliseconds from 0 on."
            )
    return data, moment
