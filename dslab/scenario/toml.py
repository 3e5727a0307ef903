"""TOML out of a scenario's few forms of data; the standard library only reads it."""

import json
import re
from typing import Any

from dslab.errors import DslabError

__all__ = ["written"]


def written(data: dict[str, Any]) -> str:
    """A TOML text that reads back as `data`: lists of tables as [[name]], all else on one line."""
    plain = {name: value for name, value in data.items() if not _tables(value)}
    lines = [f"{_key(name)} = {_value(value)}" for name, value in plain.items()]
    for name, tables in data.items():
        if _tables(tables):
            for table in tables:
                lines += [
                    "",
                    f"[[{_key(name)}]]",
                    *(f"{_key(key)} = {_value(value)}" for key, value in table.items()),
                ]
    return "\n".join(lines) + "\n"


def _tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(text: str) -> str:
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise DslabError(
            f"{text!r} has half a character in it, which no file can hold: leave it out."
        )
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, dict):
        return (
            "{ "
            + ", ".join(f"{_key(name)} = {_value(item)}" for name, item in value.items())
            + " }"
            if value
            else "{}"
        )
    raise DslabError(
        f"{value!r} has no form in TOML: use texts, numbers, true, false, lists and tables."
    )
